// Interp runs a small language: numbers, strings, booleans, lists, functions
// with closures, if, while, and errors with positions.
//
//	interp [-ast] [file...]
//
// Without files it reads a program from standard input.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func run(name, src string, showAST bool, out io.Writer) error {
	prog, err := Parse(name, src)
	if err != nil {
		return err
	}
	if showAST {
		for _, n := range prog {
			fmt.Fprintln(out, n)
		}
		return nil
	}
	in := NewInterp(name, src, out)
	for _, n := range prog {
		v, err := in.Run(n)
		if err != nil {
			return err
		}
		if _, ok := n.(*exprStmt); ok && v != nil {
			fmt.Fprintln(out, "=>", format(v))
		}
	}
	return nil
}

func main() {
	showAST := flag.Bool("ast", false, "print the syntax tree instead")
	flag.Parse()
	failed := false
	source := func(name string, data []byte, err error) {
		if err == nil {
			err = run(name, string(data), *showAST, os.Stdout)
		}
		if err != nil {
			failed = true
			var e *Error
			if errors.As(err, &e) {
				fmt.Println(e.Detail())
			} else {
				fmt.Println("interp:", err)
			}
		}
	}
	for _, name := range flag.Args() {
		data, err := os.ReadFile(name)
		fmt.Printf("--- %s\n", name)
		source(name, data, err)
	}
	if flag.NArg() == 0 {
		data, err := io.ReadAll(os.Stdin)
		source("stdin", data, err)
	}
	if failed {
		fmt.Println("some programs failed")
	}
}
