package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
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
	fmt.Println("ready")
	time.Sleep(time.Hour)
}
