package main

import (
	"context"
	"fmt"
	"runtime/pprof"
	"sync"
)

func labelled(ctx context.Context, id int, wg *sync.WaitGroup, stop chan bool) {
	pprof.Do(ctx, pprof.Labels("kind", "worker", "id", fmt.Sprint(id)), func(context.Context) {
		wg.Done()
		<-stop
	})
}

func runLabels() {
	var wg sync.WaitGroup
	stop := make(chan bool)
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go labelled(context.Background(), i%2, &wg, stop)
	}
	wg.Wait()
	settle(3)
	fmt.Println("labelled")
	close(stop)
}
