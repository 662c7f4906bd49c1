// Httpload runs a JSON server in this process under load from many connections and checks every answer. Afterwards neither
// goroutines nor live memory may have grown.
//
//	httpload [-for 1s] [-connections 64]
//
// Run it with GOGC=5 -for 60s too.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type item struct {
	ID    int               `json:"id"`
	Name  string            `json:"name"`
	Tags  []string          `json:"tags,omitempty"`
	Attrs map[string]string `json:"attrs,omitempty"`
	Sub   *item             `json:"sub,omitempty"`
}

type store struct {
	mu    sync.RWMutex
	items map[int]*item
}

func (s *store) put(w http.ResponseWriter, r *http.Request) {
	var it item
	if err := json.NewDecoder(r.Body).Decode(&it); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.items[it.ID] = &it
	s.mu.Unlock()
	w.WriteHeader(http.StatusCreated)
}

func (s *store) get(w http.ResponseWriter, r *http.Request) {
	var id int
	if _, err := fmt.Sscan(r.PathValue("id"), &id); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.RLock()
	it := s.items[id]
	s.mu.RUnlock()
	if it == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(it); err != nil {
		panic(err)
	}
}

func (s *store) list(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	ids := make([]int, 0, len(s.items))
	for id := range s.items {
		ids = append(ids, id)
	}
	s.mu.RUnlock()
	sort.Ints(ids)
	fmt.Fprintln(w, len(ids) > 0 && ids[0] >= 0)
}

func want(id, round int) *item {
	return &item{
		ID:    id,
		Name:  fmt.Sprintf("item %d of round %d", id, round),
		Tags:  []string{"a", strings.Repeat("b", round%40), "ü"},
		Attrs: map[string]string{"k": fmt.Sprint(round), "z": "<&>"},
		Sub:   &item{ID: -id, Name: "sub"},
	}
}

// client does rounds of put, get and list until the context ends.
func client(ctx context.Context, base string, id int, requests *atomic.Int64) error {
	c := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	defer c.CloseIdleConnections()
	for round := 0; ctx.Err() == nil; round++ {
		it := want(id, round)
		data, err := json.Marshal(it)
		if err != nil {
			return err
		}
		resp, err := c.Post(base+"/items", "application/json", bytes.NewReader(data))
		if err != nil {
			return err
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusCreated {
			return fmt.Errorf("put: %s", resp.Status)
		}
		resp, err = c.Get(fmt.Sprint(base, "/items/", id))
		if err != nil {
			return err
		}
		back, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return err
		}
		if string(back) != string(data)+"\n" {
			return fmt.Errorf("got %s, want %s", back, data)
		}
		if round%16 == 0 {
			resp, err := c.Get(base + "/items")
			if err != nil {
				return err
			}
			text, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if string(text) != "true\n" {
				return fmt.Errorf("list: %q", text)
			}
		}
		requests.Add(2)
	}
	return nil
}

// settled is the live heap and the number of goroutines once nothing is going on.
func settled() (heap uint64, goroutines int) {
	for range 20 {
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc, runtime.NumGoroutine()
}

func load(d time.Duration, connections int, base string) (int64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	var requests atomic.Int64
	errs := make(chan error, connections)
	for i := range connections {
		go func() { errs <- client(ctx, base, i, &requests) }()
	}
	var first error
	for range connections {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	return requests.Load(), first
}

func main() {
	d := flag.Duration("for", time.Second, "time under load")
	connections := flag.Int("connections", 64, "clients, each with a connection")
	flag.Parse()
	s := &store{items: map[int]*item{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /items", s.put)
	mux.HandleFunc("GET /items/{id}", s.get)
	mux.HandleFunc("GET /items", s.list)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	srv := &http.Server{Handler: mux}
	go srv.Serve(l)
	base := "http://" + l.Addr().String()
	if _, err := load(*d/5, *connections, base); err != nil {
		fmt.Fprintln(os.Stderr, "warm up:", err)
		os.Exit(1)
	}
	heap, goroutines := settled()
	n, err := load(*d, *connections, base)
	heap2, goroutines2 := settled()
	fmt.Fprintf(os.Stderr, "%d requests, heap %d -> %d bytes, goroutines %d -> %d\n", n, heap, heap2, goroutines, goroutines2)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("no error:", n > 0, "heap grows:", heap2 > heap+heap/4+256<<10, "goroutines grow:", goroutines2 > goroutines+8)
	if err := srv.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
}
