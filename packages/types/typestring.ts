// Types as text: for messages (typeString), and as hash for finding identical ones (typeHash).

import { formatPosition } from "#base";
import { quote } from "#constant";
import { isExported, type Var } from "./objects.ts";
import type { Package } from "./package.ts";
import {
	type Alias,
	ChanDir,
	type Chan,
	type Interface,
	type Named,
	type Signature,
	type Struct,
	type Tuple,
	type Type,
	TypeKind,
	type TypeParam,
	type UnionTerm,
} from "./types.ts";
import { typeOf } from "./resolve.ts";
import { unalias } from "./under.ts";
import { anyInterface, Universe, universeComparable } from "./universe.ts";

/** How a package is written before its names: "" leaves it out. null instead of a function: the import path. */
export type Qualifier = ((pkg: Package) => string) | null;

/** Qualifies by package path, except names of pkg. */
export function relativeTo(pkg: Package): Qualifier {
	return (p) => (p === pkg ? "" : p.path);
}

export function packagePrefix(pkg: Package | null, qf: Qualifier): string {
	if (pkg === null) return "";
	const q = qf === null ? pkg.path : qf(pkg);
	return q === "" ? "" : `${q}.`;
}

export interface TypeStringOptions {
	/** Write parameter names (default). */
	paramNames?: boolean;
	/** Mark the first unexported struct field with its package, where two types would print alike. */
	pkgInfo?: boolean;
}

export function typeString(t: Type, qf: Qualifier, options: TypeStringOptions = {}): string {
	return new TypeWriter(qf, options).type(t);
}

/** A signature without the leading "func". */
export function signatureString(sig: Signature, qf: Qualifier, options: TypeStringOptions = {}): string {
	return new TypeWriter(qf, options).signature(sig);
}

/** A type parameter list, in brackets. */
export function tparamsString(list: readonly TypeParam[], qf: Qualifier): string {
	return new TypeWriter(qf, {}).tparams(list);
}

class TypeWriter {
	private readonly qf: Qualifier;
	private readonly paramNames: boolean;
	private pkgInfo: boolean;
	private readonly active: Set<Type> = new Set();

	constructor(qf: Qualifier, o: TypeStringOptions) {
		this.qf = qf;
		this.paramNames = o.paramNames ?? true;
		this.pkgInfo = o.pkgInfo ?? false;
	}

	type(t: Type): string {
		if (this.active.has(t)) return `<cycle to ${kindName(t)}>`;
		this.active.add(t);
		const s = this.write(t);
		this.active.delete(t);
		return s;
	}

	private write(t: Type): string {
		switch (t.kind) {
			case TypeKind.Basic:
				return t.name === "Pointer" ? "unsafe.Pointer" : t.name;
			case TypeKind.Array:
				return `[${t.len}]${this.type(t.elem)}`;
			case TypeKind.Slice:
				return `[]${this.type(t.elem)}`;
			case TypeKind.Pointer:
				return `*${this.type(t.elem)}`;
			case TypeKind.Map:
				return `map[${this.type(t.key)}]${this.type(t.elem)}`;
			case TypeKind.Chan:
				return this.chan(t);
			case TypeKind.Tuple:
				return this.tuple(t, false);
			case TypeKind.Signature:
				return `func${this.signature(t)}`;
			case TypeKind.Struct:
				return this.struct(t);
			case TypeKind.Union:
				return t.terms.map((x) => this.term(x)).join(" | ");
			case TypeKind.Interface:
				return this.iface(t);
			case TypeKind.Named:
				return this.named(t, t.inst?.targs ?? []);
			case TypeKind.Alias:
				return this.named(t, t.targs);
			case TypeKind.TypeParam:
				return this.typeParam(t);
		}
	}

	private term(x: UnionTerm): string {
		return (x.tilde ? "~" : "") + this.type(x.type);
	}

	private chan(t: Chan): string {
		if (t.dir === ChanDir.SendOnly) return `chan<- ${this.type(t.elem)}`;
		if (t.dir === ChanDir.RecvOnly) return `<-chan ${this.type(t.elem)}`;
		const e = this.type(t.elem);
		return t.elem.kind === TypeKind.Chan && t.elem.dir === ChanDir.RecvOnly ? `chan (${e})` : `chan ${e}`;
	}

	private struct(t: Struct): string {
		const parts: string[] = [];
		for (let i = 0; i < t.fields.length; i++) {
			const f = t.fields[i] as Var;
			let s = f.embedded ? "" : `${f.name} `;
			const annotate = this.qf === null && this.pkgInfo && !isExported(f.name);
			if (annotate) this.pkgInfo = false;
			s += this.type(f.type as Type);
			if (annotate) s += ` /* package ${f.pkg?.path ?? ""} */ `;
			const tag = t.tags[i] ?? "";
			if (tag !== "") s += ` ${quote(tag)}`;
			parts.push(s);
		}
		return `struct{${parts.join("; ")}}`;
	}

	private iface(t: Interface): string {
		if (t === anyInterface) return "any";
		if (t === universeComparable.underlying) return "interface{comparable}";
		let prefix = "";
		if (t.implicit) {
			if (t.methods.length === 0 && t.embeddeds.length === 1) return this.type(t.embeddeds[0] as Type);
			prefix = "/* implicit */ ";
		}
		const parts = t.methods.map((m) => m.name + this.signature(typeOf(m) as Signature));
		for (const e of t.embeddeds) parts.push(this.type(e));
		return `${prefix}interface{${parts.join("; ")}}`;
	}

	private named(t: Named | Alias, targs: readonly Type[]): string {
		const name = packagePrefix(t.obj.pkg, this.qf) + t.obj.name;
		if (targs.length > 0) return `${name}[${targs.map((a) => this.type(a)).join(", ")}]`;
		return t.tparams.length > 0 ? name + this.tparams(t.tparams) : name;
	}

	private typeParam(t: TypeParam): string {
		const name = t.obj.name;
		if (Universe.lookup(name) === null) return name;
		// a parameter that hides a predeclared type: say which is meant
		const at = t.obj.pkg?.checker?.build.sources.position(t.obj.pos);
		return at === undefined ? name : `${name} /* with ${name} declared at ${formatPosition(at)} */`;
	}

	tparams(list: readonly TypeParam[]): string {
		let s = "[";
		let prev: Type | null = null;
		for (let i = 0; i < list.length; i++) {
			const p = list[i] as TypeParam;
			if (i > 0) {
				if (p.bound !== prev) s += ` ${this.type(prev as unknown as Type)}`;
				s += ", ";
			}
			prev = p.bound;
			s += this.type(p);
		}
		return `${s}${prev === null ? "" : ` ${this.type(prev)}`}]`;
	}

	tuple(t: Tuple, variadic: boolean): string {
		const parts: string[] = [];
		for (let i = 0; i < t.vars.length; i++) {
			const v = t.vars[i] as Var;
			const name = v.name !== "" && this.paramNames ? `${v.name} ` : "";
			const vt = v.type as Type;
			if (variadic && i === t.vars.length - 1) {
				parts.push(name + (vt.kind === TypeKind.Slice ? `...${this.type(vt.elem)}` : `${this.type(vt)}...`));
			} else parts.push(name + this.type(vt));
		}
		return `(${parts.join(", ")})`;
	}

	signature(sig: Signature): string {
		const s = (sig.tparams.length > 0 ? this.tparams(sig.tparams) : "") + this.tuple(sig.params, sig.variadic);
		const r = sig.results.vars;
		if (r.length === 0) return s;
		const only = r[0] as Var;
		if (r.length === 1 && only.name === "") return `${s} ${this.type(only.type as Type)}`;
		return `${s} ${this.tuple(sig.results, false)}`;
	}
}

/** Go's name for the representation of a type, as cycle markers show it. */
function kindName(t: Type): string {
	const names: Record<number, string> = {
		[TypeKind.Basic]: "*Basic",
		[TypeKind.Named]: "*Named",
		[TypeKind.Alias]: "*Alias",
		[TypeKind.Pointer]: "*Pointer",
		[TypeKind.Slice]: "*Slice",
		[TypeKind.Array]: "*Array",
		[TypeKind.Map]: "*Map",
		[TypeKind.Chan]: "*Chan",
		[TypeKind.Signature]: "*Signature",
		[TypeKind.Struct]: "*Struct",
		[TypeKind.Interface]: "*Interface",
		[TypeKind.Tuple]: "*Tuple",
		[TypeKind.TypeParam]: "*TypeParam",
		[TypeKind.Union]: "*Union",
	};
	return names[t.kind] ?? "?";
}

/** Equal for identical types; different types may share a hash. */
export function typeHash(t: Type): string {
	switch (t.kind) {
		case TypeKind.Basic:
			return `b${t.basic}`;
		case TypeKind.Named:
			if (t.inst === null) return `n${t.id}`;
			return `n${t.inst.orig.id}[${t.inst.targs.map(typeHash).join()}]`;
		case TypeKind.Alias:
			return typeHash(unalias(t));
		case TypeKind.Pointer:
			return `*${typeHash(t.elem)}`;
		case TypeKind.Slice:
			return `[${typeHash(t.elem)}`;
		case TypeKind.Array:
			return `]${typeHash(t.elem)}`; // unknown lengths are identical to all
		case TypeKind.Map:
			return `m${typeHash(t.key)}:${typeHash(t.elem)}`;
		case TypeKind.Chan:
			return `c${t.dir}${typeHash(t.elem)}`;
		case TypeKind.Signature:
			return `f${t.tparams.length}(${t.params.vars.length})${t.results.vars.length}`;
		case TypeKind.Struct:
			return `s${t.fields.map((f) => f.name).join()}`;
		case TypeKind.Interface:
			return "i";
		case TypeKind.Tuple:
			return `t${t.vars.length}`;
		case TypeKind.TypeParam:
			return `p${t.id}`;
		case TypeKind.Union:
			return "u";
	}
}
