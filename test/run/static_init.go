package main

// Initialisers that call small functions become data, with the values and identities that running them would give.

import (
	"errors"
	"fmt"
	"io"
)

type E struct {
	a int
	s string
	e error
}

func mk(a int, s string) *E                  { return &E{a: a, s: s} }
func wrap(e error, a int) E                  { return E{a, "w", e} }
func id(x any) any                           { return x }
func toErr(x *E) error                       { return x }
func (e *E) Error() string                   { return fmt.Sprint(e.a, e.s) }
func two(x *int) [2]*int                     { return [2]*int{x, x} }
func konst(n int) [2]int                     { return [2]int{n, n * 2} }
func twice(n int) [2]int                     { return [2]int{n, n} }
func vari(xs ...int) int                     { return len(xs) }
func fn(f func() int) struct{ f func() int } { return struct{ f func() int }{f} }
func glob() *int                             { return &counter }
func cur() int                               { return counter }

var counter = 5
var e1 = errors.New("one")
var e2 = mk(3, "two")
var e3 = wrap(e1, 4)
var e4 = wrap(io.EOF, 4)
var e5 = id(7)
var e6 = id(mk(8, "x"))
var e7 = toErr(mk(9, "y"))
var e8 = two(new(int))
var e9 = konst(4)
var e10 = twice(6)
var e11 = vari(1, 2, 3)
var e12 = fn(func() int { return counter })
var e13 = glob()
var e14 = cur()
var e15 = inc()
var e16 = cur()
var e17 any = konst(2)
var e18 error = e2
var e19 = id(e2)

func inc() int { counter++; return counter }

func main() {
	fmt.Println(e1, e2, e3.a, e3.e, e4.a, e4.e, e5, e6, e7, e8[0] == e8[1], *e8[0], e9, e10, e11, e12.f(), *e13, e14, e15, e16, e17, e18, e19, e19 == any(e2), e18 == e2)
	fmt.Println(errors.New("one") == e1, errors.Is(e3.e, e1))
	e1x := e1
	fmt.Println(e1x == e1, e4.e == io.EOF)
}
