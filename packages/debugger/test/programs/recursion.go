package main

import (
	"fmt"
)

type tree struct {
	left, right *tree
	key         int
}

func insert(t *tree, key int) *tree {
	if t == nil {
		return &tree{key: key}
	}
	if key < t.key {
		t.left = insert(t.left, key)
	} else {
		t.right = insert(t.right, key)
	}
	return t
}

func depth(t *tree) int {
	if t == nil {
		return 0
	}
	return 1 + max(depth(t.left), depth(t.right))
}

func fact(n uint64) uint64 {
	if n <= 1 {
		return 1
	}
	return n * fact(n-1)
}

func runRecursion() {
	var root *tree
	for _, k := range []int{5, 3, 8, 1, 4} {
		root = insert(root, k)
	}
	fmt.Println(depth(root), fact(6))
}
