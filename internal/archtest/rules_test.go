package archtest

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// sample is a small tree and what one rule says of it.
type sample struct {
	rule  string
	path  string // of the one file that matters
	text  string
	wants string // part of the only message; "" if the rule has nothing to say
}

// samples shows for every rule what breaks it and what does not.
func samples() []sample {
	return append(append(importSamples(), codeSamples()...), append(testSamples(), documentSamples()...)...)
}

func TestSamples(t *testing.T) {
	rules := map[string]Rule{}
	for _, rule := range Rules() {
		rules[rule.Name] = rule
	}
	for i, sample := range samples() {
		t.Run(fmt.Sprint(i, " ", sample.rule), func(t *testing.T) {
			rule, ok := rules[sample.rule]
			if !ok {
				t.Fatalf("there is no rule %q", sample.rule)
			}
			got := rule.Check(load(t, map[string]string{sample.path: sample.text}))
			switch {
			case sample.wants == "" && len(got) != 0:
				t.Errorf("unexpected: %q", got)
			case sample.wants != "" && (len(got) != 1 || !strings.Contains(got[0], sample.wants)):
				t.Errorf("got %q, want one message with %q", got, sample.wants)
			}
		})
	}
}

// load reads a tree of the given files.
func load(t *testing.T, files map[string]string) *Tree {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	tree, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func imports(paths ...string) string {
	source := "package p\n"
	for _, path := range paths {
		source += fmt.Sprintf("import _ %q\n", path)
	}
	return source
}

func importSamples() []sample {
	const direction, home, std = "imports point down", "a library has one home", "protocol and the core use the standard library only"
	return []sample{
		{direction, "hub/apply.go", imports(Module+"/protocol", Module+"/internal/call", Module+"/internal/store"), ""},
		{direction, "hub/apply.go", imports(Module + "/internal/httpapi"), "hub must not import internal/httpapi; it may import: protocol"},
		{direction, "hub/apply.go", imports(Module + "/hub/storage"), "hub must not import hub/storage"},
		{direction, "hub/apply_test.go", imports(Module + "/internal/store/sqlitestore"), ""},
		{direction, "hub/storage/open.go", imports(Module+"/internal/store/redisstore", Module+"/internal/store/sqlitestore"), ""},
		{direction, "hub/embed/embed.go", imports(Module+"/hub", Module+"/hub/storage", Module+"/internal/httpapi"), ""},
		{direction, "internal/call/step.go", imports(Module + "/protocol"), "it may import: no package of this module"},
		{direction, "internal/relay/gate.go", imports(Module + "/hub"), "internal/relay must not import hub"},
		{direction, "internal/stream/srs/hooks.go", imports(Module+"/internal/stream", Module+"/protocol"), ""},
		{direction, "internal/stream/srs/hooks.go", imports(Module + "/hub"), "internal/stream/srs must not import hub"},
		{direction, "internal/store/store.go", imports(Module + "/internal/store/sqlitestore"), "internal/store must not import"},
		{direction, "cmd/claimcall/main.go", imports(Module + "/internal/call"), "cmd/claimcall must not import internal/call"},
		{direction, "internal/new/new.go", imports(), "is in no line of mayImport"},
		{home, "internal/store/redisstore/keys.go", imports("github.com/redis/go-redis/v9"), ""},
		{home, "hub/hub.go", imports("github.com/redis/go-redis/v9"), "is for internal/store/redisstore/"},
		{home, "internal/socket/conn.go", imports("github.com/coder/websocket"), ""},
		{home, "internal/httpapi/api.go", imports("github.com/coder/websocket/wsjson"), "internal/socket/"},
		{home, "internal/httpapi/api_test.go", imports("github.com/coder/websocket"), ""},
		{home, "hub/hub.go", imports("pgregory.net/rapid"), "is for tests only"},
		{std, "protocol/view.go", imports("encoding/json"), ""},
		{std, "protocol/view.go", imports("go.uber.org/zap"), "protocol uses the standard library only"},
		{std, "internal/call/step.go", imports("golang.org/x/time/rate"), "internal/call uses the standard library only"},
	}
}

func codeSamples() []sample {
	const (
		pure, init, vars, env = "the core is pure", "no init functions", "package variables do not change", "only configuration reads the environment"
		short, median, file   = "functions are short", "most functions are very short", "files are short"
		types, pkg, exported  = "types say what they are", "every package says what it is for", "exported names are documented"
	)
	return []sample{
		{pure, "internal/call/step.go", imports("time", "strings"), ""},
		{pure, "internal/call/step.go", imports("context"), `must not import "context"`},
		{pure, "internal/call/step.go", "package call\nimport clock \"time\"\nfunc f() { clock.Now() }", "must not look at the clock"},
		{pure, "hub/apply.go", "package hub\nimport \"time\"\nfunc f() { time.Now() }", ""},
		{init, "hub/hub.go", "package hub\nfunc init() {}", "func init runs unseen"},
		{init, "hub/hub.go", "package hub\ntype t int\nfunc (t) init() {}", ""},
		{vars, "hub/hub.go", "package hub\nvar n int\nfunc f() { n++ }", "package variable n is changed"},
		{vars, "hub/hub.go", "package hub\nvar _ int = 1\nfunc f() { _ = f }", ""},
		{vars, "hub/hub.go", "package hub\nvar m = map[int]int{}\nfunc f() { m[1] = 2 }", "package variable m is changed"},
		{vars, "hub/hub.go", "package hub\nvar n = 1\nfunc f() int { n := n; n = 2; return n }", ""},
		{env, "hub/hub.go", "package hub\nimport \"os\"\nvar _ = os.Getenv(\"HOME\")", "only internal/config and cmd"},
		{env, "internal/mediatest/need.go", "package mediatest\nimport \"os\"\nvar _ = os.Getenv(\"CI\")", ""},
		{env, "internal/config/config.go", "package config\nimport \"os\"\nvar _ = os.Getenv(\"HOME\")", ""},
		{short, "hub/hub.go", "package hub\nfunc f() {\n" + strings.Repeat("f()\n", 60) + "}\n", ""},
		{short, "hub/hub.go", "package hub\nfunc f() {\n" + strings.Repeat("f()\n", 61) + "}\n", "f has 61 lines"},
		{short, "hub/hub.go", "package hub\nfunc f() []int {\nreturn []int{\n" + strings.Repeat("1,\n", 100) + "}\n}\n", ""},
		{short, "hub/hub.go", "package hub\nfunc f(n int) {\nswitch n {\n" + strings.Repeat("case f(1):\nf(2)\n", 50) + "}\n}\n", ""},
		{short, "hub/hub.go", "package hub\nfunc f(n int) {\nswitch n {\n" + strings.Repeat("case f(1):\n"+strings.Repeat("f(2)\n", 9), 10) + "}\n}\n", "f has 102 lines"},
		{median, "hub/hub.go", "package hub\nfunc f() {\n" + strings.Repeat("f()\n", 13) + "}\n", "the median function has 13 lines"},
		{median, "hub/hub.go", "package hub\nfunc f() {\n" + strings.Repeat("f()\n", 12) + "}\n", ""},
		{file, "hub/hub.go", "package hub\n" + strings.Repeat("\n", 500), "hub/hub.go has 501 lines"},
		{file, "hub/hub.go", "package hub\n" + strings.Repeat("\n", 499), ""},
		{types, "hub/hub.go", "package hub\ntype CallManager struct{}", `not "Manager"`},
		{types, "hub/hub.go", "package hub\ntype baseStore struct{}", `not "baseS"`},
		{types, "hub/hub.go", "package hub\ntype Database struct{}", ""},
		{types, "hub/util.go", "package util", "package util"},
		{pkg, "hub/hub.go", "package hub", "hub: no file says"},
		{pkg, "hub/hub.go", "// Package hub is the hub.\npackage hub", ""},
		{exported, "hub/hub.go", "package hub\nfunc New() {}", "New is exported"},
		{exported, "hub/hub.go", "package hub\ntype Hub struct{}", "type Hub is exported"},
		{exported, "hub/hub.go", "package hub\n// Hub is the hub.\ntype Hub struct{}\nfunc (h *Hub) Run() {}", "Run is exported"},
		{exported, "hub/hub.go", "package hub\ntype box struct{}\nfunc (box) Run() {}\nfunc (b box) String() string { return \"\" }", ""},
	}
}

func testSamples() []sample {
	const skip, sleep = "tests do not skip in CI", "tests do not sleep"
	const test = "package hub\nimport (\"os\"; \"testing\"; \"time\")\n"
	return []sample{
		{skip, "hub/hub_test.go", test + "func TestA(t *testing.T) { t.Skip() }", "TestA skips without asking"},
		{skip, "hub/hub_test.go", test + "func TestA(t *testing.T) { if os.Getenv(\"CI\") != \"true\" { t.Skip() } }", ""},
		{skip, "hub/hub_test.go", test + "func TestA(t *testing.T) { if os.Getenv(\"REDIS\") == \"\" { t.Skipf(\"\") } }", "TestA skips without asking"},
		{skip, "hub/hub_test.go", test + "func TestA(t *testing.T) { if testing.Short() { t.Skip() } }", ""},
		{skip, "hub/hub_test.go", test + "func FuzzA(f *testing.F) { f.Fuzz(func(t *testing.T) { t.Skip() }) }", ""},
		{skip, "hub/hub_test.go", test + "func TestA(t *testing.T) { rapid.Check(t, func(t *rapid.T) { t.Skip() }) }", ""},
		{sleep, "internal/mediatest/need.go", test + "func Wait() { time.Sleep(1) }", "wait for what should happen"},
		{sleep, "hub/hub_test.go", test + "func TestA(t *testing.T) { time.Sleep(1) }", "wait for what should happen"},
		{sleep, "hub/hub_test.go", test + "import \"testing/synctest\"\nfunc TestA(t *testing.T) { time.Sleep(1) }", ""},
	}
}

func documentSamples() []sample {
	const (
		top, machine, lock = "the top level holds only what is agreed", "documents name no machine", "the lock file names no registry"
		link, setting      = "links in documents lead somewhere", "documents and configuration name the same variables"
	)
	return []sample{
		{top, "notes.md", "", "notes.md does not belong"},
		{top, "pkg/x.go", "package pkg", "pkg does not belong"},
		{top, "README.md", "", ""},
		{top, ".ci/run", "", ""},
		{machine, "README.md", "Look at `/tmp/x/y.log`.", "README.md:1: /tmp/x/y.log is a path"},
		{machine, ".ci/run", "cd /home/li", "/home/li is a path"},
		{machine, "README.md", "See https://example.org/work/x and web/tmp/x.", ""},
		{lock, "web/test/package-lock.json", `"resolved": "https://registry.npmjs.org/x"`, "names a registry"},
		{lock, "web/test/package-lock.json", `"integrity": "sha512-x"`, ""},
		{link, "hub/README.md", "[a](../docs/x.md#part)", "the link to ../docs/x.md leads nowhere"},
		{link, "hub/README.md", "[a](README.md#part) [b](#part) [c](https://example.org) `[d](x)`\n```\n[e](x)\n```\n", ""},
		{setting, "README.md", "CLAIMCALL_LISTEN", ""}, // internal/config is not there; see TestVariablesAreComparedBothWays
	}
}
