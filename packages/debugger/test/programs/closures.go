package main

import (
	"fmt"
)

func counter(start int) func(int) int {
	total := start
	step := 1
	return func(n int) int {
		total += n * step
		return total
	}
}

func apply(fs []func(int) int, v int) (out []int) {
	for _, f := range fs {
		out = append(out, f(v))
	}
	return out
}

func runClosures() {
	a, b := counter(1), counter(100)
	r := apply([]func(int) int{a, b, func(x int) int { return x * x }}, 5)
	fmt.Println(r)
	name := "outer"
	func() {
		name := name + " inner"
		fmt.Println(name)
	}()
	fmt.Println(name)
}
