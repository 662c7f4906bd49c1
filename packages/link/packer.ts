// From fragments to a pack: names, tables and file lists once each, and what can be made of a function's metadata before its place is
// known (line program, frame description).

import { frameEntry, LineRuns } from "#dwarf";
import {
	type Abi,
	type DwarfFunc,
	type DwarfVar,
	EntFlag,
	type Fragment,
	type FuncInfo,
	hashBytes,
	LoadedPack,
	type Names,
	newPackLists,
	type ObjSym,
	type Pack,
	type PackLists,
	packOf,
	SymBit,
	SymFlag,
	SymKind,
	isWeak,
} from "#object";
import { PcValues, pcValueAt, rebased } from "#pclntab";

interface Ref {
	readonly name: string;
	readonly abi: Abi;
}

/** What entries of a pack mention for the first time: what relocations keep, types of variables, descriptors that are defined. */
export interface News {
	needs: Ref[];
	types: string[];
	described: string[];
}

/** What a cached symbol carries besides its fragment (compile/store.ts says more). */
export interface EntryTrace extends Ref {
	needs: readonly Ref[];
	usedInIface: readonly string[];
	ifaceMethods: readonly string[];
	reflectMethod: boolean;
	/** Questions with digests of the answers. */
	facts: ReadonlyMap<string, string>;
	type: {
		methods: readonly { key: string; exported: boolean; needs: readonly Ref[] }[];
		parts: readonly string[];
	} | null;
}

const encoder = new TextEncoder();

export class Packer {
	private readonly lists: PackLists = newPackLists();
	private readonly names = new Map<string, number>();
	private readonly tables = new Map<number, number[]>();
	private readonly fileLists = new Map<string, number>();
	/** Rows of facts by key and value. */
	private readonly facts = new Map<string, number>();
	/** Of the fragment at hand: ref by index in its name table. */
	private refs: number[] = [];

	/** Number of entries and small things. */
	get count(): number {
		return this.lists.entRef.length + this.lists.kvKey.length;
	}

	pack(): Pack {
		return packOf(this.lists);
	}

	private name(text: string): number {
		const old = this.names.get(text);
		if (old !== undefined) return old;
		const id = this.freshName(text, false);
		this.names.set(text, id);
		return id;
	}

	private freshName(text: string, local: boolean): number {
		const { lists: l } = this;
		const bytes = encoder.encode(text);
		l.nameBytes.bytes(bytes);
		l.nameAt.push(l.nameBytes.len);
		l.nameHash.push(hashBytes(bytes, 0, bytes.length));
		l.nameLocal.u8(local ? 1 : 0);
		return l.nameHash.length - 1;
	}

	/** By ref: 1 = told as a need, 2 = as a type of a variable. */
	private told: Uint8Array = new Uint8Array(1 << 12);
	private readonly decoder = new TextDecoder();

	/** What the last entry mentions that none before it did; needs of its trace apart. */
	news(): News {
		const { lists: l } = this;
		const out: News = { needs: [], types: [], described: [] };
		if (2 * l.nameHash.length > this.told.length) {
			const old = this.told;
			this.told = new Uint8Array(4 * l.nameHash.length);
			this.told.set(old);
		}
		const entry = l.entOrd.length - 1;
		for (let i = l.followAt[entry]; i < l.followRef.length; i++) {
			const ref = l.followRef[i];
			if ((this.told[ref] & 1) !== 0) continue;
			this.told[ref] |= 1;
			out.needs.push({ name: this.text(ref >> 1), abi: (ref & 1) as Abi });
		}
		for (let i = l.debugAt[entry]; i < l.debugRef.length; i++) {
			const ref = l.debugRef[i];
			if ((this.told[ref] & 2) !== 0) continue;
			this.told[ref] |= 2;
			out.types.push(this.text(ref >> 1));
		}
		for (let s = l.entSymAt[entry]; s < l.symRef.length; s++)
			if ((l.symBits.buf[s] & SymBit.Type) !== 0) out.described.push(this.text(l.symRef[s] >> 1));
		return out;
	}

	private text(name: number): string {
		const { nameAt, nameBytes } = this.lists;
		return this.decoder.decode(nameBytes.buf.subarray(nameAt[name], nameAt[name + 1]));
	}

	private ref(r: Ref): number {
		return 2 * this.name(r.name) + r.abi;
	}

	/** Keeps something small by key. */
	put(key: string, value: Uint8Array): void {
		const { lists: l } = this;
		l.kvKey.push(this.name(key));
		l.kvBytes.bytes(value);
		l.kvAt.push(l.kvBytes.len);
	}

	/** Adds an entry, returns its index. suffix: text that is to be asked for with its key. */
	add(f: Fragment, trace: EntryTrace | null, suffix: string = ""): number {
		const { lists: l } = this;
		const local = new Set<number>();
		for (const s of f.syms) if ((s.flags & SymFlag.Local) !== 0) local.add(s.name);
		this.refs = f.names.map((name, i) => 2 * (local.has(i) ? this.freshName(name, true) : this.name(name)) + f.abis[i]);
		// What goes with a function (stack maps) may go with others as well.
		const first = (f.syms.find((s) => s.func !== null) ?? f.syms[0])?.name ?? -1;
		l.entOrd.push(first < 0 ? -1 : this.refs[first]);
		l.entSuffix.push(suffix === "" ? -1 : this.name(suffix));
		l.entRef.push(trace === null ? -1 : this.ref(trace));
		l.entPkg.push(this.name(f.pkg));
		l.entFlags.u8(trace === null ? 0 : (trace.reflectMethod ? EntFlag.ReflectMethod : 0) | (trace.type === null ? 0 : EntFlag.Type));
		for (const s of f.syms) this.sym(f, s);
		l.entSymAt.push(l.symRef.length);
		this.trace(f, trace);
		return l.entOrd.length - 1;
	}

	private trace(f: Fragment, t: EntryTrace | null): void {
		const { lists: l } = this;
		if (t !== null) {
			const needs = new Set<number>();
			for (const r of t.needs) needs.add(this.ref(r));
			l.needRef.push(...needs);
			for (const r of this.follow(f)) if (!needs.has(r)) l.followRef.push(r);
			for (const x of t.usedInIface) l.ifaceName.push(this.name(x));
			for (const x of t.ifaceMethods) l.methName.push(this.name(x));
			for (const m of t.type?.methods ?? []) {
				l.tmKey.push(this.name(m.key));
				l.tmExported.u8(m.exported ? 1 : 0);
				for (const r of m.needs) l.tmNeedRef.push(this.ref(r));
				l.tmNeedAt.push(l.tmNeedRef.length);
			}
			for (const p of t.type?.parts ?? []) l.tpName.push(this.name(p));
			for (const [key, value] of t.facts) l.entFact.push(this.fact(key, value));
			this.debug(f, t);
		}
		l.entFactAt.push(l.entFact.length);
		l.needAt.push(l.needRef.length);
		l.followAt.push(l.followRef.length);
		l.ifaceAt.push(l.ifaceName.length);
		l.methAt.push(l.methName.length);
		l.tmAt.push(l.tmKey.length);
		l.tpAt.push(l.tpName.length);
		l.debugAt.push(l.debugRef.length);
		l.partAt.push(l.partRef.length);
	}

	private fact(key: string, value: string): number {
		const { lists: l } = this;
		const text = `${key}\0${value}`;
		let row = this.facts.get(text);
		if (row === undefined) {
			row = l.factKey.length;
			l.factKey.push(this.name(key));
			l.factValue.push(this.name(value));
			this.facts.set(text, row);
		}
		return row;
	}

	/** Refs outside the fragment that its relocations keep. Weak ones and method table entries wait for something else to reach them. */
	private follow(f: Fragment): Set<number> {
		const out = new Set<number>();
		for (const s of f.syms) {
			const { kind, target } = s.relocs;
			for (let i = 0; i < kind.length; i++) {
				const k = kind[i];
				if (!isWeak(k)) out.add(this.refs[target[i]]);
			}
			for (const x of s.func?.funcdata ?? []) if (x >= 0) out.add(this.refs[x]);
		}
		for (const s of f.syms) out.delete(this.refs[s.name]);
		return out;
	}

	/** Types of variables; of a descriptor what describing its type asks for. */
	private debug(f: Fragment, t: EntryTrace): void {
		const { lists: l } = this;
		const types = new Set<number>();
		const parts = new Set<number>();
		for (const s of f.syms) {
			if (s.gotype >= 0) types.add(this.refs[s.gotype]);
			for (const v of s.func?.dwarf?.vars ?? []) types.add(this.refs[v.type]);
			if (f.names[s.name] === t.name && isTypeName(t.name))
				for (let i = 0; i < s.relocs.target.length; i++) {
					const target = s.relocs.target[i];
					if (!isWeak(s.relocs.kind[i]) && isTypeName(f.names[target])) parts.add(this.refs[target]);
				}
		}
		if (isTypeName(t.name)) for (let i = 0; i < f.names.length; i++) if (isFieldName(f.names[i])) parts.add(this.refs[i]);
		l.debugRef.push(...types);
		l.partRef.push(...parts);
	}

	private sym(f: Fragment, s: ObjSym): void {
		const { lists: l } = this;
		const name = f.names[s.name];
		l.symRef.push(this.refs[s.name]);
		l.symKind.u8(s.kind);
		l.symBits.u8(symBits(f.pkg, name, s));
		l.symFlags.push(s.flags);
		l.symAlign.push(s.align);
		l.symSize.push(s.size);
		l.symHash.push(Math.imul(hashBytes(s.data, 0, s.data.length) ^ s.size, 0x01000193));
		l.symType.push(s.gotype < 0 ? -1 : this.refs[s.gotype]);
		l.data.bytes(s.data);
		l.symDataAt.push(l.data.len);
		const r = s.relocs;
		for (let i = 0; i < r.off.length; i++) {
			l.relOff.push(r.off[i]);
			l.relSize.u8(r.size[i]);
			l.relKind.u8(r.kind[i]);
			l.relRef.push(this.refs[r.target[i]]);
			l.relAdd.push(r.add[i]);
		}
		l.symRelAt.push(l.relOff.length);
		l.symFunc.push(s.func === null ? -1 : l.fnArgs.length);
		if (s.func !== null) this.func(s.func, s.size);
	}

	private table(bytes: Uint8Array | undefined): number {
		if (bytes === undefined || bytes.length === 0) return -1;
		const { lists: l } = this;
		const hash = hashBytes(bytes, 0, bytes.length);
		const same = this.tables.get(hash) ?? [];
		for (const id of same) if (equalAt(l.tabBytes.buf, l.tabAt[id], l.tabAt[id + 1], bytes)) return id;
		const id = l.tabHash.length;
		l.tabBytes.bytes(bytes);
		l.tabAt.push(l.tabBytes.len);
		l.tabHash.push(hash);
		same.push(id);
		this.tables.set(hash, same);
		return id;
	}

	private fileList(files: readonly string[]): number {
		if (files.length === 0) return -1;
		const { lists: l } = this;
		const key = files.join("\0");
		let id = this.fileLists.get(key);
		if (id === undefined) {
			id = l.listAt.length - 1;
			for (const f of files) l.listName.push(this.name(f));
			l.listAt.push(l.listName.length);
			this.fileLists.set(key, id);
		}
		return id;
	}

	private func(f: FuncInfo, size: number): void {
		const { lists: l } = this;
		l.fnArgs.push(f.args);
		l.fnId.u8(f.funcId);
		l.fnFlag.u8(f.funcFlag);
		l.fnStart.push(f.startLine);
		l.fnDefer.push(f.deferReturn);
		l.fnFiles.push(this.fileList(f.files));
		l.fnPcsp.push(this.table(f.pcsp));
		l.fnPcfile.push(this.table(f.pcfile));
		l.fnPcln.push(this.table(f.pcln.length === 0 ? f.pcln : rebased(f.pcln, f.startLine)));
		l.fnPcinline.push(this.table(f.pcinline));
		for (const t of f.pcdata) l.pcdataTable.push(this.table(t));
		l.fnPcdataAt.push(l.pcdataTable.length);
		for (const x of f.funcdata) l.funcdataRef.push(x < 0 ? -1 : this.refs[x]);
		l.fnFuncdataAt.push(l.funcdataRef.length);
		this.inlined(f);
		const file = f.files[Math.max(0, pcValueAt(f.pcfile, 0, 0))];
		l.fnDeclFile.push(file === undefined ? -1 : this.name(file));
		l.fnDwarf.u8(f.dwarf === null ? 0 : 1);
		if (f.dwarf !== null) this.dwarf(f.dwarf);
		l.fnScopeAt.push(l.scopeParent.length);
		l.fnVarAt.push(l.varName.length);
		this.frame(f, size);
		this.lines(f, size);
	}

	private inlined(f: FuncInfo): void {
		const { lists: l } = this;
		const ranges = inlineRanges(f);
		f.inlined.forEach((call, k) => {
			l.inlParent.push(call.parent);
			l.inlFunc.push(this.name(call.func));
			l.inlStart.push(call.startLine);
			l.inlPc.push(call.parentPc);
			const file = f.files[pcValueAt(f.pcfile, 0, call.parentPc)];
			l.inlFile.push(file === undefined ? -1 : this.name(file));
			l.inlLine.push(Math.max(0, pcValueAt(f.pcln, 0, call.parentPc) + f.startLine));
			for (const [from, to] of ranges[k]) {
				l.rangeFrom.push(from);
				l.rangeTo.push(to);
			}
			l.inlRangeAt.push(l.rangeFrom.length);
		});
		l.fnInlAt.push(l.inlParent.length);
	}

	private dwarf(d: DwarfFunc): void {
		const { lists: l } = this;
		const vars = d.scopes.map((_, k) => d.vars.some((v) => v.scope === k && v.inlined === -1));
		// a block has variables when one inside it has; blocks come after those around them
		for (let k = d.scopes.length - 1; k > 0; k--) if (vars[k]) vars[d.scopes[k].parent] = true;
		d.scopes.forEach((s, k) => {
			l.scopeParent.push(s.parent);
			l.scopeVars.u8(vars[k] ? 1 : 0);
			for (const [from, to] of s.ranges) {
				l.scopeFrom.push(from);
				l.scopeTo.push(to);
			}
			l.scopeRangeAt.push(l.scopeFrom.length);
		});
		const scope = (v: DwarfVar): number => (v.inlined === -1 ? v.scope : 0);
		for (const v of d.vars.toSorted((a, b) => a.inlined - b.inlined || scope(a) - scope(b))) this.variable(v);
	}

	private variable(v: DwarfVar): void {
		const { lists: l } = this;
		l.varName.push(this.name(v.name));
		l.varType.push(this.refs[v.type]);
		l.varKind.u8(v.kind === "param" ? 1 : v.kind === "result" ? 2 : 0);
		l.varLine.push(v.declLine);
		l.varScope.push(v.scope);
		l.varInl.push(v.inlined);
		l.varClosure.push(v.closureOffset);
		for (const loc of v.locs) {
			l.locFrom.push(loc.from);
			l.locTo.push(loc.to);
			l.exprBytes.bytes(loc.expr);
			l.locExprAt.push(l.exprBytes.len);
			for (const s of loc.syms) {
				l.lsOff.push(s.off);
				l.lsRef.push(this.refs[s.sym]);
				l.lsAdd.push(s.add);
			}
			l.locSymAt.push(l.lsOff.length);
		}
		l.varLocAt.push(l.locFrom.length);
	}

	private frame(f: FuncInfo, size: number): void {
		const { lists: l } = this;
		const delta: number[] = [];
		const ends: number[] = [];
		const it = new PcValues(f.pcsp);
		while (it.step()) {
			delta.push(it.value);
			ends.push(it.next);
		}
		l.frameBytes.bytes(frameEntry(size, delta, ends));
		l.fnFrameAt.push(l.frameBytes.len);
	}

	private lines(f: FuncInfo, size: number): void {
		const { lists: l } = this;
		if (f.pcln.length > 0) {
			const runs = new LineRuns();
			addRows(runs, f, size);
			for (const { file, code } of runs.end(size)) {
				const name = f.files[file];
				l.lineFile.push(name === undefined ? -1 : this.name(name));
				l.lineBytes.bytes(code);
				l.lineCodeAt.push(l.lineBytes.len);
			}
		}
		l.fnLineAt.push(l.lineFile.length);
	}
}

/** Fragments in a pack of their own. */
export function packFragments(fragments: Iterable<Fragment>, names: Names): LoadedPack {
	const packer = new Packer();
	for (const f of fragments) packer.add(f, null);
	return new LoadedPack(packer.pack(), names);
}

function equalAt(buf: Uint8Array, from: number, to: number, bytes: Uint8Array): boolean {
	if (to - from !== bytes.length) return false;
	for (let i = 0; i < bytes.length; i++) if (buf[from + i] !== bytes[i]) return false;
	return true;
}

/** Names and tags of fields, and the import paths of those that are not exported. */
function isFieldName(name: string): boolean {
	return name.startsWith("type:.namedata.") || name.startsWith("type:.importpath.");
}

/** `type:T`, not what hangs on a type. */
function isTypeName(name: string): boolean {
	return name.startsWith("type:") && name[5] !== ".";
}

const fips = "crypto/internal/fips140";

function symBits(pkg: string, name: string, s: ObjSym): number {
	return (
		(isTypeName(name) ? SymBit.Type : 0) |
		(isListed(name, s) ? SymBit.Listed : 0) |
		(isVariable(name, s) ? SymBit.Variable : 0) |
		(isFipsText(pkg, name, s) ? SymBit.FipsText : 0)
	);
}

/** Whether a text symbol belongs to the FIPS module: it is grouped and hashed. */
function isFipsText(pkg: string, name: string, s: ObjSym): boolean {
	const where = (s.flags & SymFlag.Local) !== 0 ? pkg : name;
	if (s.kind !== SymKind.Text || !where.startsWith(fips) || pkg.endsWith("_test")) return false;
	const next = where[fips.length];
	return next === undefined || next === "." || next === "/";
}

/** Whether a symbol has a row of its own in the symbol table; type descriptors, strings and masks have one for their group. */
function isListed(name: string, s: ObjSym): boolean {
	if (name === "" || name.startsWith(".")) return false;
	switch (s.kind) {
		case SymKind.Text:
			return true;
		case SymKind.Type:
		case SymKind.String:
		case SymKind.Gcbits:
		case SymKind.Funcdata:
			return false;
		default:
			if (isTemporary(name)) return false;
			// Compiler temporaries; the statics of assembly have no package and are listed.
			if ((s.flags & SymFlag.Local) !== 0 && name.includes(".")) return false;
			return (s.flags & SymFlag.ContentAddressable) === 0 && !name.endsWith("·f") && !name.startsWith("type:");
	}
}

/** Names with two dots are the compiler's: `f..stmp_1`, `f..typeAssert.0`; init tasks are listed. */
function isTemporary(name: string): boolean {
	const at = name.indexOf("..");
	return at >= 0 && !name.startsWith("..inittask", at);
}

/** Whether a symbol is a package variable that debuggers should list. */
function isVariable(name: string, s: ObjSym): boolean {
	if ((s.flags & SymFlag.Local) !== 0 || s.gotype < 0) return false;
	switch (s.kind) {
		case SymKind.Noptrdata:
		case SymKind.Data:
		case SymKind.Bss:
		case SymKind.Noptrbss:
		case SymKind.NoptrdataFips:
		case SymKind.DataFips:
			return !name.includes("..") && !name.startsWith("go:") && !name.includes(":");
		default:
			return false;
	}
}

/** Byte ranges of each inlined call, its own inlined calls included. */
function inlineRanges(info: FuncInfo): [number, number][][] {
	const out: [number, number][][] = info.inlined.map(() => []);
	const it = new PcValues(info.pcinline);
	while (it.step()) {
		for (let k = it.value; k >= 0 && k < out.length; k = info.inlined[k].parent) {
			const list = out[k];
			const last = list[list.length - 1];
			if (last !== undefined && last[1] === it.pc) last[1] = it.next;
			else list.push([it.pc, it.next]);
		}
	}
	return out;
}

/** Line rows of a function: one where file or line changes or a statement starts. */
function addRows(runs: LineRuns, info: FuncInfo, size: number): void {
	const d = info.dwarf;
	const fileAt = new PcValues(info.pcfile);
	const lineAt = new PcValues(info.pcln);
	fileAt.step();
	lineAt.step();
	let stmt = 0;
	let pc = 0;
	let lastFile = -2;
	let lastLine = -1;
	while (pc < size) {
		while (fileAt.next <= pc && fileAt.step());
		while (lineAt.next <= pc && lineAt.step());
		if (pc >= lineAt.next && pc >= fileAt.next) break;
		while (d !== null && stmt < d.stmts.length && d.stmts[stmt] < pc) stmt++;
		const starts = d === null || pc === 0 || pc === d.prologueEnd || d.stmts[stmt] === pc;
		const file = info.files[fileAt.value] === undefined ? -1 : fileAt.value;
		const number = lineAt.value + info.startLine;
		if (file !== lastFile || number !== lastLine || (d !== null && starts)) {
			runs.row(pc, file, number, starts, d !== null && pc === d.prologueEnd);
			lastFile = file;
			lastLine = number;
		}
		pc = nextBoundary(pc, size, fileAt.next, lineAt.next, d === null ? [] : d.stmts, stmt, d?.prologueEnd ?? 0);
	}
}

function nextBoundary(pc: number, size: number, a: number, b: number, stmts: readonly number[], stmt: number, prologueEnd: number): number {
	let next = size;
	if (a > pc) next = Math.min(next, a);
	if (b > pc) next = Math.min(next, b);
	for (let i = stmt; i < stmts.length && stmts[i] < next; i++)
		if (stmts[i] > pc) return Math.min(next, stmts[i], prologueEnd > pc ? prologueEnd : next);
	return prologueEnd > pc ? Math.min(next, prologueEnd) : next;
}
