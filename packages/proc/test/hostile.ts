// Hostile files: everything that reads executables and cores is made to read damaged ones. Used by hostile.test.ts and tools/fuzz-readers.ts.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FormatError } from "#base";
import { Binary } from "#bininfo";
import { CoreProcess, MemoryError } from "../mod.ts";
import { CoreDump, Group, loadLibc } from "../live.ts";
import { build, inflate } from "./build.ts";

export interface Input {
	name: string;
	kind: "elf" | "core";
	bytes: Uint8Array;
	/** Ranges of the file that are worth damaging: where its tables are. */
	targets: readonly { from: number; to: number }[];
}

const UNITS = 4;
const UNIT_SIZE = 30_000;
const FUNCS = 12;

/** Runs something that may only fail as reading bad input fails. */
function guard(f: () => void): void {
	try {
		f();
	} catch (e) {
		if (!(e instanceof FormatError) && !(e instanceof MemoryError)) throw e;
		if (e instanceof FormatError && !Number.isFinite(e.offset)) throw new Error(`an error without an offset: ${e.message}`);
	}
}

/** Reads a file by every reader there is. Throws whatever is not a FormatError or MemoryError. */
export function exercise(kind: Input["kind"], bytes: Uint8Array): void {
	if (kind === "core") guard(() => readCore(bytes));
	else guard(() => readBinary(bytes));
}

function readCore(bytes: Uint8Array): void {
	const core = new CoreProcess({ size: bytes.length, read: (offset, n) => bytes.subarray(offset, Math.min(offset + n, bytes.length)) });
	for (const t of core.threads()) {
		t.registers().get(7);
		t.registers().vector(17);
	}
	for (const s of core.segments.slice(0, 20)) guard(() => void core.memory.read(s.address, Math.min(s.memory, 100)));
	guard(() => void core.memory.read(0, 8));
}

function readBinary(bytes: Uint8Array): void {
	const b = new Binary(bytes, { inflate });
	guard(() => void b.buildInfo);
	guard(() => void b.buildId);
	guard(() => void b.moduleData);
	guard(() => void b.gOffset);
	guard(() => {
		for (const s of b.elf.sections.slice(0, 60)) guard(() => void b.elf.data(s));
	});
	guard(() => {
		const { funcs } = b;
		for (let i = 0; i < Math.min(funcs.length, FUNCS); i++) {
			guard(() => {
				const f = funcs.get(Math.floor((i * funcs.length) / FUNCS));
				void [f.name, f.line(f.entry), f.fileAt(f.entry), f.spDelta(f.entry + 1)];
				b.frames(f.entry + 5);
				if (b.hasDwarf) b.scope(f);
			});
		}
		funcs.at(0x401000);
	});
	guard(() => {
		for (const t of b.frameTables) t.rules(0x401234);
	});
	if (!b.hasDwarf) return;
	guard(() => {
		const small = b.dwarf.units.filter((u) => u.end - u.offset < UNIT_SIZE).slice(0, UNITS);
		for (const u of small) {
			guard(() => void b.lines.table(u)?.rows());
			guard(() => {
				const x = b.index.unit(u.index);
				for (let row = 0; row < Math.min(x.count, 40); row++) {
					guard(() => void x.nameOf(row));
					if (x.kind[row] === 1) guard(() => void b.types.at(x.offset[row] as number).size);
				}
			});
		}
	});
}

/** A generator of numbers that is the same everywhere. */
export class Random {
	private state: number;
	constructor(seed: number) {
		this.state = (seed ^ 0x9e3779b9) >>> 0;
	}

	/** Below n. */
	next(n: number): number {
		// xorshift32
		let x = this.state === 0 ? 1 : this.state;
		x ^= x << 13;
		x ^= x >>> 17;
		x ^= x << 5;
		this.state = x >>> 0;
		return this.state % n;
	}
}

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0xfe];

/** The input with some bytes changed, in its tables, and sometimes cut off. The same for the same seed. */
export function mutate(input: Input, seed: number): Uint8Array {
	const r = new Random(seed);
	const cut = r.next(8) === 0 ? r.next(input.bytes.length) : input.bytes.length;
	const copy = new Uint8Array(input.bytes.subarray(0, cut));
	for (let i = 1 + r.next(6); i > 0; i--) {
		const t = input.targets[r.next(input.targets.length)] as { from: number; to: number };
		const span = t.to - t.from;
		// Headers are hit more often than what follows them.
		const at = t.from + (r.next(3) === 0 ? r.next(span) : r.next(Math.min(span, 512)));
		const run = r.next(4) === 0 ? 8 : 1 + r.next(4);
		const value = r.next(2) === 0 ? (INTERESTING[r.next(INTERESTING.length)] as number) : -1;
		for (let k = at; k < Math.min(at + run, copy.length); k++) copy[k] = value < 0 ? r.next(256) : value;
	}
	return copy;
}

/** Tables of an ELF file: its header, its segments and sections of names that a debugger reads. */
function tablesOf(bytes: Uint8Array): { from: number; to: number }[] {
	const { elf } = new Binary(bytes, { inflate });
	const out = [{ from: 0, to: 64 + 56 * elf.segments.length }];
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const sections = Number(view.getBigUint64(40, true));
	out.push({ from: sections, to: Math.min(bytes.length, sections + 64 * elf.sections.length) });
	for (const s of elf.sections) {
		if (
			/^\.(z?debug_|gopclntab|go\.|note|eh_frame|symtab|strtab|shstrtab|rodata)/.test(s.name) &&
			s.size > 0 &&
			s.offset + s.size <= bytes.length
		)
			out.push({ from: s.offset, to: s.offset + s.size });
	}
	return out;
}

function elfInput(name: string, path: string): Input {
	const bytes = new Uint8Array(readFileSync(path));
	return { name, kind: "elf", bytes, targets: tablesOf(bytes) };
}

/** Inputs that can be made here: Go programs, a C object, a core. */
export function inputs(): Input[] {
	const out: Input[] = [];
	const dir = mkdtempSync(join(tmpdir(), "tsugo-hostile-"));
	try {
		for (const mode of ["opt", "stripped"] as const) {
			const path = build("basic", mode);
			if (path !== null) out.push(elfInput(`go-${mode}`, path));
		}
		const plain = plainGo(dir);
		if (plain !== null) out.push(elfInput("go-plain", plain));
		const object = cProgram(dir);
		if (object !== null) out.push(elfInput("c", object));
		const core = smallCore(dir);
		if (core !== null) out.push(core);
	} finally {
		rmSync(dir, { recursive: true });
	}
	return out;
}

function tried(command: string, args: readonly string[], dir: string): boolean {
	try {
		execFileSync(command, args, { cwd: dir, stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
}

/** A Go program whose debugging information is not compressed, so that damage reaches it. */
function plainGo(dir: string): string | null {
	writeFileSync(join(dir, "p.go"), "package main\n\ntype pair struct{ a, b int }\n\nfunc main() { p := pair{1, 2}; println(p.a + p.b) }\n");
	return tried("go", ["build", "-ldflags=-compressdwarf=false", "-o", "p", "p.go"], dir) ? join(dir, "p") : null;
}

function cProgram(dir: string): string | null {
	const source = "struct s { int a; struct s *n; }; int f(struct s *x) { int i, t = 0; for (i = 0; i < 9; i++) t += x->a; return t; }\n";
	writeFileSync(join(dir, "c.c"), `${source}int main(void) { struct s v = { 2, 0 }; return f(&v); }\nvoid _start(void) { main(); }\n`);
	return tried("gcc", ["-g", "-O1", "-nostdlib", "-static", "-o", "c", "c.c"], dir) ? join(dir, "c") : null;
}

/** A core of a sleeping process: its header and notes, and what follows up to 64 kB. */
function smallCore(dir: string): Input | null {
	const child = spawn("sleep", ["60"], { stdio: "ignore" });
	const hooks = { haltRequested: () => false, executed: () => {}, follow: () => false, watchHit: () => false };
	try {
		if (child.pid === undefined) return null;
		const group = new Group(loadLibc(), hooks);
		const target = group.attach(child.pid);
		const path = join(dir, "core");
		const dump = new CoreDump(target, path, { first: 0, wanted: null });
		while (!dump.step(1000));
		group.detach(target);
		const bytes = new Uint8Array(readFileSync(path).subarray(0, 1 << 16));
		return { name: "core", kind: "core", bytes, targets: [{ from: 0, to: 16384 }] };
	} catch {
		return null;
	} finally {
		child.kill("SIGKILL");
	}
}

/** Lengths at which a file is cut off: every one of a small file, of the tables' beginnings in others. */
export function truncations(input: Input): number[] {
	const { bytes, targets } = input;
	if (bytes.length <= 1 << 16) return Array.from({ length: bytes.length }, (_, i) => i);
	const out = new Set<number>();
	for (let i = 0; i < 1024; i++) out.add(i);
	for (const t of targets) for (let d = -8; d <= 64; d++) out.add(Math.max(0, Math.min(bytes.length, t.from + d)));
	return [...out].sort((a, b) => a - b);
}
