package p

import "unsafe"

type T struct{ a, b int }

func (T) m(x int) int       { return x }
func (*T) pm()              {}
func v(a int, b ...string)  {}
func two() (int, string)    { return 1, "" }
func none()                 {}
func one() int              { return 1 }
func gen[A, B any](a A, b B) {}
func cons[E ~int | ~string](e E) E { return e }

func _() {
	v()
	v(1, 2)
	v(two())
	v(1, two())
	v(1, []string{}...)
	v([]string{}...)
	v(1, "a", []string{}...)
	one(2)
	none(1)
	_ = none()
	x := none()
	_, _ = one()
	a, b := one(), two()
	T.m(1)
	T.m(T{}, 1, 2)
	T.pm(T{})
	(*T).pm(T{})
	T{}.pm()
	t := T{}
	t.pm
	t.m
	t.a()
	1()
	nil()
	f := 5
	f()
	gen(1)
	gen[int](1, 2)
	gen[int, string](1, 2)
	gen[int, string, bool](1, 2)
	gen
	cons(1.5)
	cons("a")
	cons[float64](1)
	_ = cons
	var g func(int) int = cons
	var h func(float64) float64 = cons
	go none
	defer none
	go int(3)
	defer len("a")
	go append([]int{}, 1)
	defer recover()
	defer panic(1)
	go func() {}
	int("a")
	_ = int()
	_ = int(1, 2)
	_ = int8(300)
	_ = string(1.5)
	_ = []byte(1)
	_ = [2]int([]int{})
	_ = [2]int([]string{})
	_ = unsafe.Pointer(1)
	_ = uintptr(unsafe.Pointer(nil))
	_ = (*T)(nil).a
	_ = (func())(1)
	_ = interface{ m(int) int }(T{})
	_ = interface{ m() int }(T{})
	_ = interface{ pm() }(T{})
	_ = chan<- int(make(<-chan int))
}

func _() {
	append()
	_ = append(1, 2)
	_ = append([]int{}, "a")
	_ = append([]int{}, 1.5, 2.0)
	_ = append([]byte{}, "abc"...)
	_ = append(nil, 1)
	_ = cap("a")
	_ = len(5)
	_ = len([]int{}, 1)
	_ = cap(map[int]int{})
	close(1)
	close(make(<-chan int))
	_ = complex(1, "a")
	_ = complex(float32(1), float64(2))
	_ = complex(1i, 2)
	_ = copy([]int{}, []string{})
	copy([]byte{}, "a")
	copy(1, 2)
	delete(1, 2)
	delete(map[string]int{}, 1)
	_ = imag(1.5)
	_ = real("a")
	_ = make(int)
	_ = make([]int)
	_ = make([]int, -1)
	_ = make([]int, 1.5)
	_ = make([]int, 5, 2)
	_ = make(map[int]int, 1, 2)
	_ = make([]int, "a")
	_ = make()
	_ = max()
	_ = max(1, "a")
	_ = max(1, 2.5, 'a')
	_ = min([]int{})
	_ = min(1, float32(2), int(3))
	_ = new()
	_ = new(1, 2)
	_ = new(5)
	_ = new(nil)
	panic()
	panic(1, 2)
	print(nil)
	print(none())
	recover(1)
	clear(1)
	clear([2]int{})
	_ = unsafe.Sizeof()
	_ = unsafe.Offsetof(1)
	_ = unsafe.Offsetof(T{}.m)
	_ = unsafe.Offsetof(T{}.c)
	_ = unsafe.Slice(1, 2)
	_ = unsafe.String(1, 2)
	_ = unsafe.Add(1, 2)
	_ = unsafe.StringData(1)
	_ = unsafe.SliceData("a")
	len
	_ = len
	len("a")
	new(int)
	_ = print
	_ = print(1)
	const c = len([3]int{})
	const d = len([...]int{one()})
}
