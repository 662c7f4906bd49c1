// Copies symbols to their places in the image and applies their relocations.

import type { BitSet } from "#base";
import { ABI0, ABIInternal, RelocKind, SymKind } from "#object";
import { type Layout, Sec } from "./layout.ts";
import type { Symbols } from "./symbols.ts";

/** Offset of g from FS: the last word before the thread pointer. */
const TLS_OFFSET = -8;
const INT3 = 0xcc;

export class Relocator {
	private readonly syms: Symbols;
	private readonly layout: Layout;
	private readonly reached: BitSet;
	private readonly image: Uint8Array;
	private readonly view: DataView;
	private readonly unreachableMethod: number;
	private readonly mapinitnoop: number;
	private readonly unresolved = new Set<string>();

	constructor(layout: Layout, reached: BitSet, image: Uint8Array) {
		this.syms = layout.syms;
		this.layout = layout;
		this.reached = reached;
		this.image = image;
		this.view = new DataView(image.buffer, image.byteOffset, image.length);
		this.mapinitnoop = this.syms.lookup("runtime.mapinitnoop", ABIInternal) || this.syms.lookup("runtime.mapinitnoop", ABI0);
		this.unreachableMethod =
			this.syms.lookup("runtime.unreachableMethod", ABIInternal) || this.syms.lookup("runtime.unreachableMethod", ABI0);
	}

	/** Writes all placed symbols that have a definition. */
	run(): void {
		const text = this.layout.sections[Sec.text];
		this.image.fill(INT3, text.offset, text.offset + text.size);
		for (let sec = 0; sec < Sec.bss; sec++) {
			for (const id of this.layout.placed[sec]) {
				if (this.syms.pack[id] < 0 || this.syms.made[id] === 1) continue;
				const at = this.layout.fileOffset(id);
				const data = this.syms.data(id);
				if (data.length > this.syms.size[id]) {
					this.syms.error(`${this.syms.name(id)}: initialize bounds (${this.syms.size[id]} < ${data.length})`);
					continue;
				}
				this.image.set(data, at);
				if (this.syms.relFrom[id] < this.syms.relTo[id]) this.apply(id, at);
			}
		}
	}

	private apply(id: number, at: number): void {
		const { addr } = this.layout;
		const { relOff: off, relSize: size, relKind: kind, relTarget, relAdd: add } = this.syms;
		const limit = this.syms.size[id];
		const place = addr[id];
		const end = this.syms.relTo[id];
		for (let i = this.syms.relFrom[id]; i < end; i++) {
			const n = size[i];
			if (n === 0) continue;
			const to = relTarget[i];
			const o = off[i];
			if (o < 0 || o + n > limit) {
				this.syms.error(`${this.syms.name(id)}: invalid relocation ${this.syms.name(to)}: ${o}+${n} not in [0,${limit})`);
				continue;
			}
			const k = kind[i];
			if (k === RelocKind.TlsLE) {
				this.put(at + o, n, TLS_OFFSET + add[i]);
				continue;
			}
			if (k === RelocKind.Size) {
				this.put(at + o, n, this.syms.size[to] + add[i]);
				continue;
			}
			if (this.layout.sec[to] < 0) {
				this.dead(id, i, to, at + o);
				continue;
			}
			switch (k) {
				case RelocKind.PcRel:
				case RelocKind.WeakCall:
				case RelocKind.Call: {
					const v = addr[to] + add[i] - (place + o + 4);
					if (v !== (v | 0)) this.syms.error(`${this.syms.name(id)}: relocation to ${this.syms.name(to)} is too far`);
					this.view.setInt32(at + o, v, true);
					break;
				}
				case RelocKind.Addr:
				case RelocKind.WeakAddr:
					this.putAddr(id, at + o, n, addr[to] + add[i]);
					break;
				case RelocKind.TypeOff:
				case RelocKind.WeakTypeOff:
				case RelocKind.MethodOff:
				case RelocKind.TextOff:
					this.view.setInt32(at + o, addr[to] + add[i] - this.baseOf(to), true);
					break;
				default:
					this.syms.error(`${this.syms.name(id)}: relocation kind ${k} of ${n} bytes to ${this.syms.name(to)} is not supported`);
			}
		}
	}

	/** What offsets to symbol id count from: runtime.text or runtime.types. */
	private baseOf(id: number): number {
		return this.layout.sections[this.layout.sec[id] === Sec.text ? Sec.text : Sec.rodata].addr;
	}

	/** A relocation whose target is not in the program. */
	private dead(id: number, i: number, to: number, at: number): void {
		const k = this.syms.relKind[i];
		const defined = this.syms.kind[to] !== 0;
		if (k === RelocKind.WeakTypeOff) return;
		if (k === RelocKind.MethodOff) {
			this.put(at, this.syms.relSize[i], -1);
			return;
		}
		if (k === RelocKind.WeakAddr) {
			// A zero in an itab would mean "does not implement".
			if (this.syms.kind[id] === SymKind.Itab && this.unreachableMethod !== 0) this.put(at, 8, this.layout.addr[this.unreachableMethod]);
			return;
		}
		if (k === RelocKind.WeakCall && this.mapinitnoop !== 0) {
			this.put(at, 4, this.layout.addr[this.mapinitnoop] - (this.layout.addr[id] + this.syms.relOff[i] + 4));
			return;
		}
		if (to === 0) return;
		if (!defined) this.undefined(id, to);
		else if (!this.reached.has(to)) this.syms.error(`${this.syms.name(id)}: unreachable sym in relocation: ${this.syms.name(to)}`);
		else this.syms.error(`${this.syms.name(id)}: missing section for relocation target ${this.syms.name(to)}`);
	}

	private undefined(id: number, to: number): void {
		const key = `${id} ${to}`;
		if (this.unresolved.has(key)) return;
		this.unresolved.add(key);
		reportUndefined(this.syms, id, to);
	}

	private put(at: number, n: number, v: number): void {
		switch (n) {
			case 8:
				this.view.setInt32(at, v | 0, true);
				this.view.setInt32(at + 4, Math.floor(v / 0x1_0000_0000), true);
				break;
			case 4:
				this.view.setInt32(at, v | 0, true);
				break;
			case 2:
				this.view.setInt16(at, v, true);
				break;
			default:
				this.view.setInt8(at, v);
		}
	}

	private putAddr(id: number, at: number, n: number, v: number): void {
		if (n < 8 && (v < -0x8000_0000 || v > 0xffff_ffff))
			this.syms.error(`${this.syms.name(id)}: relocation address is too big: 0x${v.toString(16)}`);
		this.put(at, n, v);
	}
}

/** Reports that symbol `from` needs `to`, which nothing defines. */
export function reportUndefined(syms: Symbols, from: number, to: number): void {
	const name = syms.name(to);
	const where = syms.name(from);
	if (name === "main.main") {
		// The official linker names the runtime's reference, whichever comes first here.
		syms.error("runtime.main_main\u00b7f: function main is undeclared in the main package");
		return;
	}
	const abi = syms.abi(to);
	const other = syms.lookup(name, abi === ABI0 ? ABIInternal : ABI0);
	const text = ["ABI0", "ABIInternal"];
	if (other !== 0 && syms.kind[other] !== 0) {
		syms.error(`${where}: relocation target ${name} not defined for ${text[abi]} (but is defined for ${text[1 - abi]})`);
	} else syms.error(`${where}: relocation target ${name} not defined`);
}
