package mediabench

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

var (
	figures = flag.Bool("figures", false, "let TestFigures measure")
	soak    = flag.Duration("soak", 0, "let TestSoak run this long")
)

// patience is how long something that must happen may take on a busy machine.
const patience = 30 * time.Second

// build builds the program as it is shipped, without the race detector.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "claimcall")
	cmd := exec.Command("go", "build", "-trimpath", "-o", binary, "./cmd/claimcall")
	cmd.Dir, cmd.Env = filepath.Join("..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return binary
}
