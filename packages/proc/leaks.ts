// Goroutines that nothing can ever wake, and goroutines that wait for each other.
//
// A goroutine that is blocked on a channel, a select, a lock or the like can only be woken through that object. So the
// program is marked as a garbage collector would, but beginning only from what can act: package variables and the stacks
// of goroutines that run, sleep, or wait for the outside. Each blocked goroutine whose object turns out to be reachable
// can be woken, and its stack is marked too; those left in the end are leaked (Vlad Saioc et al., "Dynamic partial
// deadlock detection and recovery via garbage collection", 2025, is the idea that Go's goroutineleak profile uses).

import { Gdead, Gdeadextra, Gleaked, type Goroutine, Goroutines, Gwaiting } from "./goroutines.ts";
import { Kind, type Type } from "#bininfo";
import { Heap } from "./heap.ts";
import type { Program } from "./program.ts";
import type { Frame } from "./stack.ts";
import { stackPointers } from "./stackroots.ts";

export type WaitKind = "channel" | "select" | "lock" | "nothing";

/** What a goroutine waits for. */
export interface Wait {
	goroutine: Goroutine;
	/** The runtime's words. */
	reason: string;
	kind: WaitKind;
	/** Channels, or the address of the lock's, wait group's or condition's word; none for nil channels and empty selects. */
	objects: number[];
}

export interface Leak extends Wait {
	/** Goroutines that still hold what it waits for, and so could have woken it; leaked ones themselves. */
	holders: number[];
}

/** Goroutines each of which waits for something that only the next one holds. */
export interface Cycle {
	waits: Wait[];
	/** Of each, the goroutines that hold what it waits for. */
	holders: number[][];
}

const SUDOG = "runtime.sudog";
const POINTER = 8;
const MAX_STACK = 2000;
const MAX_WAITS = 65536;
const SEMA_REASONS = /^(semacquire|sync\.(Mutex\.Lock|RWMutex\.R?Lock|WaitGroup\.Wait|Cond\.Wait))/;

/** Why goroutines wait, and for what. */
export class Waits {
	readonly program: Program;
	readonly goroutines: Goroutines;
	readonly all: Goroutine[];
	/** Goroutines that can only be woken through an object, by their g's address. */
	readonly blocked: Map<number, Wait> = new Map();
	/** Sudogs on wait queues: pointers through them do not count. */
	readonly sudogs: Set<number> = new Set();
	private readonly frames: Map<number, Frame[]> = new Map();
	private gPointers: number[] | null = null;

	constructor(program: Program) {
		this.program = program;
		this.goroutines = new Goroutines(program);
		this.all = this.goroutines.page(0, 0).goroutines;
		const semaphores = this.readSemaphores();
		for (const g of this.all) {
			const w = this.classify(g, semaphores);
			if (w !== null) this.blocked.set(g.address, w);
		}
	}

	stack(g: Goroutine): Frame[] {
		let f = this.frames.get(g.address);
		if (f === undefined) {
			f = this.goroutines.stack(g, MAX_STACK);
			this.frames.set(g.address, f);
		}
		return f;
	}

	private classify(g: Goroutine, semaphores: Map<number, number[]>): Wait | null {
		if (g.status !== Gwaiting && g.status !== Gleaked) return null;
		const reason = this.goroutines.waitReason(g);
		const start = this.program.binary.funcAt(g.startPc)?.name ?? "";
		if (start.startsWith("runtime.") && start !== "runtime.main") return null;
		switch (reason) {
			case "select (no cases)":
			case "chan receive (nil chan)":
			case "chan send (nil chan)":
				return { goroutine: g, reason, kind: "nothing", objects: [] };
			case "chan receive":
			case "chan send":
			case "select":
				return { goroutine: g, reason, kind: reason === "select" ? "select" : "channel", objects: this.sudogObjects(g, "c") };
		}
		if (!SEMA_REASONS.test(reason)) return null;
		const objects = [...this.sudogObjects(g, "elem"), ...(semaphores.get(g.address) ?? [])];
		return objects.length === 0 ? null : { goroutine: g, reason, kind: "lock", objects: [...new Set(objects)] };
	}

	/** A field of each sudog that a goroutine waits with. */
	private sudogObjects(g: Goroutine, field: "c" | "elem"): number[] {
		const { layout, memory } = this.program;
		const at = layout.optional(SUDOG, `${field}.vu`, `${field}.vp`, field);
		const link = layout.offset(SUDOG, "waitlink");
		const out: number[] = [];
		for (let s = g.waiting; s !== 0 && out.length < MAX_WAITS; s = memory.word(s + link)) {
			this.sudogs.add(s);
			const v = at < 0 ? 0 : memory.word(s + at);
			if (v !== 0) out.push(v);
			if (field === "elem") break;
		}
		return out;
	}

	/** Addresses that goroutines wait on in the table of semaphores: before Go 1.26 only this says. */
	private readSemaphores(): Map<number, number[]> {
		const { layout, memory, binary } = this.program;
		const out = new Map<number, number[]>();
		const table = layout.optionalVariable("runtime.semtable");
		const type = binary.typeNamed("runtime.semTable")?.real ?? null;
		if (table === 0 || type === null || type.elem === null) return out;
		const treap = layout.offset("runtime.semaRoot", "treap");
		const elem = layout.optional(SUDOG, "elem.vu", "elem.vp", "elem");
		const gAt = layout.offset(SUDOG, "g");
		const [prev, next, link] = ["prev", "next", "waitlink"].map((f) => layout.offset(SUDOG, f));
		const size = type.elem.size;
		for (let i = 0; i < type.count; i++) {
			const todo = [memory.word(table + i * size + treap)];
			for (let s = todo.pop(); s !== undefined; s = todo.pop()) {
				if (s === 0 || this.sudogs.size > MAX_WAITS * 16) continue;
				todo.push(memory.word(s + prev), memory.word(s + next));
				// All that wait on one address hang from its node.
				const address = memory.word(s + elem);
				for (let w = s; w !== 0 && !this.sudogs.has(w); w = memory.word(w + link)) {
					this.sudogs.add(w);
					out.set(memory.word(w + gAt), [address]);
				}
			}
		}
		return out;
	}

	/** Pointers on a goroutine's stack and in its own structure. */
	pointers(heap: Heap, g: Goroutine, visit: (p: number) => void): void {
		stackPointers(this.program, heap, this.stack(g), g.stackLo, g.stackHi, visit);
		const regs = g.thread?.registers();
		if (regs !== undefined) for (let i = 0; i < 16; i++) visit(Number(regs.get(i) ?? 0n));
		// Fields one by one: the end of a stack looks like a pointer to what comes after it.
		const type = this.program.binary.typeNamed("runtime.g");
		this.gPointers ??= type === null ? [] : pointerOffsets(type);
		for (const offset of this.gPointers) visit(this.program.memory.word(g.address + offset));
	}
}

/** Where the pointers of a type's values are. */
function pointerOffsets(t: Type): number[] {
	const real = t.real;
	switch (real.kind) {
		case Kind.Pointer:
		case Kind.UnsafePointer:
		case Kind.Map:
		case Kind.Chan:
		case Kind.Func:
		case Kind.String:
		case Kind.Slice:
			return [0];
		case Kind.Interface:
			return [0, POINTER];
		case Kind.Struct:
			return real.fields.flatMap((f) => pointerOffsets(f.type).map((o) => o + f.offset));
		case Kind.Array: {
			const inner = real.elem === null ? [] : pointerOffsets(real.elem);
			const size = real.elem?.size ?? 0;
			return inner.length === 0 ? [] : Array.from({ length: real.count }, (_, i) => inner.map((o) => o + i * size)).flat();
		}
		default:
			return [];
	}
}

/** Marks from what can act, until no more goroutines turn out to be wakeable. */
export function findLeaks(program: Program): Leak[] {
	const waits = new Waits(program);
	const heap = new Heap(program);
	const hidden = new Set<number>(waits.sudogs);
	for (const g of waits.all) hidden.add(heap.objectOf(g.address));
	hideDead(program, waits, heap, hidden);
	const todo: number[] = [];
	const mark = (p: number): void => {
		const object = heap.objectOf(p);
		if (object === 0 || hidden.has(object)) return;
		if (heap.mark(object)) todo.push(object);
	};
	const typed = runtimeObjects(program, heap);
	const drain = (): void => {
		for (let o = todo.pop(); o !== undefined; o = todo.pop()) {
			const pointers = typed.get(o);
			if (pointers === undefined) heap.words(o, heap.objectSize(o), mark);
			else for (const at of pointers) mark(program.memory.word(at));
		}
	};
	variablePointers(program, heap, mark);
	for (const g of waits.all) if (!waits.blocked.has(g.address)) waits.pointers(heap, g, mark);
	drain();
	const asleep = new Map(waits.blocked);
	for (let changed = true; changed; ) {
		changed = false;
		for (const [address, w] of asleep) {
			if (!w.objects.some((o) => (heap.spanOf(o) < 0 ? !onStack(waits, asleep, o) : heap.isMarked(o)))) continue;
			asleep.delete(address);
			waits.pointers(heap, w.goroutine, mark);
			drain();
			changed = true;
		}
	}
	const leaked = [...asleep.values()];
	return leaked.map((w) => ({ ...w, holders: holdersOf(waits, heap, w, leaked) }));
}

/** Pointers in package variables, by the masks the runtime expands at its start; every word where they are not known. */
function variablePointers(program: Program, heap: Heap, visit: (p: number) => void): void {
	const { layout, memory, binary } = program;
	const md = binary.moduleData;
	const areas: [string, number, number][] = [
		["gcdatamask", md.data, md.edata],
		["gcbssmask", md.bss, md.ebss],
	];
	for (const [field, from, to] of areas) {
		const mask = layout.optional("runtime.moduledata", field);
		const at = md.address + binary.slide + mask;
		// A bitvector: the count of bits, and the address of the bytes.
		const count = mask < 0 ? 0 : memory.uint(at, 4);
		const words = Math.floor((to - from) / POINTER);
		const bytes = mask < 0 ? 0 : memory.word(at + 8);
		if (bytes === 0 || count > words) {
			heap.words(from + binary.slide, to - from, visit);
			continue;
		}
		const bits = memory.read(bytes, (count + 7) >> 3);
		for (let i = 0; i < count; i++) {
			if (((bits[i >> 3] as number) & (1 << (i & 7))) !== 0) visit(memory.word(from + binary.slide + i * POINTER));
		}
	}
}

/**
 * Processors and threads have buffers of stale addresses, and the bounds of a thread's own stacks (in the g's it runs the scheduler and
 * signal handlers on) look like pointers to what lies behind them: the addresses of their pointers, by heap object. The object begins
 * before the structure where the allocator keeps a type header.
 */
function runtimeObjects(program: Program, heap: Heap): Map<number, number[]> {
	const { binary, layout, memory } = program;
	const out = new Map<number, number[]>();
	const add = (at: number, offsets: readonly number[]): void => {
		const object = heap.objectOf(at);
		if (object !== 0)
			out.set(
				object,
				offsets.map((o) => at + o),
			);
	};
	const p = binary.typeNamed("runtime.p");
	const m = binary.typeNamed("runtime.m");
	const g = binary.typeNamed("runtime.g");
	const all = layout.optionalVariable("runtime.allp");
	if (p !== null && all !== 0) {
		const offsets = pointerOffsets(p);
		const count = Math.min(memory.word(all + 8), MAX_WAITS);
		for (let i = 0; i < count; i++) add(memory.word(memory.word(all) + i * POINTER), offsets);
	}
	const first = layout.optionalVariable("runtime.allm");
	if (m !== null && g !== null && first !== 0) {
		const offsets = pointerOffsets(m);
		const inner = pointerOffsets(g);
		const link = layout.offset("runtime.m", "alllink");
		const stacks = ["g0", "gsignal"].map((field) => layout.offset("runtime.m", field));
		const seen = new Set<number>();
		for (let at = memory.word(first); at !== 0 && !seen.has(at); at = memory.word(at + link)) {
			seen.add(at);
			add(at, offsets);
			for (const offset of stacks) add(memory.word(at + offset), inner);
		}
	}
	return out;
}

/** An object outside the heap is a package variable, reachable, unless it is on the stack of a goroutine that sleeps for good. */
function onStack(waits: Waits, asleep: Map<number, Wait>, address: number): boolean {
	const owner = waits.all.find((g) => address >= g.stackLo && address < g.stackHi);
	return owner !== undefined && asleep.has(owner.address);
}

/** The g structures of dead goroutines are reachable from the runtime's lists; what they hold is not. */
function hideDead(program: Program, waits: Waits, heap: Heap, hidden: Set<number>): void {
	const { memory, layout } = program;
	const list = memory.word(layout.variable("runtime.allgs"));
	for (let i = 0; i < waits.goroutines.length; i++) {
		const address = memory.word(list + i * 8);
		const status = waits.goroutines.read(address).status;
		if (status === Gdead || status === Gdeadextra) hidden.add(heap.objectOf(address));
	}
}

function holdersOf(waits: Waits, heap: Heap, w: Wait, among: readonly Wait[]): number[] {
	const objects = new Set(w.objects.map((o) => heap.objectOf(o) || o));
	const out: number[] = [];
	for (const other of among) {
		if (other.goroutine.address === w.goroutine.address) continue;
		let holds = false;
		waits.pointers(heap, other.goroutine, (p) => {
			if (objects.has(heap.objectOf(p) || p)) holds = true;
		});
		if (holds) out.push(other.goroutine.id);
	}
	return out.sort((a, b) => a - b);
}

/** Goroutines that wait in a circle: each for what only goroutines of the circle hold. */
export function findDeadlocks(program: Program): Cycle[] {
	const waits = new Waits(program);
	const heap = new Heap(program);
	const blocked = [...waits.blocked.values()].filter((w) => w.objects.length > 0);
	const wanted = new Map<number, number[]>();
	blocked.forEach((w, i) => {
		for (const o of w.objects) {
			const key = heap.objectOf(o) || o;
			wanted.set(key, [...(wanted.get(key) ?? []), i]);
		}
	});
	const variables = packageVariables(program, heap, wanted);
	// For each waiting goroutine: which others have its object, and whether one that is not blocked has.
	const holders: Set<number>[] = blocked.map(() => new Set());
	const free: boolean[] = blocked.map(() => false);
	const place = new Map(blocked.map((w, i) => [w.goroutine.address, i]));
	for (const g of waits.all) {
		const me = place.get(g.address);
		const hit = (key: number): void => {
			for (const i of wanted.get(key) ?? []) {
				if (me === undefined) free[i] ||= !isSystem(program, g);
				else if (me !== i) holders[i].add(me);
			}
		};
		waits.pointers(heap, g, (p) => hit(heap.objectOf(p) || p));
		// A package variable is held by those whose functions mention it.
		for (const f of waits.stack(g)) if (!f.inlined) for (const key of mentions(program, f, variables)) hit(key);
	}
	return components(holders)
		.filter((c) => c.length > 1 && c.every((i) => !free[i] && [...holders[i]].every((h) => c.includes(h))))
		.filter((c) => c.some((i) => blocked[i].kind === "lock" || blocked[i].kind === "channel"))
		.filter((c) => !sameObject(c.map((i) => blocked[i])))
		.map((c) => ({
			waits: c.map((i) => blocked[i]),
			holders: c.map((i) => [...holders[i]].map((h) => blocked[h].goroutine.id).sort((a, b) => a - b)),
		}));
}

/** Goroutines that all wait for one thing wait for somebody else, not for each other. */
function sameObject(waits: Wait[]): boolean {
	return new Set(waits.flatMap((w) => w.objects)).size === 1;
}

function isSystem(program: Program, g: Goroutine): boolean {
	const start = program.binary.funcAt(g.startPc)?.name ?? "";
	return start.startsWith("runtime.") && start !== "runtime.main";
}

interface VariableRange {
	from: number;
	to: number;
	key: number;
}

/** The package variables that wanted addresses are in: a lock's word is inside of it. */
function packageVariables(program: Program, heap: Heap, wanted: ReadonlyMap<number, number[]>): VariableRange[] {
	const out: VariableRange[] = [];
	for (const key of wanted.keys()) {
		if (heap.spanOf(key) >= 0) continue;
		const symbol = program.binary.symbolAt(key);
		out.push({
			from: symbol?.address ?? key - 4,
			to: symbol === null ? key + 1 : symbol.address + Math.max(symbol.size, key + 1 - symbol.address),
			key,
		});
	}
	return out;
}

/** Which of the variables a frame's function refers to relative to its own place. */
function mentions(program: Program, f: Frame, variables: readonly VariableRange[]): number[] {
	const func = f.func;
	if (func === null || variables.length === 0 || /^(runtime|sync|internal\/[\w/]+)\./.test(func.name)) return [];
	const code = program.binary.fileBytes(func.entry, func.end - func.entry);
	if (code === null) return [];
	const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
	const out: number[] = [];
	for (let i = 0; i + 4 <= code.length; i++) {
		const to = func.entry + i + 4 + view.getInt32(i, true);
		for (const v of variables) if (to >= v.from && to < v.to) out.push(v.key);
	}
	return out;
}

/** Strongly connected components of the graph i -> holders[i], iteratively (Tarjan). */
function components(edges: readonly Set<number>[]): number[][] {
	const order = new Int32Array(edges.length).fill(-1);
	const low = new Int32Array(edges.length);
	const onStack = new Uint8Array(edges.length);
	const stack: number[] = [];
	const out: number[][] = [];
	let next = 0;
	for (let root = 0; root < edges.length; root++) {
		if (order[root] >= 0) continue;
		const work: { node: number; rest: number[] }[] = [{ node: root, rest: [...edges[root]] }];
		order[root] = low[root] = next++;
		stack.push(root);
		onStack[root] = 1;
		while (work.length > 0) {
			const top = work[work.length - 1];
			const to = top.rest.pop();
			if (to !== undefined) {
				if (order[to] < 0) {
					order[to] = low[to] = next++;
					stack.push(to);
					onStack[to] = 1;
					work.push({ node: to, rest: [...edges[to]] });
				} else if (onStack[to] === 1) low[top.node] = Math.min(low[top.node], order[to]);
				continue;
			}
			work.pop();
			const parent = work[work.length - 1];
			if (parent !== undefined) low[parent.node] = Math.min(low[parent.node], low[top.node]);
			if (low[top.node] !== order[top.node]) continue;
			const part: number[] = [];
			for (let n = stack.pop(); n !== undefined; n = stack.pop()) {
				onStack[n] = 0;
				part.push(n);
				if (n === top.node) break;
			}
			out.push(part.sort((a, b) => a - b));
		}
	}
	return out;
}
