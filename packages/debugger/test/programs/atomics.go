package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

type shared struct {
	n    atomic.Int64
	p    atomic.Pointer[string]
	mu   sync.RWMutex
	once sync.Once
	data map[string]int
}

func runAtomics() {
	s := &shared{data: map[string]int{}}
	text := "pointed"
	s.p.Store(&text)
	var wg sync.WaitGroup
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			s.n.Add(int64(i))
			s.mu.Lock()
			s.data["k"] += i
			s.mu.Unlock()
		}()
	}
	wg.Wait()
	fmt.Println(s.n.Load(), *s.p.Load(), s.data)
}
