// Gctorture works the garbage collector hard and checks that nothing it must
// keep is lost and that what it must notice is noticed: deep stacks of
// pointers, trees and lists of millions of objects, interior pointers, maps,
// channels, interfaces, closures, finalizers, cleanups, weak pointers, and
// tight loops that can only be stopped by preemption.
//
//	gctorture [-scale 1] [-rounds 2] [-for 0s]
//
// Run it with GOGC=1 and GODEBUG=gccheckmark=1,clobberfree=1 too. With -for the
// rounds go on until the time is over; each prints nothing but its first.
package main

import (
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
	"weak"
)

// tree is a binary tree whose nodes know a value that depends on their place.
type tree struct {
	left, right *tree
	value       uint64
	pad         [3]uint64
}

func grow(depth int, value uint64) *tree {
	t := &tree{value: value, pad: [3]uint64{^value, value << 1, value >> 1}}
	if depth > 0 {
		t.left, t.right = grow(depth-1, 2*value), grow(depth-1, 2*value+1)
	}
	return t
}

func (t *tree) check(value uint64) (n uint64) {
	if t == nil {
		return 0
	}
	if t.value != value || t.pad != [3]uint64{^value, value << 1, value >> 1} {
		fail("tree: node %d has %d %v", value, t.value, t.pad)
	}
	return 1 + t.left.check(2*value) + t.right.check(2*value+1)
}

var failures atomic.Int64

func fail(format string, args ...any) {
	failures.Add(1)
	fmt.Fprintf(os.Stderr, "gctorture: "+format+"\n", args...)
}

func trees(scale int) string {
	keep := grow(15, 1)
	n := uint64(0)
	for i := range 20 * scale {
		n += grow(10, uint64(i)+1).check(uint64(i) + 1)
	}
	return fmt.Sprint(keep.check(1), " kept, ", n, " thrown away")
}

// deep keeps pointers in many frames, live only there.
func deep(n int, up *int) int {
	mine := new(int)
	*mine = n
	var sum int
	if n > 0 {
		sum = deep(n-1, mine)
	} else {
		runtime.GC()
	}
	if *mine != n || up != nil && *up != n+1 {
		fail("deep: frame %d has %d", n, *mine)
	}
	return sum + *mine
}

func deepStacks(scale int) string {
	sums := make(chan int)
	for range 4 {
		go func() { sums <- deep(20_000, nil) }()
	}
	total := 0
	for range 4 {
		total += <-sums
	}
	for range scale {
		total += deep(1000, nil)
	}
	return fmt.Sprint(total / (scale + 4*400))
}

// interior keeps objects by pointers into their middle.
func interior(scale int) string {
	type big struct {
		head [100]byte
		mid  [4]*string
		tail []int
	}
	const n = 20_000
	fields := make([]**string, n)
	bytes := make([]*byte, n)
	tails := make([][]int, n)
	for range scale {
		for i := range n {
			b := &big{tail: []int{i, i + 1, i + 2}}
			s := fmt.Sprint("string ", i)
			b.mid[i%4] = &s
			b.head[i%100] = byte(i)
			fields[i], bytes[i], tails[i] = &b.mid[i%4], &b.head[i%100], b.tail[1:2:2]
		}
		runtime.GC()
		for i := range n {
			if **fields[i] != fmt.Sprint("string ", i) || *bytes[i] != byte(i) || tails[i][0] != i+1 {
				fail("interior: object %d", i)
			}
			// Arithmetic within the object, as package unsafe allows it.
			p := (*byte)(unsafe.Add(unsafe.Pointer(bytes[i]), -(i % 100)))
			if i%100 != 0 && *p != 0 {
				fail("interior: first byte of %d", i)
			}
		}
	}
	return fmt.Sprint(n)
}

type shape interface{ area() float64 }
type square struct{ side *float64 }
type circle struct {
	name string
	r    *float64
}
type unit struct{}

func (s square) area() float64  { return *s.side * *s.side }
func (c *circle) area() float64 { return 3 * *c.r * *c.r }
func (unit) area() float64      { return 1 }

// mixed stores pointers in maps, interfaces, closures and slices that grow.
func mixed(scale int) string {
	h := fnv.New32a()
	byName := make(map[string]shape)
	byPointer := make(map[*float64]func() float64)
	nested := make(map[int]map[string][]*int)
	for i := range 10_000 * scale {
		k := i % 5000
		f := float64(k)
		var s shape
		switch i % 3 {
		case 0:
			s = square{&f}
		case 1:
			s = &circle{strings.Repeat("x", k%10), &f}
		default:
			s = unit{}
		}
		byName[fmt.Sprint("shape", k)] = s
		byPointer[&f] = func() float64 { return s.area() + f }
		if i%3 == 0 {
			clear(byPointer)
		}
		in := nested[k%50]
		if in == nil {
			in = make(map[string][]*int)
			nested[k%50] = in
		}
		key := string(rune('a' + k%26))
		in[key] = append(in[key], &[]int{k, i}[0])
		if len(in[key]) > 40 {
			delete(in, key)
		}
	}
	sum := 0.0
	for k := range 5000 {
		sum += byName[fmt.Sprint("shape", k)].area()
	}
	for p, f := range byPointer {
		if f() < *p {
			fail("mixed: closure")
		}
	}
	total := 0
	for k, in := range nested {
		for key, list := range in {
			for _, p := range list {
				total++
				if *p%50 != k || string(rune('a'+*p%26)) != key {
					fail("mixed: nested %d %s has %d", k, key, *p)
				}
			}
		}
	}
	fmt.Fprint(h, sum, total)
	return fmt.Sprintf("%08x", h.Sum32())
}

// message travels through channels, its body only reachable from there.
type message struct {
	id   int
	body []byte
	next chan *message
}

func channels(scale int) string {
	const stages = 50
	first := make(chan *message, 3)
	in := first
	for s := range stages {
		from, out := in, make(chan *message, s%4)
		go func() {
			defer close(out)
			for m := range from {
				body := make([]byte, len(m.body)+1)
				copy(body, m.body)
				body[len(m.body)] = byte(s)
				out <- &message{m.id, body, m.next}
			}
		}()
		in = out
	}
	n := 200 * scale
	go func() {
		defer close(first)
		for i := range n {
			first <- &message{id: i, next: make(chan *message, 1)}
		}
	}()
	got := 0
	for m := range in {
		for s, b := range m.body {
			if int(b) != s {
				fail("channels: message %d stage %d", m.id, s)
			}
		}
		m.next <- m // a cycle through a channel
		got++
	}
	return fmt.Sprint(got == n, got%200)
}

// loops are goroutines that never call anything: the collector must stop them
// all the same, and find the pointers in their registers.
func loops(scale int) string {
	var stop atomic.Bool
	var wg sync.WaitGroup
	var spins [4]uint64
	for g := range spins {
		wg.Go(func() {
			list := []*uint64{new(uint64), new(uint64), new(uint64)}
			for !stop.Load() {
				for range 100_000 {
					*list[0]++
					*list[1] += 2
					*list[2] = *list[0] + *list[1]
				}
			}
			if *list[2] != 3**list[0] {
				fail("loops: %d %d", *list[2], *list[0])
			}
			spins[g] = *list[0]
		})
	}
	for range 10 * scale {
		runtime.GC()
	}
	stop.Store(true)
	wg.Wait()
	return fmt.Sprint(spins[0] > 0 && spins[3] > 0)
}

// notices counts finalizers, cleanups and weak pointers of objects that die
// and checks those that live.
func notices(scale int) string {
	const n = 500
	var finalized, cleaned atomic.Int64
	var live []*tree
	var weaks []weak.Pointer[tree]
	for range scale {
		live, weaks = nil, nil
		finalized.Store(0)
		cleaned.Store(0)
		for i := range n {
			t := grow(2, uint64(i)+1)
			runtime.SetFinalizer(t, func(t *tree) {
				// The object is whole when its finalizer sees it.
				if t.check(uint64(i)+1) == 7 {
					finalized.Add(1)
				}
			})
			c := &message{id: i}
			runtime.AddCleanup(c, func(id int) { cleaned.Add(int64(id - i + 1)) }, i)
			weaks = append(weaks, weak.Make(t))
			if i%2 == 0 {
				live = append(live, t)
			}
		}
		for range 100 {
			runtime.GC()
			if finalized.Load() >= n/2 && cleaned.Load() >= n-1 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		for i, w := range weaks {
			if t := w.Value(); i%2 == 0 && t != live[i/2] {
				fail("weak pointer %d to a live object is %p", i, t)
			}
		}
	}
	runtime.KeepAlive(live)
	// Finalizers of the newest objects may still wait; most have run.
	return fmt.Sprint(len(live), " live, most noticed: ", finalized.Load() > n/2-10, cleaned.Load() > n-10)
}

func main() {
	scale := flag.Int("scale", 1, "how much of everything")
	rounds := flag.Int("rounds", 2, "how often")
	atLeast := flag.Duration("for", 0, "go on for this time")
	flag.Parse()
	start := time.Now()
	parts := []struct {
		name string
		run  func(int) string
	}{{"trees", trees}, {"deep stacks", deepStacks}, {"interior pointers", interior}, {"mixed", mixed}, {"channels", channels}, {"tight loops", loops}, {"notices", notices}}
	first := make([]string, len(parts))
	for round := 0; round < *rounds || time.Since(start) < *atLeast; round++ {
		// The same all at once, each in a goroutine of its own.
		results := make([]string, len(parts))
		var wg sync.WaitGroup
		for i, p := range parts {
			if round%2 == 0 {
				results[i] = p.run(*scale)
			} else {
				wg.Go(func() { results[i] = p.run(*scale) })
			}
		}
		wg.Wait()
		for i, p := range parts {
			if round == 0 {
				fmt.Printf("%-18s %s\n", p.name, results[i])
				first[i] = results[i]
			} else if results[i] != first[i] {
				fail("round %d: %s: %s, was %s", round, p.name, results[i], first[i])
			}
		}
		debug.FreeOSMemory()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Println("collected:", m.NumGC > 20, "heap small:", m.HeapAlloc < 64<<20)
	if n := failures.Load(); n > 0 {
		fmt.Println(n, "failures")
		os.Exit(1)
	}
	fmt.Println("ok")
}
