package main

import (
	"fmt"
)

func runAnonymous() {
	anon := struct {
		A int `json:"a"`
		B []struct{ C string }
	}{A: 1, B: []struct{ C string }{{"x"}}}
	var fn func(a int, b ...string) (int, error)
	var ch <-chan struct{}
	var em struct{}
	arr := [2]struct{}{}
	type local struct{ v int }
	l := local{3}
	iface := interface{ M() }(nil)
	fmt.Println(anon, fn == nil, ch == nil, em, arr, l, iface == nil)
}
