// Random functions for property tests: structured control flow over variables of
// all scalar types, slots and symbols, built through SsaBuilder.

import { SsaBuilder } from "../braun.ts";
import { BlockKind, Func } from "../func.ts";
import * as o from "../ops.gen.ts";
import { mulberry } from "../shuffle.ts";
import { sizeOfT, T } from "../types.ts";

const intTypes: T[] = [T.I8, T.I16, T.I32, T.I64, T.I64, T.I64];
const interesting = [
	0n,
	1n,
	-1n,
	2n,
	3n,
	5n,
	7n,
	8n,
	10n,
	16n,
	31n,
	63n,
	64n,
	100n,
	127n,
	128n,
	255n,
	256n,
	1000n,
	65535n,
	1n << 31n,
	1n << 62n,
];

export class RandomFunc {
	readonly f: Func;
	private readonly s: SsaBuilder;
	private readonly random: () => number;
	private readonly vars: { id: number; type: T }[] = [];
	private b = 0;
	private budget: number;
	private loops = 0;
	private readonly callAux: number;
	private readonly symAux: number[];

	constructor(seed: number, budget: number) {
		this.random = mulberry(seed);
		this.budget = budget;
		const sig = {
			args: [T.I64, T.I64, T.I32, T.I8, T.F64].map((type, i) => ({ type, reg: type === T.F64 ? 0 : i, off: 8 * i })),
			results: [{ type: T.I64, reg: 0, off: -1 }],
			stackSize: 40,
			abi: 1 as const,
		};
		this.f = new Func(`random${seed}`, sig, 0);
		this.s = new SsaBuilder(this.f);
		this.callAux = this.f.newAux({
			target: { name: "ext", abi: 1 },
			sig: {
				args: [sig.args[0]],
				results: [
					{ type: T.I64, reg: 0, off: -1 },
					{ type: T.Ptr, reg: 1, off: -1 },
				],
				stackSize: 8,
				abi: 1,
			},
			noreturn: false,
		});
		this.symAux = ["g0", "g1"].map((name) => this.f.newAux({ name, abi: 0 }));
		this.build(sig.args.map((a) => a.type));
	}

	private pick<A>(list: readonly A[]): A {
		return list[Math.floor(this.random() * list.length)];
	}

	private val(op: number, type: T, args: number[], auxInt = 0n, aux = 0): number {
		return this.f.newValue(this.b, op, type, args, auxInt, aux);
	}

	private build(argTypes: T[]): void {
		const f = this.f;
		this.b = f.newBlock();
		this.s.sealBlock(this.b);
		argTypes.forEach((type, i) => {
			const id = this.s.newVar(type);
			this.s.write(id, this.b, this.val(o.OpArg, type, [], BigInt(i)));
			this.vars.push({ id, type });
		});
		for (const type of [T.I8, T.I16, T.I32, T.I64, T.Bool, T.F64, T.Ptr] as const) {
			const id = this.s.newVar(type);
			this.s.write(id, this.b, type === T.Ptr ? this.symbol() : this.constant(type));
			this.vars.push({ id, type });
		}
		for (let i = 0; i < 3; i++) {
			f.addSlot({ name: `s${i}`, size: 32, align: 8, ptrmask: null, addrTaken: i === 2, gcSym: "", argOffset: -1, dwarfVar: -1 });
			if (this.random() < 0.5) this.val(o.OpSlotDef, T.Void, [], BigInt(i));
			this.val(o.OpZero, T.Void, [this.val(o.OpSlotAddr, T.Ptr, [], BigInt(i))], 32n);
		}
		while (this.budget > 0) this.statement(0);
		let sum = this.constant(T.I64);
		for (const v of this.vars)
			sum = this.val(o.OpXor, T.I64, [this.val(o.OpMul, T.I64, [sum, this.int(31n)]), this.toInt64(this.s.read(v.id, this.b))]);
		this.val(o.OpReturn, T.Void, [sum]);
		f.blocks[this.b].kind = BlockKind.Ret;
		this.s.finish();
	}

	private int(n: bigint): number {
		return this.val(o.OpConst, T.I64, [], n);
	}

	private toInt64(v: number): number {
		const t = this.f.type[v];
		if (t === T.I64) return v;
		if (t === T.Bool) return this.val(o.OpZeroExt, T.I64, [v]);
		if (t === T.F64) return this.val(o.OpBitsFI, T.I64, [v]);
		if (t === T.Ptr) return this.val(o.OpPtrToInt, T.I64, [v]);
		return this.val(this.random() < 0.5 ? o.OpSignExt : o.OpZeroExt, T.I64, [v]);
	}

	private constant(t: T): number {
		if (t === T.Bool) return this.val(o.OpConst, t, [], this.random() < 0.5 ? 1n : 0n);
		if (t === T.F64)
			return this.val(
				o.OpConstF,
				t,
				[],
				this.pick([0n, 0x3ff0000000000000n, 0x4000000000000000n, 0x3fe0000000000000n, -0x8000000000000000n, 0x4008000000000000n]),
			);
		const n = this.pick(interesting) * (this.random() < 0.2 ? -1n : 1n);
		return this.val(o.OpConst, t, [], BigInt.asIntN(sizeOfT[t] * 8, n));
	}

	private symbol(): number {
		return this.val(o.OpSymAddr, T.Ptr, [], this.pick([0n, 8n, 16n]), this.pick(this.symAux));
	}

	private variable(t: T): number {
		const v = this.pick(this.vars.filter((x) => x.type === t));
		return this.s.read(v.id, this.b);
	}

	private address(): number {
		const n = this.random();
		if (n < 0.5) return this.val(o.OpSlotAddr, T.Ptr, [], BigInt(Math.floor(this.random() * 3)));
		if (n < 0.8) return this.symbol();
		return this.val(o.OpOffPtr, T.Ptr, [this.variable(T.Ptr)], this.pick([0n, 8n, 16n]));
	}

	private expr(t: T, depth: number): number {
		if (depth <= 0) return this.random() < 0.3 && t !== T.Ptr ? this.constant(t) : this.variable(t);
		this.budget -= 0.3;
		const sub = (x: T): number => this.expr(x, depth - 1);
		const n = this.random();
		if (n < 0.06 && t !== T.Ptr) return this.val(o.OpLoad, t, [this.address()], this.pick([0n, 4n, 8n]));
		if (n < 0.12) return this.val(o.OpCondSelect, t, [sub(t), sub(t), sub(T.Bool)]);
		if (t === T.Ptr) return this.random() < 0.5 ? this.symbol() : this.variable(t);
		if (t === T.Bool) return this.condition(sub);
		if (t === T.F64) {
			if (n < 0.3) return this.val(o.OpCvtIF, t, [sub(T.I64)]);
			if (n < 0.4) return this.val(o.OpNeg, t, [sub(t)]);
			return this.val(this.pick([o.OpAddF, o.OpSubF, o.OpMulF, o.OpDivF]), t, [sub(t), sub(t)]);
		}
		if (n < 0.35) return this.convert(t, sub);
		if (n < 0.5) {
			// Masked half of the time, so that small counts occur.
			const ct = this.pick(intTypes);
			let c = sub(ct);
			if (this.random() < 0.6) c = this.val(o.OpAnd, ct, [c, this.val(o.OpConst, ct, [], BigInt(sizeOfT[t] * 8 - 1))]);
			if (this.random() < 0.4) c = this.val(o.OpConst, ct, [], BigInt(Math.floor(this.random() * 70)));
			return this.val(this.pick([o.OpShl, o.OpShr, o.OpSar, o.OpRotL]), t, [sub(t), c]);
		}
		if (n < 0.62) {
			let d = this.constant(t);
			if (this.f.auxInt[d] === 0n || this.random() < 0.3) d = this.val(o.OpOr, t, [sub(t), this.val(o.OpConst, t, [], 1n)]);
			return this.val(this.pick([o.OpDiv, o.OpDivU, o.OpMod, o.OpModU]), t, [sub(t), d]);
		}
		if (n < 0.7) return this.val(this.pick([o.OpNeg, o.OpCom, o.OpCtz, o.OpBitLen, o.OpPopCount]), t, [sub(t)]);
		return this.val(this.pick([o.OpAdd, o.OpAdd, o.OpSub, o.OpSub, o.OpMul, o.OpAnd, o.OpOr, o.OpXor]), t, [sub(t), sub(t)]);
	}

	private condition(sub: (t: T) => number): number {
		const n = this.random();
		if (n < 0.15) return this.val(this.pick([o.OpAnd, o.OpOr, o.OpXor]), T.Bool, [sub(T.Bool), sub(T.Bool)]);
		if (n < 0.25) return this.val(o.OpNot, T.Bool, [sub(T.Bool)]);
		if (n < 0.35) return this.val(this.pick([o.OpEq, o.OpNe, o.OpLt, o.OpLe]), T.Bool, [sub(T.F64), sub(T.F64)]);
		const t = this.pick(intTypes);
		return this.val(this.pick([o.OpEq, o.OpNe, o.OpLt, o.OpLe, o.OpLtU, o.OpLeU]), T.Bool, [sub(t), sub(t)]);
	}

	private convert(t: T, sub: (t: T) => number): number {
		const from = this.pick([T.I8, T.I16, T.I32, T.I64, T.Bool] as const);
		if (from === T.Bool) return this.val(o.OpZeroExt, t, [sub(from)]);
		if (sizeOfT[from] < sizeOfT[t]) return this.val(this.random() < 0.5 ? o.OpSignExt : o.OpZeroExt, t, [sub(from)]);
		if (sizeOfT[from] > sizeOfT[t]) return this.val(o.OpTrunc, t, [sub(from)]);
		return sub(t);
	}

	private statement(depth: number): void {
		this.budget -= 1;
		const n = this.random();
		if (n < 0.5) {
			const v = this.pick(this.vars);
			this.s.write(v.id, this.b, this.expr(v.type, 3));
		} else if (n < 0.62) {
			const t = this.pick([T.I8, T.I32, T.I64, T.F64] as const);
			const x = this.expr(t, 1);
			this.val(o.OpStore, T.Void, [this.address(), x], this.pick([0n, 4n, 8n, 16n]));
		} else if (n < 0.68) this.effect();
		else if (n < 0.86 && depth < 4) this.branch(depth);
		else if (depth < 3 && this.loops < 4) this.loop(depth);
	}

	private effect(): void {
		const n = this.random();
		if (n < 0.25) {
			const c = this.val(o.OpCall, T.Tuple, [this.variable(T.I64)], 0n, this.callAux);
			const r = this.val(o.OpResult, T.I64, [c]);
			const p = this.val(o.OpResult, T.Ptr, [c], 1n);
			this.s.write(this.pick(this.vars.filter((v) => v.type === T.I64)).id, this.b, r);
			this.s.write(this.pick(this.vars.filter((v) => v.type === T.Ptr)).id, this.b, p);
		} else if (n < 0.5) {
			const i = this.val(o.OpAnd, T.I64, [this.variable(T.I64), this.int(7n)]);
			const len = this.random() < 0.5 ? this.int(8n) : this.length(this.variable(T.I64));
			this.val(o.OpBoundsCheck, T.Void, [this.random() < 0.8 ? i : this.variable(T.I64), len], this.pick([0n, 1n, 3n]));
		} else if (n < 0.7) this.val(o.OpNilCheck, T.Void, [this.variable(T.Ptr)]);
		else if (n < 0.85) this.val(o.OpMove, T.Void, [this.address(), this.val(o.OpSlotAddr, T.Ptr, [], 0n)], 16n);
		else this.val(o.OpZero, T.Void, [this.address()], 8n);
	}

	/** A length: never negative, as BoundsCheck wants it. */
	private length(n: number): number {
		if (this.f.op[n] === o.OpConst && this.f.auxInt[n] >= 0n) return n;
		return this.val(this.random() < 0.5 ? o.OpShr : o.OpAnd, T.I64, [n, this.int(this.random() < 0.5 ? 7n : 1n)]);
	}

	private goto(b: number): void {
		this.f.blocks[this.b].kind = BlockKind.Plain;
		this.f.addEdge(this.b, b);
	}

	private fork(cond: number): [number, number] {
		const [x, y] = [this.f.newBlock(), this.f.newBlock()];
		const blk = this.f.blocks[this.b];
		blk.kind = BlockKind.If;
		blk.control = cond;
		this.f.addEdge(this.b, x);
		this.f.addEdge(this.b, y);
		return [x, y];
	}

	private branch(depth: number): void {
		const [yes, no] = this.fork(this.expr(T.Bool, 2));
		const join = this.f.newBlock();
		for (const b of [yes, no]) {
			this.s.sealBlock(b);
			this.b = b;
			for (let i = Math.floor(this.random() * 3); i > 0; i--) this.statement(depth + 1);
			this.goto(join);
		}
		this.s.sealBlock(join);
		this.b = join;
	}

	/** for i := start; i < n; i += step { ... } with a bounded number of rounds most of the time */
	private loop(depth: number): void {
		this.loops++;
		const i = this.s.newVar(T.I64);
		this.s.write(i, this.b, this.random() < 0.7 ? this.int(0n) : this.variable(T.I64));
		const head = this.f.newBlock();
		this.goto(head);
		this.b = head;
		const n = this.random() < 0.7 ? this.int(BigInt(1 + Math.floor(this.random() * 6))) : this.variable(T.I64);
		const [body, done] = this.fork(this.val(this.pick([o.OpLt, o.OpLe, o.OpNe, o.OpLtU]), T.Bool, [this.s.read(i, head), n]));
		this.s.sealBlock(body);
		this.b = body;
		this.vars.push({ id: i, type: T.I64 });
		if (this.random() < 0.5) {
			const len = this.random() < 0.5 ? this.length(n) : this.int(BigInt(Math.floor(this.random() * 8)));
			this.val(o.OpBoundsCheck, T.Void, [this.s.read(i, this.b), len], 0n);
		}
		for (let k = 1 + Math.floor(this.random() * 3); k > 0; k--) this.statement(depth + 1);
		this.vars.pop();
		this.s.write(i, this.b, this.val(o.OpAdd, T.I64, [this.s.read(i, this.b), this.int(this.random() < 0.8 ? 1n : 2n)]));
		this.goto(head);
		this.s.sealBlock(head);
		this.s.sealBlock(done);
		this.b = done;
		this.loops--;
	}
}

export function randomArgs(seed: number): bigint[] {
	const random = mulberry(seed ^ 0x5bd1e995);
	const one = (): bigint => {
		const n = interesting[Math.floor(random() * interesting.length)];
		return random() < 0.3 ? -n : random() < 0.5 ? n : BigInt(Math.floor(random() * 1e9));
	};
	return [one(), one(), BigInt.asIntN(32, one()), BigInt.asIntN(8, one()), 0x4000000000000000n];
}
