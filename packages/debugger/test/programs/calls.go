package main

import (
	"fmt"
	"strings"
)

type account struct {
	Owner   string
	balance int
}

func (a *account) Deposit(n int) int   { a.balance += n; return a.balance }
func (a account) Show(w string) string { return fmt.Sprint(a.Owner, w, a.balance) }

type shower interface{ Show(string) string }

func addAll(list []int, more int) (sum int, ok bool) {
	for _, v := range list {
		sum += v
	}
	return sum + more, len(list) > 0
}

func floats(a float64, b float32, c complex128) (float64, float32, complex128) {
	return a * 2, b * 2, c * 2
}

func manyArgs(a, b, c, d, e, f, g, h, i, j, k int, s string, t []int) (int, string) {
	return a + b + c + d + e + f + g + h + i + j + k + len(t), s
}

func explode(why string) int { panic("exploded: " + why) }

func upper(s string) string { return strings.ToUpper(s) }

func makeAccount(owner string, n int) *account { return &account{owner, n} }

func makeAdder(n int) func(int) int { return func(m int) int { return n + m } }

func nothing() {}

func runCalls() {
	acct := &account{"ann", 10}
	value := account{"bob", 1}
	var sh shower = acct
	ints := []int{1, 2, 3}
	text := "text"
	adder := makeAdder(100)
	bound := acct.Deposit
	var nilAcct *account
	fmt.Println("ready")
	sum, ok := addAll(ints, 1)
	x, y, z := floats(1, 2, 3)
	n, s := manyArgs(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, "s", ints)
	nothing()
	fmt.Println(acct.Deposit(1), acct.Show(":"), value.Show(":"), sh.Show("!"), sum, ok, x, y, z, n, s, upper(text), adder(1), bound(1), nilAcct == nil, makeAccount("z", 1).Owner)
	if len(text) == 0 {
		explode("now")
	}
}
