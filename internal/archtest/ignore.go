package archtest

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// ignore is the patterns of the top .gitignore: names, names with a leading slash for the top level only, and a
// trailing slash for folders, which is all that this repository uses.
type ignore []string

func readIgnore(fsys fs.FS) (ignore, error) {
	content, err := fs.ReadFile(fsys, ".gitignore")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var patterns ignore
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSuffix(strings.TrimSpace(line), "/")
		if line != "" && !strings.HasPrefix(line, "#") {
			patterns = append(patterns, line)
		}
	}
	return patterns, nil
}

func (i ignore) match(name string) bool {
	for _, pattern := range i {
		anchored, top := strings.CutPrefix(pattern, "/")
		if top && name == anchored {
			return true
		}
		if ok, err := path.Match(pattern, path.Base(name)); !top && err == nil && ok {
			return true
		}
	}
	return false
}
