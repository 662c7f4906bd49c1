package main

import (
	"fmt"
)

type counter32 struct {
	hits  int
	label string
}

func (c *counter32) bump(by int) int {
	c.hits += by
	return c.hits
}

func runCounting() {
	c := &counter32{label: "loop"}
	for i := 0; i < 20; i++ {
		if i%3 == 0 {
			c.bump(i)
		} else {
			c.bump(1)
		}
	}
	fmt.Println(c.hits)
}
