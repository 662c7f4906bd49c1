package p

import "math"

type S struct {
	a int
	b string
	S2
	*S3
}
type S2 struct{ x, y int }
type S3 struct{ x, z int }
type M map[string]int
type F func()
type A [3]int

func (S2) Foo()  {}
func (*S3) Bar() {}

var s S
var ps *S
var pps **S

var (
	_ = s.x
	_ = s.y
	_ = s.z
	_ = s.w
	_ = s.A
	_ = ps.a
	_ = pps.a
	_ = s.foo
	_ = s.Bar
	_ = S{}.Bar
	_ = S.Bar
	_ = S.a
	_ = &s.a
	_ = &S{}
	_ = &1
	_ = &f
	_ = &f()
	_ = *s
	_ = *ps
	_ = *nil
	_ = **ps
	_ = -"a"
	_ = !1
	_ = ^1.5
	_ = ^uint8(1)
	_ = -uint8(1)
	_ = +true
	_ = <-s
	_ = 1 + "a"
	_ = 1 + 1.5
	_ = 1 + 'a'
	_ = "a" + 'b'
	_ = s + s
	_ = s == s
	_ = s == 1
	_ = M{} == M{}
	_ = M{} == nil
	_ = F(nil) == nil
	_ = nil == nil
	_ = []int{} == []int{}
	_ = A{} == A{}
	_ = s < s
	_ = ps < ps
	_ = true < false
	_ = 1i < 2i
	_ = true && 1
	_ = 1 || 2
	_ = 5 % 2.0
	_ = 5.5 % 2
	_ = 5 / 0
	_ = 5 / 0.0
	_ = 5.0 / 0
	_ = 1i / 0i
	_ = f() / 0
	_ = math.Pi / 0
	_ = 1 << 3
	_ = 1 << -1
	_ = 1 << 1.5
	_ = 1 << 2.0
	_ = 1.5 << 2
	_ = "a" << 2
	_ = 1 << "a"
	_ = 1 << 10000
	_ = 1 << 511 << 1
	_ = uint8(1) << 8
	_ = int8(-128) / -1
	_ = int8(127) + 1
	_ = 1.0 << f()
	_ = float64(1 << f())
	_ = 1 << f() + 1.5
	_ = []int{}[1.0<<f()]
	_ = s[0]
	_ = ps[0]
	_ = "abc"[5]
	_ = "abc"[-1]
	_ = A{}[3]
	_ = (&A{})[3]
	_ = []int{}["a"]
	_ = M{}[1]
	_ = M{}["a"]["b"]
	_ = "abc"[1:0]
	_ = "abc"[1:2:3]
	_ = A{}[:]
	_ = (&A{})[:4]
	_ = []int{}[2:1]
	_ = []int{}[:5:3]
	_ = []int{}["a":]
	_ = M{}[:]
	_ = 5[:]
	_ = f[int]
	_ = S[int]{}
	_ = []int{1, 2, "a"}
	_ = []int{0: 1, 0: 2}
	_ = []int{-1: 1}
	_ = []int{"a": 1}
	_ = [2]int{1, 2, 3}
	_ = [2]int{5: 1}
	_ = [...]int{5: 1}
	_ = [...]int{f(): 1}
	_ = M{"a": 1, "a": 2}
	_ = M{1: 1}
	_ = M{"a"}
	_ = M{"a": "b"}
	_ = map[interface{}]int{1: 1, 1.0: 2, "a": 3, "a": 4, int8(1): 5}
	_ = map[float64]int{1: 1, 1.0: 2}
	_ = map[[]int]int{}
	_ = S{1}
	_ = S{1, "a", S2{}, nil, 5}
	_ = S{a: 1, 2}
	_ = S{a: 1, a: 2}
	_ = S{x: 1}
	_ = S{A: 1}
	_ = S{S2: S2{x: 1}}
	_ = []*S{{a: 1}, {c: 1}}
	_ = []**S{{a: 1}}
	_ = []int{{1}}
	_ = int{1}
	_ = F{}
	_ = nosuch{1}
	_ = &[]int{1}[0]
	_ int8 = 128
	_ int8 = -129
	_ uint = -1
	_ float32 = 1e40
	_ float32 = 1e-50
	_ float64 = 1e400
	_ int = 1.0
	_ int = 1.5
	_ int = 'a'
	_ string = 'a'
	_ string = 1
	_ bool = 1
	_ complex64 = 1e50i
	_ rune = "a"
	_ int64 = 1 << 63
	_ uint64 = 1 << 64
	_ = 0x1p-2000
	_ = 1e100000
	_ = 1 << 62 * 4
	_ interface{ Foo() } = s
	_ interface{ Bar() } = s
	_ interface{ Bar() } = &s
	_ interface{ Baz() } = &s
	_ error = s
	_ []interface{} = []int{}
	_ (func(int)) = func(string) {}
	_ chan<- int = make(chan int)
	_ chan int = make(chan<- int)
	_ *int = nil
	_ int = nil
	_ S = nil
	_ = f == nil
	_ = s == nil
	_ = 1 == nil
	_ = ps == nil
	_ = interface{}(1) == 1
	_ = interface{}(1) == []int{}
	_ = error(nil) == 1
	_ = undefined
	_ = undefined.x
	_ = math.undefined
	_ = math.pi
	_ = _
	_ = iota
	_ = x1 + x2
	_ = func(int) int {}
	_ = func() { return 1 }
	_ = func(a int) { a := 1 }
)

func f() uint { return 0 }

const (
	c0 = iota
	c1
	c2 = "a" + 1
	c3 uint8 = 255 + iota
	c4
	c5 = f()
	c6 = len("abc")
	c7 = c8
	c8 = c7
	c9 = 1 / (c6 - 3)
	c10 int = 1 << 70
	c11 = 1 << 70 >> 68
	c12 = -c3
	c13 = ^c3
	c14 = "abc"[1]
	c15 = 'a' * 1.5
	c16 = int('a' * 1.5)
)

var x1 = x2
var x2 = x1
