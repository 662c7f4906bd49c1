package main

import (
	"errors"
	"fmt"
	"strings"
)

type point struct {
	x, y int
	name string
}

func add(a, b int) int {
	c := a + b
	return c
}

func deferred(p *point) {
	defer func() {
		p.x++
	}()
	p.y = add(p.x, 2)
}

func safe(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("recovered: %v", r)
		}
	}()
	f()
	return nil
}

func gen(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

func main() {
	p := &point{1, 2, "origin"}
	deferred(p)
	total := 0
	for i := 0; i < 10; i++ {
		total = add(total, i)
	}
	err := safe(func() {
		panic(errors.New("boom"))
	})
	fmt.Println(p.x, p.y, total, err)
	for v := range gen(3) {
		fmt.Println("v", v)
	}
	m := map[string]int{"a": 1, "b": 2}
	s := []string{"x", "y", strings.Repeat("z", 100)}
	fmt.Println(len(m), s[0])
}
