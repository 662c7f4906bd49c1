// Httpjson is a small JSON-over-HTTP service of notes, with its client, in one
// process: the server listens on loopback, the client goes through the whole
// interface, and the server shuts down gracefully while a slow request is
// still being answered.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Note is what the service keeps.
type Note struct {
	ID    int      `json:"id"`
	Title string   `json:"title"`
	Body  string   `json:"body,omitempty"`
	Tags  []string `json:"tags,omitempty"`
}

// Store keeps notes by number. It is safe for concurrent use.
type Store struct {
	mu    sync.RWMutex
	last  int
	notes map[int]Note
}

var errNotFound = errors.New("no such note")

func NewStore() *Store { return &Store{notes: make(map[int]Note)} }

func (s *Store) Add(n Note) Note {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	n.ID = s.last
	s.notes[n.ID] = n
	return n
}

func (s *Store) Get(id int) (Note, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n, ok := s.notes[id]
	if !ok {
		return Note{}, errNotFound
	}
	return n, nil
}

func (s *Store) Delete(id int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.notes[id]; !ok {
		return errNotFound
	}
	delete(s.notes, id)
	return nil
}

// List gives the notes with a tag, or all for the empty tag, by number.
func (s *Store) List(tag string) []Note {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := slices.Collect(maps.Values(s.notes))
	list = slices.DeleteFunc(list, func(n Note) bool { return tag != "" && !slices.Contains(n.Tags, tag) })
	slices.SortFunc(list, func(a, b Note) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// apiError is an error with an HTTP status; all others are internal.
type apiError struct {
	Status  int    `json:"-"`
	Message string `json:"error"`
}

func (e *apiError) Error() string { return e.Message }

// handlerFunc answers with a value or an error; handle turns both into JSON.
type handlerFunc func(w http.ResponseWriter, r *http.Request) (any, error)

func handle(f handlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := f(w, r)
		status := http.StatusOK
		if err != nil {
			var ae *apiError
			if !errors.As(err, &ae) {
				ae = &apiError{http.StatusInternalServerError, err.Error()}
				if errors.Is(err, errNotFound) {
					ae.Status = http.StatusNotFound
				}
			}
			v, status = ae, ae.Status
		} else if r.Method == http.MethodPost {
			status = http.StatusCreated
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if v != nil {
			json.NewEncoder(w).Encode(v)
		}
	})
}

func noteID(r *http.Request) (int, error) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		return 0, &apiError{http.StatusBadRequest, fmt.Sprintf("bad id %q", r.PathValue("id"))}
	}
	return id, nil
}

// routes is the service's interface. slow is told when /slow has begun.
func routes(store *Store, slow chan<- struct{}) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /notes", handle(func(w http.ResponseWriter, r *http.Request) (any, error) {
		var n Note
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10))
		d.DisallowUnknownFields()
		if err := d.Decode(&n); err != nil {
			return nil, &apiError{http.StatusBadRequest, err.Error()}
		}
		if strings.TrimSpace(n.Title) == "" {
			return nil, &apiError{http.StatusUnprocessableEntity, "a note needs a title"}
		}
		n = store.Add(n)
		w.Header().Set("Location", fmt.Sprintf("/notes/%d", n.ID))
		return n, nil
	}))
	mux.Handle("GET /notes", handle(func(_ http.ResponseWriter, r *http.Request) (any, error) {
		return store.List(r.URL.Query().Get("tag")), nil
	}))
	mux.Handle("GET /notes/{id}", handle(func(_ http.ResponseWriter, r *http.Request) (any, error) {
		id, err := noteID(r)
		if err != nil {
			return nil, err
		}
		return store.Get(id)
	}))
	mux.Handle("DELETE /notes/{id}", handle(func(_ http.ResponseWriter, r *http.Request) (any, error) {
		id, err := noteID(r)
		if err != nil {
			return nil, err
		}
		return nil, store.Delete(id)
	}))
	mux.Handle("GET /panic", handle(func(http.ResponseWriter, *http.Request) (any, error) {
		var m map[string]int
		m["boom"]++
		return m, nil
	}))
	mux.Handle("GET /slow", handle(func(_ http.ResponseWriter, r *http.Request) (any, error) {
		slow <- struct{}{}
		select {
		case <-time.After(200 * time.Millisecond):
			return map[string]string{"slow": "but finished"}, nil
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}))
	return recovered(mux)
}

// recovered answers 500 when a handler panics.
func recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusInternalServerError)
				json.NewEncoder(w).Encode(apiError{Message: fmt.Sprint(v)})
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// client speaks to the service and prints what it says.
type client struct {
	base string
	http *http.Client
	out  io.Writer
}

func (c *client) do(ctx context.Context, method, path string, body any) (string, error) {
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			return "", err
		}
		r = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, r)
	if err != nil {
		return "", err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	where := ""
	if l := res.Header.Get("Location"); l != "" {
		where = " -> " + l
	}
	return fmt.Sprintf("%s %s: %d%s %s", method, path, res.StatusCode, where, bytes.TrimSpace(data)), nil
}

// tour uses every part of the interface.
func (c *client) tour(ctx context.Context) error {
	steps := []struct {
		method, path string
		body         any
	}{
		{"GET", "/notes", nil},
		{"POST", "/notes", Note{Title: "Buy milk", Tags: []string{"home"}}},
		{"POST", "/notes", Note{Title: "Write tests", Body: "<for> the parser & the rest", Tags: []string{"work", "go"}}},
		{"POST", "/notes", `{"title": "  "}`},
		{"POST", "/notes", `{"title": "x", "colour": "red"}`},
		{"POST", "/notes", `{"title": 7}`},
		{"POST", "/notes", `{"title": "` + strings.Repeat("x", 2000) + `"}`},
		{"GET", "/notes/2", nil},
		{"GET", "/notes/9", nil},
		{"GET", "/notes/two", nil},
		{"GET", "/notes?tag=home", nil},
		{"DELETE", "/notes/1", nil},
		{"DELETE", "/notes/1", nil},
		{"PUT", "/notes/2", nil},
		{"GET", "/nowhere", nil},
		{"GET", "/panic", nil},
		{"GET", "/notes", nil},
	}
	for _, s := range steps {
		line, err := c.do(ctx, s.method, s.path, s.body)
		if err != nil {
			return err
		}
		fmt.Fprintln(c.out, line)
	}
	return nil
}

// burst adds notes from many goroutines at once and counts them.
func (c *client) burst(ctx context.Context, n int) error {
	errs := make(chan error, n)
	for i := range n {
		go func() {
			_, err := c.do(ctx, "POST", "/notes", Note{Title: fmt.Sprint("burst ", i), Tags: []string{"burst"}})
			errs <- err
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			return err
		}
	}
	res, err := c.http.Get(c.base + "/notes?tag=burst")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var notes []Note
	if err := json.NewDecoder(res.Body).Decode(&notes); err != nil {
		return err
	}
	fmt.Fprintln(c.out, "burst:", len(notes), "notes")
	return nil
}

func run(ctx context.Context, out io.Writer) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	slow := make(chan struct{})
	srv := &http.Server{
		Handler:           routes(NewStore(), slow),
		ReadHeaderTimeout: 5 * time.Second,
		ErrorLog:          log.New(out, "server: ", 0),
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()

	c := &client{base: "http://" + ln.Addr().String(), http: &http.Client{Timeout: 10 * time.Second}, out: out}
	if err := c.tour(ctx); err != nil {
		return err
	}
	if err := c.burst(ctx, 50); err != nil {
		return err
	}

	// Shut down while a request is under way: it is answered first.
	answer := make(chan string, 1)
	go func() {
		line, err := c.do(ctx, "GET", "/slow", nil)
		if err != nil {
			line = err.Error()
		}
		answer <- line
	}()
	<-slow
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		return fmt.Errorf("shutdown: %w", err)
	}
	fmt.Fprintln(out, <-answer)
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	if _, err := c.do(ctx, "GET", "/notes", nil); err == nil {
		return errors.New("the server still answers")
	}
	fmt.Fprintln(out, "server closed")
	return nil
}

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "httpjson:", err)
		os.Exit(1)
	}
}
