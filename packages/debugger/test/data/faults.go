// What can happen to a program while it is debugged: faults.test.ts.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

var (
	size  int
	heap  [][]byte
	after = "before"
)

//go:noinline
func ready() int { return size }

//go:noinline
func done() int { return len(heap) }

//go:noinline
func dive(n int) int {
	if n == 0 {
		return ready()
	}
	return dive(n-1) + 1
}

func forks() {
	ready()
	good := 0
	for i := 0; i < size; i++ {
		if exec.Command("/bin/true").Run() == nil {
			good++
		}
	}
	fmt.Println("children:", good)
}

func threads() {
	var started sync.WaitGroup
	started.Add(size)
	stop := make(chan int)
	for i := 0; i < size; i++ {
		go func() {
			runtime.LockOSThread()
			started.Done()
			<-stop
		}()
	}
	started.Wait()
	ready()
}

func goroutines() {
	stop := make(chan int)
	for i := 0; i < size; i++ {
		go func() { <-stop }()
	}
	ready()
}

func memory() {
	for i := 0; i < size; i++ {
		b := make([]byte, 1<<20)
		for j := range b {
			b[j] = byte(j)
		}
		heap = append(heap, b)
	}
	ready()
}

func main() {
	size, _ = strconv.Atoi(os.Args[2])
	switch os.Args[1] {
	case "forks":
		forks()
	case "threads":
		threads()
	case "goroutines":
		goroutines()
	case "memory":
		memory()
	case "dive":
		dive(size)
	case "exec":
		ready()
		syscall.Exec(os.Args[0], []string{os.Args[0], "again", "7"}, os.Environ())
	case "again":
		after = "after"
		ready()
	case "wait":
		ready()
		fmt.Println("waiting")
		for {
			time.Sleep(10 * time.Millisecond)
			done()
		}
	case "crash":
		ready()
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	done()
	fmt.Println("end")
}
