// Building, side by side with the official toolchain in one run:
//   node bench/build.ts [--runs N] [--cold N] [--keep DIR] [println|fmt|http|module ...]
// Each program is built from an empty cache, with nothing changed, after an edit of main and after an edit deep in the
// import graph (module: a generated one of 32 packages). Prints milliseconds (the fastest run), ratios, peak memory and sizes.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
	options: { runs: { type: "string", default: "5" }, cold: { type: "string", default: "1" }, keep: { type: "string" } },
	allowPositionals: true,
});

type Files = Record<string, string>;

/** EDIT in a file is replaced by a number that changes. main: the file to edit; deep: one that main reaches through others. */
interface Program {
	files: Files;
	main: string;
	deep: string | null;
}

const fmtMain = `package main

import "fmt"

func main() {
	fmt.Println("hello, world", EDIT)
}
`;

const httpMain = `package main

import (
	"encoding/json"
	"log"
	"net/http"
	"sync/atomic"
)

type reply struct {
	Path string \`json:"path"\`
	N    int64  \`json:"n"\`
}

func main() {
	var n atomic.Int64
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(reply{r.URL.Path, n.Add(1) + EDIT}); err != nil {
			log.Print(err)
		}
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}
`;

/** A module of 32 packages: levels that import all of the level below, each with a type, a method and generic helpers. */
function moduleFiles(): Files {
	const files: Files = {};
	const levels = 4;
	const width = 8;
	for (let l = 0; l < levels; l++) {
		for (let k = 0; k < width; k++) {
			const name = `l${l}p${k}`;
			const below = l === 0 ? [] : Array.from({ length: width }, (_, i) => `l${l - 1}p${i}`);
			const imports = ["fmt", "sort", "strings", ...below.map((b) => `bench.test/module/${b}`)];
			const calls = below.map((b) => `\tt.add(${b}.Run(n - 1))\n`).join("");
			files[`${name}/a.go`] = `package ${name}

import (
${imports.map((i) => `\t${JSON.stringify(i)}`).join("\n")}
)

// Tally counts words.
type Tally struct {
	words map[string]int
	total int
}

func (t *Tally) add(s string) {
	for _, w := range strings.Fields(s) {
		t.words[w]++
		t.total++
	}
}

func (t *Tally) String() string {
	keys := make([]string, 0, len(t.words))
	for k := range t.words {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var b strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&b, "%s=%d ", k, t.words[k])
	}
	return b.String()
}

func fold[T any, R any](xs []T, zero R, f func(R, T) R) R {
	for _, x := range xs {
		zero = f(zero, x)
	}
	return zero
}

// Run does some work.
func Run(n int) string {
	t := &Tally{words: map[string]int{}}
	t.add("${name} level ${l}")
	if n > 0 {
${calls}	}
	t.total += fold([]int{1, 2, n}, ${l === 0 && k === 0 ? "EDIT" : "0"}, func(a, b int) int { return a + b })
	return t.String()
}
`;
		}
	}
	const top = Array.from({ length: width }, (_, i) => `l${levels - 1}p${i}`);
	files["main.go"] = `package main

import (
	"fmt"
${top.map((b) => `\t"bench.test/module/${b}"`).join("\n")}
)

func main() {
	fmt.Println(EDIT)
${top.map((b) => `\tfmt.Println(len(${b}.Run(1)))`).join("\n")}
}
`;
	return files;
}

const programs: Readonly<Record<string, Program>> = {
	println: { files: { "main.go": "package main\n\nfunc main() { println(EDIT) }\n" }, main: "main.go", deep: null },
	fmt: { files: { "main.go": fmtMain }, main: "main.go", deep: null },
	http: { files: { "main.go": httpMain }, main: "main.go", deep: null },
	module: { files: moduleFiles(), main: "main.go", deep: "l0p0/a.go" },
};

const root = join(import.meta.dirname, "..");
const bundle = join(root, "npm", "dist", "tsugo.mjs");
const ours = existsSync(bundle)
	? [process.execPath, "--stack-size=3900", bundle]
	: [process.execPath, "--stack-size=3900", join(root, "packages/cmd/main.ts")];
const work = values.keep ?? mkdtempSync(join(tmpdir(), "tsugo-bench-build-"));
let edits = 0;

interface Tool {
	name: string;
	command: readonly string[];
	dir: string;
	cache: string;
}

function write(tool: Tool, p: Program, name: string, only?: string): void {
	for (const [file, text] of Object.entries(p.files)) {
		if (only !== undefined && file !== only) continue;
		const path = join(tool.dir, name, file);
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, text.replaceAll("EDIT", String(1000 + edits)));
	}
	if (only === undefined) writeFileSync(join(tool.dir, name, "go.mod"), `module bench.test/${name}\n\ngo 1.26\n`);
	// Editors do not save within milliseconds of a build, and tools distrust files that changed just now.
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 120);
}

interface Measured {
	ms: number;
	/** Peak resident set in MB. */
	mb: number;
}

function build(tool: Tool, name: string): Measured {
	const [cmd, ...args] = tool.command;
	const start = performance.now();
	const r = spawnSync("/usr/bin/time", ["-f", "%M", cmd, ...args, "build", "-o", "prog.out", "."], {
		cwd: join(tool.dir, name),
		env: { ...process.env, GOCACHE: tool.cache, GOFLAGS: "-buildvcs=false", GOTOOLCHAIN: "local" },
		encoding: "utf8",
	});
	const ms = performance.now() - start;
	if (r.status !== 0) throw new Error(`${tool.name} build ${name}: ${r.stdout}${r.stderr}`);
	return { ms, mb: Number(r.stderr.trim().split("\n").pop()) / 1024 };
}

/** The fastest of some builds; before: what is done before each. */
function fastest(n: number, tools: readonly Tool[], name: string, before: (t: Tool) => void): Measured[] {
	const best = tools.map((): Measured => ({ ms: Number.POSITIVE_INFINITY, mb: 0 }));
	for (let i = 0; i < n; i++) {
		edits++;
		tools.forEach((t, k) => {
			before(t);
			const m = build(t, name);
			best[k] = { ms: Math.min(best[k].ms, m.ms), mb: Math.max(best[k].mb, m.mb) };
		});
	}
	return best;
}

const tools: Tool[] = [
	{ name: "official", command: ["go"], dir: join(work, "official"), cache: join(work, "cache-official") },
	{ name: "tsugo", command: ours, dir: join(work, "ours"), cache: join(work, "cache-ours") },
];

console.log("| program | build | official ms | tsugo ms | ratio | official MB | tsugo MB |");
console.log("|---|---|---|---|---|---|---|");
for (const name of positionals.length > 0 ? positionals : Object.keys(programs)) {
	const p = programs[name];
	if (p === undefined) throw new Error(`no program ${name}: ${Object.keys(programs).join(", ")}`);
	const row = (what: string, [a, b]: Measured[]): void => {
		console.log(
			`| ${name} | ${what} | ${a.ms.toFixed(0)} | ${b.ms.toFixed(0)} | ${(b.ms / a.ms).toFixed(2)} | ${a.mb.toFixed(0)} | ${b.mb.toFixed(0)} |`,
		);
	};
	for (const t of tools) write(t, p, name);
	row(
		"empty cache",
		fastest(Number(values.cold), tools, name, (t) => rmSync(t.cache, { recursive: true, force: true })),
	);
	// Twice: what a build from an empty cache leaves aside.
	for (const t of tools) build(t, name);
	const runs = Number(values.runs);
	row(
		"nothing changed",
		fastest(runs, tools, name, () => undefined),
	);
	row(
		"main edited",
		fastest(runs, tools, name, (t) => write(t, p, name, p.main)),
	);
	const { deep } = p;
	if (deep !== null)
		row(
			"deep edit",
			fastest(runs, tools, name, (t) => write(t, p, name, deep)),
		);
	const [a, b] = tools.map((t) => statSync(join(t.dir, name, "prog.out")).size);
	console.log(`| ${name} | size in bytes | ${a} | ${b} | ${(b / a).toFixed(2)} | | |`);
}
if (values.keep === undefined) rmSync(work, { recursive: true, force: true });
