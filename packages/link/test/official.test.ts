// Whole programs of the official compiler, linked by us and run.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { constants, deflateRawSync } from "node:zlib";
import { readLines } from "../../dwarf/test/lines.ts";
import { ElfFile, SHF_COMPRESSED } from "#elf";
import { Pclntab } from "#pclntab";
import type { LinkFlags } from "../input.ts";
import { defaultFlags, link } from "../mod.ts";
import { compileOfficial, type OfficialProgram } from "./goobj.ts";
import { structLayout } from "./layouts.ts";

const SOURCE = `package main

import (
	"crypto/fips140"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
)

type T struct {
	A int
	B map[string][]string
	C *T
}

func (t T) Hello(x int) string { return fmt.Sprint("hello ", x, t.A) }
func (t *T) Ptr()              {}

type Greeter interface{ Hello(int) string }

var version = "unset"

//go:noinline
func fail(m map[string]int) {
	defer func() {
		r := recover()
		pc, _, line, _ := runtime.Caller(2)
		fmt.Println("recovered", r, runtime.FuncForPC(pc).Name(), line)
	}()
	m["a"] = 1
}

func main() {
	b, err := json.Marshal(T{A: 1, B: map[string][]string{"x": {"y"}}, C: &T{}})
	fmt.Println(string(b), err)
	var g Greeter = T{A: 3}
	fmt.Println(g.Hello(4))
	v := reflect.ValueOf(&T{A: 9})
	for i := 0; i < v.NumMethod(); i++ {
		fmt.Println(v.Type().Method(i).Name)
	}
	fmt.Println(v.MethodByName("Hello").Call([]reflect.Value{reflect.ValueOf(5)})[0])
	fail(nil)
	var keep [][]byte
	for i := 0; i < 400; i++ {
		keep = append(keep, make([]byte, 1<<14))
		if i%100 == 0 {
			runtime.GC()
		}
	}
	fmt.Println(len(keep), version, fips140.Enabled())
	fmt.Printf("%x\\n", sha256.Sum256([]byte("x")))
	bi, ok := debug.ReadBuildInfo()
	fmt.Println(bi.GoVersion, bi.Path, ok)
	if len(os.Args) > 1 {
		var p *T
		fmt.Println(p.A)
	}
}
`;

const OUTPUT = `{"A":1,"B":{"x":["y"]},"C":{"A":0,"B":null,"C":null}} <nil>
hello 4 3
Hello
Ptr
hello 5 9
recovered assignment to entry in nil map runtime.mapassign_faststr 1
400 set true
2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881
go1.26.8 example true
`;

let program: OfficialProgram | null | undefined;

function linkOfficial(flags: Partial<LinkFlags>): { image: Uint8Array | null; errors: string[] } | null {
	if (program === undefined) program = compileOfficial(SOURCE);
	if (program === null) return null;
	const errors: string[] = [];
	const image = link({
		fragments: program.fragments,
		flags: { ...defaultFlags, buildId: "a/b", ...flags },
		goVersion: "go1.26.8",
		defaultGoroot: program.goroot,
		modInfo: "path\texample\n",
		godebugDefault: "",
		packages: program.packages,
		structLayout,
		report: (d) => errors.push(d.msg),
		verify: true,
	});
	return { image, errors };
}

function run(image: Uint8Array, args: string[], env: Record<string, string>): { stdout: string; stderr: string; status: number | null } {
	const dir = mkdtempSync(join(tmpdir(), "link-"));
	try {
		const file = join(dir, "a.out");
		writeFileSync(file, image, { mode: 0o755 });
		const r = spawnSync(file, args, { encoding: "utf8", env: { ...process.env, ...env } });
		return { stdout: r.stdout, stderr: r.stderr, status: r.status };
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
}

const LINE = /runtime\.mapassign_faststr \d+/;

test("the real runtime starts: maps, reflection, GC, panics, FIPS self check", (t) => {
	const linked = linkOfficial({ stripDwarf: true, defines: [["main.version", "set"]] });
	if (linked === null) return t.skip("no go 1.26 here");
	assert.deepEqual(linked.errors, []);
	const r = run(linked.image as Uint8Array, [], { GODEBUG: "fips140=on,gccheckmark=1" });
	assert.equal(r.stderr, "");
	assert.equal(r.stdout.replace(LINE, "P"), OUTPUT.replace(LINE, "P"));
	assert.equal(r.status, 0);
});

test("a traceback names functions, files and lines; debug sections can be compressed", (t) => {
	const linked = linkOfficial({ compressDwarf: (data) => deflateRawSync(data, { level: 1, finishFlush: constants.Z_SYNC_FLUSH }) });
	if (linked === null) return t.skip("no go 1.26 here");
	const section = new ElfFile(linked.image as Uint8Array).section(".debug_info");
	assert.equal(section?.flags, SHF_COMPRESSED);
	const r = run(linked.image as Uint8Array, ["crash"], {});
	assert.equal(r.status, 2);
	assert.match(r.stderr, /nil pointer dereference[\s\S]*main\.main\(\)\n\t.*main\.go:61 /);
});

test("-X of a variable that is no string", (t) => {
	const linked = linkOfficial({ defines: [["runtime.ncpu", "1"]] });
	if (linked === null) return t.skip("no go 1.26 here");
	if (linked.errors.length > 0)
		assert.deepEqual(linked.errors, ["runtime.ncpu: cannot set with -X: not a var of type string (type:int32)"]);
});

test("debug lines agree with the function table", (t) => {
	const linked = linkOfficial({});
	if (linked === null) return t.skip("no go 1.26 here");
	const elf = new ElfFile(linked.image as Uint8Array);
	const symbols = elf.symbols();
	const addr = (name: string): number => symbols.value[symbols.names.indexOf(name)];
	const text = addr("runtime.text");
	const pclnSection = elf.section(".gopclntab");
	const lineSection = elf.section(".debug_line");
	assert.ok(pclnSection !== null && lineSection !== null);
	const pcln = new Pclntab(elf.data(pclnSection), addr("go:func.*") - pclnSection.addr);
	const bytes = elf.data(lineSection);
	let rows = 0;
	for (let at = 0; at < bytes.length; ) {
		const unit = readLines(bytes, at);
		for (const row of unit.rows) {
			if (row.end || rows++ % 7 !== 0) continue;
			const f = pcln.func(pcln.find(row.addr - text));
			const frame = pcln.frames(f, row.addr - text - f.entry)[0];
			assert.deepEqual([row.file, row.line], [frame.file, frame.line], `${f.name}+${row.addr - text - f.entry}`);
		}
		at = unit.next;
	}
	assert.ok(rows > 10000);
});
