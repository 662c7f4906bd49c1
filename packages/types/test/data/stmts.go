package p

import (
	"fmt"
	"os"
	str "strings"
)

type E struct{}

func (*E) Error() string { return "" }

type I interface{ M(); N(int) }

func f() (int, error) { return 0, nil }

func r1() int          { return }
func r2() (int, error) { return 1 }
func r3()              { return 1 }
func r4() int          { return 1, 2 }
func r5() (int, error) { return f() }
func r6() int          { return f() }
func r7() (a int, b error) { return 1, "x" }
func r8() int {
	for {
	}
}
func r9() int {
L:
	for {
		break L
	}
}
func r10(x int) int {
	switch x {
	case 1:
		return 1
	default:
		panic("x")
	}
}
func r11(x int) int {
	if x > 1 {
		return 1
	} else if x > 2 {
		return 3
	}
}
func r12(c chan int) int {
	select {
	case <-c:
		return 1
	}
}
func r13() int { goto L; L: return 1 }
func r14() (err error) { if true { err := f; _ = err; return }; return }

func _() {
	var a int
	b := 1
	var c, d = 1, 2
	e, g := 1
	h, i := f(), 2
	_ = d
	a = 1
	j, j := 1, 2
	b := 2
	b, _ := 3, 4
	f := func() {}
	1 = 2
	f() = 1
	"a"[0] = 1
	map[string]E{}["a"] = E{}
	m := map[string]struct{ x int }{}
	m["a"].x = 1
	nil = 1
	a.x = 1
	_ += 1
	a += "x"
	a <<= 1.5
	a <<= -1
	a++
	"x"++
	var s string
	s++
	s -= "x"
	a, b = 1
	a, b = 1, 2, 3
	a, b, c = 1, 2
	var k int = "x"
	var l, o int = 1, "x"
	var p [2]int = [3]int{}
	x, y := nil, 1
	var z = nil
	_ = nil
	const q = a
	const t int = "x"
	const u = nil
	const w uint8 = 256
}

func _(x interface{}, i I, e error, n int, c chan int, ro <-chan int, so chan<- int) {
	if n {
	}
	if n = 1; n {
	}
	for n {
	}
	for i := 0; i < "x"; i++ {
	}
	switch n {
	case 1, 2, 1:
	case "a":
	case 1.5:
	case n:
	default:
	case 3:
	}
	switch {
	case 1:
	case n == 1:
	case true, false, true:
	}
	switch f := f; f {
	case nil:
	}
	switch []int{} {
	}
	switch x.(type) {
	case int, string, int:
	case nil, nil:
	case foo:
	case 5:
	}
	switch y := x.(type) {
	case int:
	}
	switch y := x.(type) {
	case int, string:
		var _ int = y
	case error:
		var _ int = y
	}
	switch n.(type) {
	}
	switch i.(type) {
	case E:
	case *E:
	case error:
	}
	switch _ := x.(type) {
	}
	select {
	case n:
	case n = 1:
	case n := <-c:
	case n, ok := <-c:
		_, _ = n, ok
	case c <- "x":
	case c <- 1:
	default:
	default:
	}
	c <- "a"
	ro <- 1
	<-so
	n <- 1
	<-n
	_, _ = <-c, 1
	a, b := <-c
	_, _, _ = <-c
	_ = x.(int)
	_ = n.(int)
	_ = i.(E)
	_ = e.(*E)
	_ = e.(E)
	_, ok := e.(E)
	_ = e.(type)
	n
	n + 1
	-n
	"x"
	int
	fmt
	fmt.Println
	_ = fmt
	<-c
	c
	x == nil
	func() {}
	[]int{}
}

func _() {
	for i := range 10 {
	}
	for i, j := range 10 {
	}
	for range 1.5 {
	}
	for i := range "abc" {
	}
	for i, j, k := range []int{} {
	}
	for i := range nil {
	}
	for i := range f {
	}
	for x := range func(yield func(int) bool) {} {
	}
	for x, y := range func(yield func(int) bool) {} {
	}
	for range func(yield func()) {} {
	}
	for range func() {} {
	}
	for x := range make(chan<- int) {
	}
	var i8 int8
	for i8 = range 300 {
	}
	for i8 = range "abc" {
	}
	var s string
	for s = range []int{} {
	}
	for _, s = range "abc" {
	}
	for _ = range 3 {
	}
	for _, _ = range []int{} {
	}
	for 1 = range []int{} {
	}
	for undefined := range undefined {
	}
	for x := range x {
	}
	var p *[3]int
	for i, x := range p {
		_ = x
	}
	var pp **[3]int
	for range pp {
	}
}
