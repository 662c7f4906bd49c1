package main

import (
	"fmt"
)

func dive(depth int, label string) {
	if depth == 0 {
		panic(fmt.Sprintf("too deep at %s", label))
	}
	dive(depth-1, label+".")
}

func runUnrecovered() {
	defer fmt.Println("deferred before the end")
	dive(3, "x")
}
