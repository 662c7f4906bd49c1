// Wordcount counts lines, words and bytes of files, as wc does, and the most
// frequent words of all of them together.
//
//	wordcount [-n 10] [-min 1] file...
//
// Without files it reads standard input. Files are read concurrently; the
// output follows the order of the arguments.
package main

import (
	"bufio"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// counts is what is known about one file.
type counts struct {
	name  string
	lines int
	words int
	bytes int64
	freq  map[string]int
	err   error
}

// countingReader counts the bytes that pass through it.
type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// splitWords is a bufio.SplitFunc: a word is a run of letters, digits and
// apostrophes between letters.
func splitWords(data []byte, atEOF bool) (advance int, token []byte, err error) {
	start := 0
	for start < len(data) {
		r, size := utf8.DecodeRune(data[start:])
		if r == utf8.RuneError && size == 1 && !atEOF && !utf8.FullRune(data[start:]) {
			return start, nil, nil
		}
		if isWordRune(r) {
			break
		}
		start += size
	}
	for i := start; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 && !atEOF && !utf8.FullRune(data[i:]) {
			return start, nil, nil
		}
		if !isWordRune(r) && r != '\'' {
			return i + size, data[start:i], nil
		}
		i += size
	}
	if atEOF && start < len(data) {
		return len(data), data[start:], nil
	}
	return start, nil, nil
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// count reads r to its end.
func count(name string, r io.Reader) *counts {
	c := &counts{name: name, freq: make(map[string]int)}
	cr := &countingReader{r: r}
	lines := &lineCounter{}
	s := bufio.NewScanner(io.TeeReader(cr, lines))
	s.Buffer(make([]byte, 0, 4096), 1<<20)
	s.Split(splitWords)
	for s.Scan() {
		c.words++
		word := strings.ToLower(strings.Trim(s.Text(), "'"))
		c.freq[word]++
	}
	c.err = s.Err()
	c.bytes = cr.n
	c.lines = lines.n
	return c
}

type lineCounter struct{ n int }

func (l *lineCounter) Write(p []byte) (int, error) {
	for _, b := range p {
		if b == '\n' {
			l.n++
		}
	}
	return len(p), nil
}

func countFile(name string) *counts {
	f, err := os.Open(name)
	if err != nil {
		return &counts{name: name, err: err}
	}
	defer f.Close()
	return count(name, f)
}

type entry struct {
	word string
	n    int
}

// top gives the n most frequent words of at least minLen letters; ties are in
// alphabetical order.
func top(freq map[string]int, n, minLen int) []entry {
	var list []entry
	for w, k := range freq {
		if utf8.RuneCountInString(w) >= minLen {
			list = append(list, entry{w, k})
		}
	}
	slices.SortFunc(list, func(a, b entry) int {
		return cmp.Or(-cmp.Compare(a.n, b.n), strings.Compare(a.word, b.word))
	})
	return list[:min(n, len(list))]
}

func run(args []string, stdin io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("wordcount", flag.ContinueOnError)
	n := flags.Int("n", 10, "how many of the most frequent words to print")
	minLen := flags.Int("min", 1, "shortest word that is listed")
	if err := flags.Parse(args); err != nil {
		return err
	}

	results := make([]*counts, flags.NArg())
	var wg sync.WaitGroup
	for i, name := range flags.Args() {
		wg.Go(func() { results[i] = countFile(name) })
	}
	wg.Wait()
	if len(results) == 0 {
		results = append(results, count("-", stdin))
	}

	var errs []error
	total := counts{name: "total", freq: make(map[string]int)}
	w := bufio.NewWriter(out)
	defer w.Flush()
	for _, c := range results {
		if c.err != nil {
			errs = append(errs, c.err)
			continue
		}
		fmt.Fprintf(w, "%7d %7d %8d %s\n", c.lines, c.words, c.bytes, c.name)
		total.lines += c.lines
		total.words += c.words
		total.bytes += c.bytes
		for word, k := range c.freq {
			total.freq[word] += k
		}
	}
	if len(results) > 1 {
		fmt.Fprintf(w, "%7d %7d %8d %s\n", total.lines, total.words, total.bytes, total.name)
	}
	fmt.Fprintf(w, "\n%d distinct words\n", len(total.freq))
	for _, e := range top(total.freq, *n, *minLen) {
		share := 100 * float64(e.n) / float64(max(total.words, 1))
		fmt.Fprintf(w, "%7d %5.2f%% %s\n", e.n, share, e.word)
	}
	return errors.Join(errs...)
}

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "wordcount:", err)
		os.Exit(1)
	}
}
