package w

import "fmt"

func Logf(f string, a ...any) { fmt.Println(fmt.Sprintf(f, a...)) }
func Log(a ...any)            { fmt.Println(a...) }
