package redisstore

import (
	"embed"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/claimcall/claimcall/internal/store"
)

//go:embed lua
var luaFiles embed.FS

// eachScript calls f with the lines of each script.
func eachScript(t *testing.T, f func(name string, lines []string)) {
	t.Helper()
	files, err := fs.Glob(luaFiles, "lua/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatalf("scripts: %v, %v", files, err)
	}
	for _, name := range files {
		text, err := fs.ReadFile(luaFiles, name)
		if err != nil {
			t.Fatal(err)
		}
		f(name, strings.Split(string(text), "\n"))
	}
}

// In a cluster a script may touch only what it was told of. The suite runs with a watch on that as well.
func TestScriptsTouchDeclaredKeysOnly(t *testing.T) {
	callOf := regexp.MustCompile(`redis\.p?call\(([^,)]+)(?:, ([^,)]+))?`)
	declared := regexp.MustCompile(`^KEYS\[(\d|key)\]$`)
	eachScript(t, func(name string, lines []string) {
		for i, line := range lines {
			for _, c := range callOf.FindAllStringSubmatch(line, -1) {
				keyless := c[1] == "'TIME'" || c[1] == "publish"
				if !keyless && !declared.MatchString(c[2]) {
					t.Errorf("%s:%d: %s touches %q, want one of KEYS", name, i+1, c[1], c[2])
				}
			}
		}
	})
}

func TestScriptsSayWhatTheyTake(t *testing.T) {
	eachScript(t, func(name string, lines []string) {
		if name == "lua/time.lua" {
			return
		}
		var head []string
		for _, line := range lines {
			if !strings.HasPrefix(line, "--") {
				break
			}
			head = append(head, line)
		}
		for _, word := range []string{"KEYS", "ARGV", "Result"} {
			if !strings.Contains(strings.Join(head, "\n"), word) {
				t.Errorf("%s does not say at its head what %s is", name, word)
			}
		}
	})
}

func TestForgottenScriptsAreSentAgain(t *testing.T) {
	r := startServer(t)
	s := opened(t, r.url(), Options{})
	side := r.client()
	defer side.Close()
	li := freeAdjuster("li", s.Now())
	put(t, s, nil, li)
	if err := side.ScriptFlush(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	li.Version++
	put(t, s, nil, li)
	free, err := s.Free(t.Context(), "q", 0, 9)
	if err != nil || len(free) != 1 || free[0].Version != 2 {
		t.Errorf("free: %+v, %v", free, err)
	}
}

// What the library may do in a cluster: send a commit again whose answer was lost.
func TestSameCommitTwiceCountsOnce(t *testing.T) {
	s := opened(t, startServer(t).url(), Options{})
	e := listens(t, s)
	li, c := freeAdjuster("li", s.Now()), waitingCall("c1", s.Now())
	commit := commitOf(&c, li)
	commit.Messages = []store.Message{{To: li.User, Frame: []byte("once")}}
	b, err := s.newBatch(commit)
	if err != nil {
		t.Fatal(err)
	}
	keys, args := s.commitArguments(b)
	for range 2 {
		if done, err := s.run(t.Context(), s.scripts.commit, keys, args...).Bool(); !done || err != nil {
			t.Errorf("done is %v, %v", done, err)
		}
	}
	tell(t, s, li.User, "end")
	e.hears("once")
	e.hears("end")
	if err := s.commit(t.Context(), b); err != store.ErrStale { // another one, with a token of its own
		t.Errorf("the same documents by another commit: %v", err)
	}
}
