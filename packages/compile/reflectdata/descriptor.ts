// Type descriptors (internal/abi.Type and the structs that embed it) and itabs.

import { int64Val } from "#constant";
import { ABI0, RelocKind, SymFlag, SymKind } from "#object";
import type { SymRef } from "#ssa";
import {
	ArrayT,
	BasicKind,
	type Chan,
	type Func,
	isExported,
	type Interface,
	type MapT,
	methodSet,
	ObjKind,
	objId,
	type Signature,
	type Struct,
	type Type,
	TypeKind,
	typeOf,
	typeSetOf,
	unalias,
	universeError,
} from "#types";
import { type Descriptors, Product, type Program } from "../program.ts";
import { u } from "../subst.ts";
import { Alg, type Algs } from "../algs.ts";
import { EqHash } from "./eqhash.ts";
import { nameSym, pkgPathSym } from "./names.ts";
import { Data, type Record, type StructShape, structShape } from "./record.ts";
import { typeStr } from "./typestr.ts";

/** internal/abi.TFlag bits. */
const TFlag = { Uncommon: 1, ExtraStar: 2, Named: 4, RegularMemory: 8, GCMaskOnDemand: 16, DirectIface: 32 } as const;
/** internal/abi.Kind of composite types; basic kinds are computed. */
const Kind = {
	Array: 17,
	Chan: 18,
	Func: 19,
	Interface: 20,
	Map: 21,
	Pointer: 22,
	Slice: 23,
	String: 24,
	Struct: 25,
	UnsafePointer: 26,
} as const;
/** MapType.Flags. */
const MapFlag = { NeedKeyUpdate: 1, HashMightPanic: 2, IndirectKey: 4, IndirectElem: 8 } as const;
/** internal/abi.ChanDir. */
const ChanRecv = 1;
const ChanSend = 2;

/** A method of a descriptor's method table. */
export interface TableMethod {
	method: Func;
	/** objId of the method. */
	id: string;
	/** Signature without receiver. */
	type: Type;
}

export class TypeDescriptors implements Descriptors {
	private readonly p: Program;
	readonly algs: Algs;
	private readonly eqhash: EqHash;
	private readonly shapes = new Map<string, StructShape>();
	private readonly groups = new Map<Type, Struct>();
	private readonly noalg = new Set<Type>();
	private maskLimit = -1;

	constructor(p: Program) {
		this.p = p;
		this.algs = p.algs;
		this.eqhash = new EqHash(p, this.algs);
	}

	private shape(name: string): StructShape {
		let s = this.shapes.get(name);
		if (s === undefined) {
			s = structShape(this.p, this.p.rtType("internal/abi", name));
			this.shapes.set(name, s);
		}
		return s;
	}

	eqClosure(t: Type): SymRef {
		const ref = this.eqhash.eqClosure(t);
		if (ref === null) throw new Error(`type ${typeStr(t)} is not comparable`);
		return ref;
	}

	hashClosure(t: Type): SymRef {
		return this.eqhash.hashClosure(t);
	}

	eqFunc(t: Type): SymRef {
		return this.eqhash.eqFunc(t);
	}

	// ---- descriptors ----

	type(t: Type): Product {
		const out = new Product("");
		const x = u(t);
		const shape = this.shape(shapeName(x));
		const methods = this.methods(t);
		const uncommon = isNamed(t) || methods.length > 0;
		const uncommonSize = uncommon ? this.shape("UncommonType").size : 0;
		const extra = this.extraSize(x);
		const extraAt = shape.size + uncommonSize;
		const methodSize = this.shape("Method").size;
		const data = new Data(out.frag, extraAt + extra + methods.length * methodSize);
		this.common(data.record(shape), t, uncommon);
		this.byKind(data, data.record(shape), t, extraAt);
		if (uncommon) this.uncommon(data, t, shape.size, extra, methods);
		const flags = SymFlag.Dupok | (needsTypelink(t) ? SymFlag.Typelink : 0);
		out.frag.define({
			name: out.frag.ref(this.p.names.typeSym(t)),
			kind: SymKind.Type,
			flags,
			align: 8,
			size: data.bytes.length,
			data: data.bytes,
			relocs: data.relocs,
			gotype: -1,
			func: null,
		});
		return out;
	}

	private common(r: Record, t: Type, uncommon: boolean): void {
		const l = this.p.layout.of(t);
		const alg = this.noalg.has(t) ? Alg.NoEq : this.algs.of(t);
		let flags = uncommon ? TFlag.Uncommon : 0;
		if (isNamed(t)) flags |= TFlag.Named;
		if (alg === Alg.Mem) flags |= TFlag.RegularMemory;
		if (this.p.layout.isDirectIface(t)) flags |= TFlag.DirectIface;
		let str = typeStr(t);
		let exported = false;
		if (str.startsWith("*")) {
			const elem = unalias((t as { elem?: Type }).elem ?? t);
			exported = elem.kind === TypeKind.Named && isExported(elem.obj.name);
		} else {
			str = `*${str}`;
			flags |= TFlag.ExtraStar;
			exported = t.kind === TypeKind.Named && isExported(t.obj.name);
		}
		r.int("Size_", l.size);
		r.int("PtrBytes", l.ptrBytes);
		r.int("Hash", this.hash(t));
		r.int("Align_", l.align);
		r.int("FieldAlign_", l.align);
		r.int("Kind_", abiKind(t));
		const eq = alg === Alg.NoEq ? null : this.eqhash.eqClosure(t);
		if (eq !== null) r.addr("Equal", eq);
		const onDemand = l.ptrBytes > this.maskBytes() * 8 * 8;
		if (onDemand) flags |= TFlag.GCMaskOnDemand;
		if (l.ptrBytes > 0) r.addr("GCData", onDemand ? this.maskCell(t) : this.gcMask(t));
		r.int("TFlag", flags);
		r.off("Str", RelocKind.TypeOff, nameSym(this.p, str, "", exported));
		if (t.kind === TypeKind.Pointer) return;
		const ptr = this.p.types.canon(this.p.types.pointerTo(t));
		if (hasPointerDescriptor(this.p, t)) {
			r.off("PtrToThis", RelocKind.TypeOff, this.p.typeSym(ptr));
		} else {
			r.off("PtrToThis", RelocKind.WeakTypeOff, { name: this.p.names.typeSym(ptr), abi: ABI0 });
		}
	}

	/** 32-bit FNV-1a of the type's unique name. */
	hash(t: Type): number {
		const bytes = new TextEncoder().encode(this.p.types.link(t));
		let h = 0x811c9dc5;
		for (const b of bytes) h = Math.imul(h ^ b, 0x01000193);
		return h | 0;
	}

	private maskBytes(): number {
		if (this.maskLimit < 0) {
			const obj = this.p.units.get("internal/abi")?.pkg.scope.lookup("MaxPtrmaskBytes") ?? null;
			if (obj === null || obj.kind !== ObjKind.Const) throw new Error("internal/abi declares no MaxPtrmaskBytes");
			typeOf(obj);
			this.maskLimit = Number(int64Val(obj.val));
		}
		return this.maskLimit;
	}

	/** The pointer mask of t, shared by all types with the same one. */
	gcMask(t: Type): SymRef {
		const l = this.p.layout.of(t);
		const words = l.ptrBytes / 8;
		const full = this.p.layout.ptrmask(t) ?? new Uint8Array(1);
		const mask = full.slice(0, Math.ceil(words / 8));
		const hex = [...mask].map((b) => b.toString(16).padStart(2, "0")).join("");
		const name = `runtime.gcbits.${hex}`;
		return this.p.need(name, ABI0, () => {
			const out = new Product("runtime");
			// the runtime reads masks by whole words
			const padded = new Uint8Array(Math.max(8, (mask.length + 7) & ~7));
			padded.set(mask);
			out.frag.data(name, SymKind.Gcbits, padded, { flags: SymFlag.Dupok, align: 8 });
			return out;
		});
	}

	/** The word through which the runtime keeps a mask that it builds on demand. */
	private maskCell(t: Type): SymRef {
		const name = `type:.gcmask.${this.p.types.link(t)}`;
		return this.p.need(name, ABI0, () => {
			const out = new Product("");
			out.frag.data(name, SymKind.Noptrbss, new Uint8Array(0), { size: 8, align: 8, flags: SymFlag.Dupok });
			return out;
		});
	}

	private extraSize(x: Type): number {
		switch (x.kind) {
			case TypeKind.Signature:
				return 8 * (x.params.vars.length + x.results.vars.length);
			case TypeKind.Interface:
				return this.shape("Imethod").size * typeSetOf(x).methods.length;
			case TypeKind.Struct:
				return this.shape("StructField").size * x.fields.length;
			default:
				return 0;
		}
	}

	private byKind(data: Data, r: Record, t: Type, extraAt: number): void {
		const x = u(t);
		switch (x.kind) {
			case TypeKind.Array:
				r.addr("Elem", this.p.typeSym(x.elem));
				r.addr("Slice", this.p.typeSym(this.p.types.sliceOf(x.elem)));
				r.int("Len", x.len);
				break;
			case TypeKind.Slice:
			case TypeKind.Pointer:
				r.addr("Elem", this.p.typeSym(x.elem));
				break;
			case TypeKind.Chan:
				r.addr("Elem", this.p.typeSym(x.elem));
				r.int("Dir", chanDir(x));
				break;
			case TypeKind.Map:
				this.map(r, x);
				break;
			case TypeKind.Signature:
				this.func(data, r, x, extraAt);
				break;
			case TypeKind.Interface:
				this.iface(data, r, t, x, extraAt);
				break;
			case TypeKind.Struct:
				this.struct(data, r, t, x, extraAt);
				break;
			default:
				break;
		}
	}

	private func(data: Data, r: Record, x: Signature, extraAt: number): void {
		const params = x.params.vars;
		const results = x.results.vars;
		r.int("InCount", params.length);
		r.int("OutCount", results.length | (x.variadic ? 0x8000 : 0));
		[...params, ...results].forEach((v, i) => data.addr(extraAt + 8 * i, this.p.typeSym(typeOf(v))));
	}

	private iface(data: Data, r: Record, t: Type, x: Interface, extraAt: number): void {
		const methods = typeSetOf(x).methods;
		const pkg =
			t.kind === TypeKind.Named && t !== universeError
				? (t.obj.pkg?.path ?? "")
				: (methods.find((m) => !isExported(m.name))?.pkg?.path ?? "");
		if (pkg !== "") r.addr("PkgPath", pkgPathSym(this.p, pkg));
		this.slice(data, r.at("Methods").off, t, extraAt, methods.length);
		const shape = this.shape("Imethod");
		methods.forEach((m, i) => {
			const row = data.record(shape, extraAt + i * shape.size);
			const exported = isExported(m.name);
			row.off(
				"Name",
				RelocKind.TypeOff,
				nameSym(this.p, m.name, "", exported, false, exported || m.pkg?.path === pkg ? "" : (m.pkg?.path ?? "")),
			);
			row.off("Typ", RelocKind.TypeOff, this.p.typeSym(this.p.types.withoutRecv(typeOf(m) as Signature)));
		});
	}

	private struct(data: Data, r: Record, t: Type, x: Struct, extraAt: number): void {
		const pkg = x.fields.find((f) => !isExported(f.name))?.pkg?.path ?? "";
		if (pkg !== "") r.addr("PkgPath", pkgPathSym(this.p, pkg));
		this.slice(data, r.at("Fields").off, t, extraAt, x.fields.length);
		const shape = this.shape("StructField");
		x.fields.forEach((f, i) => {
			const row = data.record(shape, extraAt + i * shape.size);
			row.addr("Name", nameSym(this.p, f.name, x.tags[i] ?? "", isExported(f.name), f.embedded));
			row.addr("Typ", this.p.typeSym(typeOf(f)));
			row.int("Offset", this.p.layout.fieldOffset(x, i));
		});
	}

	/** A slice header at `at` over n rows of t's own symbol. */
	private slice(data: Data, at: number, t: Type, extraAt: number, n: number): void {
		data.addr(at, { name: this.p.names.typeSym(t), abi: ABI0 }, extraAt);
		data.int(at + 8, 8, n);
		data.int(at + 16, 8, n);
	}

	// ---- maps ----

	/** The type of a map's slot groups: a control word and slots of key and element (or pointers to them when large). */
	groupType(m: MapT): Struct {
		const canon = this.p.types.canon(m);
		const old = this.groups.get(canon);
		if (old !== undefined) return old;
		const large = (t: Type): Type => (this.p.layout.size(t) > this.mapMaxBytes ? this.p.types.pointerTo(t) : t);
		const slot = this.p.types.structOf([
			["key", large(m.key)],
			["elem", large(m.elem)],
		]);
		const slots = new ArrayT(this.p.build.ctx.ids, slot, 8);
		const group = this.p.types.canon(
			this.p.types.structOf([
				["ctrl", this.p.types.basic(BasicKind.Uint64)],
				["slots", slots],
			]),
		) as Struct;
		for (const t of [slot, slots, group]) this.noalg.add(this.p.types.canon(t));
		this.groups.set(canon, group);
		return group;
	}

	/** internal/abi.MapMaxKeyBytes and MapMaxElemBytes. */
	private readonly mapMaxBytes: number = 128;

	private map(r: Record, m: MapT): void {
		const group = this.groupType(m);
		const slots = u(typeOf(group.fields[1])) as ArrayT;
		const slot = u(slots.elem) as Struct;
		let flags = 0;
		if (this.algs.needKeyUpdate(m.key)) flags |= MapFlag.NeedKeyUpdate;
		if (this.algs.hashMightPanic(m.key)) flags |= MapFlag.HashMightPanic;
		if (this.p.layout.size(m.key) > this.mapMaxBytes) flags |= MapFlag.IndirectKey;
		if (this.p.layout.size(m.elem) > this.mapMaxBytes) flags |= MapFlag.IndirectElem;
		r.addr("Key", this.p.typeSym(m.key));
		r.addr("Elem", this.p.typeSym(m.elem));
		r.addr("Group", this.p.typeSym(group));
		r.addr("Hasher", this.hashClosure(m.key));
		r.int("GroupSize", this.p.layout.size(group));
		r.int("SlotSize", this.p.layout.size(slot));
		r.int("ElemOff", this.p.layout.fieldOffset(slot, 1));
		r.int("Flags", flags);
	}

	// ---- methods ----

	/** The method table of t: all methods of its method set, promoted ones included, in the runtime's order. Interfaces have none. */
	methods(t: Type): TableMethod[] {
		if (u(t).kind === TypeKind.Interface) return [];
		const base = t.kind === TypeKind.Pointer ? unalias(t.elem) : t;
		if (base.kind !== TypeKind.Named && base.kind !== TypeKind.Struct) return [];
		const all = methodSet(t).map((s) => s.obj as Func);
		return (this.p.fieldTrack ? all.filter((m) => !isNoInterface(m)) : all).map((m) => {
			return { method: m, id: objId(m.pkg, m.name), type: this.p.types.withoutRecv(typeOf(m) as Signature) };
		});
	}

	private uncommon(data: Data, t: Type, at: number, extra: number, methods: readonly TableMethod[]): void {
		const shape = this.shape("UncommonType");
		const r = data.record(shape, at);
		const pkg =
			t.kind === TypeKind.Named
				? (t.obj.pkg?.path ?? "")
				: t.kind === TypeKind.Pointer && unalias(t.elem).kind === TypeKind.Named
					? pkgOf(unalias(t.elem))
					: t.kind === TypeKind.Basic && t.basic === BasicKind.UnsafePointer
						? "unsafe"
						: "";
		if (pkg !== "") r.off("PkgPath", RelocKind.TypeOff, pkgPathSym(this.p, pkg));
		r.int("Mcount", methods.length);
		r.int("Xcount", methods.filter((m) => isExported(m.method.name)).length);
		r.int("Moff", shape.size + extra);
		const row = this.shape("Method");
		methods.forEach((m, i) => {
			const f = data.record(row, at + shape.size + extra + i * row.size);
			const exported = isExported(m.method.name);
			const own = m.method.pkg?.path ?? "";
			f.off("Name", RelocKind.TypeOff, nameSym(this.p, m.method.name, "", exported, false, exported || own === pkg ? "" : own));
			// Resolved only when something reaches the method: see Reach.
			const names = this.methodSyms(t, m);
			f.off("Mtyp", RelocKind.WeakTypeOff, names.mtyp);
			f.off("Ifn", RelocKind.MethodOff, names.ifn);
			f.off("Tfn", RelocKind.MethodOff, names.tfn);
		});
	}

	/** The symbols that a method table row refers to, without queueing them. */
	methodSyms(t: Type, m: TableMethod): { mtyp: SymRef; ifn: SymRef; tfn: SymRef } {
		return {
			mtyp: { name: this.p.names.typeSym(this.p.types.canon(m.type)), abi: ABI0 },
			ifn: this.p.wrappers.ifaceMethodName(t, m.id),
			tfn: this.p.wrappers.methodName(t, m.id),
		};
	}

	/** Queues what a method table row refers to. */
	needMethod(t: Type, m: TableMethod): void {
		this.p.typeSym(m.type);
		this.p.wrappers.ifaceMethod(t, m.id);
		this.p.wrappers.method(t, m.id);
	}

	// ---- itabs ----

	itab(concrete: Type, iface: Type): Product {
		const out = new Product("");
		const shape = this.shape("ITab");
		const methods = typeSetOf(u(iface) as Interface).methods;
		const funAt = shape.fields.get("Fun")?.off ?? 0;
		const data = new Data(out.frag, funAt + 8 * Math.max(1, methods.length));
		const r = data.record(shape);
		r.addr("Inter", this.p.typeSym(iface));
		r.addr("Type", this.p.typeSym(concrete));
		r.int("Hash", this.hash(this.p.types.canon(concrete)));
		// Weak: a method that no interface call reaches is not kept by its itabs; see MethodReach.
		methods.forEach((m, i) =>
			data.ref(funAt + 8 * i, 8, RelocKind.WeakAddr, this.p.wrappers.ifaceMethodName(concrete, objId(m.pkg, m.name))),
		);
		out.frag.define({
			name: out.frag.ref(this.p.names.itabSym(concrete, iface)),
			kind: SymKind.Itab,
			flags: SymFlag.Dupok,
			align: 8,
			size: data.bytes.length,
			data: data.bytes,
			relocs: data.relocs,
			gotype: -1,
			func: null,
		});
		return out;
	}
}

/** Marked so that no interface sees the method (with GOEXPERIMENT=fieldtrack). */
function isNoInterface(m: Func): boolean {
	return m.origin.decl?.fdecl?.pragma?.directives.some((d) => d.name === "nointerface") ?? false;
}

function pkgOf(t: Type): string {
	return t.kind === TypeKind.Named ? (t.obj.pkg?.path ?? "") : "";
}

function shapeName(x: Type): string {
	switch (x.kind) {
		case TypeKind.Array:
			return "ArrayType";
		case TypeKind.Chan:
			return "ChanType";
		case TypeKind.Signature:
			return "FuncType";
		case TypeKind.Interface:
			return "InterfaceType";
		case TypeKind.Map:
			return "MapType";
		case TypeKind.Pointer:
			return "PtrType";
		case TypeKind.Slice:
			return "SliceType";
		case TypeKind.Struct:
			return "StructType";
		default:
			return "Type";
	}
}

/** Basic types but unsafe.Pointer's kin count as named: reflection gives them names. */
function isNamed(t: Type): boolean {
	return t.kind === TypeKind.Named || t.kind === TypeKind.Basic;
}

function abiKind(t: Type): number {
	const x = u(t);
	switch (x.kind) {
		case TypeKind.Basic:
			if (x.basic === BasicKind.String) return Kind.String;
			if (x.basic === BasicKind.UnsafePointer) return Kind.UnsafePointer;
			return x.basic;
		case TypeKind.Array:
			return Kind.Array;
		case TypeKind.Chan:
			return Kind.Chan;
		case TypeKind.Signature:
			return Kind.Func;
		case TypeKind.Interface:
			return Kind.Interface;
		case TypeKind.Map:
			return Kind.Map;
		case TypeKind.Pointer:
			return Kind.Pointer;
		case TypeKind.Slice:
			return Kind.Slice;
		case TypeKind.Struct:
			return Kind.Struct;
		default:
			throw new Error(`no kind for type ${typeStr(t)}`);
	}
}

function chanDir(x: Chan): number {
	return x.dir === 0 ? ChanRecv | ChanSend : x.dir === 1 ? ChanSend : ChanRecv;
}

/** Unnamed composite types can be found by reflection through their string. */
function needsTypelink(t: Type): boolean {
	return t.kind !== TypeKind.Named && t.kind !== TypeKind.Basic && t.kind !== TypeKind.Interface;
}

/** Whether t's descriptor brings that of *t along: reflection can make a pointer type, but not its methods. */
export function hasPointerDescriptor(p: Program, t: Type): boolean {
	if (t.kind === TypeKind.Struct) return t.fields.some((f) => f.embedded) && methodSet(p.types.pointerTo(t)).length > 0;
	return t.kind === TypeKind.Named || (t.kind === TypeKind.Basic && t.basic !== BasicKind.UnsafePointer);
}
