package main

import (
	"fmt"
	"iter"
	"maps"
	"runtime"
	"slices"
)

func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func filter[T any](s iter.Seq[T], keep func(T) bool) iter.Seq[T] {
	return func(yield func(T) bool) {
		for x := range s {
			if keep(x) && !yield(x) {
				return
			}
		}
	}
}

func pairs(n int) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for i := 0; i < n; i++ {
			if !yield(i, fmt.Sprint("s", i)) {
				return
			}
			if i%2 == 0 && !yield(-i, "even") {
				return
			}
		}
	}
}

func bad(yield func(int) bool) { yield(1); yield(2); yield(3) }

func badLit() iter.Seq[int] {
	return func(yield func(int) bool) { yield(1); yield(2); yield(3) }
}

func find(n, want int) (int, string) {
	for i, s := range pairs(n) {
		if i == want {
			return i * 10, s
		}
	}
	return -1, ""
}

func named(n int) (r int, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("rec %v", x)
		}
	}()
	for i := range count(n) {
		r += i
		if i == 5 {
			panic("five")
		}
		if i == 20 {
			return
		}
	}
	return r, nil
}

func labels() (out []int) {
outer:
	for i := range count(10) {
		for j := range count(10) {
			if j == 3 {
				continue outer
			}
			if i == 4 {
				break outer
			}
			out = append(out, i*10+j)
		}
	}
	return
}

func defers() {
	for i := range count(3) {
		defer fmt.Println("deferred", i)
	}
	fmt.Println("end of defers")
}

func gotoOut() int {
	for i := range count(10) {
		if i == 3 {
			goto done
		}
	}
	return 0
done:
	return 7
}

func closures() (fs []func() int) {
	for i := range count(3) {
		fs = append(fs, func() int { i += 10; return i })
	}
	return
}

func locals(n int) int {
	total := 0
	add := func(k int) int {
		total += k
		return total
	}
	for i := range n {
		if add(i) > 10 {
			add(100)
		}
	}
	sub := func(p *int) { *p -= 3 }
	sub(&total)
	return total + add(1)
}

func apply(f func(int) int, x int) int { return f(x) }

func rec(n int) int {
	var fact func(int) int
	fact = func(n int) int {
		if n <= 1 {
			return 1
		}
		return n * fact(n-1)
	}
	return fact(n)
}

type tree struct {
	l, r *tree
	v    int
}

func (t *tree) all() iter.Seq[int] {
	return func(yield func(int) bool) { t.push(yield) }
}
func (t *tree) push(yield func(int) bool) bool {
	return t == nil || t.l.push(yield) && yield(t.v) && t.r.push(yield)
}

func trace() string {
	for range count(1) {
		pc, _, line, _ := runtime.Caller(0)
		return fmt.Sprint(runtime.FuncForPC(pc).Name(), line)
	}
	return ""
}

func main() {
	sum := 0
	for x := range count(100) {
		sum += x
	}
	fmt.Println(sum)
	for x := range filter(count(30), func(x int) bool { return x%3 == 0 }) {
		if x > 20 {
			break
		}
		sum ^= x
	}
	fmt.Println(sum)
	fmt.Println(find(10, 4))
	fmt.Println(find(10, 44))
	fmt.Println(named(3))
	fmt.Println(named(30))
	fmt.Println(labels())
	defers()
	fmt.Println(gotoOut())
	for _, f := range closures() {
		fmt.Print(f(), f(), " ")
	}
	fmt.Println(locals(6), apply(func(x int) int { return x * sum }, 3), rec(6))
	t := &tree{&tree{nil, nil, 1}, &tree{nil, nil, 3}, 2}
	for v := range t.all() {
		fmt.Print(v, " ")
		if v == 2 {
			continue
		}
	}
	fmt.Println(trace())
	s := count(4)
	for i := range s {
		for j := range s {
			fmt.Print(i*j, " ")
		}
	}
	for i := range 3 {
		s := filter(count(i+3), func(x int) bool { return x != i })
		for v := range s {
			fmt.Print(v, ",")
		}
	}
	fmt.Println()
	func() {
		defer func() { fmt.Println(recover()) }()
		for x := range bad {
			fmt.Println(x)
			if x == 2 {
				break
			}
		}
	}()
	func() {
		defer func() { fmt.Println(recover()) }()
		for x := range badLit() {
			fmt.Println(x)
			if x == 2 {
				break
			}
		}
	}()
	m := map[string]int{"a": 1, "b": 2, "c": 3}
	fmt.Println(slices.Sorted(maps.Keys(m)), slices.Collect(filter(count(9), func(x int) bool { return x&1 == 1 })))
	next, stop := iter.Pull(count(3))
	fmt.Println(next())
	stop()
	for i, x := range slices.Backward([]string{"x", "y", "z"}) {
		fmt.Print(i, x)
	}
	for c := range slices.Chunk([]int{1, 2, 3, 4, 5}, 2) {
		fmt.Print(c)
	}
	func() {
		defer func() { fmt.Println("got", recover()) }()
		for x := range count(3) {
			func() {
				defer func() { fmt.Println("inner", recover()) }()
				panic(x)
			}()
			if x == 1 {
				panic("out")
			}
		}
	}()
}
