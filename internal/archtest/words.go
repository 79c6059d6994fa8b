package archtest

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// typeNames: these words say nothing about what a type is.
func typeNames(t *Tree) []string {
	empty := regexp.MustCompile(`(Impl|Utils?|Common|Base|Manager)([A-Z0-9]|$)|^(impl|utils?|common|base|manager)([A-Z0-9]|$)`)
	var broken []string
	for _, file := range t.Go {
		for _, spec := range typeSpecs(file) {
			if word := empty.FindString(spec.Name.Name); word != "" {
				broken = append(broken, t.at(spec, "type %s: name it after what it is, not %q", spec.Name.Name, word))
			}
		}
		if empty.MatchString(file.Name.Name) {
			broken = append(broken, t.at(file.Name, "package %s: name it after what it is", file.Name.Name))
		}
	}
	return broken
}

func typeSpecs(file *GoFile) []*ast.TypeSpec {
	var specs []*ast.TypeSpec
	ast.Inspect(file.File, func(node ast.Node) bool {
		if spec, ok := node.(*ast.TypeSpec); ok {
			specs = append(specs, spec)
		}
		return true
	})
	return specs
}

// packageComments: the first thing a reader of a package wants to know is what it is for.
func packageComments(t *Tree) []string {
	documented := map[string]bool{}
	for _, file := range t.code() {
		if file.Doc != nil && strings.TrimSpace(file.Doc.Text()) != "" {
			documented[file.Package()] = true
		}
	}
	var broken []string
	for _, file := range t.code() {
		if pkg := file.Package(); !documented[pkg] {
			documented[pkg] = true // once for each package
			broken = append(broken, pkg+": no file says in a package comment what the package is for")
		}
	}
	return broken
}

// exportedComments: functions, methods and types that others may use state their contract.
func exportedComments(t *Tree) []string {
	var broken []string
	for _, file := range t.code() {
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Doc == nil && decl.Name.IsExported() && onExported(decl) {
					broken = append(broken, t.at(decl, "%s is exported and has no comment", decl.Name.Name))
				}
			case *ast.GenDecl:
				broken = append(broken, t.bareTypes(decl)...)
			}
		}
	}
	return broken
}

// onExported reports whether a function is no method, or one of an exported type. Methods of others are seen only
// through an interface, which has their contract.
func onExported(fn *ast.FuncDecl) bool {
	if fn.Recv == nil {
		return true
	}
	receiver := fn.Recv.List[0].Type
	if star, ok := receiver.(*ast.StarExpr); ok {
		receiver = star.X
	}
	if generic, ok := receiver.(*ast.IndexExpr); ok {
		receiver = generic.X
	}
	name, ok := receiver.(*ast.Ident)
	return ok && name.IsExported() && !isContractOfOthers(fn.Name.Name)
}

// isContractOfOthers reports whether the method is one whose meaning the standard library fixes.
func isContractOfOthers(method string) bool {
	known := []string{
		"Error", "Unwrap", "Is", "As", "String", "Read", "Write", "Close", "ServeHTTP", "Len", "Less", "Swap",
		"MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText",
	}
	return slices.Contains(known, method)
}

func (t *Tree) bareTypes(decl *ast.GenDecl) []string {
	if decl.Tok != token.TYPE || decl.Doc != nil {
		return nil
	}
	var broken []string
	for _, spec := range decl.Specs {
		if spec := spec.(*ast.TypeSpec); spec.Doc == nil && spec.Comment == nil && spec.Name.IsExported() {
			broken = append(broken, t.at(spec, "type %s is exported and has no comment", spec.Name.Name))
		}
	}
	return broken
}
