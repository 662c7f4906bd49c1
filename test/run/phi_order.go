// Phis of a promoted slot in a block that has phis of its own.
package main

import "fmt"

type T struct {
	Op       uint8
	Out, Arg uint32
	R        []rune
}
type U struct {
	T
	Next []uint32
}

//go:noinline
func f(p []U) int {
	n := 0
	for pc := range p {
		switch p[pc].Op {
		default:
			continue
		case 1, 2:
			other := &p[pc].Out
			alt := &p[pc].Arg
			ia := p[*alt]
			if !(ia.Op == 1 || ia.Op == 2) {
				alt, other = other, alt
				ia = p[*alt]
				if !(ia.Op == 1 || ia.Op == 2) {
					continue
				}
			}
			io := p[*other]
			if io.Op == 1 || io.Op == 2 {
				continue
			}
			ba := &p[*alt].Out
			bo := &p[*alt].Arg
			patch := false
			if ia.Out == uint32(pc) {
				patch = true
			} else if ia.Arg == uint32(pc) {
				patch = true
				ba, bo = bo, ba
			}
			if patch {
				*ba = *other
			}
			if *other == *ba {
				*alt = *bo
			}
			n++
		}
	}
	return n
}

func main() {
	p := []U{{T: T{Op: 0}}, {T: T{Op: 1, Out: 2, Arg: 3}}, {T: T{Op: 3}}, {T: T{Op: 1, Out: 1, Arg: 4}}, {T: T{Op: 1, Out: 3, Arg: 2}}}
	fmt.Println(f(p))
	for _, x := range p {
		fmt.Println(x.Out, x.Arg)
	}
}
