package protocol

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func readTypes(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("types.d.ts")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// entries returns the lines `"type": Payload;` of one of the maps in types.d.ts.
func entries(t *testing.T, name string) []string {
	t.Helper()
	_, text, ok := strings.Cut(readTypes(t), "export interface "+name+" {\n")
	if !ok {
		t.Fatalf("no %s", name)
	}
	text, _, _ = strings.Cut(text, "\n}")
	return regexp.MustCompile(`"[a-z.]+": \w+;`).FindAllString(text, -1)
}

func entry(typ Type, data any) string {
	return `"` + string(typ) + `": ` + reflect.TypeOf(data).Elem().Name() + ";"
}

// TestTypesMatchTables is about the tables; that the rest is up to date is tested beside the generator.
func TestTypesMatchTables(t *testing.T) {
	want := map[string][]string{}
	for _, c := range Commands() {
		want["CommandMap"] = append(want["CommandMap"], entry(c.Type, c.NewData()))
		want["AnswerMap"] = append(want["AnswerMap"], entry(c.Type, c.NewAnswer()))
	}
	for _, e := range Events() {
		want["EventMap"] = append(want["EventMap"], entry(e.Type, e.NewData()))
	}
	for name, lines := range want {
		if got := entries(t, name); !slices.Equal(got, lines) {
			t.Errorf("%s has\n%v, want\n%v", name, got, lines)
		}
	}
}

func TestTypesDeclareEachPayload(t *testing.T) {
	text := readTypes(t)
	for _, p := range payloads() {
		name := p.Name()
		if p == reflect.TypeFor[Error]() {
			name = "ErrorBody"
		}
		declared := regexp.MustCompile(`(?m)^export (interface|type) ` + name + ` `)
		if n := len(declared.FindAllString(text, -1)); n != 1 {
			t.Errorf("%s is declared %d times", name, n)
		}
	}
}

func TestTypesHaveEveryCode(t *testing.T) {
	text := readTypes(t)
	for _, code := range Codes() {
		if !strings.Contains(text, `| "`+string(code)+`"`) {
			t.Errorf("no code %s", code)
		}
	}
	for _, c := range CloseCodes() {
		if !strings.Contains(text, fmt.Sprintf("| %d", int(c))) {
			t.Errorf("no close code %d", c)
		}
	}
}
