package main

import (
	"fmt"
	"iter"
	"maps"
	"slices"
)

func upTo(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

func find(want int) (out string) {
	defer func() { out += "!" }()
	outerVar := "seen"
	for v := range upTo(10) {
		double := v * 2
		for w := range upTo(2) {
			if double+w == want {
				return fmt.Sprint(outerVar, v, w)
			}
		}
		if v == 7 {
			break
		}
	}
	return "none"
}

func runRangefunc() {
	fmt.Println(find(5))
	fmt.Println(find(100))
	keys := slices.Sorted(maps.Keys(map[string]int{"b": 1, "a": 2}))
	for i, k := range slices.Backward(keys) {
		fmt.Println(i, k)
	}
}
