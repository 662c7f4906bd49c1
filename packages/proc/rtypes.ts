// Types and a few variables of programs without debugging information, from what the runtime itself keeps: type
// descriptors (internal/abi/type.go) and the contents of memory.

import { Kind, Type } from "#bininfo";
import { MemoryError } from "./backend.ts";
import type { Program } from "./program.ts";

const KIND_MASK = 31;
const TFLAG_EXTRA_STAR = 2;
const TYPE_SIZE = 48;
const FIELD_SIZE = 24;
const POINTER = 8;
const MAX_FIELDS = 10_000;
const MAX_NAME = 1 << 16;
const MAX_LINKS = 1 << 20;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Types by descriptor and by name. */
export class RuntimeTypes {
	private readonly program: Program;
	private readonly byAddress: Map<number, Type> = new Map();
	private byName: Map<string, number> | null = null;

	constructor(program: Program) {
		this.program = program;
	}

	/** The type of a descriptor; throws MemoryError when it cannot be read. */
	at(address: number): Type {
		let t = this.byAddress.get(address);
		if (t === undefined) {
			t = this.build(address);
			this.byAddress.set(address, t);
		}
		return t;
	}

	/** A type by name, among those that the linker lists and what pointers in that list point to; null when there is none. */
	named(name: string): Type | null {
		if (this.byName === null) {
			this.byName = new Map();
			const { binary, memory } = this.program;
			const md = binary.moduleData;
			const count = Math.min(md.ntypelinks, MAX_LINKS);
			for (let i = 0; i < count; i++) {
				try {
					const address = md.types + binary.slide + memory.u32(md.typelinks + binary.slide + i * 4);
					this.byName.set(this.nameOf(address), address);
					if ((memory.u8(address + 23) & KIND_MASK) !== Kind.Pointer) continue;
					const elem = memory.word(address + TYPE_SIZE);
					this.byName.set(this.nameOf(elem), elem);
				} catch (e) {
					if (!(e instanceof MemoryError)) throw e;
				}
			}
		}
		const at = this.byName.get(name);
		return at === undefined ? null : this.at(at);
	}

	private nameOf(address: number): string {
		const { binary, memory } = this.program;
		const text = this.name(binary.moduleData.types + binary.slide + memory.u32(address + 40));
		return (memory.u8(address + 20) & TFLAG_EXTRA_STAR) !== 0 ? text.slice(1) : text;
	}

	/** A name: a byte of flags, a length, the bytes. */
	private name(address: number): string {
		const memory = this.program.memory;
		let length = 0;
		let at = address + 1;
		for (let shift = 0; shift < 28; shift += 7) {
			const b = memory.u8(at++);
			length |= (b & 0x7f) << shift;
			if (b < 0x80) break;
		}
		return length > MAX_NAME ? "" : decoder.decode(memory.read(at, length));
	}

	private build(address: number): Type {
		const memory = this.program.memory;
		const kind = memory.u8(address + 23) & KIND_MASK;
		const size = memory.word(address);
		const elemAt =
			(offset: number): (() => Type) =>
			() =>
				this.at(memory.word(address + offset));
		const base = { name: this.nameOf(address), kind, size };
		switch (kind) {
			case Kind.Pointer:
			case Kind.Slice:
			case Kind.Chan:
				return new Type({ ...base, elem: elemAt(TYPE_SIZE) });
			case Kind.Array:
				return new Type({ ...base, elem: elemAt(TYPE_SIZE), count: memory.word(address + TYPE_SIZE + 2 * POINTER) });
			case Kind.Map:
				return new Type({ ...base, key: elemAt(TYPE_SIZE), elem: elemAt(TYPE_SIZE + POINTER) });
			case Kind.Struct:
				return new Type({ ...base, fields: () => this.fields(address) });
			default:
				return new Type(base);
		}
	}

	private fields(address: number): { name: string; offset: number; embedded: boolean; type: Type }[] {
		const memory = this.program.memory;
		const list = memory.word(address + TYPE_SIZE + POINTER);
		const count = Math.min(memory.word(address + TYPE_SIZE + 2 * POINTER), MAX_FIELDS);
		const out: { name: string; offset: number; embedded: boolean; type: Type }[] = [];
		for (let i = 0; i < count; i++) {
			const f = list + i * FIELD_SIZE;
			const name = memory.word(f);
			out.push({
				name: this.name(name),
				offset: memory.word(f + 2 * POINTER),
				embedded: (memory.u8(name) & 8) !== 0,
				type: this.at(memory.word(f + POINTER)),
			});
		}
		return out;
	}
}

/** Address of runtime.allgs in a program without symbols: the only slice of g pointers that begins with the main goroutine; 0 = not found. */
export function findAllgs(program: Program, goid: number, startpc: number): number {
	const [main] = program.binary.funcs.named("runtime.main");
	if (main === undefined) return 0;
	const memory = program.memory;
	for (const { from, words } of dataWords(program)) {
		for (let i = 0; i + 2 < words.length; i++) {
			const count = words[i + 1];
			if (count < 1 || count > words[i + 2] || words[i + 2] > 1e8 || words[i] < 4096 || words[i] >= 2 ** 47) continue;
			try {
				const first = memory.word(words[i]);
				if (first < 4096 || memory.word(first + goid) !== 1) continue;
				if (memory.word(first + startpc) === main.entry) return from + i * POINTER;
			} catch (e) {
				if (!(e instanceof MemoryError)) throw e;
			}
		}
	}
	return 0;
}

/** The runtime's words for why goroutines wait, in a program without symbols: the table whose second entry is known. */
export function findWaitReasons(program: Program): string[] {
	const { binary, memory } = program;
	const text = encoder.encode("GC assist marking");
	const md = binary.moduleData;
	const rodata =
		binary.fileBytes(md.rodata + binary.slide, Math.max(md.etypes - md.rodata, 0)) ??
		binary.fileBytes(md.types + binary.slide, md.etypes - md.types);
	if (rodata === null) return [];
	const base =
		(binary.fileBytes(md.rodata + binary.slide, Math.max(md.etypes - md.rodata, 0)) === null ? md.types : md.rodata) + binary.slide;
	const places = new Set<number>();
	for (let at = rodata.indexOf(text[0]); at >= 0; at = rodata.indexOf(text[0], at + 1)) {
		if (text.every((b, k) => rodata[at + k] === b)) places.add(base + at);
	}
	for (const { from, words } of dataWords(program)) {
		for (let i = 2; i + 1 < words.length; i++) {
			if (!places.has(words[i]) || words[i + 1] !== text.length || words[i - 1] !== 0) continue;
			const out: string[] = [];
			for (let k = i - 2; k + 1 < words.length && words[k + 1] < 64 && (words[k + 1] === 0 || words[k] > 4096); k += 2) {
				if (out.length > 0 && words[k + 1] === 0) break;
				try {
					out.push(memory.string(from + k * POINTER, 64));
				} catch {
					break;
				}
			}
			return out;
		}
	}
	return [];
}

/** The words of the program's variables. */
function* dataWords(program: Program): Generator<{ from: number; words: number[] }> {
	const { binary, memory } = program;
	const md = binary.moduleData;
	for (const [low, high] of [
		[md.bss, md.ebss],
		[md.data, md.edata],
		[md.noptrdata, md.enoptrdata],
	]) {
		const from = low + binary.slide;
		const n = Math.floor((high - low) / POINTER);
		let bytes: Uint8Array;
		try {
			bytes = memory.read(from, n * POINTER);
		} catch (e) {
			if (!(e instanceof MemoryError)) throw e;
			continue;
		}
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		const words: number[] = [];
		for (let i = 0; i < n; i++) words.push(view.getUint32(i * 8, true) + view.getUint32(i * 8 + 4, true) * 0x1_0000_0000);
		yield { from, words };
	}
}
