package main

import (
	"fmt"
)

type acc struct{ v int }

func (a acc) get() int            { return a.v }
func (a *acc) set(n int) *acc     { a.v = n; return a }
func (a *acc) do(f func(int) int) { a.v = f(a.v) }

func runMethods() {
	a := acc{1}
	get := a.get
	set := a.set
	unbound := (*acc).set
	value := acc.get
	set(5)
	unbound(&a, a.v+1)
	a.do(func(n int) int { return n * 10 })
	fmt.Println(get(), value(a), a.v)
}
