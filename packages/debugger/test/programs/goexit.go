package main

import (
	"fmt"
	"runtime"
)

func leaver(done chan string) {
	defer func() { done <- "deferred ran" }()
	defer func() {
		r := recover()
		fmt.Println("recovered", r)
	}()
	runtime.Goexit()
}

func runGoexit() {
	done := make(chan string)
	go leaver(done)
	s := <-done
	fmt.Println(s)
}
