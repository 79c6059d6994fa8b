package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Module is the module path of the repository.
const Module = "github.com/claimcall/claimcall"

// GoFile is one parsed Go file.
type GoFile struct {
	Path  string // slash-separated, from the root of the repository
	Test  bool   // its name ends in _test.go
	Lines int
	*ast.File
}

// Package is the folder of the file: its import path without the module path.
func (f *GoFile) Package() string { return path.Dir(f.Path) }

// ForTests reports whether only tests use the file: it is one, or in a package that helps tests.
func (f *GoFile) ForTests() bool {
	return f.Test || f.Package() == "internal/mediatest" || f.Package() == "internal/store/storetest"
}

// Imports reports whether the file imports the package.
func (f *GoFile) Imports(importPath string) bool {
	return slices.Contains(f.importPaths(), importPath)
}

func (f *GoFile) importPaths() []string {
	var paths []string
	for _, spec := range f.File.Imports {
		paths = append(paths, strings.Trim(spec.Path.Value, `"`))
	}
	return paths
}

// Tree is a source tree, without what git ignores.
type Tree struct {
	Fset  *token.FileSet
	Go    []*GoFile
	Text  map[string]string // the content of every other file that a rule reads, by path
	Paths map[string]bool   // every file and folder
}

// Load reads the tree at the root of fsys.
func Load(fsys fs.FS) (*Tree, error) {
	tree := &Tree{Fset: token.NewFileSet(), Text: map[string]string{}, Paths: map[string]bool{}}
	ignored, err := readIgnore(fsys)
	if err != nil {
		return nil, fmt.Errorf("archtest: read .gitignore: %w", err)
	}
	err = fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".":
			return nil
		case (name == ".git" || ignored.match(name)) && entry.IsDir():
			return fs.SkipDir
		case name == ".git" || ignored.match(name):
			return nil
		}
		tree.Paths[name] = true
		if !entry.Type().IsRegular() {
			return nil
		}
		return tree.add(fsys, name)
	})
	if err != nil {
		return nil, fmt.Errorf("archtest: load: %w", err)
	}
	return tree, nil
}

// add reads one file, if a rule wants to see what is in it.
func (t *Tree) add(fsys fs.FS, name string) error {
	isGo := path.Ext(name) == ".go" && !strings.Contains(name, "testdata/")
	if !isGo && !isText(name) {
		return nil
	}
	content, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	if !isGo {
		t.Text[name] = string(content)
		return nil
	}
	file, err := parser.ParseFile(t.Fset, name, content, parser.ParseComments)
	if err != nil {
		return err
	}
	t.Go = append(t.Go, &GoFile{
		Path:  name,
		Test:  strings.HasSuffix(name, "_test.go"),
		Lines: strings.Count(string(content), "\n"),
		File:  file,
	})
	return nil
}

func isText(name string) bool {
	switch path.Base(name) {
	case "Makefile", "Dockerfile", "package-lock.json":
		return true
	}
	return path.Ext(name) == ".md" || strings.HasPrefix(name, ".ci/")
}

// code is the Go files that are not tests.
func (t *Tree) code() []*GoFile {
	return slices.DeleteFunc(slices.Clone(t.Go), func(f *GoFile) bool { return f.Test })
}

// documents is the paths of the Markdown files, in order.
func (t *Tree) documents() []string {
	var paths []string
	for name := range t.Text {
		if path.Ext(name) == ".md" {
			paths = append(paths, name)
		}
	}
	slices.Sort(paths)
	return paths
}

// at formats a message about a place in a Go file.
func (t *Tree) at(node ast.Node, format string, args ...any) string {
	pos := t.Fset.Position(node.Pos())
	return fmt.Sprintf("%s:%d: ", pos.Filename, pos.Line) + fmt.Sprintf(format, args...)
}
