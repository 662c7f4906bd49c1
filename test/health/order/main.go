package main

type S struct{ a, b int }

var g = 1
var s S
var arr = [4]int{1, 2, 3, 4}
var sl = []int{1, 2, 3}
var m = map[string]int{"a": 1}

//go:noinline
func f(x int) int {
	g = x
	s.a = x
	arr[1] = x
	sl[1] = x
	m["a"] = x
	return 1
}

//go:noinline
func take(a, b int) int { return a*1000 + b }

//go:noinline
func take3(a int, p *int, b int) int { return a*1000 + *p*10 + b }

func main() {
	println(g + f(10))
	println(f(20) + g)
	println(g+f(30), s.a+f(31), arr[1]+f(32), sl[1]+f(33), m["a"]+f(34))
	println(take(g, f(40)))
	println(take(s.a, f(41)), take(arr[1], f(42)), take(sl[1], f(43)), take(m["a"], f(44)))
	x := 1
	h := func(k int) int { x = k; return 2 }
	println(x + h(50))
	println(take(x, h(60)))
	a, b := x, h(70)
	println(a, b)
	a, b = g, f(71)
	println(a, b)
	c := []int{g, f(72), g}
	println(c[0], c[1], c[2])
	d := S{g, f(73)}
	println(d.a, d.b)
	println(g == 73 && f(74) == 1 && g == 74)
	p := &x
	println(*p + h(80))
	println(take3(x, p, h(90)))
	e := [2]int{x, h(91)}
	println(e[0], e[1])
	q := s
	q.a = g + f(75)*g
	println(q.a)
	arr[at()] = g + f(76)
	println(arr[0], arr[1], arr[2])
	var i any = g
	println(i.(int)+f(77), i == any(g))
	println((g+1)*2 + f(78))
	str := "x"
	ks := func() string { str = "y"; return "z" }
	println(str + ks() + str)
	println(-g + f(79))
	return2()
}

func at() int { g = 99; return 2 }

//go:noinline
func pair() (int, int) { return g, f(100) }
func return2()         { a, b := pair(); println(a, b) }

type cfg struct {
	A int
	B string
}

func parse(p *cfg) error { p.A, p.B = 7, "seven"; return nil }

func load() (cfg, error) {
	var c cfg
	return c, parse(&c)
}

type ctr struct{ n int }

func (c *ctr) inc() int     { c.n++; return c.n }
func (c ctr) val(x int) int { return c.n*10 + x }

func init() {
	c, err := load()
	println(c.A, c.B, err == nil)
	k := ctr{}
	println(k.n, k.inc(), k.n, k.inc(), k.val(k.inc()), k.n+k.inc()*k.n)
	xs := []int{1}
	add := func() int { xs = append(xs, len(xs)+1); return len(xs) }
	println(len(xs), add(), len(xs), xs[len(xs)-1], add(), cap(xs[:1]) > 0)
	println(xs[add()-1])
	mm := map[string][]int{"k": {k.n, k.inc()}, "l": {k.inc(), k.n}}
	println(mm["k"][0], mm["k"][1], mm["l"][0], mm["l"][1])
	var iface any = k
	println(iface.(ctr).n+k.inc(), func() int { return k.n }()+k.n)
	ok := k.n > 0 && k.inc() > 0
	println(ok, k.n, k.n > 100 || k.inc() == k.n)
	ch := make(chan int, 3)
	ch <- k.n + k.inc()
	println(<-ch, k.n)
	arr := [3]int{k.n, k.inc(), k.n}
	println(arr[0], arr[1], arr[2])
	ps := []*ctr{{k.n}, {k.inc()}}
	println(ps[0].n, ps[1].n)
	ms := []map[string]int{{"a": k.inc()}, {"a": k.n}, {"b": k.inc()}}
	println(ms[0]["a"], ms[1]["a"], ms[2]["b"])
	x, y, z := k.n, k.inc(), k.n
	println(x, y, z)
	k.n, x = x+k.inc(), k.n
	println(k.n, x)
	s := "a"
	t := func() string { s += "b"; return s }
	println(s+t()+s, string([]byte(s))+t(), s == t(), s[:1]+t())
	println(min(k.n, k.inc()), max(k.n, k.inc(), k.n))
	xs = append(xs, add(), len(xs), xs[0])
	println(len(xs), xs[len(xs)-1], xs[len(xs)-2], xs[len(xs)-3])
}
