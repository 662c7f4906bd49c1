package p // a bit of everything

import "fmt"
import "os"

func f(a int, b string) (x int, err error) {
	var u uint8 = 300
	y := 1
	{
		err := fmt.Errorf("x")
		if err != nil {
			return
		}
	}
	f(1)
	f(1, 2)
	f(1, "2", 3)
	var z, w = f(1, "")
	a, b, c := f(1, "b")
	s := []int{1, 2, 3}
	s.foo()
	_ = s[1.5]
	switch a { case 1: case 2, 1: }
	for i := range f {}
	fmt.Printn("x")
	return 1
}
func g() int {
	for { break }
}
type T struct{ A int; b int }
var _ = T{1}
var _ = T{c: 1}
var _ = &T{A: "x"}
var i interface{ M() } = T{}
const big = 1 << 600
const q = 10 / 0
func h[P any, Q int|string](p P, q Q) P { var x P = q; return p + p }
var _ = h(1, 2.5)
var _ = h[int]
