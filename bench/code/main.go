// Bench runs small programs of many kinds and prints the processor time of each: the fastest of several runs, in microseconds.
//
//	bench [-count 5] [-cpuprofile FILE] [NAME...]
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"syscall"
	"time"
)

type benchmark struct {
	name string
	run  func() any
}

var benchmarks = []benchmark{
	{"nbody", func() any { return nbody(300_000) }},
	{"fannkuch", func() any { return fannkuch(9) }},
	{"spectral", func() any { return spectral(300) }},
	{"bintrees", func() any { return bintrees(14) }},
	{"mandelbrot", func() any { return mandelbrot(300) }},
	{"mapcount", func() any { return mapcount(300_000) }},
	{"chanring", func() any { return chanring(100, 100_000) }},
	{"sort", func() any { return sorting(200_000) }},
	{"json", func() any { return jsonRoundTrip(60) }},
	{"regexp", func() any { return regexps(40) }},
	{"wordcount", func() any { return wordcount(10) }},
	{"sprintf", func() any { return sprintf(80_000) }},
	{"matrix", func() any { return matrix(160) }},
	{"sieve", func() any { return sieve(2_000_000) }},
	{"iterators", func() any { return iterators(400) }},
	{"builder", func() any { return builder(300_000) }},
	{"ifaces", func() any { return ifaces(2_000_000) }},
	{"sha", func() any { return hashing(200) }},
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func main() {
	count := flag.Int("count", 5, "runs of each")
	profile := flag.String("cpuprofile", "", "file for a CPU profile")
	flag.Parse()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			panic(err)
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			panic(err)
		}
		defer pprof.StopCPUProfile()
	}
	for _, b := range benchmarks {
		if flag.NArg() > 0 && !slices.Contains(flag.Args(), b.name) {
			continue
		}
		best := time.Hour
		var result any
		for range *count {
			runtime.GC()
			start := cpu()
			result = b.run()
			best = min(best, cpu()-start)
		}
		fmt.Fprintf(os.Stdout, "%s %d %v\n", b.name, best.Microseconds(), result)
	}
}
