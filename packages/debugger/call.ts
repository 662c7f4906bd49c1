// Expressions that call functions of the program ("call f(x)"). The expression is evaluated again whenever one of its calls has
// returned, with the results of those that are done: so the evaluator need not be able to wait, and a breakpoint inside a called
// function stops the session as any other.
import { type Func, Kind, type Type } from "#bininfo";
import {
	type Argument,
	Assigner,
	descriptorAddress,
	encode,
	EvalError,
	EvalInterrupt,
	type EvalHooks,
	EvalScope as Scope,
	Expression,
	FAKE_BASE,
	Flag,
	type Goroutine,
	type LoadConfig as Load,
	OverlayMemory,
	Results,
	setVariable,
	stackFrames,
	Variable,
} from "#proc";
import {
	beginCall,
	CALL_STACK,
	type CallArguments,
	callStep,
	CallStep,
	endCall,
	enterFunction,
	type Group,
	inDebugCall,
	type Injection,
	keepResults,
	type NativeThread,
	type Target,
} from "#proc/live";
import type { Debuggee } from "./debuggee.ts";
import { loaderOf } from "./evaluate.ts";
import { type Parameter, parameters, returnValues } from "./returns.ts";

const NOT_RUNNING = "selected goroutine not running";
const RUNNING = 2;
const WORD = 8;
/** Bytes of all registers that hold arguments. */
const REGISTERS = 9 * WORD + 15 * WORD;
const UNSUPPORTED = "function calls not supported by this version of Go";

/** A value that a call gave: its bytes, since the frame may be gone when it is looked at again. */
interface Kept {
	name: string;
	type: Type;
	bytes: Uint8Array;
}

interface Request {
	func: Func;
	closure: number;
	args: CallArguments;
	/** Bytes of the argument area. */
	frame: number;
	/** Receives what the call left, at CallStep.returned. */
	results: (thread: NativeThread) => Kept[];
}

/** Thrown out of the evaluator: this call has to be made first. */
class CallNeeded extends EvalInterrupt {
	readonly request: Request;
	constructor(request: Request) {
		super(`call of ${request.func.name}`);
		this.name = "CallNeeded";
		this.request = request;
	}
}

export interface CallSetup {
	d: Debuggee;
	target: Target;
	group: Group;
	goroutine: Goroutine | null;
	text: string;
	load: Load;
	/** Refuse pointers into the stack as arguments. */
	checkEscape: boolean;
	hitCounts: (name: string) => bigint | undefined;
}

/** One expression under way. */
export class PendingCall {
	readonly goroutine: Goroutine;
	readonly thread: NativeThread;
	private readonly setup: CallSetup;
	private readonly scope: Scope;
	private readonly debugCall: Func;
	/** Results of the calls made, in order. */
	private readonly done: Kept[][] = [];
	private replayed = 0;
	/** Calls whose frames are open, the innermost last. */
	private readonly open: { injection: Injection; request: Request }[] = [];
	/** Stacks that calls ran on: objects there must not escape either. */
	private readonly stacks: { lo: number; hi: number }[] = [];
	private unwinding = false;
	/** What the expression gave. */
	values: Variable[] = [];
	/** It was an assignment. */
	assigned = false;
	error: Error | null = null;

	/** Throws Delve's words when no call can be made here. */
	constructor(setup: CallSetup) {
		const { d, goroutine } = setup;
		const [debugCall] = d.binary.funcs.named("runtime.debugCallV2");
		if (goroutine === null) throw new Error("no goroutine selected");
		if (goroutine.status !== RUNNING || goroutine.thread === null) throw new Error(NOT_RUNNING);
		if (debugCall === undefined) throw new Error(UNSUPPORTED);
		this.setup = setup;
		this.goroutine = goroutine;
		this.thread = goroutine.thread as NativeThread;
		this.debugCall = debugCall;
		this.scope = new Scope(loaderOf(d), goroutine, stackFrames(d.goroutines.walker(goroutine), 1 << 10));
		this.thread.registers().vectorState();
	}

	/** Begins; true = finished already, else the program must run. */
	start(): boolean {
		return this.evaluate();
	}

	/** A thread that trapped is one of the protocol's. */
	concerns(thread: NativeThread): boolean {
		if (thread !== this.thread || this.open.length === 0) return false;
		const pc = thread.registers().pc;
		const f = this.setup.d.binary.funcAt(pc - 1);
		return f !== null && pc - 1 !== f.entry && inDebugCall(f.name) && this.setup.target.memory.read(pc - 1, 1)[0] === 0xcc;
	}

	/** Carries out what the protocol asks for at a trap; true = finished, the thread is where it was. */
	advance(): boolean {
		const { setup, thread } = this;
		const current = this.open[this.open.length - 1];
		if (current === undefined) return true;
		const { request } = current;
		switch (callStep(thread)) {
			case CallStep.ready: {
				enterFunction(setup.target, thread, request.func.entry, request.closure, request.args);
				return false;
			}
			case CallStep.returned: {
				if (this.unwinding) return false;
				try {
					this.done.push(request.results(thread));
					keepResults(setup.target, thread, request.frame);
					this.noteStack();
				} catch (e) {
					this.fail(e);
					return false;
				}
				setup.d.program.resumed();
				if (this.evaluate()) this.unwinding = true;
				return false;
			}
			case CallStep.panicked:
				if (!this.unwinding) this.panicked();
				return false;
			case CallStep.refused:
				if (!this.unwinding) this.fail(new Error(this.reason()));
				return false;
			case CallStep.restore:
				this.open.pop();
				endCall(setup.group, thread, this.debugCall, current.injection);
				return this.open.length === 0;
			default:
				return false;
		}
	}

	private fail(e: unknown): void {
		this.error ??= e instanceof Error ? e : new Error(String(e));
		this.unwinding = true;
	}

	private noteStack(): void {
		const g = this.setup.d.goroutines.ofThread(this.thread);
		if (g !== null) this.stacks.push({ lo: g.stackLo, hi: g.stackHi });
	}

	/** Why the runtime refuses: a string at SP. */
	private reason(): string {
		const { d, target } = this.setup;
		const sp = this.thread.registers().sp;
		d.program.resumed();
		void target;
		return d.program.memory.string(sp, 1024);
	}

	/** The function panicked: the value, an interface{} at SP, is the result. */
	private panicked(): void {
		const { d, load } = this.setup;
		d.program.resumed();
		const loader = loaderOf(d);
		const type = d.binary.typeNamed("interface {}");
		const v = loader.variable("~panic", this.thread.registers().sp, type);
		v.flags |= Flag.FakeAddress;
		loader.load(v, load);
		this.values = [v];
		this.unwinding = true;
	}

	// Evaluation.

	/** Evaluates as far as results are known. False when a call was begun. */
	private evaluate(): boolean {
		const { setup, scope } = this;
		this.replayed = 0;
		const hooks: EvalHooks = {
			hitCounts: setup.hitCounts,
			threadId: this.thread.id,
			call: (f, args, text) => this.call(f, args, text),
			allocate: (bytes, descriptor) => this.allocate(bytes, descriptor),
		};
		try {
			const set = assignment(setup.text);
			if (set !== null) {
				setVariable(set[0], set[1], scope, hooks);
				this.assigned = true;
				setup.d.program.resumed();
				return true;
			}
			const v = new Expression(setup.text).run(scope, setup.load, hooks);
			this.values = v instanceof Results ? v.children : [v];
			for (const x of this.values) if (!x.loaded) scope.loader.load(x, setup.load);
			return true;
		} catch (e) {
			if (e instanceof CallNeeded) {
				this.begin(e.request);
				return false;
			}
			this.error = e as Error;
			return true;
		}
	}

	private begin(request: Request): void {
		const { target, d } = this.setup;
		const injection = beginCall(target, this.thread, this.debugCall, request.frame);
		this.open.push({ injection, request });
		target.stops.delete(this.thread.id);
		d.program.resumed();
	}

	/** The results of the next call of the expression, when it was made before; null = not yet. */
	private next(): Variable[] | null {
		const kept = this.done[this.replayed];
		if (kept === undefined) return null;
		this.replayed++;
		const { d } = this.setup;
		return kept.map((k) => {
			const v = loaderOf(d).variable(k.name, FAKE_BASE, k.type, new OverlayMemory(d.program.memory, FAKE_BASE, k.bytes), Flag.FakeAddress);
			v.flags |= Flag.ReturnArgument;
			return v;
		});
	}

	private checkStack(): void {
		const regs = this.thread.registers();
		const g = this.open.length === 0 ? this.goroutine : this.setup.d.goroutines.ofThread(this.thread);
		if (g !== null && regs.sp - CALL_STACK <= g.stackLo) throw new EvalError("not enough stack space");
	}

	private call(f: Variable, args: readonly Argument[], text: string): Variable[] {
		const { d, load } = this.setup;
		if (f.kind !== Kind.Func) throw new EvalError(`expression ${JSON.stringify(text)} is not a function`);
		const bound = f.type === null && f.children[0] !== undefined;
		if (!f.loaded) loaderOf(d).load(f, load);
		if (f.unreadable !== "") throw new EvalError(f.unreadable);
		if (f.base === 0) throw new EvalError("nil pointer dereference");
		const func = d.binary.funcAt(f.base);
		if (func === null) throw new EvalError(`could not find DIE for function ${JSON.stringify(text)}`);
		if (d.binary.optimized(func)) throw new EvalError(`can not call optimized function ${func.name} when regabi is in use`);
		const { arguments: formal, results } = parameters(d, func);
		const actual = [...args];
		if (bound && args.length === formal.length - 1) actual.unshift(receiverOf(f, text));
		if (actual.length > formal.length) throw new EvalError("too many arguments");
		if (actual.length < formal.length) throw new EvalError("not enough arguments");
		// From here on the thread is in the protocol: it is not at its breakpoint any more.
		this.setup.target.stops.delete(this.thread.id);
		const assigner = new Assigner();
		const out: CallArguments = { registers: [], stack: new Uint8Array(0) };
		const onStack: { at: number; bytes: Uint8Array }[] = [];
		// The last one first, as the errors show.
		const encoded: Uint8Array[] = formal.map(() => new Uint8Array(0));
		for (let i = formal.length - 1; i >= 0; i--) {
			encoded[i] = this.argument(actual[i] as Argument, formal[i] as Parameter, func, bound && i === 0 && actual.length > args.length);
		}
		formal.forEach((p, i) => {
			const bytes = encoded[i] as Uint8Array;
			const parts = assigner.assign(p.type);
			if (parts === null) onStack.push({ at: assigner.push(p.type), bytes });
			else for (const part of parts) out.registers.push({ part, bytes: bytes.slice(part.offset, part.offset + part.size) });
		});
		assigner.beginResults();
		for (const r of results) if (assigner.assign(r.type) === null) assigner.push(r.type);
		const used = Math.ceil(assigner.stack / WORD) * WORD;
		out.stack = new Uint8Array(used);
		for (const { at, bytes } of onStack) out.stack.set(bytes, at);
		// Literals among the arguments were allocated by calls before this one.
		const known = this.next();
		if (known !== null) return known;
		this.checkStack();
		throw new CallNeeded({
			func,
			closure: bound ? 0 : f.closure,
			args: out,
			frame: frameSize([...formal, ...results].map((p) => p.type)),
			results: (thread) => {
				d.program.resumed();
				const regs = thread.registers();
				return returnValues(d, func, regs, regs.sp).map((v) => keep(v));
			},
		});
	}

	/** The bytes of an argument. Throws Delve's words when it cannot be passed. */
	private argument(a: Argument, p: Parameter, func: Func, receiver: boolean): Uint8Array {
		const { d, checkEscape } = this.setup;
		try {
			const loader = loaderOf(d);
			const bytes = encode(loader, p.type, a.value, a.text, (b, descriptor) => this.allocate(b, descriptor));
			if (checkEscape) {
				pointersIn(p.type, bytes, 0, p.name, (address, name) => {
					if (!this.onStack(address)) return;
					throw new EvalError(
						`cannot use ${a.text} as argument ${p.name} in function ${func.name}: stack object passed to escaping pointer: ${name}`,
					);
				});
			}
			return bytes;
		} catch (e) {
			if (!receiver || !(e instanceof EvalError)) throw e;
			throw new EvalError(`could not set call receiver: ${e.message}`);
		}
	}

	private onStack(address: number): boolean {
		const { goroutine: g } = this;
		if (address >= FAKE_BASE) return true;
		return (address >= g.stackLo && address < g.stackHi) || this.stacks.some((s) => address >= s.lo && address < s.hi);
	}

	/** Memory of the program with these bytes: runtime.mallocgc(size, type, needzero). */
	private allocate(bytes: Uint8Array, descriptor: number): number {
		const known = this.next()?.[0];
		const { d, target } = this.setup;
		if (known !== undefined) return Number(wordAt(known.memory.read(known.address, WORD), 0));
		this.checkStack();
		const [func] = d.binary.funcs.named("runtime.mallocgc");
		const type = d.binary.typeNamed("unsafe.Pointer") ?? d.binary.typeNamed("uintptr");
		if (func === undefined || type === null) throw new EvalError("function runtime.mallocgc not found");
		const word = (v: number): Uint8Array => {
			const b = new Uint8Array(WORD);
			new DataView(b.buffer).setBigUint64(0, BigInt(v), true);
			return b;
		};
		const kind = descriptor === 0 ? 0 : descriptorAddress(d.binary, descriptor);
		const registers = [0, 3, 2].map((register, i) => ({
			part: { offset: 0, size: WORD, register },
			bytes: word([bytes.length, kind, 1][i] as number),
		}));
		throw new CallNeeded({
			func,
			closure: 0,
			args: { registers, stack: new Uint8Array(0) },
			frame: frameSize([type, type, type]),
			results: (thread) => {
				const address = Number(thread.registers().get(0) ?? 0n);
				target.memory.write(address, bytes);
				return [{ name: "", type, bytes: word(address) }];
			},
		});
	}
}

/** Bytes of the argument area: as if everything were passed in memory, and room for all registers of arguments (alignment, KEPT). */
function frameSize(types: readonly Type[]): number {
	let size = 0;
	for (const t of types) size += Math.ceil(t.size / WORD) * WORD;
	return size + REGISTERS;
}

/** The receiver of a method value, as an argument. */
function receiverOf(f: Variable, text: string): Argument {
	const value = f.children[0] as Variable;
	if (value.address === 0 && value.kind !== Kind.Pointer) throw new EvalError("nil pointer dereference");
	return { value, text };
}

function keep(v: Variable): Kept {
	const type = v.type as Type;
	return { name: v.name, type, bytes: new Uint8Array(type.size === 0 ? [0] : v.memory.read(v.address, type.size)) };
}

function wordAt(bytes: Uint8Array, at: number): number {
	const v = new DataView(bytes.buffer, bytes.byteOffset + at, WORD);
	return v.getUint32(0, true) + v.getUint32(4, true) * 0x1_0000_0000;
}

/** Calls f with every pointer in a value and how it is reached. */
function pointersIn(type: Type, bytes: Uint8Array, at: number, name: string, f: (address: number, name: string) => void): void {
	const real = type.real;
	switch (real.kind) {
		case Kind.Pointer:
		case Kind.UnsafePointer:
		case Kind.Chan:
		case Kind.String:
		case Kind.Slice:
		case Kind.Map:
		case Kind.Func:
			f(wordAt(bytes, at), name);
			return;
		case Kind.Interface:
			f(wordAt(bytes, at), `${name}.tab`);
			f(wordAt(bytes, at + WORD), `${name}.data`);
			return;
		case Kind.Struct:
			for (const x of real.fields) pointersIn(x.type, bytes, at + x.offset, `${name}.${x.name}`, f);
			return;
		case Kind.Array: {
			const { elem } = real;
			if (elem === null || elem.size === 0) return;
			for (let i = 0; i < real.count; i++) pointersIn(elem, bytes, at + i * elem.size, `${name}[${i}]`, f);
			return;
		}
	}
}

/** The two sides of "x = y"; null for other expressions. */
function assignment(text: string): [string, string] | null {
	let quote = "";
	for (let i = 0; i < text.length; i++) {
		const c = text[i] as string;
		if (quote !== "") {
			if (c === "\\" && quote !== "`") i++;
			else if (c === quote) quote = "";
		} else if (c === '"' || c === "'" || c === "`") quote = c;
		else if (c === "=" && text[i + 1] === "=") i++;
		else if (c === "=" && !/[!<>=]/.test(text[i - 1] ?? "")) return [text.slice(0, i).trim(), text.slice(i + 1).trim()];
	}
	return null;
}
