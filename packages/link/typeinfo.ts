// Reading Go type descriptors out of their symbols: what deadcode, typelinks and
// GC masks need. Layouts come from the GOROOT's internal/abi through StructLookup.

import { InternalError } from "#base";
import type { StructLayout, StructLookup } from "./input.ts";
import type { Symbols } from "./symbols.ts";

/** Kinds of internal/abi.Kind that have a struct of their own. */
export const Kind = { Array: 17, Chan: 18, Func: 19, Interface: 20, Map: 21, Pointer: 22, Slice: 23, Struct: 25 } as const;

const TFlagUncommon = 1;
const TFlagExtraStar = 2;
const TFlagGCMaskOnDemand = 16;
/** Flag in the first byte of a name: the field is embedded. */
const NAME_EMBEDDED = 8;

const decoder = new TextDecoder();

function offsetOf(s: StructLayout, type: string, name: string): number {
	const f = s.fields.find((x) => x.name === name);
	if (f === undefined) throw new InternalError(`link: ${type} has no field ${name}`);
	return f.off;
}

export class TypeInfo {
	private readonly syms: Symbols;
	private readonly offSize: number;
	private readonly offPtrBytes: number;
	private readonly offTFlag: number;
	private readonly offKind: number;
	private readonly offGCData: number;
	private readonly offStr: number;
	private readonly offMcount: number;
	private readonly offMoff: number;
	private readonly offIfaceMethods: number;
	private readonly offImethodTyp: number;
	private readonly imethodSize: number;
	private readonly offArrayElem: number;
	private readonly offArrayLen: number;
	private readonly offStructFields: number;
	private readonly fieldSize: number;
	private readonly offFieldTyp: number;
	private readonly offFieldOffset: number;
	readonly methodSize: number;
	readonly offMethodMtyp: number;
	private readonly offItabType: number;
	private readonly offElem: number[];
	private readonly offMapKey: number;
	private readonly offMapGroup: number;
	private readonly offFuncIn: number;
	private readonly offFuncOut: number;
	private readonly uncommonSize: number;
	/** Size of the kind's own struct: where UncommonType follows. */
	private readonly sizes: number[];

	constructor(syms: Symbols, lookup: StructLookup) {
		this.syms = syms;
		const layout = (name: string): StructLayout => lookup(`internal/abi.${name}`);
		const at = (type: string, field: string): number => offsetOf(layout(type), type, field);
		this.offSize = at("Type", "Size_");
		this.offPtrBytes = at("Type", "PtrBytes");
		this.offTFlag = at("Type", "TFlag");
		this.offKind = at("Type", "Kind_");
		this.offGCData = at("Type", "GCData");
		this.offStr = at("Type", "Str");
		this.offMcount = at("UncommonType", "Mcount");
		this.offMoff = at("UncommonType", "Moff");
		this.offIfaceMethods = at("InterfaceType", "Methods");
		this.offImethodTyp = at("Imethod", "Typ");
		this.imethodSize = layout("Imethod").size;
		this.offArrayElem = at("ArrayType", "Elem");
		this.offArrayLen = at("ArrayType", "Len");
		this.offStructFields = at("StructType", "Fields");
		this.fieldSize = layout("StructField").size;
		this.offFieldTyp = at("StructField", "Typ");
		this.offFieldOffset = at("StructField", "Offset");
		this.methodSize = layout("Method").size;
		this.offMethodMtyp = at("Method", "Mtyp");
		this.offItabType = at("ITab", "Type");
		this.offElem = new Array<number>(32).fill(-1);
		this.offElem[Kind.Array] = this.offArrayElem;
		this.offElem[Kind.Chan] = at("ChanType", "Elem");
		this.offElem[Kind.Map] = at("MapType", "Elem");
		this.offElem[Kind.Pointer] = at("PtrType", "Elem");
		this.offElem[Kind.Slice] = at("SliceType", "Elem");
		this.offMapKey = at("MapType", "Key");
		this.offMapGroup = at("MapType", "Group");
		this.offFuncIn = at("FuncType", "InCount");
		this.offFuncOut = at("FuncType", "OutCount");
		this.uncommonSize = layout("UncommonType").size;
		this.sizes = new Array<number>(32).fill(layout("Type").size);
		const own = { Array: "ArrayType", Chan: "ChanType", Func: "FuncType", Interface: "InterfaceType" } as const;
		for (const [k, t] of Object.entries(own)) this.sizes[Kind[k as keyof typeof own]] = layout(t).size;
		const more = { Map: "MapType", Pointer: "PtrType", Slice: "SliceType", Struct: "StructType" } as const;
		for (const [k, t] of Object.entries(more)) this.sizes[Kind[k as keyof typeof more]] = layout(t).size;
	}

	private data(id: number): Uint8Array {
		if (!this.syms.isDefined(id)) throw new InternalError(`link: type descriptor ${this.syms.name(id)} is not defined`);
		return this.syms.data(id);
	}

	private u16(id: number, off: number): number {
		const d = this.data(id);
		return (d[off] ?? 0) | ((d[off + 1] ?? 0) << 8);
	}

	private u32(id: number, off: number): number {
		return (this.u16(id, off) | (this.u16(id, off + 2) << 16)) >>> 0;
	}

	private word(id: number, off: number): number {
		return this.u32(id, off) + this.u32(id, off + 4) * 0x1_0000_0000;
	}

	kind(id: number): number {
		return (this.data(id)[this.offKind] ?? 0) & 31;
	}

	size(id: number): number {
		return this.word(id, this.offSize);
	}

	ptrBytes(id: number): number {
		return this.word(id, this.offPtrBytes);
	}

	/** Whether the runtime builds this type's pointer mask when it needs it. */
	maskOnDemand(id: number): boolean {
		return ((this.data(id)[this.offTFlag] ?? 0) & TFlagGCMaskOnDemand) !== 0;
	}

	/** The symbol that holds the pointer mask, 0 = none. */
	gcMask(id: number): number {
		return this.syms.targetAt(id, this.offGCData);
	}

	/** The text of a `type:.namedata.` symbol. */
	name(id: number): string {
		const d = this.data(id);
		let n = 0;
		let at = 1;
		for (let shift = 0; at < d.length; shift += 7) {
			const b = d[at++];
			n |= (b & 0x7f) << shift;
			if (b < 0x80) break;
		}
		return decoder.decode(d.subarray(at, at + n));
	}

	/** The type's string as reflect prints it. */
	typeString(id: number): string {
		const str = this.syms.targetAt(id, this.offStr);
		if (str === 0) throw new InternalError(`link: ${this.syms.name(id)} has no name`);
		const s = this.name(str);
		return ((this.data(id)[this.offTFlag] ?? 0) & TFlagExtraStar) !== 0 ? s.slice(1) : s;
	}

	/** Byte offset of the method table and number of methods; count 0 when there is none. */
	methods(id: number): { off: number; count: number } {
		if (((this.data(id)[this.offTFlag] ?? 0) & TFlagUncommon) === 0) return { off: 0, count: 0 };
		const uncommon = this.sizes[this.kind(id)];
		return { off: uncommon + this.u32(id, uncommon + this.offMoff), count: this.u16(id, uncommon + this.offMcount) };
	}

	/** Name symbol and type symbol of method index of an interface type. */
	imethod(id: number, index: number): { name: number; typ: number } {
		const at = this.syms.relocAt(id, this.offIfaceMethods);
		const count = this.word(id, this.offIfaceMethods + 8);
		if (this.kind(id) !== Kind.Interface || at < 0 || index >= count) {
			throw new InternalError(`link: ${this.syms.name(id)} has no interface method ${index}`);
		}
		const table = this.syms.relTarget[at];
		const off = this.syms.relAdd[at] + index * this.imethodSize;
		return { name: this.syms.targetAt(table, off), typ: this.syms.targetAt(table, off + this.offImethodTyp) };
	}

	arrayElem(id: number): number {
		return this.syms.targetAt(id, this.offArrayElem);
	}

	arrayLen(id: number): number {
		return this.word(id, this.offArrayLen);
	}

	/** Element type of an array, channel, map, pointer or slice. */
	elem(id: number): number {
		return this.syms.targetAt(id, this.offElem[this.kind(id)]);
	}

	mapKey(id: number): number {
		return this.syms.targetAt(id, this.offMapKey);
	}

	mapGroup(id: number): number {
		return this.syms.targetAt(id, this.offMapGroup);
	}

	/** Parameter and result types of a function type. */
	signature(id: number): { params: number[]; results: number[] } {
		const nin = this.u16(id, this.offFuncIn);
		const nout = this.u16(id, this.offFuncOut) & 0x7fff;
		const uncommon = ((this.data(id)[this.offTFlag] ?? 0) & TFlagUncommon) !== 0 ? this.uncommonSize : 0;
		const base = this.sizes[Kind.Func] + uncommon;
		const list = (from: number, n: number): number[] => Array.from({ length: n }, (_, i) => this.syms.targetAt(id, base + 8 * (from + i)));
		return { params: list(0, nin), results: list(nin, nout) };
	}

	/** Number of methods of an interface type. */
	interfaceLen(id: number): number {
		return this.word(id, this.offIfaceMethods + 8);
	}

	/** Names and embedding of a struct's fields, parallel to fields. */
	fieldNames(id: number): { name: string; embedded: boolean }[] {
		const at = this.syms.relocAt(id, this.offStructFields);
		const count = this.word(id, this.offStructFields + 8);
		if (count === 0 || at < 0) return [];
		const table = this.syms.relTarget[at];
		const base = this.syms.relAdd[at];
		return Array.from({ length: count }, (_, i) => {
			const sym = this.syms.targetAt(table, base + i * this.fieldSize);
			return sym === 0 || !this.syms.isDefined(sym)
				? { name: "?", embedded: false }
				: { name: this.name(sym), embedded: ((this.data(sym)[0] ?? 0) & NAME_EMBEDDED) !== 0 };
		});
	}

	/** Types and offsets of a struct's fields. */
	fields(id: number): { typ: number; off: number }[] {
		const at = this.syms.relocAt(id, this.offStructFields);
		const count = this.word(id, this.offStructFields + 8);
		if (count === 0 || at < 0) return [];
		const table = this.syms.relTarget[at];
		const base = this.syms.relAdd[at];
		const out: { typ: number; off: number }[] = [];
		for (let i = 0; i < count; i++) {
			const off = base + i * this.fieldSize;
			out.push({ typ: this.syms.targetAt(table, off + this.offFieldTyp), off: this.word(table, off + this.offFieldOffset) });
		}
		return out;
	}

	/** The concrete type of an itab. */
	itabType(id: number): number {
		return this.syms.targetAt(id, this.offItabType);
	}
}
