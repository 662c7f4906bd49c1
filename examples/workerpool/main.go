// Workerpool runs jobs on a bounded number of goroutines, with a deadline for
// each job, cancellation of all on the first fatal error, retries of
// temporary ones, and a summary.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A Job computes something until it is done or its context is.
type Job struct {
	Name string
	Run  func(ctx context.Context, attempt int) (string, error)
}

// Result is the outcome of one job.
type Result struct {
	Name     string
	Value    string
	Err      error
	Attempts int
}

// temporary marks errors that another try may cure.
type temporary struct{ error }

func (t temporary) Unwrap() error { return t.error }

// fatal marks errors after which nothing else makes sense.
type fatal struct{ error }

func (f fatal) Unwrap() error { return f.error }

// Pool is a bounded set of workers.
type Pool struct {
	Workers  int
	Timeout  time.Duration
	Attempts int
	running  atomic.Int32
	peak     atomic.Int32
}

// Run executes all jobs and gives their results by job order. Jobs that were
// not begun when the context ended have its cause as their error.
func (p *Pool) Run(ctx context.Context, jobs []Job) []Result {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	results := make([]Result, len(jobs))
	next := make(chan int)
	var wg sync.WaitGroup
	for range p.Workers {
		wg.Go(func() {
			for i := range next {
				if ctx.Err() != nil {
					results[i] = Result{Name: jobs[i].Name, Err: context.Cause(ctx)}
					continue
				}
				results[i] = p.one(ctx, jobs[i])
				var f fatal
				if errors.As(results[i].Err, &f) {
					cancel(fmt.Errorf("stopped by %s: %w", jobs[i].Name, f))
				}
			}
		})
	}
	for i := range jobs {
		select {
		case next <- i:
			continue
		case <-ctx.Done():
		}
		for j := i; j < len(jobs); j++ {
			results[j] = Result{Name: jobs[j].Name, Err: context.Cause(ctx)}
		}
		break
	}
	close(next)
	wg.Wait()
	return results
}

func (p *Pool) one(ctx context.Context, j Job) (res Result) {
	n := p.running.Add(1)
	for {
		peak := p.peak.Load()
		if n <= peak || p.peak.CompareAndSwap(peak, n) {
			break
		}
	}
	defer p.running.Add(-1)
	res.Name = j.Name
	for res.Attempts < p.Attempts {
		res.Attempts++
		res.Value, res.Err = p.attempt(ctx, j, res.Attempts)
		var t temporary
		if !errors.As(res.Err, &t) {
			return res
		}
	}
	res.Err = fmt.Errorf("after %d attempts: %w", res.Attempts, res.Err)
	return res
}

// attempt runs the job once under its own deadline; a panic is an error.
func (p *Pool) attempt(ctx context.Context, j Job, n int) (value string, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return j.Run(ctx, n)
}

// fibonacci is work without waiting.
func fibonacci(n int) Job {
	return Job{fmt.Sprintf("fib(%d)", n), func(ctx context.Context, _ int) (string, error) {
		a, b := big.NewInt(0), big.NewInt(1)
		for i := range n {
			if i%64 == 0 && ctx.Err() != nil {
				return "", ctx.Err()
			}
			a.Add(a, b)
			a, b = b, a
		}
		s := a.String()
		if len(s) > 20 {
			s = fmt.Sprintf("%s…%s (%d digits)", s[:6], s[len(s)-6:], len(s))
		}
		return s, nil
	}}
}

// hang waits for the end of its context.
func hang(name string) Job {
	return Job{name, func(ctx context.Context, _ int) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	}}
}

// flaky fails until the given attempt.
func flaky(name string, good int) Job {
	return Job{name, func(_ context.Context, attempt int) (string, error) {
		if attempt < good {
			return "", temporary{fmt.Errorf("attempt %d failed", attempt)}
		}
		return fmt.Sprint("good at attempt ", attempt), nil
	}}
}

func report(w io.Writer, title string, results []Result) {
	fmt.Fprintf(w, "== %s\n", title)
	kinds := map[string]int{}
	for _, r := range results {
		kind, text := "ok", r.Value
		switch {
		case errors.Is(r.Err, context.DeadlineExceeded):
			kind, text = "timeout", r.Err.Error()
		case r.Err != nil:
			kind, text = "error", r.Err.Error()
		}
		kinds[kind]++
		fmt.Fprintf(w, "%-12s %-8s %d  %s\n", r.Name, kind, r.Attempts, text)
	}
	var parts []string
	for k, n := range kinds {
		parts = append(parts, fmt.Sprintf("%s %d", k, n))
	}
	sort.Strings(parts)
	fmt.Fprintln(w, strings.Join(parts, ", "))
}

// pipeline: numbers through two stages connected by channels; the sum does
// not depend on the order.
func pipeline(ctx context.Context, n int) (sum int, err error) {
	source := make(chan int)
	squares := make(chan int, 4)
	go func() {
		defer close(source)
		for i := 1; i <= n; i++ {
			select {
			case source <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	var stage sync.WaitGroup
	for range 3 {
		stage.Go(func() {
			for v := range source {
				squares <- v * v
			}
		})
	}
	go func() { stage.Wait(); close(squares) }()
	for v := range squares {
		sum += v
	}
	return sum, ctx.Err()
}

func main() {
	ctx := context.Background()
	pool := &Pool{Workers: 4, Timeout: 300 * time.Millisecond, Attempts: 3}
	jobs := []Job{
		fibonacci(10), fibonacci(90), fibonacci(5000),
		hang("hang"), flaky("flaky", 3), flaky("hopeless", 9),
		{"panics", func(context.Context, int) (string, error) {
			list := make([]int, 4)
			return fmt.Sprint(list[len(os.Args)+10]), nil
		}},
	}
	report(os.Stdout, "independent jobs", pool.Run(ctx, jobs))
	if peak := pool.peak.Load(); peak < 1 || peak > 4 {
		fmt.Println("more workers than allowed:", peak)
	}

	// One worker, so that what comes after the fatal error is not begun.
	pool = &Pool{Workers: 1, Timeout: time.Second, Attempts: 1}
	cause := fatal{errors.New("disk on fire")}
	report(os.Stdout, "fatal error", pool.Run(ctx, []Job{
		fibonacci(20),
		{"burns", func(context.Context, int) (string, error) { return "", cause }},
		hang("never"), hang("nor this"),
	}))

	sum, err := pipeline(ctx, 1000)
	fmt.Println("== pipeline:", sum, err)

	// A deadline that has passed reaches through all of its children.
	parent, cancel := context.WithDeadlineCause(ctx, time.Unix(0, 0), errors.New("too late"))
	defer cancel()
	child := context.WithValue(parent, traceKey, "value")
	after := make(chan bool)
	context.AfterFunc(child, func() { close(after) })
	<-after
	fmt.Println("== deadline:", child.Err(), "/", context.Cause(child), "/", child.Value(traceKey))
}

type key string

const traceKey key = "trace"
