// Goroutines: who there is, where they are, what they wait for. Read in bulk from the runtime's own structures.

import type { Func } from "#bininfo";
import { MemoryError, type Registers, type ThreadView } from "./backend.ts";
import type { CachedMemory } from "./memory.ts";
import type { Program } from "./program.ts";
import { findWaitReasons } from "./rtypes.ts";
import { type Frame, type StackOptions, type StackOwner, StackWalker, stackFrames } from "./stack.ts";

/** Statuses of goroutines (runtime/runtime2.go); the scan bit is not among them. */
export const Gidle = 0;
export const Grunnable = 1;
export const Grunning = 2;
export const Gsyscall = 3;
export const Gwaiting = 4;
export const Gdead = 6;
export const Gcopystack = 8;
export const Gpreempted = 9;
export const Gleaked = 10;
export const Gdeadextra = 11;
const GSCAN = 0x1000;

const POINTER = 8;
const USER_DEPTH = 30;
/** Functions below which the stack goes on elsewhere, or that were not called. */
const SWITCHES: ReadonlySet<string> = new Set([
	"runtime.goexit",
	"runtime.rt0_go",
	"runtime.mcall",
	"runtime.mstart",
	"runtime.newstack",
	"runtime.systemstack",
	"runtime.systemstack_switch",
	"runtime.asmcgocall",
	"runtime.cgocallback",
	"runtime.sigtrampgo",
	"runtime.sigpanic",
]);
const MAX_LABELS = 1000;
const MAX_SUDOGS = 65536;
const MAX_LABEL_LENGTH = 4096;
const MAX_ANCESTORS = 1000;
const MAX_GOROUTINES = 50_000_000;

/** A place in the program's code. */
export interface Location {
	pc: number;
	/** "?" and -1 outside Go's code. */
	file: string;
	line: number;
	func: Func | null;
}

/** A goroutine as it was at a stop. */
export interface Goroutine extends StackOwner {
	status: number;
	/** Address of the go statement's call, and of the function it started. */
	goPc: number;
	startPc: number;
	parentId: number;
	/** Runtime time at which it began to wait, in nanoseconds; 0 = it does not. */
	waitSince: number;
	/** Index into the program's own table of reasons: Goroutines.waitReason gives the words. */
	waitReason: number;
	/** The thread it runs on, null when it does not run. */
	thread: ThreadView | null;
	/** Addresses of the first deferred call, of the innermost panic and of the labels, 0 = none. */
	defers: number;
	panics: number;
	labels: number;
	/** Address of the first sudog it waits with, 0 = none. */
	waiting: number;
	/** Why it could not be read; "" = it could. */
	unreadable: string;
}

interface Offsets {
	size: number;
	stackLo: number;
	stackHi: number;
	goid: number;
	status: number;
	pc: number;
	sp: number;
	bp: number;
	goPc: number;
	startPc: number;
	parent: number;
	waitSince: number;
	waitReason: number;
	m: number;
	defers: number;
	panics: number;
	labels: number;
	waiting: number;
	ancestors: number;
}

/** A chunk of a list; next is where to go on, -1 at the end. */
export interface GoroutinePage {
	goroutines: Goroutine[];
	next: number;
}

/** The goroutines of a program. */
export class Goroutines {
	private readonly program: Program;
	private offsets: Offsets | null = null;
	private epoch = -1;
	private threads: Map<number, ThreadView> = new Map();
	private byAddress: Map<number, Goroutine> = new Map();
	private reasons: string[] | null = null;
	private wrapperId = -1;
	private readonly places: Map<number, Location> = new Map();
	private readonly code: Map<number, { delta: number; user: boolean; entry: number }> = new Map();
	private readonly starts: Map<number, Location> = new Map();

	constructor(program: Program) {
		this.program = program;
	}

	private get at(): Offsets {
		if (this.offsets === null) {
			const l = this.program.layout;
			const g = "runtime.g";
			this.offsets = {
				size: l.size(g),
				stackLo: l.offset(g, "stack.lo"),
				stackHi: l.offset(g, "stack.hi"),
				goid: l.offset(g, "goid"),
				status: l.optional(g, "atomicstatus.value", "atomicstatus"),
				pc: l.offset(g, "sched.pc"),
				sp: l.offset(g, "sched.sp"),
				bp: l.optional(g, "sched.bp"),
				goPc: l.offset(g, "gopc"),
				startPc: l.offset(g, "startpc"),
				parent: l.optional(g, "parentGoid"),
				waitSince: l.optional(g, "waitsince"),
				waitReason: l.optional(g, "waitreason"),
				m: l.offset(g, "m"),
				defers: l.optional(g, "_defer"),
				panics: l.optional(g, "_panic"),
				labels: l.optional(g, "labels"),
				waiting: l.optional(g, "waiting"),
				ancestors: l.optional(g, "ancestors"),
			};
		}
		return this.offsets;
	}

	/** Forgets the last stop's goroutines, and finds out which threads run which. */
	private refresh(): void {
		if (this.epoch === this.program.epoch) return;
		this.epoch = this.program.epoch;
		this.byAddress = new Map();
		this.threads = new Map();
		for (const t of this.program.process.threads()) {
			try {
				const g = this.userG(t.registers());
				if (g !== 0) this.threads.set(g, t);
			} catch {
				// It runs (one thread alone is being looked at), or it is gone.
			}
		}
	}

	/** The g a thread works for: the one whose stack it is on, or m.curg while it is on the system or signal stack. */
	private userG(regs: Registers): number {
		const address = this.program.threadG(regs);
		if (address === 0) return 0;
		try {
			const { memory, layout } = this.program;
			if (memory.word(address + this.at.goid) !== 0) return address;
			const m = memory.word(address + this.at.m);
			if (m === 0) return 0;
			return memory.word(m + layout.offset("runtime.m", "curg"));
		} catch (e) {
			if (!(e instanceof MemoryError)) throw e;
			return 0;
		}
	}

	/** The goroutine a thread runs or serves, null when it runs none. */
	ofThread(thread: ThreadView): Goroutine | null {
		this.refresh();
		const g = this.userG(thread.registers());
		if (g === 0) return null;
		const found = this.read(g);
		found.thread = thread;
		return found.id === 0 ? null : found;
	}

	/** The goroutine of a g structure. */
	read(address: number): Goroutine {
		this.refresh();
		const known = this.byAddress.get(address);
		if (known !== undefined) return known;
		const g = this.make(address);
		this.byAddress.set(address, g);
		return g;
	}

	private make(address: number): Goroutine {
		const at = this.at;
		const g: Goroutine = {
			id: 0,
			address,
			stackLo: 0,
			stackHi: 0,
			pc: 0,
			sp: 0,
			bp: 0,
			m: 0,
			status: 0,
			goPc: 0,
			startPc: 0,
			parentId: 0,
			waitSince: 0,
			waitReason: 0,
			thread: null,
			defers: 0,
			panics: 0,
			labels: 0,
			waiting: 0,
			unreadable: "",
		};
		let bytes: Uint8Array;
		try {
			bytes = this.program.memory.read(address, at.size);
		} catch (e) {
			if (!(e instanceof MemoryError)) throw e;
			g.unreadable = e.message;
			return g;
		}
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		const word = (o: number): number => (o < 0 ? 0 : view.getUint32(o, true) + view.getUint32(o + 4, true) * 0x1_0000_0000);
		g.id = word(at.goid);
		g.stackLo = word(at.stackLo);
		g.stackHi = word(at.stackHi);
		g.pc = word(at.pc);
		g.sp = word(at.sp);
		g.bp = word(at.bp);
		g.m = word(at.m);
		g.status = view.getUint32(at.status, true) & ~GSCAN;
		g.goPc = word(at.goPc);
		g.startPc = word(at.startPc);
		g.parentId = word(at.parent);
		g.waitSince = word(at.waitSince);
		g.waitReason = at.waitReason < 0 ? 0 : bytes[at.waitReason];
		g.thread = this.threads.get(address) ?? null;
		g.defers = word(at.defers);
		g.panics = word(at.panics);
		g.labels = word(at.labels);
		g.waiting = word(at.waiting);
		return g;
	}

	/** How many places the runtime's list has; dead goroutines keep theirs. */
	get length(): number {
		const n = this.program.memory.word(this.program.layout.variable("runtime.allglen"));
		return n > MAX_GOROUTINES ? 0 : n;
	}

	/** Living goroutines from place `start` of the runtime's list; at most `count` of them, 0 = all. */
	page(start: number, count: number, dead: boolean = false): GoroutinePage {
		this.refresh();
		const { memory, layout } = this.program;
		const length = this.length;
		const list = memory.word(layout.variable("runtime.allgs"));
		const goroutines: Goroutine[] = [];
		const chunk = 1024;
		let addresses: DataView = new DataView(new ArrayBuffer(0));
		let base = start;
		for (let i = start; i < length; i++) {
			if (count > 0 && goroutines.length >= count) return { goroutines, next: i };
			if (i === start || i - base >= chunk) {
				base = i;
				const bytes = memory.read(list + i * POINTER, Math.min(chunk, length - i) * POINTER);
				addresses = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
			}
			const at = (i - base) * POINTER;
			const address = addresses.getUint32(at, true) + addresses.getUint32(at + 4, true) * 0x1_0000_0000;
			const g = this.read(address);
			if ((g.status === Gdead || g.status === Gdeadextra) === dead) goroutines.push(g);
		}
		return { goroutines, next: -1 };
	}

	/** A living goroutine by number, null when there is none. */
	find(id: number): Goroutine | null {
		for (let start = 0; start >= 0; ) {
			const page = this.page(start, 1024);
			const g = page.goroutines.find((x) => x.id === id);
			if (g !== undefined) return g;
			start = page.next;
		}
		return null;
	}

	/** The runtime's words for a reason to wait, read from the program. */
	waitReason(g: Goroutine): string {
		this.reasons ??= this.readReasons();
		return this.reasons[g.waitReason] ?? `unknown wait reason ${g.waitReason}`;
	}

	/** All reasons by number, as the program spells them. */
	waitReasons(): readonly string[] {
		this.reasons ??= this.readReasons();
		return this.reasons;
	}

	private readReasons(): string[] {
		const { binary, memory } = this.program;
		const v = binary.variableNamed("runtime.waitReasonStrings");
		if (v === null) return findWaitReasons(this.program);
		const address = binary.variableAddress(v);
		const count = Math.min(binary.variableType(v)?.real.count ?? 0, 256);
		const out: string[] = [];
		for (let i = 0; i < count; i++) out.push(memory.string(address + i * 16, 256));
		return out;
	}

	/** A walk over a goroutine's stack: from its thread's registers while it runs, else from where it parked. */
	walker(g: Goroutine, options?: StackOptions): StackWalker {
		return new StackWalker(this.program, g, g.thread?.registers() ?? null, options);
	}

	stack(g: Goroutine, limit: number, options?: StackOptions): Frame[] {
		return stackFrames(this.walker(g, options), limit);
	}

	/** A walk over a thread's stack, which may run no goroutine. */
	threadWalker(thread: ThreadView, options?: StackOptions): StackWalker {
		return new StackWalker(this.program, this.ofThread(thread), thread.registers(), options);
	}

	// Places.

	location(pc: number, lookup: number = pc): Location {
		const known = this.places.get(lookup);
		if (known !== undefined) return known.pc === pc ? known : { ...known, pc };
		const p = this.program.binary.position(lookup);
		const made = p === null ? { pc, file: "?", line: -1, func: null } : { pc, file: p.file, line: p.line, func: p.func };
		if (this.places.size > 100_000) this.places.clear();
		this.places.set(lookup, made);
		return made;
	}

	/** Where it stands. */
	current(g: Goroutine): Location {
		return this.location(g.thread === null ? g.pc : g.thread.registers().pc);
	}

	/** The innermost call of it that is not the runtime's own. */
	userCurrent(g: Goroutine): Location {
		if (g.thread === null) {
			const quick = this.parkedUser(g);
			if (quick !== null) return quick;
		}
		const walker = this.walker(g);
		let calls = 0;
		let location: Location | null = null;
		for (let f = walker.next(); f !== null && calls < USER_DEPTH; f = walker.next()) {
			// An inlined call has the function's own frame after it: the place is the inlined one's.
			location ??= { pc: f.pc, file: f.file, line: f.line, func: f.func };
			if (f.inlined) continue;
			calls++;
			if (f.func !== null && isUserCode(f.func.name)) return location;
			location = null;
		}
		return this.current(g);
	}

	/** userCurrent for a parked goroutine whose stack is plain calls, which is nearly all; null when it needs the walker. */
	private parkedUser(g: Goroutine): Location | null {
		const { binary, memory } = this.program;
		let { pc, sp } = g;
		try {
			for (let calls = 0; calls < USER_DEPTH; calls++) {
				let code = this.code.get(pc);
				if (code === undefined) {
					const f = binary.funcAt(pc);
					const plain = f !== null && !SWITCHES.has(f.name);
					code = { delta: plain ? f.spDelta(pc) : -1, user: f !== null && isUserCode(f.name), entry: f === null ? 0 : f.entry };
					this.code.set(pc, code);
				}
				if (code.delta < 0) return null;
				if (code.user) return this.location(pc, calls > 0 && pc !== code.entry ? pc - 1 : pc);
				sp += code.delta + 8;
				pc = memory.word(sp - 8);
			}
		} catch (e) {
			if (!(e instanceof MemoryError)) throw e;
		}
		return null;
	}

	/** The go statement that made it. */
	creation(g: Goroutine): Location {
		const f = this.program.binary.funcAt(g.goPc);
		return this.location(g.goPc, f !== null && g.goPc > f.entry ? g.goPc - 1 : g.goPc);
	}

	/** The function it was started with; a wrapper that the compiler made stands for what it calls. */
	start(g: Goroutine): Location {
		let l = this.starts.get(g.startPc);
		if (l === undefined) {
			const f = this.unwrap(this.program.binary.funcAt(g.startPc));
			l = f === null ? { pc: g.startPc, file: "", line: 0, func: null } : this.location(f.entry);
			this.starts.set(g.startPc, l);
		}
		return l;
	}

	/** What a wrapper of a go or defer statement calls, the function itself when it is none. */
	unwrap(f: Func | null): Func | null {
		if (f === null) return null;
		const { funcs } = this.program.binary;
		if (this.wrapperId < 0) this.wrapperId = funcs.named("runtime.deferreturn")[0]?.funcId ?? 0;
		if (f.funcId !== this.wrapperId || this.wrapperId === 0) return f;
		const code = this.program.binary.fileBytes(f.entry, f.end - f.entry);
		if (code === null) return f;
		const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
		for (let i = 0; i + 5 <= code.length; i++) {
			if (code[i] !== 0xe8) continue;
			const to = funcs.at(f.entry + i + 5 + view.getInt32(i + 1, true));
			if (to === null || to.entry !== f.entry + i + 5 + view.getInt32(i + 1, true)) continue;
			if (to.name.startsWith("runtime.") && !isExportedRuntime(to.name)) continue;
			return to;
		}
		return f;
	}

	/** Labels set by runtime/pprof. */
	labels(g: Goroutine): Map<string, string> {
		const out = new Map<string, string>();
		if (g.labels === 0) return out;
		// A list of pairs of strings since Go 1.24: whatever the types around it are called, a slice comes first.
		const t = this.program.binary.typeNamed("runtime/pprof.labelMap")?.real;
		if (t !== undefined && t.fields.length === 0) return out;
		const memory = this.program.memory;
		try {
			const list = memory.word(g.labels);
			const count = Math.min(memory.word(g.labels + 8), MAX_LABELS);
			for (let i = 0; i < count; i++) {
				out.set(memory.string(list + i * 32, MAX_LABEL_LENGTH), memory.string(list + i * 32 + 16, MAX_LABEL_LENGTH));
			}
		} catch (e) {
			if (!(e instanceof MemoryError)) throw e;
		}
		return out;
	}

	/** Addresses of the channels it waits to send to or receive from. */
	waitingChannels(g: Goroutine): number[] {
		const { layout, memory } = this.program;
		const at = layout.optional("runtime.sudog", "c.vu", "c.vp", "c");
		const link = layout.optional("runtime.sudog", "waitlink");
		const out: number[] = [];
		if (at < 0 || link < 0) return out;
		try {
			for (let s = g.waiting; s !== 0 && out.length < MAX_SUDOGS; s = memory.word(s + link)) out.push(memory.word(s + at));
		} catch (e) {
			if (!(e instanceof MemoryError)) throw e;
		}
		return out.filter((c) => c !== 0);
	}

	/** Whether it waits on a channel, by the address of the channel's structure: Variable.base of a loaded channel. */
	waitsOn(g: Goroutine, channel: number): boolean {
		return channel !== 0 && this.waitingChannels(g).includes(channel);
	}

	/** The goroutines that led to this one (GODEBUG=tracebackancestors=N), nearest first. */
	ancestors(g: Goroutine, limit: number): { id: number; goPc: number; pcs: number[] }[] {
		const at = this.at.ancestors;
		if (at < 0) return [];
		const { memory, layout } = this.program;
		const list = memory.word(g.address + at);
		if (list === 0) return [];
		const type = "runtime.ancestorInfo";
		const size = layout.size(type);
		const count = Math.min(memory.word(list + 8), limit, MAX_ANCESTORS);
		const first = memory.word(list);
		const out: { id: number; goPc: number; pcs: number[] }[] = [];
		for (let i = 0; i < count; i++) {
			const a = first + i * size;
			const pcs: number[] = [];
			const pcsAt = a + layout.offset(type, "pcs");
			const n = Math.min(memory.word(pcsAt + 8), MAX_ANCESTORS);
			for (let k = 0; k < n; k++) pcs.push(memory.word(memory.word(pcsAt) + k * POINTER));
			out.push({ id: memory.word(a + layout.offset(type, "goid")), goPc: memory.word(a + layout.offset(type, "gopc")), pcs });
		}
		return out;
	}
}

function isExportedRuntime(name: string): boolean {
	const c = name.charCodeAt("runtime.".length);
	return name.startsWith("runtime.") && c >= 65 && c <= 90;
}

/** Code of the user or of a library, not of the runtime's inside. */
export function isUserCode(name: string): boolean {
	if (!name.includes(".") || name.startsWith("internal/") || name.startsWith("runtime/internal") || name.startsWith("iter.")) return false;
	return !name.startsWith("runtime.") || isExportedRuntime(name);
}

/** A deferred call. */
export interface Defer {
	/** Entry of the function to call; 0 = none is recorded. */
	pc: number;
	/** Where the defer statement is. */
	deferPc: number;
	/** SP of the function that deferred it. */
	sp: number;
	/** The end of the runtime's record of it. */
	record: number;
	unreadable: string;
}

const MAX_DEFERS = 10_000;

/** Deferred calls of a goroutine, the next one to run first. Those that the compiler open-coded are not in the runtime's list. */
export function readDefers(program: Program, g: Goroutine): Defer[] {
	const out: Defer[] = [];
	const visit = (first: number): void => {
		const memory = program.memory;
		for (let address = first; address !== 0 && out.length < MAX_DEFERS; address = next(memory, address)) {
			const headAt = program.layout.optional("runtime._defer", "head");
			const head = headAt < 0 ? 0 : memory.word(address + headAt);
			if (head !== 0) {
				// A range-over-func body defers into a list of its own.
				visit(memory.word(head));
				continue;
			}
			const fn = memory.word(address + program.layout.offset("runtime._defer", "fn"));
			out.push({
				pc: fn === 0 ? 0 : memory.word(fn),
				deferPc: memory.word(address + program.layout.offset("runtime._defer", "pc")),
				sp: memory.word(address + program.layout.offset("runtime._defer", "sp")),
				record: address + program.layout.size("runtime._defer"),
				unreadable: "",
			});
		}
	};
	const next = (memory: CachedMemory, address: number): number => memory.word(address + program.layout.offset("runtime._defer", "link"));
	try {
		visit(g.defers);
	} catch (e) {
		if (!(e instanceof MemoryError)) throw e;
		out.push({ pc: 0, deferPc: 0, sp: 0, record: 0, unreadable: e.message });
	}
	return out;
}

/** Deferred calls by the frame that made them: element i belongs to frames[i]. */
export function defersByFrame(program: Program, g: Goroutine, frames: readonly Frame[]): Defer[][] {
	const out: Defer[][] = frames.map(() => []);
	let i = 0;
	for (const d of readDefers(program, g)) {
		while (i < frames.length && (frames[i].systemStack || frames[i].inlined || (d.unreadable === "" && d.sp >= frames[i].cfa))) i++;
		if (i >= frames.length || frames[i].error !== "") break;
		out[i].push(d);
	}
	return out;
}

/** Addresses of the panics under way, innermost first, with the interface value that each was called with. */
export function readPanics(program: Program, g: Goroutine): { address: number; arg: number; recovered: boolean; goexit: boolean }[] {
	const out: { address: number; arg: number; recovered: boolean; goexit: boolean }[] = [];
	const { layout, memory } = program;
	const type = "runtime._panic";
	for (let p = g.panics; p !== 0 && out.length < MAX_DEFERS; p = memory.word(p + layout.offset(type, "link"))) {
		const flag = (name: string): boolean => {
			const at = layout.optional(type, name);
			return at >= 0 && memory.u8(p + at) !== 0;
		};
		out.push({ address: p, arg: p + layout.offset(type, "arg"), recovered: flag("recovered"), goexit: flag("goexit") });
	}
	return out;
}
