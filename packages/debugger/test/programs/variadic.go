package main

import (
	"fmt"
)

func join(sep string, parts ...any) (out string, n int, err error) {
	for i, p := range parts {
		if i > 0 {
			out += sep
		}
		out += fmt.Sprint(p)
		n++
	}
	if n == 0 {
		err = fmt.Errorf("nothing to join with %q", sep)
	}
	return
}

func many(a int, b string, c float64, d []int, e map[string]int, f *int, g any, h [2]bool, i struct{ x int }) (int, string, float64, bool) {
	return a + i.x, b, c, h[0]
}

func runVariadic() {
	s, n, err := join(", ", 1, "two", 3.0)
	fmt.Println(s, n, err)
	_, _, err = join("-")
	fmt.Println(err)
	v := 5
	fmt.Println(many(1, "b", 2.5, []int{1}, map[string]int{"a": 1}, &v, "any", [2]bool{true, false}, struct{ x int }{9}))
}
