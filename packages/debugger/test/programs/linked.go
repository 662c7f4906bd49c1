package main

import (
	"fmt"
)

type entry2 struct {
	key  string
	next *entry2
	data [4]byte
}

type chain struct {
	head *entry2
	size int
}

func (c *chain) add(key string) {
	e := &entry2{key: key, next: c.head}
	copy(e.data[:], key)
	c.head = e
	c.size++
}

func runLinked() {
	c := new(chain)
	for _, k := range []string{"a", "bb", "ccc", "dddd", "eeeee"} {
		c.add(k)
	}
	for e := c.head; e != nil; e = e.next {
		fmt.Println(e.key)
	}
}
