package main

import (
	"fmt"
)

type message struct {
	id   int
	text string
}

func produce(out chan<- message, n int) {
	for i := 0; i < n; i++ {
		out <- message{i, "msg"}
	}
	close(out)
}

func runChannels() {
	var none chan int
	buffered := make(chan int, 5)
	buffered <- 10
	buffered <- 20
	strs := make(chan string, 2)
	strs <- "hello"
	chans := make(chan chan int, 1)
	chans <- buffered
	out := make(chan message)
	go produce(out, 3)
	settle(1)
	for m := range out {
		fmt.Println(m.id, m.text)
	}
	fmt.Println(none == nil, len(buffered), len(strs), len(chans))
}
