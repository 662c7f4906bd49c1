// The target of bench/debugger.ts.
package main

import (
	"fmt"
	"os"
	"strconv"
	"sync"
)

var total int

//go:noinline
func hit(i int) { total += i }

func lines(n int) int {
	x := 0
	for i := 0; i < n; i++ {
		x += i
		x ^= 3
		total += x
	}
	return x
}

//go:noinline
func ready() {}

func park(id int, c chan int, started *sync.WaitGroup) {
	started.Done()
	total += <-c + id
}

func main() {
	n, _ := strconv.Atoi(os.Args[2])
	switch os.Args[1] {
	case "hits":
		for i := 0; i < n; i++ {
			hit(i)
		}
	case "lines":
		fmt.Println(lines(n))
	case "goroutines":
		c := make(chan int)
		var started sync.WaitGroup
		started.Add(n)
		for i := 0; i < n; i++ {
			go park(i, c, &started)
		}
		started.Wait()
	}
	ready()
}
