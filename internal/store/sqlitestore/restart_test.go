package sqlitestore

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// childEnv makes the test binary run as another process on the file that it names.
const (
	childEnv = "SQLITESTORE_CHILD"
	fileEnv  = "SQLITESTORE_FILE"
)

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "commit":
		commitForever(os.Getenv(fileEnv))
	case "open":
		_, err := Open(os.Getenv(fileEnv), Options{})
		fmt.Println(err)
	default:
		os.Exit(m.Run())
	}
}

// child starts the test binary as another process.
func child(t *testing.T, role, path string) (*exec.Cmd, io.Reader) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+role, fileEnv+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out
}

// waitingCall returns a queued call.
func waitingCall(id string, now time.Time) call.Call {
	return call.Call{
		ID: id, Version: 1, State: call.Queued, Caller: call.Claimant, RequestID: "r-" + id, ClaimNo: "n", Queue: "q",
		CreatedAt: now, Deadline: now.Add(time.Minute), Claimant: call.Leg{User: "z-" + id, Name: "张"},
	}
}

// freeAdjuster returns an adjuster who is online on a node.
func freeAdjuster(id string, now time.Time) call.Presence {
	return call.Presence{
		User: call.User{Role: call.Adjuster, ID: id}, Version: 1, Setting: call.Available, IdleSince: now,
		Sessions: []call.Session{{ID: "s-" + id, Node: "node", Conn: 1, Online: true}},
	}
}

// put commits documents as they are; the version before is one less.
func put(t testing.TB, s *Store, c *call.Call, presences ...call.Presence) {
	t.Helper()
	if err := s.Commit(context.Background(), commitOf(c, presences...)); err != nil {
		t.Fatalf("commit: %v", err)
	}
}

func commitOf(c *call.Call, presences ...call.Presence) store.Commit {
	change := store.Commit{Call: c}
	if c != nil {
		change.CallWas = c.Version - 1
	}
	for _, p := range presences {
		change.Presences = append(change.Presences, store.Presence{Presence: p, Was: p.Version - 1})
	}
	return change
}

// endOf returns the ended call that follows on c.
func endOf(c call.Call, now time.Time) call.Call {
	c = c.Clone()
	c.Version++
	c.State, c.EndedAt, c.Deadline = call.Ended, now, time.Time{}
	return c
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if string(g) != string(w) {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

func TestRestartKeepsEverything(t *testing.T) {
	path, c := filepath.Join(t.TempDir(), "calls with ? and #.db"), newClock()
	s := opened(t, path, Options{Now: c.Now})
	first, second, old := waitingCall("c1", s.Now()), waitingCall("c2", s.Now()), waitingCall("c0", s.Now())
	li, wang := freeAdjuster("li", s.Now()), freeAdjuster("wang", s.Now())
	li.Deadline = s.Now().Add(time.Minute)
	put(t, s, &old)
	put(t, s, &first, li, wang)
	ended := endOf(old, s.Now())
	put(t, s, &ended)
	put(t, s, &second)
	first.Version, first.State = 2, call.Ringing
	wang.Version, wang.Sessions = 2, nil // forgotten
	put(t, s, &first, wang)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	c.Advance(time.Second)
	s = opened(t, path, Options{Now: c.Now})
	ctx := t.Context()
	for _, want := range []call.Call{first, second, ended} {
		got, err := s.Call(ctx, want.ID)
		same(t, "call", got, want)
		same(t, "error", err, nil)
		id, _ := s.Requested(ctx, want.Claimant.User, want.RequestID)
		same(t, "requested", id, want.ID)
	}
	presences, _ := s.Presences(ctx, li.User, wang.User)
	same(t, "presences", presences, []call.Presence{li, {User: wang.User}})
	waiting, _ := s.Waiting(ctx, "q", 9)
	same(t, "waiting", waiting, []call.Call{second})
	records, _ := s.Records(ctx, store.Filter{})
	same(t, "records", records.Calls, []call.Call{ended})
	stranded, _ := s.Stranded(ctx, 9)
	same(t, "stranded at once", stranded, []call.User{li.User})

	due, _ := s.Due(ctx, 9, time.Second)
	same(t, "every running call is looked at", len(due.Calls), 2)
	c.Advance(time.Minute)
	due, _ = s.Due(ctx, 9, time.Second)
	same(t, "the presence's deadline stands", due.Users, []call.User{li.User})
}

// commitForever writes calls from several goroutines and says on standard output which are safe.
func commitForever(path string) {
	s, err := Open(path, Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	var out sync.Mutex
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for n := 0; ; n++ {
				c := waitingCall(fmt.Sprint(w, "-", n), s.Now())
				last := endOf(c, s.Now())
				for _, c := range []call.Call{c, last} {
					if n%3 == 0 && c.State == call.Ended {
						continue // some calls go on
					}
					if err := s.Commit(context.Background(), commitOf(&c)); err != nil {
						os.Exit(1)
					}
					out.Lock()
					fmt.Println(c.ID, c.Version)
					out.Unlock()
				}
			}
		})
	}
	wg.Wait()
}

func TestKillLosesNothingAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "calls.db")
	acknowledged := map[string]int64{}
	for range 3 {
		cmd, out := child(t, "commit", path)
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			var id string
			var version int64
			if _, err := fmt.Sscan(lines.Text(), &id, &version); err != nil {
				break // cut off by the kill
			}
			acknowledged[id] = version
			if n == 300 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // says that it was killed
		checkAcknowledged(t, path, acknowledged)
		path = filepath.Join(t.TempDir(), "calls.db") // IDs begin again
		clear(acknowledged)
	}
}

func checkAcknowledged(t *testing.T, path string, acknowledged map[string]int64) {
	t.Helper()
	if len(acknowledged) < 150 {
		t.Fatalf("only %d calls were acknowledged", len(acknowledged))
	}
	s := opened(t, path, Options{})
	for id, version := range acknowledged {
		c, err := s.Call(t.Context(), id)
		if err != nil || c.Version < version {
			t.Errorf("call %s was acknowledged in version %d; found %d, %v", id, version, c.Version, err)
		}
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "calls.db")
	s := opened(t, path, Options{})
	for range 2 { // the refusal must not loosen the lock
		cmd, out := child(t, "open", path)
		said, _ := io.ReadAll(out)
		_ = cmd.Wait()
		if !strings.Contains(string(said), "in use by another process") || !strings.Contains(string(said), path) {
			t.Fatalf("the second process says %q", said)
		}
		if _, err := Open(path, Options{}); !errors.Is(err, ErrInUse) {
			t.Fatalf("a second store in the same process: %v", err)
		}
	}
	c := waitingCall("c1", s.Now())
	put(t, s, &c)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	opened(t, path, Options{})
}
