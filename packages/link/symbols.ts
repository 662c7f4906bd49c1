// All symbols of the link as columns by number (Names: twice that of the name, plus the ABI). 0 is no symbol. The relocations of
// what was loaded lie in one table with their targets' numbers; after loading nothing looks at a name in a loop over relocations.

import type { Diagnostic } from "#base";
import { ABI0, ABIInternal, LoadedPack, type Names, type Pack, packOf, newPackLists, SymBit, SymFlag, SymKind } from "#object";

const noBytes = new Uint8Array(0);

export class Symbols {
	readonly space: Names;
	readonly packs: LoadedPack[] = [];
	/** Index in packs of the definition that counts, -1 = undefined or made by the linker; its index there. */
	pack: Int32Array;
	sym: Int32Array;
	/** SymKind, 0 = undefined. */
	kind: Uint8Array;
	flags: Int32Array;
	/** SymBit. */
	bits: Uint8Array;
	/** 1 = the linker makes the contents and places it by hand; a definition only tells the Go type. */
	made: Uint8Array;
	/** Definitions in the order in which they were loaded; 0 = none. */
	seq: Int32Array;
	/** Bytes in memory. */
	size: Float64Array;
	/** Number of the type descriptor of a variable, 0 = none. */
	gotype: Int32Array;
	/** Numbers of all defined symbols in the order of seq. */
	readonly defined: number[] = [];
	/** Number of the name of the package that it comes with. */
	pkg: Int32Array;
	/** Packages of what was loaded, in that order, with repetitions. */
	readonly loadedPackages: number[] = [];
	/** Relocations: first of each symbol, and one more than the last. */
	relFrom: Int32Array;
	relTo: Int32Array;
	relOff: Int32Array = new Int32Array(0);
	relSize: Uint8Array = new Uint8Array(0);
	relKind: Uint8Array = new Uint8Array(0);
	relTarget: Int32Array = new Int32Array(0);
	relAdd: Float64Array = new Float64Array(0);
	private readonly report: (d: Diagnostic) => void;
	errors = 0;

	constructor(space: Names, report: (d: Diagnostic) => void) {
		this.space = space;
		this.report = report;
		const n = 2 * space.count + 4096;
		this.pack = new Int32Array(n).fill(-1);
		this.sym = new Int32Array(n);
		this.kind = new Uint8Array(n);
		this.flags = new Int32Array(n);
		this.bits = new Uint8Array(n);
		this.made = new Uint8Array(n);
		this.seq = new Int32Array(n);
		this.size = new Float64Array(n);
		this.gotype = new Int32Array(n);
		this.pkg = new Int32Array(n);
		this.relFrom = new Int32Array(n);
		this.relTo = new Int32Array(n);
	}

	/** One more than the largest number. */
	get count(): number {
		return 2 * this.space.count;
	}

	/** Makes the columns long enough for all names. */
	private grow(): void {
		const need = this.count;
		if (need <= this.kind.length) return;
		const n = Math.max(need, 2 * this.kind.length);
		const i32 = (old: Int32Array, fill = 0): Int32Array => {
			const now = new Int32Array(n);
			if (fill !== 0) now.fill(fill, old.length);
			now.set(old);
			return now;
		};
		const u8 = (old: Uint8Array): Uint8Array => {
			const now = new Uint8Array(n);
			now.set(old);
			return now;
		};
		const size = new Float64Array(n);
		size.set(this.size);
		this.size = size;
		this.pack = i32(this.pack, -1);
		this.sym = i32(this.sym);
		this.kind = u8(this.kind);
		this.flags = i32(this.flags);
		this.bits = u8(this.bits);
		this.made = u8(this.made);
		this.seq = i32(this.seq);
		this.gotype = i32(this.gotype);
		this.pkg = i32(this.pkg);
		this.relFrom = i32(this.relFrom);
		this.relTo = i32(this.relTo);
	}

	/** Reports an error in the official linker's wording. */
	error(msg: string): void {
		this.errors++;
		this.report({ pos: 0, code: "LinkError", msg, soft: false });
	}

	name(id: number): string {
		return this.space.text(id >> 1);
	}

	abi(id: number): number {
		return id & 1;
	}

	/** The number of a global name, made when new. */
	intern(name: string, abi: number): number {
		const id = 2 * this.space.intern(name) + abi;
		this.grow();
		return id;
	}

	/** The number of a global name, 0 when nothing mentions it. */
	lookup(name: string, abi: number = ABI0): number {
		const id = this.space.lookup(name);
		return id === 0 ? 0 : 2 * id + (abi === ABIInternal ? 1 : 0);
	}

	isDefined(id: number): boolean {
		return this.pack[id] >= 0;
	}

	/** A symbol made by the linker; its bytes are written after layout. */
	define(name: string, kind: number, size: number): number {
		const id = this.intern(name, ABI0);
		this.kind[id] = kind;
		this.size[id] = size;
		this.flags[id] = SymFlag.Noptr;
		this.made[id] = 1;
		this.bits[id] |= SymBit.Listed;
		return id;
	}

	/** Loads entries of packs, in this order: (index in packs, entry). */
	load(packs: readonly LoadedPack[], order: { pack: Int32Array | readonly number[]; entry: Int32Array | readonly number[] }): void {
		this.packs.push(...packs);
		const n = order.pack.length;
		for (let k = 0; k < n; k++) {
			const at = order.pack[k];
			const lp = packs[at];
			const p = lp.pack;
			const entry = order.entry[k];
			const pkg = lp.id(p.entPkg[entry]);
			this.loadedPackages.push(pkg);
			const to = p.entSymAt[entry + 1];
			for (let s = p.entSymAt[entry]; s < to; s++) {
				const id = lp.symbol(p.symRef[s]);
				if (id >= this.kind.length) this.grow();
				this.add(id, at, s, pkg);
			}
		}
		this.loadRelocs();
	}

	/** Resolves the definition s of a pack against what is there already. */
	private add(id: number, at: number, s: number, pkg: number): void {
		if (this.pack[id] < 0) {
			this.set(id, at, s, pkg);
			return;
		}
		const p = this.packs[at].pack;
		const flags = p.symFlags[s];
		const size = p.symSize[s];
		const oldSize = this.size[id];
		const oldFlags = this.flags[id];
		if ((flags & SymFlag.Dupok) !== 0) {
			if (oldSize < size) this.set(id, at, s, pkg);
			return;
		}
		if ((oldFlags & SymFlag.Dupok) !== 0 || (flags & SymFlag.Linkname) !== 0) return;
		if ((oldFlags & SymFlag.Linkname) !== 0) {
			this.set(id, at, s, pkg);
			return;
		}
		const newText = p.symKind[s] === SymKind.Text;
		const oldText = this.kind[id] === SymKind.Text;
		const oldEmpty = !oldText && this.data(id).length === 0;
		const newEmpty = !newText && p.symDataAt[s] === p.symDataAt[s + 1];
		if (oldEmpty && (newText || !newEmpty || size > oldSize)) {
			this.set(id, at, s, pkg);
			if (!newText && oldSize > size) this.size[id] = oldSize;
		} else if (newEmpty) {
			if (size > oldSize && !oldText) this.size[id] = size;
		} else {
			const describe = (from: number, kind: number, bytes: number): string =>
				`${this.space.text(from)} (type ${kindName(kind)} size ${bytes})`;
			this.error(
				`duplicated definition of symbol ${this.name(id)}, from ${describe(pkg, p.symKind[s], size)} and ${describe(this.pkg[id], this.kind[id], oldSize)}`,
			);
		}
	}

	private set(id: number, at: number, s: number, pkg: number): void {
		const p = this.packs[at].pack;
		this.pack[id] = at;
		this.sym[id] = s;
		this.pkg[id] = pkg;
		if (this.seq[id] === 0) {
			this.defined.push(id);
			this.seq[id] = this.defined.length;
		}
		this.kind[id] = p.symKind[s];
		this.flags[id] = p.symFlags[s];
		this.bits[id] = p.symBits[s];
		this.size[id] = p.symSize[s];
	}

	/** Numbers of the targets of all relocations, and of the variables' types. */
	private loadRelocs(): void {
		let total = 0;
		for (const id of this.defined) {
			const p = this.packs[this.pack[id]].pack;
			const s = this.sym[id];
			total += p.symRelAt[s + 1] - p.symRelAt[s];
		}
		this.relOff = new Int32Array(total);
		this.relSize = new Uint8Array(total);
		this.relKind = new Uint8Array(total);
		this.relTarget = new Int32Array(total);
		this.relAdd = new Float64Array(total);
		let at = 0;
		for (const id of this.defined) at = this.loadRelocsOf(id, at);
		this.grow();
	}

	private loadRelocsOf(id: number, at: number): number {
		const { relOff, relSize, relKind, relTarget, relAdd } = this;
		const lp = this.packs[this.pack[id]];
		const p = lp.pack;
		const { ids } = lp;
		const s = this.sym[id];
		const type = p.symType[s];
		if (type >= 0) this.gotype[id] = lp.symbol(type);
		this.relFrom[id] = at;
		const to = p.symRelAt[s + 1];
		for (let i = p.symRelAt[s]; i < to; i++, at++) {
			const ref = p.relRef[i];
			relOff[at] = p.relOff[i];
			relSize[at] = p.relSize[i];
			relKind[at] = p.relKind[i];
			relTarget[at] = ((ids[ref >> 1] || lp.id(ref >> 1)) << 1) | (ref & 1);
			relAdd[at] = p.relAdd[i];
		}
		this.relTo[id] = at;
		if (p.symFunc[s] >= 0) touch(lp, p.symFunc[s]);
		return at;
	}

	packAt(id: number): Pack {
		return this.packs[this.pack[id]].pack;
	}

	/** Bytes of a symbol, none when nothing defines it. */
	data(id: number): Uint8Array {
		if (this.pack[id] < 0) return noBytes;
		const p = this.packs[this.pack[id]].pack;
		const s = this.sym[id];
		return p.data.subarray(p.symDataAt[s], p.symDataAt[s + 1]);
	}

	/** Bytes that a data symbol asks to be aligned to, 0 = nothing. */
	align(id: number): number {
		return this.pack[id] < 0 ? 0 : this.packs[this.pack[id]].pack.symAlign[this.sym[id]];
	}

	/** Index of a function's metadata in its pack, -1 = none. */
	func(id: number): number {
		return this.pack[id] < 0 ? -1 : this.packs[this.pack[id]].pack.symFunc[this.sym[id]];
	}

	/** Index of the relocation at byte offset off of a symbol, -1 = none. */
	relocAt(id: number, off: number): number {
		const to = this.relTo[id];
		for (let i = this.relFrom[id]; i < to; i++) if (this.relOff[i] === off) return i;
		return -1;
	}

	/** The symbol that the relocation at byte offset off refers to, 0 = none. */
	targetAt(id: number, off: number): number {
		const i = this.relocAt(id, off);
		return i < 0 ? 0 : this.relTarget[i];
	}

	/** A definition's contents are dropped: it becomes n zero bytes of data without relocations. */
	blank(id: number, kind: number, n: number): void {
		const lists = newPackLists();
		lists.symKind.u8(kind);
		lists.symFunc.push(-1);
		lists.symAlign.push(this.align(id));
		lists.data.zeros(n);
		lists.symDataAt.push(n);
		lists.entPkg.push(-1);
		lists.entSymAt.push(1);
		this.packs.push(new LoadedPack(packOf(lists), this.space, `blank ${kind} ${n}`, true));
		this.pack[id] = this.packs.length - 1;
		this.sym[id] = 0;
		this.relFrom[id] = 0;
		this.relTo[id] = 0;
		this.kind[id] = kind;
	}

	isType(id: number): boolean {
		return (this.bits[id] & SymBit.Type) !== 0;
	}
}

/** Gives numbers to all that a function's metadata mentions: columns by number must not grow after loading. */
function touch(lp: LoadedPack, f: number): void {
	const p = lp.pack;
	const { ids } = lp;
	const ref = (r: number): void => {
		if (r >= 0 && ids[r >> 1] === 0) lp.id(r >> 1);
	};
	for (let i = p.fnFuncdataAt[f]; i < p.fnFuncdataAt[f + 1]; i++) ref(p.funcdataRef[i]);
	for (let i = p.fnInlAt[f]; i < p.fnInlAt[f + 1]; i++) if (ids[p.inlFunc[i]] === 0) lp.id(p.inlFunc[i]);
	const firstVar = p.fnVarAt[f];
	const lastVar = p.fnVarAt[f + 1];
	for (let v = firstVar; v < lastVar; v++) ref(p.varType[v]);
	for (let i = p.locSymAt[p.varLocAt[firstVar]]; i < p.locSymAt[p.varLocAt[lastVar]]; i++) ref(p.lsRef[i]);
}

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
