// Programs of the recorded debugger sessions: one function run… per file, chosen by the first argument.
package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

var programs = map[string]func(){
	"goroutines":   runGoroutines,
	"defers":       runDefers,
	"panics":       runPanics,
	"unrecovered":  runUnrecovered,
	"closures":     runClosures,
	"generics":     runGenerics,
	"maps":         runMaps,
	"interfaces":   runInterfaces,
	"inlining":     runInlining,
	"threads":      runThreads,
	"signals":      runSignals,
	"spawn":        runSpawn,
	"selects":      runSelects,
	"channels":     runChannels,
	"embedded":     runEmbedded,
	"pointers":     runPointers,
	"strs":         runStrs,
	"stdtypes":     runStdtypes,
	"methods":      runMethods,
	"rangefunc":    runRangefunc,
	"labels":       runLabels,
	"slicesarrays": runSlicesarrays,
	"numbers":      runNumbers,
	"control":      runControl,
	"recursion":    runRecursion,
	"variadic":     runVariadic,
	"shadowing":    runShadowing,
	"counting":     runCounting,
	"watched":      runWatched,
	"exits":        runExits,
	"fatal":        runFatal,
	"nilderef":     runNilderef,
	"calls":        runCalls,
	"timers":       runTimers,
	"atomics":      runAtomics,
	"goexit":       runGoexit,
	"linked":       runLinked,
	"wideframes":   runWideframes,
	"nestedpanic":  runNestedpanic,
	"anonymous":    runAnonymous,
	"workers":      runWorkers,
	"deadlocks":    runDeadlocks,
	"child":        runChild,
}

// settle waits until n goroutines of the program wait for something.
func settle(n int) {
	for {
		buf := make([]byte, 1<<16)
		buf = buf[:runtime.Stack(buf, true)]
		if waiting(string(buf)) >= n {
			time.Sleep(5 * time.Millisecond)
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func waiting(stacks string) int {
	n := 0
	for i := 0; i+5 < len(stacks); i++ {
		if stacks[i:i+5] == "[chan" || stacks[i:i+5] == "[sync" || stacks[i:i+5] == "[sele" || stacks[i:i+5] == "[sema" {
			n++
		}
	}
	return n
}

func main() {
	name := ""
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	run := programs[name]
	if run == nil {
		fmt.Println("no such program:", name)
		os.Exit(2)
	}
	run()
}
