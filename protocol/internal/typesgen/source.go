package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// source is what reflection cannot tell: comments, and the constants of a type.
type source struct {
	docs   map[string]string  // "Call" or "Call.ID" -> comment
	values map[string][]value // "Role" -> its constants, in order
}

// value is one constant of an enumeration.
type value struct {
	literal string // as written in Go, which is how TypeScript writes it too
	doc     string
}

// readSource parses the files of package protocol in dir, tests left out.
func readSource(dir string) (source, error) {
	s := source{docs: map[string]string{}, values: map[string][]value{}}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return source{}, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		if err := s.readFile(name); err != nil {
			return source{}, err
		}
	}
	if len(s.docs) == 0 {
		return source{}, fmt.Errorf("%s: %w: no Go source of package protocol", dir, os.ErrNotExist)
	}
	return s, nil
}

func (s source) readFile(name string) error {
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
	if err != nil {
		return err
	}
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range group.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				s.addType(spec, group)
			case *ast.ValueSpec:
				s.addConst(spec, group.Tok)
			}
		}
	}
	return nil
}

func (s source) addType(spec *ast.TypeSpec, group *ast.GenDecl) {
	s.docs[spec.Name.Name] = comment(spec.Doc, group.Doc)
	body, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, field := range body.Fields.List {
		for _, name := range field.Names {
			s.docs[spec.Name.Name+"."+name.Name] = comment(field.Doc, field.Comment)
		}
	}
}

// addConst keeps constants that name their type, which all of the wire's do.
func (s source) addConst(spec *ast.ValueSpec, tok token.Token) {
	kind, ok := spec.Type.(*ast.Ident)
	if !ok || tok != token.CONST || len(spec.Values) != 1 {
		return
	}
	if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
		v := value{literal: literal.Value, doc: comment(spec.Doc, spec.Comment)}
		s.values[kind.Name] = append(s.values[kind.Name], v)
	}
}

// comment returns the text of the first group there is.
func comment(groups ...*ast.CommentGroup) string {
	for _, g := range groups {
		if text := strings.TrimSpace(g.Text()); text != "" {
			return text
		}
	}
	return ""
}
