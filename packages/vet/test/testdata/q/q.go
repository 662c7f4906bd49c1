package q

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"io"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"
)

type locked struct {
	sync.Mutex
	n int
}

type holder struct {
	l  locked
	wg [2]sync.WaitGroup
}

type tags struct {
	A int `json:"a"`
	B int `json:"a"`
	c int `json:"c"`
	D int `json:"d, omitempty"`
	E int `json:e`
	F int `json:"f",xml:"f"`
	G int `json:"-"`
	H int `xml:"h,attr"`
	I int `xml:"h"`
	inner
}

type inner struct {
	X int `json:"x"`
}

type e struct{}

func (e) Error() string                { return "" }
func (e) Is(x int) bool                { return false }
func (e) Unwrap() int                  { return 0 }
func (e) MarshalJSON() string          { return "" }
func (e) WriteTo(w io.Writer) error    { return nil }
func (e) Format(s fmt.State, c string) {}
func (e) Seek(x int) int               { return 0 }

type i interface {
	ReadByte() byte
}

func byValue(l locked, h *holder) (locked, error) {
	x := l
	var y holder = *h
	z := []locked{l}
	for _, v := range z {
		_ = v.n
	}
	byValue(*new(locked), &y)
	fmt.Println(x, len(z))
	f := func(h holder) {}
	f(y)
	_ = holder{l: x}
	return l, nil
}

func (l locked) method() {}

func calls(b []byte, s fmt.Stringer) {
	var v tags
	json.Unmarshal(b, v)
	json.NewDecoder(bytes.NewReader(b)).Decode(v)
	json.Unmarshal(b, &v)
	fmt.Sprintf("x")
	errors.New("x")
	s.String()
	x, y := 1, 2
	x = x
	x, y = x, 1
	var m map[int]int
	m[1] = m[1]
	b = append(b)
	start := time.Now()
	defer fmt.Println(time.Since(start))
	defer func() { fmt.Println(time.Since(start)) }()
	time.Now().Format("2006-02-01")
	const layout = "x 2006-02-01"
	_, _ = time.Parse(layout, "")
	c := make(chan os.Signal)
	signal.Notify(c, os.Interrupt)
	d := make(chan os.Signal, 1)
	signal.Notify(d)
	var wg sync.WaitGroup
	go func() {
		wg.Add(1)
		defer wg.Done()
	}()
	_ = token.Position{"a", 1, 2, 3}
	_ = []token.Position{{"a", 1, 2, 3}, {Filename: "b"}}
	fmt.Println(x, y)
}

func shifts(a int8, b uint32, n int) {
	_ = a << 8
	_ = b >> 31
	b <<= 32
	_ = 1 << n
	_ = b
}

func response() {
	resp, err := http.Get("x")
	defer resp.Body.Close()
	if err != nil {
		return
	}
}

func dead(n int) int {
	for {
		if n > 0 {
			break
		}
		continue
		n++
	}
	switch n {
	case 1:
		return 1
		n = 2
	default:
		panic("x")
	}
	n = 4
L:
	for {
		select {}
		break L
	}
	goto M
	n = 3
M:
	return n
}
