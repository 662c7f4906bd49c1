// Debugging entries of Go types, made from type descriptors. Maps and channels are
// described as the structs that implement them, with the element types filled in, since
// debuggers walk them by these.

import { Abbrev, DW_ATE_boolean, DW_ATE_complex_float, DW_ATE_float, DW_ATE_signed, DW_ATE_unsigned } from "#dwarf";
import { type Layout, Sec } from "../layout.ts";
import type { Symbols } from "../symbols.ts";
import { Kind, type TypeInfo } from "../typeinfo.ts";
import type { InfoWriter, Label } from "./info.ts";

interface Member {
	name: string;
	off: number;
	type: Label;
	embedded: boolean;
}

/** Basic types by name: kind of internal/abi, encoding, bytes. */
const BASIC: Record<string, [kind: number, encoding: number, size: number]> = {
	bool: [1, DW_ATE_boolean, 1],
	int: [2, DW_ATE_signed, 8],
	int8: [3, DW_ATE_signed, 1],
	int16: [4, DW_ATE_signed, 2],
	int32: [5, DW_ATE_signed, 4],
	int64: [6, DW_ATE_signed, 8],
	uint: [7, DW_ATE_unsigned, 8],
	uint8: [8, DW_ATE_unsigned, 1],
	uint16: [9, DW_ATE_unsigned, 2],
	uint32: [10, DW_ATE_unsigned, 4],
	uint64: [11, DW_ATE_unsigned, 8],
	uintptr: [12, DW_ATE_unsigned, 8],
	float32: [13, DW_ATE_float, 4],
	float64: [14, DW_ATE_float, 8],
	complex64: [15, DW_ATE_complex_float, 8],
	complex128: [16, DW_ATE_complex_float, 16],
};
const BY_KIND: [kind: number, encoding: number, size: number][] = Object.values(BASIC);
const KIND_STRING = 24;
const KIND_UNSAFE_POINTER = 26;

/** Types that debuggers look up though no variable has them. */
export const WANTED_TYPES: readonly string[] = [
	"runtime.g",
	"runtime.m",
	"runtime.p",
	"runtime.sudog",
	"runtime.waitq",
	"runtime.hchan",
	"runtime.slice",
	"runtime.stringStructDWARF",
	"runtime.eface",
	"runtime.iface",
	"runtime.moduledata",
	"runtime._defer",
	"runtime._panic",
	"runtime._func",
	"internal/runtime/maps.Map",
	"internal/runtime/maps.table",
	"internal/runtime/maps.groupsReference",
	"internal/abi.Type",
	"internal/abi.ArrayType",
	"internal/abi.ChanType",
	"internal/abi.FuncType",
	"internal/abi.MapType",
	"internal/abi.PtrType",
	"internal/abi.SliceType",
	"internal/abi.StructType",
	"internal/abi.InterfaceType",
	"internal/abi.ITab",
	"internal/abi.Imethod",
	"internal/abi.UncommonType",
	"unsafe.Pointer",
	...Object.keys(BASIC),
];

/** An unnamed struct type has no typedef; debuggers take such elements as structs. */
function isStructLiteral(name: string): boolean {
	return name.startsWith("struct {") || name.startsWith("noalg.struct {");
}

/** What take gives. Keys are names of types, with a mark where it is not the type's own entry. */
export interface TakenTypes {
	keys: string[];
	offsets: number[];
	absent: string[];
	/** Ranks of packages whose symbols decided on anything; -1: a symbol that nothing defines did. */
	touched: number[];
}

export class TypeEntries {
	private readonly info: InfoWriter;
	private readonly syms: Symbols;
	private readonly types: TypeInfo;
	private readonly layout: Layout;
	private readonly byName = new Map<string, Label>();
	private readonly queue: (() => void)[] = [];
	private readonly typesBase: number;
	private readonly ranks: Int32Array;
	/** Entries since the last take: keys, and labels. */
	private fresh: { keys: string[]; labels: Label[] } = { keys: [], labels: [] };
	/** Offsets of entries in parts of an earlier link, by key. */
	private readonly earlier = new Map<string, number>();
	/** Names of types that were looked for and that the program does not have. */
	private absent = new Set<string>();
	private touched = new Set<number>();

	/** ranks: of packages, by the number of their name. */
	constructor(info: InfoWriter, layout: Layout, types: TypeInfo, ranks: Int32Array) {
		this.ranks = ranks;
		this.info = info;
		this.syms = layout.syms;
		this.layout = layout;
		this.types = types;
		this.typesBase = layout.sections[Sec.rodata].addr;
	}

	/** Takes entries of an earlier link: keys, and offsets. */
	restore(keys: readonly string[], offsets: readonly number[]): void {
		keys.forEach((key, i) => this.earlier.set(key, offsets[i]));
	}

	/** What was written since the last time, and what it depends on besides its packages. */
	take(): TakenTypes {
		const { keys, labels } = this.fresh;
		const out = { keys, offsets: labels.map((l) => this.info.offsetOf(l)), absent: [...this.absent], touched: [...this.touched] };
		this.fresh = { keys: [], labels: [] };
		this.absent = new Set();
		this.touched = new Set();
		return out;
	}

	/** Notes that what is written depends on a symbol. */
	touch(id: number): void {
		this.touched.add(this.syms.isDefined(id) ? this.ranks[this.syms.pkg[id]] : -1);
	}

	/** The label of a key, and whether its entry is still to be written. */
	private label(key: string): { label: Label; isNew: boolean } {
		const old = this.byName.get(key);
		if (old !== undefined) return { label: old, isNew: false };
		const offset = this.earlier.get(key);
		const label = offset === undefined ? this.info.newLabel() : this.info.labelAt(offset);
		this.byName.set(key, label);
		if (offset === undefined) {
			this.fresh.keys.push(key);
			this.fresh.labels.push(label);
		}
		return { label, isNew: offset === undefined };
	}

	/** The entry of a type by its link name (`map[string]*main.T`); it is written later. */
	named(name: string): Label {
		const { label, isNew } = this.label(name);
		if (!isNew) return label;
		const id = this.has(name);
		this.queue.push(() => (id !== 0 ? this.write(label, name, id) : this.writeUndescribed(label, name)));
		return label;
	}

	/** The entry of the type with descriptor id; 0 is an unknown type. */
	of(id: number): Label {
		return this.named(this.nameOf(id));
	}

	/**
	 * The entry of a type under its typedef: structs, functions and interfaces have one of their own name above them.
	 * Debuggers expect the parts of maps and channels to be the structs themselves.
	 */
	private body(id: number): Label {
		const name = this.nameOf(id);
		if (id === 0 || this.has(name) === 0) return this.named(name);
		const kind = this.types.kind(id);
		if (isStructLiteral(name)) return this.named(name);
		if (kind !== Kind.Struct && kind !== Kind.Interface && kind !== Kind.Func) return this.named(name);
		this.named(name);
		return this.bodyLabel(name);
	}

	private bodyLabel(name: string): Label {
		return this.label(`\x01${name}`).label;
	}

	/** An entry that has no descriptor, made once per name. */
	private made(name: string, write: (label: Label) => void): Label {
		const { label, isNew } = this.label(`\0${name}`);
		if (isNew) this.queue.push(() => write(label));
		return label;
	}

	/** Writes all entries that were asked for, and those they refer to. */
	flush(): void {
		for (let i = 0; i < this.queue.length; i++) this.queue[i]();
		this.queue.length = 0;
	}

	/** The descriptor of a type, 0 when the program does not have it. */
	private has(name: string): number {
		const id = this.syms.lookup(`type:${name}`);
		if (id === 0 || !this.syms.isDefined(id)) {
			this.absent.add(name);
			return 0;
		}
		this.touch(id);
		return id;
	}

	/** Offset of the descriptor from runtime.types, 0 when the program does not have it. */
	private runtimeType(id: number): number {
		return id === 0 || this.layout.sec[id] !== Sec.rodata ? 0 : this.layout.addr[id] - this.typesBase;
	}

	private pointerTo(name: string, target: Label): Label {
		if (this.has(`*${name}`) !== 0) return this.named(`*${name}`);
		return this.made(`*${name}`, (label) => this.pointer(label, `*${name}`, target, 0));
	}

	private nameOf(id: number): string {
		return id === 0 ? "<unspecified>" : this.syms.name(id).slice("type:".length);
	}

	private write(label: Label, name: string, id: number): void {
		const { info, types } = this;
		const { w } = info;
		const kind = types.kind(id);
		const rt = this.runtimeType(id);
		switch (kind) {
			case Kind.Array: {
				const elem = this.of(types.arrayElem(id));
				const index = this.named("uintptr");
				info.place(label);
				w.uleb(Abbrev.arrayType);
				w.cstr(name);
				info.ref(elem);
				w.uleb(types.size(id));
				w.u8(kind);
				w.u64(rt);
				w.uleb(Abbrev.subrange);
				info.ref(index);
				w.uleb(types.arrayLen(id));
				w.u8(0);
				return;
			}
			case Kind.Chan:
				return this.writeChan(label, name, id, rt);
			case Kind.Map:
				return this.writeMap(label, name, id, rt);
			case Kind.Func:
				return this.writeFunc(label, name, id, rt);
			case Kind.Interface: {
				const under = this.named(types.interfaceLen(id) === 0 ? "runtime.eface" : "runtime.iface");
				const at = this.bodyLabel(name);
				info.place(at);
				w.uleb(Abbrev.interfaceType);
				w.cstr(name);
				info.ref(under);
				w.u8(kind);
				w.u64(rt);
				return this.typedef(label, name, at);
			}
			case Kind.Pointer:
				return this.pointer(label, name, this.of(types.elem(id)), rt);
			case Kind.Slice:
				return this.slice(label, name, this.nameOf(types.elem(id)), this.of(types.elem(id)), rt);
			case Kind.Struct: {
				if (isStructLiteral(name)) return this.struct(label, name, types.size(id), kind, rt, this.members(id));
				const at = this.bodyLabel(name);
				this.struct(at, name, types.size(id), kind, rt, this.members(id));
				return this.typedef(label, name, at);
			}
			case KIND_STRING:
				return this.string(label, name, rt);
			case KIND_UNSAFE_POINTER:
				info.place(label);
				w.uleb(Abbrev.unsafePointer);
				w.cstr(name);
				w.u64(rt);
				return;
			default:
				return this.base(label, name, BY_KIND[kind - 1], rt);
		}
	}

	/** A type whose descriptor the program does not contain, as far as its name tells. */
	private writeUndescribed(label: Label, name: string): void {
		const basic = BASIC[name];
		if (basic !== undefined) this.base(label, name, basic, 0);
		else if (name === "string") this.string(label, name, 0);
		else if (name.startsWith("*")) this.pointer(label, name, this.named(name.slice(1)), 0);
		else if (name.startsWith("[]")) this.slice(label, name, name.slice(2), this.named(name.slice(2)), 0);
		else if (name === "unsafe.Pointer") {
			this.info.place(label);
			this.info.w.uleb(Abbrev.unsafePointer);
			this.info.w.cstr(name);
			this.info.w.u64(0);
		} else if (name === "runtime.eface" || name === "runtime.iface") {
			const first = name === "runtime.eface" ? ["_type", "*internal/abi.Type"] : ["tab", "*internal/abi.ITab"];
			this.struct(label, name, 16, Kind.Struct, 0, [
				{ name: first[0], off: 0, type: this.named(first[1]), embedded: false },
				{ name: "data", off: 8, type: this.named("unsafe.Pointer"), embedded: false },
			]);
		} else {
			this.info.place(label);
			this.info.w.uleb(Abbrev.unspecifiedType);
			this.info.w.cstr(name);
		}
	}

	private base(label: Label, name: string, [kind, encoding, size]: [number, number, number], rt: number): void {
		const { w } = this.info;
		this.info.place(label);
		w.uleb(Abbrev.baseType);
		w.cstr(name);
		w.u8(encoding);
		w.u8(size);
		w.u8(kind);
		w.u64(rt);
	}

	private pointer(label: Label, name: string, target: Label, rt: number): void {
		const { info } = this;
		info.place(label);
		info.w.uleb(Abbrev.pointerType);
		info.w.cstr(name);
		info.ref(target);
		info.w.u8(Kind.Pointer);
		info.w.u64(rt);
	}

	private typedef(label: Label, name: string, target: Label): void {
		const { info } = this;
		info.place(label);
		info.w.uleb(Abbrev.typedef);
		info.w.cstr(name);
		info.ref(target);
	}

	private struct(label: Label, name: string, size: number, kind: number, rt: number, members: readonly Member[], elem?: Label): void {
		const { info } = this;
		const { w } = info;
		info.place(label);
		w.uleb(elem === undefined ? Abbrev.structType : Abbrev.sliceType);
		w.cstr(name);
		w.uleb(size);
		w.u8(kind);
		w.u64(rt);
		if (elem !== undefined) info.ref(elem);
		for (const m of members) {
			w.uleb(Abbrev.member);
			w.cstr(m.name);
			w.uleb(m.off);
			info.ref(m.type);
			w.u8(m.embedded ? 1 : 0);
		}
		w.u8(0);
	}

	/** Fields of a struct type; replace gives other types to fields by name. */
	private members(id: number, replace: Record<string, Label> = {}): Member[] {
		const names = this.types.fieldNames(id);
		return this.types.fields(id).map((f, i) => {
			const { name, embedded } = names[i];
			return { name, off: f.off, type: replace[name] ?? this.of(f.typ), embedded };
		});
	}

	private string(label: Label, name: string, rt: number): void {
		this.struct(label, name, 16, KIND_STRING, rt, [
			{ name: "str", off: 0, type: this.pointerTo("uint8", this.named("uint8")), embedded: false },
			{ name: "len", off: 8, type: this.named("int"), embedded: false },
		]);
	}

	private slice(label: Label, name: string, elemName: string, elem: Label, rt: number): void {
		const int = this.named("int");
		const members = [
			{ name: "array", off: 0, type: this.pointerTo(elemName, elem), embedded: false },
			{ name: "len", off: 8, type: int, embedded: false },
			{ name: "cap", off: 16, type: int, embedded: false },
		];
		this.struct(label, name, 24, Kind.Slice, rt, members, elem);
	}

	private writeFunc(label: Label, name: string, id: number, rt: number): void {
		const { info } = this;
		const { w } = info;
		const { params, results } = this.types.signature(id);
		const at = this.bodyLabel(name);
		info.place(at);
		w.uleb(Abbrev.funcType);
		w.cstr(name);
		w.uleb(8);
		w.u8(Kind.Func);
		w.u64(rt);
		for (const p of params) {
			w.uleb(Abbrev.funcTypeParam);
			info.ref(this.of(p));
		}
		for (const r of results) {
			w.uleb(Abbrev.funcTypeResult);
			w.u8(1);
			info.ref(this.of(r));
		}
		w.u8(0);
		this.typedef(label, name, at);
	}

	/** A copy of struct type proto under a new name with some fields' types replaced. */
	private instance(name: string, proto: string, replace: () => Record<string, Label>): Label | null {
		const id = this.has(proto);
		if (id === 0) return null;
		return this.made(name, (label) => this.struct(label, name, this.types.size(id), Kind.Struct, 0, this.members(id, replace())));
	}

	private writeMap(label: Label, name: string, id: number, rt: number): void {
		const { types, info } = this;
		const key = types.mapKey(id);
		const elem = types.elem(id);
		const args = `<${this.nameOf(key)},${this.nameOf(elem)}>`;
		const group = types.mapGroup(id);
		const groups = this.instance(`groupReference${args}`, "internal/runtime/maps.groupsReference", () => ({
			data: this.pointerTo(this.nameOf(group), this.body(group)),
		}));
		const table = groups === null ? null : this.instance(`table${args}`, "internal/runtime/maps.table", () => ({ groups }));
		const map =
			table === null
				? null
				: this.instance(`map${args}`, "internal/runtime/maps.Map", () => ({
						dirPtr: this.pointerTo(`*table${args}`, this.pointerTo(`table${args}`, table)),
					}));
		const under = map === null ? this.named("unsafe.Pointer") : this.pointerTo(`map${args}`, map);
		info.place(label);
		info.w.uleb(Abbrev.mapType);
		info.w.cstr(name);
		info.ref(under);
		info.w.u8(Kind.Map);
		info.w.u64(rt);
		info.ref(this.of(key));
		info.ref(this.of(elem));
	}

	private writeChan(label: Label, name: string, id: number, rt: number): void {
		const { info } = this;
		const elem = this.types.elem(id);
		const elemName = this.nameOf(elem);
		const sudog = this.instance(`sudog<${elemName}>`, "runtime.sudog", () => ({ elem: this.pointerTo(elemName, this.body(elem)) }));
		const waitq =
			sudog === null
				? null
				: this.instance(`waitq<${elemName}>`, "runtime.waitq", () => {
						const p = this.pointerTo(`sudog<${elemName}>`, sudog);
						return { first: p, last: p };
					});
		const hchan = waitq === null ? null : this.instance(`hchan<${elemName}>`, "runtime.hchan", () => ({ recvq: waitq, sendq: waitq }));
		const under = hchan === null ? this.named("unsafe.Pointer") : this.pointerTo(`hchan<${elemName}>`, hchan);
		info.place(label);
		info.w.uleb(Abbrev.chanType);
		info.w.cstr(name);
		info.ref(under);
		info.w.u8(Kind.Chan);
		info.w.u64(rt);
		info.ref(this.of(elem));
	}
}
