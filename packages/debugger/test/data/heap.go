package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

type node struct {
	next *node
	data [1000]byte
}

var keep *node
var garbage []*node

func wait(id int, c chan int) { <-c; fmt.Println(id) }

func main() {
	mb, _ := strconv.Atoi(os.Args[1])
	n, _ := strconv.Atoi(os.Args[2])
	for i := 0; i < mb*1000; i++ {
		keep = &node{next: keep}
		keep.data[5] = byte(i) | 1
	}
	for i := 0; i < mb*1000; i++ {
		garbage = append(garbage, &node{})
		garbage[i].data[7] = 1
	}
	garbage = nil
	runtime.GC()
	c := make(chan int)
	for i := 0; i < n; i++ {
		go wait(i, c)
	}
	settle()
	fmt.Println("ready")
	time.Sleep(time.Hour)
}

// settle returns when every other goroutine waits for something.
func settle() {
	buf := make([]byte, 1<<20)
	for {
		all := strings.SplitN(string(buf[:runtime.Stack(buf, true)]), "\n\n", 2)
		if len(all) < 2 || !strings.Contains(all[1], " [run") {
			return
		}
		runtime.Gosched()
	}
}
