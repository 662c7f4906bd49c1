package main

import (
	"fmt"
	"math"
)

type level uint8

const (
	low level = iota + 1
	mid
	high
)

type flags int

const (
	fa flags = 1 << iota
	fb
	fc
)

func runNumbers() {
	i8, i16, i32, i64 := int8(-128), int16(-32768), int32(math.MinInt32), int64(math.MinInt64)
	u8, u16, u32, u64 := uint8(255), uint16(65535), uint32(math.MaxUint32), uint64(math.MaxUint64)
	f32, f64 := float32(1.25), math.Pi
	nan, inf, ninf := math.NaN(), math.Inf(1), math.Inf(-1)
	c64, c128 := complex64(1+2i), complex(3.5, -4)
	b, r := byte('x'), 'é'
	lv, fl := high, fa|fc
	ok, neg := true, -0.0
	fmt.Println(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, nan, inf, ninf, c64, c128, b, r, lv, fl, ok, neg, mid)
}
