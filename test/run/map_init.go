package main

import "fmt"

// Package-level maps with large literals: filled by functions of their own, in the order of the initialisers.

type pair struct{ a, b string }

var log []string

func note(s string) string {
	log = append(log, s)
	return s
}

var first = note("first")

var table = map[string]pair{
	"a": {"1", "2"}, "b": {"3", "4"}, "c": {"5", "6"}, "d": {a: "7", b: first}, "e": {"9", "10"}, "f": {"11", "12"},
}

var size = len(table)

var second = note("second " + table["d"].b)

// not used by anything
var unused = map[string]*pair{
	"a": {"1", "2"}, "b": {"3", "4"}, "c": {"5", "6"}, "d": {"7", "8"}, "e": {"9", "10"}, "f": {"11", "12"},
}

// calls: always filled
var calls = map[string]string{"a": note("x"), "b": note("y"), "c": "1", "d": "2", "e": "3", "f": "4", "g": "5", "h": "6", "i": "7"}

// divides by a variable
var zero int

var pointers = map[int]*pair{1: {"p", "q"}, 2: {"r", "s"}, 3: nil, 4: {"t", "u"}, 5: &shared, 6: &shared, 7: {}}

var shared = pair{"shared", "pair"}

var functions = map[string]func(...any) string{
	"a": fmt.Sprint, "b": fmt.Sprintln, "c": fmt.Sprint, "d": fmt.Sprint, "e": fmt.Sprint, "f": fmt.Sprint, "g": fmt.Sprint,
}

var alias = table

type names map[string]int

// reached through a method only
var known = names{"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}

func (n names) String() string { return fmt.Sprint(len(n), known["three"]) }

var copied = shared

var changed = func() pair { shared.b = "changed"; return shared }()

var late = shared

func main() {
	fmt.Println(log, size, second, len(alias), alias["d"])
	fmt.Println(len(calls), *pointers[1], pointers[5] == &shared, *pointers[6], pointers[3])
	fmt.Println(functions["a"](1, "x"), len(functions))
	fmt.Println(names(nil), copied, changed, late)
}
