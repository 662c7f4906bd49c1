// Results of a function that ends by recover: what its slots hold then.
package main

import "fmt"

type P struct{ m any }

func (p *P) String() string { panic(p.m) }

//go:noinline
func rec() { recover() }

//go:noinline
func f(n int, seq func(func(int) bool)) (r int) {
	r = 1
	for x := range seq {
		defer rec()
		if x > n {
			return x
		}
	}
	r = 2
	if n > 0 {
		panic("x")
	}
	r = 3
	return
}

//go:noinline
func g(n int) (r int, s string) {
	if n == 9 {
		return 9, "nine"
	}
	for i := 0; i < n; i++ {
		defer rec()
	}
	r, s = 2, "two"
	if n > 0 {
		panic("x")
	}
	r, s = 3, "three"
	return
}

func main() {
	fmt.Println(fmt.Sprintf("%s", (*P)(nil)))
	fmt.Println(fmt.Sprintf("%s", &P{3}))
	seq := func(y func(int) bool) {
		for i := range 3 {
			if !y(i) {
				return
			}
		}
	}
	fmt.Println(f(5, seq), f(0, seq), f(-1, seq))
	fmt.Println(g(5))
	fmt.Println(g(9))
	fmt.Println(g(0))
}
