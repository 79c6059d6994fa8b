// Package deploytest tests what the repository brings for deployment: docker-compose.yml, Dockerfile, and the
// configuration of the proxy, Redis and SRS in deploy. No container engine is needed. nginx and Redis are real ones, with
// these files, in which only addresses and folders are exchanged; SRS is not there, so its file is only read.
package deploytest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// top is the path of a file of the repository.
func top(name string) string { return filepath.Join("..", "..", name) }

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(top(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// write puts a file into the folder and returns its path.
func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// exchange replaces each text, which must be there, so that no test goes past a file that was changed.
func exchange(t *testing.T, content string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(content, pairs[i]) {
			t.Fatalf("it does not say %q any more", pairs[i])
		}
	}
	return strings.NewReplacer(pairs...).Replace(content)
}

// statements is the lines of a configuration without comments and indentation.
func statements(content string) []string {
	var found []string
	for line := range strings.Lines(content) {
		line, _, _ = strings.Cut(line, " #")
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			found = append(found, line)
		}
	}
	return found
}
