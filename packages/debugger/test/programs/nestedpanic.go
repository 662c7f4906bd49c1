package main

import (
	"fmt"
)

func cleanup(name string) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println("in cleanup", r)
			panic(fmt.Sprint("again ", r))
		}
	}()
	panic("from " + name)
}

func runNestedpanic() {
	defer func() {
		r := recover()
		fmt.Println("outer", r)
	}()
	defer cleanup("deferred")
	panic("original")
}
