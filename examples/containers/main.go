// Containers shows generic data structures: an ordered map on a treap, a heap,
// an LRU cache, a set, a ring buffer, and iterator adapters, with method sets,
// constraints and generic aliases as they occur in real code.
package main

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Number is every type with arithmetic.
type Number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~float32 | ~float64
}

// OrderedMap keeps its keys sorted. The zero value is not usable; see NewMap.
type OrderedMap[K, V any] struct {
	compare func(K, K) int
	root    *node[K, V]
	size    int
	seed    uint32
}

type node[K, V any] struct {
	key         K
	value       V
	priority    uint32
	left, right *node[K, V]
}

// NewMap gives a map for keys with a natural order.
func NewMap[K cmp.Ordered, V any]() *OrderedMap[K, V] { return NewMapFunc[K, V](cmp.Compare[K]) }

func NewMapFunc[K, V any](compare func(K, K) int) *OrderedMap[K, V] {
	return &OrderedMap[K, V]{compare: compare, seed: 1}
}

func (m *OrderedMap[K, V]) random() uint32 {
	m.seed ^= m.seed << 13
	m.seed ^= m.seed >> 17
	m.seed ^= m.seed << 5
	return m.seed
}

func (m *OrderedMap[K, V]) Len() int { return m.size }

func (m *OrderedMap[K, V]) Get(key K) (value V, ok bool) {
	for n := m.root; n != nil; {
		switch c := m.compare(key, n.key); {
		case c < 0:
			n = n.left
		case c > 0:
			n = n.right
		default:
			return n.value, true
		}
	}
	return value, false
}

func (m *OrderedMap[K, V]) Set(key K, value V) { m.root = m.insert(m.root, key, value) }

func (m *OrderedMap[K, V]) insert(n *node[K, V], key K, value V) *node[K, V] {
	if n == nil {
		m.size++
		return &node[K, V]{key: key, value: value, priority: m.random()}
	}
	switch c := m.compare(key, n.key); {
	case c < 0:
		n.left = m.insert(n.left, key, value)
		if n.left.priority > n.priority {
			l := n.left
			n.left, l.right = l.right, n
			return l
		}
	case c > 0:
		n.right = m.insert(n.right, key, value)
		if n.right.priority > n.priority {
			r := n.right
			n.right, r.left = r.left, n
			return r
		}
	default:
		n.value = value
	}
	return n
}

func (m *OrderedMap[K, V]) Delete(key K) bool {
	before := m.size
	m.root = m.remove(m.root, key)
	return m.size < before
}

func (m *OrderedMap[K, V]) remove(n *node[K, V], key K) *node[K, V] {
	if n == nil {
		return nil
	}
	switch c := m.compare(key, n.key); {
	case c < 0:
		n.left = m.remove(n.left, key)
	case c > 0:
		n.right = m.remove(n.right, key)
	default:
		m.size--
		return merge(n.left, n.right)
	}
	return n
}

func merge[K, V any](a, b *node[K, V]) *node[K, V] {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.priority > b.priority:
		a.right = merge(a.right, b)
		return a
	default:
		b.left = merge(a, b.left)
		return b
	}
}

// All gives keys and values in key order.
func (m *OrderedMap[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		var walk func(n *node[K, V]) bool
		walk = func(n *node[K, V]) bool {
			return n == nil || walk(n.left) && yield(n.key, n.value) && walk(n.right)
		}
		walk(m.root)
	}
}

// Heap is a priority queue; less says what comes first.
type Heap[T any] struct {
	items []T
	less  func(a, b T) bool
}

func (h *Heap[T]) Push(x T) {
	h.items = append(h.items, x)
	for i := len(h.items) - 1; i > 0; {
		up := (i - 1) / 2
		if !h.less(h.items[i], h.items[up]) {
			break
		}
		h.items[i], h.items[up] = h.items[up], h.items[i]
		i = up
	}
}

func (h *Heap[T]) Pop() (top T, err error) {
	if len(h.items) == 0 {
		return top, errEmpty
	}
	last := len(h.items) - 1
	top, h.items[0] = h.items[0], h.items[last]
	clear(h.items[last:])
	h.items = h.items[:last]
	for i := 0; ; {
		least := i
		for _, c := range [...]int{2*i + 1, 2*i + 2} {
			if c < last && h.less(h.items[c], h.items[least]) {
				least = c
			}
		}
		if least == i {
			return top, nil
		}
		h.items[i], h.items[least] = h.items[least], h.items[i]
		i = least
	}
}

var errEmpty = errors.New("empty")

// LRU is a cache of limited size that forgets what was not used for longest.
type LRU[K comparable, V any] struct {
	cap        int
	index      map[K]*link[K, V]
	head, tail *link[K, V]
	OnEvict    func(K, V)
}

type link[K comparable, V any] struct {
	key        K
	value      V
	prev, next *link[K, V]
}

func NewLRU[K comparable, V any](size int) *LRU[K, V] {
	c := &LRU[K, V]{cap: size, index: make(map[K]*link[K, V]), head: new(link[K, V]), tail: new(link[K, V])}
	c.head.next, c.tail.prev = c.tail, c.head
	return c
}

func (l *link[K, V]) unlink() { l.prev.next, l.next.prev = l.next, l.prev }

func (c *LRU[K, V]) front(l *link[K, V]) {
	l.prev, l.next = c.head, c.head.next
	l.prev.next, l.next.prev = l, l
}

func (c *LRU[K, V]) Get(key K) (v V, ok bool) {
	l, ok := c.index[key]
	if !ok {
		return v, false
	}
	l.unlink()
	c.front(l)
	return l.value, true
}

func (c *LRU[K, V]) Put(key K, value V) {
	if l, ok := c.index[key]; ok {
		l.value = value
		l.unlink()
		c.front(l)
		return
	}
	if len(c.index) == c.cap {
		old := c.tail.prev
		old.unlink()
		delete(c.index, old.key)
		if c.OnEvict != nil {
			c.OnEvict(old.key, old.value)
		}
	}
	l := &link[K, V]{key: key, value: value}
	c.index[key] = l
	c.front(l)
}

// Set is an alias with a parameter: it is the map type itself.
type Set[T comparable] = map[T]struct{}

func SetOf[T comparable](items ...T) Set[T] {
	s := make(Set[T], len(items))
	for _, x := range items {
		s[x] = struct{}{}
	}
	return s
}

func Intersect[T comparable](a, b Set[T]) Set[T] {
	s := make(Set[T])
	for x := range a {
		if _, ok := b[x]; ok {
			s[x] = struct{}{}
		}
	}
	return s
}

// Adapters of iterators.

func Map[A, B any](seq iter.Seq[A], f func(A) B) iter.Seq[B] {
	return func(yield func(B) bool) {
		for a := range seq {
			if !yield(f(a)) {
				return
			}
		}
	}
}

func Filter[A any](seq iter.Seq[A], keep func(A) bool) iter.Seq[A] {
	return func(yield func(A) bool) {
		for a := range seq {
			if keep(a) && !yield(a) {
				return
			}
		}
	}
}

func Take[A any](seq iter.Seq[A], n int) iter.Seq[A] {
	return func(yield func(A) bool) {
		if n <= 0 {
			return
		}
		i := 0
		for a := range seq {
			if i++; !yield(a) || i == n {
				return
			}
		}
	}
}

// Zip pairs two sequences until the shorter ends.
func Zip[A, B any](a iter.Seq[A], b iter.Seq[B]) iter.Seq2[A, B] {
	return func(yield func(A, B) bool) {
		next, stop := iter.Pull(b)
		defer stop()
		for x := range a {
			y, ok := next()
			if !ok || !yield(x, y) {
				return
			}
		}
	}
}

func Sum[T Number](seq iter.Seq[T]) (sum T) {
	for x := range seq {
		sum += x
	}
	return sum
}

func naturals(yield func(int) bool) {
	for i := 0; yield(i); i++ {
	}
}

// Celsius has a method, and is a Number all the same.
type Celsius float64

func (c Celsius) String() string { return fmt.Sprintf("%.1f°C", float64(c)) }

// Join prints what has a String method.
func Join[T fmt.Stringer](items []T) string {
	return strings.Join(slices.Collect(Map(slices.Values(items), T.String)), ", ")
}

// Builder shows the pattern of a constraint on a pointer to a type parameter.
type setter[T any] interface {
	*T
	Set(string)
}

type Label struct{ text string }

func (l *Label) Set(s string) { l.text = "<" + s + ">" }

func build[T any, P setter[T]](texts []string) []T {
	list := make([]T, len(texts))
	for i, s := range texts {
		P(&list[i]).Set(s)
	}
	return list
}

func main() {
	m := NewMap[string, int]()
	for i, w := range strings.Fields("the quick brown fox jumps over the lazy dog and the cat") {
		m.Set(w, i)
	}
	fmt.Print("ordered map:")
	for k, v := range m.All() {
		fmt.Printf(" %s=%d", k, v)
	}
	fmt.Println()
	v, ok := m.Get("fox")
	fmt.Println("get:", v, ok, "delete:", m.Delete("fox"), m.Delete("fox"), "len:", m.Len())

	type point struct{ x, y int }
	grid := NewMapFunc[point, string](func(a, b point) int { return cmp.Or(cmp.Compare(a.y, b.y), cmp.Compare(a.x, b.x)) })
	for i := range 12 {
		grid.Set(point{i * 7 % 4, i * 5 % 3}, fmt.Sprint(i))
	}
	for p, s := range grid.All() {
		if p.y == 2 {
			break
		}
		fmt.Print(p, "=", s, " ")
	}
	fmt.Printf("of %d (%T)\n", grid.Len(), grid)

	h := &Heap[string]{less: func(a, b string) bool { return len(a) < len(b) || len(a) == len(b) && a < b }}
	for w := range strings.FieldsSeq("pear fig banana kiwi apple date cherry") {
		h.Push(w)
	}
	fmt.Print("heap:")
	for {
		w, err := h.Pop()
		if errors.Is(err, errEmpty) {
			break
		}
		fmt.Print(" ", w)
	}
	fmt.Println()

	lru := NewLRU[int, string](3)
	lru.OnEvict = func(k int, v string) { fmt.Print(" evict ", k, v) }
	fmt.Print("lru:")
	for _, k := range []int{1, 2, 3, 1, 4, 2, 5, 1} {
		if _, ok := lru.Get(k); !ok {
			lru.Put(k, string(rune('a'+k)))
		}
	}
	fmt.Println()

	common := Intersect(SetOf(1, 2, 3, 5, 8, 13), SetOf(1, 3, 5, 7, 9, 11, 13))
	fmt.Println("set:", slices.Sorted(maps.Keys(common)))

	odd := Filter(iter.Seq[int](naturals), func(i int) bool { return i%2 == 1 })
	fmt.Println("squares:", slices.Collect(Take(Map(odd, func(i int) int { return i * i }), 8)))
	fmt.Print("zip:")
	for a, b := range Zip(slices.Values([]string{"a", "b", "c"}), Take(odd, 10)) {
		fmt.Print(" ", a, b)
	}
	fmt.Println()
	temps := []Celsius{21.5, -3, 37.25}
	fmt.Println("temperatures:", Join(temps), "sum", Sum(slices.Values(temps)))
	fmt.Printf("labels: %v %T\n", build[Label](strings.Fields("x y z")), lru)
}
