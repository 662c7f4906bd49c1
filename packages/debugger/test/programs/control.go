package main

import (
	"fmt"
)

func classify(n int) string {
	switch {
	case n < 0:
		return "negative"
	case n == 0:
		return "zero"
	case n%2 == 0:
		fallthrough
	case n > 100:
		return "even or big"
	default:
		return "odd"
	}
}

func runControl() {
	i := 0
again:
	if i < 2 {
		i++
		goto again
	}
outer:
	for a := 0; a < 3; a++ {
		for b := 0; b < 3; b++ {
			if b == 1 {
				continue outer
			}
			if a == 2 {
				break outer
			}
		}
	}
	for _, n := range []int{-1, 0, 2, 3} {
		fmt.Println(classify(n))
	}
	for i := range 3 {
		if i == 1 {
			continue
		}
	}
	var x any = 5
	switch v := x.(type) {
	case string:
		fmt.Println("string", v)
	case int:
		fmt.Println("int", v)
	}
}
