package main

import (
	"errors"
	"fmt"
)

var errBad = errors.New("bad thing")

type failure struct {
	code int
	why  string
}

func (f failure) Error() string { return fmt.Sprintf("%d: %s", f.code, f.why) }

func mayPanic(n int) int {
	if n == 1 {
		panic(errBad)
	}
	if n == 2 {
		panic(failure{7, "custom"})
	}
	if n == 3 {
		var p *failure
		return p.code
	}
	return n
}

func guarded(n int) (out string) {
	defer func() {
		if r := recover(); r != nil {
			out = fmt.Sprint("recovered: ", r)
		}
	}()
	v := mayPanic(n)
	return fmt.Sprint("fine ", v)
}

func runPanics() {
	for i := 0; i < 4; i++ {
		s := guarded(i)
		fmt.Println(s)
	}
}
