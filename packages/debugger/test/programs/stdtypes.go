package main

import (
	"bytes"
	"container/list"
	"context"
	"fmt"
	"math/big"
	"net/url"
	"regexp"
	"sync"
	"time"
)

func runStdtypes() {
	var buf bytes.Buffer
	buf.WriteString("content")
	var mu sync.Mutex
	mu.Lock()
	var once sync.Once
	once.Do(func() {})
	l := list.New()
	l.PushBack(1)
	l.PushBack("two")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n := big.NewInt(123456789)
	u, _ := url.Parse("https://user@example.com/path?q=1")
	re := regexp.MustCompile("a+")
	t := time.Date(2024, 2, 29, 13, 14, 15, 123456789, time.UTC)
	d := 90 * time.Minute
	var zero time.Time
	fmt.Println(buf.String(), l.Len(), ctx.Err(), n, u.Host, re, t, d, zero)
	mu.Unlock()
}
