package main

import (
	"fmt"
	"os"
	"os/exec"
)

func runSpawn() {
	cmd := exec.Command(os.Args[0], "child")
	out, err := cmd.Output()
	fmt.Printf("%s %v\n", out, err)
}

func runChild() {
	fmt.Print("child here")
}
