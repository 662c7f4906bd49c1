package main

import (
	"fmt"
)

type resource struct{ name string }

func (r *resource) Close() { fmt.Println("close", r.name) }

func defers(n int) (result int) {
	defer func() { result *= 2 }()
	r := &resource{"file"}
	defer r.Close()
	for i := 0; i < n; i++ {
		defer fmt.Println("deferred", i)
	}
	result = n + 1
	return result
}

func runDefers() {
	x := defers(2)
	fmt.Println("x", x)
	y := defers(0)
	fmt.Println("y", y)
}
