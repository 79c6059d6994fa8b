package sqlitestore

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What marks a file as ours, and its form.
const (
	applicationID = 0x436c434c // "ClCL"
	schemaVersion = 1
)

// schema is the form of version 1. Documents are addressed by slot alone; what they are is in the body.
const schema = `
CREATE TABLE documents (slot INTEGER PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE records (
	id TEXT PRIMARY KEY,
	claimant TEXT NOT NULL,
	adjuster TEXT NOT NULL,
	claim_no TEXT NOT NULL,
	request_id TEXT NOT NULL,
	ended_at INTEGER NOT NULL, -- microseconds since 1970
	body TEXT NOT NULL
);
CREATE INDEX records_ended ON records (ended_at);
CREATE INDEX records_claimant ON records (claimant, request_id);
CREATE INDEX records_adjuster ON records (adjuster, ended_at);
CREATE INDEX records_claim ON records (claim_no, ended_at);
CREATE TABLE probe (id INTEGER PRIMARY KEY, at INTEGER NOT NULL);
`

// Reasons for not opening a file.
var (
	ErrInUse     = errors.New("the file is in use by another process; give each its own file, or stop the other one")
	ErrForeign   = errors.New("the file is not a database of this program")
	ErrCantWrite = errors.New("the file can't be written or locked: is its folder or disk read-only, or the file another user's?")
	ErrNewer     = errors.New("the file was written by a newer version of this program")
)

// openDatabase opens the file, or memory, with one connection that keeps it locked.
func openDatabase(path string, syncDisk bool) (*sql.DB, error) {
	dsn, err := dataSource(path)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // a second one would meet the first one's lock
	if err := setUp(db, syncDisk); err != nil {
		return nil, errors.Join(explain(err), db.Close())
	}
	return db, nil
}

// inMemory reports whether path asks for no file.
func inMemory(path string) bool { return path == "" || path == ":memory:" }

func dataSource(path string) (string, error) {
	if inMemory(path) {
		return ":memory:", nil
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if err := createPrivate(abs); err != nil {
		return "", err
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(abs)}).String(), nil
}

// createPrivate creates a file that only its owner can read; SQLite gives its side files the same mode. A file that
// exists must not even be opened: closing it again would drop the locks that this process may have on it.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// setUp locks the file, checks what it is, and brings it into form.
func setUp(db *sql.DB, syncDisk bool) error {
	if _, err := db.Exec(`PRAGMA locking_mode = EXCLUSIVE`); err != nil {
		return err
	}
	version, err := inspect(db)
	if err != nil {
		return err
	}
	synchronous := "NORMAL"
	if syncDisk {
		synchronous = "FULL"
	}
	for _, pragma := range []string{
		"journal_mode = WAL",
		"synchronous = " + synchronous,
		"wal_autocheckpoint = 8192", // pages; fewer and larger checkpoints write each hot page less often
		"journal_size_limit = 67108864",
		"cache_size = -16384", // KiB
		"temp_store = MEMORY",
	} {
		if _, err := db.Exec("PRAGMA " + pragma); err != nil {
			return err
		}
	}
	if version == 0 {
		if err := create(db); err != nil {
			return err
		}
	}
	return probe(db, 0) // the first write takes the lock
}

// inspect returns the schema version of the file, 0 for an empty one.
func inspect(db *sql.DB) (version int, err error) {
	var application, tables int
	err = db.QueryRow(`SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
		FROM pragma_application_id, pragma_user_version`).Scan(&application, &version, &tables)
	switch {
	case err != nil:
		return 0, err
	case application == 0 && version == 0 && tables == 0:
		return 0, nil
	case application != applicationID:
		return 0, ErrForeign
	case version > schemaVersion:
		return 0, fmt.Errorf("%w: it has form %d, this version knows %d", ErrNewer, version, schemaVersion)
	}
	return version, nil
}

func create(db *sql.DB) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // of no effect after Commit
	mark := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, schemaVersion)
	if _, err := tx.Exec(schema + mark); err != nil {
		return err
	}
	return tx.Commit()
}

// probe writes a row that nobody reads.
func probe(db *sql.DB, at int64) error {
	_, err := db.Exec(`INSERT OR REPLACE INTO probe (id, at) VALUES (1, ?)`, at)
	return err
}

// explain gives SQLite's codes the words that help.
func explain(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return ErrInUse
	case sqlite3.SQLITE_NOTADB:
		return ErrForeign
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return ErrCantWrite
	}
	if e.Code() == sqlite3.SQLITE_IOERR_LOCK { // how a file that could only be opened for reading shows
		return ErrCantWrite
	}
	return err
}
