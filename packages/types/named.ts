// Defined types. Instances of generic types are expanded lazily: the right-hand
// side when it is asked for, each method when it is looked up.

import type { Context } from "./context.ts";
import { type Func, isExported, samePkg, TypeName } from "./objects.ts";
import type { Package } from "./package.ts";
import { deref } from "./predicates.ts";
import { signatureOf } from "./resolve.ts";
import { cloneFunc, cloneSignature, cloneVar, makeSubstMap, replaceRecvType, subst } from "./subst.ts";
import { Interface, type Instance, Named, Pointer, type Type, TypeKind, type TypeParam } from "./types.ts";
import { Invalid } from "./universe.ts";

/** A defined type under declaration; obj gets it as type if it has none. */
export function newNamed(ctx: Context, obj: TypeName): Named {
	const n = new Named(ctx.ids, ctx, obj, null);
	if (obj.type === null) obj.type = n;
	return n;
}

/** The right-hand side of the declaration of n, for instances of its substitution; null while the declaration is being checked. */
export function rhsOf(n: Named): Type | null {
	if (n.unpacked || n.inst === null) return n.fromRHS;
	const orig = n.inst.orig;
	const rhs = rhsOf(orig);
	if (rhs === null) return null;
	n.unpacked = true;
	n.fromRHS = expandRHS(n, n.inst, rhs);
	return n.fromRHS;
}

function expandRHS(n: Named, inst: Instance, rhs: Type): Type {
	const tparams = inst.orig.tparams;
	if (inst.targs.length !== tparams.length) return Invalid;
	const ctx = n.ctx as Context;
	const t = subst(ctx, rhs, makeSubstMap(tparams, inst.targs), inst.pos);
	if (t.kind !== TypeKind.Interface) return t;
	// The methods of an instantiated interface have the instance as receiver.
	const methods = replaceRecvType(ctx, t.methods, inst.orig, n);
	if (methods === t.methods) return t;
	let iface = t;
	if (t === rhs) {
		iface = new Interface(ctx.ids, [], t.embeddeds, t.c);
		iface.complete = t.complete;
		iface.embedPos = t.embedPos;
	}
	iface.methods = methods;
	iface.tset = null;
	return iface;
}

/** The name of a declared type; for an instance, one of its own at the place of instantiation. */
export function selfName(n: Named): TypeName {
	if (n.self === null) {
		n.self = new TypeName(n.inst?.pos ?? 0, n.obj.pkg, n.obj.name, n);
		n.self.parent = n.obj.parent;
	}
	return n.self;
}

/** Type parameters of a generic type, also of its instances. */
export function typeParamsOf(n: Named): TypeParam[] {
	return n.inst === null ? n.tparams : n.inst.orig.tparams;
}

export function typeArgsOf(n: Named): readonly Type[] {
	return n.inst === null ? [] : n.inst.targs;
}

export function originOf(n: Named): Named {
	return n.inst === null ? n : n.inst.orig;
}

/** Number of declared methods. */
export function numMethods(n: Named): number {
	return originOf(n).methods.length;
}

/** The i-th declared method; for an instance with its type arguments substituted. Its signature may still be unresolved (typeOf). */
export function methodAt(n: Named, i: number): Func {
	if (n.inst === null) return n.methods[i] as Func;
	let m = n.methods[i] ?? null;
	if (m === null) {
		m = expandMethod(n, n.inst, i);
		n.methods[i] = m;
	}
	return m;
}

function expandMethod(n: Named, inst: Instance, i: number): Func {
	const ctx = n.ctx as Context;
	const origin = inst.orig.methods[i] as Func;
	const origSig = signatureOf(origin);
	const recv = origSig.recv;
	if (recv === null) return origin;
	if (deref(recv.type as Type)[0] === n) return origin; // n is the receiver's own instantiation
	let sig = origSig;
	if (origSig.rparams.length === inst.targs.length) sig = subst(ctx, origSig, makeSubstMap(origSig.rparams, inst.targs));
	if (sig === origSig) sig = cloneSignature(ctx, origSig);
	sig.recv = cloneVar(recv, origin.hasPtrRecv ? new Pointer(ctx.ids, n) : n);
	return cloneFunc(origin, sig);
}

/** Index of the declared method that `name` means in pkg, or -1. */
export function methodIndex(n: Named, pkg: Package | null, name: string, foldCase: boolean): number {
	if (name === "_") return -1;
	if (!foldCase && !isExported(name) && !samePkg(n.obj.pkg, pkg)) return -1;
	const methods = originOf(n).methods;
	const lower = foldCase ? name.toLowerCase() : name;
	for (let i = 0; i < methods.length; i++) {
		const m = methods[i] as Func;
		if (m.name === name || (foldCase && m.name.toLowerCase() === lower)) return i;
	}
	return -1;
}
