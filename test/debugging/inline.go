package main

func small(a, b int) int {
	c := a*3 + b
	return c
}

func abs(x int) int {
	if x < 0 {
		y := -x
		return y
	}
	return x
}

type vec struct{ x, y, z float64 }

func (v vec) dot(w vec) float64 { return v.x*w.x + v.y*w.y + v.z*w.z }

func (v *vec) scale(f float64) {
	v.x *= f
	v.y *= f
	v.z *= f
}

//go:noinline
func work(n int, s string) (r int) {
	t := small(n, len(s))
	for i := range n {
		u := abs(t - i*10)
		t = small(u, i) % 50 // BREAK
		if s[i%len(s)] == 'b' {
			t += 3
			println(i, t, u) // BREAK
		}
	}
	r = t
	return r // BREAK
}

//go:noinline
func vectors(a, b vec, k float64) float64 {
	a.scale(k)
	d := a.dot(b)
	e := d + b.dot(b)
	println(int(d), int(e)) // BREAK
	return d - e // BREAK
}

//go:noinline
func search(xs []string, want string) (int, bool) {
	lo, hi := 0, len(xs)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if xs[mid] < want {
			lo = mid + 1 // BREAK
		} else {
			hi = mid // BREAK
		}
	}
	found := lo < len(xs) && xs[lo] == want
	return lo, found // BREAK
}

func main() {
	r := work(6, "abc")
	v := vectors(vec{1, 2, 3}, vec{4, 5, 6}, 2)
	i, ok := search([]string{"a", "c", "e", "g", "i"}, "e")
	println(r, int(v), i, ok) // BREAK
}
