package main

import (
	"fmt"
	"time"
)

func tick(t *time.Ticker, n int) int {
	count := 0
	for range n {
		<-t.C
		count++
	}
	return count
}

func runTimers() {
	t := time.NewTicker(time.Millisecond)
	n := tick(t, 3)
	t.Stop()
	d := time.Duration(n) * time.Second
	fmt.Println(n, d)
}
