// Linker names, as gc forms them: they show in tracebacks, profiles and debuggers,
// and assembly refers to them.

import { isExported, type Func, type Signature, type Type, TypeKind, type TypeName, typeOf, unalias, type Var } from "#types";
import type { Types } from "./subst.ts";
import { linkString, linkTypeName, pkgPrefix, unescapePath } from "./typename.ts";

export class Names {
	private readonly types: Types;
	private readonly linknames: ReadonlyMap<string, string>;
	constructor(types: Types, linknames: ReadonlyMap<string, string>) {
		this.types = types;
		this.linknames = linknames;
	}

	/** Names of `func init()` declarations. */
	readonly inits: Map<Func, string> = new Map();

	/** A declared function or method; targs are those of the receiver type or of the function. */
	func(f: Func, targs: readonly Type[]): string {
		const init = f.name === "init" ? this.inits.get(f) : undefined;
		if (init !== undefined) return init;
		const pkg = f.pkg === null ? "" : pkgPrefix(f.pkg);
		const sig = typeOf(f) as Signature;
		if (sig.recv !== null) return this.method(typeOf(sig.recv), targs, f.name);
		if (targs.length === 0) return this.linknames.get(`${f.pkg?.path ?? ""}.${f.name}`) ?? `${pkg}.${f.name}`;
		return `${pkg}.${f.name}[${targs.map((t) => this.types.link(t)).join(",")}]`;
	}

	/** Method `name` declared with receiver type recv; targs instantiate a generic receiver. */
	private method(recv: Type, targs: readonly Type[], name: string): string {
		const t = unalias(recv);
		if (t.kind === TypeKind.Pointer) {
			const base = linkTypeNameOf(t.elem, targs);
			const dot = splitPkg(base);
			return `${base.slice(0, dot)}.(*${base.slice(dot + 1)}).${name}`;
		}
		return `${linkTypeNameOf(t, targs)}.${name}`;
	}

	/** Wrapper or promoted method: id is the method's objId, recv any type. */
	methodOf(recv: Type, id: string): string {
		const t = unalias(recv);
		const dot = id.lastIndexOf(".");
		const name = dot < 0 ? id : id.slice(dot + 1);
		if (t.kind === TypeKind.Named) return `${linkString(t)}.${name}`;
		if (t.kind === TypeKind.Pointer && unalias(t.elem).kind === TypeKind.Named) {
			const base = linkString(t.elem);
			const at = splitPkg(base);
			return `${base.slice(0, at)}.(*${base.slice(at + 1)}).${name}`;
		}
		const full = isExported(name) ? name : id;
		return `go:(${linkString(t)}).${full}`;
	}

	variable(v: Var): string {
		const pkg = v.pkg === null ? "" : pkgPrefix(v.pkg);
		return this.linknames.get(`${v.pkg?.path ?? ""}.${v.name}`) ?? `${pkg}.${v.name}`;
	}

	typeSym(t: Type): string {
		return `type:${this.types.link(t)}`;
	}

	itabSym(concrete: Type, iface: Type): string {
		return `go:itab.${this.types.link(concrete)},${this.types.link(iface)}`;
	}

	unescapePath(path: string): string {
		return unescapePath(path);
	}

	typeName(obj: TypeName, targs: readonly Type[]): string {
		return linkTypeName(obj, targs);
	}
}

function linkTypeNameOf(t: Type, targs: readonly Type[]): string {
	const n = unalias(t);
	return n.kind === TypeKind.Named ? linkTypeName(n.obj, targs) : linkString(n);
}

/** Index of the dot that ends the package path of a type's name. */
export function splitPkg(name: string): number {
	const bracket = name.indexOf("[");
	const head = bracket < 0 ? name : name.slice(0, bracket);
	return head.indexOf(".", head.lastIndexOf("/") + 1);
}
