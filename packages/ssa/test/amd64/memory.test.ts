import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockKind, Func } from "../../func.ts";
import { interpret } from "../../interp.ts";
import * as o from "../../ops.gen.ts";
import { T } from "../../types.ts";
import { makeSig } from "./gen.ts";
import { Native } from "./native.ts";

const skip = process.platform === "linux" && process.arch === "x64" ? false : "runs amd64 code on linux";

/** Emits into one block. */
class Straight {
	readonly f: Func;
	constructor(name: string, results: readonly T[]) {
		this.f = new Func(name, makeSig([T.I64], results), 16);
		this.f.newBlock(BlockKind.Ret);
		this.v(o.OpArg, T.I64, []);
	}
	v(op: number, t: T, args: number[], aux = 0n): number {
		return this.f.newValue(0, op, t, args, aux, 0, 16);
	}
	int(x: bigint, t: T = T.I64): number {
		return this.v(o.OpConst, t, [], x);
	}
	slot(size: number): number {
		const s = this.f.addSlot({ name: "s", size, align: 8, ptrmask: null, addrTaken: false, gcSym: "", argOffset: -1, dwarfVar: -1 });
		return this.v(o.OpSlotAddr, T.Ptr, [], BigInt(s));
	}
	/** Fills words with numbers that depend on the argument and k. */
	fill(p: number, words: number, k: bigint): void {
		for (let i = 0; i < words; i++) {
			const x = this.v(o.OpMul, T.I64, [1, this.int(0x0102030405060709n * BigInt(i + 1) + k)]);
			this.v(o.OpStoreNoWB, T.Void, [p, x], BigInt(8 * i));
		}
	}
	load(p: number, off: number): number {
		return this.v(o.OpLoad, T.I64, [p], BigInt(off));
	}
	ret(...vals: number[]): Func {
		this.v(o.OpReturn, T.Void, vals);
		return this.f;
	}
}

function compare(funcs: readonly Func[], expected?: bigint[][]): void {
	const args = [0x123456789n];
	const want = expected ?? funcs.map((f) => interpret(f, args).results);
	const nat = new Native();
	for (const f of funcs) nat.add(f);
	const got = nat.run(funcs.map((f) => ({ func: f.name, sig: f.sig, args })));
	funcs.forEach((f, i) => {
		assert.deepEqual(got[i], want[i], f.name);
	});
}

const sizes = [
	...Array.from({ length: 40 }, (_, i) => i + 1),
	47,
	48,
	49,
	63,
	64,
	65,
	127,
	128,
	191,
	192,
	193,
	200,
	255,
	256,
	257,
	300,
	2047,
	2048,
	2051,
	2100,
];

for (const what of ["move", "zero"] as const) {
	test(`${what} of many sizes`, { skip }, () => {
		compare(
			sizes.map((size) => {
				const words = (size >> 3) + 2;
				const s = new Straight(`${what}${size}`, [T.I64, T.I64, T.I64, T.I64]);
				const a = s.slot(words * 8);
				const b = s.slot(words * 8);
				s.fill(a, words, 5n);
				s.fill(b, words, 99n);
				if (what === "move") s.v(o.OpMove, T.Void, [b, a], BigInt(size));
				else s.v(o.OpZero, T.Void, [b], BigInt(size));
				const end = (size >> 3) * 8;
				return s.ret(s.load(b, 0), s.load(b, Math.max(0, end - 8)), s.load(b, end), s.load(b, ((words >> 1) & ~1) * 8));
			}),
		);
	});
}

test("memory comparison of small sizes", { skip }, () => {
	const funcs: Func[] = [];
	for (let size = 0; size <= 32; size++) {
		for (const differs of [-1, 0, size - 1, size]) {
			const s = new Straight(`eq${size}.${differs + 1}`, [T.Bool]);
			const a = s.slot(48);
			const b = s.slot(48);
			s.fill(a, 6, 5n);
			s.fill(b, 6, 5n);
			if (differs >= 0) s.v(o.OpStoreNoWB, T.Void, [b, s.int(0x55n, T.I8)], BigInt(differs));
			funcs.push(s.ret(s.v(o.OpMemequal, T.Bool, [a, b, s.int(BigInt(size))])));
		}
	}
	compare(funcs);
});

test("atomic operations", { skip }, () => {
	const funcs: Func[] = [];
	for (const t of [T.I32, T.I64]) {
		for (const op of [o.OpAtomicExchange, o.OpAtomicAdd, o.OpAtomicAnd, o.OpAtomicOr]) {
			for (const used of [true, false]) {
				const s = new Straight(`at${op}.${t}.${used}`, [T.I64, T.I64]);
				const a = s.slot(16);
				s.fill(a, 2, 7n);
				const x = t === T.I64 ? 1 : s.v(o.OpTrunc, t, [1]);
				const old = s.v(op, t, [a, x]);
				const wide = t === T.I64 ? old : s.v(o.OpSignExt, T.I64, [old]);
				funcs.push(s.ret(used ? wide : 1, s.load(a, 0)));
			}
		}
		for (const hit of [true, false]) {
			const s = new Straight(`cas${t}.${hit}`, [T.Bool, T.I64]);
			const a = s.slot(16);
			s.fill(a, 2, 7n);
			const old = hit ? s.v(o.OpLoad, t, [a]) : s.int(3n, t);
			const ok = s.v(o.OpAtomicCas, T.Bool, [a, old, s.int(77n, t)]);
			funcs.push(s.ret(ok, s.load(a, 0)));
		}
	}
	compare(funcs);
});

test("conversions between floats and integers", { skip }, () => {
	const funcs: Func[] = [];
	const want: bigint[][] = [];
	const bits = (x: number): bigint => {
		const d = new DataView(new ArrayBuffer(8));
		d.setFloat64(0, x);
		return d.getBigInt64(0);
	};
	for (const [i, x] of [0, 1.9, -1.9, 2 ** 31, 2 ** 62, 2 ** 63, 2 ** 63 + 2 ** 20, 1e19].entries()) {
		const s = new Straight(`cvt${i}`, [T.I64]);
		const c = s.v(o.OpConstF, T.F64, [], bits(x));
		// a value that is no constant
		const z = s.v(o.OpMulF, T.F64, [s.v(o.OpCvtIF, T.F64, [s.int(0n)]), c]);
		const y = s.v(o.OpAddF, T.F64, [z, c]);
		want.push([BigInt.asIntN(64, BigInt(Math.trunc(x)))]);
		funcs.push(s.ret(s.v(x < 0 ? o.OpCvtFI : o.OpCvtFU, T.I64, [y])));
	}
	for (const [i, x] of [0n, 1n, -1n, 1n << 62n, -(1n << 63n), -(1n << 63n) + 1025n, 0x7fff_ffff_ffff_ffffn].entries()) {
		const s = new Straight(`ucvt${i}`, [T.F64, T.F32]);
		const v = s.v(o.OpXor, T.I64, [s.v(o.OpXor, T.I64, [1, 1]), s.int(x)]);
		const u = BigInt.asUintN(64, x);
		const single = new DataView(new ArrayBuffer(4));
		single.setFloat32(0, Number(u));
		want.push([bits(Number(u)), BigInt(single.getUint32(0))]);
		funcs.push(s.ret(s.v(o.OpCvtUF, T.F64, [v]), s.v(o.OpCvtUF, T.F32, [v])));
	}
	compare(funcs, want);
});
