package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

const protocolDir = "../.."

func TestTypesAreUpToDate(t *testing.T) {
	want, err := generate(protocolDir)
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile(filepath.Join(protocolDir, "types.d.ts"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Error("types.d.ts is out of date: run go generate ./protocol")
	}
}

func TestGenerateIsStable(t *testing.T) {
	first, err := generate(protocolDir)
	if err != nil {
		t.Fatal(err)
	}
	second, err := generate(protocolDir)
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("two runs differ (%v)", err)
	}
}

func TestGenerateContents(t *testing.T) {
	b, err := generate(protocolDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"export type Role =\n  /** stands beside the car and asks for a call */\n  | \"claimant\"",
		"  accepted_at?: Time;\n",
		"  created_at: Time;\n",
		"  skills?: string[];\n",
		"  adjuster?: Leg;\n",
		"  push: StreamURL[];\n",
		"  joined: boolean;\n",
		"  version: number;\n",
		"export type Ping = Record<string, never>;\n",
		"export interface ErrorBody {\n",
		"  | 4509;\n",
		"  \"call.invite\": CallInviteCommand;\n",
		"  \"call.invite\": CallInvited;\n",
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %q", want)
		}
	}
}

func TestGenerateNeedsSource(t *testing.T) {
	if _, err := generate(t.TempDir()); err == nil {
		t.Error("an empty folder gave types")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.go"), []byte("package"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := generate(dir); err == nil {
		t.Error("broken source gave types")
	}
}

// TestDeclareRefuses what a client could not read: a field without a name, a kind JSON lacks, an
// enumeration without words.
func TestDeclareRefuses(t *testing.T) {
	type word string
	for name, bad := range map[string]any{
		"no name": struct{ A string }{},
		"a map": struct {
			A map[string]int `json:"a"`
		}{},
		"a float": struct {
			A float64 `json:"a"`
		}{},
		"no word": struct {
			A word `json:"a"`
		}{},
		"a time": struct {
			A time.Duration `json:"a"`
		}{},
	} {
		g := &generator{source: source{docs: map[string]string{}, values: map[string][]value{}}, seen: map[reflect.Type]bool{}}
		if err := g.declare(reflect.TypeOf(bad)); err == nil {
			t.Errorf("%s was declared:\n%s", name, g.out.String())
		}
	}
}

func TestDocComments(t *testing.T) {
	for text, want := range map[string]string{
		"":         "\n",
		"One.":     "\n  /** One. */\n",
		"One.\nTo": "\n  /**\n   * One.\n   * To\n   */\n",
	} {
		g := &generator{}
		if g.doc("\n", "  ", text); g.out.String() != want {
			t.Errorf("%q: got %q, want %q", text, g.out.String(), want)
		}
	}
}

func TestErrorIsRenamed(t *testing.T) {
	if got := name(reflect.TypeFor[protocol.Error]()); got != "ErrorBody" {
		t.Errorf("got %s", got)
	}
}
