// The names of a program, each with one number, over all packs and strings that mention them. The number of a name of a pack is found
// when somebody asks; nothing makes a string of a name unless its text is wanted.

import { findName, hashBytes, type Pack } from "./pack.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A pack whose names have numbers in a name space. */
export class LoadedPack {
	readonly pack: Pack;
	/** Number of each of the pack's names, 0 = not looked up yet. */
	readonly ids: Int32Array;
	readonly names: Names;
	/** Of the pack's contents, "" when it is not known. */
	readonly digest: string;
	/** Names of its symbols mention no package outside GOROOT. */
	readonly standard: boolean;

	constructor(pack: Pack, names: Names, digest = "", standard = false) {
		this.pack = pack;
		this.digest = digest;
		this.standard = standard;
		this.ids = new Int32Array(pack.nameHash.length);
		this.names = names;
	}

	/** The number of a name of the pack. */
	id(name: number): number {
		return this.ids[name] || (this.ids[name] = this.names.resolve(this.pack, name));
	}

	/** The number of a symbol (twice that of its name, plus the ABI) by its ref. */
	symbol(ref: number): number {
		const name = ref >> 1;
		return ((this.ids[name] || this.id(name)) << 1) | (ref & 1);
	}

	text(name: number): string {
		return this.names.text(this.id(name));
	}

	private entries: Int32Array | null = null;
	private values: Map<number, number> | null = null;

	/** The entry with this ref as key, -1 = none. */
	entry(ref: number): number {
		if (this.entries === null) {
			const { entRef } = this.pack;
			this.entries = new Int32Array(2 * this.ids.length);
			for (let e = 0; e < entRef.length; e++) if (entRef[e] >= 0) this.entries[entRef[e]] = e + 1;
		}
		return this.entries[ref] - 1;
	}

	/** The pack's own name with the number that is given, -1 = it does not have it. */
	ownName(id: number): number {
		return this.names.within(this.pack, id);
	}

	/** What is kept by a key, if anything. */
	value(key: string): Uint8Array | undefined {
		if (this.values === null) {
			const { kvKey } = this.pack;
			this.values = new Map();
			for (let i = 0; i < kvKey.length; i++) this.values.set(kvKey[i], i);
		}
		const name = this.names.findText(this.pack, key);
		const i = name < 0 ? undefined : this.values.get(name);
		return i === undefined ? undefined : this.pack.kvBytes.subarray(this.pack.kvAt[i], this.pack.kvAt[i + 1]);
	}
}

export class Names {
	/** Where the bytes of a name are, by its number. */
	private readonly bufs: Uint8Array[] = [new Uint8Array(0)];
	private froms: Int32Array = new Int32Array(1 << 14);
	private tos: Int32Array = new Int32Array(1 << 14);
	private hashes: Int32Array = new Int32Array(1 << 14);
	private readonly texts: (string | undefined)[] = [""];
	private slots: Int32Array = new Int32Array(1 << 15);
	private scratch: Uint8Array = new Uint8Array(1 << 10);
	/** One more than the largest number. */
	count = 1;

	private add(buf: Uint8Array, from: number, to: number, hash: number, text: string | undefined): number {
		const id = this.count++;
		if (id === this.froms.length) {
			this.froms = grown(this.froms);
			this.tos = grown(this.tos);
			this.hashes = grown(this.hashes);
		}
		this.bufs.push(buf);
		this.texts.push(text);
		this.froms[id] = from;
		this.tos[id] = to;
		this.hashes[id] = hash;
		return id;
	}

	/** The slot of the name with these bytes, or the empty one where it would be. */
	private find(buf: Uint8Array, from: number, to: number, hash: number): number {
		const mask = this.slots.length - 1;
		const n = to - from;
		let slot = (hash ^ (hash >>> 15)) & mask;
		for (;;) {
			const id = this.slots[slot];
			if (id === 0) return slot;
			if (this.hashes[id] === hash && this.tos[id] - this.froms[id] === n) {
				const other = this.bufs[id];
				const start = this.froms[id];
				let i = 0;
				while (i < n && other[start + i] === buf[from + i]) i++;
				if (i === n) return slot;
			}
			slot = (slot + 1) & mask;
		}
	}

	private insert(slot: number, id: number): void {
		this.slots[slot] = id;
		if (this.count * 2 < this.slots.length) return;
		const old = this.slots;
		this.slots = new Int32Array(old.length * 2);
		const mask = this.slots.length - 1;
		for (const x of old) {
			if (x === 0) continue;
			const h = this.hashes[x];
			let at = (h ^ (h >>> 15)) & mask;
			while (this.slots[at] !== 0) at = (at + 1) & mask;
			this.slots[at] = x;
		}
	}

	/** The number of a name of a pack; local names get one of their own. */
	resolve(p: Pack, name: number): number {
		const from = p.nameAt[name];
		const to = p.nameAt[name + 1];
		const hash = p.nameHash[name];
		if (p.nameLocal[name] === 1) return this.add(p.nameBytes, from, to, hash, undefined);
		const slot = this.find(p.nameBytes, from, to, hash);
		const known = this.slots[slot];
		if (known !== 0) return known;
		const id = this.add(p.nameBytes, from, to, hash, undefined);
		this.insert(slot, id);
		return id;
	}

	private encode(text: string): number {
		if (text.length * 3 > this.scratch.length) this.scratch = new Uint8Array(text.length * 6);
		return encoder.encodeInto(text, this.scratch).written;
	}

	/** The number of a name, made when new. */
	intern(text: string): number {
		const n = this.encode(text);
		const hash = hashBytes(this.scratch, 0, n);
		const slot = this.find(this.scratch, 0, n, hash);
		const known = this.slots[slot];
		if (known !== 0) return known;
		const id = this.add(this.scratch.slice(0, n), 0, n, hash, text);
		this.insert(slot, id);
		return id;
	}

	/** The number of a name, 0 when nothing has mentioned it. */
	lookup(text: string): number {
		const n = this.encode(text);
		return this.slots[this.find(this.scratch, 0, n, hashBytes(this.scratch, 0, n))];
	}

	/** The name of a pack that is the same as the one with this number, -1 = none. */
	within(p: Pack, id: number): number {
		return findName(p, this.bufs[id], this.froms[id], this.tos[id], this.hashes[id]);
	}

	/** The name of a pack with this text, -1 = none. */
	findText(p: Pack, text: string): number {
		const n = this.encode(text);
		return findName(p, this.scratch, 0, n, hashBytes(this.scratch, 0, n));
	}

	text(id: number): string {
		let s = this.texts[id];
		if (s === undefined) {
			s = decoder.decode(this.bytes(id));
			this.texts[id] = s;
		}
		return s;
	}

	/** UTF-8. */
	bytes(id: number): Uint8Array {
		return this.bufs[id].subarray(this.froms[id], this.tos[id]);
	}
}

function grown(old: Int32Array): Int32Array {
	const now = new Int32Array(old.length * 2);
	now.set(old);
	return now;
}
