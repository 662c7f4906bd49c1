package main

import (
	"fmt"
	"runtime"
	"sync"
)

func locked(id int, ready, release *sync.WaitGroup, out []int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	out[id] = id + 10
	ready.Done()
	release.Wait()
}

func runThreads() {
	var ready, release, end sync.WaitGroup
	out := make([]int, 3)
	release.Add(1)
	for i := range out {
		ready.Add(1)
		end.Add(1)
		go func() {
			defer end.Done()
			locked(i, &ready, &release, out)
		}()
	}
	ready.Wait()
	fmt.Println("locked", out)
	release.Done()
	end.Wait()
	fmt.Println("released")
}
