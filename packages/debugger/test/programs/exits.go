package main

import (
	"fmt"
	"os"
)

func leave(code int) {
	defer fmt.Println("not run")
	fmt.Println("leaving with", code)
	os.Exit(code)
}

func runExits() {
	leave(3)
}
