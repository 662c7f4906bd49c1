// Changing values in place, and making new ones that are simplified at once: what
// rewrite rules are written with, and how a builder emits folded code.

import type { Func } from "./func.ts";
import * as o from "./ops.gen.ts";
import { simplifyValue } from "./passes/simplify/mod.ts";
import { sizeOfT, T } from "./types.ts";

export class Rewriter {
	readonly f: Func;
	/** Where new values are appended: the part of the block before the value that is looked at. */
	out: number[] = [];
	block = 0;
	pos = 0;
	inl = -1;
	/** Expansions that hide what passes can find out (division by constants) are allowed. */
	late = false;
	/** Set when a branch or the graph could change. */
	private depth = 0;

	constructor(f: Func) {
		this.f = f;
	}

	// ---- looking ----

	isConst(v: number): boolean {
		return this.f.op[v] === o.OpConst;
	}

	/** v is the constant n, which is a 32-bit integer. */
	is(v: number, n: number): boolean {
		const f = this.f;
		return f.op[v] === o.OpConst && f.auxWords[2 * v] === n && f.auxWords[2 * v + 1] === n >> 31;
	}

	/** v's auxInt is a 32-bit integer. */
	fits32(v: number): boolean {
		const w = this.f.auxWords;
		return w[2 * v + 1] === w[2 * v] >> 31;
	}

	/** The low word of v's auxInt. */
	low(v: number): number {
		return this.f.auxWords[2 * v];
	}

	/** The constant v without sign, as an exact number; -1 if it is no constant or 2^53 or more. */
	unsigned(v: number): number {
		const f = this.f;
		if (f.op[v] !== o.OpConst) return -1;
		const t = f.type[v];
		const lo = f.auxWords[2 * v];
		if (sizeOfT[t] <= 4) return sizeOfT[t] === 4 ? lo >>> 0 : lo & (sizeOfT[t] === 2 ? 0xffff : 0xff);
		const hi = f.auxWords[2 * v + 1] >>> 0;
		return hi < 1 << 21 ? hi * 0x1_0000_0000 + (lo >>> 0) : -1;
	}

	// ---- changing the value at hand; all return true, as rules do ----

	set(v: number, op: o.Op, args: readonly number[], auxInt = 0n): true {
		const f = this.f;
		f.op[v] = op;
		f.auxInt[v] = auxInt;
		f.aux[v] = 0;
		f.setArgs(v, args);
		return true;
	}

	copy(v: number, x: number): true {
		return this.set(v, o.OpCopy, [x]);
	}

	/** v becomes the constant n, wrapped to its type. */
	toConst(v: number, n: bigint): true {
		const t = this.f.type[v];
		return this.set(v, o.OpConst, [], t === T.Bool ? n & 1n : BigInt.asIntN(sizeOfT[t] * 8, n));
	}

	toBool(v: number, yes: boolean): true {
		return this.set(v, o.OpConst, [], yes ? 1n : 0n);
	}

	/** Deletes a value that has no result. */
	drop(v: number): true {
		return this.set(v, o.OpNop, []);
	}

	// ---- new values ----

	/** A new value in front of the one at hand, simplified: may be an older value. */
	make(op: o.Op, type: T, args: readonly number[], auxInt = 0n): number {
		const f = this.f;
		const v = f.newValueFloating(op, type, args, auxInt, 0, this.pos, this.inl);
		f.block[v] = this.block;
		return this.place(v);
	}

	constant(type: T, n: bigint): number {
		const f = this.f;
		const v = f.newValueFloating(
			o.OpConst,
			type,
			[],
			type === T.Bool ? n & 1n : BigInt.asIntN(sizeOfT[type] * 8, n),
			0,
			this.pos,
			this.inl,
		);
		f.block[v] = this.block;
		this.out.push(v);
		return v;
	}

	/** Simplifies v and appends it, after the values that this made; or finds an older one. */
	private place(v: number): number {
		const x = this.settle(v);
		if (x === v) this.out.push(v);
		else this.f.op[v] = o.OpNop;
		return x;
	}

	private settle(v: number): number {
		const f = this.f;
		if (this.depth > 8) return v;
		this.depth++;
		for (let n = 0; n < 16 && simplifyValue(this, v); n++);
		this.depth--;
		while (f.op[v] === o.OpCopy) v = f.arg(v, 0);
		return v;
	}

	/**
	 * For builders: appends an operation to block b, or finds that it is a constant or an older value. Effects
	 * that turn out not to be needed (a bounds check of constants) leave nothing; the result is then 0.
	 */
	emit(b: number, op: o.Op, type: T, args: readonly number[], auxInt = 0n, aux = 0, pos = 0, inl = -1): number {
		const f = this.f;
		const values = f.blocks[b].values;
		this.out = values;
		this.block = b;
		this.pos = pos;
		this.inl = inl;
		const v = f.newValueFloating(op, type, args, auxInt, aux, pos, inl);
		f.block[v] = b;
		const x = this.settle(v);
		if (f.op[x] === o.OpNop) return 0;
		if (x === v) values.push(v);
		else f.op[v] = o.OpNop;
		return x;
	}
}
