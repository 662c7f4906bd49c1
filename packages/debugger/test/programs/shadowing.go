package main

import (
	"errors"
	"fmt"
)

func try(n int) (int, error) {
	if n > 1 {
		return 0, errors.New("too big")
	}
	return n, nil
}

func runShadowing() {
	x := 1
	err := error(nil)
	if x := x + 1; x > 1 {
		x := "inner"
		fmt.Println(x)
		if y, err := try(2); err != nil {
			fmt.Println(y, err)
		}
	}
	for x := 0; x < 2; x++ {
		x := x * 10
		fmt.Println(x)
	}
	fmt.Println(x, err)
}
