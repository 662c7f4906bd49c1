// Package-level variables as data. An initialiser becomes data when it needs no
// code: constants, addresses of variables, composite literals of such, functions,
// and conversions of these to interfaces. All or nothing per variable.

import { InternalError } from "#base";
import { boolVal, int64Val, isInt, Kind as CKind, kindOf, stringVal, toInt, type Value } from "#constant";
import { ABI0, ABIInternal, addReloc, newRelocs, RelocKind, SymKind } from "#object";
import type { SymRef } from "#ssa";
import { type Call, type CompositeLit, type Expr, type FuncLit, Kind, Op, walk } from "#syntax";
import {
	BuiltinId,
	checkInit,
	type Func,
	type Info,
	Mode,
	ObjKind,
	type Package,
	type Selection,
	type Signature,
	SelectionKind,
	type Struct,
	type Type,
	TypeKind,
	typeOf,
	type Var,
	VarKind,
} from "#types";
import { constData, stringSym } from "../build/const.ts";
import { type FuncInst, Product, type Program, type StaticInit, type Withheld } from "../program.ts";
import { Data } from "../reflectdata/record.ts";
import { isInterface, isEmptyInterface, isString, u } from "../subst.ts";
import { type Bindings, type InlineBody, type Returned, returned } from "./call.ts";

/** Files embedded into a variable by go:embed: contents by slash-separated path, sorted as package embed wants them; null = no directive. */
export type EmbedOf = (v: Var) => EmbeddedFile[] | null;

/** What initial values ask of the rest of the compiler. */
export interface StaticHooks {
	embedOf: EmbedOf;
	/** The closure object of a function literal that captures nothing, or null where that is not supported. */
	closure: (lit: FuncLit, v: Var) => SymRef | null;
	/** The function that fills a map whose initialiser was outlined. */
	mapInit: (v: Var) => FuncInst | null;
	inlineBody: InlineBody;
}

export interface EmbeddedFile {
	/** Directories end in "/". */
	name: string;
	data: Uint8Array;
	/** First 16 bytes of the SHA-256. */
	hash: Uint8Array;
}

/** Between a variable's name and the number of a nameless variable that its initial value refers to; defined with the variable. */
export const partOfInitialValue = "..stmp_";

/** A variable's initialiser that turned out to be static: what its symbol is made of. */
interface Image {
	out: Product;
	data: Data;
	/** What the content refers to: wanted only when the variable is. */
	needs: Withheld;
}

/** What `from` holds when `reader` is initialised, if it is known to be its static content. */
type Initial = (from: Var, reader: Var) => Image | null;

const NotStatic: unique symbol = Symbol("not static");

export class StaticData implements StaticInit {
	private readonly p: Program;
	private readonly hooks: StaticHooks;
	private readonly images = new Map<Var, Image | null>();

	constructor(p: Program, hooks: StaticHooks) {
		this.p = p;
		this.hooks = hooks;
	}

	isStatic(v: Var): boolean {
		return this.image(v) !== null;
	}

	/** The static content of v; null when v has no initialiser or needs code. */
	private image(v: Var): Image | null {
		return this.p.facts.initial(v.pkg?.path ?? "", () => {
			const known = this.images.get(v);
			if (known !== undefined) return known;
			this.images.set(v, null);
			const made = this.makeImage(v);
			this.images.set(v, made);
			return made;
		});
	}

	private makeImage(v: Var): Image | null {
		const decl = v.decl;
		if (decl === null) return null;
		const t = typeOf(v);
		const embedded = this.hooks.embedOf(v);
		if (embedded === null && (decl.init === null || (decl.lhs !== null && decl.lhs.length > 1))) return null;
		const out = new Product(v.pkg?.path ?? "");
		const data = new Data(out.frag, this.p.layout.size(t));
		const w = new Writer(this.p, this.hooks, v, out, (from, reader) => this.initial(from, reader));
		const { result, withheld } = this.p.withhold(() => w.written(data, t, embedded, decl.init));
		return result ? { out, data, needs: withheld } : null;
	}

	/** Strings may be set by the linker (-X). Code that ran before the reader's turn may have changed the variable. */
	private initial(from: Var, reader: Var): Image | null {
		if (from.pkg === null || from.pkg !== reader.pkg || from.decl === null || this.hooks.embedOf(from) !== null) return null;
		if (isString(typeOf(from))) return null;
		return this.beforeCalls(from.pkg).has(reader) ? this.image(from) : null;
	}

	private readonly settled = new Map<Package, ReadonlySet<Var>>();

	/** The variables of a package that are initialised before anything is called. */
	private beforeCalls(pkg: Package): ReadonlySet<Var> {
		const known = this.settled.get(pkg);
		if (known !== undefined) return known;
		const vars = new Set<Var>();
		this.settled.set(pkg, vars);
		checkInit(pkg);
		for (const { lhs, rhs } of pkg.checker?.initOrder ?? []) {
			for (const v of lhs) vars.add(v);
			if (this.mayCall(rhs)) break;
		}
		return vars;
	}

	private mayCall(e: Expr): boolean {
		let found = false;
		walk(e, (n) => {
			if (n.kind === Kind.Call && this.p.build.info.types.get(n.fun)?.mode !== Mode.TypExpr) found = true;
			return !found && n.kind !== Kind.FuncLit;
		});
		return found;
	}

	variable(v: Var): Product {
		const t = typeOf(v);
		const image = this.image(v);
		const out = image?.out ?? new Product(v.pkg?.path ?? "");
		if (image !== null) this.p.release(image.needs);
		const l = this.p.layout.of(t);
		const zero = image === null || (image.data.relocs.off.length === 0 && image.data.bytes.every((b) => b === 0));
		const pointers = l.ptrBytes > 0;
		const relocs = image?.data.relocs ?? newRelocs();
		const fill = this.hooks.mapInit(v);
		if (fill !== null) addReloc(relocs, 0, 0, RelocKind.Keep, out.frag.ref(this.p.funcRef(fill).name, ABIInternal), 0);
		const kind = zero ? (pointers ? SymKind.Bss : SymKind.Noptrbss) : pointers ? SymKind.Data : SymKind.Noptrdata;
		out.frag.define({
			name: out.frag.ref(this.p.names.variable(v)),
			kind,
			flags: 0,
			align: symbolAlign(l.size, l.align),
			size: l.size,
			data: zero || image === null ? new Uint8Array(0) : image.data.bytes,
			relocs,
			gotype: out.frag.ref(this.p.typeSym(t).name),
			func: null,
		});
		return out;
	}
}

/** Larger variables are aligned more, as gc's linker does for data symbols: up to 32 bytes. */
function symbolAlign(size: number, align: number): number {
	let a = 32;
	while (a > align && a > size) a >>= 1;
	return Math.max(a, align, 1);
}

/** Writes initial values; throws NotStatic when code is needed. */
class Writer {
	private readonly p: Program;
	private readonly hooks: StaticHooks;
	private readonly v: Var;
	private readonly out: Product;
	private readonly info: Info;
	private readonly initial: Initial;
	private temps = 0;
	/** Set in the result of a call. */
	private bindings: Bindings | null = null;

	constructor(p: Program, hooks: StaticHooks, v: Var, out: Product, initial: Initial) {
		this.p = p;
		this.hooks = hooks;
		this.v = v;
		this.out = out;
		this.initial = initial;
		this.info = p.build.info;
	}

	private typeOf(e: Expr): Type {
		const t = this.info.typeOf(e);
		if (t === null) throw NotStatic;
		return t;
	}

	/** Writes the whole value; false: it needs code. */
	written(data: Data, t: Type, embedded: readonly EmbeddedFile[] | null, init: Expr | null): boolean {
		try {
			if (embedded !== null) this.embed(data, t, embedded);
			else this.value(data, 0, init as Expr, t);
		} catch (err) {
			if (err === NotStatic) return false;
			throw err;
		}
		return true;
	}

	/** Writes the value of e, converted to t, at offset off. */
	value(data: Data, off: number, e: Expr, t: Type): void {
		while (e.kind === Kind.Paren) e = e.x;
		const tv = this.info.types.get(e);
		if (tv === undefined) throw NotStatic;
		if (tv.mode === Mode.NilValue || (u(tv.type).kind === TypeKind.Basic && (u(tv.type) as { basic: number }).basic === 25)) return;
		if (isInterface(t) && !isInterface(tv.type)) {
			this.iface(data, off, e, tv.type, t);
			return;
		}
		if (tv.value !== null && tv.mode === Mode.Constant) {
			this.constant(data, off, tv.value, t);
			return;
		}
		switch (e.kind) {
			case Kind.Name:
			case Kind.Selector:
				this.reference(data, off, e, t);
				break;
			case Kind.Unary:
				if (e.op !== Op.And) throw NotStatic;
				this.address(data, off, e.x);
				break;
			case Kind.CompositeLit:
				this.composite(data, off, e, t);
				break;
			case Kind.FuncLit: {
				const ref = this.hooks.closure(e, this.v);
				if (ref === null) throw NotStatic;
				data.addr(off, ref);
				break;
			}
			case Kind.Call:
				this.call(data, off, e, t);
				break;
			default:
				throw NotStatic;
		}
	}

	private constant(data: Data, off: number, v: Value, t: Type): void {
		if (kindOf(v) === CKind.String) {
			const x = u(t);
			if (x.kind !== TypeKind.Basic) throw NotStatic;
			const s = stringVal(v);
			if (s === "") return;
			data.addr(off, stringSym(this.p, s));
			data.int(off + 8, 8, s.length);
			return;
		}
		if (u(t).kind === TypeKind.Basic) {
			constData(this.p, v, t, data.bytes, off);
		} else if (kindOf(v) === CKind.Bool) {
			data.int(off, 1, boolVal(v) ? 1 : 0);
		} else {
			throw NotStatic;
		}
	}

	/** A function used as value, or another variable of the package whose own initial value it still has. */
	private reference(data: Data, off: number, e: Expr, t: Type): void {
		const name = e.kind === Kind.Selector ? e.sel : e;
		if (name.kind !== Kind.Name) throw NotStatic;
		if (e.kind === Kind.Selector && this.info.selections.get(e) !== undefined) throw NotStatic;
		const obj = this.info.objectOf(name);
		if (obj?.kind === ObjKind.Var) return this.variable(data, off, obj, t);
		if (obj === null || obj.kind !== ObjKind.Func) throw NotStatic;
		const targs = this.info.instances.get(name)?.targs ?? [];
		data.addr(off, this.funcVal(obj, targs));
	}

	/** An argument, or the initial value of another variable: what that points to is shared. */
	private variable(data: Data, off: number, from: Var, t: Type): void {
		this.sameInterface(t, typeOf(from));
		const arg = this.bindings?.args.get(from);
		if (arg !== undefined) {
			this.within((this.bindings as Bindings).outer, () => this.value(data, off, arg, t));
			return;
		}
		const image = this.initial(from, this.v);
		if (image === null) throw NotStatic;
		this.p.release(image.needs);
		data.bytes.set(image.data.bytes, off);
		const { names, abis } = image.out.frag.fragment;
		const r = image.data.relocs;
		for (let i = 0; i < r.off.length; i++) {
			const target = r.target[i];
			addReloc(data.relocs, off + r.off[i], r.size[i], r.kind[i], data.frag.ref(names[target], abis[target]), r.add[i]);
		}
	}

	private returned(callee: Func, e: Call): Returned | null {
		const sig = typeOf(callee) as Signature;
		if (e.hasDots || sig.recv !== null || sig.tparams.length > 0 || this.p.codeFlags(this.v.pkg?.path ?? "").noInline) return null;
		return returned(this.info, this.p.inst(callee, []), e, this.hooks.inlineBody, this.bindings);
	}

	/** An interface value keeps its first word only where the interface stays the same. */
	private sameInterface(to: Type, from: Type): void {
		if (isInterface(to) && this.p.types.canon(to) !== this.p.types.canon(from)) throw NotStatic;
	}

	private within(bindings: Bindings | null, run: () => void): void {
		const old = this.bindings;
		this.bindings = bindings;
		run();
		this.bindings = old;
	}

	private funcVal(f: Func, targs: readonly Type[]): SymRef {
		const fn = this.p.inst(f, targs);
		return this.p.funcVal(this.p.funcRef(fn));
	}

	/** &x: of a composite literal (a variable of its own), or of a package-level variable's part. */
	private address(data: Data, off: number, x: Expr): void {
		while (x.kind === Kind.Paren) x = x.x;
		if (x.kind === Kind.CompositeLit) {
			const t = this.typeOf(x);
			const inner = this.temp(t, (d) => this.composite(d, 0, x, t));
			data.addr(off, inner);
			return;
		}
		const place = this.place(x);
		data.addr(off, place.sym, place.off);
	}

	/** Where a package-level variable, a field or an element of it is. */
	private place(x: Expr): { sym: SymRef; off: number } {
		while (x.kind === Kind.Paren) x = x.x;
		if (x.kind === Kind.Name || (x.kind === Kind.Selector && this.info.selections.get(x) === undefined)) {
			const obj = this.info.objectOf(x.kind === Kind.Name ? x : x.sel);
			if (obj === null || obj.kind !== ObjKind.Var || obj.varKind !== VarKind.Package) throw NotStatic;
			return { sym: this.p.varSym(obj), off: 0 };
		}
		if (x.kind === Kind.Selector) {
			const sel = this.info.selections.get(x) as Selection;
			if (sel.kind !== SelectionKind.FieldVal || sel.indirect) throw NotStatic;
			const base = this.place(x.x);
			let t = sel.recv;
			let off = base.off;
			for (const i of sel.index) {
				const s = u(t) as Struct;
				if (s.kind !== TypeKind.Struct) throw NotStatic;
				off += this.p.layout.fieldOffset(s, i);
				t = typeOf(s.fields[i]);
			}
			return { sym: base.sym, off };
		}
		if (x.kind === Kind.Index) {
			const a = u(this.typeOf(x.x));
			const i = this.constInt(x.index);
			if (a.kind !== TypeKind.Array || i === null) throw NotStatic;
			const base = this.place(x.x);
			return { sym: base.sym, off: base.off + i * this.p.layout.size(a.elem) };
		}
		throw NotStatic;
	}

	private constInt(e: Expr): number | null {
		const tv = this.info.types.get(e);
		if (tv === undefined || tv.mode !== Mode.Constant || tv.value === null) return null;
		const n = toInt(tv.value);
		return isInt(n) ? Number(int64Val(n)) : null;
	}

	/** A variable without name that holds part of v's initial value. */
	private temp(t: Type, fill: (data: Data) => void, kind: "var" | "readonly" = "var"): SymRef {
		const l = this.p.layout.of(t);
		const data = new Data(this.out.frag, l.size);
		const name = `${this.p.names.variable(this.v)}${partOfInitialValue}${this.temps++}`;
		fill(data);
		const zero = data.relocs.off.length === 0 && data.bytes.every((b) => b === 0);
		let sym: SymKind = l.ptrBytes > 0 ? SymKind.Data : SymKind.Noptrdata;
		if (kind === "readonly") sym = SymKind.Rodata;
		else if (zero) sym = l.ptrBytes > 0 ? SymKind.Bss : SymKind.Noptrbss;
		this.out.frag.define({
			name: this.out.frag.ref(name),
			kind: sym,
			flags: 0,
			align: Math.max(l.align, 1),
			size: l.size,
			data: zero && kind === "var" ? new Uint8Array(0) : data.bytes,
			relocs: data.relocs,
			gotype: kind === "readonly" ? -1 : this.out.frag.ref(this.p.typeSym(t).name),
			func: null,
		});
		return { name, abi: ABI0 };
	}

	private composite(data: Data, off: number, e: CompositeLit, want: Type): void {
		const t = this.info.typeOf(e) ?? want;
		const x = u(t);
		switch (x.kind) {
			case TypeKind.Pointer: {
				// &T elided inside an outer literal.
				const elem = x.elem;
				data.addr(
					off,
					this.temp(elem, (d) => this.elements(d, 0, e, elem)),
				);
				break;
			}
			case TypeKind.Slice: {
				const n = this.literalLength(e);
				const array = this.p.types.arrayOf(x.elem, n);
				if (n > 0)
					data.addr(
						off,
						this.temp(array, (d) => this.elements(d, 0, e, array)),
					);
				else data.addr(off, { name: this.p.rtVar("zerobase").name, abi: ABI0 });
				data.int(off + 8, 8, n);
				data.int(off + 16, 8, n);
				break;
			}
			default:
				this.elements(data, off, e, t);
		}
	}

	private literalLength(e: CompositeLit): number {
		let n = 0;
		let next = 0;
		for (const x of e.elems) {
			if (x.kind === Kind.KeyValue) {
				const at = this.constInt(x.key);
				if (at === null) throw NotStatic;
				next = at;
			}
			next++;
			if (next > n) n = next;
		}
		return n;
	}

	/** The elements of a struct or array literal. */
	private elements(data: Data, off: number, e: CompositeLit, t: Type): void {
		const x = u(t);
		if (x.kind === TypeKind.Struct) {
			e.elems.forEach((elem, i) => {
				let field = i;
				let value = elem;
				if (elem.kind === Kind.KeyValue) {
					const name = elem.key.kind === Kind.Name ? elem.key.name : "";
					field = x.fields.findIndex((f) => f.name === name);
					value = elem.value;
				}
				if (x.fields[field].name !== "_") this.value(data, off + this.p.layout.fieldOffset(x, field), value, typeOf(x.fields[field]));
			});
		} else if (x.kind === TypeKind.Array) {
			const size = this.p.layout.size(x.elem);
			let i = 0;
			for (const elem of e.elems) {
				let value = elem;
				if (elem.kind === Kind.KeyValue) {
					const at = this.constInt(elem.key);
					if (at === null) throw NotStatic;
					i = at;
					value = elem.value;
				}
				this.value(data, off + i * size, value, x.elem);
				i++;
			}
		} else {
			throw NotStatic;
		}
	}

	/** new(T), conversions that keep the representation, and functions that only return an expression. */
	private call(data: Data, off: number, e: Call, t: Type): void {
		const fun = this.info.types.get(e.fun);
		if (fun?.mode === Mode.TypExpr) {
			const from = this.typeOf(e.args[0]);
			if (this.byteSlice(data, off, fun.type, e.args[0])) return;
			if (!this.sameRepresentation(fun.type, from)) throw NotStatic;
			this.value(data, off, e.args[0], isInterface(t) ? t : from);
			return;
		}
		const name = e.fun.kind === Kind.Selector ? e.fun.sel : e.fun;
		const callee = name.kind === Kind.Name ? this.info.objectOf(name) : null;
		if (callee?.kind === ObjKind.Func) {
			const got = this.returned(callee, e);
			if (got === null) throw NotStatic;
			this.sameInterface(t, isInterface(got.type) ? got.type : t);
			this.within(got.bindings, () => this.value(data, off, got.result, isInterface(t) ? t : got.type));
			return;
		}
		const isNew = callee !== null && callee.kind === ObjKind.Builtin && callee.id === BuiltinId.New;
		const arg = e.args[0];
		if (!isNew || this.info.types.get(arg)?.mode !== Mode.TypExpr) throw NotStatic;
		data.addr(
			off,
			this.temp(this.typeOf(arg), () => {}),
		);
	}

	/** []byte("constant"): needed before any code has run (runtime.sysTHPSizePath). */
	private byteSlice(data: Data, off: number, to: Type, arg: Expr): boolean {
		const x = u(to);
		const value = this.info.types.get(arg)?.value ?? null;
		if (x.kind !== TypeKind.Slice || value === null || kindOf(value) !== CKind.String || this.p.layout.size(x.elem) !== 1) return false;
		const s = stringVal(value);
		if (s === "") return false;
		this.bytes(
			data,
			off,
			Uint8Array.from(s, (c) => c.charCodeAt(0)),
			true,
		);
		data.int(off + 16, 8, s.length);
		return true;
	}

	private sameRepresentation(to: Type, from: Type): boolean {
		const a = u(to);
		const b = u(from);
		if (a === b) return true;
		if (a.kind === TypeKind.Basic || b.kind === TypeKind.Basic) {
			const pointer = (x: Type): boolean => x.kind === TypeKind.Pointer || (x.kind === TypeKind.Basic && x.basic === 18);
			return pointer(a) && pointer(b);
		}
		return a.kind === b.kind && a.kind !== TypeKind.Interface;
	}

	/** A value that is not an interface, stored in one. */
	private iface(data: Data, off: number, e: Expr, from: Type, to: Type): void {
		const concrete = this.p.types.defaultOf(from);
		const type = this.p.typeSym(concrete);
		this.p.convertedToIface(concrete);
		data.addr(off, isEmptyInterface(to) ? type : this.p.itabSym(concrete, to));
		addReloc(data.relocs, 0, 0, RelocKind.UseIface, data.frag.ref(type.name), 0);
		this.out.marks.push({ func: this.p.names.variable(this.v), kind: RelocKind.UseIface, sym: type.name, add: 0 });
		if (this.p.layout.isDirectIface(concrete)) {
			this.value(data, off + 8, e, concrete);
		} else if (this.p.layout.size(concrete) === 0) {
			data.addr(off + 8, this.p.rtVar("zerobase"));
		} else {
			data.addr(
				off + 8,
				this.temp(concrete, (d) => this.value(d, 0, e, concrete), "readonly"),
			);
		}
	}

	// ---- go:embed ----

	/** string, []byte or embed.FS with the contents of files. */
	embed(data: Data, t: Type, files: readonly EmbeddedFile[]): void {
		const x = u(t);
		if (x.kind !== TypeKind.Struct) {
			const file = files.find((f) => !f.name.endsWith("/"));
			if (file === undefined) throw new InternalError(`${this.v.name} embeds no file`);
			this.bytes(data, 0, file.data, x.kind === TypeKind.Slice);
			if (x.kind === TypeKind.Slice) data.int(16, 8, file.data.length);
			return;
		}
		// embed.FS is struct { files *[]file }; file is struct { name string; data string; hash [16]byte }.
		const fileSize = 48;
		const table = new Data(this.out.frag, 24 + fileSize * files.length);
		const name = `${this.p.names.variable(this.v)}.files`;
		table.addr(0, { name, abi: ABI0 }, 24);
		table.int(8, 8, files.length);
		table.int(16, 8, files.length);
		files.forEach((f, i) => {
			const at = 24 + i * fileSize;
			this.bytes(table, at, new TextEncoder().encode(f.name), false);
			if (!f.name.endsWith("/")) {
				this.bytes(table, at + 16, f.data, false);
				table.bytes.set(f.hash, at + 32);
			}
		});
		this.out.frag.data(name, SymKind.Rodata, table.bytes, { align: 8, relocs: table.relocs });
		data.addr(0, { name, abi: ABI0 });
	}

	/** Pointer and length of content that is a symbol of its own. */
	private bytes(data: Data, off: number, content: Uint8Array, writable: boolean): void {
		data.int(off + 8, 8, content.length);
		if (content.length === 0) return;
		const name = `${this.p.names.variable(this.v)}.embed_${this.temps++}`;
		this.out.frag.data(name, writable ? SymKind.Noptrdata : SymKind.Rodata, content, { align: 1 });
		data.addr(off, { name, abi: ABI0 });
	}
}
