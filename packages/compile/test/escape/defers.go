package main

func use(p *int) { *p++ } // ERROR "p does not escape"

func plain() {
	x := 1
	defer use(&x)
}

func loop(n int) {
	for i := range n {
		x := i // ERROR "moved to heap: x"
		defer use(&x)
	}
}

func concurrent() {
	x := 1 // ERROR "moved to heap: x"
	go use(&x)
}

func builtin(m map[string]int, b []byte) { // ERROR "leaking param: m" "b does not escape"
	defer delete(m, string(b)) // ERROR "string\(b\) does not escape"
	for range 2 {
		defer clear(m)
	}
}

func named() (err error) {
	defer func() { // ERROR "func literal does not escape"
		err = nil
	}()
	return nil
}
