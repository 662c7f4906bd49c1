// Builds the runtime's function table from functions in address order.

import { ByteWriter } from "#base";
import { BUCKET_SIZE, HEADER_SIZE, PCLN_MAGIC, SUB_BUCKETS } from "./format.ts";

export interface PclnPart {
	/** Offset from the header, and bytes. */
	off: number;
	size: number;
}

export interface PclnTable {
	bytes: Uint8Array;
	nfunc: number;
	nfiles: number;
	funcnametab: PclnPart;
	cutab: PclnPart;
	filetab: PclnPart;
	pctab: PclnPart;
	functab: PclnPart;
	/** go:func.*: the caller's funcdata, then inline trees. */
	funcdata: PclnPart;
	findfunctab: PclnPart;
}

/** A byte pool in which equal tables are stored once. Offset 0 is reserved for "no table". */
class TablePool {
	readonly w: ByteWriter = new ByteWriter(1 << 16);
	private slots: Int32Array = new Int32Array(1 << 13);
	private hashes: Int32Array = new Int32Array(1 << 12);
	private offs: Int32Array = new Int32Array(1 << 12);
	private lens: Int32Array = new Int32Array(1 << 12);
	private count = 0;

	constructor() {
		this.w.u8(0);
	}

	/** The place of bytes from..to of buf; h: a hash of them. */
	add(buf: Uint8Array, from: number, to: number, h: number): number {
		const n = to - from;
		const mask = this.slots.length - 1;
		let slot = (h ^ (h >>> 15)) & mask;
		for (;;) {
			const id = (this.slots[slot] as number) - 1;
			if (id < 0) break;
			if (this.hashes[id] === h && this.lens[id] === n && this.same(this.offs[id], buf, from, n)) return this.offs[id];
			slot = (slot + 1) & mask;
		}
		const at = this.w.len;
		this.w.bytes(buf.subarray(from, to));
		if (this.count === this.hashes.length) this.growColumns();
		this.hashes[this.count] = h;
		this.offs[this.count] = at;
		this.lens[this.count] = n;
		this.slots[slot] = ++this.count;
		if (this.count * 2 > this.slots.length) this.rehash();
		return at;
	}

	private same(at: number, buf: Uint8Array, from: number, n: number): boolean {
		const own = this.w.buf;
		for (let i = 0; i < n; i++) if (own[at + i] !== buf[from + i]) return false;
		return true;
	}

	private growColumns(): void {
		const grow = (old: Int32Array): Int32Array => {
			const now = new Int32Array(old.length * 2);
			now.set(old);
			return now;
		};
		this.hashes = grow(this.hashes);
		this.offs = grow(this.offs);
		this.lens = grow(this.lens);
	}

	private rehash(): void {
		const slots = new Int32Array(this.slots.length * 2);
		const mask = slots.length - 1;
		for (let id = 0; id < this.count; id++) {
			const h = this.hashes[id] as number;
			let slot = (h ^ (h >>> 15)) & mask;
			while (slots[slot] !== 0) slot = (slot + 1) & mask;
			slots[slot] = id + 1;
		}
		this.slots = slots;
	}
}

/** One function; offsets as the writer gave them out. Tables are relative to its entry. */
export interface PclnFunc {
	/** Offset from runtime.text, and bytes. */
	entry: number;
	size: number;
	name: number;
	args: number;
	deferReturn: number;
	startLine: number;
	pcsp: number;
	pcfile: number;
	pcln: number;
	/** From fileList; -1 = no files. */
	files: number;
	funcId: number;
	flag: number;
	pcdata: readonly number[];
	/** Offsets from go:func.*, -1 = absent. */
	funcdata: readonly number[];
}

/** Builds the table from functions in increasing order of entry. Whoever calls it sees to it that equal names and lists are added once. */
export class PclnWriter {
	private readonly names: ByteWriter = new ByteWriter(1 << 16);
	private readonly files: ByteWriter = new ByteWriter(1 << 12);
	private readonly fileAt = new Map<string, number>();
	private readonly cutab: ByteWriter = new ByteWriter(1 << 12);
	private readonly pool = new TablePool();
	private readonly trees: ByteWriter = new ByteWriter(1 << 12);
	private readonly functab: ByteWriter;
	private readonly entries: Float64Array;
	private readonly n: number;
	private count = 0;
	private textEnd = 0;

	/** n: number of functions. */
	constructor(n: number) {
		this.n = n;
		this.entries = new Float64Array(n);
		this.functab = new ByteWriter(n * 96 + 16);
		this.functab.zeros(n * 8 + 4);
		this.names.u8(0); // the runtime takes offset 0 as "no name"
	}

	/** Adds a name; UTF-8. */
	name(bytes: Uint8Array): number {
		const at = this.names.len;
		this.names.bytes(bytes);
		this.names.u8(0);
		return at;
	}

	/** The offset of a pc-value table, bytes from..to of buf; h: a hash of them. Equal tables are stored once. */
	table(buf: Uint8Array, from: number, to: number, h: number): number {
		return from === to ? 0 : this.pool.add(buf, from, to, h);
	}

	/** Adds a list of file names; equal names are stored once. */
	fileList(paths: readonly string[]): number {
		const at = this.cutab.len / 4;
		for (const path of paths) {
			let off = this.fileAt.get(path);
			if (off === undefined) {
				off = this.files.len;
				this.files.cstr(path);
				this.fileAt.set(path, off);
			}
			this.cutab.u32(off);
		}
		return at;
	}

	/** Starts an inline tree; its offset from the end of the caller's funcdata. */
	tree(): number {
		this.trees.align(4);
		return this.trees.len;
	}

	/** Adds a node to the tree. */
	inlined(funcId: number, name: number, parentPc: number, startLine: number): void {
		const w = this.trees;
		w.u32(funcId);
		w.u32(name);
		w.u32(parentPc);
		w.u32(startLine);
	}

	func(f: PclnFunc): void {
		const w = this.functab;
		w.align(8);
		const i = this.count++;
		this.entries[i] = f.entry;
		this.textEnd = f.entry + f.size;
		w.view.setUint32(i * 8, f.entry, true);
		w.view.setUint32(i * 8 + 4, w.len, true);
		let npcdata = f.pcdata.length;
		while (npcdata > 0 && f.pcdata[npcdata - 1] === 0) npcdata--;
		let nfuncdata = f.funcdata.length;
		while (nfuncdata > 0 && f.funcdata[nfuncdata - 1] === -1) nfuncdata--;
		w.u32(f.entry);
		w.u32(f.name);
		w.u32(f.args);
		w.u32(f.deferReturn);
		w.u32(f.pcsp);
		w.u32(f.pcfile);
		w.u32(f.pcln);
		w.u32(npcdata);
		w.u32(f.files);
		w.u32(f.startLine);
		w.u8(f.funcId);
		w.u8(f.flag);
		w.u8(0);
		w.u8(nfuncdata);
		for (let k = 0; k < npcdata; k++) w.u32(f.pcdata[k]);
		for (let k = 0; k < nfuncdata; k++) w.u32(f.funcdata[k]);
	}

	/**
	 * The whole table: header, names, files, pc-values, functions, go:func.* (the caller's part zero, funcdataSize bytes), find table.
	 * funcdataAlign: alignment of go:func.* in it.
	 */
	finish(funcdataSize: number, funcdataAlign: number): PclnTable {
		const { n, functab, trees } = this;
		if (this.count !== n) throw new Error(`pclntab: ${this.count} functions of ${n}`);
		functab.view.setUint32(n * 8, this.textEnd, true);
		const out = new ByteWriter(HEADER_SIZE + this.names.len + this.pool.w.len + functab.len + funcdataSize + trees.len + (1 << 18));
		out.zeros(HEADER_SIZE);
		const part = (bytes: Uint8Array, align: number): PclnPart => {
			out.align(align);
			const off = out.len;
			out.bytes(bytes);
			return { off, size: bytes.length };
		};
		const funcnametab = part(this.names.view8(), 1);
		const cutab = part(this.cutab.view8(), 8);
		const filetab = part(this.files.view8(), 8);
		const pctab = part(this.pool.w.view8(), 8);
		const functabPart = part(functab.view8(), 8);
		out.align(funcdataAlign);
		const funcdata = { off: out.len, size: funcdataSize + trees.len };
		out.zeros(funcdataSize);
		out.bytes(trees.view8());
		const findfunctab = part(findFuncTable(this.entries, this.textEnd, n), 8);
		const nfiles = this.fileAt.size;
		writeHeader(out, n, nfiles, [funcnametab, cutab, filetab, pctab, functabPart]);
		return { bytes: out.take(), nfunc: n, nfiles, funcnametab, cutab, filetab, pctab, functab: functabPart, funcdata, findfunctab };
	}
}

function writeHeader(out: ByteWriter, nfunc: number, nfiles: number, parts: PclnPart[]): void {
	const v = out.view;
	v.setUint32(0, PCLN_MAGIC, true);
	v.setUint8(6, 1); // minimum instruction size
	v.setUint8(7, 8); // pointer size
	v.setUint32(8, nfunc, true);
	v.setUint32(16, nfiles, true);
	parts.forEach((p, i) => v.setUint32(32 + 8 * i, p.off, true));
}

/**
 * runtime.findfunctab: for each sub-bucket of text (relative to the first function) the index of
 * the function that contains its first byte, as a 32-bit base per bucket and 8-bit differences.
 */
function findFuncTable(entries: Float64Array, textEnd: number, n: number): Uint8Array {
	if (n === 0) return new Uint8Array(0);
	const min = entries[0] as number;
	const buckets = Math.ceil((textEnd - min) / BUCKET_SIZE);
	const sub = BUCKET_SIZE / SUB_BUCKETS;
	const w = new ByteWriter(buckets * (4 + SUB_BUCKETS));
	let f = 0;
	for (let b = 0; b < buckets; b++) {
		let base = 0;
		for (let s = 0; s < SUB_BUCKETS; s++) {
			const pc = min + b * BUCKET_SIZE + s * sub;
			while (f + 1 < n && (entries[f + 1] as number) <= pc) f++;
			if (s === 0) {
				base = f;
				w.u32(base);
			}
			if (f - base > 255) throw new Error(`findfunctab: ${f - base} functions before sub-bucket ${s} of bucket ${b}`);
			w.u8(f - base);
		}
	}
	return w.take();
}
