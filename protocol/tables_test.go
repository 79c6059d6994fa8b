package protocol

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// payloads are all types that can be data.
func payloads() []reflect.Type {
	types := []reflect.Type{reflect.TypeFor[Error]()}
	for _, c := range Commands() {
		types = append(types, reflect.TypeOf(c.NewData()).Elem(), reflect.TypeOf(c.NewAnswer()).Elem())
	}
	for _, e := range Events() {
		types = append(types, reflect.TypeOf(e.NewData()).Elem())
	}
	return types
}

// eachField calls visit for every field of t and of what it holds.
func eachField(t reflect.Type, visit func(owner reflect.Type, f reflect.StructField)) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[Time]() {
		return
	}
	for i := range t.NumField() {
		visit(t, t.Field(i))
		eachField(t.Field(i).Type, visit)
	}
}

func wireName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func allFields(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, p := range payloads() {
		eachField(p, func(_ reflect.Type, f reflect.StructField) { names = append(names, wireName(f)) })
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// TestFieldsAreLowerCase is what ownFields relies on; maps would bring in keys of any spelling.
func TestFieldsAreLowerCase(t *testing.T) {
	for _, p := range payloads() {
		eachField(p, func(owner reflect.Type, f reflect.StructField) {
			if name := wireName(f); name == "" || !fieldName([]byte(name)) {
				t.Errorf("%s.%s is named %q on the wire", owner, f.Name, name)
			}
			if f.Type.Kind() == reflect.Map || f.Type.Kind() == reflect.Interface {
				t.Errorf("%s.%s is a %s", owner, f.Name, f.Type.Kind())
			}
		})
	}
}

func TestTypesAreUnique(t *testing.T) {
	word := regexp.MustCompile(`^[a-z]+(\.[a-z]+)?$`)
	seen := map[Type]bool{}
	for _, c := range Commands() {
		if seen[c.Type] || !word.MatchString(string(c.Type)) {
			t.Errorf("command %q stands twice or is badly named", c.Type)
		}
		seen[c.Type] = true
	}
	clear(seen)
	for _, e := range Events() {
		if seen[e.Type] || !word.MatchString(string(e.Type)) || e.To == "" {
			t.Errorf("event %q stands twice, is badly named, or goes to nobody", e.Type)
		}
		seen[e.Type] = true
	}
}

func TestLookupUnknown(t *testing.T) {
	if _, ok := LookupCommand("call.queued"); ok {
		t.Error("an event is no command")
	}
	if _, ok := LookupEvent("hello"); ok {
		t.Error("a command is no event")
	}
}

func TestRoles(t *testing.T) {
	tests := map[Type][]Role{
		TypeHello:           {RoleClaimant, RoleAdjuster, RoleSupervisor},
		TypePing:            {RoleClaimant, RoleAdjuster, RoleSupervisor},
		TypeTokenRefresh:    {RoleClaimant, RoleAdjuster, RoleSupervisor},
		TypeCallRequest:     {RoleClaimant},
		TypeCallInvite:      {RoleAdjuster},
		TypeAvailabilitySet: {RoleAdjuster},
		TypeCallNote:        {RoleAdjuster},
		TypeQueueWatch:      {RoleAdjuster, RoleSupervisor},
		TypeSessionEnd:      {RoleClaimant, RoleAdjuster, RoleSupervisor},
	}
	for _, c := range Commands() {
		want, ok := tests[c.Type]
		if !ok {
			want = []Role{RoleClaimant, RoleAdjuster}
		}
		for _, r := range []Role{RoleClaimant, RoleAdjuster, RoleSupervisor, "", "admin"} {
			if c.Allows(r) != slices.Contains(want, r) {
				t.Errorf("%s: Allows(%q) = %v", c.Type, r, c.Allows(r))
			}
			if known := slices.Contains([]Role{RoleClaimant, RoleAdjuster, RoleSupervisor}, r); r.Valid() != known {
				t.Errorf("%q.Valid() = %v", r, r.Valid())
			}
		}
	}
}

// TestTablesAreCopies keeps a caller from changing the tables of everyone.
func TestTablesAreCopies(t *testing.T) {
	Commands()[0].Type, Events()[0].Type = "x", "x"
	if Commands()[0].Type != TypeHello || Events()[0].Type != TypeCallQueued {
		t.Error("a table was changed from outside")
	}
}

// TestDataIsFresh makes sure that two frames never share a payload.
func TestDataIsFresh(t *testing.T) {
	for _, c := range Commands() {
		if reflect.TypeOf(c.NewData()).Elem().Size() > 0 && c.NewData() == c.NewData() {
			t.Errorf("%s: the same data twice", c.Type)
		}
	}
}
