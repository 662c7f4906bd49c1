package main

import (
	"fmt"
	"sync"
)

type job struct {
	id     int
	result int
}

func process(j *job) {
	j.result = j.id * j.id
}

func pool(n int, jobs <-chan *job, out chan<- *job) {
	var wg sync.WaitGroup
	for w := 0; w < n; w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := range jobs {
				process(j)
				out <- j
			}
		}()
	}
	wg.Wait()
	close(out)
}

func runWorkers() {
	jobs, out := make(chan *job, 8), make(chan *job, 8)
	for i := 1; i <= 8; i++ {
		jobs <- &job{id: i}
	}
	close(jobs)
	go pool(3, jobs, out)
	sum := 0
	for j := range out {
		sum += j.result
	}
	fmt.Println(sum)
}
