// Reads a pclntab of Go 1.20 and later, with every access checked.

import { ByteReader, FormatError } from "#base";
import { FUNC_SIZE, FUNCDATA_InlTree, HEADER_SIZE, INLINED_CALL_SIZE, PCDATA_InlTreeIndex, PCLN_MAGIC } from "./format.ts";
import { PcValues, pcValueAt } from "./pcvalue.ts";

export interface FuncRecord {
	/** Offset from runtime.text. */
	entry: number;
	name: string;
	args: number;
	deferReturn: number;
	/** Offsets in pctab, 0 = none. */
	pcsp: number;
	pcfile: number;
	pcln: number;
	cuOffset: number;
	startLine: number;
	funcId: number;
	flag: number;
	pcdata: number[];
	/** Offsets from go:func.*, -1 = none. */
	funcdata: number[];
}

export interface InlineNode {
	funcId: number;
	name: string;
	parentPc: number;
	startLine: number;
}

export interface Frame {
	func: string;
	file: string;
	line: number;
}

export class Pclntab {
	private readonly bytes: Uint8Array;
	readonly nfunc: number;
	readonly nfiles: number;
	private readonly funcnames: number;
	private readonly cutab: number;
	private readonly filetab: number;
	private readonly pctab: number;
	private readonly functab: number;
	/** Offset of go:func.* in bytes, -1 = unknown (no inline trees). */
	private readonly gofunc: number;

	/** gofunc: where go:func.* lies in bytes (moduledata's gofunc minus pcHeader). */
	constructor(bytes: Uint8Array, gofunc = -1) {
		this.bytes = bytes;
		this.gofunc = gofunc;
		const r = new ByteReader(bytes);
		r.need(HEADER_SIZE);
		const magic = r.u32();
		if (magic !== PCLN_MAGIC) throw new FormatError(`pclntab magic 0x${magic.toString(16)}`, 0);
		r.pos = 8;
		this.nfunc = r.u64();
		this.nfiles = r.u64();
		r.pos = 32;
		this.funcnames = r.u64();
		this.cutab = r.u64();
		this.filetab = r.u64();
		this.pctab = r.u64();
		this.functab = r.u64();
		if (this.functab + this.nfunc * 8 + 4 > bytes.length) throw new FormatError(`${this.nfunc} functions do not fit`, 8);
	}

	private u32(off: number): number {
		return new ByteReader(this.bytes, off).u32();
	}

	private cstr(off: number): string {
		return new ByteReader(this.bytes, off).cstr();
	}

	/** Offset from runtime.text of function i; of the end of text when i is nfunc. */
	entry(i: number): number {
		return this.u32(this.functab + i * 8);
	}

	/** Entries of all functions and the end of text, as offsets from runtime.text. */
	entries(): Uint32Array {
		const view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
		const out = new Uint32Array(this.nfunc + 1);
		for (let i = 0; i <= this.nfunc; i++) out[i] = view.getUint32(this.functab + i * 8, true);
		return out;
	}

	/** Name of function i, without the rest of its record. */
	name(i: number): string {
		const at = this.functab + this.u32(this.functab + i * 8 + 4);
		return this.cstr(this.funcnames + this.u32(at + 4));
	}

	/** Functions with a name, found by comparing bytes. */
	indexesOf(name: string): number[] {
		const want = new TextEncoder().encode(name);
		const b = this.bytes;
		const view = new DataView(b.buffer, b.byteOffset, b.byteLength);
		const out: number[] = [];
		for (let i = 0; i < this.nfunc; i++) {
			const at = this.functab + view.getUint32(this.functab + i * 8 + 4, true);
			if (at + 8 > b.length) throw new FormatError(`function ${i} lies outside the pclntab`, this.functab + i * 8);
			const from = this.funcnames + view.getUint32(at + 4, true);
			let k = 0;
			while (k < want.length && b[from + k] === want[k]) k++;
			if (k === want.length && b[from + k] === 0) out.push(i);
		}
		return out;
	}

	/** All file names, in the table's order. */
	fileNames(): string[] {
		const r = new ByteReader(this.bytes, this.filetab);
		const out: string[] = [];
		for (let i = 0; i < this.nfiles && r.pos < this.pctab; i++) {
			const name = r.cstr();
			if (name !== "") out.push(name);
		}
		return out;
	}

	/** Index of the function at a text offset, or -1. */
	find(pc: number): number {
		if (this.nfunc === 0 || pc < this.entry(0) || pc >= this.entry(this.nfunc)) return -1;
		let lo = 0;
		let hi = this.nfunc;
		while (hi - lo > 1) {
			const mid = (lo + hi) >> 1;
			if (this.entry(mid) <= pc) lo = mid;
			else hi = mid;
		}
		return lo;
	}

	func(i: number): FuncRecord {
		const r = new ByteReader(this.bytes, this.functab + this.u32(this.functab + i * 8 + 4));
		r.need(FUNC_SIZE);
		const entry = r.u32();
		const name = this.cstr(this.funcnames + r.u32());
		const args = r.i32();
		const deferReturn = r.u32();
		const pcsp = r.u32();
		const pcfile = r.u32();
		const pcln = r.u32();
		const npcdata = r.u32();
		const cuOffset = r.u32();
		const startLine = r.i32();
		const funcId = r.u8();
		const flag = r.u8();
		r.u8();
		const nfuncdata = r.u8();
		r.need((npcdata + nfuncdata) * 4);
		const pcdata: number[] = [];
		const funcdata: number[] = [];
		for (let k = 0; k < npcdata; k++) pcdata.push(r.u32());
		for (let k = 0; k < nfuncdata; k++) funcdata.push(r.i32());
		return { entry, name, args, deferReturn, pcsp, pcfile, pcln, cuOffset, startLine, funcId, flag, pcdata, funcdata };
	}

	/** The bytes of a pc-value table; empty for offset 0. */
	table(off: number): Uint8Array {
		if (off === 0) return new Uint8Array(0);
		const it = new PcValues(this.bytes, this.pctab + off);
		while (it.step());
		return this.bytes.subarray(this.pctab + off, it.end);
	}

	/** Value of a table at a byte offset in the function; -1 when there is none. */
	value(off: number, pc: number): number {
		return off === 0 ? -1 : pcValueAt(this.bytes, this.pctab + off, pc);
	}

	fileName(f: FuncRecord, index: number): string {
		if (index < 0) return "?";
		const off = this.u32(this.cutab + 4 * (f.cuOffset + index));
		return off === 0xffffffff ? "?" : this.cstr(this.filetab + off);
	}

	inlineNode(f: FuncRecord, index: number): InlineNode {
		const tree = f.funcdata[FUNCDATA_InlTree] ?? -1;
		if (this.gofunc < 0 || tree < 0) throw new FormatError(`${f.name} has no inline tree`, 0);
		const r = new ByteReader(this.bytes, this.gofunc + tree + index * INLINED_CALL_SIZE);
		const funcId = r.u32() & 0xff;
		return { funcId, name: this.cstr(this.funcnames + r.u32()), parentPc: r.i32(), startLine: r.i32() };
	}

	/** The frames at a byte offset in function f, innermost first, as a traceback shows them. */
	frames(f: FuncRecord, pc: number): Frame[] {
		const out: Frame[] = [];
		const inl = f.pcdata[PCDATA_InlTreeIndex] ?? 0;
		let at = pc;
		for (;;) {
			const index = this.gofunc < 0 ? -1 : this.value(inl, at);
			const node = index >= 0 ? this.inlineNode(f, index) : null;
			out.push({
				func: node === null ? f.name : node.name,
				file: this.fileName(f, this.value(f.pcfile, at)),
				line: this.value(f.pcln, at),
			});
			if (node === null || out.length > 10000) return out;
			at = node.parentPc;
		}
	}
}
