package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func handle(s os.Signal) string {
	text := s.String()
	return "got " + text
}

func runSignals() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	for i := 0; i < 2; i++ {
		syscall.Kill(os.Getpid(), syscall.SIGUSR1)
		s := <-c
		fmt.Println(handle(s), i)
	}
}
