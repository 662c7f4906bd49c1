package p

import (
	"cmp"
	"fmt"
	"slices"
)

type Num interface{ ~int | ~float64 }
type List[T any] struct {
	head *node[T]
	len  int
}
type node[T any] struct {
	val  T
	next *node[T]
}

func (l *List[T]) Push(v T)      { l.head = &node[T]{v, l.head}; l.len++ }
func (l *List[U]) Each(f func(U)) { for n := l.head; n != nil; n = n.next { f(n.val) } }
func (l List[T]) bad() int       { return l.nosuch }
func (l List[T, U]) bad2()       {}
func (l List) bad3()             {}
func (l *List[int]) bad4() int   { return 1 }

type Pair[K comparable, V any] struct {
	Key K
	Val V
}

func Map[T, U any](s []T, f func(T) U) []U { return nil }
func Sum[T Num](s ...T) (t T)              { for _, x := range s { t += x }; return }
func Zero[T any]() T                       { var z T; return z }
func Eq[T comparable](a, b T) bool         { return a == b }
func Bad[T any](a, b T) bool               { return a == b }
func Less[T cmp.Ordered](a, b T) bool      { return a < b }
func Conv[T ~[]byte | ~string](t T) string { return string(t) }
func Bad2[T int | string](t T) T           { return t * 2 }
func Bad3[T Num](t T) T                    { return t + "a" }
func Bad4[T Num](t T) T                    { return t % 2 }
func Bad5[T any](t T) { t.foo(); t.x = 1; t(); t[0] = 1; for range t { }; _ = len(t); _ = *t; _ = <-t }
func Bad6[T any](t T) { switch t.(type) { }; _ = t.(int); _ = any(t).(int); _ = T(1); _ = int(t); _ = T{}; _ = nil == t }
func Bad7[T *int | *string](t T)           { _ = *t }
func Bad8[T []int | map[int]int](t T)      { _ = t[0]; t[0] = 1; _ = t[0:]; for i, x := range t { _, _ = i, x }; _ = len(t); _ = cap(t); _ = make(T, 1) }
func Bad9[T chan int | <-chan int](t T)    { t <- 1; <-t; close(t) }
func Shift[T ~int | ~uint](t T) T          { return 1 << t >> 1.5 }
func Const[T int8 | int16](t T) T          { return t + 200 }
func Const2[T int8 | float32](t T) T       { return t + 1.5 }
func Ptr[T any, P interface{ *T; Set(string) }](s string) T { var t T; P(&t).Set(s); return t }

type Setter struct{}

func (*Setter) Set(string) {}

func _() {
	_ = Map([]int{1}, func(i int) string { return "" })
	_ = Map([]int{1}, func(i string) string { return "" })
	_ = Map([]int{1}, nil)
	_ = Map(nil, func(i int) int { return i })
	_ = Sum(1, 2.5)
	_ = Sum(1, "a")
	_ = Sum("a")
	_ = Sum[string]("a")
	_ = Sum()
	_ = Zero()
	_ = Zero[int]()
	_ = Zero[int, int]()
	_ = Zero[nosuch]()
	_ = Zero[5]()
	_ = Eq(1, 2)
	_ = Eq(1, "a")
	_ = Eq([]int{}, []int{})
	_ = Eq[any](1, "a")
	_ = Eq(func() {}, nil)
	_ = Eq(struct{ f []int }{}, struct{ f []int }{})
	_ = Less("a", 1)
	_ = Less(1, 2.5)
	_ = Conv([]byte("x"))
	_ = Conv(1)
	_ = Ptr[Setter]("a")
	_ = Ptr[int]("a")
	_ = Ptr("a")
	var l List[int]
	l.Push("a")
	l.Push(1)
	l.Each(func(s string) {})
	l.Each(fmt.Println)
	l.nosuch()
	var l2 List
	var l3 List[int, string]
	var l4 List[nosuch]
	_ = List{}
	_ = List[int]{1, 2}
	_ = Pair[[]int, int]{}
	_ = Pair[string, int]{"a", "b"}
	_ = Pair{"a", 1}
	_ = Pair[string]{}
	var p Pair[int, Pair[string, []int]]
	_ = p.Val.Key + 1
	_ = p.Val.Val + 1
	var f func(int, int) bool = Eq
	var g func(int, string) bool = Eq
	var h func([]int, []int) bool = Eq
	f = Less
	f = Sum
	slices.Sort([]int{})
	slices.Sort([]any{})
	slices.SortFunc([]int{}, Less)
	slices.SortFunc([]int{}, cmp.Compare)
	slices.SortFunc([]string{}, cmp.Compare[int])
	_ = slices.Index([]string{"a"}, 1)
	_ = slices.Contains([]func(){}, nil)
	_, _, _, _, _, _ = l2, l3, l4, f, g, h
	slices.IndexFunc([]int{}, func(x int) { })
}

type C1 interface{ int | nosuch }
type C2 interface{ int | error }
type C3 interface{ ~error }
type C4 interface{ ~MyInt }
type C5 interface{ int; string }
type C6 interface{ int | ~int }
type C7 interface{ comparable | int }
type MyInt int

var v1 Num
var v2 interface{ int }
var v3 comparable

func f1(x Num)               {}
func f2[T C5](t T)           {}
func f3[T interface{}](t T)  {}
func f4[T *int,](t T)        {}
func f5[T T](t T)            {}
func f6[T []T](t T)          {}
func f7[T interface{ m(T) }](t T) { t.m(t); t.m(1) }
func f8[T any, T any]()      {}
func f9[T any](T T)          {}
func f11[T any]() { type local[U any] struct{}; f11[T](); f11[*T]() }

type R[T any] struct{ r R[R[T]] }
type R2[T any] struct{ r *R2[R2[T]] }
type A1[T any] = []T
type A2 = List
type A3[T any] = T
type Emb[T any] struct{ T; *T }
type Emb2[T any] interface{ T }
type In struct{ List[int] }

var _ = In{}.len
var _ = In{}.List
var _ A1[int] = []string{}
var _ A1 = nil
