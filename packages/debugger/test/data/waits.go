package main

import (
	"runtime"
	"strings"
	"time"
)

func wait(c chan int) { <-c }

func stop() {}

func main() {
	first, second := make(chan int), make(chan int)
	go wait(first)
	go wait(second)
	go wait(first)
	settle()
	stop()
	runtime.KeepAlive(first)
	runtime.KeepAlive(second)
}

// settle returns when every other goroutine waits for something.
func settle() {
	buf := make([]byte, 1<<20)
	for {
		all := strings.SplitN(string(buf[:runtime.Stack(buf, true)]), "\n\n", 2)
		if len(all) < 2 || !strings.Contains(all[1], " [run") {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
