package main

import (
	"fmt"
	"io"
	"strings"
)

type shape interface {
	Area() float64
}

type square struct{ side float64 }
type circle struct{ r float64 }
type tiny int

func (s square) Area() float64  { return s.side * s.side }
func (c *circle) Area() float64 { return 3 * c.r * c.r }
func (t tiny) Area() float64    { return float64(t) }

func total(list []shape) (sum float64) {
	for _, s := range list {
		sum += s.Area()
	}
	return sum
}

func runInterfaces() {
	var none shape
	var anyNil any
	var typedNil shape = (*circle)(nil)
	list := []shape{square{2}, &circle{1}, tiny(4)}
	var r io.Reader = strings.NewReader("text")
	var e any = []string{"a", "b"}
	var err error = fmt.Errorf("wrapped: %w", io.EOF)
	t := total(list)
	fmt.Println(none, anyNil, typedNil == nil, r != nil, e, err, t)
}
