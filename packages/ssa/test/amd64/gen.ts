// Random functions: structured control flow over typed variables, with calls,
// slots and bounded loops. The same seed gives the same function.

import { SsaBuilder } from "../../braun.ts";
import { BlockKind, type CallSig, Func } from "../../func.ts";
import * as o from "../../ops.gen.ts";
import { isFloat, sizeOfT, T } from "../../types.ts";

export interface GenOptions {
	statements: number;
	calls: boolean;
	floats: boolean;
	slots: boolean;
}

const intTypes = [T.I64, T.I64, T.I64, T.I32, T.I32, T.I16, T.I8] as const;

/** Signature with the scalars assigned to registers in order, stack when they run out. */
export function makeSig(args: readonly T[], results: readonly T[]): CallSig {
	const place = (list: readonly T[], from: number): { locs: CallSig["args"]; end: number } => {
		let ints = 0;
		let floats = 0;
		let off = from;
		const locs = list.map((type) => {
			const fl = isFloat(type);
			if (fl ? floats < 15 : ints < 9) return { type, reg: fl ? floats++ : ints++, off: -1 };
			off = (off + sizeOfT[type] - 1) & ~(sizeOfT[type] - 1);
			const l = { type, reg: -1, off };
			off += sizeOfT[type];
			return l;
		});
		return { locs, end: (off + 7) & ~7 };
	};
	const a = place(args, 0);
	const r = place(results, a.end);
	let spill = r.end;
	for (const l of a.locs) {
		if (l.reg < 0) continue;
		spill = (spill + sizeOfT[l.type] - 1) & ~(sizeOfT[l.type] - 1);
		l.off = spill;
		spill += sizeOfT[l.type];
	}
	return { args: a.locs, results: r.locs, stackSize: (spill + 7) & ~7, abi: 1 };
}

export class Gen {
	private s: number;
	readonly f: Func;
	private readonly b: SsaBuilder;
	private cur = 0;
	private readonly vars: T[] = [];
	private readonly opt: GenOptions;
	private slots: number[] = [];

	constructor(name: string, seed: number, opt: GenOptions) {
		this.s = seed | 1;
		this.opt = opt;
		const args: T[] = [];
		const n = 1 + this.rnd(12);
		for (let i = 0; i < n; i++) args.push(this.type());
		const results: T[] = [];
		const m = 1 + this.rnd(10);
		for (let i = 0; i < m; i++) results.push(this.type());
		const f = new Func(name, makeSig(args, results), 16);
		this.f = f;
		this.b = new SsaBuilder(f);
		this.cur = f.newBlock();
		this.b.sealBlock(this.cur);
		if (opt.slots) {
			for (let i = 0; i < 3; i++) {
				const size = [8, 24, 40][i];
				this.slots.push(
					f.addSlot({ name: `t${i}`, size, align: 8, ptrmask: null, addrTaken: false, gcSym: "", argOffset: -1, dwarfVar: -1 }),
				);
				f.newValue(this.cur, o.OpZero, T.Void, [this.slotAddr(this.slots[i])], BigInt(size));
			}
		}
		for (let i = 0; i < n; i++) this.def(this.newVar(args[i]), f.newValue(this.cur, o.OpArg, args[i], [], BigInt(i)));
		for (let i = 0; i < 4; i++) {
			const t = this.type();
			this.def(this.newVar(t), this.constant(t));
		}
		this.block(opt.statements, 0);
		const ret = results.map((t) => this.pick(t));
		f.newValue(this.cur, o.OpReturn, T.Void, ret);
		f.blocks[this.cur].kind = BlockKind.Ret;
		this.b.finish();
	}

	rnd(n: number): number {
		let x = this.s;
		x ^= x << 13;
		x ^= x >>> 17;
		x ^= x << 5;
		this.s = x;
		return (x >>> 0) % n;
	}

	private type(): T {
		if (this.opt.floats && this.rnd(4) === 0) return this.rnd(3) === 0 ? T.F32 : T.F64;
		if (this.rnd(12) === 0) return T.Bool;
		return intTypes[this.rnd(intTypes.length)];
	}

	private newVar(t: T): number {
		this.vars.push(t);
		return this.b.newVar(t === T.Void ? T.I64 : t);
	}

	private def(x: number, v: number): void {
		this.b.write(x, this.cur, v);
	}

	private v(op: number, t: T, args: number[], aux = 0n): number {
		return this.f.newValue(this.cur, op, t, args, aux, 0, 16 * (1 + this.rnd(9)));
	}

	private constant(t: T): number {
		if (isFloat(t)) {
			const x = new DataView(new ArrayBuffer(8));
			const val = [0, 1, -1.5, 3.25, 1e10, 0.1][this.rnd(6)];
			if (t === T.F32) {
				x.setFloat32(0, val, true);
				return this.v(o.OpConstF, t, [], BigInt(x.getUint32(0, true)));
			}
			x.setFloat64(0, val, true);
			return this.v(o.OpConstF, t, [], x.getBigInt64(0, true));
		}
		if (t === T.Bool) return this.v(o.OpConst, t, [], BigInt(this.rnd(2)));
		let x = BigInt(this.rnd(100)) - 50n;
		if (this.rnd(4) === 0) x = (BigInt(this.rnd(0x7fffffff)) << BigInt(this.rnd(40))) ^ BigInt(this.rnd(1000));
		if (this.rnd(6) === 0) x = 1n << BigInt(this.rnd(64));
		return this.v(o.OpConst, t, [], BigInt.asIntN(sizeOfT[t] * 8, x));
	}

	/** A value of type t: a variable, or a conversion of one, or a constant. */
	private pick(t: T): number {
		for (let i = 0; i < 6; i++) {
			const x = this.rnd(this.vars.length);
			if (this.vars[x] === t) return this.b.read(x, this.cur);
		}
		return this.constant(t);
	}

	private slotAddr(s: number): number {
		return this.f.newValue(this.cur, o.OpSlotAddr, T.Ptr, [], BigInt(s));
	}

	private cond(): number {
		const t = this.type();
		if (t === T.Bool) return this.pick(t);
		const ops = isFloat(t) ? [o.OpEq, o.OpNe, o.OpLt, o.OpLe] : [o.OpEq, o.OpNe, o.OpLt, o.OpLe, o.OpLtU, o.OpLeU];
		let a = this.pick(t);
		if (!isFloat(t) && this.rnd(4) === 0) {
			a = this.v(o.OpAnd, t, [a, this.pick(t)]);
			return this.v(this.rnd(2) === 0 ? o.OpEq : o.OpNe, T.Bool, [a, this.v(o.OpConst, t, [])]);
		}
		const c = this.v(ops[this.rnd(ops.length)], T.Bool, [a, this.pick(t)]);
		return this.rnd(5) === 0 ? this.v(o.OpNot, T.Bool, [c]) : c;
	}

	private floatExpr(t: T): number {
		switch (this.rnd(10)) {
			case 0:
				return this.v(o.OpCvtIF, t, [this.pick(this.rnd(2) === 0 ? T.I64 : T.I32)]);
			case 1:
				return this.v(o.OpNeg, t, [this.pick(t)]);
			case 2:
				return this.v(o.OpAbsF, t, [this.pick(t)]);
			case 3:
				return this.v(o.OpCvtFF, t, [this.pick(t === T.F32 ? T.F64 : T.F32)]);
			case 4:
				return this.v(this.rnd(2) === 0 ? o.OpMinF : o.OpMaxF, t, [this.pick(t), this.pick(t)]);
			case 5:
				return this.v(o.OpCvtUF, t, [this.pick(T.I64)]);
			default:
				return this.v([o.OpAddF, o.OpSubF, o.OpMulF, o.OpDivF][this.rnd(4)], t, [this.pick(t), this.pick(t)]);
		}
	}

	private expr(t: T): number {
		if (this.opt.slots && this.rnd(8) === 0 && t !== T.Bool) return this.slotLoad(t);
		if (isFloat(t)) return this.floatExpr(t);
		if (t === T.Bool) {
			if (this.rnd(4) === 0) return this.v([o.OpAnd, o.OpOr, o.OpXor][this.rnd(3)], t, [this.pick(t), this.pick(t)]);
			return this.cond();
		}
		const w = sizeOfT[t] * 8;
		switch (this.rnd(22)) {
			case 0:
				return this.v(this.rnd(2) === 0 ? o.OpNeg : o.OpCom, t, [this.pick(t)]);
			case 1:
			case 2: {
				const ops = [o.OpShl, o.OpShr, o.OpSar];
				const ct = intTypes[this.rnd(intTypes.length)];
				let c = this.pick(ct);
				if (this.rnd(2) === 0) {
					c = this.v(o.OpAnd, ct, [c, this.v(o.OpConst, ct, [], BigInt(w - 1))]);
					return this.v(ops[this.rnd(3)], t, [this.pick(t), c], 1n);
				}
				if (this.rnd(2) === 0) c = this.v(o.OpConst, ct, [], BigInt(this.rnd(70)));
				return this.v(ops[this.rnd(3)], t, [this.pick(t), c]);
			}
			case 3:
				return this.v(o.OpRotL, t, [this.pick(t), this.rnd(2) === 0 ? this.pick(T.I64) : this.constant(T.I8)]);
			case 4:
			case 5: {
				// divisor made odd: not zero
				const d = this.v(o.OpOr, t, [this.pick(t), this.v(o.OpConst, t, [], 1n)]);
				return this.v([o.OpDiv, o.OpMod, o.OpDivU, o.OpModU][this.rnd(4)], t, [this.pick(t), d]);
			}
			case 6:
				return this.v(o.OpCondSelect, t, [this.pick(t), this.pick(t), this.cond()]);
			case 7: {
				if (t === T.I8) return this.v(o.OpTrunc, t, [this.pick(T.I64)]);
				const from = sizeOfT[t] > 4 ? T.I32 : T.I8;
				return this.v(this.rnd(2) === 0 ? o.OpSignExt : o.OpZeroExt, t, [this.pick(from)]);
			}
			case 8:
				return t === T.I64 ? this.v(o.OpZeroExt, t, [this.pick(T.Bool)]) : this.v(o.OpTrunc, t, [this.pick(T.I64)]);
			case 9:
				return this.v(this.rnd(2) === 0 ? o.OpCtz : o.OpBitLen, t, [this.pick(t)]);
			case 10:
				return t === T.I8 ? this.pick(t) : this.v(o.OpBswap, t, [this.pick(t)]);
			case 11:
				return this.v(this.rnd(2) === 0 ? o.OpHMul : o.OpHMulU, t, [this.pick(t), this.pick(t)]);
			case 12: {
				if (t !== T.I64) return this.pick(t);
				const tu = this.v(o.OpMulU2, T.Tuple, [this.pick(t), this.pick(t)]);
				const hi = this.v(o.OpResult, t, [tu], 0n);
				return this.v(o.OpXor, t, [hi, this.v(o.OpResult, t, [tu], 1n)]);
			}
			case 13: {
				if (t !== T.I64) return this.pick(t);
				const c = this.v(o.OpZeroExt, t, [this.pick(T.Bool)]);
				const tu = this.v(this.rnd(2) === 0 ? o.OpAddC : o.OpSubB, T.Tuple, [this.pick(t), this.pick(t), c]);
				const sum = this.v(o.OpResult, t, [tu], 0n);
				return this.rnd(2) === 0 ? sum : this.v(o.OpAdd, t, [sum, this.v(o.OpResult, t, [tu], 1n)]);
			}
			case 14:
				if (this.opt.floats && t === T.I64) return this.v(o.OpBitsFI, t, [this.v(o.OpBitsIF, T.F64, [this.pick(t)])]);
				return this.pick(t);
			default:
				return this.v([o.OpAdd, o.OpSub, o.OpMul, o.OpAnd, o.OpOr, o.OpXor][this.rnd(6)], t, [this.pick(t), this.pick(t)]);
		}
	}

	/** Place in a slot: address and offset; sometimes with a computed index. */
	private slotPlace(t: T): { p: number; off: bigint } {
		const k = this.rnd(this.slots.length);
		const s = this.slots[k];
		const words = this.f.slots[s].size / 8;
		if (this.rnd(3) === 0 && sizeOfT[t] === 8 && words > 1) {
			const m = this.v(o.OpConst, T.I64, [], BigInt(words >= 4 ? 3 : 1));
			const i = this.v(o.OpAnd, T.I64, [this.pick(T.I64), m]);
			const sc = this.v(o.OpShl, T.I64, [i, this.v(o.OpConst, T.I64, [], 3n)]);
			return { p: this.v(o.OpPtrAdd, T.Ptr, [this.slotAddr(s), sc]), off: 0n };
		}
		const off = BigInt(this.rnd(words) * 8 + (this.rnd(2) === 0 ? 0 : this.rnd(8 / sizeOfT[t]) * sizeOfT[t]));
		if (this.rnd(2) === 0) return { p: this.v(o.OpOffPtr, T.Ptr, [this.slotAddr(s)], off), off: 0n };
		return { p: this.slotAddr(s), off };
	}

	private slotLoad(t: T): number {
		if (isFloat(t)) return this.pick(t);
		const { p, off } = this.slotPlace(t);
		return this.v(o.OpLoad, t, [p], off);
	}

	private call(): void {
		const args: T[] = [];
		const n = this.rnd(this.rnd(4) === 0 ? 14 : 5);
		for (let i = 0; i < n; i++) args.push(intTypes[this.rnd(intTypes.length)]);
		const results: T[] = [];
		const m = this.rnd(this.rnd(4) === 0 ? 12 : 3);
		for (let i = 0; i < m; i++) results.push([T.I64, T.I32, T.I16][this.rnd(3)]);
		const sig = makeSig(args, results);
		const aux = this.f.newAux({
			target: { name: `callee${"x".repeat(this.rnd(4))}.${args.join("")}_${results.join("")}`, abi: 1 },
			sig,
			noreturn: false,
		});
		const vals = args.map((t) => this.pick(t));
		const c = this.f.newValue(this.cur, o.OpCall, results.length === 0 ? T.Void : T.Tuple, vals, 0n, aux, 32);
		results.forEach((t, i) => {
			const r = this.v(o.OpResult, t, [c], BigInt(i));
			if (this.rnd(5) > 0) this.assign(t, r);
		});
	}

	private assign(t: T, v: number): void {
		const same: number[] = [];
		for (let i = 0; i < this.vars.length; i++) if (this.vars[i] === t) same.push(i);
		if (same.length > 0 && (this.vars.length > 24 || this.rnd(3) > 0)) this.def(same[this.rnd(same.length)], v);
		else this.def(this.newVar(t), v);
	}

	private statement(depth: number): void {
		const k = this.rnd(20);
		if (k < 2 && depth < 3) this.ifElse(depth);
		else if (k === 2 && depth < 2) this.loop(depth);
		else if (k < 5 && this.opt.slots) {
			const t = intTypes[this.rnd(intTypes.length)];
			const { p, off } = this.slotPlace(t);
			if (this.rnd(3) === 0) {
				const old = this.v(o.OpLoad, t, [p], off);
				this.v(o.OpStore, T.Void, [p, this.v([o.OpAdd, o.OpSub, o.OpXor][this.rnd(3)], t, [old, this.pick(t)])], off);
			} else this.v(o.OpStore, T.Void, [p, this.expr(t)], off);
		} else if (k < 7 && this.opt.calls) this.call();
		else {
			const t = this.type();
			this.assign(t, this.expr(t));
		}
	}

	private block(n: number, depth: number): void {
		for (let i = 0; i < n; i++) this.statement(depth);
	}

	private end(kind: BlockKind, ...to: number[]): void {
		this.f.blocks[this.cur].kind = kind;
		for (const t of to) this.f.addEdge(this.cur, t);
	}

	private ifElse(depth: number): void {
		const f = this.f;
		const c = this.cond();
		const yes = f.newBlock();
		const no = f.newBlock();
		const join = f.newBlock();
		f.blocks[this.cur].control = c;
		f.blocks[this.cur].likely = this.rnd(3) - 1;
		this.end(BlockKind.If, yes, no);
		this.b.sealBlock(yes);
		this.b.sealBlock(no);
		for (const k of [yes, no]) {
			this.cur = k;
			this.block(this.rnd(5), depth + 1);
			this.end(BlockKind.Plain, join);
		}
		this.b.sealBlock(join);
		this.cur = join;
	}

	private loop(depth: number): void {
		const f = this.f;
		const i = this.newVar(T.Void);
		this.def(i, this.v(o.OpConst, T.I64, [], 0n));
		const head = f.newBlock();
		const body = f.newBlock();
		const exit = f.newBlock();
		this.end(BlockKind.Plain, head);
		this.cur = head;
		const iv = this.b.read(i, head);
		const c = this.v(o.OpLt, T.Bool, [iv, this.v(o.OpConst, T.I64, [], BigInt(2 + this.rnd(4)))]);
		f.blocks[head].control = c;
		this.end(BlockKind.If, body, exit);
		this.b.sealBlock(body);
		this.cur = body;
		this.block(1 + this.rnd(6), depth + 1);
		this.def(i, this.v(o.OpAdd, T.I64, [this.b.read(i, this.cur), this.v(o.OpConst, T.I64, [], 1n)]));
		this.end(BlockKind.Plain, head);
		this.b.sealBlock(head);
		this.b.sealBlock(exit);
		this.cur = exit;
	}
}
