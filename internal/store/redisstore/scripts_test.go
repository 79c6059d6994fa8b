package redisstore

import (
	"embed"
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

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

// undeclared returns the calls in a line of a script that touch what is not one of its KEYS.
func undeclared(line string) (found []string) {
	callOf := regexp.MustCompile(`redis\.p?call\(([^,)]+)(?:, ([^,)]+))?`)
	declared := regexp.MustCompile(`^KEYS\[(\d|key)\]$`)
	calls := callOf.FindAllStringSubmatch(line, -1)
	if strings.Count(line, "redis") > len(calls) {
		return []string{line} // by another name, nobody could tell
	}
	for _, c := range calls {
		keyless := c[1] == "'TIME'" || c[1] == "publish"
		if !keyless && !declared.MatchString(c[2]) {
			found = append(found, c[0])
		}
	}
	return found
}

// In a cluster a script may touch only what it was told of. The suite runs with a watch on that as well.
func TestScriptsTouchDeclaredKeysOnly(t *testing.T) {
	eachScript(t, func(name string, lines []string) {
		for i, line := range lines {
			code, _, _ := strings.Cut(line, "--")
			for _, touch := range undeclared(code) {
				t.Errorf("%s:%d: %s touches what is not one of KEYS", name, i+1, touch)
			}
		}
	})
}

func TestUndeclaredKeysAreFound(t *testing.T) {
	for _, line := range []string{
		`redis.call('GET', 'claimcall')`, `redis.call('GET', ARGV[1])`, `redis.pcall('HGET', KEYS[1] .. 'x', 'y')`,
		`return redis.call('GET', KEYS[1]) .. redis.call('GET', key)`, `local run = redis.call`, `redis.call(command, key)`,
		`redis.call('KEYS')`,
	} {
		if len(undeclared(line)) == 0 {
			t.Errorf("nothing is found in %s", line)
		}
	}
	if found := undeclared(`redis.call('ZADD', KEYS[3], 'LT', earlier, name)`); len(found) > 0 {
		t.Errorf("%v is found in what is right", found)
	}
	s := opened(t, startServer(t).url(), Options{})
	text := declaredOnly + `return redis.call('GET', ARGV[1])`
	touch := script{text, "0000000000000000000000000000000000000000"} // not known: the text is sent
	if err := s.run(t.Context(), touch, []string{"a"}, "a").Err(); err != nil && !errors.Is(err, redis.Nil) {
		t.Errorf("a declared key: %v", err)
	}
	if err := s.run(t.Context(), touch, []string{"a"}, "b").Err(); err == nil || !strings.Contains(err.Error(), "undeclared key b") {
		t.Errorf("an undeclared key: %v", err)
	}
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

// A frozen server, or a network, may hold a commit back until long after its caller has given up.
func TestLateCommitIsRefused(t *testing.T) {
	r := startServer(t)
	s := opened(t, r.url(), Options{})
	c := waitingCall("c1", s.Now())
	b, err := s.newBatch(commitOf(&c))
	if err != nil {
		t.Fatal(err)
	}
	keys, args := s.commitArguments(b)
	args[0] = micros(s.Now().Add(-time.Minute))
	if answer, err := s.run(t.Context(), s.scripts.commit, keys, pointers(args)...).Int(); answer != late || err != nil {
		t.Errorf("answer %v, %v", answer, err)
	}
	if _, err := s.Call(t.Context(), "c1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the call: %v", err)
	}
}

// Another server takes over, whose clock is ahead.
func TestServersClockJumpsAhead(t *testing.T) {
	m := miniredis.RunT(t)
	m.SetTime(time.Now())
	s := opened(t, "redis://"+m.Addr(), Options{})
	m.SetTime(time.Now().Add(10 * time.Minute))
	c := waitingCall("c1", s.Now())
	if err := s.Commit(t.Context(), commitOf(&c)); !errors.Is(err, store.ErrStale) {
		t.Errorf("the first commit: %v", err)
	}
	put(t, s, &c)
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
		if done, err := s.run(t.Context(), s.scripts.commit, keys, pointers(args)...).Bool(); !done || err != nil {
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
