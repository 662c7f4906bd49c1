package main

import (
	"fmt"
	"sync"
)

type ordered struct {
	a, b sync.Mutex
}

func (o *ordered) ab(ready, other chan bool) {
	o.a.Lock()
	close(ready)
	<-other
	o.b.Lock()
}

func (o *ordered) ba(ready, other chan bool) {
	o.b.Lock()
	close(ready)
	<-other
	o.a.Lock()
}

func leak(c chan int) {
	c <- 1
}

func runDeadlocks() {
	o := new(ordered)
	r1, r2 := make(chan bool), make(chan bool)
	go o.ab(r1, r2)
	go o.ba(r2, r1)
	go leak(make(chan int))
	settle(3)
	fmt.Println("stuck")
}
