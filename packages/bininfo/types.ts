// Go types as DWARF describes them, resolved one at a time.

import {
	DW_AT_byte_size,
	DW_AT_count,
	DW_AT_data_member_location,
	DW_AT_encoding,
	DW_AT_go_elem,
	DW_AT_go_embedded_field,
	DW_AT_go_key,
	DW_AT_go_kind,
	DW_AT_go_package_name,
	DW_AT_go_runtime_type,
	DW_AT_name,
	DW_AT_type,
	DW_AT_variable_parameter,
	DW_ATE_boolean,
	DW_ATE_complex_float,
	DW_ATE_float,
	DW_ATE_signed,
	DW_TAG_array_type,
	DW_TAG_base_type,
	DW_TAG_formal_parameter,
	DW_TAG_member,
	DW_TAG_pointer_type,
	DW_TAG_structure_type,
	DW_TAG_subrange_type,
	DW_TAG_subroutine_type,
	DW_TAG_typedef,
	type Dwarf,
	type EntryCursor,
} from "#dwarf";
import { FormatError } from "#base";
import { Kind } from "./kinds.ts";

/** DW_AT_go_dict_index of cmd/internal/dwarf. */
const DW_AT_go_dict_index = 0x2906;
const TAG_union = 0x17;
const TAG_enum = 0x04;
const TAG_class = 0x02;
const TAG_const = 0x26;
const TAG_volatile = 0x35;
const TAG_restrict = 0x37;
const POINTER_SIZE = 8;

export interface Field {
	name: string;
	offset: number;
	embedded: boolean;
	readonly type: Type;
}

/** How types refer to each other; made by a TypeTable or synthesised. */
export interface TypeParts {
	name: string;
	kind: number;
	size: number;
	/** Offset in .debug_info, -1 for types that no file describes. */
	offset: number;
	/** Value of DW_AT_go_runtime_type: offset from moduledata.types, 0 = none. */
	runtimeType: number;
	/** Elements of an array. */
	count: number;
	/** The type is a typedef: target names what it stands for. */
	typedef: boolean;
	/** A type parameter's shape: index of the actual type in the function's dictionary; -1 = not one. */
	dictIndex: number;
	elem: () => Type | null;
	key: () => Type | null;
	target: () => Type | null;
	fields: () => Field[];
}

const none = (): null => null;

/** A type. Parts that other types describe are resolved when first asked for. */
export class Type {
	readonly name: string;
	readonly kind: number;
	readonly offset: number;
	readonly runtimeType: number;
	readonly count: number;
	readonly typedef: boolean;
	readonly dictIndex: number;
	private readonly parts: TypeParts;
	private sizeKnown: number;
	private elemType: Type | null | undefined = undefined;
	private keyType: Type | null | undefined = undefined;
	private targetType: Type | null | undefined = undefined;
	private fieldList: readonly Field[] | null = null;

	constructor(parts: Partial<TypeParts> & { name: string; kind: number }) {
		const full: TypeParts = {
			size: -1,
			offset: -1,
			runtimeType: 0,
			count: 0,
			typedef: false,
			dictIndex: -1,
			elem: none,
			key: none,
			target: none,
			fields: () => [],
			...parts,
		};
		this.parts = full;
		this.name = full.name;
		this.kind = full.kind;
		this.offset = full.offset;
		this.runtimeType = full.runtimeType;
		this.count = full.count;
		this.typedef = full.typedef;
		this.dictIndex = full.dictIndex;
		this.sizeKnown = full.size;
	}

	/** Element of a pointer, slice, array, channel or map. */
	get elem(): Type | null {
		if (this.elemType === undefined) this.elemType = this.parts.elem();
		return this.elemType;
	}

	get key(): Type | null {
		if (this.keyType === undefined) this.keyType = this.parts.key();
		return this.keyType;
	}

	/** What a typedef stands for: of a map or channel, the runtime's structure. */
	get target(): Type | null {
		if (this.targetType === undefined) this.targetType = this.parts.target();
		return this.targetType;
	}

	get fields(): readonly Field[] {
		this.fieldList ??= this.parts.fields();
		return this.fieldList;
	}

	field(name: string): Field | null {
		return this.fields.find((f) => f.name === name) ?? null;
	}

	/** Size in bytes. */
	get size(): number {
		if (this.sizeKnown < 0) {
			if (this.typedef) this.sizeKnown = this.target?.size ?? 0;
			else if (this.kind === 17) this.sizeKnown = this.count * (this.elem?.size ?? 0);
			else this.sizeKnown = 0;
		}
		return this.sizeKnown;
	}

	/** The type without typedefs; maps, channels and interfaces are typedefs of their own kind and stay. */
	get real(): Type {
		let t: Type = this;
		for (let i = 0; i < 100 && t.typedef && !OWN_TYPEDEF.has(t.kind) && t.target !== null; i++) t = t.target;
		if (t.typedef && t.target !== null && t.target.kind === t.kind && OWN_TYPEDEF.has(t.kind) && t.target.typedef) return t.target.real;
		return t;
	}
}

const OWN_TYPEDEF: ReadonlySet<number> = new Set([Kind.Map, Kind.Chan, Kind.Interface]);

/** A pointer to a type, for expressions like &x when the file describes none. */
export function pointerTo(t: Type): Type {
	return new Type({ name: `*${t.name}`, kind: Kind.Pointer, size: POINTER_SIZE, elem: () => t });
}

/** Types of a file by the offset of their entries. */
export class TypeTable {
	private readonly dwarf: Dwarf;
	private readonly byOffset: Map<number, Type> = new Map();

	constructor(dwarf: Dwarf) {
		this.dwarf = dwarf;
	}

	/** Throws FormatError when no type is described at the offset. */
	at(offset: number): Type {
		let t = this.byOffset.get(offset);
		if (t === undefined) {
			t = this.build(this.dwarf.entry(offset));
			this.byOffset.set(offset, t);
		}
		return t;
	}

	private build(c: EntryCursor): Type {
		const name = c.string(DW_AT_name);
		const offset = c.offset;
		const elemRef = c.ref(DW_AT_go_elem);
		const typeRef = c.ref(DW_AT_type);
		const keyRef = c.ref(DW_AT_go_key);
		const at = (ref: number): (() => Type | null) => (ref < 0 ? none : () => this.at(ref));
		const goKind = c.uint(DW_AT_go_kind, 0);
		const common = { name, offset, runtimeType: c.uint(DW_AT_go_runtime_type, 0) };
		const size = c.uint(DW_AT_byte_size, -1);
		switch (c.tag) {
			case DW_TAG_base_type:
				return new Type({ ...common, kind: goKind || baseKind(c.uint(DW_AT_encoding, 0), size), size });
			case DW_TAG_pointer_type: {
				if (typeRef < 0) return new Type({ ...common, kind: Kind.UnsafePointer, size: POINTER_SIZE, name: name || "unsafe.Pointer" });
				const full = name || `*${this.nameAt(typeRef)}`;
				return new Type({ ...common, name: full, kind: Kind.Pointer, size: POINTER_SIZE, elem: at(typeRef) });
			}
			case DW_TAG_array_type: {
				const count = this.arrayCount(c);
				const full = name || `[${count}]${this.nameAt(typeRef)}`;
				return new Type({ ...common, name: full, kind: Kind.Array, size, count, elem: at(typeRef) });
			}
			case DW_TAG_structure_type:
			case TAG_class:
			case TAG_union:
				return new Type({
					...common,
					name: name || "struct",
					kind: goKind || Kind.Struct,
					size: size < 0 ? 0 : size,
					elem: at(elemRef),
					fields: () => this.fields(offset),
				});
			case DW_TAG_subroutine_type:
				return new Type({ ...common, name: name || "func()", kind: Kind.Func, size: POINTER_SIZE });
			case TAG_enum:
				return new Type({ ...common, kind: size === 4 ? Kind.Int32 : Kind.Int64, size });
			case TAG_const:
			case TAG_volatile:
			case TAG_restrict:
			case DW_TAG_typedef: {
				if (typeRef < 0) return new Type({ ...common, kind: Kind.Invalid, size: 0 });
				const target = this.at(typeRef);
				const kind = goKind || target.kind;
				return new Type({
					...common,
					name: name || target.name,
					kind,
					runtimeType: common.runtimeType || target.runtimeType,
					count: target.count,
					typedef: true,
					dictIndex: c.uint(DW_AT_go_dict_index, -1),
					elem: elemRef >= 0 ? () => this.at(elemRef) : () => target.elem,
					key: keyRef >= 0 ? () => this.at(keyRef) : () => target.key,
					target: () => target,
					fields: () => [...target.fields],
				});
			}
			default:
				return new Type({ ...common, name: name || "void", kind: Kind.Invalid, size: size < 0 ? 0 : size });
		}
	}

	private nameAt(ref: number): string {
		return ref < 0 ? "void" : this.at(ref).name;
	}

	private arrayCount(c: EntryCursor): number {
		let count = -1;
		const depth = c.depth;
		while (c.next() && c.depth > depth) {
			if (c.tag !== DW_TAG_subrange_type) continue;
			const n = c.has(DW_AT_count) ? c.uint(DW_AT_count, 0) : c.uint(0x2f, -1) + 1;
			count = count < 0 ? n : count * n;
		}
		return Math.max(count, 0);
	}

	private fields(offset: number): Field[] {
		const c = this.dwarf.entry(offset);
		const out: Field[] = [];
		const depth = c.depth;
		while (c.next() && c.depth > depth) {
			if (c.tag !== DW_TAG_member || c.depth !== depth + 1) continue;
			const ref = c.ref(DW_AT_type);
			if (ref < 0) throw new FormatError("structure member without a type", c.offset);
			out.push(new LazyField(this, c.string(DW_AT_name), c.uint(DW_AT_data_member_location, 0), c.flag(DW_AT_go_embedded_field), ref));
		}
		return out;
	}

	/** Types of a function type's parameters and results. */
	signature(t: Type): { params: Type[]; results: Type[] } {
		const out = { params: [] as Type[], results: [] as Type[] };
		const real = t.real;
		if (real.offset < 0) return out;
		const c = this.dwarf.entry(real.offset);
		const depth = c.depth;
		while (c.next() && c.depth > depth) {
			if (c.tag !== DW_TAG_formal_parameter) continue;
			const ref = c.ref(DW_AT_type);
			if (ref >= 0) (c.flag(DW_AT_variable_parameter) ? out.results : out.params).push(this.at(ref));
		}
		return out;
	}

	/** The Go package of the unit that describes a type. */
	unitPackage(offset: number): string {
		const u = this.dwarf.unitAt(offset);
		const c = this.dwarf.entry(u.first);
		return c.string(DW_AT_go_package_name);
	}
}

class LazyField implements Field {
	private readonly table: TypeTable;
	private readonly ref: number;
	readonly name: string;
	readonly offset: number;
	readonly embedded: boolean;

	constructor(table: TypeTable, name: string, offset: number, embedded: boolean, ref: number) {
		this.table = table;
		this.name = name;
		this.offset = offset;
		this.embedded = embedded;
		this.ref = ref;
	}

	get type(): Type {
		return this.table.at(this.ref);
	}
}

function baseKind(encoding: number, size: number): number {
	switch (encoding) {
		case DW_ATE_boolean:
			return Kind.Bool;
		case DW_ATE_float:
			return size === 4 ? Kind.Float32 : Kind.Float64;
		case DW_ATE_complex_float:
			return size === 8 ? Kind.Complex64 : Kind.Complex128;
		case DW_ATE_signed:
		case 0x06: // signed char
			return size === 1 ? Kind.Int8 : size === 2 ? Kind.Int16 : size === 4 ? Kind.Int32 : Kind.Int64;
		default:
			return size === 1 ? Kind.Uint8 : size === 2 ? Kind.Uint16 : size === 4 ? Kind.Uint32 : Kind.Uint64;
	}
}
