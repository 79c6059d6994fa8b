package archtest

import (
	"go/ast"
	"slices"
	"strings"
)

// noSkips: a test may skip only where it first asks whether this is CI, or whether the tests should be short; there
// everything runs. A fuzz target may skip an input.
func noSkips(t *Tree) []string {
	var broken []string
	for _, file := range t.Go {
		for _, fn := range functions(file) {
			if !file.ForTests() || strings.HasPrefix(fn.Name.Name, "Fuzz") || asks(file, fn) || stepsRapid(file, fn) {
				continue
			}
			for _, call := range skips(fn) {
				broken = append(broken, t.at(call, `%s skips without asking os.Getenv("CI"): with CI=true nothing is skipped`, fn.Name.Name))
			}
		}
	}
	return broken
}

// asks reports whether the function looks at CI or at testing.Short.
func asks(file *GoFile, fn *ast.FuncDecl) bool {
	within := func(call *ast.CallExpr) bool { return fn.Pos() <= call.Pos() && call.End() <= fn.End() }
	asksCI := func(call *ast.CallExpr) bool {
		name, ok := call.Args[0].(*ast.BasicLit)
		return within(call) && ok && name.Value == `"CI"`
	}
	return slices.ContainsFunc(callsOf(file, "os", "Getenv", "LookupEnv"), asksCI) ||
		slices.ContainsFunc(callsOf(file, "testing", "Short"), within)
}

func skips(fn *ast.FuncDecl) []*ast.CallExpr {
	var calls []*ast.CallExpr
	ast.Inspect(fn, func(node ast.Node) bool {
		if literal, ok := node.(*ast.FuncLit); ok && takesRapid(literal) {
			return false
		}
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if ok && slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, selector.Sel.Name) {
			calls = append(calls, call)
		}
		return true
	})
	return calls
}

// stepsRapid reports whether the function is a method of a property test's world, which skips by the world's rapid.T.
func stepsRapid(file *GoFile, fn *ast.FuncDecl) bool {
	return fn.Recv != nil && file.Imports("pgregory.net/rapid")
}

// takesRapid reports whether the function is a step of a property test. Its Skip leaves out one step, not the test.
func takesRapid(literal *ast.FuncLit) bool {
	return slices.ContainsFunc(literal.Type.Params.List, func(param *ast.Field) bool {
		star, ok := param.Type.(*ast.StarExpr)
		if !ok {
			return false
		}
		selector, ok := star.X.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		pkg, ok := selector.X.(*ast.Ident)
		return ok && pkg.Name == "rapid"
	})
}

// noSleeps: a test that sleeps is slow, or wrong on a busy machine. Inside testing/synctest sleeping is exact and free.
func noSleeps(t *Tree) []string {
	var broken []string
	for _, file := range t.Go {
		if !file.ForTests() || file.Imports("testing/synctest") {
			continue
		}
		for _, call := range callsOf(file, "time", "Sleep") {
			broken = append(broken, t.at(call, "wait for what should happen, or use testing/synctest"))
		}
	}
	return broken
}
