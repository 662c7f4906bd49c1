// Equality and hash functions that are made for a type, as SSA, and the closure
// objects through which descriptors and maps call them.

import { ABI0, ABIInternal, addReloc, RelocKind, SymFlag, SymKind } from "#object";
import {
	BlockKind,
	type CallSig,
	Func,
	OpAdd,
	OpArg,
	OpCall,
	OpConst,
	OpEq,
	OpLoad,
	OpLtU,
	OpMemequal,
	OpMul,
	OpOffPtr,
	OpPtrAdd,
	OpResult,
	OpReturn,
	type Op,
	SsaBuilder,
	type SymRef,
	T,
} from "#ssa";
import { type Struct, type Type, TypeKind, typeOf } from "#types";
import { assignAbi } from "../abi.ts";
import { Product, type Program } from "../program.ts";
import { u } from "../subst.ts";
import { Alg, type Algs } from "../algs.ts";

/** Something to compare or hash at a byte offset. */
interface Chunk {
	alg: Alg;
	off: number;
	/** Bytes, for Mem. */
	size: number;
	/** Arrays of Special elements: the element type and their number. */
	elem: Type | null;
	count: number;
}

/** Arrays of special elements up to this many are unrolled. */
const UnrollLimit = 4;

const leafT: Partial<Record<number, T>> = { 1: T.I8, 2: T.I16, 4: T.I32, 8: T.I64 };

export class EqHash {
	private readonly p: Program;
	private readonly algs: Algs;

	constructor(p: Program, algs: Algs) {
		this.p = p;
		this.algs = algs;
	}

	// ---- what a value consists of ----

	private chunks(t: Type, off: number, out: Chunk[]): void {
		const alg = this.algs.of(t);
		if (alg !== Alg.Special) {
			const size = this.p.layout.size(t);
			const last = out[out.length - 1];
			if (alg === Alg.Mem && last?.alg === Alg.Mem && last.off + last.size === off) last.size += size;
			else if (size > 0) out.push({ alg, off, size, elem: null, count: 0 });
			return;
		}
		const x = u(t);
		if (x.kind === TypeKind.Struct) {
			for (let i = 0; i < x.fields.length; i++) {
				if (x.fields[i].name !== "_") this.chunks(typeOf(x.fields[i]), off + this.p.layout.fieldOffset(x as Struct, i), out);
			}
		} else if (x.kind === TypeKind.Array) {
			const size = this.p.layout.size(x.elem);
			if (x.len > UnrollLimit) out.push({ alg, off, size, elem: x.elem, count: x.len });
			else for (let i = 0; i < x.len; i++) this.chunks(x.elem, off + i * size, out);
		}
	}

	// ---- equality ----

	/** Name of the text symbol `type:.eq.T`, queued. */
	eqFunc(t: Type): SymRef {
		const c = this.p.types.canon(t);
		const name = `type:.eq.${this.p.types.link(c)}`;
		return this.p.need(name, ABIInternal, () => this.makeEq(c, name));
	}

	private makeEq(t: Type, name: string): Product {
		const out = new Product("");
		const ptr = this.p.types.unsafePtr;
		const g = new Gen(this.p, name, assignAbi(this.p.layout, [ptr, ptr], [this.p.types.bool], ABIInternal).sig);
		const p = g.arg(0);
		const q = g.arg(1);
		const no = g.f.newBlock();
		const list: Chunk[] = [];
		this.chunks(t, 0, list);
		// Cheap comparisons first, lengths of strings among them: calls only when all those agree. But nothing moves past a comparison
		// that may panic.
		const cheap = (c: Chunk): boolean => c.alg === Alg.Mem || (c.alg >= Alg.Float32 && c.alg <= Alg.Complex128);
		const first = (c: Chunk): void => {
			if (c.alg === Alg.String) this.compareLengths(g, c, p, q, no);
			else if (cheap(c)) this.compare(g, c, p, q, no);
		};
		const then = (c: Chunk): void => {
			if (c.alg === Alg.String) this.compareBytes(g, c, p, q, no);
			else if (!cheap(c)) this.compare(g, c, p, q, no);
		};
		for (let from = 0; from < list.length; ) {
			let to = from;
			while (to < list.length && !this.mayPanic(list[to])) to++;
			const run = list.slice(from, to);
			run.forEach(first);
			run.forEach(then);
			if (to < list.length) this.compare(g, list[to], p, q, no);
			from = to + 1;
		}
		g.ret(g.konst(T.Bool, 1));
		g.enter(no);
		g.ret(g.konst(T.Bool, 0));
		out.funcs.push(g.finish());
		return out;
	}

	/** Interfaces may hold values that cannot be compared. */
	private mayPanic(c: Chunk): boolean {
		return c.alg === Alg.Inter || c.alg === Alg.NilInter || (c.elem !== null && this.algs.hashMightPanic(c.elem));
	}

	/** Of strings. */
	private compareLengths(g: Gen, c: Chunk, p: number, q: number, no: number): void {
		g.require(g.op(OpEq, T.Bool, g.load(T.I64, p, c.off + 8), g.load(T.I64, q, c.off + 8)), no);
	}

	/** Of strings of the same length. */
	private compareBytes(g: Gen, c: Chunk, p: number, q: number, no: number): void {
		g.require(g.op(OpMemequal, T.Bool, g.load(T.Ptr, p, c.off), g.load(T.Ptr, q, c.off), g.load(T.I64, p, c.off + 8)), no);
	}

	private compare(g: Gen, c: Chunk, p: number, q: number, no: number): void {
		switch (c.alg) {
			case Alg.Mem: {
				const t = leafT[c.size];
				if (t !== undefined) g.require(g.op(OpEq, T.Bool, g.load(t, p, c.off), g.load(t, q, c.off)), no);
				else g.require(g.op(OpMemequal, T.Bool, g.off(p, c.off), g.off(q, c.off), g.konst(T.I64, c.size)), no);
				break;
			}
			case Alg.String:
				this.compareLengths(g, c, p, q, no);
				this.compareBytes(g, c, p, q, no);
				break;
			case Alg.Inter:
			case Alg.NilInter: {
				const tab = g.load(T.Addr, p, c.off);
				g.require(g.op(OpEq, T.Bool, tab, g.load(T.Addr, q, c.off)), no);
				const fn = c.alg === Alg.Inter ? "ifaceeq" : "efaceeq";
				g.require(g.call(fn, [tab, g.load(T.Ptr, p, c.off + 8), g.load(T.Ptr, q, c.off + 8)]), no);
				break;
			}
			case Alg.Float32:
			case Alg.Float64: {
				const t = c.alg === Alg.Float32 ? T.F32 : T.F64;
				g.require(g.op(OpEq, T.Bool, g.load(t, p, c.off), g.load(t, q, c.off)), no);
				break;
			}
			case Alg.Complex64:
			case Alg.Complex128: {
				const t = c.alg === Alg.Complex64 ? T.F32 : T.F64;
				const half = c.size / 2;
				for (const at of [c.off, c.off + half]) g.require(g.op(OpEq, T.Bool, g.load(t, p, at), g.load(t, q, at)), no);
				break;
			}
			case Alg.Special:
				g.loop(c.count, (i) => {
					const at = g.op(OpMul, T.I64, i, g.konst(T.I64, c.size));
					const fn = this.eqFunc(c.elem as Type);
					const pi = g.op(OpPtrAdd, T.Ptr, g.off(p, c.off), at);
					const qi = g.op(OpPtrAdd, T.Ptr, g.off(q, c.off), at);
					if (this.algs.of(c.elem as Type) === Alg.Special) g.require(g.callRef(fn, g.sig, [pi, qi], T.Bool), no);
					else {
						const parts: Chunk[] = [];
						this.chunks(c.elem as Type, 0, parts);
						for (const part of parts) this.compare(g, part, pi, qi, no);
					}
				});
				break;
		}
	}

	/** The closure object that a descriptor's Equal field points to; null when t is not comparable. */
	eqClosure(t: Type): SymRef | null {
		const size = this.p.layout.size(t);
		switch (this.algs.of(t)) {
			case Alg.NoEq:
				return null;
			case Alg.Mem:
				if ([0, 1, 2, 4, 8, 16].includes(size)) return this.runtimeClosure(`memequal${size * 8}`);
				return this.sizedClosure(`type:.eqfunc${size}`, "memequal_varlen", size);
			case Alg.String:
				return this.runtimeClosure("strequal");
			case Alg.Inter:
				return this.runtimeClosure("interequal");
			case Alg.NilInter:
				return this.runtimeClosure("nilinterequal");
			case Alg.Float32:
				return this.runtimeClosure("f32equal");
			case Alg.Float64:
				return this.runtimeClosure("f64equal");
			case Alg.Complex64:
				return this.runtimeClosure("c64equal");
			case Alg.Complex128:
				return this.runtimeClosure("c128equal");
			case Alg.Special:
				return this.p.funcVal(this.eqFunc(t));
		}
	}

	private runtimeClosure(name: string): SymRef {
		return this.p.funcVal(this.p.rt(name).ref);
	}

	/** A closure object with the size as its captured word. */
	private sizedClosure(name: string, fn: string, size: number): SymRef {
		return this.p.need(name, ABI0, () => {
			const out = new Product("");
			const data = new Uint8Array(16);
			new DataView(data.buffer).setUint32(8, size, true);
			const sym = out.frag.data(name, SymKind.Rodata, data, { align: 8, flags: SymFlag.Dupok });
			const ref = this.p.rt(fn).ref;
			addReloc(sym.relocs, 0, 8, RelocKind.Addr, out.frag.ref(ref.name, ref.abi), 0);
			return out;
		});
	}

	// ---- hashing ----

	/** The closure object that a map type's Hasher field points to. */
	hashClosure(t: Type): SymRef {
		const size = this.p.layout.size(t);
		switch (this.algs.of(t)) {
			case Alg.Mem:
				if (size === 4 || size === 8) return this.runtimeClosure(`memhash${size * 8}`);
				if (size === 0) return this.runtimeClosure("memhash0");
				if (size === 1 || size === 2 || size === 16) return this.runtimeClosure(`memhash${size * 8}`);
				return this.sizedClosure(`type:.hashfunc${size}`, "memhash_varlen", size);
			case Alg.String:
				return this.runtimeClosure("strhash");
			case Alg.Inter:
				return this.runtimeClosure("interhash");
			case Alg.NilInter:
				return this.runtimeClosure("nilinterhash");
			case Alg.Float32:
				return this.runtimeClosure("f32hash");
			case Alg.Float64:
				return this.runtimeClosure("f64hash");
			case Alg.Complex64:
				return this.runtimeClosure("c64hash");
			case Alg.Complex128:
				return this.runtimeClosure("c128hash");
			default:
				return this.p.funcVal(this.hashFunc(t));
		}
	}

	private hashFunc(t: Type): SymRef {
		const c = this.p.types.canon(t);
		const name = `type:.hash.${this.p.types.link(c)}`;
		return this.p.need(name, ABIInternal, () => {
			const out = new Product("");
			const types = this.p.types;
			const g = new Gen(this.p, name, assignAbi(this.p.layout, [types.unsafePtr, types.uintptr], [types.uintptr], ABIInternal).sig);
			const h = g.ssa.newVar(T.I64);
			const p = g.arg(0);
			g.ssa.write(h, g.cur, g.arg(1));
			const list: Chunk[] = [];
			this.chunks(c, 0, list);
			for (const chunk of list) this.hash(g, chunk, p, h);
			g.ret(g.ssa.read(h, g.cur));
			out.funcs.push(g.finish());
			return out;
		});
	}

	private static readonly hashers: Partial<Record<Alg, string>> = {
		[Alg.String]: "strhash",
		[Alg.Inter]: "interhash",
		[Alg.NilInter]: "nilinterhash",
		[Alg.Float32]: "f32hash",
		[Alg.Float64]: "f64hash",
		[Alg.Complex64]: "c64hash",
		[Alg.Complex128]: "c128hash",
	};

	private hash(g: Gen, c: Chunk, p: number, h: number): void {
		const old = (): number => g.ssa.read(h, g.cur);
		if (c.alg === Alg.Mem) {
			g.ssa.write(h, g.cur, g.call("memhash", [g.off(p, c.off), old(), g.konst(T.I64, c.size)]));
		} else if (c.alg === Alg.Special) {
			g.loop(c.count, (i) => {
				const at = g.op(OpPtrAdd, T.Ptr, g.off(p, c.off), g.op(OpMul, T.I64, i, g.konst(T.I64, c.size)));
				const parts: Chunk[] = [];
				this.chunks(c.elem as Type, 0, parts);
				for (const part of parts) this.hash(g, part, at, h);
			});
		} else {
			g.ssa.write(h, g.cur, g.call(EqHash.hashers[c.alg] as string, [g.off(p, c.off), old()]));
		}
	}
}

/** Building a small function without source. */
class Gen {
	readonly p: Program;
	readonly f: Func;
	readonly ssa: SsaBuilder;
	readonly sig: CallSig;
	cur: number;

	constructor(p: Program, name: string, sig: CallSig) {
		this.p = p;
		this.sig = sig;
		this.f = new Func(name, sig, 0);
		this.f.symFlags = SymFlag.Dupok;
		this.ssa = new SsaBuilder(this.f);
		this.cur = this.f.newBlock();
		this.ssa.sealBlock(this.cur);
	}

	op(op: Op, t: T, ...args: number[]): number {
		return this.f.newValue(this.cur, op, t, args);
	}

	konst(t: T, n: number): number {
		return this.f.newValue(this.cur, OpConst, t, [], BigInt(n));
	}

	arg(i: number): number {
		return this.f.newValue(this.cur, OpArg, this.sig.args[i].type, [], BigInt(i));
	}

	load(t: T, p: number, off: number): number {
		return this.f.newValue(this.cur, OpLoad, t, [p], BigInt(off));
	}

	off(p: number, n: number): number {
		return n === 0 ? p : this.f.newValue(this.cur, OpOffPtr, T.Ptr, [p], BigInt(n));
	}

	/** A call of a runtime function with one result. */
	call(name: string, args: readonly number[]): number {
		const fn = this.p.rt(name);
		return this.callRef(fn.ref, fn.sig, args, fn.sig.results[0].type);
	}

	callRef(target: SymRef, sig: CallSig, args: readonly number[], result: T): number {
		const call = this.f.newValue(this.cur, OpCall, T.Tuple, args, 0n, this.f.newAux({ target, sig, noreturn: false }));
		return this.f.newValue(this.cur, OpResult, result, [call], 0n);
	}

	enter(b: number): void {
		this.ssa.sealBlock(b);
		this.cur = b;
	}

	private branch(cond: number, yes: number, no: number, likely: number): void {
		const blk = this.f.blocks[this.cur];
		blk.kind = BlockKind.If;
		blk.control = cond;
		blk.likely = likely;
		this.f.addEdge(this.cur, yes);
		this.f.addEdge(this.cur, no);
	}

	/** Goes to `no` unless cond holds. */
	require(cond: number, no: number): void {
		const next = this.f.newBlock();
		this.branch(cond, next, no, 1);
		this.enter(next);
	}

	/** Runs body for i = 0 .. n-1. */
	loop(n: number, body: (i: number) => void): void {
		const i = this.ssa.newVar(T.I64);
		this.ssa.write(i, this.cur, this.konst(T.I64, 0));
		const head = this.f.newBlock();
		const inner = this.f.newBlock();
		const after = this.f.newBlock();
		this.jump(head);
		this.cur = head;
		const at = this.ssa.read(i, head);
		this.branch(this.op(OpLtU, T.Bool, at, this.konst(T.I64, n)), inner, after, 1);
		this.enter(inner);
		body(at);
		this.ssa.write(i, this.cur, this.op(OpAdd, T.I64, at, this.konst(T.I64, 1)));
		this.jump(head);
		this.ssa.sealBlock(head);
		this.enter(after);
	}

	private jump(to: number): void {
		this.f.blocks[this.cur].kind = BlockKind.Plain;
		this.f.addEdge(this.cur, to);
	}

	ret(v: number): void {
		this.f.newValue(this.cur, OpReturn, T.Void, [v]);
		this.f.blocks[this.cur].kind = BlockKind.Ret;
	}

	finish(): Func {
		this.ssa.finish();
		return this.f;
	}
}
