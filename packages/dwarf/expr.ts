// The stack machine of DWARF location expressions (DWARF 5, 2.5 and 2.6).

import { ByteReader, FormatError } from "#base";

/** What an expression needs to know of the frame it is evaluated in. */
export interface ExprContext {
	/** Canonical frame address. */
	cfa: number;
	/** Value of DW_AT_frame_base; undefined = the function has none. */
	frameBase: number | undefined;
	/** Added to addresses written in the file (position-independent executables). */
	slide: number;
	/** A register of the frame, undefined when its value is not known. */
	register(n: number): bigint | undefined;
	read(address: number, size: number): bigint;
	/** Address of a thread-local variable. */
	tls?(offset: bigint): bigint;
}

export type Place =
	| { kind: "address"; address: number }
	| { kind: "register"; register: number }
	| { kind: "value"; value: bigint }
	| { kind: "bytes"; bytes: Uint8Array }
	/** Not available: optimized out. */
	| { kind: "none" };

/** A part of a value, in order; size in bytes, -1 = the whole value. */
export interface Piece {
	size: number;
	place: Place;
}

const MAX_STEPS = 10000;
const MAX_STACK = 1000;

/** Evaluates a location. Throws FormatError for malformed expressions and what the context throws for unknown memory. */
export function evalLocation(expr: Uint8Array, ctx: ExprContext): Piece[] {
	if (expr.length === 0) return [{ size: -1, place: { kind: "none" } }];
	return new Machine(expr, ctx).run();
}

class Machine {
	private readonly r: ByteReader;
	private readonly ctx: ExprContext;
	private readonly stack: bigint[] = [];
	private readonly pieces: Piece[] = [];
	/** Set by operators that name a place instead of computing an address. */
	private place: Place | null = null;

	constructor(expr: Uint8Array, ctx: ExprContext) {
		this.r = new ByteReader(expr);
		this.ctx = ctx;
	}

	run(): Piece[] {
		let steps = 0;
		while (this.r.left > 0) {
			if (++steps > MAX_STEPS) throw new FormatError("location expression does not end", this.r.pos);
			if (this.stack.length > MAX_STACK) throw new FormatError("location expression overflows its stack", this.r.pos);
			this.step(this.r.u8());
		}
		if (this.pieces.length > 0) return this.pieces;
		return [{ size: -1, place: this.take() }];
	}

	/** The place described so far. */
	private take(): Place {
		const p = this.place;
		this.place = null;
		if (p !== null) return p;
		const top = this.stack.pop();
		return top === undefined ? { kind: "none" } : { kind: "address", address: Number(BigInt.asUintN(64, top)) };
	}

	private pop(): bigint {
		const v = this.stack.pop();
		if (v === undefined) throw new FormatError("location expression pops an empty stack", this.r.pos);
		return v;
	}

	private push(v: bigint): void {
		this.stack.push(BigInt.asIntN(64, v));
	}

	private register(n: number): bigint {
		const v = this.ctx.register(n);
		if (v === undefined) throw new FormatError(`register ${n} is not known in this frame`, this.r.pos);
		return v;
	}

	private pick(n: number): void {
		const v = this.stack[this.stack.length - 1 - n];
		if (v === undefined) throw new FormatError("location expression picks below its stack", this.r.pos);
		this.stack.push(v);
	}

	private step(op: number): void {
		const r = this.r;
		if (op >= 0x30 && op <= 0x4f) this.push(BigInt(op - 0x30));
		else if (op >= 0x50 && op <= 0x6f) this.place = { kind: "register", register: op - 0x50 };
		else if (op >= 0x70 && op <= 0x8f) this.push(this.register(op - 0x70) + BigInt(r.sleb()));
		else if (op >= 0x08 && op <= 0x11) this.push(this.constant(op));
		else if (op >= 0x19 && op <= 0x2e && op !== 0x23 && op !== 0x28) this.arithmetic(op);
		else this.other(op);
	}

	private constant(op: number): bigint {
		const r = this.r;
		switch (op) {
			case 0x08:
				return BigInt(r.u8());
			case 0x09:
				return BigInt((r.u8() << 24) >> 24);
			case 0x0a:
				return BigInt(r.u16());
			case 0x0b:
				return BigInt((r.u16() << 16) >> 16);
			case 0x0c:
				return BigInt(r.u32());
			case 0x0d:
				return BigInt(r.i32());
			case 0x0e:
			case 0x0f:
				return r.big64();
			case 0x10:
				return BigInt(r.uleb());
			default:
				return BigInt(r.sleb());
		}
	}

	private arithmetic(op: number): void {
		const b = this.pop();
		switch (op) {
			case 0x19: // abs
				this.push(b < 0n ? -b : b);
				return;
			case 0x1f: // neg
				this.push(-b);
				return;
			case 0x20: // not
				this.push(~b);
				return;
		}
		const a = this.pop();
		this.push(this.binary(op, a, b));
	}

	private binary(op: number, a: bigint, b: bigint): bigint {
		const ua = BigInt.asUintN(64, a);
		const shift = b < 0n || b > 64n ? 64n : b;
		const truth = (v: boolean): bigint => (v ? 1n : 0n);
		if ((op === 0x1b || op === 0x1d) && b === 0n) throw new FormatError("location expression divides by zero", this.r.pos);
		switch (op) {
			case 0x1a:
				return a & b;
			case 0x1b:
				return a / b;
			case 0x1c:
				return a - b;
			case 0x1d:
				return ua % BigInt.asUintN(64, b);
			case 0x1e:
				return a * b;
			case 0x21:
				return a | b;
			case 0x22:
				return a + b;
			case 0x24:
				return a << shift;
			case 0x25:
				return ua >> shift;
			case 0x26:
				return a >> shift;
			case 0x27:
				return a ^ b;
			case 0x29:
				return truth(a === b);
			case 0x2a:
				return truth(a >= b);
			case 0x2b:
				return truth(a > b);
			case 0x2c:
				return truth(a <= b);
			case 0x2d:
				return truth(a < b);
			default:
				return truth(a !== b);
		}
	}

	private other(op: number): void {
		const r = this.r;
		switch (op) {
			case 0x03: // addr
				this.push(r.big64() + BigInt(this.ctx.slide));
				return;
			case 0x06: // deref
				this.push(this.ctx.read(Number(BigInt.asUintN(64, this.pop())), 8));
				return;
			case 0x94: // deref_size
				this.push(this.ctx.read(Number(BigInt.asUintN(64, this.pop())), r.u8()));
				return;
			case 0x12: // dup
				this.pick(0);
				return;
			case 0x13: // drop
				this.pop();
				return;
			case 0x14: // over
				this.pick(1);
				return;
			case 0x15: // pick
				this.pick(r.u8());
				return;
			case 0x16: {
				const b = this.pop();
				const a = this.pop();
				this.stack.push(b, a);
				return;
			}
			case 0x17: {
				const c = this.pop();
				const b = this.pop();
				const a = this.pop();
				this.stack.push(c, a, b);
				return;
			}
			case 0x23: // plus_uconst
				this.push(this.pop() + BigInt(r.uleb()));
				return;
			case 0x2f: // skip
				this.jump(true);
				return;
			case 0x28: // bra
				this.jump(this.pop() !== 0n);
				return;
			case 0x90: // regx
				this.place = { kind: "register", register: r.uleb() };
				return;
			case 0x92: // bregx
				this.push(this.register(r.uleb()) + BigInt(r.sleb()));
				return;
			case 0x91: {
				const base = this.ctx.frameBase;
				if (base === undefined) throw new FormatError("frame base is not known", r.pos);
				this.push(BigInt(base) + BigInt(r.sleb()));
				return;
			}
			case 0x93: // piece
				this.pieces.push({ size: r.uleb(), place: this.take() });
				return;
			case 0x96: // nop
				return;
			case 0x9c: // call_frame_cfa
				this.push(BigInt(this.ctx.cfa));
				return;
			case 0x9e: // implicit_value
				this.place = { kind: "bytes", bytes: r.bytes(r.uleb()) };
				return;
			case 0x9f: // stack_value
				this.place = { kind: "value", value: BigInt.asUintN(64, this.pop()) };
				return;
			case 0x9b: // form_tls_address
			case 0xe0: {
				if (this.ctx.tls === undefined) throw new FormatError("thread-local variables are not available", r.pos);
				this.push(this.ctx.tls(this.pop()));
				return;
			}
			default:
				throw new FormatError(`location operator 0x${op.toString(16)}`, r.pos - 1);
		}
	}

	private jump(taken: boolean): void {
		const r = this.r;
		const by = (r.u16() << 16) >> 16;
		if (!taken) return;
		const to = r.pos + by;
		if (to < 0 || to > r.end) throw new FormatError("location expression jumps out of itself", r.pos);
		r.pos = to;
	}
}
