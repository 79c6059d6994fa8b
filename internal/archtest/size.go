package archtest

import (
	"fmt"
	"go/ast"
	"slices"
)

const (
	longestFunction = 60  // lines of the body, without tables and flat switches
	longestMedian   = 12  // lines of the median function that is not a test
	longestFile     = 500 // lines
)

// shortFunctions: a function fits on a screen. Lines of a table, and of a switch whose cases are short, do not count:
// they are read like a list.
func shortFunctions(t *Tree) []string {
	var broken []string
	for _, file := range t.Go {
		for _, fn := range functions(file) {
			if lines := t.bodyLines(fn.Body) - t.listLines(fn.Body); lines > longestFunction {
				broken = append(broken, t.at(fn, "%s has %d lines, more than %d", fn.Name.Name, lines, longestFunction))
			}
		}
	}
	return broken
}

// shortMedian: half of all functions are read at a glance.
func shortMedian(t *Tree) []string {
	var lengths []int
	for _, file := range t.code() {
		for _, fn := range functions(file) {
			lengths = append(lengths, t.bodyLines(fn.Body))
		}
	}
	if len(lengths) == 0 {
		return nil
	}
	slices.Sort(lengths)
	if median := lengths[len(lengths)/2]; median > longestMedian {
		return []string{fmt.Sprintf("the median function has %d lines, more than %d", median, longestMedian)}
	}
	return nil
}

// shortFiles: one concept per file.
func shortFiles(t *Tree) []string {
	var broken []string
	for _, file := range t.Go {
		if file.Lines > longestFile {
			broken = append(broken, fmt.Sprintf("%s has %d lines, more than %d", file.Path, file.Lines, longestFile))
		}
	}
	return broken
}

func functions(file *GoFile) []*ast.FuncDecl {
	var found []*ast.FuncDecl
	for _, decl := range file.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil {
			found = append(found, fn)
		}
	}
	return found
}

// bodyLines counts the lines between the braces.
func (t *Tree) bodyLines(body *ast.BlockStmt) int {
	return max(t.lines(body)-2, 0)
}

func (t *Tree) lines(node ast.Node) int {
	return t.Fset.Position(node.End()).Line - t.Fset.Position(node.Pos()).Line + 1
}

// listLines counts the lines of a body inside its outermost tables and flat switches.
func (t *Tree) listLines(body *ast.BlockStmt) int {
	total := 0
	ast.Inspect(body, func(node ast.Node) bool {
		if !t.isList(node) {
			return true
		}
		total += max(t.lines(node)-2, 0)
		return false
	})
	return total
}

// isList reports whether the node is a composite literal, or a switch with short cases.
func (t *Tree) isList(node ast.Node) bool {
	switch node := node.(type) {
	case *ast.CompositeLit:
		return true
	case *ast.SwitchStmt:
		return t.isFlat(node.Body)
	case *ast.TypeSwitchStmt:
		return t.isFlat(node.Body)
	}
	return false
}

func (t *Tree) isFlat(cases *ast.BlockStmt) bool {
	const longestCase = 4 // the case itself and three lines
	return !slices.ContainsFunc(cases.List, func(clause ast.Stmt) bool { return t.lines(clause) > longestCase })
}
