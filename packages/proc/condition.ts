// Conditions of breakpoints. At one place of the program a name has one location, so a condition is compiled for that
// place to a few reads of registers and memory; what this cannot do, and whatever fails, is left to the evaluator.

import { Kind, type Type } from "#bininfo";
import { ByteReader } from "#base";
import { type Expr, Kind as Node, LitKind, Op, unparen } from "#syntax";
import { Kind as ConstKind, bigVal, kindOf, makeFromLiteral, stringVal } from "#constant";
import { MemoryError, type Memory, type Registers, type ThreadView } from "./backend.ts";
import { type EvalHooks, Expression, truth } from "./eval.ts";
import type { Goroutines } from "./goroutines.ts";
import type { Loader } from "./load.ts";
import { EvalError, parseExpression } from "./parse.ts";
import type { Program } from "./program.ts";
import { EvalScope } from "./scope.ts";
import { type Frame, stackFrames } from "./stack.ts";
import { apiKind, shallowLoad } from "./variable.ts";

/** What a compiled condition runs on. */
interface Context {
	memory: Memory;
	regs: Registers;
	/** SP before the call of the function. */
	cfa: number;
}

type Read = (c: Context, offset: number, size: number) => bigint;

/** A typed thing: how to read an unsigned integer of it. */
interface Place {
	type: Type;
	read: Read;
}

type Scalar = bigint | boolean | string;
interface Value {
	/** null = an untyped constant. */
	type: Type | null;
	kind: number;
	get: (c: Context) => Scalar;
}

/** A place this compiler cannot handle. */
class Unsupported extends Error {}

const MAX_STRING = 100 * 1024;
const STACK_DEPTH = 2;

/** A condition that is tested at each hit of a breakpoint. */
export class Condition {
	readonly text: string;
	private readonly tree: Expr;
	private readonly expression: Expression;
	/** Compiled for a place; null = the evaluator has to do it. */
	private readonly compiled: Map<number, ((c: Context) => Scalar) | null> = new Map();
	private readonly deltas: Map<number, number> = new Map();

	/** Throws EvalError when the text is no expression. */
	constructor(text: string) {
		this.text = text;
		this.tree = parseExpression(text);
		this.expression = new Expression(text);
	}

	/** Whether it holds where a thread has stopped. Throws EvalError in Delve's words. */
	test(program: Program, loader: Loader, goroutines: Goroutines, thread: ThreadView, hooks: EvalHooks = {}): boolean {
		const regs = thread.registers();
		const fast = this.at(program, loader, regs.pc);
		if (fast !== null) {
			const delta = this.deltas.get(regs.pc) ?? 0;
			try {
				return fast({ memory: program.process.memory, regs, cfa: regs.sp + delta }) === true;
			} catch (e) {
				// The evaluator says what is wrong.
				if (!(e instanceof MemoryError || e instanceof Unsupported)) throw e;
			}
		}
		const g = goroutines.ofThread(thread);
		const frames = stackFrames(goroutines.threadWalker(thread), STACK_DEPTH);
		const scope = new EvalScope(loader, g, frames);
		const v = this.expression.run(scope, shallowLoad, { threadId: thread.id, ...hooks });
		return truth(loader, v, this.text);
	}

	/** True when tests at a place do not need the evaluator. */
	isFast(program: Program, loader: Loader, pc: number): boolean {
		return this.at(program, loader, pc) !== null;
	}

	private at(program: Program, loader: Loader, pc: number): ((c: Context) => Scalar) | null {
		let code = this.compiled.get(pc);
		if (code === undefined) {
			code = null;
			const f = program.binary.funcAt(pc);
			const delta = f === null ? -1 : f.spDelta(pc);
			const [inner] = program.binary.frames(pc);
			if (f !== null && inner !== undefined && delta >= 0) {
				this.deltas.set(pc, delta + 8);
				const depth = program.binary.frames(pc).length - 1;
				const frame: Frame = {
					pc,
					callPc: pc,
					func: f,
					name: inner.name,
					file: inner.file,
					line: inner.line,
					currentLine: inner.line,
					inlined: depth > 0,
					inlineDepth: depth,
					cfa: 0,
					regs: { pc, sp: 0, bp: 0, thread: null },
					ret: 0,
					retAddress: 0,
					systemStack: false,
					stackHi: 0,
					bottom: false,
					error: "",
				};
				try {
					const v = new Compiler(program, new EvalScope(loader, null, [frame]), pc - program.binary.slide).value(this.tree);
					if (v.kind === Kind.Bool) code = v.get;
				} catch (e) {
					if (!(e instanceof Unsupported || e instanceof EvalError)) throw e;
				}
			}
			this.compiled.set(pc, code);
		}
		return code;
	}
}

class Compiler {
	private readonly program: Program;
	private readonly scope: EvalScope;
	/** Address in the file. */
	private readonly pc: number;

	constructor(program: Program, scope: EvalScope, pc: number) {
		this.program = program;
		this.scope = scope;
		this.pc = pc;
	}

	value(e: Expr): Value {
		const x = unparen(e);
		switch (x.kind) {
			case Node.BasicLit:
				return this.literal(x.lit, x.text);
			case Node.Unary:
				if (x.op === Op.Not) {
					const v = this.value(x.x);
					if (v.kind !== Kind.Bool) throw new Unsupported();
					return { type: v.type, kind: Kind.Bool, get: (c) => v.get(c) !== true };
				}
				if (x.op === Op.Sub && unparen(x.x).kind === Node.BasicLit) {
					const v = this.value(x.x);
					if (v.kind !== Kind.Int) throw new Unsupported();
					const n = -(v.get(NOWHERE) as bigint);
					return { type: null, kind: Kind.Int, get: () => n };
				}
				break;
			case Node.Binary:
				return this.binary(x.op, x.x, x.y);
			case Node.Call:
				if (x.fun.kind === Node.Name && x.fun.name === "len" && x.args.length === 1 && this.scope.resolve("len") === null) {
					return this.length(this.place(x.args[0]));
				}
				break;
			case Node.Name:
				if ((x.name === "true" || x.name === "false") && this.scope.resolve(x.name) === null) {
					const v = x.name === "true";
					return { type: null, kind: Kind.Bool, get: () => v };
				}
				break;
		}
		return this.load(this.place(e));
	}

	private literal(lit: LitKind, text: string): Value {
		const c = makeFromLiteral(text, lit);
		if (kindOf(c) === ConstKind.Int) {
			const n = bigVal(c);
			return { type: null, kind: Kind.Int, get: () => n };
		}
		if (kindOf(c) === ConstKind.String) {
			const s = stringVal(c);
			return { type: null, kind: Kind.String, get: () => s };
		}
		throw new Unsupported();
	}

	private length(p: Place): Value {
		const kind = p.type.real.kind;
		if (kind !== Kind.String && kind !== Kind.Slice) throw new Unsupported();
		return { type: null, kind: Kind.Int, get: (c) => p.read(c, 8, 8) };
	}

	/** The value of a scalar or a string in memory. */
	private load(p: Place): Value {
		const real = p.type.real;
		const kind = apiKind(real.kind);
		const size = real.size;
		switch (kind) {
			case Kind.Int:
				return { type: p.type, kind, get: (c) => BigInt.asIntN(size * 8, p.read(c, 0, size)) };
			case Kind.Uint:
				return { type: p.type, kind, get: (c) => p.read(c, 0, size) };
			case Kind.Bool:
				return { type: p.type, kind, get: (c) => p.read(c, 0, 1) !== 0n };
			case Kind.String:
				return { type: p.type, kind, get: (c) => readString(c, p) };
			case Kind.Pointer:
				return { type: p.type, kind, get: (c) => p.read(c, 0, 8) };
			default:
				throw new Unsupported();
		}
	}

	private binary(op: Op, x: Expr, y: Expr): Value {
		const isNil = (e: Expr): boolean => unparen(e).kind === Node.Name && (unparen(e) as { name: string }).name === "nil";
		if ((op === Op.Eql || op === Op.Neq) && isNil(y)) {
			const p = this.place(x);
			if (![Kind.Pointer, Kind.Slice, Kind.Map, Kind.Chan, Kind.Func, Kind.Interface].includes(p.type.real.kind as 20))
				throw new Unsupported();
			return { type: null, kind: Kind.Bool, get: (c) => (p.read(c, 0, 8) === 0n) === (op === Op.Eql) };
		}
		const a = this.value(x);
		const b = this.value(y);
		if (op === Op.AndAnd || op === Op.OrOr) {
			if (a.kind !== Kind.Bool || b.kind !== Kind.Bool) throw new Unsupported();
			const get =
				op === Op.AndAnd
					? (c: Context): boolean => a.get(c) === true && b.get(c) === true
					: (c: Context): boolean => a.get(c) === true || b.get(c) === true;
			return { type: null, kind: Kind.Bool, get };
		}
		if (a.type !== null && b.type !== null && a.type.name !== b.type.name) throw new Unsupported();
		const typed = a.type ?? b.type;
		const kind = a.type === null ? b.kind : a.kind;
		const integers = (k: number): boolean => k === Kind.Int || k === Kind.Uint;
		if (kind !== a.kind && !(integers(kind) && integers(a.kind))) throw new Unsupported();
		if (kind !== b.kind && !(integers(kind) && integers(b.kind))) throw new Unsupported();
		if (op >= Op.Eql && op <= Op.Geq) return { type: null, kind: Kind.Bool, get: comparison(op, a, b, kind) };
		if (!integers(kind)) throw new Unsupported();
		const f = ARITHMETIC[op];
		if (f === undefined) throw new Unsupported();
		const bits = (typed?.real.size ?? 16) * 8;
		const cut =
			typed === null
				? (v: bigint): bigint => v
				: kind === Kind.Uint
					? (v: bigint): bigint => BigInt.asUintN(bits, v)
					: (v: bigint): bigint => BigInt.asIntN(bits, v);
		return { type: typed, kind, get: (c) => cut(f(a.get(c) as bigint, b.get(c) as bigint)) };
	}

	// Places.

	place(e: Expr): Place {
		const x = unparen(e);
		switch (x.kind) {
			case Node.Name:
				return this.name(x.name);
			case Node.Selector:
				return this.selector(x.x, x.sel.name);
			case Node.Unary:
				if (x.op === Op.Mul) return follow(this.place(x.x));
				break;
			case Node.Index: {
				const p = this.place(x.x);
				const i = this.value(x.index);
				if (i.kind !== Kind.Int && i.kind !== Kind.Uint) break;
				return element(p, i);
			}
		}
		throw new Unsupported();
	}

	private name(name: string): Place {
		const v = this.scope.resolve(name);
		if (v === null) return this.global(`${this.scope.packagePath}.${name}`);
		const at = v.locations.find((l) => this.pc >= l.low && this.pc < l.high);
		const type = this.program.binary.types.at(v.type);
		if (at === undefined || type.dictIndex >= 0) throw new Unsupported();
		const place: Place = { type, read: locate(at.expr, this.program.binary.slide) };
		return v.name.startsWith("&") ? follow(place) : place;
	}

	private global(name: string): Place {
		const { binary } = this.program;
		const v = binary.variableNamed(name);
		const type = v === null ? null : binary.variableType(v);
		const address = v === null ? 0 : binary.variableAddress(v);
		if (type === null || address === 0) throw new Unsupported();
		return { type, read: (c, offset, size) => readUint(c.memory, address + offset, size) };
	}

	private selector(x: Expr, sel: string): Place {
		if (x.kind === Node.Name && this.scope.resolve(x.name) === null) {
			for (const path of this.program.packagePaths(x.name)) {
				if (this.program.binary.variableNamed(`${path}.${sel}`) !== null) return this.global(`${path}.${sel}`);
			}
		}
		let p = this.place(x);
		if (p.type.real.kind === Kind.Pointer) p = follow(p);
		const f = p.type.real.kind === Kind.Struct ? p.type.real.field(sel) : null;
		// Promoted fields and methods are the evaluator's.
		if (f === null) throw new Unsupported();
		const from = f.offset;
		const read = p.read;
		return { type: f.type, read: (c, offset, size) => read(c, from + offset, size) };
	}
}

const NOWHERE: Context = null as never;

function readUint(memory: Memory, address: number, size: number): bigint {
	const b = memory.read(address, size);
	if (size === 8) return new DataView(b.buffer, b.byteOffset, 8).getBigUint64(0, true);
	let v = 0;
	for (let i = size - 1; i >= 0; i--) v = v * 256 + b[i];
	return BigInt(v);
}

/** What a pointer points to. */
function follow(p: Place): Place {
	const elem = p.type.real.kind === Kind.Pointer ? p.type.real.elem : null;
	if (elem === null) throw new Unsupported();
	const read = p.read;
	return {
		type: elem,
		read: (c, offset, size) => {
			const to = Number(read(c, 0, 8));
			if (to === 0) throw new Unsupported();
			return readUint(c.memory, to + offset, size);
		},
	};
}

function element(p: Place, i: Value): Place {
	const real = p.type.real;
	const elem = real.elem;
	if (elem === null) throw new Unsupported();
	const stride = elem.size;
	const { read } = p;
	const { get } = i;
	if (real.kind === Kind.Array) {
		const count = BigInt(real.count);
		return {
			type: elem,
			read: (c, offset, size) => {
				const n = get(c) as bigint;
				if (n < 0n || n >= count) throw new Unsupported();
				return read(c, Number(n) * stride + offset, size);
			},
		};
	}
	if (real.kind !== Kind.Slice) throw new Unsupported();
	return {
		type: elem,
		read: (c, offset, size) => {
			const n = get(c) as bigint;
			if (n < 0n || n >= read(c, 8, 8)) throw new Unsupported();
			return readUint(c.memory, Number(read(c, 0, 8)) + Number(n) * stride + offset, size);
		},
	};
}

/** A location of the forms that compilers write; others are the evaluator's. */
function locate(expr: Uint8Array, slide: number): Read {
	const r = new ByteReader(expr);
	const parts: { at: number; size: number; read: Read }[] = [];
	let done = 0;
	let read: Read | null = null;
	while (r.left > 0) {
		const op = r.u8();
		if (op === 0x9c) read = fromCfa(cfaOffset(r));
		else if (op === 0x91) read = fromCfa(r.sleb());
		else if (op === 0x03) {
			const address = r.u64() + slide;
			read = (c, offset, size) => readUint(c.memory, address + offset, size);
		} else if (op >= 0x50 && op <= 0x5f) read = fromRegister(op - 0x50);
		else if (op === 0x93) {
			const size = r.uleb();
			if (read === null) throw new Unsupported();
			parts.push({ at: done, size, read });
			done += size;
			read = null;
		} else throw new Unsupported();
	}
	if (parts.length === 0) {
		if (read === null) throw new Unsupported();
		return read;
	}
	return (c, offset, size) => {
		const p = parts.find((x) => offset >= x.at && offset + size <= x.at + x.size);
		if (p === undefined) throw new Unsupported();
		return p.read(c, offset - p.at, size);
	};
}

/** What follows DW_OP_call_frame_cfa: nothing, or a constant to add. */
function cfaOffset(r: ByteReader): number {
	if (r.left === 0 || r.buf[r.pos] === 0x93) return 0;
	const op = r.u8();
	if (op === 0x23) return r.uleb();
	if (op !== 0x11) throw new Unsupported();
	const n = r.sleb();
	if (r.left === 0 || r.u8() !== 0x22) throw new Unsupported();
	return n;
}

function fromCfa(n: number): Read {
	return (c, offset, size) => readUint(c.memory, c.cfa + n + offset, size);
}

function fromRegister(n: number): Read {
	return (c, offset, size) => {
		const v = c.regs.get(n);
		if (v === undefined || offset + size > 8) throw new Unsupported();
		return BigInt.asUintN(size * 8, v >> BigInt(offset * 8));
	};
}

/** Bytes as a string of characters below 256, as constants have them. */
function readString(c: Context, p: Place): string {
	const n = Number(p.read(c, 8, 8));
	if (n > MAX_STRING) throw new Unsupported();
	if (n === 0) return "";
	const bytes = c.memory.read(Number(p.read(c, 0, 8)), n);
	let s = "";
	for (const b of bytes) s += String.fromCharCode(b);
	return s;
}

function comparison(op: Op, a: Value, b: Value, kind: number): (c: Context) => boolean {
	const x = a.get;
	const y = b.get;
	if (kind === Kind.Bool && op !== Op.Eql && op !== Op.Neq) throw new Unsupported();
	switch (op) {
		case Op.Eql:
			return (c) => x(c) === y(c);
		case Op.Neq:
			return (c) => x(c) !== y(c);
		case Op.Lss:
			return (c) => x(c) < y(c);
		case Op.Leq:
			return (c) => x(c) <= y(c);
		case Op.Gtr:
			return (c) => x(c) > y(c);
		default:
			return (c) => x(c) >= y(c);
	}
}

const ARITHMETIC: Partial<Record<Op, (a: bigint, b: bigint) => bigint>> = {
	[Op.Add]: (a, b) => a + b,
	[Op.Sub]: (a, b) => a - b,
	[Op.Mul]: (a, b) => a * b,
	[Op.Div]: (a, b) => {
		if (b === 0n) throw new Unsupported();
		return a / b;
	},
	[Op.Rem]: (a, b) => {
		if (b === 0n) throw new Unsupported();
		return a % b;
	},
	[Op.And]: (a, b) => a & b,
	[Op.Or]: (a, b) => a | b,
	[Op.Xor]: (a, b) => a ^ b,
	[Op.AndNot]: (a, b) => a & ~b,
};
