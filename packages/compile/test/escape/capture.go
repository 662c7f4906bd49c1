package main

var sink any
var fsink func() int

func once(n int) int {
	x := n
	x = 2
	f := func() int { return x } // ERROR "func literal does not escape"
	return f()
}

func later(n int) {
	x := n // ERROR "moved to heap: x"
	fsink = func() int { return x } // ERROR "func literal escapes to heap"
	x = 3
}

func before(n int) {
	x := n
	x++
	fsink = func() int { return x } // ERROR "func literal escapes to heap"
}

func loop(n int) {
	x := n // ERROR "moved to heap: x"
	x = 4
	for range n {
		fsink = func() int { return x } // ERROR "func literal escapes to heap"
	}
}

func iteration(n int) {
	for i := 0; i < n; i++ {
		fsink = func() int { return i } // ERROR "func literal escapes to heap"
	}
	for i := 0; i < n; i++ { // ERROR "moved to heap: i"
		fsink = func() int { return i } // ERROR "func literal escapes to heap"
		i++
	}
	for i := range n {
		fsink = func() int { return i } // ERROR "func literal escapes to heap"
	}
}

type T struct{ p *int }

func (t *T) get() *int { return t.p } // ERROR "leaking param: t to result ~r0 level=1"

func value(t *T) { // ERROR "leaking param content: t"
	f := t.get // ERROR "t.get does not escape"
	_ = f()
}

func spread() (*int, int) {
	x := 1 // ERROR "moved to heap: x"
	return &x, 2
}

func variadic(xs ...any) { sink = xs[0] } // ERROR "leaking param content: xs"

func pass() {
	variadic(spread()) // ERROR "argument does not escape" "spread\(\) escapes to heap"
}
