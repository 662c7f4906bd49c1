package main

import (
	"fmt"
)

type point struct{ X, Y int }

func runMaps() {
	var none map[string]int
	empty := map[string]int{}
	small := map[string]int{"one": 1}
	big := make(map[int]int)
	for i := 0; i < 1000; i++ {
		big[i] = i * i
	}
	byPoint := map[point]string{{1, 2}: "a"}
	nested := map[string]map[string][]int{"x": {"y": {1, 2, 3}}}
	pointers := map[string]*point{"p": {3, 4}, "nil": nil}
	ifaces := map[any]any{"k": 1.5}
	wide := map[string][20]int64{"w": {1, 2, 3}}
	sets := map[int8]struct{}{5: {}}
	delete(big, 500)
	fmt.Println(len(none), len(empty), len(small), len(big), len(byPoint), len(nested), len(pointers), len(ifaces), len(wide), len(sets))
}
