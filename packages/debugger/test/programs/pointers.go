package main

import (
	"fmt"
	"unsafe"
)

type node struct {
	val  int
	next *node
	up   **node
}

func runPointers() {
	a := &node{val: 1}
	b := &node{val: 2, next: a}
	a.next = b
	pp := &b
	ppp := &pp
	b.up = pp
	var nilNode *node
	var nilPP **node
	arr := [3]int{1, 2, 3}
	elem := &arr[1]
	raw := unsafe.Pointer(elem)
	bytes := &[]byte{1, 2, 3}
	fn := &struct{ f func() }{}
	x := uintptr(0x1234)
	fmt.Println(a.val, (**ppp).val, nilNode, nilPP, *elem, raw != nil, *bytes, fn.f == nil, x)
}
