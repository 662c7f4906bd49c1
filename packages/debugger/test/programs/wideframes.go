package main

import (
	"fmt"
)

type huge struct {
	head int
	body [100]int
	tail string
}

func fill(h huge, n int) huge {
	for i := range h.body {
		h.body[i] = i * n
	}
	h.tail = "filled"
	return h
}

func runWideframes() {
	var h huge
	h.head = 42
	h2 := fill(h, 3)
	a, b, c := h2.body[10], h2.tail, h2.head
	fmt.Println(a, b, c)
}
