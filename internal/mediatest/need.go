package mediatest

import (
	"os"
	"os/exec"
	"testing"
)

// Need returns the path of the first of the programs or files that is there. Without one the test is skipped; where
// CI=true it fails, as nothing may be skipped there.
func Need(t testing.TB, places ...string) string {
	t.Helper()
	for _, place := range places {
		if path, err := exec.LookPath(place); err == nil {
			return path
		}
		if _, err := os.Stat(place); err == nil {
			return place
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("mediatest: %s is missing: run make tools", places[0])
	}
	t.Skipf("mediatest: %s is missing: make tools installs it", places[0])
	return ""
}
