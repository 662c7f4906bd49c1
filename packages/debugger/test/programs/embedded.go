package main

import (
	"fmt"
)

type base struct {
	ID   int
	name string
}

func (b *base) Rename(s string) { b.name = s }
func (b base) Describe() string { return fmt.Sprintf("%d/%s", b.ID, b.name) }

type middle struct {
	base
	Level int
}

type outer struct {
	*middle
	fmt.Stringer
	tag struct {
		a, b byte
	}
	ID string
}

type named string

func (n named) String() string { return "named " + string(n) }

func runEmbedded() {
	m := middle{base{1, "first"}, 2}
	o := outer{middle: &m, Stringer: named("x"), ID: "outer id"}
	o.tag.a, o.tag.b = 1, 2
	o.Rename("second")
	fmt.Println(o.Describe(), o.ID, o.middle.ID, o.Level, o.String())
}
