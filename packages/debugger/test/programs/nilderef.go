package main

import (
	"fmt"
)

type config struct {
	opts *options
}

type options struct{ verbose bool }

func (c *config) verbose() bool { return c.opts.verbose }

func runNilderef() {
	c := &config{}
	fmt.Println(c.verbose())
}
