package storage_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/claimcall/claimcall/hub/storage"
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// remembers reports whether a call that is stored at a location is there after it was closed and opened again.
func remembers(t *testing.T, location string) bool {
	t.Helper()
	s, err := storage.Open(location, nil)
	if err != nil {
		t.Fatalf("open %s: %v", location, err)
	}
	c := call.Call{ID: "c1", Version: 1, State: call.Queued, CreatedAt: s.Now()}
	if err := s.Commit(t.Context(), store.Commit{Call: &c}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err = storage.Open(location, nil)
	if err != nil {
		t.Fatalf("open %s again: %v", location, err)
	}
	defer s.Close()
	_, err = s.Call(t.Context(), "c1")
	return err == nil
}

func TestOpenFile(t *testing.T) {
	t.Chdir(t.TempDir())
	for location, file := range map[string]string{
		"sqlite:a.db":                         "a.db",
		"b.db":                                "b.db",
		"sqlite:with:colon.db":                "with:colon.db",
		filepath.Join(t.TempDir(), "c d?.db"): "",
	} {
		if !remembers(t, location) {
			t.Errorf("%s forgets", location)
		}
		if file == "" {
			file = location
		}
		if _, err := os.Stat(file); err != nil {
			t.Errorf("%s: %v", location, err)
		}
	}
}

func TestOpenMemory(t *testing.T) {
	t.Chdir(t.TempDir())
	if remembers(t, "memory:") {
		t.Error("memory: remembers")
	}
	if files, _ := os.ReadDir("."); len(files) > 0 {
		t.Errorf("memory: left %v", files)
	}
}

func TestOpenRefuses(t *testing.T) {
	for location, says := range map[string]string{
		"":                            "got nothing",
		"postgres://user:secret@host": `got the scheme "postgres"`,
		"memory:x":                    `got the scheme "memory"`,
		"sqlite:":                     `got the scheme "sqlite"`,
		"sqlite::memory:":             `got the scheme "sqlite"`,
		"redisx://:secret@host":       `got the scheme "redisx"`,
	} {
		s, err := storage.Open(location, nil)
		if s != nil || !errors.Is(err, storage.ErrUnknown) {
			t.Errorf("%s: %v, %v", location, s, err)
			continue
		}
		if text := err.Error(); !strings.Contains(text, says) || !strings.Contains(text, "sqlite:FILE") || strings.Contains(text, "secret") {
			t.Errorf("%s: %q", location, text)
		}
	}
}

func TestOpenRedisRefuses(t *testing.T) {
	for location, says := range map[string]string{
		"redis+ring://:secret@host":   `got the kind "ring"`,
		"rediss://:secret@host/x":     "the database must be a number",
		"redis://:secret@127.0.0.1:1": "connect",
	} {
		s, err := storage.Open(location, nil)
		if s != nil || err == nil {
			t.Errorf("%s: %v, %v", location, s, err)
			continue
		}
		if text := err.Error(); !strings.Contains(text, says) || strings.Contains(text, "secret") {
			t.Errorf("%s: %q", location, text)
		}
	}
}

func TestOpenRedis(t *testing.T) {
	m := miniredis.RunT(t)
	if !remembers(t, "redis://"+m.Addr()+"?prefix=own") {
		t.Error("Redis forgets")
	}
	for _, key := range m.Keys() {
		if !strings.HasPrefix(key, "{own}:") {
			t.Errorf("key %s is without the prefix", key)
		}
	}
}

func TestOpenFails(t *testing.T) {
	s, err := storage.Open("sqlite:/no/such/folder/calls.db", nil)
	if s != nil || err == nil || errors.Is(err, storage.ErrUnknown) {
		t.Errorf("got %v, %v", s, err)
	}
}
