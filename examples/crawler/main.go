// Crawler visits a web site concurrently, starting at one page, and reports
// its pages by depth, broken links, redirects and timeouts. The site is a
// server in the same process, with everything that makes crawling hard: loops,
// dead ends, slow pages, redirects, other hosts, broken HTML.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Page is what the crawler found at an address.
type Page struct {
	Path   string
	Depth  int
	Status string
	Title  string
	Links  []string
	Err    error
}

// Crawler visits pages of one host.
type Crawler struct {
	Client   *http.Client
	Parallel int           // requests at once
	MaxDepth int           // links from the start
	Timeout  time.Duration // per page
	MaxBytes int64         // per page
}

// Crawl visits start and what it leads to, level by level, so that each page's
// depth is its shortest distance however the requests are timed.
func (c *Crawler) Crawl(ctx context.Context, start string) ([]Page, error) {
	base, err := url.Parse(start)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{base.Path: true}
	level := []string{base.Path}
	var pages []Page
	for depth := 0; len(level) > 0 && depth <= c.MaxDepth; depth++ {
		found, err := c.level(ctx, base, level, depth)
		if err != nil {
			return pages, err
		}
		pages = append(pages, found...)
		level = level[:0:0]
		for _, p := range found {
			for _, l := range p.Links {
				if !seen[l] {
					seen[l] = true
					level = append(level, l)
				}
			}
		}
	}
	slices.SortFunc(pages, func(a, b Page) int { return cmp.Or(cmp.Compare(a.Depth, b.Depth), cmp.Compare(a.Path, b.Path)) })
	return pages, nil
}

func (c *Crawler) level(ctx context.Context, base *url.URL, paths []string, depth int) ([]Page, error) {
	pages := make([]Page, len(paths))
	slots := make(chan struct{}, c.Parallel)
	var wg sync.WaitGroup
	for i, path := range paths {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			wg.Wait()
			return nil, context.Cause(ctx)
		}
		wg.Go(func() {
			defer func() { <-slots }()
			pages[i] = c.fetch(ctx, base, path)
			pages[i].Depth = depth
		})
	}
	wg.Wait()
	return pages, ctx.Err()
}

var (
	titleRE = regexp.MustCompile(`(?is)<title>\s*(.*?)\s*</title>`)
	hrefRE  = regexp.MustCompile(`(?i)<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))`)
)

// fetch gets one page and the paths on the same host that it links to.
func (c *Crawler) fetch(ctx context.Context, base *url.URL, path string) Page {
	p := Page{Path: path}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	at := base.ResolveReference(&url.URL{Path: path})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		p.Err = err
		return p
	}
	res, err := c.Client.Do(req)
	if err != nil {
		// The address in the error differs from run to run.
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		p.Err = err
		return p
	}
	defer res.Body.Close()
	p.Status = res.Status
	body, err := io.ReadAll(io.LimitReader(res.Body, c.MaxBytes))
	if err != nil {
		p.Err = err
		return p
	}
	if m := titleRE.FindSubmatch(body); m != nil {
		p.Title = string(m[1])
	}
	if l := res.Header.Get("Location"); l != "" {
		p.Title = "-> " + l
		p.Links = c.resolve(at, []string{l})
		return p
	}
	var hrefs []string
	for _, m := range hrefRE.FindAllStringSubmatch(string(body), -1) {
		hrefs = append(hrefs, cmp.Or(m[1], m[2], m[3]))
	}
	p.Links = c.resolve(at, hrefs)
	return p
}

// resolve gives the distinct paths on the page's host, sorted.
func (c *Crawler) resolve(at *url.URL, hrefs []string) []string {
	var paths []string
	for _, h := range hrefs {
		ref, err := at.Parse(h)
		if err != nil || ref.Host != at.Host || ref.Scheme != at.Scheme {
			continue
		}
		paths = append(paths, cmp.Or(ref.Path, "/"))
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// site is the server. hold keeps its slow page from answering.
func site(hold <-chan struct{}) http.Handler {
	pages := map[string]string{
		"/": `<html><title>Home</title><a href="/about">about</a> <a href='/wiki/1'>wiki</a>
			<a class=x href=/list>list</a> <a href="http://elsewhere.example/">out</a> <a href="mailto:a@b.example">mail</a></html>`,
		"/about":  `<TITLE> About us </TITLE><A HREF="/">home</A> <a href="team?sort=name#top">team</a> <a href="/missing">gone</a>`,
		"/team":   `<title>Team</title><a href="../about">about</a><a href="./slow">slow</a><a href="%zz">bad</a>`,
		"/deep/x": `<title>X</title><a href="y/../z">z</a>`,
		"/deep/z": `<title>Z</title><a href="x">x</a><a href="/old">old</a>`,
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		text, ok := pages[r.URL.Path]
		if !ok {
			http.Error(w, "<title>Not here</title>", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, text)
	})
	mux.HandleFunc("GET /wiki/{n}", func(w http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscan(r.PathValue("n"), &n)
		fmt.Fprintf(w, "<title>Wiki %d</title>", n)
		// A graph with loops.
		for _, next := range []int{2 * n, 2*n + 1, n / 2} {
			fmt.Fprintf(w, `<a href="/wiki/%d">%d</a>`, next%40, next)
		}
	})
	mux.HandleFunc("GET /list", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "<title>List</title>")
		for _, p := range []string{"/deep/x", "/loop/a", "/error", "/hangup", "/big"} {
			fmt.Fprintf(w, "<a href=%q>.</a>", p)
		}
	})
	mux.Handle("GET /old", http.RedirectHandler("/about", http.StatusMovedPermanently))
	mux.Handle("GET /loop/a", http.RedirectHandler("/loop/b", http.StatusFound))
	mux.Handle("GET /loop/b", http.RedirectHandler("/loop/a", http.StatusFound))
	mux.HandleFunc("GET /error", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "sorry", http.StatusInternalServerError) })
	mux.HandleFunc("GET /hangup", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("GET /slow", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hold:
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("GET /big", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "<title>Big</title><a href=/>home</a>")
		io.WriteString(w, strings.Repeat("<p>more</p>\n", 100_000))
	})
	return mux
}

func report(w io.Writer, pages []Page) {
	depth := -1
	kinds := make(map[string]int)
	for _, p := range pages {
		if p.Depth > depth {
			depth = p.Depth
			fmt.Fprintf(w, "depth %d\n", depth)
		}
		text := p.Status
		if p.Err != nil {
			text = "error: " + p.Err.Error()
			kinds["error"]++
		} else {
			kinds[p.Status[:3]]++
		}
		fmt.Fprintf(w, "  %-10s %-40s %-14s %d links\n", p.Path, text, p.Title, len(p.Links))
	}
	names := make([]string, 0, len(kinds))
	for k, n := range kinds {
		names = append(names, fmt.Sprintf("%s: %d", k, n))
	}
	slices.Sort(names)
	fmt.Fprintln(w, len(pages), "pages;", strings.Join(names, ", "))
}

func run(w io.Writer) error {
	hold := make(chan struct{})
	srv := httptest.NewServer(site(hold))
	defer srv.Close()
	defer close(hold)
	client := srv.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c := &Crawler{Client: client, Parallel: 4, MaxDepth: 5, Timeout: 2 * time.Second, MaxBytes: 64 << 10}

	ctx := context.Background()
	pages, err := c.Crawl(ctx, srv.URL+"/")
	if err != nil {
		return err
	}
	report(w, pages)

	ctx, cancel := context.WithCancelCause(ctx)
	cancel(errors.New("enough"))
	_, err = c.Crawl(ctx, srv.URL+"/")
	fmt.Fprintln(w, "canceled:", err != nil)
	_, err = c.Crawl(ctx, "http://[bad/")
	fmt.Fprintln(w, "bad start:", err)
	return nil
}

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "crawler:", err)
		os.Exit(1)
	}
}
