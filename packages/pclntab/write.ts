// Builds the runtime's function table from functions in address order.

import { ByteWriter } from "#base";
import { BUCKET_SIZE, FUNCDATA_InlTree, funcIdOf, HEADER_SIZE, PCDATA_InlTreeIndex, PCLN_MAGIC, SUB_BUCKETS } from "./format.ts";
import { writeRebased } from "./pcvalue.ts";

export interface PclnInlined {
	func: string;
	startLine: number;
	parentPc: number;
}

/** A function; its tables are relative to its entry, lines to startLine, file values index files. */
export interface PclnFunc {
	args: number;
	startLine: number;
	deferReturn: number;
	files: readonly string[];
	pcfile: Uint8Array;
	pcln: Uint8Array;
	pcsp: Uint8Array;
	pcinline: Uint8Array;
	inlined: readonly PclnInlined[];
	pcdata: readonly Uint8Array[];
}

export interface PclnInput {
	/** Functions in increasing order of entry, as parallel arrays; entries are offsets from runtime.text. */
	names: readonly string[];
	entries: Float64Array;
	sizes: Float64Array;
	infos: readonly PclnFunc[];
	ids: Uint8Array;
	flags: Uint8Array;
	/** Per function, offsets from go:func.* by FUNCDATA index, -1 = absent. */
	funcdata: readonly (readonly number[])[];
	/** Bytes of funcdata symbols the caller places at the start of go:func.*; inline trees follow. */
	funcdataSize: number;
	/** Alignment of go:func.* in the table. */
	funcdataAlign: number;
	/** The name to record for a file of PclnFunc.files. */
	fileName: (path: string) => string;
}

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

	add(table: Uint8Array): number {
		if (table.length === 0) return 0;
		const at = this.w.len;
		this.w.bytes(table);
		return this.intern(at);
	}

	addRebased(table: Uint8Array, base: number): number {
		if (table.length === 0) return 0;
		const at = this.w.len;
		writeRebased(this.w, table, base);
		return this.intern(at);
	}

	/** The bytes from at to the end are new; drops them again when equal bytes exist. */
	private intern(at: number): number {
		const buf = this.w.buf;
		const end = this.w.len;
		let h = 0x811c9dc5;
		for (let i = at; i < end; i++) h = Math.imul(h ^ (buf[i] as number), 0x01000193);
		const mask = this.slots.length - 1;
		let slot = (h ^ (h >>> 15)) & mask;
		for (;;) {
			const id = (this.slots[slot] as number) - 1;
			if (id < 0) break;
			if (this.hashes[id] === h && this.lens[id] === end - at && this.same(this.offs[id] as number, at, end - at)) {
				this.w.len = at;
				return this.offs[id] as number;
			}
			slot = (slot + 1) & mask;
		}
		if (this.count === this.hashes.length) this.growColumns();
		this.hashes[this.count] = h;
		this.offs[this.count] = at;
		this.lens[this.count] = end - at;
		this.slots[slot] = ++this.count;
		if (this.count * 2 > this.slots.length) this.rehash();
		return at;
	}

	private same(a: number, b: number, n: number): boolean {
		const buf = this.w.buf;
		for (let i = 0; i < n; i++) if (buf[a + i] !== buf[b + i]) return false;
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

/** Strings stored once, NUL-terminated. */
class StringPool {
	readonly w: ByteWriter = new ByteWriter(1 << 16);
	readonly offs: Map<string, number> = new Map();

	add(s: string): number {
		const old = this.offs.get(s);
		if (old !== undefined) return old;
		const at = this.w.len;
		this.w.cstr(s);
		this.offs.set(s, at);
		return at;
	}
}

/** Per-function lists of file offsets; equal lists share their place in cutab. */
class FileLists {
	readonly files: StringPool = new StringPool();
	readonly cutab: ByteWriter = new ByteWriter(1 << 12);
	private readonly lists = new Map<string, number>();
	private readonly fileName: (path: string) => string;

	constructor(fileName: (path: string) => string) {
		this.fileName = fileName;
	}

	/** Index in cutab where the list of files starts. */
	add(files: readonly string[]): number {
		if (files.length === 0) return -1;
		const key = files.length === 1 ? (files[0] as string) : files.join("\0");
		const old = this.lists.get(key);
		if (old !== undefined) return old;
		const at = this.cutab.len / 4;
		for (const f of files) this.cutab.u32(this.files.add(this.fileName(f)));
		this.lists.set(key, at);
		return at;
	}
}

function writeInlineTree(w: ByteWriter, tree: readonly PclnInlined[], names: StringPool): number {
	w.align(4);
	const at = w.len;
	for (const call of tree) {
		w.u32(funcIdOf(call.func, false));
		w.u32(names.add(call.func));
		w.u32(call.parentPc);
		w.u32(call.startLine);
	}
	return at;
}

/** Number of entries without the absent ones at the end. */
function trimmed(n: number, absent: (i: number) => boolean): number {
	while (n > 0 && absent(n - 1)) n--;
	return n;
}

/** Builds the whole table: header, names, files, pc-values, functions, go:func.* (caller's part zero), find table. */
export function buildPclntab(input: PclnInput): PclnTable {
	const n = input.infos.length;
	const names = new StringPool();
	const files = new FileLists(input.fileName);
	const pool = new TablePool();
	const trees = new ByteWriter(1 << 12);
	names.add(""); // the runtime takes offset 0 as "no name"
	const nameOff = new Int32Array(n);
	for (let i = 0; i < n; i++) nameOff[i] = names.add(input.names[i] as string);

	const functab = new ByteWriter(n * 96 + 16);
	functab.zeros(n * 8 + 4);
	for (let i = 0; i < n; i++) {
		const f = input.infos[i] as PclnFunc;
		functab.align(8);
		const at = functab.len;
		functab.view.setUint32(i * 8, input.entries[i] as number, true);
		functab.view.setUint32(i * 8 + 4, at, true);
		const inlines = f.inlined.length > 0;
		const given = input.funcdata[i] as readonly number[];
		const tree = inlines ? input.funcdataSize + writeInlineTree(trees, f.inlined, names) : -1;
		let npcdata = trimmed(f.pcdata.length, (k) => (f.pcdata[k] as Uint8Array).length === 0);
		if (inlines && npcdata <= PCDATA_InlTreeIndex) npcdata = PCDATA_InlTreeIndex + 1;
		let nfuncdata = trimmed(given.length, (k) => given[k] === -1);
		if (inlines && nfuncdata <= FUNCDATA_InlTree) nfuncdata = FUNCDATA_InlTree + 1;
		functab.u32(input.entries[i] as number);
		functab.u32(nameOff[i] as number);
		functab.u32(f.args);
		functab.u32(f.deferReturn);
		functab.u32(pool.add(f.pcsp));
		functab.u32(pool.add(f.pcfile));
		functab.u32(pool.addRebased(f.pcln, f.startLine));
		functab.u32(npcdata);
		functab.u32(files.add(f.files));
		functab.u32(f.startLine);
		functab.u8(input.ids[i] as number);
		functab.u8(input.flags[i] as number);
		functab.u8(0);
		functab.u8(nfuncdata);
		for (let k = 0; k < npcdata; k++) {
			const table = k === PCDATA_InlTreeIndex && inlines ? f.pcinline : f.pcdata[k];
			functab.u32(table === undefined ? 0 : pool.add(table));
		}
		for (let k = 0; k < nfuncdata; k++) {
			functab.u32(k === FUNCDATA_InlTree && inlines ? tree : ((given[k] as number | undefined) ?? -1));
		}
	}
	const last = n - 1;
	const textEnd = n === 0 ? 0 : (input.entries[last] as number) + (input.sizes[last] as number);
	functab.view.setUint32(n * 8, textEnd, true);

	const out = new ByteWriter(1 << 20);
	out.zeros(HEADER_SIZE);
	const part = (bytes: Uint8Array, align: number): PclnPart => {
		out.align(align);
		const off = out.len;
		out.bytes(bytes);
		return { off, size: bytes.length };
	};
	const funcnametab = part(names.w.view8(), 1);
	const cutab = part(files.cutab.view8(), 8);
	const filetab = part(files.files.w.view8(), 8);
	const pctab = part(pool.w.view8(), 8);
	const functabPart = part(functab.view8(), 8);
	out.align(input.funcdataAlign);
	const funcdata = { off: out.len, size: input.funcdataSize + trees.len };
	out.zeros(input.funcdataSize);
	out.bytes(trees.view8());
	const findfunctab = part(findFuncTable(input.entries, textEnd, n), 8);

	const nfiles = files.files.offs.size;
	writeHeader(out, n, nfiles, [funcnametab, cutab, filetab, pctab, functabPart]);
	return { bytes: out.take(), nfunc: n, nfiles, funcnametab, cutab, filetab, pctab, functab: functabPart, funcdata, findfunctab };
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
