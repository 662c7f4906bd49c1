package p

import (
	"errors"
	"example.com/vt/w"
	"fmt"
	"io"
	"log"
	"os"
	"sync/atomic"
)

type T struct{ a int }

func (t *T) String() string { return fmt.Sprintf("%v", t) }

type E struct{}

func F(x int, s string, f func()) {
	fmt.Printf("%d\n", s)
	fmt.Printf("%s %q", x, 1.5)
	fmt.Printf("%d")
	fmt.Printf("%d", 1, 2)
	fmt.Printf("%z", 1)
	fmt.Printf("%-010d", 1)
	fmt.Printf("%.*f", "a", 1.0)
	fmt.Printf("%[2]d %[1]d", 1, 2)
	fmt.Printf("%[9]d", 1)
	fmt.Printf("%[x]d", 1)
	fmt.Printf("%", 1)
	fmt.Printf("hi", 1)
	fmt.Printf(s)
	fmt.Println("a\n")
	fmt.Println("%d", 1)
	fmt.Print(os.Stderr, "x")
	fmt.Printf("%v", f)
	fmt.Println(f)
	fmt.Errorf("%w", 1)
	fmt.Printf("%w", io.EOF)
	log.Printf("%d", "x")
	w.Logf("%d", "x")
	w.Log("%d", 1)
	local("%d", s)
	fmt.Printf("%s", []int{1})
	fmt.Printf("%s", []byte("x"))
	fmt.Printf("%d", map[string]int{})
	fmt.Printf("%t", struct{ b bool }{})
	fmt.Printf("%p", 3)
	fmt.Printf("%x", 3.5)
	fmt.Printf("%s", io.EOF)
	fmt.Printf("%d", &T{})
	fmt.Printf("a\tb%d\u00e9%d", 1, "x")
	fmt.Printf(`raw %d`, "x")
	var i32 int32
	i32 = atomic.AddInt32(&i32, 1)
	if x == 1 || x == 1 {
	}
	if x != 1 || x != 2 {
	}
	if x == 1 && x == 2 {
	}
	var e E
	errors.As(io.EOF, e)
	var err error
	errors.As(err, &err)
	if fmt.Println == nil {
	}
	_ = string(x)
	type S string
	_ = S(x)
	var r io.Reader
	_ = r.(interface{ Read(int) })
	fmt.Sprintf("%s", x, 1)
}

func local(format string, args ...any) { fmt.Printf(format, args...) }
func bad(format string, args ...any)   { fmt.Printf(format, args) }

func G[P int | string](p P) { fmt.Printf("%d", p) }

//go:build foo
//go:debug panicnil=1
