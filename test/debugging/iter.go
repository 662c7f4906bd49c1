package main

import (
	"errors"
	"fmt"
	"iter"
	"sync"
)

func count(n int) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for i := range n {
			s := fmt.Sprint("n", i)
			if !yield(i, s) { // BREAK
				return
			}
		}
	}
}

var errStop = errors.New("stop")

type job struct {
	id   int
	deps []string
	err  error
}

func (j *job) run(wg *sync.WaitGroup, out chan<- string) {
	defer wg.Done()
	label := fmt.Sprintf("job %d", j.id)
	if len(j.deps) > 1 {
		j.err = fmt.Errorf("%s: %w", label, errStop)
	}
	out <- label // BREAK
}

//go:noinline
func collect(limit int) (seen []string, err error) {
	total := 0
	for i, s := range count(5) {
		total += i
		if i == limit {
			return seen, errStop
		}
		seen = append(seen, s) // BREAK
	}
	return seen, nil
}

type tree struct {
	left, right *tree
	val         int
}

func (t *tree) insert(v int) *tree {
	if t == nil {
		return &tree{val: v}
	}
	if v < t.val {
		t.left = t.left.insert(v)
	} else {
		t.right = t.right.insert(v)
	}
	return t // BREAK
}

func main() {
	seen, err := collect(2)
	var wg sync.WaitGroup
	out := make(chan string, 2)
	j := &job{id: 1, deps: []string{"a", "b"}}
	wg.Add(1)
	j.run(&wg, out)
	wg.Wait()
	var t *tree
	for _, v := range []int{5, 3, 8} {
		t = t.insert(v)
	}
	fmt.Println(len(seen), err, j.err, t.left.val, t.right.val) // BREAK
}
