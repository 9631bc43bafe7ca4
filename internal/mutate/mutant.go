package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
)

// A mutant is one change of a file: a piece of it is replaced.
type mutant struct {
	file       *file
	what       string
	start, end int // bytes of the piece
	with       string
	line       int
	startCol   int
}

func (m mutant) String() string {
	return fmt.Sprintf("%s:%d: %s", filepath.Base(m.file.name), m.line, m.what)
}

// text returns the whole file with the change.
func (m mutant) text() string {
	return m.file.text[:m.start] + m.with + m.file.text[m.end:]
}

// diff returns the lines that change, before and after.
func (m mutant) diff() string {
	text := m.file.text
	from := strings.LastIndexByte(text[:m.start], '\n') + 1
	to := len(text)
	if i := strings.IndexByte(text[m.end:], '\n'); i >= 0 {
		to = m.end + i
	}
	var b strings.Builder
	for line := range strings.Lines(text[from:to]) {
		fmt.Fprintf(&b, "\t- %s\n", strings.TrimSuffix(line, "\n"))
	}
	for line := range strings.Lines(text[from:m.start] + m.with + text[m.end:to]) {
		if strings.TrimSpace(line) != "" {
			fmt.Fprintf(&b, "\t+ %s\n", strings.TrimSuffix(line, "\n"))
		}
	}
	return b.String()
}

// A finder collects the changes of one file.
type finder struct {
	src   *source
	file  *file
	found []mutant
	kept  map[*ast.BasicLit]bool // not to be changed
}

// mutants returns the changes of a file in the order of their places. They need
// not compile.
func (src *source) mutants(f *file) []mutant {
	find := &finder{src: src, file: f, kept: map[*ast.BasicLit]bool{}}
	for _, decl := range f.tree.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Body != nil {
				find.function(decl.Body)
			}
		case *ast.GenDecl:
			if decl.Tok == token.CONST || decl.Tok == token.VAR {
				ast.Inspect(decl, find.node)
			}
		}
	}
	slices.SortStableFunc(find.found, func(a, b mutant) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end), strings.Compare(a.with, b.with))
	})
	return slices.CompactFunc(find.found, func(a, b mutant) bool {
		return a.start == b.start && a.end == b.end && a.with == b.with
	})
}

func (find *finder) add(what string, from, to token.Pos, with string) {
	at := find.src.fset.Position(from)
	find.found = append(find.found, mutant{
		file: find.file, what: what, with: with,
		start: at.Offset, end: find.src.fset.Position(to).Offset,
		line: at.Line, startCol: at.Column,
	})
}

func (find *finder) source(n ast.Node) string {
	return find.file.text[find.src.fset.Position(n.Pos()).Offset:find.src.fset.Position(n.End()).Offset]
}

// function finds the changes of a function's body. Those inside it are not
// returned from as it is.
func (find *finder) function(body *ast.BlockStmt) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			find.function(n.Body)
			return false
		case *ast.ReturnStmt:
			find.returned(n)
		}
		return find.node(n)
	})
}

// node finds the changes of one node, and reports whether those inside it may
// be changed.
func (find *finder) node(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncLit:
		find.function(n.Body)
		return false
	case *ast.Field:
		return false // types and tags
	case ast.Expr:
		find.expression(n)
	case ast.Stmt:
		find.statement(n)
	}
	return true
}

func (find *finder) statement(n ast.Stmt) {
	switch n := n.(type) {
	case *ast.IfStmt:
		find.condition(n.Cond)
	case *ast.ForStmt:
		if n.Cond != nil {
			find.condition(n.Cond)
		}
	case *ast.IncDecStmt:
		with := "--"
		if n.Tok == token.DEC {
			with = "++"
		}
		find.add("swap ++ and --", n.TokPos, n.TokPos+2, with)
	case *ast.AssignStmt:
		find.assignment(n)
	case *ast.BlockStmt:
		find.statements(n.List)
	case *ast.CaseClause:
		find.statements(n.Body)
	case *ast.CommClause:
		find.statements(n.Body)
	}
}

func (find *finder) expression(n ast.Expr) {
	switch n := n.(type) {
	case *ast.CallExpr:
		find.words(n)
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			find.add("drop !", n.Pos(), n.X.Pos(), "")
		}
	case *ast.BinaryExpr:
		find.binary(n)
	case *ast.BasicLit:
		if !find.kept[n] {
			find.literal(n)
		}
	case *ast.Ident:
		find.boolean(n)
	case *ast.SliceExpr:
		for _, bound := range []ast.Expr{n.Low, n.High} {
			if bound != nil {
				find.offByOne(bound)
			}
		}
	case *ast.IndexExpr:
		if kind := find.basic(n.Index); kind&types.IsInteger != 0 && find.src.info.Types[n.Index].Value == nil {
			find.offByOne(n.Index)
		}
	}
}

// condition negates one.
func (find *finder) condition(cond ast.Expr) {
	find.add("negate the condition", cond.Pos(), cond.End(), "!("+find.source(cond)+")")
}

var swaps = map[token.Token][]token.Token{
	token.LSS:  {token.LEQ, token.GEQ},
	token.LEQ:  {token.LSS, token.GTR},
	token.GTR:  {token.GEQ, token.LEQ},
	token.GEQ:  {token.GTR, token.LSS},
	token.EQL:  {token.NEQ},
	token.NEQ:  {token.EQL},
	token.LAND: {token.LOR},
	token.LOR:  {token.LAND},
	token.ADD:  {token.SUB},
	token.SUB:  {token.ADD},
	token.MUL:  {token.QUO},
	token.QUO:  {token.MUL},
	token.REM:  {token.MUL},
	token.AND:  {token.OR},
	token.OR:   {token.AND},
	token.SHL:  {token.SHR},
	token.SHR:  {token.SHL},
}

func (find *finder) binary(n *ast.BinaryExpr) {
	for _, op := range swaps[n.Op] {
		find.add(fmt.Sprintf("replace %s by %s", n.Op, op), n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), op.String())
	}
	if n.Op == token.LAND || n.Op == token.LOR {
		find.add("drop the left side of "+n.Op.String(), n.X.Pos(), n.Y.Pos(), "")
		find.add("drop the right side of "+n.Op.String(), n.X.End(), n.Y.End(), "")
	}
}

func (find *finder) literal(n *ast.BasicLit) {
	switch n.Kind {
	case token.INT:
		find.add("add one", n.Pos(), n.End(), n.Value+"+1")
		if n.Value != "0" {
			find.add("replace by zero", n.Pos(), n.End(), "0")
		}
	case token.FLOAT:
		find.add("double", n.Pos(), n.End(), n.Value+"*2")
	case token.CHAR:
		find.add("take the next character", n.Pos(), n.End(), "("+n.Value+"+1)")
	case token.STRING:
		if n.Value == `""` || n.Value == "``" {
			find.add("replace an empty string", n.Pos(), n.End(), `"mutated"`)
		} else {
			find.add("replace by an empty string", n.Pos(), n.End(), `""`)
		}
	}
}

// boolean swaps true and false.
func (find *finder) boolean(n *ast.Ident) {
	value := find.src.info.Types[n].Value
	if value == nil || value.Kind() != constant.Bool || n.Name != value.String() {
		return
	}
	with := "true"
	if constant.BoolVal(value) {
		with = "false"
	}
	find.add("replace by "+with, n.Pos(), n.End(), with)
}

func (find *finder) offByOne(n ast.Expr) {
	text := find.source(n)
	find.add("off by one", n.Pos(), n.End(), text+"+1")
	find.add("off by one", n.Pos(), n.End(), text+"-1")
}

func (find *finder) assignment(n *ast.AssignStmt) {
	with := map[token.Token]string{
		token.ADD_ASSIGN: "-=",
		token.SUB_ASSIGN: "+=",
		token.MUL_ASSIGN: "/=",
		token.QUO_ASSIGN: "*=",
		token.OR_ASSIGN:  "&=",
		token.AND_ASSIGN: "|=",
	}[n.Tok]
	if with != "" {
		find.add(fmt.Sprintf("replace %s by %s", n.Tok, with), n.TokPos, n.TokPos+2, with)
	}
}

// statements drops each of a list, but for declarations.
func (find *finder) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.DeclStmt, *ast.EmptyStmt, *ast.LabeledStmt:
			continue
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				continue
			}
		}
		find.add("drop "+kind(s), s.Pos(), s.End(), "")
	}
}

func kind(s ast.Stmt) string {
	switch s := s.(type) {
	case *ast.AssignStmt:
		return "an assignment"
	case *ast.ExprStmt:
		return "a call"
	case *ast.DeferStmt:
		return "a defer"
	case *ast.ReturnStmt:
		return "a return"
	case *ast.BranchStmt:
		return "a " + s.Tok.String()
	case *ast.IfStmt:
		return "an if"
	case *ast.ForStmt, *ast.RangeStmt:
		return "a loop"
	}
	return "a statement"
}

// returned replaces each result by the zero value of its type.
func (find *finder) returned(n *ast.ReturnStmt) {
	for _, result := range n.Results {
		zero := ""
		switch t := find.src.info.TypeOf(result).(type) {
		case *types.Tuple, nil:
			continue
		default:
			switch u := t.Underlying().(type) {
			case *types.Basic:
				switch {
				case u.Info()&types.IsString != 0:
					zero = `""`
				case u.Info()&types.IsBoolean != 0:
					zero = "false"
				case u.Info()&types.IsNumeric != 0:
					zero = "0"
				}
			case *types.Pointer, *types.Interface, *types.Slice, *types.Map, *types.Chan, *types.Signature:
				zero = "nil"
			case *types.Struct:
				zero = types.TypeString(t, find.qualifier) + "{}"
			}
		}
		if zero != "" && zero != find.source(result) {
			find.add("return "+zero, result.Pos(), result.End(), zero)
		}
	}
}

func (find *finder) qualifier(p *types.Package) string {
	if p == find.src.pkg {
		return ""
	}
	return p.Name()
}

// words keeps the text of errors and of log lines from being changed.
func (find *finder) words(call *ast.CallExpr) {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	switch selector.Sel.Name {
	case "Errorf", "New", "Debug", "Info", "Warn", "Error", "Log", "LogAttrs", "Fprintf", "Fprintln", "Printf", "Println":
		for _, arg := range call.Args {
			if literal, ok := arg.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				find.kept[literal] = true
			}
		}
	}
}

// basic returns what kind of basic type an expression has.
func (find *finder) basic(n ast.Expr) types.BasicInfo {
	if t := find.src.info.TypeOf(n); t != nil {
		if basic, ok := t.Underlying().(*types.Basic); ok {
			return basic.Info()
		}
	}
	return 0
}
