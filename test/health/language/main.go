package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"
	"sync"
	"unsafe"
)

var fails int

func check(name string, ok bool, info ...any) {
	if !ok {
		fails++
		fmt.Println("FAIL", name, info)
	}
}

type Shape interface {
	Area() float64
	Name() string
}
type base struct{ name string }

func (b *base) Name() string { return b.name }
func (b base) Copy() base    { b.name += "!"; return b }

type sq struct {
	*base
	s float64
}

func (s sq) Area() float64 { return s.s * s.s }

type Num interface{ ~int | ~int64 | ~float64 }

func Sum[T Num](xs ...T) (t T) {
	for _, x := range xs {
		t += x
	}
	return
}
func Map[T, U any](xs []T, f func(T) U) []U {
	r := make([]U, 0, len(xs))
	for _, x := range xs {
		r = append(r, f(x))
	}
	return r
}

type List[T any] struct {
	head *el[T]
	n    int
}
type el[T any] struct {
	v    T
	next *el[T]
}

func (l *List[T]) Push(v T) { l.head = &el[T]{v, l.head}; l.n++ }
func (l *List[T]) All() func(func(int, T) bool) {
	return func(y func(int, T) bool) {
		i := 0
		for e := l.head; e != nil; e = e.next {
			if !y(i, e.v) {
				return
			}
			i++
		}
	}
}

type Tree[K interface{ Less(K) bool }] struct {
	l, r *Tree[K]
	k    K
}

func (t *Tree[K]) Ins(k K) *Tree[K] {
	if t == nil {
		return &Tree[K]{k: k}
	}
	if k.Less(t.k) {
		t.l = t.l.Ins(k)
	} else {
		t.r = t.r.Ins(k)
	}
	return t
}
func (t *Tree[K]) Walk(f func(K)) {
	if t != nil {
		t.l.Walk(f)
		f(t.k)
		t.r.Walk(f)
	}
}

type ik int

func (a ik) Less(b ik) bool { return a < b }

type Color uint8

const (
	Red Color = iota
	Green
	_
	Blue
)

func (c Color) String() string { return [...]string{"R", "G", "?", "B"}[c] }

func sw(x any) string {
	switch v := x.(type) {
	case nil:
		return "nil"
	case int, int8:
		return fmt.Sprintf("i%v", v)
	case string:
		return "s" + v
	case []int:
		return fmt.Sprint("l", len(v))
	case error:
		return "e" + v.Error()
	case fmt.Stringer:
		return "st" + v.String()
	case func(int) int:
		return fmt.Sprint("f", v(2))
	default:
		return "?"
	}
}
func gotos(n int) (r int) {
i:
	if n > 0 {
		r += n
		n--
		goto i
	}
outer:
	for a := 0; ; a++ {
		for b := range 10 {
			switch {
			case b == 3:
				continue outer
			case a == 5:
				break outer
			}
			r++
		}
	}
	return
}

var order []string

func tr(s string, v int) int { order = append(order, s); return v }

func spec() {
	// order of evaluation
	m := map[int]int{}
	a := [3]int{}
	a[tr("i", 1)], m[tr("k", 2)] = tr("v1", 10), tr("v2", 20)
	check("order", strings.Join(order, "") == "ikv1v2" && a[1] == 10 && m[2] == 20, order)
	x, y := 1, 2
	x, y = y, x+y
	check("swap", x == 2 && y == 3)
	s := []int{1, 2, 3, 4, 5}
	s2 := s[1:3:4]
	s2 = append(s2, 99)
	s2 = append(s2, 100)
	check("append", s[3] == 99 && s[4] == 5 && len(s2) == 4)
	copy(s[1:], s)
	check("copy", fmt.Sprint(s) == "[1 1 2 3 99]", s)
	clear(s)
	check("clear", s[4] == 0)
	check("min", min(3, 1, 2) == 1 && max(2.5, 1) == 2.5 && min("b", "a") == "a" && math.IsNaN(min(1, math.NaN())))
	var fs []func() int
	for i := 0; i < 3; i++ {
		fs = append(fs, func() int { i *= 10; return i })
	}
	check("loopvar", fs[1]() == 10 && fs[2]() == 20 && fs[1]() == 100)
	r := 0
	for i, c := range "aé\xff世" {
		r += i * int(c)
	}
	check("rangestr", r == 1*233+3*65533+4*19990, r)
	check("goto", gotos(4) == 10+15+0, gotos(4))
	var e error
	check("sw", sw(nil)+sw(3)+sw(int8(4))+sw("x")+sw([]int{1})+sw(errors.New("q"))+sw(Blue)+sw(func(i int) int { return i * 2 })+sw(e)+sw(1.5) == "nili3i4sxl1eqstBf4nil?")
	// arithmetic
	var i8 int8 = -128
	check("wrap", -i8 == -128 && i8/(-1+int8(len(s))-5) == -128 && i8-1 == 127)
	var u8 uint8 = 200
	check("u8", u8+100 == 44 && u8<<1 == 144 && ^u8 == 55 && u8&^8 == 192)
	sh := uint(70)
	check("shift", 1<<sh == 0 && int64(-1)>>sh == -1 && uint32(1)<<(sh-38) == 0)
	f := 1e300
	check("conv", int64(math.Float64frombits(0x43E0000000000000)) == math.MinInt64 && uint8(int(f*0)+300&0xff) == 44 && float32(16777217) == 16777216)
	var i64 int64 = -7
	check("divmod", i64/2 == -3 && i64%2 == -1 && i64>>1 == -4 && i64/8 == 0 && i64%8 == -7 && uint64(i64)/10 == 1844674407370955160)
	c := complex(1, 2)
	check("cplx", c*c == complex(-3, 4) && real(c/c) == 1 && c != complex(1, 3))
	check("nan", !(math.NaN() == math.NaN()) && !(math.NaN() < 1) && math.NaN() != 1)
	// structs, arrays compare
	type k struct {
		a int8
		b string
		c [2]any
	}
	mk := map[k]int{{1, "a", [2]any{1, "x"}}: 5}
	check("mapkey", mk[k{1, "a", [2]any{1, "x"}}] == 5 && mk[k{1, "a", [2]any{1, "y"}}] == 0)
	mf := map[float64]int{math.NaN(): 1}
	mf[math.NaN()] = 2
	check("nanmap", len(mf) == 2)
	clear(mf)
	check("nanclear", len(mf) == 0)
	big := map[string][200]byte{}
	big["x"] = [200]byte{199: 7}
	check("bigmap", big["x"][199] == 7 && big["y"][0] == 0)
	mi := map[int]int{}
	for i := range 5000 {
		mi[i*7] = i
	}
	n := 0
	for k, v := range mi {
		if k != v*7 {
			if k < 1000000 {
				n = -1e9
			}
		}
		n++
		if k%3 == 0 {
			delete(mi, k)
		}
		mi[k+1000000] = 0
		if n > 4000 {
			break
		}
	}
	check("mapiter", n > 0, n)
	// embedded
	q := sq{&base{"b"}, 3}
	var sh2 Shape = q
	check("emb", sh2.Name() == "b" && sh2.Area() == 9 && q.Copy().name == "b!" && q.name == "b")
	fn := q.Area
	q.s = 10
	check("mval", fn() == 9)
	check("generic", Sum(1, 2, 3) == 6 && Sum(1.5, 2) == 3.5 && fmt.Sprint(Map([]int{1, 2}, func(i int) string { return fmt.Sprint(i * 2) })) == "[2 4]")
	var l List[string]
	l.Push("a")
	l.Push("b")
	got := ""
	for i, v := range l.All() {
		got += fmt.Sprint(i, v)
	}
	check("list", got == "0b1a" || got == "0 b1 a", got)
	var t *Tree[ik]
	for _, v := range []ik{5, 2, 8, 1} {
		t = t.Ins(v)
	}
	var out []ik
	t.Walk(func(k ik) { out = append(out, k) })
	check("tree", fmt.Sprint(out) == "[1 2 5 8]")
	check("typename", fmt.Sprintf("%T %T %T", l, t, struct {
		A []map[string]chan<- func(...int)
	}{}) == "main.List[string] *main.Tree[main.ik] struct { A []map[string]chan<- func(...int) }", fmt.Sprintf("%T %T", l, t))
	arr := [...]int{5: 1, 2, 1: 7}
	check("arrlit", len(arr) == 7 && arr[6] == 2 && arr[1] == 7)
	pa := &arr
	for i := range pa {
		pa[i]++
	}
	for i, v := range arr {
		arr[6] = 100
		if i == 6 {
			check("rangecopy", v == 3)
		}
	}
	check("str", string([]rune{65, 0x4e16}) == "A世" && string(rune(-1)) == "\uFFFD" && []byte("é")[1] == 0xa9 && []rune("é")[0] == 233 && "a"+"b" < "b")
	ar := [4]int(s[:4])
	check("sl2arr", ar == [4]int{})
	check("unsafe", unsafe.Sizeof(struct {
		a bool
		b int64
		c bool
	}{}) == 24 && unsafe.String(unsafe.StringData("abc"), 2) == "ab")
	var np *sq
	func() {
		defer func() { check("npe", strings.Contains(fmt.Sprint(recover()), "nil pointer")) }()
		_ = np.s
		fmt.Println(np.s)
	}()
	// struct with zero-size, blank
	type z struct {
		_ int
		a struct{}
		b [0]int
		c int
	}
	check("blank", z{c: 1} == z{c: 1} && reflect.TypeOf(z{}).NumField() == 4)
	sort.Slice(s, func(i, j int) bool { return s[i] > s[j] })
	ch := make(chan [10]int, 2)
	ch <- [10]int{9: 5}
	v, ok := <-ch
	check("chbig", v[9] == 5 && ok && len(ch) == 0 && cap(ch) == 2)
	lbl := 0
	switch x := 5; {
	case x > 3:
		lbl = 1
		fallthrough
	case x > 100:
		lbl += 10
	default:
		lbl = -1
	}
	check("fall", lbl == 11)
	const huge = 1 << 100
	check("const", huge>>98 == 4 && 'a'+1.0 == 'b')
	check("iota", Blue == 3 && fmt.Sprint(Green) == "G")
}

// big stack frames, many args
func many(a, b, c, d, e, f, g, h, i, j, k int, s string, x float64, arr [20]int, fn func(int) int) (int, string, [20]int, float64) {
	arr[3] = fn(a + b + c + d + e + f + g + h + i + j + k)
	return k, s + "!", arr, x * 2
}

type wide struct {
	a, b, c, d, e, f int
	s                string
}

func (w wide) With(x int) wide  { w.f = x; return w }
func (w *wide) Set(x int) *wide { w.f = x; return w }

type wi interface{ With(int) wide }

func misc() {
	k, s, arr, x := many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, "s", 1.5, [20]int{}, func(i int) int { return i * 2 })
	check("many", k == 11 && s == "s!" && arr[3] == 132 && x == 3)
	w := wide{s: "q"}
	var i wi = w
	var j wi = &w
	check("wide", i.With(3).f == 3 && j.With(4).s == "q" && w.With(1).With(2).f == 2 && w.Set(9).f == 9 && j.With(0).a == 0)
	g := wide.With
	check("mexpr", g(w, 7).f == 7)
	var wg sync.WaitGroup
	res := make([]int, 100)
	for i := range res {
		wg.Add(1)
		go func(a, b, c, d, e int, s string, arr [5]int, f float64) {
			defer wg.Done()
			res[i] = a + b + c + d + e + len(s) + arr[4] + int(f)
		}(i, 1, 2, 3, 4, "xx", [5]int{4: 5}, 2.5)
	}
	wg.Wait()
	check("goargs", res[50] == 50+10+2+5+2)
	debug.SetGCPercent(10)
	var ps []*[]string
	for i := range 2000 {
		x := []string{fmt.Sprint(i), strings.Repeat("x", i%50)}
		ps = append(ps, &x)
		if i%500 == 0 {
			runtime.GC()
		}
	}
	ok := true
	for i, p := range ps {
		ok = ok && (*p)[0] == fmt.Sprint(i) && len((*p)[1]) == i%50
	}
	check("gcslices", ok)
	var iface []any
	for i := range 1000 {
		switch i % 5 {
		case 0:
			iface = append(iface, i)
		case 1:
			iface = append(iface, fmt.Sprint(i))
		case 2:
			iface = append(iface, &wide{f: i})
		case 3:
			iface = append(iface, map[int]int{i: i})
		case 4:
			iface = append(iface, func() int { return i })
		}
	}
	runtime.GC()
	tot := 0
	for _, v := range iface {
		switch x := v.(type) {
		case int:
			tot += x
		case string:
			tot += len(x)
		case *wide:
			tot += x.f
		case map[int]int:
			for k := range x {
				tot += k
			}
		case func() int:
			tot += x()
		}
	}
	check("ifaces", tot > 0)
	m, _ := reflect.TypeOf(w).MethodByName("With")
	check("mbn", m.Func.Call([]reflect.Value{reflect.ValueOf(w), reflect.ValueOf(5)})[0].Interface().(wide).f == 5)
}

func main() {
	spec()
	misc()
	if fails > 0 {
		os.Exit(1)
	}
	fmt.Println("ok", runtime.Version())
}
