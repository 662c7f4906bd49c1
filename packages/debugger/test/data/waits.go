package main

import (
	"runtime"
	"time"
)

func wait(c chan int) { <-c }

func stop() {}

func main() {
	first, second := make(chan int), make(chan int)
	go wait(first)
	go wait(second)
	go wait(first)
	time.Sleep(50 * time.Millisecond)
	stop()
	runtime.KeepAlive(first)
	runtime.KeepAlive(second)
}
