package archtest

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// machinePaths: what is written works on every machine, so it names no folder of one.
func machinePaths(t *Tree) []string {
	absolute := regexp.MustCompile("(?:^|[\\s\"'`(=:])(/(?:work|tmp|root|home)/[^\\s\"'`)]*)")
	var broken []string
	for _, name := range slices.Sorted(maps.Keys(t.Text)) {
		for number, line := range lines(t.Text[name]) {
			if match := absolute.FindStringSubmatch(line); match != nil {
				broken = append(broken, fmt.Sprintf("%s:%d: %s is a path of one machine", name, number, match[1]))
			}
		}
	}
	return broken
}

// lockFile: packages are fetched from where the user's npm is set to fetch from.
func lockFile(t *Tree) []string {
	var broken []string
	for _, name := range slices.Sorted(maps.Keys(t.Text)) {
		if path.Base(name) == "package-lock.json" && strings.Contains(t.Text[name], `"resolved": "http`) {
			broken = append(broken, name+` names a registry: set omit-lockfile-registry-resolved=true in .npmrc and write it again`)
		}
	}
	return broken
}

// brokenLinks: a relative link in a document leads to a file or folder of the repository.
func brokenLinks(t *Tree) []string {
	link := regexp.MustCompile(`\]\(<?([^)\s>]+)`)
	var broken []string
	for _, name := range t.documents() {
		for number, line := range prose(t.Text[name]) {
			for _, match := range link.FindAllStringSubmatch(line, -1) {
				target, _, _ := strings.Cut(match[1], "#")
				if target == "" || strings.Contains(target, ":") || t.Paths[path.Join(path.Dir(name), target)] {
					continue
				}
				broken = append(broken, fmt.Sprintf("%s:%d: the link to %s leads nowhere", name, number, target))
			}
		}
	}
	return broken
}

// lines yields the lines of a text with their numbers, from 1.
func lines(text string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		for i, line := range strings.Split(text, "\n") {
			if !yield(i+1, line) {
				return
			}
		}
	}
}

// prose yields the lines outside fenced code, without the code in them.
func prose(text string) func(yield func(int, string) bool) {
	code := regexp.MustCompile("`[^`]*`")
	return func(yield func(int, string) bool) {
		fenced := false
		for number, line := range lines(text) {
			if strings.HasPrefix(strings.TrimSpace(line), "```") {
				fenced = !fenced
				continue
			}
			if !fenced && !yield(number, code.ReplaceAllString(line, "")) {
				return
			}
		}
	}
}
