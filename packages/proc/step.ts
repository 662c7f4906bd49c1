// Steps by source line and out of functions. A step is a set of breaklets: on the lines where it may end, on the place the function
// returns to, on deferred functions. They only count for the goroutine that steps (known by its g) and for its frame (known by its
// distance from the top of the stack, since stacks move).
import type { Binary, CodeFrame, Func } from "#bininfo";
import type { Memory } from "./backend.ts";
import type { NativeThread } from "./backend/native/tracer.ts";
import type { Verdict } from "./breakpoints.ts";
import { callsIn } from "./calls.ts";
import type { Layout } from "./layout.ts";
import type { Locator } from "./locate.ts";
import type { Target } from "./target.ts";

/** What a step starts from: a goroutine's registers (of its thread, or as they were when it was parked). */
export interface StepOrigin {
	pc: number;
	sp: number;
	/** Address of the g; 0 = none: the thread alone. */
	g: number;
	thread: NativeThread;
	/** The goroutine is not running: its registers are its saved ones. */
	parked: boolean;
}

export interface StepContext {
	target: Target;
	binary: Binary;
	locator: Locator;
	layout: Layout;
}

/** A call on the stack. Addresses as at the stop. */
interface Frame {
	pc: number;
	/** Where the frame ends: the value SP had before the call that made it. */
	cfa: number;
	func: Func;
}

const MAX_FRAMES = 2000;
const MAX_WRAPPERS = 5;

/** The g that a thread runs: the goroutine's even on the system stack; 0 when there is none. */
export function currentG(context: StepContext, thread: NativeThread): number {
	const { memory } = context.target;
	try {
		const g = word(memory, thread.registers().fsBase + context.binary.gOffset);
		if (g === 0) return 0;
		const m = word(memory, g + context.layout.offset("runtime.g", "m"));
		if (m === 0) return g;
		const g0 = word(memory, m + context.layout.offset("runtime.m", "g0"));
		return g0 === g ? word(memory, m + context.layout.offset("runtime.m", "curg")) : g;
	} catch {
		return 0;
	}
}

/** A little-endian word as an address. */
export function word(memory: Memory, address: number): number {
	const b = memory.read(address, 8);
	const v = new DataView(b.buffer, b.byteOffset, 8);
	return v.getUint32(0, true) + v.getUint32(4, true) * 0x100000000;
}

/** A function that returns when the step ends at an address. */
export interface Returning {
	address: number;
	func: Func;
	/** SP before its call, from the top of the goroutine's stack. */
	offset: number;
	/** As offset, of the frame that it returns to. */
	callerOffset: number;
}

export class Stepper {
	private readonly context: StepContext;
	private readonly origin: StepOrigin;
	/** Set when the step may end by a return. */
	returning: Returning | null = null;

	constructor(context: StepContext, origin: StepOrigin) {
		this.context = context;
		this.origin = origin;
	}

	/** Prepares "next" or, with `into`, "step". Throws with Delve's words when there is nothing to step in. */
	line(into: boolean): void {
		const { binary, locator } = this.context;
		const top = this.frameAt(this.origin.pc, this.origin.sp);
		if (top === null) throw new Error(`no source for PC 0x${this.origin.pc.toString(16)}`);
		const here = binary.frames(top.pc);
		const current = here[0];
		if (current === undefined) throw new Error(`no source for PC 0x${top.pc.toString(16)}`);
		const range = into ? null : this.rangeParent(top);
		const depth = here.length;
		const rows = locator.rows(top.func);
		const prologue = rangeBody(top.func.name) === null ? 0 : locator.afterPrologue(top.func);
		for (const r of rows) {
			if (!r.stmt || (r.line === current.line && r.file === current.file) || r.address < prologue) continue;
			if (!into && belongsToDeeperCall(binary.frames(r.address), here, depth)) continue;
			this.stopHere(r.address, top);
		}
		if (into) this.stopInCallees(top, current);
		this.stopInDeferred(into);
		if (!into) this.stopInRangeBodies(range ?? top, current);
		this.stopAtReturn(top, range);
	}

	/** Prepares "stepout". */
	out(): void {
		const { binary, locator } = this.context;
		const top = this.frameAt(this.origin.pc, this.origin.sp);
		if (top === null) throw new Error(`no source for PC 0x${this.origin.pc.toString(16)}`);
		const here = binary.frames(top.pc);
		const current = here[0];
		if (here.length > 1 && current !== undefined) {
			// Out of an inlined call: any line of the functions around it.
			const around = here.slice(1);
			for (const r of locator.rows(top.func)) {
				if (!r.stmt || (r.line === current.line && r.file === current.file)) continue;
				if (belongsToDeeperCall(binary.frames(r.address), around, around.length)) continue;
				this.stopHere(r.address, top);
			}
			this.stopInDeferred(false);
			this.stopAtReturn(top, null);
			return;
		}
		const range = this.rangeParent(top);
		const deferred = this.stopInDeferred(false);
		const ret = this.caller(range ?? top);
		if (ret === null && !deferred) throw new Error("nothing to stepout to");
		if (ret === null) return;
		const { to, from } = this.skipWrappers(range ?? top, ret);
		this.stopHere(to.pc, to);
		this.noteReturn(from, to);
	}

	private noteReturn(from: Frame, to: Frame): void {
		this.returning = { address: to.pc, func: from.func, offset: this.offset(from.cfa), callerOffset: this.offset(to.cfa) };
	}

	/** A stop at an address on the same goroutine in the given frame. */
	private stopHere(address: number, frame: Frame): void {
		const offset = this.offset(frame.cfa);
		this.add(address, (t) => this.sameGoroutine(t) && this.frameOffsetOf(t) === offset);
	}

	private add(address: number, test: (thread: NativeThread) => boolean): void {
		const check = (t: NativeThread): Verdict => {
			try {
				return test(t) ? "hit" : "miss";
			} catch {
				return "miss";
			}
		};
		try {
			this.context.target.memory.add(address, { kind: "step", logical: 0, check });
		} catch {
			// A return address that cannot be written: the step ends elsewhere.
		}
	}

	private sameGoroutine(thread: NativeThread): boolean {
		if (this.origin.g === 0) return thread === this.origin.thread;
		return currentG(this.context, thread) === this.origin.g;
	}

	/** Distance of a frame from the top of the goroutine's stack. */
	private offset(cfa: number): number {
		if (this.origin.g === 0) return cfa;
		return cfa - word(this.context.target.memory, this.origin.g + 8);
	}

	private frameOffsetOf(thread: NativeThread): number {
		const regs = thread.registers();
		const frame = this.frameAt(regs.pc, regs.sp);
		return frame === null ? Number.NaN : this.offset(frame.cfa);
	}

	private frameAt(pc: number, sp: number): Frame | null {
		const func = this.context.binary.funcAt(pc);
		if (func === null) return null;
		const delta = func.spDelta(pc);
		return delta < 0 ? null : { pc, cfa: sp + delta + 8, func };
	}

	/** The frame that called this one; its pc is the return address. Null at the bottom of the stack. */
	private caller(frame: Frame): Frame | null {
		if (isStackBottom(frame.func.name)) return null;
		let ret: number;
		try {
			ret = word(this.context.target.memory, frame.cfa - 8);
		} catch {
			return null;
		}
		const func = this.context.binary.funcAt(ret);
		if (func === null) return null;
		const delta = func.spDelta(ret);
		return delta < 0 ? null : { pc: ret, cfa: frame.cfa + delta + 8, func };
	}

	/** The frame that a return is worth stopping in, and the one that returns to it: wrappers, and what runs deferred calls, are left too. */
	private skipWrappers(returning: Frame, caller: Frame): { to: Frame; from: Frame } {
		let to = caller;
		let from = returning;
		for (let i = 0; i < MAX_WRAPPERS; i++) {
			if (!isWrapper(to.func) && to.func.name !== "runtime.deferreturn") break;
			const up = this.caller(to);
			if (up === null) break;
			from = to;
			to = up;
		}
		return { to, from };
	}

	private stopAtReturn(top: Frame, range: Frame | null): void {
		const inner = range ?? top;
		const first = this.caller(inner);
		const ret = first === null ? null : this.skipWrappers(inner, first);
		if (ret !== null && !isStackBottom(ret.to.func.name)) {
			this.stopHere(ret.to.pc, ret.to);
			this.noteReturn(ret.from, ret.to);
		}
		if (range === null) return;
		// From the body of a loop over a function: also any line of the function around it, and of the loops in between.
		for (let f = this.caller(top); f !== null; f = this.caller(f)) {
			const related = f.cfa === range.cfa || sameRangeFamily(f.func.name, range.func.name);
			if (related) {
				const at = this.context.binary.frames(f.pc - 1)[0];
				for (const r of this.context.locator.rows(f.func)) {
					if (r.stmt && at !== undefined && r.address >= this.context.locator.afterPrologue(f.func)) this.stopHere(r.address, f);
				}
			}
			if (f.cfa === range.cfa) break;
		}
	}

	// Calls.

	private stopInCallees(top: Frame, current: CodeFrame): void {
		const { binary, locator, target } = this.context;
		const rows = locator.rows(top.func);
		rows.forEach((r, i) => {
			if (r.line !== current.line || r.file !== current.file) return;
			const end = rows[i + 1]?.address ?? top.func.end;
			for (const call of callsIn(target.memory, r.address, end)) {
				if (call.target > 0) this.stopInFunction(binary.funcAt(call.target), call.target, top.func);
				else {
					this.add(call.address, (t) => {
						if (!this.sameGoroutine(t)) return false;
						const to = call.resolve(t.registers(), target.memory);
						this.stopInFunction(binary.funcAt(to), to, top.func);
						return false;
					});
				}
			}
		});
	}

	/** Stops once the goroutine is in a function that it is worth stepping into. */
	private stopInFunction(f: Func | null, address: number, from: Func, depth: number = 0): void {
		const { locator, target, binary } = this.context;
		if (f === null || address !== f.entry || hidden(f.name, from.name)) return;
		if (isWrapper(f) && depth < 5) {
			for (const call of callsIn(target.memory, f.entry, f.end)) {
				if (call.target > 0) this.stopInFunction(binary.funcAt(call.target), call.target, from, depth + 1);
				else {
					this.add(call.address, (t) => {
						if (!this.sameGoroutine(t)) return false;
						const to = call.resolve(t.registers(), target.memory);
						this.stopInFunction(binary.funcAt(to), to, from, depth + 1);
						return false;
					});
				}
			}
			return;
		}
		this.add(locator.afterPrologue(f), (t) => this.sameGoroutine(t));
	}

	// Deferred functions.

	/** Stops in the function that a panic, and with `into` the return, would run next; false when none is deferred. */
	private stopInDeferred(into: boolean): boolean {
		const { binary, layout, target } = this.context;
		if (this.origin.g === 0) return false;
		try {
			const { memory } = target;
			const d = word(memory, this.origin.g + layout.offset("runtime.g", "_defer"));
			if (d === 0) return false;
			const fn = word(memory, d + layout.offset("runtime._defer", "fn"));
			if (fn === 0) return false;
			const entry = word(memory, fn);
			const f = binary.funcAt(entry);
			if (f === null) return false;
			if (isWrapper(f)) {
				for (const call of callsIn(memory, f.entry, f.end)) {
					const to = call.target > 0 ? binary.funcAt(call.target) : null;
					if (to !== null && !hidden(to.name, "")) this.stopInDeferredFunction(to, into);
				}
				return true;
			}
			this.stopInDeferredFunction(f, into);
			return true;
		} catch {
			return false;
		}
	}

	/** Called by the return of our frame or by a panic, not by some other call of the same function. */
	private stopInDeferredFunction(f: Func, returns: boolean): void {
		this.add(this.context.locator.afterPrologue(f), (t) => {
			if (!this.sameGoroutine(t)) return false;
			const regs = t.registers();
			let frame = this.frameAt(regs.pc, regs.sp);
			for (let i = 0; i < 3 && frame !== null; i++) {
				frame = this.caller(frame);
				if (frame === null) return false;
				if (frame.func.name === "runtime.gopanic") return true;
				if (frame.func.name === "runtime.deferreturn") return returns;
				if (frame.func.name.startsWith("runtime.(*_panic).")) continue;
				if (!isWrapper(frame.func)) return false;
			}
			return false;
		});
	}

	// Loops over functions.

	/** For the body of a loop over a function: the frame of the function it is written in, when that is on the stack. */
	private rangeParent(top: Frame): Frame | null {
		const name = rangeBody(top.func.name);
		if (name === null) return null;
		let f: Frame | null = top;
		for (let i = 0; i < MAX_FRAMES && f !== null; i++) {
			f = this.caller(f);
			if (f !== null && f.func.name === name) return f;
		}
		return null;
	}

	/** Bodies of loops over functions that run on behalf of this frame. */
	private stopInRangeBodies(parent: Frame, current: CodeFrame): void {
		const { binary, locator } = this.context;
		const prefix = `${parent.func.name}-range`;
		const offset = this.offset(parent.cfa);
		for (const name of binary.funcs.names().keys()) {
			if (!name.startsWith(prefix) || !/^\d+$/.test(name.slice(prefix.length))) continue;
			for (const body of binary.funcs.named(name)) {
				const first = locator.afterPrologue(body);
				const test = (t: NativeThread): boolean => this.sameGoroutine(t) && this.runsFor(t, parent.func.name, offset);
				const at = binary.frames(first)[0];
				if (at !== undefined && at.line === current.line && at.file === current.file) {
					for (const r of locator.rows(body)) {
						if (r.stmt && r.address >= first && !(r.line === current.line && r.file === current.file)) this.add(r.address, test);
					}
				} else this.add(first, test);
			}
		}
	}

	private runsFor(thread: NativeThread, parent: string, offset: number): boolean {
		const regs = thread.registers();
		let f = this.frameAt(regs.pc, regs.sp);
		for (let i = 0; i < MAX_FRAMES && f !== null; i++) {
			if (f.func.name === parent) return this.offset(f.cfa) === offset;
			f = this.caller(f);
		}
		return false;
	}
}

/** A row that is part of a call inlined below the frame that steps. `here`: the calls at the place of the step. */
function belongsToDeeperCall(there: readonly CodeFrame[], here: readonly CodeFrame[], depth: number): boolean {
	if (there.length <= depth) return false;
	// The same chain of calls, with more below it; and no other inlined call of the same depth.
	const tail = there.slice(there.length - depth);
	return tail.every((f, i) => f.name === here[i]?.name) || there.length > depth;
}

/** The function around the body of a loop over a function, by the compiler's naming; null for others. */
function rangeBody(name: string): string | null {
	return /^(.*)-range\d+$/.exec(name)?.[1] ?? null;
}

function sameRangeFamily(name: string, parent: string): boolean {
	return name === parent || rangeBody(name) === parent;
}

function isStackBottom(name: string): boolean {
	return name === "runtime.goexit" || name === "runtime.rt0_go" || name === "runtime.mstart" || name === "runtime.mcall";
}

const FUNC_ID_WRAPPER = 22;

/** Written by the compiler to adapt a call: method wrappers, wrappers of defer and go statements. */
export function isWrapper(f: Func): boolean {
	return f.funcId === FUNC_ID_WRAPPER || f.file === "<autogenerated>" || /\.(gowrap|deferwrap)\d+$/.test(f.name);
}

/** Functions of the runtime that are not part of its public face are not stepped into from outside of it. */
function hidden(name: string, from: string): boolean {
	if (!name.startsWith("runtime.") || from.startsWith("runtime.")) return false;
	const base = name.slice("runtime.".length);
	return !/^[A-Z]/.test(base);
}
