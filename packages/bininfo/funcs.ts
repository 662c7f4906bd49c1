// The functions of a program from its pclntab, which the runtime itself trusts: names, bounds, files, lines,
// stack sizes, inlined calls. Needs no DWARF.

import { FUNCDATA_InlTree, type FuncRecord, PCDATA_InlTreeIndex, Pclntab } from "#pclntab";
import { hashName, parseFuncName } from "./names.ts";

/** A function with machine code. Addresses are those of the running program. */
export class Func {
	private readonly table: FuncTable;
	/** Index in the pclntab. */
	readonly index: number;
	readonly entry: number;
	/** First address after the function. */
	readonly end: number;
	private rec: FuncRecord | null = null;
	private fileName: string | null = null;

	constructor(table: FuncTable, index: number, entry: number, end: number) {
		this.table = table;
		this.index = index;
		this.entry = entry;
		this.end = end;
	}

	get record(): FuncRecord {
		this.rec ??= this.table.tab.func(this.index);
		return this.rec;
	}

	get name(): string {
		return this.record.name;
	}

	/** Import path; "" for functions outside packages. */
	get packageName(): string {
		return parseFuncName(this.name).pkg;
	}

	get receiverName(): string {
		return parseFuncName(this.name).receiver;
	}

	get baseName(): string {
		return parseFuncName(this.name).base;
	}

	/** File in which the function starts. */
	get file(): string {
		this.fileName ??= this.table.tab.fileName(this.record, this.table.tab.value(this.record.pcfile, 0));
		return this.fileName;
	}

	/** Line of the func keyword. */
	get startLine(): number {
		return this.record.startLine;
	}

	get funcId(): number {
		return this.record.funcId;
	}

	/** How far SP is below its value at entry (where it points to the return address), -1 = not known. */
	spDelta(pc: number): number {
		return this.table.spDelta(this, pc);
	}

	/** Value of a PCDATA table at pc, -1 = none. */
	pcdata(table: number, pc: number): number {
		return this.table.tab.value(this.record.pcdata[table] ?? 0, pc - this.entry);
	}

	line(pc: number): number {
		return this.table.tab.value(this.record.pcln, pc - this.entry);
	}

	fileAt(pc: number): string {
		return this.table.tab.fileName(this.record, this.table.tab.value(this.record.pcfile, pc - this.entry));
	}
}

/** A call at an address: the function itself, or one inlined into it. */
export interface CodeFrame {
	/** The function's name; an inlined one's where inlined is set. */
	name: string;
	file: string;
	line: number;
	/** The function whose machine code this is. */
	func: Func;
	inlined: boolean;
	/** For an inlined call: the address in the function that stands for the place of the call. */
	callPc: number;
	funcId: number;
	/** Line of the func keyword of the frame's function. */
	startLine: number;
}

/** Names looked for before a table of all pays. */
const LINEAR_FINDS = 12;

/** All functions, by address and by name. */
export class FuncTable {
	readonly tab: Pclntab;
	/** Address of runtime.text in the running program. */
	readonly text: number;
	private readonly entries: Uint32Array;
	private readonly funcs: (Func | undefined)[];
	private byName: Map<string, number[]> | null = null;
	private asked = 0;
	/** Hash of each function's name, when somebody has kept them. */
	hashes: Uint32Array | null = null;
	private readonly deltas: Map<number, number> = new Map();
	private readonly frameCache: Map<number, CodeFrame[]> = new Map();

	constructor(bytes: Uint8Array, gofunc: number, text: number) {
		this.tab = new Pclntab(bytes, gofunc);
		this.text = text;
		this.entries = this.tab.entries();
		this.funcs = new Array<Func | undefined>(this.tab.nfunc);
	}

	get length(): number {
		return this.tab.nfunc;
	}

	get(i: number): Func {
		let f = this.funcs[i];
		if (f === undefined) {
			f = new Func(this, i, this.text + this.entries[i], this.text + this.entries[i + 1]);
			this.funcs[i] = f;
		}
		return f;
	}

	/** Address of function i. */
	entryOf(i: number): number {
		return this.text + this.entries[i];
	}

	/** The function whose code holds an address, or null. */
	at(pc: number): Func | null {
		const i = this.indexAt(pc);
		return i < 0 ? null : this.get(i);
	}

	/** Number of the function whose code holds an address, -1 = none. */
	indexAt(pc: number): number {
		const off = pc - this.text;
		const e = this.entries;
		const n = e.length - 1;
		if (n <= 0 || off < e[0] || off >= e[n]) return -1;
		let lo = 0;
		let hi = n;
		while (hi - lo > 1) {
			const mid = (lo + hi) >> 1;
			if (e[mid] <= off) lo = mid;
			else hi = mid;
		}
		return lo;
	}

	spDelta(f: Func, pc: number): number {
		let d = this.deltas.get(pc);
		if (d === undefined) {
			d = f.record.pcsp === 0 ? -1 : this.tab.value(f.record.pcsp, pc - f.entry);
			if (this.deltas.size > 100_000) this.deltas.clear();
			this.deltas.set(pc, d);
		}
		return d;
	}

	/** Functions of a name: one, or several when static assembly functions share it. */
	named(name: string): Func[] {
		if (this.byName === null && this.hashes !== null) return this.hashed(name, this.hashes);
		if (this.byName === null && this.asked++ < LINEAR_FINDS) return this.tab.indexesOf(name).map((i) => this.get(i));
		return (this.names().get(name) ?? []).map((i) => this.get(i));
	}

	private hashed(name: string, hashes: Uint32Array): Func[] {
		const out: Func[] = [];
		const h = hashName(name);
		for (let i = hashes.indexOf(h); i >= 0; i = hashes.indexOf(h, i + 1)) if (this.tab.name(i) === name) out.push(this.get(i));
		return out;
	}

	/** Indexes by name; built when first asked for. */
	names(): ReadonlyMap<string, number[]> {
		if (this.byName === null) {
			this.byName = new Map();
			for (let i = 0; i < this.length; i++) {
				const name = this.tab.name(i);
				const old = this.byName.get(name);
				if (old === undefined) this.byName.set(name, [i]);
				else old.push(i);
			}
		}
		return this.byName;
	}

	/** The calls at an address, innermost first; empty outside all functions. pc is where the instruction is, not where it returns to. */
	frames(pc: number): readonly CodeFrame[] {
		const known = this.frameCache.get(pc);
		if (known !== undefined) return known;
		const f = this.at(pc);
		const out = f === null ? [] : this.makeFrames(f, pc);
		if (this.frameCache.size > 100_000) this.frameCache.clear();
		this.frameCache.set(pc, out);
		return out;
	}

	private makeFrames(f: Func, pc: number): CodeFrame[] {
		const out: CodeFrame[] = [];
		const hasTree = (f.record.funcdata[FUNCDATA_InlTree] ?? -1) >= 0;
		let at = pc;
		while (out.length < 1000) {
			const index = hasTree ? f.pcdata(PCDATA_InlTreeIndex, at) : -1;
			const file = f.fileAt(at);
			const line = f.line(at);
			if (index < 0) {
				out.push({ name: f.name, file, line, func: f, inlined: false, callPc: at, funcId: f.funcId, startLine: f.startLine });
				break;
			}
			const node = this.tab.inlineNode(f.record, index);
			out.push({ name: node.name, file, line, func: f, inlined: true, callPc: at, funcId: node.funcId, startLine: node.startLine });
			at = f.entry + node.parentPc;
		}
		return out;
	}
}
