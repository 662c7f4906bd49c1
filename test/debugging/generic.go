package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

type pair[K cmp.Ordered, V any] struct {
	key K
	val V
}

type list[T any] struct {
	items []T
	next  *list[T]
}

func (l *list[T]) push(x T) int {
	l.items = append(l.items, x)
	n := len(l.items)
	return n // BREAK
}

//go:noinline
func sorted[K cmp.Ordered, V any](m map[K]V) []pair[K, V] {
	out := make([]pair[K, V], 0, len(m))
	for k, v := range m {
		p := pair[K, V]{k, v}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b pair[K, V]) int { return cmp.Compare(a.key, b.key) })
	first := out[0].key
	_ = first
	return out // BREAK
}

//go:noinline
func sum[T int | float64](xs ...T) (total T) {
	for _, x := range xs {
		total += x // BREAK
	}
	return total
}

type shape interface{ area() float64 }
type square struct{ side float64 }
type named struct {
	shape
	name string
}

func (s square) area() float64 { return s.side * s.side }

func (n *named) describe(prefix string) string {
	a := n.area()
	text := fmt.Sprintf("%s%s %.1f", prefix, n.name, a)
	up := strings.ToUpper(text)
	return up // BREAK
}

func main() {
	l := &list[string]{}
	l.push("a")
	l.push("b")
	ps := sorted(map[string]int{"z": 1, "y": 2})
	a := sum(1, 2, 3)
	b := sum(1.5, 2.5)
	n := &named{square{3}, "sq"}
	d := n.describe("> ")
	f := n.area
	fmt.Println(len(ps), ps[0].key, a, b, d, f()) // BREAK
}
