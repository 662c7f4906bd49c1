// Constant offsets beyond 31 bits, lengths of make that are known only after constant folding, constants converted to type parameters.
package main

import (
	"fmt"
	"unsafe"
)

const far = 1 << 34

var base [64]byte

//go:noinline
func at(s []byte) *byte { return &s[far] }

//go:noinline
func store(s []byte) { s[far+3] = 7 }

func try(f func()) {
	defer func() { fmt.Println(recover()) }()
	f()
}

type cplx interface{ ~complex64 | ~complex128 }

func pi[T cplx]() T { return T(3.14) }

func main() {
	// The slice begins so far before base that its far elements are base's.
	header := struct{ ptr, len, cap uintptr }{uintptr(unsafe.Pointer(&base)) - far, far + 64, far + 64}
	s := *(*[]byte)(unsafe.Pointer(&header))
	store(s)
	fmt.Println(at(s) == &base[0], base[3])
	try(func() {
		n := 2
		s := make([]int, n, 1)
		s[0] = 1
	})
	try(func() {
		n := -1
		s := make([]int, n, 3)
		s[0] = 1
	})
	fmt.Println(pi[complex64](), pi[complex128]())
}
