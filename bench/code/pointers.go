package main

import (
	"cmp"
	"crypto/sha256"
	"hash/crc32"
	"iter"
	"slices"
	"sort"
	"strconv"
	"strings"
)

type tree struct{ left, right *tree }

func bottomUp(depth int) *tree {
	if depth <= 0 {
		return &tree{}
	}
	return &tree{bottomUp(depth - 1), bottomUp(depth - 1)}
}

func (t *tree) count() int {
	if t.left == nil {
		return 1
	}
	return 1 + t.left.count() + t.right.count()
}

func bintrees(n int) int {
	long := bottomUp(n)
	sum := 0
	for d := 4; d <= n; d += 4 {
		for range 1 << (n - d + 4) {
			sum += bottomUp(d).count()
		}
	}
	return sum + long.count()
}

func mapcount(n int) int {
	counts := map[int]int{}
	words := map[string]int{}
	x := uint32(1)
	for range n {
		x = x*1664525 + 1013904223
		counts[int(x>>16)%5000]++
		words[strconv.Itoa(int(x>>18)%2000)]++
	}
	total := len(counts) + len(words)
	for k, v := range counts {
		total += k ^ v
	}
	for _, v := range words {
		total += v
	}
	return total
}

func chanring(nodes, messages int) int {
	first := make(chan int)
	in := first
	for range nodes {
		from, out := in, make(chan int)
		go func() {
			for v := range from {
				out <- v + 1
			}
			close(out)
		}()
		in = out
	}
	sum := 0
	for range messages / nodes {
		first <- 1
		sum += <-in
	}
	close(first)
	<-in
	return sum
}

type person struct {
	name string
	age  int
}

func sorting(n int) int {
	x := uint32(7)
	ints := make([]int, n)
	people := make([]person, n/4)
	for i := range ints {
		x = x*1664525 + 1013904223
		ints[i] = int(x >> 8)
		if i < len(people) {
			people[i] = person{strconv.Itoa(int(x >> 12)), int(x>>20) % 90}
		}
	}
	other := slices.Clone(ints)
	slices.Sort(ints)
	sort.Ints(other)
	sort.Slice(people, func(i, j int) bool { return people[i].age < people[j].age })
	slices.SortFunc(people, func(a, b person) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.age, b.age)) })
	return ints[n/2] + other[n/3] + people[n/8].age
}

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

func iterators(n int) int {
	sum := 0
	for range n {
		for x := range count(2000) {
			sum += x
		}
		for x := range filter(count(1000), func(x int) bool { return x%3 == 0 }) {
			sum ^= x
		}
		for i, x := range slices.Backward([]int{1, 2, 3, 4, 5, 6, 7, 8}) {
			sum += i * x
		}
	}
	return sum
}

func builder(n int) int {
	var sb strings.Builder
	var b []byte
	total := 0
	for i := range n {
		sb.WriteByte(byte(i))
		sb.WriteString("xyz")
		b = append(b, byte(i), byte(i>>8))
		b = strconv.AppendInt(b, int64(i), 10)
		s := "k" + string(b[len(b)-2:])
		total += len(s)
		if len(b) > 1000 {
			total += strings.Count(string(b), "1") + strings.Index(sb.String(), "yzq")
			b = b[:0]
			sb.Reset()
		}
	}
	return total
}

type shape interface{ area() int }
type square struct{ side int }
type rect struct{ w, h int }
type circle struct{ r int }

func (s square) area() int { return s.side * s.side }
func (r *rect) area() int  { return r.w * r.h }
func (c circle) area() int { return 3 * c.r * c.r }
func (c circle) size() any { return c.r }
func dynamic(x any) (n int) {
	switch x := x.(type) {
	case int:
		n = x
	case string:
		n = len(x)
	case shape:
		n = x.area()
	}
	return n
}

func ifaces(n int) int {
	shapes := []shape{square{2}, &rect{3, 4}, circle{5}, &rect{1, 9}}
	values := []any{1, "two", square{3}, &rect{2, 2}, 4.5}
	sum := 0
	for i := range n {
		sum += shapes[i&3].area()
		sum += dynamic(values[i%5])
	}
	return sum
}

func hashing(n int) int {
	data := make([]byte, 16<<10)
	sum := 0
	for range n {
		h := sha256.Sum256(data)
		sum += int(h[0]) + int(crc32.ChecksumIEEE(data)&0xff)
		copy(data, h[:])
	}
	return sum
}
