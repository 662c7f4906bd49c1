// A pointer type that only reflection names has the methods that its struct's embedded fields promote.
package main

import (
	"fmt"
	"reflect"
)

type XM struct{ n int }

func (x *XM) String() string { return fmt.Sprint("XM ", x.n) }

func main() {
	var y struct{ XM }
	p := reflect.New(reflect.TypeOf(y)).Interface()
	s, ok := p.(fmt.Stringer)
	fmt.Println(ok, s)
	fmt.Println(reflect.PointerTo(reflect.TypeOf(y)).NumMethod())
}
