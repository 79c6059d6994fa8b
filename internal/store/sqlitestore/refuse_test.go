package sqlitestore

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// prepared returns a closed file in which SQL was run, after the store has made it or before.
func prepared(t *testing.T, made bool, statement string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "calls.db")
	if made {
		s := opened(t, path, Options{})
		c := waitingCall("c1", s.Now())
		put(t, s, &c)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFilesThatAreRefused(t *testing.T) {
	garbage := filepath.Join(t.TempDir(), "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		path string
		want error
		says string
	}{
		"garbage":          {garbage, ErrForeign, "not a database of this program"},
		"foreign database": {prepared(t, false, `CREATE TABLE notes (text)`), ErrForeign, "not a database of this program"},
		"newer":            {prepared(t, true, `PRAGMA user_version = 2`), ErrNewer, "form 2, this version knows 1"},
		"unknown document": {prepared(t, true, `UPDATE documents SET kind = 'x'`), nil, `document 1: unknown kind "x"`},
		"broken call":      {prepared(t, true, `UPDATE documents SET body = '{'`), nil, "document 1: unexpected end"},
		"broken presence":  {prepared(t, true, `UPDATE documents SET kind = 'presence', body = '{'`), nil, "document 1: unexpected end"},
		"no folder":        {filepath.Join(garbage, "calls.db"), nil, "not a directory"},
		"folder":           {t.TempDir(), nil, "unable to open"},
	} {
		before, _ := os.ReadFile(test.path)
		_, err := Open(test.path, Options{})
		if err == nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
			continue
		}
		if !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), test.path) {
			t.Errorf("%s: %q does not say %q of %s", name, err, test.says, test.path)
		}
		after, _ := os.ReadFile(test.path)
		if test.want != nil && string(before) != string(after) {
			t.Errorf("%s: the refused file was changed", name)
		}
	}
}

func TestFileIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "calls.db")
	s := opened(t, path, Options{})
	c := waitingCall("c1", s.Now())
	put(t, s, &c)
	for _, name := range []string{path, path + "-wal"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o", filepath.Base(name), mode)
		}
	}
}

// A file that can only be read is what a read-only mount looks like.
func TestReadOnlyIsNamed(t *testing.T) {
	path := prepared(t, true, `VACUUM`)
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := explain(setUp(db, false)); !errors.Is(err, ErrCantWrite) {
		t.Errorf("got %v", err)
	}
}

func TestCheckMissesTheFile(t *testing.T) {
	for name, lose := range map[string]func(path string) error{
		"deleted": os.Remove,
		"moved":   func(path string) error { return os.Rename(path, path+".old") },
		"replaced": func(path string) error {
			return errors.Join(os.WriteFile(path+".new", nil, 0o600), os.Rename(path+".new", path))
		},
	} {
		path := filepath.Join(t.TempDir(), "calls.db")
		s := opened(t, path, Options{})
		if err := s.Check(t.Context()); err != nil {
			t.Fatalf("%s: before: %v", name, err)
		}
		if err := lose(path); err != nil {
			t.Fatal(err)
		}
		if err := s.Check(t.Context()); !errors.Is(err, errReplaced) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
