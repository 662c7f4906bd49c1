package main

//go:noinline
func shadow(x int) int {
	y := x
	{
		x := x * 2
		y += x // BREAK
	}
	if x := y - 1; x > 3 {
		y := x + 100
		println(x, y) // BREAK
	} else {
		z := x
		println(z)
	}
	return x + y // BREAK
}

//go:noinline
func loops(n int) (total int) {
	for i := 0; i < n; i++ {
		sq := i * i
		if sq%2 == 1 {
			continue
		}
		for j := range i {
			total += j * sq // BREAK
		}
	}
outer:
	for i, r := range "aé" {
		for k := 3; ; k-- {
			if k == i {
				continue outer
			}
			total += int(r) * k // BREAK
		}
	}
	return total // BREAK
}

//go:noinline
func switches(v any, n int) string {
	out := ""
	switch x := v.(type) {
	case int:
		out = "int" // BREAK
		n += x
	case []byte:
		out = string(x) // BREAK
	case nil:
		out = "nil"
	case error:
		out = x.Error()
	default:
		out = "other"
	}
	switch k := n % 4; {
	case k == 0:
		m := k + 1
		println(m) // BREAK
		fallthrough
	case k == 1:
		m := "one"
		println(m) // BREAK
	default:
		println(k) // BREAK
	}
	return out
}

//go:noinline
func channels(n int) (sum int) {
	ch := make(chan int, n)
	done := make(chan string, 1)
	for i := range n {
		ch <- i
	}
	close(ch)
	done <- "done"
	for v := range ch {
		sum += v // BREAK
	}
	select {
	case s := <-done:
		sum += len(s) // BREAK
	}
	return sum
}

func main() {
	a := shadow(5)
	b := loops(4)
	c := switches(4, 4)
	d := switches([]byte("bytes"), 5)
	e := switches(nil, 6)
	f := channels(3)
	println(a, b, c, d, e, f) // BREAK
}
