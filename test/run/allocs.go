// What lives on the stack: allocations per call as gc's. Small slices of variable length and appends, strings lent to look-ups,
// interface calls whose method is certain.
package main

import (
	"fmt"
	"runtime"
	"unique"
)

// Strays of the runtime are fewer than the runs.
func allocs(f func()) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	f()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 200 {
		f()
	}
	runtime.ReadMemStats(&after)
	fmt.Println((after.Mallocs - before.Mallocs) / 200)
}

var sh unique.Handle[string]
var hb = []byte("heap bytes of some length, longer than thirty-two")
var m = map[string]int{"x": 1}

func look(s string) int { return m[s] }

type pair struct{ a, b string }

//go:noinline
func eq(a, b string) bool { return a == b }

type I interface{ M(*int) int }
type P struct{ n int }

func (p *P) M(x *int) int { p.n += *x; return p.n }

type V struct{ a, b, c, d, e int }

//go:noinline
func (v V) M(x *int) int { return v.e + *x }

func mk(b bool) I {
	if b {
		return nil
	}
	return &P{}
}

type Emb struct {
	*P
	I2
}
type I2 interface{ N() }

func wrap(i I, x *int) int { return i.M(x) }

type num int

func (n num) M(*int) int { return int(n) }

func nilReceiver() {
	defer func() { fmt.Println(recover()) }()
	var p *num
	var i I = p
	i.M(nil)
}

func main() {
	n := len(hb)
	allocs(func() { sh = unique.Make(string(hb)) })
	allocs(func() { _ = look(string(hb)) })
	allocs(func() { s := string(hb); _ = m[s]; _ = eq(s, "x") })
	allocs(func() { _ = eq(string(hb), string(hb[:3])) })
	allocs(func() { b := make([]byte, n-40); b[0] = 1; _ = eq(string(b), "q") })
	allocs(func() { b := make([]byte, 0, n); b = append(b, 1); _ = eq(string(b), "q") })
	allocs(func() { b := make([]int64, n-46); b[0] = 1; println2(b) })
	allocs(func() { var b []int64; b = append(b, 1, 2); println2(b) })
	allocs(func() {
		var b []int64
		for i := range 3 {
			b = append(b, int64(i))
		}
		println2(b)
	})
	allocs(func() { b := append([]byte(nil), hb[:10]...); println3(b) })
	allocs(func() {
		for i, c := range []byte(string(hb)) {
			_, _ = i, c
		}
	})
	allocs(func() { b := []byte("abc" + string(hb[:2])); println3(b) })
	allocs(func() { m[string(hb)]++; m2[pair{string(hb), "x"}]++ })
	allocs(func() {
		switch string(hb) {
		case "a", "b":
			panic(1)
		}
		if string(hb) == "x" || "y" < string(hb[:3]) {
			n++
		}
	})
	allocs(func() {
		x := new(int)
		*x = n
		p := &pair{"a", "b"}
		f := func() int { n++; return *x + len(p.a) }
		_ = f()
	})
	allocs(func() {
		mm := make(map[int]int)
		for i := range 8 {
			mm[i] = i
		}
	})
	allocs(func() { mm := map[string]int{"a": 1, "b": n}; _ = mm["c"] })
	allocs(func() {
		s := "a"
		for range 3 {
			s += "b"
		}
		_ = eq(s, "z")
	})
	allocs(func() { r := []rune("héllo"); _ = eq(string(r), "x") })
	allocs(func() {
		var a any = n
		if a.(int) == 3 {
			panic(a)
		}
	})
	allocs(func() { ch := make(chan int, 1); ch <- 1; <-ch })
	allocs(func() { defer func() { recover() }(); n++ })
	allocs(func() {
		for i := range 3 {
			defer func() { n += i }()
		}
	})
	allocs(func() { var v []any; v = append(v, 1, "a", n); sink2(v) })
	allocs(func() { var i I = &P{}; x := 3; i.M(&x) })
	allocs(func() { var i I = V{e: 1}; x := 3; i.M(&x) })
	allocs(func() { i := mk(false); x := 3; i.M(&x) })
	allocs(func() { x := 3; wrap(V{}, &x); wrap(&P{}, &x) })
	allocs(func() { x := 3; var i I = Emb{P: &P{}}; i.M(&x); i = Emb{P: &P{}}; i.M(&x) })
	allocs(func() {
		x := 3
		var i I = V{}
		if x == 3 {
			i = &P{}
		}
		i.M(&x)
	})
	nilReceiver()
}

var m2 = map[pair]int{}

//go:noinline
func println2(b []int64) {}

//go:noinline
func println3(b []byte) {}

//go:noinline
func sink2(b []any) {}
