package main

import (
	"cmp"
	"fmt"
)

type number interface{ ~int | ~float64 }

type pair[K comparable, V any] struct {
	Key K
	Val V
}

type stack[T any] struct{ items []T }

func (s *stack[T]) push(v T) { s.items = append(s.items, v) }

func (s *stack[T]) pop() (v T, ok bool) {
	if len(s.items) == 0 {
		return v, false
	}
	v = s.items[len(s.items)-1]
	s.items = s.items[:len(s.items)-1]
	return v, true
}

func sum[T number](list ...T) (total T) {
	for _, v := range list {
		total += v
	}
	return total
}

func biggest[T cmp.Ordered](a, b T) T {
	if a > b {
		return a
	}
	return b
}

type celsius float64

func runGenerics() {
	p := pair[string, int]{"one", 1}
	q := pair[int, *pair[string, int]]{2, &p}
	var s stack[pair[string, int]]
	s.push(p)
	s.push(pair[string, int]{"two", 2})
	top, ok := s.pop()
	fmt.Println(p, q.Val.Key, top, ok)
	fmt.Println(sum(1, 2, 3), sum(1.5, celsius(2)), biggest("a", "b"))
}
