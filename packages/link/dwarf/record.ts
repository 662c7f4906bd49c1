// What a link leaves to the next one of the same program: its debug sections in parts, each with a fingerprint of all that it was made
// from. A part is taken over when all of that is the same, and when the parts before it, taken over or made again, have put entries where they
// were: its references to them hold. The record decides on speed only.

import { ByteReader, ByteWriter, FormatError } from "#base";
import { hashBytes, SymFlag } from "#object";
import type { LinkInput } from "../input.ts";
import type { Layout } from "../layout.ts";
import type { AbstractRow } from "./abstracts.ts";
import { PART_SECTIONS, type Piece } from "./parts.ts";

/** Changes whenever the layout does, or what is written into the sections. */
const Version = 2;

/** A run of packages and what it adds to the sections. */
export interface Part {
	/** Rank of the first package, and one more than that of the last. */
	from: number;
	to: number;
	/** Type entries: keys and offsets. */
	types: string[];
	typeOffsets: number[];
	/** Types that the program must not have, and ranks of packages that had a say, -1 = something that is nowhere defined. */
	absent: string[];
	touched: number[];
	abstracts: AbstractRow[];
	/** By section. */
	pieces: Piece[];
}

/** What a link leaves. */
export interface DebugRecord {
	parts: Part[];
	/** Fingerprints of the packages by rank; "" = of one that is not in the cache, whose contents have none. */
	prints: string[];
}

interface Front {
	version: number;
	settings: string;
	prints: string[];
	parts: (Omit<Part, "pieces"> & { pieces: [size: number, adler: number, stored: number][] })[];
}

export function encodeRecord(settings: string, { parts, prints }: DebugRecord): Uint8Array {
	const front: Front = {
		version: Version,
		settings,
		prints,
		parts: parts.map((p) => ({ ...p, pieces: p.pieces.map((x) => [x.size, x.adler, x.bytes.length]) })),
	};
	const head = new TextEncoder().encode(JSON.stringify(front));
	const w = new ByteWriter(head.length + 8);
	w.u32(head.length);
	w.bytes(head);
	for (const p of parts) for (const x of p.pieces) w.bytes(x.bytes);
	return w.take();
}

/** A record for these settings; null when it is for others. Throws FormatError or SyntaxError when it is damaged. */
export function decodeRecord(bytes: Uint8Array, settings: string): DebugRecord | null {
	const r = new ByteReader(bytes);
	const front = JSON.parse(new TextDecoder().decode(r.bytes(r.u32()))) as Front;
	if (front.version !== Version || front.settings !== settings) return null;
	const parts = front.parts.map((p) => {
		if (p.pieces.length !== PART_SECTIONS.length) throw new FormatError("link record: number of sections", 0);
		return { ...p, pieces: p.pieces.map(([size, adler, stored]) => ({ size, adler, bytes: r.bytes(stored) })) };
	});
	return { parts, prints: front.prints };
}

/** What decides on the sections besides the packages' symbols. */
export function recordSettings(input: LinkInput): string {
	return JSON.stringify([input.goVersion, input.defaultGoroot, input.flags.compressDwarf !== null]);
}

/** Fingerprints of the packages: two numbers by rank, of their symbols and where they lie; known: 0 = some have contents without a digest. */
export class Fingerprints {
	private readonly a: Int32Array;
	private readonly b: Int32Array;
	private readonly known: Uint8Array;

	constructor(layout: Layout, ranks: Int32Array, count: number, input: LinkInput) {
		this.a = new Int32Array(count);
		this.b = new Int32Array(count);
		this.known = new Uint8Array(count).fill(1);
		const { syms } = layout;
		const packs = syms.packs.map((p) => hashText(p.digest));
		const empty = syms.packs.map((p) => p.digest === "");
		for (const p of input.packages) {
			const rank = ranks[syms.space.lookup(p.path)] ?? 0;
			if (rank > 0) this.mix(rank, ...hashText(`${p.path} ${p.name} ${p.flags ?? ""}`));
		}
		for (const id of syms.defined) {
			const rank = ranks[syms.pkg[id]];
			const pack = syms.pack[id];
			const name = syms.space.bytes(id >> 1);
			if (isClosure(name)) {
				// Its name says all. That of main.main lies with the runtime.
				this.mix(rank, hashBytes(name, 0, name.length), layout.addr[id]);
				continue;
			}
			if (empty[pack]) {
				this.known[rank] = 0;
				continue;
			}
			const [x, y] = packs[pack];
			this.mix(rank, x ^ Math.imul(syms.sym[id], 0x9e3779b1), y + syms.sym[id]);
			const bits = (syms.flags[id] & (SymFlag.Wrapper | SymFlag.Local)) * 16 + layout.sec[id];
			this.mix(rank, layout.addr[id], Math.imul(bits, 0x85ebca6b) ^ syms.size[id]);
		}
	}

	private mix(rank: number, x: number, y: number): void {
		let h = Math.imul(this.a[rank] ^ x, 0x01000193);
		h ^= h >>> 15;
		this.a[rank] = Math.imul(h, 0x2c1b3c6d) + this.b[rank];
		let g = Math.imul(this.b[rank] ^ y, 0x297a2d39);
		g ^= g >>> 13;
		this.b[rank] = Math.imul(g, 0x1b873593) + h;
	}

	/** By rank, "" when the contents are not known. */
	texts(): string[] {
		return Array.from(this.known, (known, r) => (known === 0 ? "" : `${(this.a[r] >>> 0).toString(36)} ${(this.b[r] >>> 0).toString(36)}`));
	}
}

/** `name·f` */
function isClosure(name: Uint8Array): boolean {
	const n = name.length;
	return n > 3 && name[n - 1] === 0x66 && name[n - 2] === 0xb7 && name[n - 3] === 0xc2;
}

function hashText(text: string): [number, number] {
	let a = 0x811c9dc5 | 0;
	let b = 0x1234567;
	for (let i = 0; i < text.length; i++) {
		a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
		b = Math.imul(b ^ text.charCodeAt(i), 0x297a2d39) + (b >>> 7);
	}
	return [a, b];
}

/** Whether the n-th part of a record may be what the packages from a rank on add, when all before it lies where it lay. has: whether the program has a type of that name. */
export function holds(record: DebugRecord, n: number, from: number, prints: readonly string[], has: (type: string) => boolean): boolean {
	const p = record.parts[n];
	if (p === undefined || p.from !== from || p.to > prints.length) return false;
	const same = (rank: number): boolean => rank >= 0 && prints[rank] !== "" && prints[rank] === record.prints[rank];
	for (let r = p.from; r < p.to; r++) if (!same(r)) return false;
	return p.touched.every(same) && !p.absent.some(has);
}

/** Whether what refers to entries of a part may refer to the other one as well. */
export function sameShape(a: Part, b: Part | undefined): boolean {
	const shape = (p: Part): string => JSON.stringify([p.from, p.to, p.types, p.typeOffsets, p.abstracts, p.pieces.map((x) => x.size)]);
	return b !== undefined && shape(a) === shape(b);
}
