package main

import (
	"fmt"
)

var watchedGlobal int
var watchedFlag bool

type cell struct {
	a, b int32
}

func change(c *cell, n int) {
	for i := 0; i < n; i++ {
		watchedGlobal += i
		c.b = int32(i)
	}
	watchedFlag = true
}

func runWatched() {
	local := 1
	c := &cell{}
	change(c, 3)
	local += 2
	local *= 3
	fmt.Println(local, watchedGlobal, watchedFlag, *c)
}
