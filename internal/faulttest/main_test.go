package faulttest

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/auth"
)

// patience is how long something that must happen may take on a busy machine, where nothing more exact is promised.
const patience = 30 * time.Second

// binary is the program under test, built once by TestMain.
var binary string

// long has faults take as long as the design says, and TestChaos as long as given.
var long = flag.Duration("chaos", 0, "let TestChaos run this long, and freeze for as long as the design says")

// key signs the tokens of all tests.
const key = "a key of the fault tests, of no use to anybody else"

// together is how many tests run at the same time, unless the command says so: they wait more than they compute.
const together = 4

func TestMain(m *testing.M) {
	flag.Parse()
	atOnce := flag.Lookup("test.parallel")
	if atOnce.Value.String() == atOnce.DefValue {
		_ = flag.Set("test.parallel", strconv.Itoa(max(together, runtime.GOMAXPROCS(0))))
	}
	dir, err := os.MkdirTemp("", "faulttest")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "claimcall")
	build := exec.Command("go", "build", "-o", binary, "../../cmd/claimcall")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// lasting returns how long a fault lasts: short, unless there is time for what the design says.
func lasting(short, full time.Duration) time.Duration {
	if *long > 0 {
		return full
	}
	return short
}

// environment is what a process gets: settings from around left out, the key put in.
func environment() []string {
	var env []string
	for _, setting := range os.Environ() {
		if !strings.HasPrefix(setting, "CLAIMCALL_") {
			env = append(env, setting)
		}
	}
	return append(env, "CLAIMCALL_AUTH_KEY="+key, "CLAIMCALL_NGINX_RTMP_HOOK_SECRET=0123456789abcdef0123")
}

// token signs somebody in for the length of any test.
func token(t testing.TB, role, name string) string {
	t.Helper()
	secret, err := auth.HS256([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := auth.NewSigner(auth.Config{Key: secret}).Sign(auth.Claims{Subject: name, Role: role, Name: name}, 12*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// within waits for a condition that nobody announces, such as what a probe says, and returns how long that took.
func within(t testing.TB, limit time.Duration, what string, holds func() bool) time.Duration {
	t.Helper()
	begun := time.Now()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
	return time.Since(begun)
}

// pass lets time go by in which a fault lasts.
func pass(t testing.TB, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}
