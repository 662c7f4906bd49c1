package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Pos is a byte offset into a source.
type Pos int

// Error is an error at a place of a source.
type Error struct {
	Name, Src string
	Pos       Pos
	Msg       string
}

func (e *Error) Error() string {
	line := 1 + strings.Count(e.Src[:e.Pos], "\n")
	col := 1 + utf8.RuneCountInString(e.Src[strings.LastIndexByte(e.Src[:e.Pos], '\n')+1:e.Pos])
	return fmt.Sprintf("%s:%d:%d: %s", e.Name, line, col, e.Msg)
}

// Detail is the message with the line and a mark below the place.
func (e *Error) Detail() string {
	start := strings.LastIndexByte(e.Src[:e.Pos], '\n') + 1
	line, _, _ := strings.Cut(e.Src[start:], "\n")
	pad := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, e.Src[start:e.Pos])
	return fmt.Sprintf("%v\n\t%s\n\t%s^", e, line, pad)
}

type token struct {
	kind tokenKind
	text string
	pos  Pos
}

type tokenKind int

const (
	tEOF tokenKind = iota
	tName
	tNumber
	tString
	tOp
	tKeyword
)

func (k tokenKind) String() string {
	return [...]string{"end of file", "name", "number", "string", "operator", "keyword"}[k]
}

var keywords = map[string]bool{"let": true, "fn": true, "if": true, "else": true, "while": true, "return": true, "true": true, "false": true, "nil": true}

// lex splits a source into tokens; the last one is tEOF.
func lex(name, src string) (tokens []token, err error) {
	fail := func(at int, format string, args ...any) ([]token, error) {
		return nil, &Error{name, src, Pos(at), fmt.Sprintf(format, args...)}
	}
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRuneInString(src[i:])
		start := i
		switch {
		case unicode.IsSpace(r):
			i += size
			continue
		case r == '#':
			if n := strings.IndexByte(src[i:], '\n'); n >= 0 {
				i += n
			} else {
				i = len(src)
			}
			continue
		case unicode.IsLetter(r) || r == '_':
			for i < len(src) && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_') {
				i += size
				r, size = utf8.DecodeRuneInString(src[i:])
			}
			kind := tName
			if keywords[src[start:i]] {
				kind = tKeyword
			}
			tokens = append(tokens, token{kind, src[start:i], Pos(start)})
			continue
		case '0' <= r && r <= '9':
			for i < len(src) && strings.IndexByte("0123456789.eE", src[i]) >= 0 {
				i++
			}
			tokens = append(tokens, token{tNumber, src[start:i], Pos(start)})
			continue
		case r == '"':
			q, err := strconv.QuotedPrefix(src[i:])
			if err != nil {
				return fail(i, "string is not terminated")
			}
			i += len(q)
			s, _ := strconv.Unquote(q)
			tokens = append(tokens, token{tString, s, Pos(start)})
			continue
		}
		for _, op := range [...]string{"==", "!=", "<=", ">=", "&&", "||", "+", "-", "*", "/", "%", "<", ">", "=", "!", "(", ")", "{", "}", "[", "]", ",", ";"} {
			if strings.HasPrefix(src[i:], op) {
				tokens = append(tokens, token{tOp, op, Pos(start)})
				i += len(op)
				break
			}
		}
		if i == start {
			return fail(i, "unexpected character %q", r)
		}
	}
	return append(tokens, token{tEOF, "", Pos(len(src))}), nil
}

// Node is a statement or an expression; String gives it back in full
// parentheses.
type Node interface {
	fmt.Stringer
	At() Pos
}

type (
	at     struct{ pos Pos }
	number struct {
		at
		value float64
	}
	text struct {
		at
		value string
	}
	constant struct {
		at
		value any
	}
	name struct {
		at
		id string
	}
	unary struct {
		at
		op string
		x  Node
	}
	binary struct {
		at
		op   string
		x, y Node
	}
	call struct {
		at
		fn   Node
		args []Node
	}
	index struct {
		at
		x, i Node
	}
	list struct {
		at
		items []Node
	}
	function struct {
		at
		id     string
		params []string
		body   *block
	}
	let struct {
		at
		id string
		x  Node
	}
	assign struct {
		at
		to, x Node
	}
	ifStmt struct {
		at
		cond      Node
		then, alt *block
	}
	while struct {
		at
		cond Node
		body *block
	}
	ret struct {
		at
		x Node
	}
	block struct {
		at
		list []Node
	}
	exprStmt struct {
		at
		x Node
	}
)

func (a at) At() Pos { return a.pos }

func join(list []Node) string {
	var b strings.Builder
	for i, n := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(n.String())
	}
	return b.String()
}

func (n *number) String() string   { return strconv.FormatFloat(n.value, 'g', -1, 64) }
func (n *text) String() string     { return strconv.Quote(n.value) }
func (n *constant) String() string { return format(n.value) }
func (n *name) String() string     { return n.id }
func (n *unary) String() string    { return "(" + n.op + n.x.String() + ")" }
func (n *binary) String() string   { return fmt.Sprintf("(%v %s %v)", n.x, n.op, n.y) }
func (n *call) String() string     { return fmt.Sprintf("%v(%s)", n.fn, join(n.args)) }
func (n *index) String() string    { return fmt.Sprintf("%v[%v]", n.x, n.i) }
func (n *list) String() string     { return "[" + join(n.items) + "]" }
func (n *let) String() string      { return fmt.Sprintf("let %s = %v;", n.id, n.x) }
func (n *assign) String() string   { return fmt.Sprintf("%v = %v;", n.to, n.x) }
func (n *while) String() string    { return fmt.Sprintf("while %v %v", n.cond, n.body) }
func (n *exprStmt) String() string { return n.x.String() + ";" }

func (n *function) String() string {
	return fmt.Sprintf("fn %s(%s) %v", n.id, strings.Join(n.params, ", "), n.body)
}

func (n *ifStmt) String() string {
	if n.alt == nil {
		return fmt.Sprintf("if %v %v", n.cond, n.then)
	}
	return fmt.Sprintf("if %v %v else %v", n.cond, n.then, n.alt)
}

func (n *ret) String() string {
	if n.x == nil {
		return "return;"
	}
	return fmt.Sprintf("return %v;", n.x)
}

func (n *block) String() string {
	parts := make([]string, len(n.list))
	for i, s := range n.list {
		parts[i] = s.String()
	}
	return "{ " + strings.Join(parts, " ") + " }"
}

// parser is a recursive descent parser; expressions by precedence.
type parser struct {
	name, src string
	tokens    []token
	depth     int
}

const maxDepth = 1000

// Parse gives the statements of a program.
func Parse(name, src string) (prog []Node, err error) {
	tokens, err := lex(name, src)
	if err != nil {
		return nil, err
	}
	p := &parser{name: name, src: src, tokens: tokens}
	defer func() {
		switch v := recover().(type) {
		case nil:
		case *Error:
			prog, err = nil, v
		default:
			panic(v)
		}
	}()
	for p.peek().kind != tEOF {
		prog = append(prog, p.statement())
	}
	return prog, nil
}

func (p *parser) peek() token { return p.tokens[0] }

func (p *parser) next() token {
	t := p.tokens[0]
	if t.kind != tEOF {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *parser) fail(pos Pos, format string, args ...any) {
	panic(&Error{p.name, p.src, pos, fmt.Sprintf(format, args...)})
}

func (p *parser) got(text string) bool {
	if t := p.peek(); (t.kind == tOp || t.kind == tKeyword) && t.text == text {
		p.next()
		return true
	}
	return false
}

func (p *parser) want(text string) token {
	t := p.peek()
	if !p.got(text) {
		what := strconv.Quote(t.text)
		if t.kind == tEOF {
			what = t.kind.String()
		}
		p.fail(t.pos, "expected %q, found %s", text, what)
	}
	return t
}

func (p *parser) ident() string {
	t := p.next()
	if t.kind != tName {
		p.fail(t.pos, "expected a name, found %v %q", t.kind, t.text)
	}
	return t.text
}

func (p *parser) statement() Node {
	t := p.peek()
	a := at{t.pos}
	switch {
	case p.got("let"):
		id := p.ident()
		p.want("=")
		x := p.expr(0)
		p.want(";")
		return &let{a, id, x}
	case p.got("while"):
		cond := p.expr(0)
		return &while{a, cond, p.block()}
	case p.got("if"):
		return p.ifRest(a)
	case p.got("return"):
		if p.got(";") {
			return &ret{a, nil}
		}
		x := p.expr(0)
		p.want(";")
		return &ret{a, x}
	}
	x := p.expr(0)
	if f, ok := x.(*function); ok && f.id != "" {
		return &let{a, f.id, f}
	}
	if p.got("=") {
		switch x.(type) {
		case *name, *index:
		default:
			p.fail(x.At(), "cannot assign to %v", x)
		}
		v := p.expr(0)
		p.want(";")
		return &assign{a, x, v}
	}
	p.want(";")
	return &exprStmt{a, x}
}

func (p *parser) ifRest(a at) Node {
	n := &ifStmt{at: a, cond: p.expr(0)}
	n.then = p.block()
	if p.got("else") {
		if t := p.peek(); p.got("if") {
			n.alt = &block{at{t.pos}, []Node{p.ifRest(at{t.pos})}}
		} else {
			n.alt = p.block()
		}
	}
	return n
}

func (p *parser) block() *block {
	b := &block{at: at{p.want("{").pos}}
	for !p.got("}") {
		if p.peek().kind == tEOF {
			p.fail(b.pos, "block is not closed")
		}
		b.list = append(b.list, p.statement())
	}
	return b
}

var precedence = map[string]int{"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6}

// expr parses operators that bind tighter than min.
func (p *parser) expr(min int) Node {
	if p.depth++; p.depth > maxDepth {
		p.fail(p.peek().pos, "nested too deeply")
	}
	defer func() { p.depth-- }()
	x := p.postfix(p.operand())
	for {
		t := p.peek()
		prec := precedence[t.text]
		if t.kind != tOp || prec <= min {
			return x
		}
		p.next()
		x = &binary{at{t.pos}, t.text, x, p.expr(prec)}
	}
}

func (p *parser) operand() Node {
	t := p.next()
	a := at{t.pos}
	switch t.kind {
	case tNumber:
		v, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			p.fail(t.pos, "bad number %s", t.text)
		}
		return &number{a, v}
	case tString:
		return &text{a, t.text}
	case tName:
		return &name{a, t.text}
	}
	switch t.text {
	case "true", "false":
		return &constant{a, t.text == "true"}
	case "nil":
		return &constant{a, nil}
	case "-", "!":
		return &unary{a, t.text, p.expr(6)}
	case "(":
		x := p.expr(0)
		p.want(")")
		return x
	case "[":
		return &list{a, p.list("]")}
	case "fn":
		f := &function{at: a}
		if p.peek().kind == tName {
			f.id = p.ident()
		}
		p.want("(")
		for !p.got(")") {
			if len(f.params) > 0 {
				p.want(",")
			}
			f.params = append(f.params, p.ident())
		}
		f.body = p.block()
		return f
	}
	p.fail(t.pos, "expected an expression, found %v %q", t.kind, t.text)
	return nil
}

func (p *parser) postfix(x Node) Node {
	for {
		t := p.peek()
		switch {
		case p.got("("):
			x = &call{at{t.pos}, x, p.list(")")}
		case p.got("["):
			i := p.expr(0)
			p.want("]")
			x = &index{at{t.pos}, x, i}
		default:
			return x
		}
	}
}

func (p *parser) list(end string) (items []Node) {
	for !p.got(end) {
		if len(items) > 0 {
			p.want(",")
		}
		items = append(items, p.expr(0))
	}
	return items
}
