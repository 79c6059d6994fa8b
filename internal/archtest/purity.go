package archtest

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// pureCore: internal/call is a function of its arguments. Times and identifiers are handed in.
func pureCore(t *Tree) []string {
	forbidden := []string{"context", "log", "log/slog", "math/rand", "math/rand/v2", "crypto/rand", "os", "net", "net/http", "sync", "io"}
	var broken []string
	for _, file := range t.code() {
		if !under(file.Package(), "internal/call") {
			continue
		}
		for _, spec := range file.File.Imports {
			if slices.Contains(forbidden, strings.Trim(spec.Path.Value, `"`)) {
				broken = append(broken, t.at(spec, "the core must not import %s", spec.Path.Value))
			}
		}
		for _, call := range callsOf(file, "time", "Now", "Since", "Until", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Sleep") {
			broken = append(broken, t.at(call, "the core must not look at the clock: take the time as an argument"))
		}
	}
	return broken
}

// noInit: what happens at start is read in main, from the top.
func noInit(t *Tree) []string {
	var broken []string
	for _, file := range t.Go {
		for _, decl := range file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				broken = append(broken, t.at(fn, "func init runs unseen: call it from where it is needed"))
			}
		}
	}
	return broken
}

// environmentReaders: settings are read once, in one place.
func environmentReaders(t *Tree) []string {
	var broken []string
	for _, file := range t.Go {
		if file.ForTests() || under(file.Package(), "internal/config") || under(file.Package(), "cmd") {
			continue
		}
		for _, call := range callsOf(file, "os", "Getenv", "LookupEnv", "Environ", "ExpandEnv") {
			broken = append(broken, t.at(call, "only internal/config and cmd read the environment: take the setting as an argument"))
		}
	}
	return broken
}

// constantVariables: a package variable is set where it is declared and never again.
func constantVariables(t *Tree) []string {
	variables := map[string]map[string]bool{} // by package, by name
	for _, file := range t.code() {
		for _, name := range packageVariables(file) {
			if variables[file.Package()] == nil {
				variables[file.Package()] = map[string]bool{}
			}
			variables[file.Package()][name.Name] = true
		}
	}
	var broken []string
	for _, file := range t.code() {
		for _, name := range assigned(file) {
			if variables[file.Package()][name.Name] {
				broken = append(broken, t.at(name, "package variable %s is changed here: put it in a struct", name.Name))
			}
		}
	}
	return broken
}

func packageVariables(file *GoFile) []*ast.Ident {
	var names []*ast.Ident
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.VAR {
			continue
		}
		for _, spec := range group.Specs {
			names = append(names, spec.(*ast.ValueSpec).Names...)
		}
	}
	return names
}

// assigned lists the names that a file assigns to and that are not local to a function.
func assigned(file *GoFile) []*ast.Ident {
	var names []*ast.Ident
	keep := func(target ast.Expr) {
		if name := root(target); name != nil && name.Name != "_" && !isLocal(name, file) {
			names = append(names, name)
		}
	}
	ast.Inspect(file.File, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.AssignStmt:
			for _, target := range node.Lhs {
				keep(target)
			}
		case *ast.IncDecStmt:
			keep(node.X)
		}
		return true
	})
	return names
}

// root is the variable that an assignment to a field, an element or a pointer's target goes through.
func root(target ast.Expr) *ast.Ident {
	for {
		switch expr := target.(type) {
		case *ast.Ident:
			return expr
		case *ast.SelectorExpr:
			target = expr.X
		case *ast.IndexExpr:
			target = expr.X
		case *ast.StarExpr:
			target = expr.X
		case *ast.ParenExpr:
			target = expr.X
		default:
			return nil
		}
	}
}

// isLocal reports whether the parser has found the declaration of the name, and it is not one of the package's.
func isLocal(name *ast.Ident, file *GoFile) bool {
	object := name.Obj // the parser's own scopes are enough here, and need no type checker
	return object != nil && !slices.ContainsFunc(packageVariables(file), func(variable *ast.Ident) bool {
		return variable.Pos() == object.Pos()
	})
}

// callsOf finds the calls of the named functions of an imported package, under whatever name it is imported.
func callsOf(file *GoFile, importPath string, functions ...string) []*ast.CallExpr {
	local := importName(file, importPath)
	var calls []*ast.CallExpr
	ast.Inspect(file.File, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		pkg, ok := selector.X.(*ast.Ident)
		if ok && pkg.Name == local && slices.Contains(functions, selector.Sel.Name) {
			calls = append(calls, call)
		}
		return true
	})
	return calls
}

// importName is the name by which a file calls a package, or "" if it does not import it.
func importName(file *GoFile, importPath string) string {
	for _, spec := range file.File.Imports {
		if strings.Trim(spec.Path.Value, `"`) != importPath {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return importPath[strings.LastIndex(importPath, "/")+1:]
	}
	return ""
}
