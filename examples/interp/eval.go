package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Values are float64, string, bool, nil, *List, *Func and Builtin.

type List struct{ items []any }

type Func struct {
	*function
	env *env
}

type Builtin struct {
	name string
	args int // -1 for any number
	call func(in *Interp, args []any) (any, error)
}

// env is a scope.
type env struct {
	vars map[string]any
	up   *env
}

func (e *env) find(id string) *env {
	for ; e != nil; e = e.up {
		if _, ok := e.vars[id]; ok {
			return e
		}
	}
	return nil
}

// Interp runs programs; globals live as long as it does.
type Interp struct {
	Name, Src string // for errors

	out    io.Writer
	global *env
	depth  int
	steps  int
}

const (
	maxCalls = 500
	maxSteps = 10_000_000
)

func NewInterp(name, src string, out io.Writer) *Interp {
	in := &Interp{Name: name, Src: src, out: out, global: &env{vars: make(map[string]any)}}
	for _, b := range builtins {
		in.global.vars[b.name] = b
	}
	return in
}

// evalError is an error whose place is known.
type evalError struct {
	pos Pos
	err error
}

func (e *evalError) Error() string { return e.err.Error() }

// returned carries a value from a return statement to its call.
type returned struct{ value any }

// Run evaluates a statement of the program.
func (in *Interp) Run(n Node) (v any, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *evalError:
			v, err = nil, &Error{in.Name, in.Src, r.pos, r.err.Error()}
		case returned:
			v = r.value
		default:
			panic(r)
		}
	}()
	return in.eval(n, in.global), nil
}

func fail(n Node, format string, args ...any) {
	panic(&evalError{n.At(), fmt.Errorf(format, args...)})
}

func truth(v any) bool { return v != nil && v != false }

func (in *Interp) eval(n Node, e *env) any {
	if in.steps++; in.steps > maxSteps {
		fail(n, "too many steps")
	}
	switch n := n.(type) {
	case *number:
		return n.value
	case *text:
		return n.value
	case *constant:
		return n.value
	case *exprStmt:
		return in.eval(n.x, e)
	case *name:
		s := e.find(n.id)
		if s == nil {
			fail(n, "undefined: %s", n.id)
		}
		return s.vars[n.id]
	case *list:
		l := &List{make([]any, len(n.items))}
		for i, x := range n.items {
			l.items[i] = in.eval(x, e)
		}
		return l
	case *function:
		return &Func{n, e}
	case *unary:
		return in.unary(n, e)
	case *binary:
		return in.binary(n, e)
	case *index:
		l, i := in.element(n, e)
		return l.items[i]
	case *call:
		return in.call(n, e)
	case *let:
		if f, ok := n.x.(*function); ok {
			// The function sees itself.
			e.vars[n.id] = &Func{f, e}
			return nil
		}
		e.vars[n.id] = in.eval(n.x, e)
	case *assign:
		in.assign(n, e)
	case *ifStmt:
		if truth(in.eval(n.cond, e)) {
			in.block(n.then, e)
		} else if n.alt != nil {
			in.block(n.alt, e)
		}
	case *while:
		for truth(in.eval(n.cond, e)) {
			in.block(n.body, e)
		}
	case *ret:
		var v any
		if n.x != nil {
			v = in.eval(n.x, e)
		}
		panic(returned{v})
	default:
		panic(fmt.Sprintf("no evaluation of %T", n))
	}
	return nil
}

func (in *Interp) block(b *block, up *env) {
	e := &env{make(map[string]any), up}
	for _, s := range b.list {
		in.eval(s, e)
	}
}

func (in *Interp) element(n *index, e *env) (*List, int) {
	l, ok := in.eval(n.x, e).(*List)
	if !ok {
		fail(n, "%v is not a list", n.x)
	}
	f, ok := in.eval(n.i, e).(float64)
	if !ok || f != math.Trunc(f) {
		fail(n.i, "index is not a whole number")
	}
	if f < 0 || int(f) >= len(l.items) {
		fail(n.i, "index %v out of range of %d", f, len(l.items))
	}
	return l, int(f)
}

func (in *Interp) assign(n *assign, e *env) {
	v := in.eval(n.x, e)
	switch to := n.to.(type) {
	case *name:
		s := e.find(to.id)
		if s == nil {
			fail(to, "undefined: %s", to.id)
		}
		s.vars[to.id] = v
	case *index:
		l, i := in.element(to, e)
		l.items[i] = v
	}
}

func (in *Interp) unary(n *unary, e *env) any {
	v := in.eval(n.x, e)
	if n.op == "!" {
		return !truth(v)
	}
	f, ok := v.(float64)
	if !ok {
		fail(n, "cannot negate %s", kindOf(v))
	}
	return -f
}

func (in *Interp) binary(n *binary, e *env) any {
	x := in.eval(n.x, e)
	switch {
	case n.op == "&&" && !truth(x), n.op == "||" && truth(x):
		return x
	case n.op == "&&", n.op == "||":
		return in.eval(n.y, e)
	}
	y := in.eval(n.y, e)
	switch n.op {
	case "==":
		return equal(x, y)
	case "!=":
		return !equal(x, y)
	}
	switch x := x.(type) {
	case float64:
		if y, ok := y.(float64); ok {
			return arith(n, x, y)
		}
	case string:
		if y, ok := y.(string); ok {
			switch n.op {
			case "+":
				return x + y
			case "<":
				return x < y
			case ">":
				return x > y
			}
		}
	case *List:
		if y, ok := y.(*List); ok && n.op == "+" {
			return &List{slices.Concat(x.items, y.items)}
		}
	}
	fail(n, "no %s %s %s", kindOf(x), n.op, kindOf(y))
	return nil
}

func arith(n *binary, x, y float64) any {
	switch n.op {
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	case "/", "%":
		if y == 0 {
			fail(n, "division by zero")
		}
		if n.op == "%" {
			return math.Mod(x, y)
		}
		return x / y
	case "<":
		return x < y
	case "<=":
		return x <= y
	case ">":
		return x > y
	}
	return x >= y
}

func equal(x, y any) bool {
	a, ok := x.(*List)
	b, ok2 := y.(*List)
	if ok && ok2 {
		return slices.EqualFunc(a.items, b.items, equal)
	}
	if fx, ok := x.(Builtin); ok {
		fy, ok := y.(Builtin)
		return ok && fx.name == fy.name
	}
	if _, ok := y.(Builtin); ok {
		return false
	}
	return x == y
}

func (in *Interp) call(n *call, e *env) any {
	fn := in.eval(n.fn, e)
	args := make([]any, len(n.args))
	for i, a := range n.args {
		args[i] = in.eval(a, e)
	}
	v, err := in.apply(fn, args)
	if err != nil {
		fail(n, "%v: %w", n.fn, err)
	}
	return v
}

// apply calls a function value.
func (in *Interp) apply(fn any, args []any) (v any, err error) {
	in.depth++
	defer func() { in.depth-- }()
	if in.depth > maxCalls {
		return nil, fmt.Errorf("more than %d calls deep", maxCalls)
	}
	switch f := fn.(type) {
	case Builtin:
		if f.args >= 0 && f.args != len(args) {
			return nil, fmt.Errorf("got %d arguments, want %d", len(args), f.args)
		}
		return f.call(in, args)
	case *Func:
		if len(f.params) != len(args) {
			return nil, fmt.Errorf("got %d arguments, want %d", len(args), len(f.params))
		}
		e := &env{make(map[string]any, len(args)), f.env}
		for i, p := range f.params {
			e.vars[p] = args[i]
		}
		return in.body(f.body, e)
	}
	return nil, fmt.Errorf("%s is not a function", kindOf(fn))
}

// body runs a function's statements until one returns; other panics pass
// through.
func (in *Interp) body(b *block, e *env) (v any, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case returned:
			v = r.value
		default:
			panic(r)
		}
	}()
	for _, s := range b.list {
		in.eval(s, e)
	}
	return nil, nil
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "nil"
	case float64:
		return "number"
	case string:
		return "string"
	case bool:
		return "boolean"
	case *List:
		return "list"
	}
	return "function"
}

func format(v any) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case float64:
		return strconv.FormatFloat(v, 'g', 12, 64)
	case string:
		return v
	case *List:
		parts := make([]string, len(v.items))
		for i, x := range v.items {
			if s, ok := x.(string); ok {
				parts[i] = strconv.Quote(s)
			} else {
				parts[i] = format(x)
			}
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case *Func:
		return fmt.Sprintf("fn/%d", len(v.params))
	case Builtin:
		return v.name
	}
	return fmt.Sprint(v)
}

var builtins = []Builtin{
	{"print", -1, func(in *Interp, args []any) (any, error) {
		parts := make([]string, len(args))
		for i, a := range args {
			parts[i] = format(a)
		}
		_, err := fmt.Fprintln(in.out, strings.Join(parts, " "))
		return nil, err
	}},
	{"len", 1, func(_ *Interp, args []any) (any, error) {
		switch v := args[0].(type) {
		case string:
			return float64(len([]rune(v))), nil
		case *List:
			return float64(len(v.items)), nil
		}
		return nil, fmt.Errorf("%s has no length", kindOf(args[0]))
	}},
	{"push", 2, func(_ *Interp, args []any) (any, error) {
		l, ok := args[0].(*List)
		if !ok {
			return nil, fmt.Errorf("cannot push to %s", kindOf(args[0]))
		}
		l.items = append(l.items, args[1])
		return l, nil
	}},
	{"str", 1, func(_ *Interp, args []any) (any, error) { return format(args[0]), nil }},
	{"floor", 1, func(_ *Interp, args []any) (any, error) {
		f, ok := args[0].(float64)
		if !ok {
			return nil, fmt.Errorf("%s is not a number", kindOf(args[0]))
		}
		return math.Floor(f), nil
	}},
	{"sort", 2, func(in *Interp, args []any) (any, error) {
		l, ok := args[0].(*List)
		if !ok {
			return nil, fmt.Errorf("cannot sort %s", kindOf(args[0]))
		}
		var failed error
		sorted := slices.Clone(l.items)
		slices.SortStableFunc(sorted, func(a, b any) int {
			for i, pair := range [2][]any{{a, b}, {b, a}} {
				v, err := in.apply(args[1], pair)
				if err != nil {
					failed = err
				} else if truth(v) {
					return 2*i - 1
				}
			}
			return 0
		})
		return &List{sorted}, failed
	}},
}
