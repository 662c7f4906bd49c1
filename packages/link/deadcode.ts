// Which symbols the program needs: a flood from the entry point along relocations,
// with the rules for methods. A method of a type that was converted to an interface
// is kept when its name and type match an interface method somebody calls, when its
// name is used through reflection or a generic interface, or, exported, when somebody
// uses reflection with unknown names.

import { BitSet } from "#base";
import { ABI0, ABIInternal, RelocKind, SymFlag, SymKind } from "#object";
import type { Symbols } from "./symbols.ts";
import type { TypeInfo } from "./typeinfo.ts";

/** Methods of reached types, as columns; a method is kept by marking its relocations of the type. */
interface Candidates {
	type: number[];
	name: string[];
	mtyp: number[];
	/** Relocations of the type: from..to in relocs. */
	from: number[];
	to: number[];
	relocs: number[];
}

class Deadcode {
	private readonly syms: Symbols;
	private readonly types: TypeInfo;
	readonly reached: BitSet;
	private readonly usedInIface: BitSet;
	private readonly work: number[] = [];
	private candidates: Candidates = { type: [], name: [], mtyp: [], from: [], to: [], relocs: [] };
	/** Called interface methods: `name`, then the type's id. */
	private readonly called = new Set<string>();
	private readonly calledNames = new Set<string>();
	private reflectSeen = false;

	constructor(syms: Symbols, types: TypeInfo) {
		this.syms = syms;
		this.types = types;
		this.reached = new BitSet(syms.count);
		this.usedInIface = new BitSet(syms.count);
	}

	mark(id: number): void {
		if (id !== 0 && this.reached.add(id)) this.work.push(id);
	}

	/** Marks a type as convertible to an interface; if it was visited already it is visited again. */
	private markUsedInIface(id: number): void {
		if (!this.usedInIface.add(id)) return;
		if (this.reached.has(id)) this.work.push(id);
	}

	run(): void {
		for (;;) {
			while (this.work.length > 0) this.visit(this.work.pop() as number);
			this.markMethods();
			if (this.work.length === 0) return;
		}
	}

	private visit(id: number): void {
		const { syms } = this;
		if (syms.pack[id] < 0 || syms.made[id] === 1) return;
		const flags = syms.flags[id];
		if ((flags & SymFlag.ReflectMethod) !== 0) this.reflectSeen = true;
		const isType = syms.isType(id);
		if (isType && (flags & SymFlag.UsedInIface) !== 0) this.usedInIface.add(id);
		const asIface = isType && this.usedInIface.has(id);
		const { relKind, relTarget } = syms;
		const end = syms.relTo[id];
		let hasMethods = false;
		for (let i = syms.relFrom[id]; i < end; i++) {
			const to = relTarget[i];
			switch (relKind[i]) {
				case RelocKind.WeakTypeOff:
				case RelocKind.WeakAddr:
				case RelocKind.WeakCall:
				case RelocKind.InitOrder:
				case RelocKind.CallInd:
				case RelocKind.Size:
					break;
				case RelocKind.MethodOff:
					hasMethods = true;
					break;
				case RelocKind.UseIface:
					this.markUsedInIface(syms.kind[to] === SymKind.Itab ? this.types.itabType(to) : to);
					break;
				case RelocKind.UseIfaceMethod: {
					const m = this.types.imethod(to, syms.relAdd[i]);
					this.called.add(`${this.types.name(m.name)} ${m.typ}`);
					break;
				}
				case RelocKind.UseNamedMethod:
					if (syms.isDefined(to)) this.calledNames.add(new TextDecoder().decode(syms.data(to)));
					break;
				default:
					if (asIface && !this.usedInIface.has(to) && syms.isDefined(to) && syms.isType(to)) this.markUsedInIface(to);
					this.mark(to);
			}
		}
		if (hasMethods && asIface) this.addCandidates(id);
		const f = syms.func(id);
		if (f < 0) return;
		const lp = syms.packs[syms.pack[id]];
		const p = lp.pack;
		const to = p.fnFuncdataAt[f + 1];
		for (let i = p.fnFuncdataAt[f]; i < to; i++) if (p.funcdataRef[i] >= 0) this.mark(lp.symbol(p.funcdataRef[i]));
	}

	/** Records the methods of a type that was converted to an interface. */
	private addCandidates(id: number): void {
		const { off, count } = this.types.methods(id);
		const stride = this.types.methodSize;
		const names = new Int32Array(count);
		const mtyps = new Int32Array(count);
		const relocs: number[][] = Array.from({ length: count }, () => []);
		const { relOff, relTarget } = this.syms;
		for (let i = this.syms.relFrom[id]; i < this.syms.relTo[id]; i++) {
			const index = Math.floor((relOff[i] - off) / stride);
			if (index < 0 || index >= count) continue;
			const field = (relOff[i] - off) % stride;
			const to = relTarget[i];
			if (field === 0) names[index] = to;
			if (field === this.types.offMethodMtyp) mtyps[index] = to;
			if (field !== 0) relocs[index].push(i);
		}
		const c = this.candidates;
		for (let m = 0; m < count; m++) {
			// A method's type leads to its parameters' types by reflection.
			if (mtyps[m] !== 0) this.markUsedInIface(mtyps[m]);
			c.type.push(id);
			c.name.push(names[m] === 0 ? "" : this.types.name(names[m]));
			c.mtyp.push(mtyps[m]);
			c.from.push(c.relocs.length);
			for (const i of relocs[m]) c.relocs.push(relTarget[i]);
			c.to.push(c.relocs.length);
		}
	}

	private markMethods(): void {
		const old = this.candidates;
		const rest: Candidates = { type: [], name: [], mtyp: [], from: [], to: [], relocs: old.relocs };
		for (let i = 0; i < old.type.length; i++) {
			const name = old.name[i];
			const keep = (this.reflectSeen && isExported(name)) || this.calledNames.has(name) || this.called.has(`${name} ${old.mtyp[i]}`);
			if (keep) {
				for (let r = old.from[i]; r < old.to[i]; r++) this.mark(old.relocs[r]);
			} else {
				rest.type.push(old.type[i]);
				rest.name.push(name);
				rest.mtyp.push(old.mtyp[i]);
				rest.from.push(old.from[i]);
				rest.to.push(old.to[i]);
			}
		}
		this.candidates = rest;
	}
}

function isExported(name: string): boolean {
	return /^\p{Lu}/u.test(name);
}

/** Names that are kept whether or not anything refers to them. */
const ROOTS = ["runtime.unreachableMethod", "runtime.mapinitnoop"];

/** The reached symbols. roots are ids besides the fixed ones and the symbols flagged Keep. */
export function findReachable(syms: Symbols, types: TypeInfo, roots: readonly number[]): BitSet {
	const d = new Deadcode(syms, types);
	for (const id of roots) d.mark(id);
	for (const name of ROOTS) {
		d.mark(syms.lookup(name, ABI0));
		d.mark(syms.lookup(name, ABIInternal));
	}
	for (const id of syms.defined) if ((syms.flags[id] & SymFlag.Keep) !== 0) d.mark(id);
	d.run();
	return d.reached;
}
