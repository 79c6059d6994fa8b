package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// variables: every setting that a document names exists, and every setting is in a document. The settings are the
// names that internal/config spells out; a secret can also come from a file, named by the same variable with _FILE.
// A document may also name what only tests read. Without internal/config or README.md there is nothing to compare.
func variables(t *Tree) []string {
	if !t.Paths["internal/config"] || !t.Paths["README.md"] {
		return nil
	}
	settings := t.variablesOf(func(f *GoFile) bool { return !f.Test && under(f.Package(), "internal/config") })
	known := t.variablesOf(func(f *GoFile) bool { return f.Test })
	maps.Copy(known, settings)
	documented := map[string]bool{}
	var broken []string
	for _, name := range t.documents() {
		for number, line := range lines(t.Text[name]) {
			for _, variable := range variableNames(line) {
				documented[secret(variable)] = true
				if !known[variable] && !known[secret(variable)] {
					broken = append(broken, fmt.Sprintf("%s:%d: there is no setting %s in internal/config", name, number, variable))
				}
			}
		}
	}
	for _, setting := range slices.Sorted(maps.Keys(settings)) {
		if !documented[secret(setting)] {
			broken = append(broken, "internal/config: no document names "+setting)
		}
	}
	return broken
}

// secret is the variable whose value the file named by a _FILE variable holds; any other variable is itself.
func secret(variable string) string {
	return strings.TrimSuffix(variable, "_FILE")
}

// variablesOf collects the variables in the string literals of some files, struct tags among them.
func (t *Tree) variablesOf(wanted func(*GoFile) bool) map[string]bool {
	names := map[string]bool{}
	for _, file := range t.Go {
		if !wanted(file) {
			continue
		}
		ast.Inspect(file.File, func(node ast.Node) bool {
			if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				for _, name := range variableNames(literal.Value) {
					names[name] = true
				}
			}
			return true
		})
	}
	return names
}

// variableNames finds the whole names of variables in a text; CLAIMCALL_TENCENT_ stands for several, and is none.
func variableNames(text string) []string {
	name := regexp.MustCompile(`\bCLAIMCALL_[A-Z0-9_]*[A-Z0-9]\b`)
	return name.FindAllString(text, -1)
}
