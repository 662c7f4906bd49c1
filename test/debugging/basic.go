package main

type point struct {
	x, y int
}

type mixed struct {
	a int8
	b int64
	s string
	p *point
}

//go:noinline
func scalars(a int, b uint8, c float64, d float32, e bool, f string, g complex128) (sum int, err error) {
	x := a + int(b)
	y := c * float64(d)
	z := f + "!"
	if e {
		x++
	}
	sum = x + len(z) + int(real(g)) // BREAK
	println(x, y, z)
	return sum, nil // BREAK
}

//go:noinline
func composite(p point, q *point, s []int, m mixed, arr [3]int16, big [20]int, mp map[string]int) int {
	total := p.x + q.y
	for i, v := range s {
		total += i * v // BREAK
	}
	local := mixed{a: m.a + 1, b: m.b, s: m.s + "?", p: q}
	arr[1] = 7
	big[3] = total
	mp["k"] = total
	print(local.s, arr[1], big[3])
	return total + int(local.a) // BREAK
}

//go:noinline
func many(a, b, c, d, e, f, g, h, i, j, k int) (r1, r2 int) {
	r1 = a + b + c + d + e
	r2 = f + g + h + i + j + k
	return // BREAK
}

type empty struct{}

//go:noinline
func odd(e empty, one [1]string, _ int, pp **point, iface any, err error) string {
	name := one[0]
	n := (*pp).x
	switch v := iface.(type) {
	case int:
		n += v // BREAK
	case string:
		name = v // BREAK
	}
	_ = e
	print(n)
	return name // BREAK
}

func main() {
	s, err := scalars(1, 2, 3.5, 0.25, true, "hello", complex(1, -2))
	q := &point{3, 4}
	t := composite(point{1, 2}, q, []int{5, 6, 7}, mixed{1, 2, "three", q}, [3]int16{1, 2, 3}, [20]int{1, 2}, map[string]int{"a": 1})
	r1, r2 := many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	n := odd(empty{}, [1]string{"one"}, 5, &q, 42, err)
	n += odd(empty{}, [1]string{"one"}, 5, &q, "text", err)
	println(s, t, r1, r2, n) // BREAK
}
