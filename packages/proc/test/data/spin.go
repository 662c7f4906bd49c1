package main

import (
	"fmt"
	"os"
	"time"
)

var counter int

//go:noinline
func tick() { counter++ }

func main() {
	fmt.Println("ready")
	end := time.Now().Add(20 * time.Second)
	for time.Now().Before(end) {
		tick()
		time.Sleep(time.Millisecond)
		if _, err := os.Stat(os.Args[1]); err == nil {
			fmt.Println("done", counter > 0)
			return
		}
	}
}
