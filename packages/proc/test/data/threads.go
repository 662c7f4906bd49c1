package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
)

var total [64]int

//go:noinline
func work(worker, i int) int {
	total[worker] += i
	return total[worker]
}

func main() {
	fmt.Println("hello", os.Getenv("FIXTURE"), len(os.Args))
	var wg sync.WaitGroup
	for w := 0; w < 8; w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			runtime.LockOSThread()
			for i := 0; i < 40; i++ {
				work(w, i)
			}
		}()
	}
	wg.Wait()
	sum := 0
	for _, t := range total {
		sum += t
	}
	fmt.Println("sum", sum)
	os.Exit(7)
}
