// Finds the pointer writes that the garbage collector must see and puts the
// runtime's write barrier in front of them.
//
// While the collector marks, a pointer write must report the pointer that is
// overwritten and the one that is written. Neighboring writes share one test of
// the flag:
//
//	b:    ...; UnsafeBegin; if runtime.writeBarrier != 0 -> wb, done
//	wb:   buf = WB[n]; buf[0] = new value; buf[1] = load old value; ...
//	done: the writes; UnsafeEnd; the rest of b
//
// Between UnsafeBegin and UnsafeEnd the goroutine cannot be preempted: the flag
// must not change between its test and the writes. Zero and Move of memory with
// pointers call runtime.wbZero and runtime.wbMove in wb and do their work in done.
//
// What needs nothing: writes to the stack; what the overwritten pointer needs can
// be left out where the memory is known to be zero (a new object), what the written
// one needs where it is nil or a static address.

import { InternalError } from "#base";
import { splitBlock } from "../cfg.ts";
import { BlockKind, type CallAux, type Func } from "../func.ts";
import * as o from "../ops.gen.ts";
import { T } from "../types.ts";

/** Words per call that runtime.gcWriteBarrier1..8 offers. */
const maxWords = 8;

const Need = { Nothing: 0, Old: 1, New: 2, Bulk: 4 } as const;

export function writeBarrier(f: Func): void {
	const p = new Barriers(f);
	// Blocks that are made here need no look: done-blocks are handled as the scan goes on.
	for (let b = 0, n = f.blocks.length; b < n; b++) p.block(b);
}

/** The value that an address is computed from. */
export function addressBase(f: Func, v: number): number {
	for (;;) {
		const op = f.op[v];
		if (op !== o.OpOffPtr && op !== o.OpPtrAdd && op !== o.OpCopy) return v;
		v = f.arg(v, 0);
	}
}

/** Never a pointer into the heap: nil or the address of a symbol. */
function isStatic(f: Func, v: number): boolean {
	while (f.op[v] === o.OpCopy) v = f.arg(v, 0);
	return f.op[v] === o.OpConst || f.op[addressBase(f, v)] === o.OpSymAddr;
}

function isNewObject(f: Func, v: number): boolean {
	if (f.op[v] !== o.OpResult) return false;
	const call = f.arg(v, 0);
	if (f.op[call] !== o.OpCall) return false;
	return (f.auxes[f.aux[call]] as CallAux).target?.name === "runtime.newobject";
}

/** One write that goes behind the test. */
interface Write {
	v: number;
	need: number;
}

class Barriers {
	private readonly f: Func;
	/** New objects of this block: offsets written since the allocation. */
	private readonly fresh = new Map<number, Set<number>>();
	private flagAux = 0;
	private zeroAux = 0;
	private moveAux = 0;

	constructor(f: Func) {
		this.f = f;
	}

	block(b: number): void {
		const f = this.f;
		this.fresh.clear();
		let at = 0;
		for (;;) {
			const values = f.blocks[b].values;
			while (at < values.length && this.need(values[at]) === 0) this.track(values[at++]);
			if (at === values.length) return;
			[b, at] = this.run(b, at);
		}
	}

	/** What the barrier of v must do: bits of Need. */
	private need(v: number): number {
		const f = this.f;
		const op = f.op[v];
		if (op === o.OpStore) {
			const x = f.arg(v, 1);
			if (f.type[x] !== T.Ptr) return 0;
			const base = addressBase(f, f.arg(v, 0));
			if (f.op[base] === o.OpSlotAddr) return 0;
			return (this.isZero(v) ? 0 : Need.Old) | (isStatic(f, x) ? 0 : Need.New);
		}
		if ((op === o.OpZero || op === o.OpMove) && f.aux[v] !== 0) {
			const base = addressBase(f, f.arg(v, 0));
			if (f.op[base] === o.OpSlotAddr) return 0;
			const untouched = f.arg(v, 0) === base && this.fresh.get(base)?.size === 0;
			if (untouched && (op === o.OpZero || f.op[addressBase(f, f.arg(v, 1))] === o.OpSymAddr)) return 0;
			return Need.Bulk;
		}
		return 0;
	}

	/** Whether the word that the store v writes is known to be zero before. */
	private isZero(v: number): boolean {
		const where = this.wordOf(v);
		const written = where === null ? undefined : this.fresh.get(where.base);
		return written !== undefined && where !== null && !written.has(where.off);
	}

	/** Base and offset of a store at a constant offset. */
	private wordOf(v: number): { base: number; off: number } | null {
		const f = this.f;
		let p = f.arg(v, 0);
		let off = f.int(v);
		for (; ; p = f.arg(p, 0)) {
			if (f.op[p] === o.OpOffPtr) off += f.int(p);
			else if (f.op[p] !== o.OpCopy) return f.op[p] === o.OpPtrAdd ? null : { base: p, off };
		}
	}

	/** Follows what is known of new objects over v. */
	private track(v: number): void {
		const f = this.f;
		const op = f.op[v];
		const flags = op < 256 ? o.opFlags[op] : 0;
		if ((flags & o.OpFlag.Call) !== 0) this.fresh.clear();
		else if (isNewObject(f, v)) this.fresh.set(v, new Set());
		else if (op === o.OpStore || op === o.OpStoreNoWB) {
			const where = this.wordOf(v);
			const base = addressBase(f, f.arg(v, 0));
			if (this.mayAliasNew(base)) this.fresh.clear();
			else if (where !== null) this.fresh.get(base)?.add(where.off & ~7);
			else this.fresh.delete(base);
		} else if ((flags & o.OpFlag.Writes) !== 0) {
			for (let i = 0, n = f.nargs(v); i < n; i++) this.fresh.delete(addressBase(f, f.arg(v, i)));
		}
	}

	/** Whether a pointer could be another name of an object made in its block: it was not there before, and is no new object itself. */
	private mayAliasNew(base: number): boolean {
		switch (this.f.op[base]) {
			case o.OpPhi:
			case o.OpArg:
			case o.OpResult:
			case o.OpSlotAddr:
			case o.OpSymAddr:
			case o.OpGetG:
			case o.OpGetClosurePtr:
				return false;
		}
		return true;
	}

	/** Expands the writes that begin at place `at` of b; returns the block and the place to go on at. */
	private run(b: number, at: number): [number, number] {
		const f = this.f;
		const values = f.blocks[b].values;
		const writes: Write[] = [];
		const hoisted: number[] = [];
		let end = at;
		for (let i = at; i < values.length; i++) {
			const v = values[i];
			const need = this.need(v);
			const op = f.op[v];
			if (need !== 0 || op === o.OpStore || op === o.OpStoreNoWB) {
				writes.push({ v, need });
				this.track(v);
				if (need !== 0) end = i + 1;
			} else if (op === o.OpVarValue) hoisted.push(v);
			else if (op < 256 && (o.opFlags[op] & ~(o.OpFlag.Commutative | o.OpFlag.Remat)) === o.OpFlag.Pure && op !== o.OpResult)
				hoisted.push(v);
			else break;
		}
		const last = values.slice(at, end);
		const inRun = new Set(last);
		if (f.noWriteBarrier) {
			throw new InternalError(`${f.name}: write barrier prohibited at v${writes[0].v} (position ${f.vpos[writes[0].v]})`);
		}
		const done = splitBlock(f, b, end);
		f.blocks[b].values.length = at;
		const late: number[] = [];
		for (const v of hoisted) {
			if (!inRun.has(v)) continue;
			if (f.op[v] === o.OpVarValue) late.push(v);
			else f.blocks[b].values.push(v);
		}
		// the variable changes somewhere between the writes: it is unknown during them
		const tags = new Set<bigint>();
		for (const v of late) tags.add(f.auxInt[v]);
		for (const tag of tags) f.newValue(b, o.OpVarValue, T.Void, [], tag);
		for (const v of late) f.block[v] = done;
		f.blocks[done].values.unshift(...late);
		const kept = writes.filter((w) => inRun.has(w.v));
		return [done, this.expand(b, done, kept)];
	}

	private expand(b: number, done: number, writes: Write[]): number {
		const f = this.f;
		const first = writes[0].v;
		const pos = f.vpos[first];
		const inl = f.inl[first];
		f.newValue(b, o.OpUnsafeBegin, T.Void, [], 0n, 0, pos, inl);
		if (this.flagAux === 0) this.flagAux = f.newAux({ name: "runtime.writeBarrier", abi: 0 });
		const flagAddr = f.newValue(b, o.OpSymAddr, T.Addr, [], 0n, this.flagAux, pos, inl);
		const flag = f.newValue(b, o.OpLoad, T.I32, [flagAddr], 0n, 0, pos, inl);
		const off = f.newValue(b, o.OpConst, T.I32, [], 0n, 0, pos, inl);
		const test = f.newValue(b, o.OpNe, T.Bool, [flag, off], 0n, 0, pos, inl);
		const wb = f.newBlock(BlockKind.Plain);
		const blk = f.blocks[b];
		blk.kind = BlockKind.If;
		blk.control = test;
		blk.likely = -1;
		blk.pos = pos;
		blk.inl = inl;
		f.addEdge(b, wb);
		f.addEdge(b, done);
		f.addEdge(wb, done);
		f.blocks[wb].unsafe = true;
		f.blocks[wb].pos = pos;
		f.blocks[wb].inl = inl;
		f.blocks[done].unsafe = true;
		this.report(wb, writes);
		const front: number[] = [];
		for (const { v } of writes) {
			if (f.op[v] === o.OpStore) f.op[v] = o.OpStoreNoWB;
			else if (f.op[v] !== o.OpStoreNoWB) f.aux[v] = 0;
			f.block[v] = done;
			front.push(v);
		}
		const stop = f.newValueFloating(o.OpUnsafeEnd, T.Void, [], 0n, 0, pos, inl);
		f.block[stop] = done;
		front.push(stop);
		const values = f.blocks[done].values;
		const rest = values.splice(0, values.length);
		for (const v of front) values.push(v);
		for (const v of rest) values.push(v);
		return front.length;
	}

	/** Fills wb: buffer entries, at most eight for a call, and the calls for bulk writes. */
	private report(wb: number, writes: Write[]): void {
		const f = this.f;
		const shaded = new Set<number>();
		/** A pointer value, or minus the store whose old value is meant. */
		let entries: number[] = [];
		let at = 0;
		let inl = -1;
		const flush = (): void => {
			if (entries.length === 0) return;
			const buf = f.newValue(wb, o.OpWB, T.Addr, [], BigInt(entries.length), 0, at, inl);
			entries.forEach((e, i) => {
				const x = e > 0 ? e : f.newValue(wb, o.OpLoad, T.Ptr, [f.arg(-e, 0)], f.auxInt[-e], 0, at, inl);
				f.newValue(wb, o.OpStoreNoWB, T.Void, [buf, x], BigInt(8 * i), 0, at, inl);
			});
			entries = [];
		};
		const add = (e: number): void => {
			if (entries.length === maxWords) flush();
			entries.push(e);
		};
		for (const { v, need } of writes) {
			at = f.vpos[v];
			inl = f.inl[v];
			if ((need & Need.New) !== 0 && !shaded.has(f.arg(v, 1))) {
				shaded.add(f.arg(v, 1));
				add(f.arg(v, 1));
			}
			if ((need & Need.Old) !== 0) add(-v);
			if ((need & Need.Bulk) !== 0) {
				flush();
				this.bulk(wb, v);
			}
		}
		flush();
	}

	private bulk(wb: number, v: number): void {
		const f = this.f;
		const move = f.op[v] === o.OpMove;
		if (move && this.moveAux === 0) this.moveAux = f.newAux(runtimeCall("runtime.wbMove", 3));
		if (!move && this.zeroAux === 0) this.zeroAux = f.newAux(runtimeCall("runtime.wbZero", 2));
		const args = [f.newValue(wb, o.OpSymAddr, T.Addr, [], 0n, f.aux[v], f.vpos[v], f.inl[v]), f.arg(v, 0)];
		if (move) args.push(f.arg(v, 1));
		f.newValue(wb, o.OpCall, T.Void, args, 0n, move ? this.moveAux : this.zeroAux, f.vpos[v], f.inl[v]);
	}
}

function runtimeCall(name: string, nargs: number): CallAux {
	const args = Array.from({ length: nargs }, (_, i) => ({ type: T.Ptr, reg: i, off: 8 * i }));
	return { target: { name, abi: 1 }, sig: { args, results: [], stackSize: 8 * nargs, abi: 1 }, noreturn: false };
}
