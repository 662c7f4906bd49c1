package main

import (
	"fmt"
	"time"
)

func choose(a, b chan int, quit chan bool) string {
	select {
	case v := <-a:
		return fmt.Sprint("a ", v)
	case b <- 7:
		return "sent"
	case <-quit:
		return "quit"
	case <-time.After(time.Hour):
		return "late"
	}
}

func runSelects() {
	a, b := make(chan int, 1), make(chan int, 1)
	quit := make(chan bool)
	b <- 1
	a <- 3
	fmt.Println(choose(a, b, quit))
	<-b
	fmt.Println(choose(a, b, quit))
	close(quit)
	fmt.Println(choose(a, b, quit))
	select {
	case <-a:
	default:
		fmt.Println("nothing")
	}
}
