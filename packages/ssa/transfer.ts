// Functions between threads: a Func as plain data that structured cloning copies
// quickly. Columns are cut to what is used, blocks become one column of numbers, and
// call signatures, which many calls and functions share, are sent once per channel.

import { BitSet } from "#base";
import { type Aux, BlockData, type BlockKind, type CallAux, type CallSig, Func } from "./func.ts";

/** A call signature by its number on the channel. */
type SigNumber = number;

/** As Aux: a call's signature is replaced by its number; kind tells a signature itself from other things. */
type PackedAux =
	| { kind: "plain"; value: Aux | null }
	| { kind: "sig"; sig: SigNumber }
	| { kind: "call"; target: CallAux["target"]; sig: SigNumber; noreturn: boolean };

export interface PackedFunc {
	name: string;
	pos: number;
	sig: SigNumber;
	auxes: PackedAux[];
	/** Per block: kind, control, likely, pos, inl, unsafe, counts of values, successors, predecessors, then these. */
	blocks: Int32Array;
	nonNegative: Uint32Array;
	/** The columns of values, one after the other (columnsIn), to be transferred; room for this many values and operands. */
	columns: ArrayBuffer;
	capacity: number;
	/** Everything else, as it is. */
	rest: Record<string, unknown>;
}

type Column = Int32Array | Uint16Array | Uint8Array | BigInt64Array;

/** The columns of values in one buffer, those of wide elements first, then the operands' pool, which is the rest. */
function columnsIn(buffer: ArrayBuffer, capacity: number): Record<string, Column> {
	const out: Record<string, Column> = { auxInt: new BigInt64Array(buffer, 0, capacity), auxWords: new Int32Array(buffer, 0, 2 * capacity) };
	let at = 8 * capacity;
	for (const key of ["aux", "vpos", "inl", "block", "argStart"]) {
		out[key] = new Int32Array(buffer, at, capacity);
		at += 4 * capacity;
	}
	for (const key of ["op", "argCount"]) {
		out[key] = new Uint16Array(buffer, at, capacity);
		at += 2 * capacity;
	}
	out.type = new Uint8Array(buffer, at, capacity);
	out.pool = new Int32Array(buffer, at + capacity);
	return out;
}

/** Bytes of the columns of one value, the operands' pool apart. */
const ValueSize = 8 + 5 * 4 + 2 * 2 + 1;

/** Fields that PackedFunc has in a form of its own, or that unpacking makes anew. */
const apart: ReadonlySet<string> = new Set([
	...["name", "pos", "sig", "auxes", "blocks", "nonNegative"],
	...Object.keys(columnsIn(new ArrayBuffer(0), 0)),
]);

/** The sending side of a channel. */
export class Packer {
	private readonly numbers = new Map<CallSig, SigNumber>();
	/** Signatures that the other side does not have yet; whoever sends a message empties it. */
	fresh: CallSig[] = [];

	private sig(s: CallSig): SigNumber {
		let n = this.numbers.get(s);
		if (n === undefined) {
			n = this.numbers.size;
			this.numbers.set(s, n);
			this.fresh.push(s);
		}
		return n;
	}

	private aux(a: Aux | null): PackedAux {
		if (a === null || typeof a === "string") return { kind: "plain", value: a };
		if ("noreturn" in a) return { kind: "call", target: a.target, sig: this.sig(a.sig), noreturn: a.noreturn };
		if ("args" in a) return { kind: "sig", sig: this.sig(a) };
		return { kind: "plain", value: a };
	}

	pack(f: Func): PackedFunc {
		const fields = f as unknown as Record<string, unknown>;
		const rest: Record<string, unknown> = {};
		for (const key of Object.keys(f)) if (!apart.has(key)) rest[key] = fields[key];
		// With room for what passes add, and aligned for the pool.
		const capacity = (f.nvals + (f.nvals >> 2) + 19) & ~3;
		const operands = fields.poolLen as number;
		const columns = new ArrayBuffer(ValueSize * capacity + 4 * (operands + (operands >> 2) + 16));
		const views = columnsIn(columns, capacity);
		for (const key of Object.keys(views)) {
			const used = key === "pool" ? operands : key === "auxWords" ? 0 : f.nvals;
			(views[key] as Int32Array).set((fields[key] as Int32Array).subarray(0, used));
		}
		return {
			columns,
			capacity,
			name: f.name,
			pos: f.pos,
			sig: this.sig(f.sig),
			auxes: f.auxes.map((a) => this.aux(a)),
			blocks: packBlocks(f.blocks),
			nonNegative: f.nonNegative.words,
			rest,
		};
	}
}

function packBlocks(blocks: readonly BlockData[]): Int32Array {
	let n = 0;
	for (const b of blocks) n += 9 + b.values.length + b.succs.length + b.preds.length;
	const out = new Int32Array(n);
	let at = 0;
	const list = (xs: readonly number[]): void => {
		for (let i = 0; i < xs.length; i++) out[at++] = xs[i];
	};
	for (const b of blocks) {
		out[at++] = b.kind;
		out[at++] = b.control;
		out[at++] = b.likely;
		out[at++] = b.pos;
		out[at++] = b.inl;
		out[at++] = b.unsafe ? 1 : 0;
		out[at++] = b.values.length;
		out[at++] = b.succs.length;
		out[at++] = b.preds.length;
		list(b.values);
		list(b.succs);
		list(b.preds);
	}
	return out;
}

/** The receiving side. */
export class Unpacker {
	private readonly sigs: CallSig[] = [];

	/** Takes the signatures that came with a message, before its functions. */
	addSigs(sigs: readonly CallSig[]): void {
		this.sigs.push(...sigs);
	}

	unpack(p: PackedFunc): Func {
		const f = new Func(p.name, this.sigs[p.sig], p.pos, 0);
		Object.assign(f, p.rest, columnsIn(p.columns, p.capacity));
		f.nonNegative.union(bits(p.nonNegative));
		f.auxes.length = 0;
		for (const a of p.auxes) {
			if (a.kind === "plain") f.auxes.push(a.value);
			else if (a.kind === "sig") f.auxes.push(this.sigs[a.sig]);
			else f.auxes.push({ target: a.target, sig: this.sigs[a.sig], noreturn: a.noreturn });
		}
		unpackBlocks(p.blocks, f.blocks);
		return f;
	}
}

function bits(words: Uint32Array): BitSet {
	const set = new BitSet();
	set.words = words;
	return set;
}

function unpackBlocks(from: Int32Array, into: BlockData[]): void {
	for (let at = 0; at < from.length; ) {
		const b = new BlockData(from[at] as BlockKind);
		b.control = from[at + 1];
		b.likely = from[at + 2];
		b.pos = from[at + 3];
		b.inl = from[at + 4];
		b.unsafe = from[at + 5] === 1;
		const counts = [from[at + 6], from[at + 7], from[at + 8]];
		at += 9;
		[b.values, b.succs, b.preds].forEach((list, k) => {
			for (const end = at + counts[k]; at < end; at++) list.push(from[at]);
		});
		into.push(b);
	}
}
