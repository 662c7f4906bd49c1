package p

import "fmt"
import . "strings"
import _ "os"
import fmt2 "fmt"
import "fmt"

type T1 T1
type T2 struct{ T2 }
type T3 struct{ a T4 }
type T4 struct{ b T3 }
type T5 []T5
type T6 [len(T6{})]int
type T7 interface{ T7 }
type T8 struct{ a, a int }
type T9 struct{ int; *int }
type T10 interface{ m(); m() }
type T12 [-1]int
type T13 [1.5]int
type T14 ["a"]int
type T15 [n]int
type T16 map[T15]int
type T17 map[[]int]string
type T18 map[func()]int
type T20 struct{ a int "tag"; b int `x` }
type T21 = T21
type T22 *T22
type T23 chan T23
type T24 nosuch
type T25 fmt.nosuch
type T26 fmt.Println
type T27 n
type T28 struct{ fmt.Stringer; Builder }
type T29 struct{ p *nosuch }

var n = 3

func (T1) m()      {}
func (t T5) m()    {}
func (t *T5) m()   {}
func (t **T5) m2() {}
func (t int) m()   {}
func (t *fmt.Stringer) m() {}
func (t T7) m()    {}
func (t T22) m()   {}
func (t T8) a()    {}
func (nosuch) m()  {}
func init() int    { return 1 }
func init(x int)   {}
func main(x int)   {}
func init()        {}
func f(a int, a string) {}
func f()           {}
func g(a int) (a int) { return }
func nobody()
func m(x nosuch) (y nosuch2) { return }

var a, b = 1
var c, d int = 1, 2, 3
var e int = e
var x, y = y, x
var z = func() int { return z }()
var _ = T5.m
var f2 = f3()
func f3() int { return f2 }
var init = 1
var _, _ = 1, 2
var w int
var w string
const c1 = c2
const c2 = c1
const c4, c5 = 1
const c6 = 1, 2
const c7 []int = nil
const c8 = fmt.Sprint("x")
const c9 = len([]int{1})
type w int

func _() {
	var unused int
	const unusedc = 1
	type unusedt int
	var a, b, c = 1, 2
	var x int = x
	var x string
	type L struct{ l L }
	type M struct{ m *M }
	f := func() { f() }
	var g func() = func() { g() }
	const k = k
	var init = 1
}
