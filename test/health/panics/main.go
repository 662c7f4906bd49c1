package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

type T struct {
	a [100]int
	p *T
}
type E struct{ code int }

func (e E) Error() string { return fmt.Sprintf("E%d", e.code) }

type S struct{ n int }

func (s S) String() string { return fmt.Sprintf("S%d", s.n) }

type I interface{ M() }
type J interface{ N() }
type X int

func (X) M() {}

type MyStr string
type MyInt int
type MyFloat float64

var zero int
var sl = []int{1, 2, 3}
var arr [4]int
var str = "hello"
var neg = -1
var big = 10
var nilT *T
var nilM map[string]int
var ifc any = 3
var nilI I
var nilFn func()
var big64 uint64 = 1 << 63

//go:noinline
func deref(t *T) int { return t.a[3] }

//go:noinline
func idx(s []int, i int) int { return s[i] }

//go:noinline
func recurse(n int) int {
	var b [1000]byte
	b[n%1000] = 1
	return recurse(n+1) + int(b[(n+1)%1000])
}

func (t T) Val() int { return t.a[0] }

type Em interface{ Val() int }

func nested() {
	defer func() {
		defer func() { panic("third") }()
		panic("second")
	}()
	panic("first")
}
func repanic() {
	defer func() {
		r := recover()
		panic(r)
	}()
	panic("orig")
}
func repanic2() {
	defer func() {
		recover()
		panic("new")
	}()
	panic("orig")
}

var cases = map[string]func(){
	"nilderef":   func() { deref(nilT) },
	"nilwrite":   func() { nilT.p = nilT },
	"index":      func() { idx(sl, 5) },
	"indexneg":   func() { idx(sl, neg) },
	"arrindex":   func() { arr[big] = 1 },
	"strindex":   func() { println(str[big]) },
	"uindex":     func() { println(sl[big64]) },
	"slicehi":    func() { println(len(sl[:big])) },
	"slicelohi":  func() { println(len(sl[big-7 : 2])) },
	"slicelo":    func() { println(len(sl[big:])) },
	"slicecap3":  func() { println(len(sl[0:1:big])) },
	"slice3b":    func() { println(len(sl[0 : 3 : 2-zero])) },
	"slice3c":    func() { println(len(sl[big-7 : 2+zero : 3])) },
	"strslice":   func() { println(str[big:]) },
	"strslice2":  func() { println(str[3:big]) },
	"strslice3":  func() { println(str[big-6 : 2]) },
	"strsliceng": func() { println(str[neg:]) },
	"arrslice":   func() { println(len(arr[:big])) },
	"sliceconv":  func() { println(len([4]int(sl))) },
	"sliceconvp": func() { println((*[4]int)(sl)[0]) },
	"div":        func() { println(1 / zero) },
	"mod":        func() { println(1 % zero) },
	"shift":      func() { println(1 << neg) },
	"makeneg":    func() { println(len(make([]int, neg))) },
	"makehuge":   func() { println(len(make([]int, 1<<62+zero))) },
	"makecap":    func() { println(len(make([]int, 2+zero, 1+zero))) },
	"makechan":   func() { println(make(chan int, neg)) },
	"assert1":    func() { println(ifc.(string)) },
	"assert2":    func() { println(ifc.(I)) },
	"assert3":    func() { var e any; println(e.(string)) },
	"assert4":    func() { var e any; println(e.(I)) },
	"assert5":    func() { var i I = X(1); println(i.(J)) },
	"assert6":    func() { var i I; println(i.(X)) },
	"assert7":    func() { var i any = fmt.Errorf("x"); println(i.(E).code) },
	"nilmap":     func() { nilM["x"] = 1 },
	"nilmethod":  func() { nilI.M() },
	"nilfunc":    func() { nilFn() },
	"nilgo":      func() { go nilFn(); time.Sleep(time.Second) },
	"nildefer":   func() { defer nilFn() },
	"closeclose": func() { c := make(chan int); close(c); close(c) },
	"sendclosed": func() { c := make(chan int, 1); close(c); c <- 1 },
	"closenil":   func() { var c chan int; close(c) },
	"hash":       func() { m := map[any]int{}; m[[]int{1}] = 2 },
	"cmp":        func() { var a, b any = []int{1}, []int{1}; println(a == b) },
	"cmpst":      func() { type q struct{ f any }; a, b := q{[]int{1}}, q{[]int{1}}; println(a == b) },
	"err":        func() { panic(E{4}) },
	"errw":       func() { panic(fmt.Errorf("wrap: %w", E{4})) },
	"stringer":   func() { panic(S{4}) },
	"pstr":       func() { panic("multi\nline") },
	"pmystr":     func() { panic(MyStr("my\nstr")) },
	"pmyint":     func() { panic(MyInt(5)) },
	"pfloat":     func() { panic(1.5) },
	"pmyfloat":   func() { panic(MyFloat(2.5)) },
	"pcomplex":   func() { panic(1 + 2i) },
	"pbool":      func() { panic(true) },
	"pptr":       func() { panic(struct{ a int }{1}) },
	"pnil":       func() { panic(nil) },
	"pnilerr":    func() { var e error; panic(e) },
	"nested":     nested,
	"repanic":    repanic,
	"repanic2":   repanic2,
	"goexitdl":   func() { runtime.Goexit() },
	"goexitp":    func() { defer func() { panic("in goexit") }(); runtime.Goexit() },
	"deadlock":   func() { c := make(chan int); <-c },
	"deadlock2":  func() { var mu sync.Mutex; mu.Lock(); mu.Lock() },
	"deadlock3":  func() { select {} },
	"deadlock4":  func() { var c chan int; c <- 1 },
	"deadlock5":  func() { var wg sync.WaitGroup; wg.Add(1); go func() { select {} }(); wg.Wait() },
	"unlock":     func() { var mu sync.Mutex; mu.Unlock() },
	"wgneg":      func() { var wg sync.WaitGroup; wg.Add(-1) },
	"rwunlock":   func() { var mu sync.RWMutex; mu.RUnlock() },
	"overflow":   func() { recurse(0) },
	"exitdefer":  func() { defer os.Exit(7); panic("x") },
	"exit3":      func() { defer println("no"); os.Exit(3) },
	"concmap": func() {
		m := map[int]int{}
		for k := range 2 {
			go spin(m, k)
		}
		time.Sleep(time.Minute)
	},
	"valnil":    func() { callVal(nilT) },
	"gopanic":   func() { go func() { panic(errors.New("in goroutine")) }(); time.Sleep(time.Second) },
	"errpanics": func() { panic(badErr{}) },
	"joined":    func() { panic(errors.Join(E{1}, E{2})) },
	"recoverrt": func() {
		defer func() { r := recover(); _, ok := r.(runtime.Error); println(ok); panic(fmt.Sprint("got: ", r)) }()
		idx(sl, 9)
	},
	"args": func() {
		args(1, "abc", []int{1, 2}, E{3}, 1.5, nil, [3]int8{1, 2, 3}, struct {
			a, b int
			c    string
		}{1, 2, "x"})
	},
	"method":   func() { (&R{5}).m(7) },
	"generic":  func() { gen[int](1) },
	"generic2": func() { gen("x") },
	"closure":  func() { x := 3; f := func(y int) { panic(x + y) }; f(2) },
	"inl":      func() { inl(3) },
	"rangefn": func() {
		for i := range seq {
			if i == 2 {
				panic("in range func")
			}
		}
	},
	"mval":     func() { f := (&R{5}).m; f(3) },
	"mexpr":    func() { f := (*R).m; f(&R{2}, 3) },
	"deferedp": func() { defer func() { println("ran") }(); defer (&R{5}).m(3); panic("z") },
	"loopdefer": func() {
		for i := range 3 {
			defer func() {
				println("d", i)
				if i == 1 {
					panic("again")
				}
			}()
		}
		panic("start")
	},
}

//go:noinline
func callVal(e Em) int { return e.Val() }

//go:noinline
func spin(m map[int]int, k int) {
	for {
		m[k]++
	}
}

func seq(yield func(int) bool) {
	for i := range 5 {
		if !yield(i) {
			return
		}
	}
}

type badErr struct{}

func (badErr) Error() string { panic("error in Error") }

//go:noinline
func args(a int, s string, l []int, e error, f float64, p *T, ar [3]int8, st struct {
	a, b int
	c    string
}) {
	panic("args")
}

type R struct{ x int }

//go:noinline
func (r *R) m(y int) { panic(fmt.Sprint(r.x, y)) }

//go:noinline
func gen[T any](t T) { panic(t) }
func inl(x int) int {
	if x == 3 {
		panic("inlined")
	}
	return x
}

func main() {
	if len(os.Args) < 2 {
		for k := range cases {
			fmt.Println(k)
		}
		return
	}
	cases[os.Args[1]]()
}
