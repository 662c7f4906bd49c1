package main

import (
	"fmt"
	"strings"
)

type title string

func runStrs() {
	empty := ""
	short := "hello"
	long := strings.Repeat("0123456789", 30)
	unicode := "héllo, 世界 🎉"
	escapes := "tab\t nl\n quote\" back\\ nul\x00 bell\a"
	invalid := "bad \xff\xfe utf8"
	var t title = "a title"
	bytes := []byte("bytes\x00\x01")
	runes := []rune("rünes")
	list := []string{"a", "", long}
	p := &short
	fmt.Println(empty, short, len(long), unicode, escapes, invalid, t, bytes, runes, len(list), *p)
}
