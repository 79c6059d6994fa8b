package faulttest

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

// wrongBy is how far the clock of one node is ahead.
const wrongBy = 10 * time.Minute

// ahead builds the program on a time package that tells a wrong date, and the right course of time: a process can't be
// given a clock of its own in another way. The Go command keeps what it compiles, so that only the first time is slow.
func ahead(t *testing.T) string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	original := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	source, err := os.ReadFile(original)
	if err != nil {
		t.Fatal(err)
	}
	const read = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	if !strings.Contains(string(source), read) {
		t.Fatalf("%s reads the clock in another way: this test wants mending for %s", original, runtime.Version())
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, "claimcall-faulttest") // a fixed place: the name of the file goes into what is compiled
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	changed, overlay, program := filepath.Join(dir, "time.go"), filepath.Join(t.TempDir(), "overlay.json"), filepath.Join(t.TempDir(), "ahead")
	write(t, changed, strings.Replace(string(source), read, read+"\tsec += 600\n", 1))
	files, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, overlay, string(files))
	build := exec.Command("go", "build", "-overlay", overlay, "-o", program, "../../cmd/claimcall")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return program
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAClockIsWrong has calls between a node whose clock is ten minutes ahead and one whose clock is right. All that is
// timed takes as long as ever, whichever node sets and whichever sees to it.
func TestAClockIsWrong(t *testing.T) {
	t.Parallel()
	program := ahead(t)
	c := newCluster(t, nil, "--ring", "2s", "--grace-claimant", "3s", "--max-missed", "9")
	wrong, right := c.start("wrong", program), c.start("right", binary)
	checkAhead(t, wrong)
	for _, at := range [][2]string{{"wrong", "right"}, {"right", "wrong"}} {
		claimant, adjuster := c.claimant("of-"+at[0], at[0]), c.adjuster("li-"+at[1], at[1])
		if off := time.Until(claimant.greeting().Time.Time).Abs(); off > 5*time.Second {
			t.Errorf("the welcome at %s is off by %s", at[0], off)
		}
		id := talk(claimant, adjuster, protocol.StateRinging)
		rung := adjuster.known(id)
		checkAbout(t, "the deadline of a ring", rung.Deadline.Sub(rung.CreatedAt.Time), 2*time.Second)
		missed := adjuster.until(patience, "the ring is over", func() bool { return adjuster.countLocked(protocol.TypeCallWithdrawn, id) > 0 })
		checkAbout(t, "a ring", missed, 2*time.Second)
		adjuster.until(patience, "rings again", func() bool { return adjuster.views[id].State == protocol.StateRinging })
		goOn(claimant, adjuster, id, protocol.StateRinging, protocol.StateActive)
		claimant.abandons()() // for good
		lost := adjuster.sees(id, protocol.StateEnded, patience)
		checkAbout(t, "the grace", lost, 3*time.Second)
		checkAbout(t, "the wrap-up", adjuster.turns(protocol.AvailabilityAvailable, patience), 500*time.Millisecond)
		adjuster.does(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAway})
		if ended := adjuster.known(id); ended.End.Reason != protocol.ReasonLost || time.Since(ended.EndedAt.Time).Abs() > 10*time.Second {
			t.Errorf("the call ended with %+v at %v", ended.End, ended.EndedAt)
		}
	}
	if !wrong.ready() || !right.ready() {
		t.Error("a node is not ready")
	}
}

// checkAhead makes sure that the clock of a node is wrong, by the date on its answers.
func checkAhead(t *testing.T, n *node) {
	t.Helper()
	answer, err := http.Get(n.url + "/livez")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	says, err := http.ParseTime(answer.Header.Get("Date"))
	if off := time.Until(says); err != nil || off < wrongBy-time.Minute {
		t.Fatalf("the clock is ahead by %s (%v), want %s", off, err, wrongBy)
	}
}

// checkAbout checks a duration: never shorter, and longer only by what a busy machine takes.
func checkAbout(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	const slack = 4 * time.Second
	if got < want-300*time.Millisecond || got > want+slack {
		t.Errorf("%s took %s, want %s", what, got, want)
	}
	t.Logf("%s took %s", what, got.Round(time.Millisecond))
}
