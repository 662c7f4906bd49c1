package main

import (
	"fmt"
)

func add(a, b int) int { return a + b }

func twice(x int) int {
	y := add(x, x)
	return y
}

func quad(x int) int {
	z := twice(x)
	return twice(z)
}

//go:noinline
func entry(n int) int {
	sum := 0
	for i := 0; i < n; i++ {
		sum += quad(i)
	}
	return sum
}

func runInlining() {
	r := entry(3)
	fmt.Println(r)
}
