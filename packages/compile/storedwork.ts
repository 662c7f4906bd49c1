// The work list over symbols of earlier builds: numbers only, no source and no objects. What it meets that is not kept goes to the
// ordinary work list; from there, what is kept comes back.

import { type Abi, ABIInternal, EntFlag, isWeak, type LoadedPack, type Names } from "#object";
import type { MethodRow, TypeReach } from "./reflectdata/reach.ts";
import { entryOfStored, packOfStored, type StoredSymbol, type SymbolStore } from "./store.ts";

/** Kept symbols of a program, for the linker: index of the pack and of the entry in it. */
export interface StoredEntries {
	names: Names;
	packs: readonly LoadedPack[];
	pack: number[];
	entry: number[];
}

/** What the driver does about a kept symbol's effects, and about what it needs that is not kept. */
export interface StoredHooks {
	/** Whether the kept symbol may be used, by its name. null = all may. */
	allowed: ((name: string) => boolean) | null;
	/** A symbol that making `from` queued. */
	need: (name: string, abi: Abi, from: number) => void;
	/** A symbol that relocations of `from` keep. */
	follow: (name: string, abi: Abi) => void;
	usedInIface: (link: string) => void;
	ifaceMethod: (key: string) => void;
	reflectMethod: () => void;
}

const Taken = 1;
/** The hooks were asked: about a relocation, about a need. */
const Followed = 2;
const Needed = 3;

export class StoredWork {
	private readonly store: SymbolStore;
	private readonly hooks: StoredHooks;
	readonly out: StoredEntries;
	/** By symbol: Taken, Followed, Needed. */
	private state: Uint8Array = new Uint8Array(1 << 15);
	/** The symbol that asked first for a taken one, 0 = fresh code. */
	private parent: Int32Array = new Int32Array(1 << 15);
	private readonly stack: number[] = [];
	private readonly stackAt: StoredSymbol[] = [];
	/** Number of the symbol for which each entry of out was taken, 0 = assembly. */
	private readonly takenFor: number[] = [];
	/** Types and methods that the hooks know of, by name. */
	private known: Uint8Array = new Uint8Array(1 << 14);
	private draining = false;
	private anyTaken = false;

	constructor(store: SymbolStore, hooks: StoredHooks) {
		this.store = store;
		this.hooks = hooks;
		this.out = { names: store.names, packs: store.packs, pack: [], entry: [] };
	}

	/** The number of a symbol that somebody has mentioned, 0 = nobody. */
	private lookup(name: string, abi: Abi): number {
		const id = this.store.names.lookup(name);
		return id === 0 ? 0 : 2 * id + (abi === ABIInternal ? 1 : 0);
	}

	isTaken(name: string, abi: Abi): boolean {
		return this.anyTaken && this.state[this.lookup(name, abi)] === Taken;
	}

	/** Where a symbol is kept. */
	find(name: string, abi: Abi): StoredSymbol {
		return this.store.findNamed(name, abi);
	}

	private reserve(id: number): void {
		if (id < this.state.length) return;
		const n = Math.max(2 * this.state.length, id + 1);
		const state = new Uint8Array(n);
		state.set(this.state);
		this.state = state;
		const parent = new Int32Array(n);
		parent.set(this.parent);
		this.parent = parent;
		const known = new Uint8Array(n >> 1);
		known.set(this.known);
		this.known = known;
	}

	/** Takes a kept symbol and all kept ones that it leads to. */
	take(name: string, abi: Abi, at: StoredSymbol): void {
		this.push(2 * this.store.names.intern(name) + abi, at, 0);
		this.drain();
	}

	private push(id: number, at: StoredSymbol, parent: number): void {
		this.reserve(id);
		if (this.state[id] === Taken) return;
		this.state[id] = Taken;
		this.anyTaken = true;
		this.parent[id] = parent;
		this.stack.push(id);
		this.stackAt.push(at);
	}

	private drain(): void {
		if (this.draining) return;
		this.draining = true;
		this.visitAll();
		this.draining = false;
	}

	/** Apart from drain: V8 replaces this loop while it runs for the first time, and leaves that code at each access behind the loop, of which it knows nothing. */
	private visitAll(): void {
		for (let id = this.stack.pop(); id !== undefined; id = this.stack.pop()) this.visit(id, this.stackAt.pop() as number);
	}

	private visit(id: number, at: StoredSymbol): void {
		const { hooks } = this;
		const pack = packOfStored(at);
		const e = entryOfStored(at);
		this.takenFor[this.out.pack.length] = id;
		this.out.pack.push(pack);
		this.out.entry.push(e);
		const lp = this.store.packs[pack];
		const p = lp.pack;
		for (let i = p.needAt[e]; i < p.needAt[e + 1]; i++) this.ref(pack, lp, p.needRef[i], id, true);
		for (let i = p.ifaceAt[e]; i < p.ifaceAt[e + 1]; i++)
			if (this.isNew(lp.id(p.ifaceName[i]), 1)) hooks.usedInIface(lp.text(p.ifaceName[i]));
		for (let i = p.methAt[e]; i < p.methAt[e + 1]; i++) if (this.isNew(lp.id(p.methName[i]), 2)) hooks.ifaceMethod(lp.text(p.methName[i]));
		if ((p.entFlags[e] & EntFlag.ReflectMethod) !== 0) hooks.reflectMethod();
		for (let i = p.followAt[e]; i < p.followAt[e + 1]; i++) this.ref(pack, lp, p.followRef[i], id, false);
	}

	/** bit: what is asked. */
	private isNew(name: number, bit: number): boolean {
		this.reserve(2 * name + 1);
		if ((this.known[name] & bit) !== 0) return false;
		this.known[name] |= bit;
		return true;
	}

	private ref(pack: number, lp: LoadedPack, ref: number, from: number, need: boolean): void {
		const id = lp.symbol(ref);
		this.reserve(id);
		const state = this.state[id];
		// A need tells how to make it; a relocation may only find what somebody else makes.
		if (state === Taken || state === Needed || (state === Followed && !need)) return;
		const { allowed } = this.hooks;
		const at = allowed === null || allowed(this.store.names.text(id >> 1)) ? this.store.findRef(pack, ref) : -1;
		if (at >= 0) {
			this.push(id, at, from);
			return;
		}
		this.state[id] = need ? Needed : Followed;
		const name = this.store.names.text(id >> 1);
		if (need) this.hooks.need(name, (id & 1) as Abi, from);
		else this.hooks.follow(name, (id & 1) as Abi);
	}

	/** Name and ABI of a symbol. */
	symbol(id: number): { name: string; abi: Abi } {
		return { name: this.store.names.text(id >> 1), abi: (id & 1) as Abi };
	}

	/** The kept symbol that asked first for another, 0 = fresh code did. */
	parentOf(id: number): number {
		return this.parent[id];
	}

	/** What a kept descriptor says of its type. */
	typeReach(at: StoredSymbol): TypeReach | null {
		const lp = this.store.packs[packOfStored(at)];
		const e = entryOfStored(at);
		const p = lp.pack;
		if ((p.entFlags[e] & EntFlag.Type) === 0) return null;
		const methods: MethodRow[] = [];
		for (let m = p.tmAt[e]; m < p.tmAt[e + 1]; m++) methods.push(new StoredMethod(this, lp, m));
		const parts: string[] = [];
		for (let i = p.tpAt[e]; i < p.tpAt[e + 1]; i++) parts.push(lp.text(p.tpName[i]));
		return { methods, parts };
	}

	// ---- assembly ----

	/** A fragment of assembly as an entry; its symbols with their numbers. */
	asmSymbols(at: StoredSymbol): { id: number; sym: number }[] {
		const lp = this.store.packs[packOfStored(at)];
		const p = lp.pack;
		const e = entryOfStored(at);
		const out: { id: number; sym: number }[] = [];
		for (let s = p.entSymAt[e]; s < p.entSymAt[e + 1]; s++) out.push({ id: lp.symbol(p.symRef[s]), sym: s });
		this.out.pack.push(packOfStored(at));
		this.out.entry.push(e);
		return out;
	}

	/** What a symbol of kept assembly keeps: symbols of its own fragment by own, others by name. */
	followAsm(at: StoredSymbol, sym: number, own: (id: number) => boolean, other: (name: string, abi: Abi) => void): void {
		const lp = this.store.packs[packOfStored(at)];
		const p = lp.pack;
		const see = (ref: number): void => {
			const id = lp.symbol(ref);
			if (!own(id)) other(this.store.names.text(id >> 1), (id & 1) as Abi);
		};
		for (let i = p.symRelAt[sym]; i < p.symRelAt[sym + 1]; i++) {
			const k = p.relKind[i];
			if (!isWeak(k)) see(p.relRef[i]);
		}
		const f = p.symFunc[sym];
		if (f >= 0) for (let i = p.fnFuncdataAt[f]; i < p.fnFuncdataAt[f + 1]; i++) if (p.funcdataRef[i] >= 0) see(p.funcdataRef[i]);
	}

	// ---- what debuggers read ----

	/**
	 * Types that variables of the taken symbols have, by number, and the first symbol that has such a variable (0 = assembly); made receives
	 * what the symbols define.
	 */
	debugTypes(made: (id: number) => void): { type: number; owner: number }[] {
		const out: { type: number; owner: number }[] = [];
		const seen = new Uint8Array(2 * this.store.names.count + 2);
		this.out.pack.forEach((pack, k) => {
			const lp = this.store.packs[pack];
			const p = lp.pack;
			const e = this.out.entry[k];
			for (let s = p.entSymAt[e]; s < p.entSymAt[e + 1]; s++) made(lp.symbol(p.symRef[s]));
			for (let i = p.debugAt[e]; i < p.debugAt[e + 1]; i++) {
				const id = lp.symbol(p.debugRef[i]);
				if (id < seen.length) {
					if (seen[id] === 1) continue;
					seen[id] = 1;
				}
				out.push({ type: id, owner: this.takenFor[k] ?? 0 });
			}
		});
		return out;
	}

	/** Adds a kept descriptor without what it leads to; calls type and field for what describing it asks for. */
	describe(at: StoredSymbol, type: (id: number) => void, field: (id: number, at: () => StoredSymbol) => void): void {
		const pack = packOfStored(at);
		const e = entryOfStored(at);
		this.add(at);
		const lp = this.store.packs[pack];
		const p = lp.pack;
		for (let i = p.partAt[e]; i < p.partAt[e + 1]; i++) {
			const ref = p.partRef[i];
			const id = lp.symbol(ref);
			// type:.namedata. and the like have a dot there
			if (p.nameBytes[p.nameAt[ref >> 1] + 5] === 0x2e) field(id, () => this.store.findRef(pack, ref));
			else type(id);
		}
	}

	/** Adds a kept symbol alone. */
	add(at: StoredSymbol): void {
		this.out.pack.push(packOfStored(at));
		this.out.entry.push(entryOfStored(at));
	}
}

/** A row of a kept descriptor's method table. */
class StoredMethod implements MethodRow {
	readonly key: string;
	readonly exported: boolean;
	private readonly work: StoredWork;
	private readonly from: LoadedPack;
	private readonly row: number;

	constructor(work: StoredWork, from: LoadedPack, row: number) {
		this.key = from.text(from.pack.tmKey[row]);
		this.exported = from.pack.tmExported[row] === 1;
		this.work = work;
		this.from = from;
		this.row = row;
	}

	get needs(): { name: string; abi: Abi }[] {
		const { tmNeedAt, tmNeedRef } = this.from.pack;
		const out: { name: string; abi: Abi }[] = [];
		for (let i = tmNeedAt[this.row]; i < tmNeedAt[this.row + 1]; i++) out.push(this.work.symbol(this.from.symbol(tmNeedRef[i])));
		return out;
	}
}
