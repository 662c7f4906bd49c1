// Stacktorture makes goroutine stacks grow and shrink in all kinds of places
// and checks that every pointer into them was moved with them: deep recursion,
// frames of many sizes, pointers to locals of callers, closures, defers,
// panics and recovers across growth, method values, interface and reflect
// calls, callbacks of sort, range-over-func bodies, and many goroutines.
package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
)

var failed bool

func check(ok bool, format string, args ...any) {
	if !ok {
		failed = true
		fmt.Fprintf(os.Stderr, "stacktorture: "+format+"\n", args...)
	}
}

// node is a list through frames: each lives in the frame of one call.
type node struct {
	up    *node
	value int
	buf   [8]int
}

// chain walks down; at the bottom the whole list is read through the frames.
//
//go:noinline
func chain(up *node, depth int) int {
	n := node{up: up, value: depth}
	for i := range n.buf {
		n.buf[i] = depth + i
	}
	if depth == 0 {
		sum := 0
		for p := &n; p != nil; p = p.up {
			check(p.buf[7] == p.value+7, "chain: frame %d has %d", p.value, p.buf[7])
			sum += p.value
		}
		return sum
	}
	sum := chain(&n, depth-1)
	check(n.value == depth && n.buf[3] == depth+3, "chain: frame %d after the call: %d", depth, n.value)
	return sum
}

// sized has a frame that depends on T; p points into the caller's.
//
//go:noinline
func sized[T any](depth int, p *int, next func(int, *int) int) int {
	var local T
	mine := depth
	q := &local
	if depth > 0 {
		*p += next(depth-1, &mine)
	}
	runtime.KeepAlive(q)
	return mine
}

// mixedSizes recurses through frames from bytes to pages.
func mixedSizes(depth int, p *int) int {
	switch depth % 5 {
	case 0:
		return sized[byte](depth, p, mixedSizes)
	case 1:
		return sized[[100]int](depth, p, mixedSizes)
	case 2:
		return sized[[1000]byte](depth, p, mixedSizes)
	case 3:
		return sized[[700]int](depth, p, mixedSizes)
	}
	return sized[[30_000]byte](depth, p, mixedSizes)
}

// use makes the stack grow by about n KB.
//
//go:noinline
func use(n int) (sum int) {
	var page [1024]byte
	page[n%1024] = 1
	if n > 0 {
		sum = use(n - 1)
	}
	for _, b := range page {
		sum += int(b)
	}
	return sum
}

// deferred runs defers that grow the stack and change results through pointers.
func deferred(depth int) (result int, err error) {
	local := depth
	defer func() { result += local }()
	defer func(p *int) {
		use(20)
		*p++
	}(&local)
	for i := range 3 {
		defer func() {
			if i == 1 {
				use(40)
			}
			local += i
		}()
	}
	if depth == 0 {
		return 0, errBottom
	}
	r, err := deferred(depth - 1)
	return r + 1, err
}

var errBottom = errors.New("bottom")

// thrown panics deep down; frames recover, grow, and panic again.
func thrown(depth int) (log string) {
	if depth == 0 {
		var none []int
		return fmt.Sprint(none[use(3)])
	}
	marker := depth
	p := &marker
	defer func() {
		v := recover()
		use(15)
		if v == nil {
			return
		}
		check(*p == depth, "thrown: %d has %d", depth, *p)
		if depth%10 != 0 {
			panic(v)
		}
		if e, ok := v.(runtime.Error); ok {
			log = e.Error()
			v = log
		}
		log = fmt.Sprint(v, "<", depth)
		if depth < 50 {
			panic(log)
		}
	}()
	return thrown(depth - 1)
}

type adder struct {
	base int
	seen []*int
}

func (a *adder) add(p *int, depth int) int {
	use(depth)
	a.seen = append(a.seen, p)
	return a.base + *p
}

type adding interface{ add(*int, int) int }

// indirect calls through method values, interfaces, reflect and closures.
func indirect() int {
	x := 1
	a := adder{base: 100}
	f := a.add
	var i adding = &a
	total := f(&x, 30) + i.add(&x, 60)
	x = 2
	m := reflect.ValueOf(&a).MethodByName("Grow")
	check(!m.IsValid(), "reflect: unexported methods are not visible")
	fn := reflect.MakeFunc(reflect.TypeOf(f), func(args []reflect.Value) []reflect.Value {
		use(80)
		return []reflect.Value{reflect.ValueOf(*args[0].Interface().(*int) * int(args[1].Int()))}
	}).Interface().(func(*int, int) int)
	total += fn(&x, 21)
	total += int(reflect.ValueOf(fn).Call([]reflect.Value{reflect.ValueOf(&x), reflect.ValueOf(4)})[0].Int())
	for _, p := range a.seen {
		check(*p == 2, "indirect: pointer to a local sees %d", *p)
	}
	return total
}

// callbacks grow the stack inside of library code that holds pointers.
func callbacks() string {
	words := strings.Fields("the stack grows while the library sorts and searches and maps these words")
	calls := 0
	grow := func() {
		calls++
		use(calls % 37)
	}
	sort.Slice(words, func(i, j int) bool { grow(); return words[i] < words[j] })
	i, found := slices.BinarySearchFunc(words, "stack", func(a, b string) int { grow(); return strings.Compare(a, b) })
	up := strings.Map(func(r rune) rune {
		grow()
		if r == ' ' {
			return '-'
		}
		return r - 32
	}, strings.Join(words, " "))
	return fmt.Sprint(up, i, found)
}

// sequence is a range-over-func whose body and iterator both grow the stack.
func sequence() (sum int) {
	iterate := func(yield func(int, *int) bool) {
		for i := range 50 {
			cell := i
			use(i)
			if !yield(i, &cell) {
				return
			}
			sum += cell
		}
	}
	local := 0
	for i, p := range iterate {
		use(50 - i)
		local += i
		*p *= 2
		if i == 40 {
			break
		}
	}
	check(local == 820, "sequence: %d", local)
	return sum
}

// shrink: the collector halves stacks that are mostly unused.
func shrink(rounds int) int {
	anchor := [4]int{1, 2, 3, 4}
	p := &anchor[2]
	total := 0
	for range rounds {
		total += use(500)
		runtime.GC()
		runtime.GC()
		check(*p == 3 && p == &anchor[2], "shrink: %d", *p)
	}
	return total
}

func goroutines(n int) int {
	var wg sync.WaitGroup
	results := make([]int, n)
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			results[i] = chain(nil, i%200)
		})
	}
	close(start)
	wg.Wait()
	sum := 0
	for i, r := range results {
		d := i % 200
		check(r == d*(d+1)/2, "goroutine %d: %d", i, r)
		sum += r
	}
	return sum
}

// waiting has 100,000 goroutines wait at once, then wakes them.
func waiting(n int) int {
	var ready, done sync.WaitGroup
	ready.Add(n)
	gate := make(chan int)
	sums := make(chan int, n)
	for i := range n {
		done.Go(func() {
			mine := i
			p := &mine
			ready.Done()
			*p += <-gate
			sums <- *p
		})
	}
	ready.Wait()
	runtime.GC()
	close(gate)
	done.Wait()
	close(sums)
	total := 0
	for s := range sums {
		total += s
	}
	return total
}

// overflow cannot be recovered from, but a deep stack within the limit can.
func veryDeep() int {
	result := make(chan int)
	go func() { result <- chain(nil, 300_000) }()
	return <-result
}

func main() {
	fmt.Println("chain", chain(nil, 10_000))
	top := 0
	fmt.Println("sizes", mixedSizes(1000, &top), top)
	r, err := deferred(300)
	fmt.Println("deferred", r, errors.Is(err, errBottom))
	fmt.Println("thrown", thrown(55))
	fmt.Println("indirect", indirect())
	fmt.Println("callbacks", callbacks())
	fmt.Println("sequence", sequence())
	fmt.Println("shrink", shrink(5))
	fmt.Println("goroutines", goroutines(5000))
	fmt.Println("waiting", waiting(100_000))
	fmt.Println("very deep", veryDeep())
	if failed {
		os.Exit(1)
	}
	fmt.Println("ok")
}
