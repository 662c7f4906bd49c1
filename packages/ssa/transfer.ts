// Functions between threads: a Func as plain data that structured cloning copies
// quickly. Columns are cut to what is used, blocks and tables become rows of numbers;
// call signatures and names, which many functions share, are sent once per channel.

import { BitSet } from "#base";
import { type Aux, BlockData, type BlockKind, type CallSig, type DwarfPiece, type DwarfVarInfo, Func, type SymRef } from "./func.ts";

/** A call signature by its number on the channel. */
type SigNumber = number;

/** What an aux is, in a row of AuxWidth numbers: kind, name or -1, ABI, signature, noreturn. */
const AuxNone = 0;
const AuxText = 1;
const AuxSym = 2;
const AuxSig = 3;
const AuxCall = 4;
const AuxWidth = 5;
/** Rows of scopes: parent, pos, end, inl; of inlined calls: parent, name, declPos, callPos. */
const ScopeWidth = 4;
const InlinedWidth = 4;
/** Rows of variables: name, type, kind, declPos, scope, inlined, closureOffset, size, firstArg, count of pieces; then offset and size of each. */
const VarWidth = 10;
const varKinds: readonly DwarfVarInfo["kind"][] = ["param", "result", "local", "closure"];

export interface PackedFunc {
	name: string;
	pos: number;
	sig: SigNumber;
	auxes: Int32Array;
	scopes: Int32Array;
	inlined: Int32Array;
	vars: Float64Array;
	/** Per block: kind, control, likely, pos, inl, unsafe, counts of values, successors, predecessors, then these. */
	blocks: Int32Array;
	nonNegative: Uint32Array;
	/** The columns of values, one after the other (columnsIn); room for this many values and operands. */
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
	...["name", "pos", "sig", "auxes", "blocks", "nonNegative", "scopes", "inlined", "vars"],
	...Object.keys(columnsIn(new ArrayBuffer(0), 0)),
]);

/** The sending side of a channel. */
export class Packer {
	private readonly numbers = new Map<CallSig, SigNumber>();
	/** Signatures that the other side does not have yet; whoever sends a message empties it. */
	fresh: CallSig[] = [];

	private readonly nameNumbers = new Map<string, number>();
	/** The same of names. */
	freshNames: string[] = [];

	/** The number of a name on the channel. */
	name(text: string): number {
		let n = this.nameNumbers.get(text);
		if (n === undefined) {
			n = this.nameNumbers.size;
			this.nameNumbers.set(text, n);
			this.freshNames.push(text);
		}
		return n;
	}

	private sig(s: CallSig): SigNumber {
		let n = this.numbers.get(s);
		if (n === undefined) {
			n = this.numbers.size;
			this.numbers.set(s, n);
			this.fresh.push(s);
		}
		return n;
	}

	private auxes(list: readonly (Aux | null)[]): Int32Array {
		const out = new Int32Array(AuxWidth * list.length);
		for (let i = 0, at = 0; i < list.length; i++, at += AuxWidth) {
			const a = list[i];
			if (a === null) continue;
			if (typeof a === "string") {
				out[at] = AuxText;
				out[at + 1] = this.name(a);
			} else if ("noreturn" in a) {
				out[at] = AuxCall;
				out[at + 1] = a.target === null ? -1 : this.name(a.target.name);
				out[at + 2] = a.target === null ? 0 : a.target.abi;
				out[at + 3] = this.sig(a.sig);
				out[at + 4] = a.noreturn ? 1 : 0;
			} else if ("args" in a) {
				out[at] = AuxSig;
				out[at + 3] = this.sig(a);
			} else {
				out[at] = AuxSym;
				out[at + 1] = this.name(a.name);
				out[at + 2] = a.abi;
			}
		}
		return out;
	}

	private inlined(f: Func): Int32Array {
		const out = new Int32Array(InlinedWidth * f.inlined.length);
		let at = 0;
		for (const x of f.inlined) {
			out[at++] = x.parent;
			out[at++] = this.name(x.func);
			out[at++] = x.declPos;
			out[at++] = x.callPos;
		}
		return out;
	}

	private vars(f: Func): Float64Array {
		let n = 0;
		for (const v of f.vars) n += VarWidth + 2 * v.pieces.length;
		const out = new Float64Array(n);
		let at = 0;
		for (const v of f.vars) {
			out[at++] = this.name(v.name);
			out[at++] = this.name(v.type);
			out[at++] = varKinds.indexOf(v.kind);
			out[at++] = v.declPos;
			out[at++] = v.scope;
			out[at++] = v.inlined;
			out[at++] = v.closureOffset;
			out[at++] = v.size;
			out[at++] = v.firstArg;
			out[at++] = v.pieces.length;
			for (const p of v.pieces) {
				out[at++] = p.off;
				out[at++] = p.size;
			}
		}
		return out;
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
			auxes: this.auxes(f.auxes),
			scopes: packScopes(f),
			inlined: this.inlined(f),
			vars: this.vars(f),
			blocks: packBlocks(f.blocks),
			nonNegative: f.nonNegative.words,
			rest,
		};
	}
}

function packScopes(f: Func): Int32Array {
	const out = new Int32Array(ScopeWidth * f.scopes.length);
	let at = 0;
	for (const s of f.scopes) {
		out[at++] = s.parent;
		out[at++] = s.pos;
		out[at++] = s.end;
		out[at++] = s.inl;
	}
	return out;
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

	private readonly names: string[] = [];

	/** Takes the signatures and names that came with a message, before its functions. */
	add(sigs: readonly CallSig[], names: readonly string[]): void {
		for (const s of sigs) this.sigs.push(s);
		for (const n of names) this.names.push(n);
	}

	name(n: number): string {
		return this.names[n];
	}

	unpack(p: PackedFunc): Func {
		const f = new Func(p.name, this.sigs[p.sig], p.pos, 0);
		Object.assign(f, p.rest, columnsIn(p.columns, p.capacity));
		f.nonNegative.union(bits(p.nonNegative));
		f.auxes.length = 0;
		for (let at = 0; at < p.auxes.length; at += AuxWidth) f.auxes.push(this.aux(p.auxes, at));
		for (let at = 0, s = p.scopes; at < s.length; at += ScopeWidth)
			f.scopes.push({ parent: s[at], pos: s[at + 1], end: s[at + 2], inl: s[at + 3] });
		for (let at = 0, x = p.inlined; at < x.length; at += InlinedWidth)
			f.inlined.push({ parent: x[at], func: this.names[x[at + 1]], declPos: x[at + 2], callPos: x[at + 3] });
		this.vars(p.vars, f.vars);
		unpackBlocks(p.blocks, f.blocks);
		return f;
	}

	private aux(a: Int32Array, at: number): Aux | null {
		const kind = a[at];
		if (kind === AuxNone) return null;
		if (kind === AuxSig) return this.sigs[a[at + 3]];
		if (kind === AuxText) return this.names[a[at + 1]];
		const sym: SymRef | null = a[at + 1] < 0 ? null : { name: this.names[a[at + 1]], abi: a[at + 2] as SymRef["abi"] };
		return kind === AuxSym ? sym : { target: sym, sig: this.sigs[a[at + 3]], noreturn: a[at + 4] === 1 };
	}

	private vars(from: Float64Array, into: DwarfVarInfo[]): void {
		for (let at = 0; at < from.length; ) {
			const pieces: DwarfPiece[] = [];
			for (let k = 0, p = at + VarWidth; k < from[at + 9]; k++, p += 2) pieces.push({ off: from[p], size: from[p + 1] });
			into.push({
				name: this.names[from[at]],
				type: this.names[from[at + 1]],
				kind: varKinds[from[at + 2]],
				declPos: from[at + 3],
				scope: from[at + 4],
				inlined: from[at + 5],
				closureOffset: from[at + 6],
				size: from[at + 7],
				firstArg: from[at + 8],
				pieces,
			});
			at += VarWidth + 2 * pieces.length;
		}
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
