package main

import (
	"fmt"
	"sync"
)

func worker(id int, start <-chan bool, done chan<- int) {
	<-start
	done <- id * 2
}

func runGoroutines() {
	start := make(chan bool)
	done := make(chan int)
	for i := 0; i < 4; i++ {
		go worker(i, start, done)
	}
	var wg sync.WaitGroup
	wg.Add(1)
	go func(s string) {
		defer wg.Done()
		fmt.Println("in goroutine", s)
	}("one")
	wg.Wait()
	settle(4)
	total := 0
	fmt.Println("all started")
	close(start)
	for i := 0; i < 4; i++ {
		total += <-done
	}
	fmt.Println("total", total)
}
