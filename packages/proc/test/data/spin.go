package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

var counter int

//go:noinline
func tick() { counter++ }

func main() {
	fmt.Println("ready")
	for {
		tick()
		time.Sleep(time.Millisecond)
		if _, err := os.Stat(os.Args[1]); err == nil {
			fmt.Println("done", counter > 0)
			return
		}
		// The test is over.
		if _, err := os.Stat(filepath.Dir(os.Args[1])); err != nil {
			return
		}
	}
}
