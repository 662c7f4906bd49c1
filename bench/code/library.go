package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
)

type record struct {
	ID     int               `json:"id"`
	Name   string            `json:"name"`
	Tags   []string          `json:"tags,omitempty"`
	Score  float64           `json:"score"`
	Active bool              `json:"active"`
	Attrs  map[string]string `json:"attrs"`
	Next   *record           `json:"next,omitempty"`
}

func jsonRoundTrip(n int) int {
	var list []record
	for i := range 50 {
		list = append(list, record{i, fmt.Sprint("name ", i), []string{"a", "bb", "ccc\n"}, float64(i) * 1.5, i%2 == 0, map[string]string{"k": "v", "x": "y"}, &record{ID: -i}})
	}
	total := 0
	for range n {
		data, err := json.Marshal(list)
		if err != nil {
			panic(err)
		}
		var back []record
		if err := json.Unmarshal(data, &back); err != nil {
			panic(err)
		}
		var loose any
		if err := json.Unmarshal(data, &loose); err != nil {
			panic(err)
		}
		total += len(data) + len(back) + len(loose.([]any))
	}
	return total
}

func text(paragraphs int) string {
	var sb strings.Builder
	for i := range paragraphs {
		fmt.Fprintf(&sb, "In %d the quick brown fox jumps over the lazy dog; user%d@example.com wrote to http://host%d.example.org/path?q=%d. Él corrió rápido.\n", 1900+i%100, i, i%7, i)
	}
	return sb.String()
}

func regexps(n int) int {
	s := text(60)
	mail := regexp.MustCompile(`[a-z0-9]+@[a-z.]+`)
	url := regexp.MustCompile(`https?://([^/\s]+)(/[^\s?]*)?(\?\S+)?`)
	words := regexp.MustCompile(`\b(fox|dog|cat)\b`)
	total := 0
	for range n {
		total += len(mail.FindAllString(s, -1)) + len(url.FindAllStringSubmatchIndex(s, -1)) + len(words.ReplaceAllString(s, "<$1>"))
	}
	return total
}

func wordcount(n int) int {
	s := text(1000)
	total := 0
	for range n {
		lines, words, bytesN := 0, 0, 0
		freq := map[string]int{}
		r := bufio.NewReader(strings.NewReader(s))
		for {
			line, err := r.ReadBytes('\n')
			if err == io.EOF {
				break
			}
			lines++
			bytesN += len(line)
			for _, w := range bytes.FieldsFunc(line, func(c rune) bool { return !unicode.IsLetter(c) }) {
				freq[string(bytes.ToLower(w))]++
				words++
			}
		}
		total += lines + words + bytesN + len(freq)
	}
	return total
}

func sprintf(n int) int {
	total := 0
	for i := range n {
		total += len(fmt.Sprintf("%d %s %5.2f %v %x", i, "hello", float64(i)/3, i%2 == 0, i))
		total += len(fmt.Sprintf("%v %q %+v", []int{i, 2}, "quoted", struct{ A, B int }{i, 2}))
	}
	return total
}
