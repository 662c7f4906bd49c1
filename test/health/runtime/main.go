package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unique"
	"weak"
)

var fails int

func check(name string, ok bool, info ...any) {
	if !ok {
		fails++
		fmt.Println("FAIL", name, info)
	}
}
func run(name string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			fails++
			fmt.Println("PANIC", name, r)
			debug.PrintStack()
		}
	}()
	f()
}

// ---- defers
func open1(x int) (r int, err error) {
	defer func() {
		if e := recover(); e != nil {
			err = fmt.Errorf("rec %v", e)
			r *= 2
		}
	}()
	r = x
	if x > 5 {
		panic("big")
	}
	defer func() { r++ }()
	return r + 10, nil
}
func loopDefer(n int) (s string) {
	for i := range n {
		defer func() { s += fmt.Sprint(i) }()
	}
	return "x"
}
func condDefer(a, b bool) (s string) {
	if a {
		defer func() { s += "a" }()
	}
	if b {
		defer func() { s += "b" }()
	}
	defer func(t string) { s += t }(s + "c")
	return "r"
}

type M struct{ log *[]string }

func (m M) val(s string)  { *m.log = append(*m.log, "v"+s) }
func (m *M) ptr(s string) { *m.log = append(*m.log, "p"+s) }

type Mi interface{ val(string) }

func methDefer() string {
	var l []string
	func() {
		m := M{&l}
		defer m.val("1")
		defer (&m).ptr("2")
		f := m.val
		defer f("3")
		var i Mi = m
		defer i.val("4")
		g := (*M).ptr
		defer g(&m, "5")
		defer func() { m.val("6") }()
	}()
	return strings.Join(l, ",")
}
func recHelper() any { return recover() }
func recDirect() (r any) {
	defer func() { r = recover() }()
	panic("d")
}
func recNested() (r any) {
	defer func() { recover() }()
	defer func() {
		r = recHelper() // not called directly by deferred function: nil
		func() {        // also nil
			if recover() != nil {
				r = "bad"
			}
		}()
	}()
	panic("n")
}
func recDeferredHelper() (r any) {
	defer func() { r = recover() }()
	defer recHelper() // recovers
	panic("n")
}

type rec struct{ r *any }

func (x rec) Do()   { *x.r = recover() }
func (x *rec) PDo() { *x.r = recover() }

type doer interface{ Do() }

func recMethod() (a, b, c, d any) {
	func() { defer rec{&a}.Do(); panic(1) }()
	func() { defer (&rec{&b}).PDo(); panic(2) }()
	func() { var x doer = rec{&c}; defer x.Do(); panic(3) }()
	func() { var x doer = &rec{&d}; defer x.Do(); panic(4) }() // via wrapper
	return
}
func recBuiltin() (ok bool) {
	defer func() { ok = recover() != nil }()
	func() {
		defer recover() // directly deferred recover: does recover? spec: no effect -> since called directly by defer
		panic("x")
	}()
	return false
}
func repanicChain() (s string) {
	defer func() {
		s = fmt.Sprint(recover())
	}()
	defer func() {
		defer func() {
			s2 := recover()
			panic(fmt.Sprint(s2, "+c"))
		}()
		panic(fmt.Sprint(recover(), "+b"))
	}()
	panic("a")
}
func goexit() string {
	ch := make(chan string, 3)
	go func() {
		defer close(ch)
		defer func() { ch <- fmt.Sprint(recover()) }()
		defer func() { ch <- "d" }()
		func() { runtime.Goexit() }()
		ch <- "bad"
	}()
	var s string
	for x := range ch {
		s += x + ";"
	}
	return s
}
func panicInGoexit() string {
	ch := make(chan string, 3)
	go func() {
		defer close(ch)
		defer func() { ch <- fmt.Sprint(recover()) }()
		defer func() { panic("p") }()
		runtime.Goexit()
	}()
	var s string
	for x := range ch {
		s += x + ";"
	}
	return s
}
func recLoop() (n int) {
	for i := range 5 {
		func() {
			defer func() {
				if recover() != nil {
					n += i
				}
			}()
			var a []int
			_ = a[i]
		}()
	}
	return
}
func deferHeapLoopRecover() (s string) {
	for i := range 3 {
		defer func() {
			if r := recover(); r != nil {
				s += fmt.Sprint(i, r)
				if i > 0 {
					panic(fmt.Sprint("p", i))
				}
			}
		}()
	}
	panic("start")
}
func manyDefers() (n int) {
	defer func() { n++ }()
	defer func() { n++ }()
	defer func() { n++ }()
	defer func() { n++ }()
	defer func() { n++ }()
	defer func() { n++ }()
	defer func() { n++ }()
	defer func() { n++ }()
	defer func() { n++ }()
	defer func() { n++; recover() }()
	panic(1)
}
func named() (a int, b string, c []int, d [3]int, e error) {
	defer func() { recover() }()
	a, b, c, d = 1, "two", []int{3}, [3]int{4, 5, 6}
	e = errors.New("seven")
	var p *int
	*p = 1
	return
}
func deferModify() (x int) { defer func() { x *= 3 }(); x = 2; return x + 1 }
func deferArgsEval() string {
	var sb strings.Builder
	x := 1
	func() {
		defer fmt.Fprint(&sb, "a", x)
		x = 2
		defer fmt.Fprint(&sb, "b", x)
		x = 3
	}()
	return sb.String()
}
func rangeFuncDefer() (s string) {
	seq := func(yield func(int) bool) {
		for i := range 3 {
			if !yield(i) {
				return
			}
		}
		s += "end "
	}
	for i := range seq {
		defer func() { s += fmt.Sprint("d", i) }()
	}
	s += "ret "
	return s
}
func rangeFuncRecover() (r any) {
	defer func() { r = recover() }()
	for i := range func(y func(int) bool) { y(1); y(2) } {
		if i == 2 {
			panic("rf")
		}
	}
	return nil
}
func rangeFuncBad() (r any) {
	defer func() { r = recover() }()
	for range func(y func(int) bool) { y(1); y(2) } {
		break
	}
	return nil
}

func tDefers() {
	r, err := open1(3)
	check("open1", r == 14 && err == nil, r, err)
	r, err = open1(6)
	check("open1p", r == 12 && err != nil && err.Error() == "rec big", r, err)
	check("loop", loopDefer(5) == "x43210", loopDefer(5))
	check("cond", condDefer(true, true) == "rcba" && condDefer(true, false) == "rca" && condDefer(false, true) == "rcb" && condDefer(false, false) == "rc", condDefer(true, true))
	check("meth", methDefer() == "v6,p5,v4,v3,p2,v1", methDefer())
	check("rec", recDirect() == "d")
	check("recNested", recNested() == nil, recNested())
	check("recDH", recDeferredHelper() == nil)
	a, b, c, d := recMethod()
	check("recM", a == 1 && b == 2 && c == 3 && d == 4, a, b, c, d)
	check("recBuiltin", recBuiltin())
	check("chain", repanicChain() == "a+b+c", repanicChain())
	check("goexit", goexit() == "d;<nil>;", goexit())
	check("pgoexit", panicInGoexit() == "p;", panicInGoexit())
	check("recLoop", recLoop() == 10)
	check("dhl", func() (s string) { defer func() { s = fmt.Sprint(recover()) }(); return deferHeapLoopRecover() }() != "")
	check("many", manyDefers() == 10, manyDefers())
	x1, x2, x3, x4, x5 := named()
	check("named", x1 == 1 && x2 == "two" && len(x3) == 1 && x4 == [3]int{4, 5, 6} && x5.Error() == "seven", x1, x2, x3, x4, x5)
	check("mod", deferModify() == 9)
	check("args", deferArgsEval() == "b2a1", deferArgsEval())
	check("rfd", rangeFuncDefer() == "end ret d2d1d0", rangeFuncDefer())
	check("rfr", rangeFuncRecover() == "rf")
	rb := rangeFuncBad()
	check("rfb", rb != nil && strings.Contains(fmt.Sprint(rb), "range function continued"), rb)
}

// ---- goroutines
func tGoroutines() {
	const N = 100000
	var wg sync.WaitGroup
	var n atomic.Int64
	c := make(chan int, 100)
	for i := range N {
		wg.Add(1)
		go func() {
			defer wg.Done()
			n.Add(int64(i))
			if i%1000 == 0 {
				runtime.Gosched()
			}
		}()
	}
	wg.Wait()
	check("storm", n.Load() == N*(N-1)/2, n.Load())
	block := make(chan bool)
	for range 100000 {
		wg.Add(1)
		go func() { <-block; wg.Done() }()
	}
	runtime.GC()
	close(block)
	wg.Wait()
	go func() {
		for i := range 10000 {
			c <- i
		}
		close(c)
	}()
	s := 0
	for x := range c {
		s += x
	}
	check("chan", s == 49995000)
	// ring
	first := make(chan int)
	in := first
	for range 10000 {
		out := make(chan int)
		go func(in, out chan int) { out <- 1 + <-in }(in, out)
		in = out
	}
	first <- 0
	check("ring", <-in == 10000)
}
func sieve(n int) int {
	ch := make(chan int)
	c0 := ch
	go func() {
		for i := 2; ; i++ {
			c0 <- i
		}
	}()
	p := 0
	for range n {
		p = <-ch
		c2 := make(chan int)
		go func(in, out chan int, p int) {
			for {
				if i := <-in; i%p != 0 {
					out <- i
				}
			}
		}(ch, c2, p)
		ch = c2
	}
	return p
}
func tSelect() {
	check("sieve", sieve(100) == 541)
	a, b, q := make(chan int), make(chan string), make(chan bool)
	go func() {
		for i := range 100 {
			a <- i
		}
		q <- true
	}()
	go func() {
		for range 100 {
			b <- "x"
		}
		q <- true
	}()
	na, nb, nq := 0, 0, 0
	for nq < 2 {
		select {
		case <-a:
			na++
		case s, ok := <-b:
			if ok {
				nb += len(s)
			}
		case <-q:
			nq++
		}
	}
	check("select", na == 100 && nb == 100)
	select {
	case <-a:
		check("def", false)
	default:
	}
	var nilc chan int
	select {
	case nilc <- 1:
		check("nil", false)
	case <-time.After(10 * time.Millisecond):
	}
	full := make(chan int, 1)
	full <- 1
	select {
	case full <- 2:
		check("full", false)
	default:
	}
	select {
	case x, ok := <-full:
		check("rcv", x == 1 && ok)
	default:
		check("rcvd", false)
	}
	close(full)
	x, ok := <-full
	check("closed", x == 0 && !ok)
	// many-case select
	chs := make([]chan int, 8)
	for i := range chs {
		chs[i] = make(chan int, 1)
	}
	cnt := 0
	for i := range 800 {
		chs[i%8] <- i
		select {
		case <-chs[0]:
			cnt++
		case <-chs[1]:
			cnt++
		case <-chs[2]:
			cnt++
		case <-chs[3]:
			cnt++
		case <-chs[4]:
			cnt++
		case <-chs[5]:
			cnt++
		case <-chs[6]:
			cnt++
		case <-chs[7]:
			cnt++
		}
	}
	check("many", cnt == 800)
}
func tTimers() {
	t0 := time.Now()
	ti := time.NewTicker(5 * time.Millisecond)
	for range 5 {
		<-ti.C
	}
	ti.Stop()
	check("ticker", time.Since(t0) >= 20*time.Millisecond)
	var order []int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, d := range []int{30, 10, 20} {
		wg.Add(1)
		time.AfterFunc(time.Duration(d)*3*time.Millisecond, func() { mu.Lock(); order = append(order, d); mu.Unlock(); wg.Done() })
	}
	wg.Wait()
	check("order", fmt.Sprint(order) == "[10 20 30]", order)
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), "k", 5), 20*time.Millisecond)
	defer cancel()
	<-ctx.Done()
	check("ctx", errors.Is(ctx.Err(), context.DeadlineExceeded) && ctx.Value("k") == 5)
	ctx2, c2 := context.WithCancelCause(context.Background())
	ctx3, c3 := context.WithCancel(ctx2)
	defer c3()
	stop := context.AfterFunc(ctx3, func() {})
	_ = stop
	c2(errors.New("why"))
	<-ctx3.Done()
	check("cause", context.Cause(ctx3).Error() == "why")
	tm := time.NewTimer(time.Hour)
	check("stop", tm.Stop())
	tm.Reset(time.Millisecond)
	<-tm.C
}
func tSync() {
	var mu sync.Mutex
	var rw sync.RWMutex
	var n int
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range 1000 {
				mu.Lock()
				n++
				mu.Unlock()
			}
			for range 100 {
				rw.RLock()
				_ = n
				rw.RUnlock()
			}
			rw.Lock()
			n += 0
			rw.Unlock()
		})
	}
	wg.Wait()
	check("mutex", n == 50000, n)
	var once sync.Once
	for range 3 {
		once.Do(func() { n++ })
	}
	check("once", n == 50001)
	ov := sync.OnceValue(func() int { n++; return n })
	check("oncev", ov() == ov())
	cond := sync.NewCond(&mu)
	ready := false
	go func() { mu.Lock(); ready = true; cond.Broadcast(); mu.Unlock() }()
	mu.Lock()
	for !ready {
		cond.Wait()
	}
	mu.Unlock()
	var m sync.Map
	for i := range 1000 {
		m.Store(i, fmt.Sprint(i))
	}
	v, _ := m.Load(77)
	check("map", v == "77")
	c := 0
	m.Range(func(k, v any) bool { c++; return true })
	check("range", c == 1000)
	pool := sync.Pool{New: func() any { return new([100]int) }}
	for range 1000 {
		p := pool.Get().(*[100]int)
		p[5] = 1
		pool.Put(p)
	}
	runtime.GC()
	runtime.GC()
	check("pool", pool.Get() != nil)
	var av atomic.Value
	av.Store("x")
	check("av", av.Load() == "x" && av.CompareAndSwap("x", "y"))
	var ap atomic.Pointer[int]
	z := 4
	ap.Store(&z)
	check("ap", *ap.Load() == 4)
	var i32 atomic.Int32
	check("and", i32.Add(7) == 7 && i32.And(3) == 7 && i32.Or(8) == 3 && i32.Load() == 11)
	// concurrent map detection free use
	var u32 atomic.Uint32
	check("cas", u32.CompareAndSwap(0, 3) && u32.Swap(9) == 3)
}

type node struct {
	l, r *node
	v    int
}

func tree(d int) *node {
	if d == 0 {
		return &node{v: 1}
	}
	return &node{tree(d - 1), tree(d - 1), d}
}
func (n *node) sum() int {
	if n == nil {
		return 0
	}
	return n.l.sum() + n.r.sum() + 1
}

func tGC() {
	fin := make(chan int, 10)
	func() {
		x := &node{v: 7}
		runtime.SetFinalizer(x, func(n *node) { fin <- n.v })
		y := &node{v: 8}
		runtime.AddCleanup(y, func(v int) { fin <- v }, 9)
	}()
	w := weak.Make(tree(3))
	for range 5 {
		runtime.GC()
		time.Sleep(5 * time.Millisecond)
	}
	got := 0
	for range 2 {
		select {
		case v := <-fin:
			got += v
		case <-time.After(2 * time.Second):
		}
	}
	check("fin", got == 16, got)
	check("weak", w.Value() == nil)
	h := unique.Make("abc")
	check("unique", h == unique.Make("ab"+string([]byte{'c'})) && h.Value() == "abc")
	live := tree(14)
	for range 20 {
		tree(12)
	}
	check("tree", live.sum() == 1<<15-1)
	ms := map[string][]*node{}
	for i := range 2000 {
		k := fmt.Sprint(i % 100)
		ms[k] = append(ms[k], &node{v: i})
	}
	t := 0
	for _, l := range ms {
		for _, n := range l {
			t += n.v
		}
	}
	check("ms", t == 1999000)
	runtime.KeepAlive(live)
}

func grow(n int, p *int, s []byte) int {
	var buf [256]byte
	for i := range buf {
		buf[i] = byte(n)
	}
	x := n
	q := &x
	*p += 1
	if n == 0 {
		return len(s)
	}
	r := grow(n-1, q, buf[:])
	if buf[17] != byte(n) || x != n+1 && n > 0 {
		panic(fmt.Sprint("corrupt ", n, " ", x))
	}
	return r + *q - n
}
func tStack() {
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			x := 0
			if r := grow(5000+g, &x, nil); r != 256+5000+g {
				check("grow", false, r)
			}
		})
	}
	wg.Wait()
	var rec func(n int) int
	rec = func(n int) int {
		if n == 0 {
			return 0
		}
		var a [64]int
		a[n%64] = n
		return rec(n-1) + a[n%64] - n + 1
	}
	check("deep", rec(100000) == 100000)
}

var sink int

func tPreempt() {
	old := runtime.GOMAXPROCS(1)
	var stop atomic.Bool
	go func() {
		for !stop.Load() {
		}
	}()
	go func() {
		for i := 0; i < 1<<31; i++ {
			sink += i
		}
	}()
	for range 5 {
		time.Sleep(5 * time.Millisecond)
		runtime.GC()
	}
	runtime.GOMAXPROCS(4)
	for range 5 {
		time.Sleep(time.Millisecond)
		runtime.GC()
	}
	stop.Store(true)
	runtime.GOMAXPROCS(old)
}

func tSort() {
	x := make([]int, 10000)
	for i := range x {
		x[i] = (i * 7919) % 10007
	}
	sort.Ints(x)
	check("sort", sort.IntsAreSorted(x))
}

func main() {
	for _, t := range []struct {
		n string
		f func()
	}{{"preempt", tPreempt}, {"defers", tDefers}, {"goroutines", tGoroutines}, {"select", tSelect}, {"timers", tTimers}, {"sync", tSync}, {"gc", tGC}, {"stack", tStack}, {"sort", tSort}} {
		if len(os.Args) > 1 && !strings.Contains(os.Args[1], t.n) {
			continue
		}
		t0 := time.Now()
		run(t.n, t.f)
		fmt.Println(t.n, time.Since(t0).Round(time.Millisecond))
	}
	if fails > 0 {
		os.Exit(1)
	}
	fmt.Println("ok")
}
