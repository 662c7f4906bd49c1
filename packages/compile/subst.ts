// Types as the compiler needs them: substitution of type parameters, one canonical
// object per identical type, and the usual questions.

import { InternalError } from "#base";
import {
	ArrayT,
	type Basic,
	BasicKind,
	type Build,
	Chan,
	defaultType,
	type Func,
	instance,
	Interface,
	MapT,
	methodAt,
	Named,
	ObjKind,
	Pointer,
	Signature,
	Slice,
	lookupFieldOrMethod,
	makeSubstMap,
	Struct,
	type SubstMap,
	subst as substTypes,
	Tuple,
	Typ,
	type Type,
	TypeKind,
	TypeName,
	type TypeParam,
	typeOf,
	typeSetOf,
	unalias,
	under,
	universeError,
	Var,
} from "#types";
import { linkString } from "./typename.ts";

/** A substitution of type parameters, with what it gave so far. */
export class Subst {
	readonly tparams: readonly TypeParam[];
	readonly targs: readonly Type[];
	readonly done: Map<number, Type> = new Map();
	readonly map: SubstMap;
	/** Extent of the generic function's declaration. */
	readonly start: number;
	readonly end: number;
	constructor(tparams: readonly TypeParam[], targs: readonly Type[], start: number, end: number) {
		this.start = start;
		this.end = end;
		this.tparams = tparams;
		this.targs = targs;
		this.map = makeSubstMap(tparams, targs);
		for (let i = 0; i < tparams.length; i++) this.done.set(tparams[i].id, targs[i]);
	}

	/** Whether a position is inside the function. */
	owns(pos: number): boolean {
		return pos >= this.start && pos < this.end;
	}
}

export class Types {
	readonly build: Build;
	private readonly byLink: Map<string, Type> = new Map();
	private readonly links: (string | undefined)[] = [];
	private readonly canons: (Type | undefined)[] = [];
	private readonly pointers: (Pointer | undefined)[] = [];
	private readonly slices: (Slice | undefined)[] = [];
	readonly emptyIface: Interface;
	readonly bytePtr: Pointer;
	readonly unsafePtr: Type = Typ[BasicKind.UnsafePointer];
	readonly int: Type = Typ[BasicKind.Int];
	readonly uintptr: Type = Typ[BasicKind.Uintptr];
	readonly bool: Type = Typ[BasicKind.Bool];
	readonly string: Type = Typ[BasicKind.String];
	readonly error: Type = universeError;

	/** As subst, receiver included. */
	substMethod(sig: Signature, s: Subst | null): Signature {
		if (s === null) return sig;
		const plain = this.subst(sig, s) as Signature;
		if (sig.recv === null) return plain;
		const old = typeOf(sig.recv);
		const t = this.subst(old, s);
		const recv = new Var(sig.recv.varKind, sig.recv.pos, sig.recv.pkg, sig.recv.name, t, false);
		return new Signature(this.build.ctx.ids, recv, plain.params, plain.results, plain.variadic);
	}

	basic(kind: number): Type {
		return Typ[kind];
	}

	/** The function type of a method. */
	withoutRecv(sig: Signature): Signature {
		return sig.recv === null ? sig : new Signature(this.build.ctx.ids, null, sig.params, sig.results, sig.variadic);
	}

	/** The type that a constant of untyped type has in an interface. */
	defaultOf(t: Type): Type {
		return defaultType(t);
	}

	/** interface{} */
	anyType(): Type {
		return this.emptyIface;
	}

	constructor(build: Build) {
		this.build = build;
		this.emptyIface = new Interface(build.ctx.ids, [], []);
		this.emptyIface.complete = true;
		this.bytePtr = this.pointerTo(Typ[BasicKind.Uint8]);
	}

	makeSubst(tparams: readonly TypeParam[], targs: readonly Type[], start: number, end: number): Subst {
		return new Subst(
			tparams,
			targs.map((t) => this.canon(t)),
			start,
			end,
		);
	}

	/** Name of the type in symbol names; equal for identical types only. */
	link(t: Type): string {
		let s = this.links[t.id];
		if (s === undefined) {
			s = linkString(t);
			this.links[t.id] = s;
		}
		return s;
	}

	/** The one representative of all types identical to t. */
	canon(t: Type): Type {
		t = unalias(t);
		const known = this.canons[t.id];
		if (known !== undefined) return known;
		const s = this.link(t);
		let c = this.byLink.get(s);
		if (c === undefined) {
			c = t.kind === TypeKind.Basic ? Typ[t.basic] : t;
			this.byLink.set(s, c);
		}
		this.canons[t.id] = c;
		return c;
	}

	pointerTo(t: Type): Pointer {
		let p = this.pointers[t.id];
		if (p === undefined) {
			p = new Pointer(this.build.ctx.ids, t);
			this.pointers[t.id] = p;
		}
		return p;
	}

	sliceOf(t: Type): Slice {
		let p = this.slices[t.id];
		if (p === undefined) {
			p = new Slice(this.build.ctx.ids, t);
			this.slices[t.id] = p;
		}
		return p;
	}

	arrayOf(t: Type, n: number): ArrayT {
		return new ArrayT(this.build.ctx.ids, t, n);
	}

	structOf(fields: readonly (readonly [string, Type])[]): Struct {
		return new Struct(
			this.build.ctx.ids,
			fields.map(([name, t]) => new Var(6, 0, null, name, t)),
			[],
		);
	}

	signature(params: readonly Type[], results: readonly Type[]): Signature {
		const ids = this.build.ctx.ids;
		const tuple = (list: readonly Type[]): Tuple =>
			new Tuple(
				ids,
				list.map((t) => new Var(4, 0, null, "", t)),
			);
		return new Signature(ids, null, tuple(params), tuple(results), false);
	}

	/** The method that a declared type itself declares, by name. */
	declaredMethod(t: Type, name: string): Func | null {
		const n = unalias(t);
		if (n.kind !== TypeKind.Named) return null;
		const origin = n.inst === null ? n : n.inst.orig;
		for (let i = 0; i < origin.methods.length; i++) {
			const m = methodAt(origin, i);
			if (m.name === name) return m;
		}
		return null;
	}

	/** Replaces type parameters; gives t itself where nothing changes. */
	subst(t: Type, s: Subst | null): Type {
		if (s === null) return t;
		const old = s.done.get(t.id);
		if (old !== undefined) return old;
		const made = this.substNew(t, s);
		s.done.set(t.id, made);
		return made;
	}

	private substNew(t: Type, s: Subst): Type {
		const ids = this.build.ctx.ids;
		switch (t.kind) {
			case TypeKind.Basic:
				return t;
			case TypeKind.Alias:
				return this.subst(unalias(t), s);
			case TypeKind.Named:
				return t.inst === null ? this.substLocal(t, s) : this.substInstance(t, s);
			case TypeKind.Pointer: {
				const e = this.subst(t.elem, s);
				return e === t.elem ? t : new Pointer(ids, e);
			}
			case TypeKind.Slice: {
				const e = this.subst(t.elem, s);
				return e === t.elem ? t : new Slice(ids, e);
			}
			case TypeKind.Array: {
				const e = this.subst(t.elem, s);
				return e === t.elem ? t : new ArrayT(ids, e, t.len);
			}
			case TypeKind.Chan: {
				const e = this.subst(t.elem, s);
				return e === t.elem ? t : new Chan(ids, t.dir, e);
			}
			case TypeKind.Map: {
				const k = this.subst(t.key, s);
				const e = this.subst(t.elem, s);
				return k === t.key && e === t.elem ? t : new MapT(ids, k, e);
			}
			case TypeKind.Struct: {
				const fields = this.substVars(t.fields, s);
				return fields === t.fields ? t : new Struct(ids, fields, t.tags);
			}
			case TypeKind.Tuple: {
				const vars = this.substVars(t.vars, s);
				return vars === t.vars ? t : new Tuple(ids, vars);
			}
			case TypeKind.Signature: {
				const params = this.subst(t.params, s) as Tuple;
				const results = this.subst(t.results, s) as Tuple;
				if (params === t.params && results === t.results) return t;
				return new Signature(ids, t.recv, params, results, t.variadic);
			}
			default:
				return substTypes(this.build.ctx, t, s.map) as Type;
		}
	}

	private substVars(vars: Var[], s: Subst): Var[] {
		let out: Var[] | null = null;
		for (let i = 0; i < vars.length; i++) {
			const v = vars[i];
			const old = typeOf(v);
			const t = this.subst(old, s);
			if (t !== old) {
				out ??= vars.slice();
				out[i] = new Var(v.varKind, v.pos, v.pkg, v.name, t, v.embedded);
				out[i].origin = v.origin;
			}
		}
		return out ?? vars;
	}

	private substInstance(t: Named, s: Subst): Type {
		const targs = t.inst === null ? [] : t.inst.targs;
		let changed = false;
		const made = targs.map((a) => {
			const r = this.subst(a, s);
			if (r !== a) changed = true;
			return r;
		});
		if (t.inst === null) return t;
		const full = changed ? instance(this.build.ctx, 0, t.inst.orig, made) : t;
		return this.isLocal(t, s) ? this.localCopy(t, full, s, `;${made.map((a) => this.link(a)).join(",")}`) : full;
	}

	private isLocal(t: Named, s: Subst): boolean {
		const obj = t.obj;
		return obj.pkg !== null && obj.parent !== null && obj.parent !== obj.pkg.scope && s.owns(obj.pos);
	}

	/** A type declared inside a generic function is another one for each list of type arguments. */
	private substLocal(t: Named, s: Subst): Type {
		return this.isLocal(t, s) ? this.localCopy(t, t, s, "") : t;
	}

	/** t as it is in this instance of the function around it; full has its own type arguments replaced. */
	private localCopy(t: Named, full: Type, s: Subst, own: string): Type {
		const obj = t.obj;
		const name = `${obj.name}[${s.targs.map((a) => this.link(a)).join(",")}${own}]`;
		const made = new TypeName(obj.pos, obj.pkg, name, null);
		made.parent = obj.parent;
		const n = new Named(this.build.ctx.ids, this.build.ctx, made, null);
		made.type = n;
		s.done.set(t.id, n);
		s.done.set(full.id, n);
		n.underlying = this.subst(under(full), s) as Named["underlying"];
		n.fromRHS = n.underlying;
		return n;
	}
}

/** The underlying type. */
export function u(t: Type): Exclude<Type, { kind: typeof TypeKind.Named | typeof TypeKind.Alias }> {
	const r = under(t);
	if (r.kind === TypeKind.Named || r.kind === TypeKind.Alias) throw new InternalError("underlying type is named");
	return r as Exclude<Type, { kind: typeof TypeKind.Named | typeof TypeKind.Alias }>;
}

export function isInterface(t: Type): boolean {
	return u(t).kind === TypeKind.Interface;
}

export function isEmptyInterface(t: Type): boolean {
	const x = u(t);
	return x.kind === TypeKind.Interface && typeSetOf(x).methods.length === 0;
}

/** The basic type under t, or null. */
export function basicOf(t: Type): Basic | null {
	const x = u(t);
	return x.kind === TypeKind.Basic ? x : null;
}

export function isString(t: Type): boolean {
	const b = basicOf(t);
	return b !== null && (b.info & 32) !== 0;
}

export function isIntegerType(t: Type): boolean {
	const b = basicOf(t);
	return b !== null && (b.info & 2) !== 0;
}

export function isUnsigned(t: Type): boolean {
	const b = basicOf(t);
	return b !== null && (b.info & 4) !== 0;
}

export function isFloatType(t: Type): boolean {
	const b = basicOf(t);
	return b !== null && (b.info & 8) !== 0;
}

export function isComplexType(t: Type): boolean {
	const b = basicOf(t);
	return b !== null && (b.info & 16) !== 0;
}

export function isUntyped(t: Type): boolean {
	return t.kind === TypeKind.Basic && (t.info & 64) !== 0;
}

export function isUnsafePointer(t: Type): boolean {
	const b = basicOf(t);
	return b !== null && b.basic === BasicKind.UnsafePointer;
}

/** Whether a concrete type has all methods of an interface type. */
export function implementsAll(types: Types, t: Type, it: Interface): boolean {
	const plain = (f: Signature): string => types.link(types.withoutRecv(f));
	return typeSetOf(it).methods.every((m) => {
		const r = lookupFieldOrMethod(t, false, m.pkg, m.name);
		return r.obj !== null && r.obj.kind === ObjKind.Func && plain(typeOf(r.obj) as Signature) === plain(typeOf(m) as Signature);
	});
}
