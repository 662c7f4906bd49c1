package main

type counter struct {
	n    int
	name string
}

//go:noinline
func adder(base int) func(int) int {
	calls := 0
	return func(x int) int {
		calls++
		sum := base + x + calls
		return sum // BREAK
	}
}

//go:noinline
func escapes(n int) *counter {
	c := counter{n: n, name: "c"}
	p := &c
	p.n += n
	c.name += "x" // BREAK
	return p
}

//go:noinline
func named(fail bool) (res int, msg string) {
	step := 1
	defer func() {
		if r := recover(); r != nil {
			msg = r.(string) // BREAK
			res = step
		}
	}()
	step = 2
	res = 10
	if fail {
		panic("failed")
	}
	msg = "fine" // BREAK
	return res, msg
}

//go:noinline
func nested(a int, words []string) int {
	total := 0
	outer := func(w string) {
		inner := func(k int) {
			total += k * len(w) // BREAK
		}
		inner(a)
		inner(2)
	}
	for _, w := range words {
		outer(w)
	}
	return total // BREAK
}

//go:noinline
func apply(f func(int) int, x int) int {
	y := f(x)
	return y * 2 // BREAK
}

func main() {
	add := adder(10)
	a := add(1)
	b := add(2)
	c := escapes(4)
	r, m := named(false)
	r2, m2 := named(true)
	n := nested(3, []string{"ab", "cde"})
	k := apply(func(v int) int { return v + c.n }, 5)
	println(a, b, c.n, c.name, r, m, r2, m2, n, k) // BREAK
}
