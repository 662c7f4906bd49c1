// Types that only reflection leads to: parameters of methods and of interface methods, elements, fields. Their methods are there.
package main

import (
	"fmt"
	"reflect"
	"strings"
)

type A struct{ n int }

func (a A) String() string { return fmt.Sprint("A", a.n) }

type B struct{ n int }

func (b *B) String() string { return fmt.Sprint("B", b.n) }

type C [2]int

func (c C) String() string { return fmt.Sprint("C", c[1]) }

type D map[string]int

func (d D) String() string { return fmt.Sprint("D", len(d)) }

type E func(*F)

type F struct{ s string }

func (f F) String() string { return "F" + f.s }

type I interface{ M(A, *B) D }

type T struct {
	c []C
	i I
	e E
}

func (T) Take(A, B)     {}
func (T) Give() (r []C) { return }

type taker interface{ Take(A, B) }

func show(t reflect.Type) {
	v := reflect.New(t)
	for _, x := range []any{v.Interface(), v.Elem().Interface()} {
		if s, ok := x.(fmt.Stringer); ok {
			fmt.Println(strings.TrimPrefix(fmt.Sprintf("%T", x), "main."), s.String())
		}
	}
}

func main() {
	var t any = T{}
	rt := reflect.TypeOf(t)
	for i := range rt.NumField() {
		ft := rt.Field(i).Type
		switch ft.Kind() {
		case reflect.Slice:
			show(ft.Elem())
		case reflect.Func:
			show(ft.In(0).Elem())
		case reflect.Interface:
			m := ft.Method(0).Type
			show(m.In(0))
			show(m.In(1).Elem())
			show(m.Out(0))
		}
	}
	t.(taker).Take(A{}, B{})
	for i := range rt.NumMethod() {
		m := rt.Method(i).Type
		for j := 1; j < m.NumIn(); j++ {
			show(m.In(j))
		}
		for j := range m.NumOut() {
			show(m.Out(j).Elem())
		}
	}
}
