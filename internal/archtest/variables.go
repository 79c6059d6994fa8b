package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// variables: every setting that a document names exists, and every setting is in a document. The settings are the
// names that internal/config spells out; a secret can also come from a file, named by the same variable with _FILE.
// Without internal/config there is nothing to compare.
func variables(t *Tree) []string {
	settings := t.settings()
	if !t.Paths["internal/config"] {
		return nil
	}
	documented := map[string]bool{}
	var broken []string
	for _, name := range t.documents() {
		for number, line := range lines(t.Text[name]) {
			for _, variable := range variableNames(line) {
				base := strings.TrimSuffix(variable, "_FILE")
				documented[variable], documented[base] = true, true
				if !settings[variable] && !settings[base] {
					broken = append(broken, fmt.Sprintf("%s:%d: there is no setting %s in internal/config", name, number, variable))
				}
			}
		}
	}
	for setting := range settings {
		if !documented[setting] {
			broken = append(broken, "internal/config: no document names "+setting)
		}
	}
	slices.Sort(broken)
	return broken
}

// settings is the variables in the string literals of internal/config, struct tags among them.
func (t *Tree) settings() map[string]bool {
	names := map[string]bool{}
	for _, file := range t.code() {
		if !under(file.Package(), "internal/config") {
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
