package main

import (
	"fmt"
)

type matrix [2][3]int

func grow(s []int, n int) []int {
	for i := 0; i < n; i++ {
		s = append(s, i)
	}
	return s
}

func runSlicesarrays() {
	var none []int
	empty := []string{}
	s := grow(nil, 5)
	part := s[1:3:4]
	long := make([]int, 200)
	m := matrix{{1, 2, 3}, {4, 5, 6}}
	structs := []struct {
		a int
		b string
	}{{1, "x"}, {2, "y"}}
	nested := [][]string{{"a"}, nil, {"b", "c"}}
	ptrs := []*int{&s[0], nil}
	zero := [0]int{}
	bools := [...]bool{true, false, true}
	long[150] = 7
	fmt.Println(none, empty, s, part, len(long), m, structs, nested, len(ptrs), zero, bools)
}
