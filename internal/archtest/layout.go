package archtest

import (
	"slices"
	"strings"
)

// topLevel: who opens the repository sees what there is at a glance.
func topLevel(t *Tree) []string {
	agreed := []string{
		"cmd", "hub", "protocol", "internal", "web", "deploy", "go.mod", "go.sum", "docker-compose.yml", "README.md",
		"Makefile", "Dockerfile", "LICENSE",
	}
	var broken []string
	for name := range t.Paths {
		if !strings.Contains(name, "/") && !strings.HasPrefix(name, ".") && !slices.Contains(agreed, name) {
			broken = append(broken, name+" does not belong at the top level")
		}
	}
	slices.Sort(broken)
	return broken
}
