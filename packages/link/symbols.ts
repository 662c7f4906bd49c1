// All symbols of the link as columns by id. Id 0 is no symbol. Names are interned
// once per fragment; after loading nothing looks at a name in a loop over relocations.

import type { Diagnostic } from "#base";
import { ABI0, ABIInternal, type Fragment, type ObjSym, SymFlag, SymKind } from "#object";

const NO_REFS = new Int32Array(0);

export class Symbols {
	readonly names: string[] = [""];
	readonly abis: number[] = [ABI0];
	/** The definition that counts; null = undefined or made by the linker. */
	readonly defs: (ObjSym | null)[] = [null];
	/** Index of the definition's fragment in refs and pkgs, -1 = none. */
	readonly frag: number[] = [-1];
	/** SymKind, 0 = undefined. */
	readonly kind: number[] = [0];
	readonly flags: number[] = [0];
	/** 1 = the linker makes the contents and places it by hand; a definition only tells the Go type. */
	readonly made: number[] = [0];
	/** Definitions in the order of their fragments; 0 = none. */
	readonly seq: number[] = [0];
	private nextSeq = 1;
	/** Bytes in memory. */
	readonly size: number[] = [0];
	/** Per fragment: symbol id by index in the fragment's name table. */
	readonly refs: Int32Array[] = [];
	readonly pkgs: string[] = [];
	private readonly byName: [Map<string, number>, Map<string, number>] = [new Map(), new Map()];
	private readonly report: (d: Diagnostic) => void;
	errors = 0;

	constructor(report: (d: Diagnostic) => void) {
		this.report = report;
	}

	get count(): number {
		return this.names.length;
	}

	/** Reports an error in the official linker's wording. */
	error(msg: string): void {
		this.errors++;
		this.report({ pos: 0, code: "LinkError", msg, soft: false });
	}

	private fresh(name: string, abi: number): number {
		const id = this.names.length;
		this.names.push(name);
		this.abis.push(abi);
		this.defs.push(null);
		this.frag.push(-1);
		this.kind.push(0);
		this.flags.push(0);
		this.made.push(0);
		this.seq.push(0);
		this.size.push(0);
		return id;
	}

	/** The id of a global name, made when new. */
	intern(name: string, abi: number): number {
		const map = this.byName[abi === ABIInternal ? 1 : 0];
		const old = map.get(name);
		if (old !== undefined) return old;
		const id = this.fresh(name, abi);
		map.set(name, id);
		return id;
	}

	/** The id of a global name, 0 when nothing mentions it. */
	lookup(name: string, abi: number = ABI0): number {
		return this.byName[abi === ABIInternal ? 1 : 0].get(name) ?? 0;
	}

	/** A symbol made by the linker; its bytes are written after layout. */
	define(name: string, kind: number, size: number): number {
		const id = this.intern(name, ABI0);
		this.kind[id] = kind;
		this.size[id] = size;
		this.flags[id] = SymFlag.Noptr;
		this.made[id] = 1;
		return id;
	}

	load(fragment: Fragment): void {
		const { names, abis, syms } = fragment;
		const refs = names.length === 0 ? NO_REFS : new Int32Array(names.length);
		const index = this.refs.length;
		this.refs.push(refs);
		this.pkgs.push(fragment.pkg);
		for (const s of syms) {
			if ((s.flags & SymFlag.Local) !== 0) refs[s.name] = this.fresh(names[s.name], abis[s.name]);
		}
		for (let i = 0; i < names.length; i++) {
			if (refs[i] === 0) refs[i] = this.intern(names[i], abis[i]);
		}
		for (const s of syms) this.add(refs[s.name], s, index);
	}

	/** Resolves the definition s against what is there already. */
	private add(id: number, s: ObjSym, frag: number): void {
		const old = this.defs[id];
		if (old === null) {
			this.set(id, s, frag);
			return;
		}
		const oldSize = this.size[id];
		if ((s.flags & SymFlag.Dupok) !== 0) {
			if (oldSize < s.size) this.set(id, s, frag);
			return;
		}
		if ((old.flags & SymFlag.Dupok) !== 0 || (s.flags & SymFlag.Linkname) !== 0) return;
		if ((old.flags & SymFlag.Linkname) !== 0) {
			this.set(id, s, frag);
			return;
		}
		const newText = s.kind === SymKind.Text;
		const oldEmpty = old.kind !== SymKind.Text && old.data.length === 0;
		const newEmpty = !newText && s.data.length === 0;
		if (oldEmpty && (newText || !newEmpty || s.size > oldSize)) {
			this.set(id, s, frag);
			if (!newText && oldSize > s.size) this.size[id] = oldSize;
		} else if (newEmpty) {
			if (s.size > oldSize && old.kind !== SymKind.Text) this.size[id] = s.size;
		} else {
			const describe = (x: ObjSym, f: number, size: number): string => `${this.pkgs[f]} (type ${kindName(x.kind)} size ${size})`;
			this.error(
				`duplicated definition of symbol ${this.names[id]}, from ${describe(s, frag, s.size)} and ${describe(old, this.frag[id], oldSize)}`,
			);
		}
	}

	private set(id: number, s: ObjSym, frag: number): void {
		this.defs[id] = s;
		this.frag[id] = frag;
		if (this.seq[id] === 0) this.seq[id] = this.nextSeq++;
		this.kind[id] = s.kind;
		this.flags[id] = s.flags;
		this.size[id] = s.size;
	}

	/** The symbol that relocation i of symbol id refers to. */
	target(id: number, i: number): number {
		return this.refs[this.frag[id]][(this.defs[id] as ObjSym).relocs.target[i]];
	}

	/** The id of the type descriptor of variable id, 0 = none. */
	gotype(id: number): number {
		const def = this.defs[id];
		return def === null || def.gotype < 0 ? 0 : this.refs[this.frag[id]][def.gotype];
	}

	/** Index of the relocation at byte offset off of symbol id, -1 = none. */
	relocAt(id: number, off: number): number {
		const def = this.defs[id];
		return def === null ? -1 : def.relocs.off.indexOf(off);
	}

	/** The symbol that the relocation at byte offset off refers to, 0 = none. */
	targetAt(id: number, off: number): number {
		const i = this.relocAt(id, off);
		return i < 0 ? 0 : this.target(id, i);
	}

	/** Whether a text symbol belongs to the FIPS module: it is grouped and hashed. */
	isFipsText(id: number): boolean {
		const pkg = (this.flags[id] & SymFlag.Local) !== 0 ? this.pkgs[this.frag[id]] : this.names[id];
		if (!pkg.startsWith(FIPS) || (this.frag[id] >= 0 && this.pkgs[this.frag[id]].endsWith("_test"))) return false;
		const next = pkg.charCodeAt(FIPS.length);
		return pkg.length === FIPS.length || next === 0x2e || next === 0x2f;
	}
}

const FIPS = "crypto/internal/fips140";

/** Type names of symbols as the official linker prints them. */
const KIND_NAMES: Record<number, string> = {
	[SymKind.Text]: "STEXT",
	[SymKind.Rodata]: "SRODATA",
	[SymKind.Noptrdata]: "SNOPTRDATA",
	[SymKind.Data]: "SDATA",
	[SymKind.Bss]: "SBSS",
	[SymKind.Noptrbss]: "SNOPTRBSS",
	[SymKind.Tls]: "STLSBSS",
	[SymKind.RodataFips]: "SRODATAFIPS",
	[SymKind.NoptrdataFips]: "SNOPTRDATAFIPS",
	[SymKind.DataFips]: "SDATAFIPS",
	[SymKind.Inittask]: "SNOPTRDATA",
};

function kindName(kind: number): string {
	return KIND_NAMES[kind] ?? "SRODATA";
}
