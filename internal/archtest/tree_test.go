package archtest

import (
	"slices"
	"testing"
	"testing/fstest"
)

func TestLoadLeavesOutWhatGitIgnores(t *testing.T) {
	tree := load(t, map[string]string{
		".gitignore":             "# a comment\n/claimcall\nnode_modules/\nclaimcall.db*\n",
		"claimcall":              "",
		"claimcall.db-wal":       "",
		"cmd/claimcall/main.go":  "package main",
		"web/node_modules/a.go":  "package broken {",
		".git/config":            "",
		"protocol/testdata/x.go": "package broken {",
	})
	for _, name := range []string{"claimcall", "claimcall.db-wal", "web/node_modules", ".git", ".git/config"} {
		if tree.Paths[name] {
			t.Errorf("%s is in the tree", name)
		}
	}
	if len(tree.Go) != 1 || tree.Go[0].Path != "cmd/claimcall/main.go" || tree.Go[0].Package() != "cmd/claimcall" {
		t.Errorf("Go files: %v", tree.Go)
	}
}

func TestLoadRefusesWhatDoesNotParse(t *testing.T) {
	if _, err := Load(fstest.MapFS{"hub/hub.go": &fstest.MapFile{Data: []byte("package {")}}); err == nil {
		t.Error("no error")
	}
}

func TestVariablesAreComparedBothWays(t *testing.T) {
	tree := load(t, map[string]string{
		"internal/config/config.go": "package config\ntype C struct { Key, Old string `env:\"CLAIMCALL_KEY,CLAIMCALL_OLD\"` }",
		"hub/hub_test.go":           "package hub\nconst a = \"CLAIMCALL_TEST_REDIS\"",
		"README.md":                 "Set CLAIMCALL_KEY_FILE, or all of CLAIMCALL_TENCENT_*.\nCLAIMCALL_TEST_REDIS\nCLAIMCALL_NEW is not there.",
	})
	want := []string{
		"README.md:3: there is no setting CLAIMCALL_NEW in internal/config",
		"internal/config: no document names CLAIMCALL_OLD",
	}
	if got := variables(tree); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPackageVariableOfAnotherFile(t *testing.T) {
	tree := load(t, map[string]string{
		"hub/a.go": "package hub\nvar limit = 1",
		"hub/b.go": "package hub\nfunc f() { limit = 2 }",
		"web/b.go": "package web\nfunc f() { limit := 2; limit++ }",
	})
	if got := constantVariables(tree); len(got) != 1 {
		t.Errorf("got %q, want one message", got)
	}
}
