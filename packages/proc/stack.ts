// Unwinding: the calls that a thread or a parked goroutine is in, innermost first.
//
// Go's own code is unwound by the pclntab's stack sizes, which is what the runtime trusts; other code by call frame
// information, else by frame pointer. Where the runtime switches stacks (systemstack, mcall, cgo calls and callbacks,
// signal handlers) the walk goes on on the stack the goroutine came from.

import type { CodeFrame, Func } from "#bininfo";
import { evalLocation, type FrameRules } from "#dwarf";
import { MemoryError, type Registers } from "./backend.ts";
import type { Program } from "./program.ts";

/** A frame's registers as far as they are known. */
export interface FrameRegisters {
	pc: number;
	sp: number;
	bp: number;
	/** The registers of the thread itself: of the innermost frame only. */
	thread: Registers | null;
}

export interface Frame {
	/** Where the frame stands: the next instruction to run in it. */
	pc: number;
	/** An address inside the instruction that is being executed: pc, or a byte of the call before it. Scopes are looked up with it. */
	callPc: number;
	/** The function whose machine code this is, null outside Go's. */
	func: Func | null;
	/** Name of the function, an inlined one's too; "?" when not known. */
	name: string;
	/** Place of the call, or of the next instruction in the innermost frame. */
	file: string;
	line: number;
	/** Place of pc itself. */
	currentLine: number;
	/** A call that was inlined into a frame further out, whose registers it shares. */
	inlined: boolean;
	/** How many inlined calls lie between this frame and the function's own: 0 = the function itself. */
	inlineDepth: number;
	/** Value of SP before the call: where variables are relative to. */
	cfa: number;
	regs: FrameRegisters;
	/** Return address and where it is stored; 0 at the end. */
	ret: number;
	retAddress: number;
	systemStack: boolean;
	/** High end of the goroutine's stack; 0 when there is no goroutine. */
	stackHi: number;
	bottom: boolean;
	/** Why the walk could not go on. */
	error: string;
}

/** What the walk has to know of a goroutine. */
export interface StackOwner {
	id: number;
	/** Address of the g structure. */
	address: number;
	stackLo: number;
	stackHi: number;
	/** Where it stands when it is not running. */
	pc: number;
	sp: number;
	bp: number;
	m: number;
}

export interface StackOptions {
	/** Do not follow switches of stacks. */
	simple?: boolean;
	/** Begin on the goroutine's own stack even when the thread is on the system stack. */
	fromG?: boolean;
}

const FUNC_ASMCGOCALL = "runtime.asmcgocall";
const SAVED_DEPTH = [0x00, 0x28];
const MAX_DEPTH = 1_000_000;
/** Offsets in the kernel's ucontext of its registers, from its start: DWARF number of each word. */
const UCONTEXT_REGS = 40;
const GREGS = [8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2, 7, 16];

/** Registers saved by the kernel for a signal handler. */
class SavedRegisters implements Registers {
	private readonly words: Map<number, bigint> = new Map();
	readonly fsBase: number;
	readonly pc: number;
	readonly sp: number;
	readonly bp: number;

	constructor(program: Program, ucontext: number, fsBase: number) {
		for (let i = 0; i < GREGS.length; i++) this.words.set(GREGS[i], program.memory.big(ucontext + UCONTEXT_REGS + 8 * i));
		this.fsBase = fsBase;
		this.pc = Number(this.words.get(16));
		this.sp = Number(this.words.get(7));
		this.bp = Number(this.words.get(6));
	}

	get(dwarf: number): bigint | undefined {
		return this.words.get(dwarf);
	}

	vector(): undefined {
		return undefined;
	}
}

/** Walks one stack. next() makes frames until it returns null. */
export class StackWalker {
	private readonly program: Program;
	private readonly g: StackOwner | null;
	private readonly simple: boolean;
	private pc = 0;
	private sp = 0;
	private bp = 0;
	private thread: Registers | null;
	private top = true;
	/** The frame called nothing: a signal interrupted it. */
	private interrupted = false;
	private systemStack = false;
	private g0sp = 0;
	private done = false;
	private count = 0;
	private readonly fsBase: number;
	private pending: Frame[] = [];

	constructor(program: Program, g: StackOwner | null, thread: Registers | null, options: StackOptions = {}) {
		this.program = program;
		this.g = g;
		this.thread = thread;
		this.simple = options.simple ?? false;
		this.fsBase = thread?.fsBase ?? 0;
		if (thread === null) {
			this.toGoroutine();
			// Where a parked goroutine goes on: its innermost frame called nothing from there.
			this.top = true;
		} else {
			this.pc = thread.pc;
			this.sp = thread.sp;
			this.bp = thread.bp;
			this.systemStack = g !== null && (this.sp < g.stackLo || this.sp > g.stackHi);
			if (options.fromG === true && g !== null) {
				this.toGoroutine();
				this.top = true;
			} else this.fromVdso();
		}
	}

	/** Continues where the goroutine left its own stack. */
	private toGoroutine(): void {
		const g = this.g as StackOwner;
		this.pc = g.pc;
		this.sp = g.sp;
		this.bp = g.bp;
		this.thread = null;
		this.systemStack = false;
		this.top = false;
	}

	/** In a call of the kernel's vdso nothing describes the code; the runtime notes where it was made. */
	private fromVdso(): void {
		const { binary, layout, memory } = this.program;
		if (this.g === null || this.g.m === 0 || binary.funcAt(this.pc) !== null) return;
		const at = layout.optional("runtime.m", "vdsoSP");
		const pcAt = layout.optional("runtime.m", "vdsoPC");
		if (at < 0 || pcAt < 0) return;
		try {
			const sp = memory.word(this.g.m + at);
			if (sp === 0 || sp < this.sp) return;
			this.pending.push(this.frame(this.pc, 0, 0, 0));
			this.pc = memory.word(this.g.m + pcAt);
			this.sp = sp;
			this.thread = null;
			this.top = false;
		} catch (e) {
			if (!(e instanceof MemoryError)) throw e;
		}
	}

	/** The next frame, null at the end of the stack. */
	next(): Frame | null {
		const ready = this.pending.shift();
		if (ready !== undefined) return ready;
		if (this.done) return null;
		if (++this.count > MAX_DEPTH) {
			this.done = true;
			return null;
		}
		const frames = this.step();
		this.pending = frames;
		return this.pending.shift() ?? null;
	}

	/** Makes the frames at the current place, inlined ones first, and moves to the caller. */
	private step(): Frame[] {
		const { pc, sp, bp } = this;
		const f = this.program.binary.funcAt(pc);
		const isCall = !this.top && !this.interrupted && f !== null && pc !== f.entry && !NO_CALL.has(f.name);
		const callPc = isCall ? pc - 1 : pc;
		const regs: FrameRegisters = { pc, sp, bp, thread: this.thread };
		let up: Caller;
		try {
			up = this.caller(f, pc, sp, bp);
		} catch (e) {
			if (!(e instanceof MemoryError)) throw e;
			this.done = true;
			const last = this.codeFrames(f, callPc, 0, 0, 0, regs, true);
			if (last.length > 0) last[last.length - 1].error = e.message;
			return last;
		}
		const out = this.codeFrames(f, callPc, up.cfa, up.ret, up.retAddress, regs, false);
		this.interrupted = false;
		if (!this.simple && f !== null && this.switchStack(f, up)) {
			if (this.done) this.markBottom(out);
			return out;
		}
		if (!this.simple && f === null && this.systemStack && this.g !== null && this.top) {
			this.toGoroutine();
			return out;
		}
		if (up.ret === 0 || (f !== null && TOP_FRAMES.has(f.name))) {
			this.done = true;
			this.markBottom(out);
			return out;
		}
		this.interrupted = f !== null && f.name === "runtime.sigpanic";
		this.top = false;
		this.thread = null;
		this.pc = up.ret;
		this.sp = up.cfa;
		this.bp = up.bp;
		return out;
	}

	private markBottom(frames: Frame[]): void {
		if (frames.length > 0) frames[frames.length - 1].bottom = true;
	}

	private frame(pc: number, cfa: number, ret: number, retAddress: number): Frame {
		return {
			pc,
			callPc: pc,
			func: null,
			name: "?",
			file: "?",
			line: -1,
			currentLine: -1,
			inlined: false,
			inlineDepth: 0,
			cfa,
			regs: { pc, sp: this.sp, bp: this.bp, thread: this.thread },
			ret,
			retAddress,
			systemStack: this.systemStack,
			stackHi: this.g?.stackHi ?? 0,
			bottom: false,
			error: "",
		};
	}

	private codeFrames(
		f: Func | null,
		callPc: number,
		cfa: number,
		ret: number,
		retAddress: number,
		regs: FrameRegisters,
		failed: boolean,
	): Frame[] {
		const base: Frame = { ...this.frame(regs.pc, cfa, ret, retAddress), callPc, regs, bottom: failed };
		if (f === null) {
			base.name = this.program.symbolName(regs.pc);
			return [base];
		}
		const calls = this.program.binary.frames(callPc);
		const currentLine = f.line(regs.pc);
		return calls.map((c: CodeFrame, i) => ({
			...base,
			callPc: i === 0 ? callPc : c.callPc,
			func: f,
			name: c.name,
			file: c.file,
			line: c.line,
			currentLine: i === 0 ? currentLine : c.line,
			inlined: c.inlined,
			inlineDepth: calls.length - 1 - i,
			bottom: failed && i === calls.length - 1,
		}));
	}

	/** The caller's registers. Throws MemoryError when its frame cannot be read. */
	private caller(f: Func | null, pc: number, sp: number, bp: number): Caller {
		const memory = this.program.memory;
		if (f !== null) {
			const delta = f.spDelta(pc);
			if (delta >= 0) {
				const cfa = sp + delta + 8;
				const ret = memory.word(cfa - 8);
				// A frame that holds anything saved the caller's frame pointer next to the return address.
				const callerBp = delta >= 8 && bp !== 0 && bp === cfa - 16 ? memory.word(cfa - 16) : bp < cfa && bp >= sp ? memory.word(bp) : bp;
				return { cfa, ret, retAddress: cfa - 8, bp: callerBp };
			}
		}
		const rules = this.program.frameRules(pc);
		if (rules !== null) return this.byRules(rules);
		if (bp < sp) return { cfa: sp + 8, ret: memory.word(sp), retAddress: sp, bp };
		return { cfa: bp + 16, ret: memory.word(bp + 8), retAddress: bp + 8, bp: memory.word(bp) };
	}

	private byRules(rules: FrameRules): Caller {
		const memory = this.program.memory;
		const register = (n: number): bigint | undefined => {
			if (n === 7) return BigInt(this.sp);
			if (n === 6) return BigInt(this.bp);
			if (n === 16) return BigInt(this.pc);
			return this.thread?.get(n);
		};
		const context = { cfa: 0, frameBase: undefined, slide: 0, register, read: (a: number, n: number): bigint => BigInt(memory.uint(a, n)) };
		const addressOf = (expr: Uint8Array): number => {
			const [piece] = evalLocation(expr, context);
			if (piece?.place.kind !== "address") throw new MemoryError(this.pc, 8, "frame rule is not an address:");
			return piece.place.address;
		};
		const cfa = rules.cfaExpr === null ? Number(register(rules.cfaRegister) ?? 0n) + rules.cfaOffset : addressOf(rules.cfaExpr);
		context.cfa = cfa;
		const restore = (n: number, same: number): { value: number; at: number } => {
			const rule = rules.registers.get(n);
			switch (rule?.kind) {
				case "offset":
					return { value: memory.word(cfa + rule.value), at: cfa + rule.value };
				case "valOffset":
					return { value: cfa + rule.value, at: 0 };
				case "register":
					return { value: Number(register(rule.value) ?? 0n), at: 0 };
				case "expr":
				case "valExpr": {
					const at = addressOf(rule.expr);
					return rule.kind === "expr" ? { value: memory.word(at), at } : { value: at, at: 0 };
				}
				default:
					return { value: same, at: 0 };
			}
		};
		const ret = restore(rules.returnRegister, 0);
		return { cfa, ret: ret.value, retAddress: ret.at, bp: restore(6, this.bp).value };
	}

	/** Follows a switch of stacks below a frame of the runtime; true when the walk's place has changed or it is done. */
	private switchStack(f: Func, up: Caller): boolean {
		switch (f.name) {
			case "runtime.goexit":
			case "runtime.rt0_go":
				this.done = true;
				return true;
			case "runtime.mcall":
				if (this.systemStack && this.g !== null) this.toGoroutine();
				else this.done = true;
				return true;
			case "runtime.mstart":
				return this.fromMstart();
			case "runtime.newstack":
			case "runtime.systemstack":
				if (!this.systemStack || this.g === null) return false;
				this.toGoroutine();
				return true;
			case FUNC_ASMCGOCALL:
				return this.fromCgo();
			case "runtime.cgocallback":
				return this.toCgoCaller(up);
			case "runtime.sigtrampgo":
				return this.fromSignal(up);
			default:
				return false;
		}
	}

	private fromMstart(): boolean {
		if (this.top || !this.systemStack || this.g === null) return false;
		if (this.program.binary.funcAt(this.g.pc)?.name !== "runtime.systemstack_switch") return false;
		this.toGoroutine();
		return true;
	}

	/** asmcgocall went from the goroutine's stack to the system stack: it saved how deep it was. */
	private fromCgo(): boolean {
		if (this.top || !this.systemStack || this.g === null) return false;
		const { stackLo, stackHi } = this.g;
		for (const slot of SAVED_DEPTH) {
			const depth = this.program.memory.word(this.sp + slot);
			if (depth <= 0 || depth % 8 !== 0 || stackHi - depth < stackLo) continue;
			this.sp = stackHi - depth;
			this.systemStack = false;
			this.thread = null;
			this.top = false;
			// SP is as it was inside asmcgocall, whose frame holds the saved frame pointer.
			this.pc = this.program.memory.word(this.sp + 8);
			this.bp = this.program.memory.word(this.sp);
			this.sp += 16;
			return true;
		}
		return false;
	}

	/** C called Go: the C frames are on the system stack, at what g0 had saved. */
	private toCgoCaller(_up: Caller): boolean {
		if (this.top || this.systemStack || this.g === null || this.g.m === 0) return false;
		const { layout, memory } = this.program;
		if (this.g0sp === 0) {
			const g0 = memory.word(this.g.m + layout.offset("runtime.m", "g0"));
			this.g0sp = g0 === 0 ? 0 : memory.word(g0 + layout.offset("runtime.g", "sched.sp"));
		}
		if (this.g0sp === 0) return false;
		const sp = this.g0sp;
		const saved = memory.word(sp);
		this.g0sp = saved;
		const f = this.program.binary.funcAt(this.pc);
		const delta = f === null ? -1 : f.spDelta(this.pc);
		if (delta < 0) return false;
		const cfa = sp + delta + 8;
		this.pc = memory.word(cfa - 8);
		this.sp = cfa;
		this.bp = memory.word(cfa - 16);
		this.thread = null;
		this.systemStack = true;
		return true;
	}

	/** A signal handler: the kernel saved the registers of what it interrupted above sigtramp's return address. */
	private fromSignal(up: Caller): boolean {
		const tramp = this.program.binary.funcAt(up.ret);
		if (tramp === null || !tramp.name.startsWith("runtime.sigtramp")) return false;
		const delta = tramp.spDelta(up.ret);
		if (delta < 0) return false;
		const saved = new SavedRegisters(this.program, up.cfa + delta + 8, this.fsBase);
		this.pc = saved.pc;
		this.sp = saved.sp;
		this.bp = saved.bp;
		this.thread = saved;
		this.top = false;
		this.interrupted = true;
		if (this.g !== null) this.systemStack = this.sp < this.g.stackLo || this.sp >= this.g.stackHi;
		return true;
	}
}

interface Caller {
	cfa: number;
	ret: number;
	retAddress: number;
	bp: number;
}

/** Frames that the runtime makes up: nothing was called before their pc. */
const NO_CALL: ReadonlySet<string> = new Set(["runtime.mstart", "runtime.systemstack_switch"]);
const TOP_FRAMES: ReadonlySet<string> = new Set(["runtime.goexit", "runtime.rt0_go"]);

/** At most `limit` frames, innermost first. The last one is `bottom` when the stack ends there. */
export function stackFrames(walker: StackWalker, limit: number): Frame[] {
	const out: Frame[] = [];
	// Inlined calls come with the function that they are part of, as Delve has it.
	while (out.length < limit || out[out.length - 1]?.inlined === true) {
		const f = walker.next();
		if (f === null) break;
		out.push(f);
	}
	return out;
}
