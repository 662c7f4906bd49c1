package main

import (
	"sync"
)

func runFatal() {
	var mu sync.Mutex
	mu.Lock()
	mu.Lock()
}
