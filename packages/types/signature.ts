// Function signatures: receivers, parameters, results.

import type { Pos } from "#base";
import { endPos, type Expr, type Field, type FuncType, Kind, type Name, Op } from "#syntax";
import { type Checker, closeScope, later, openScope } from "./checker.ts";
import { collectTypeParams, declare, declareTypeParam } from "./decl.ts";
import { errorf, type Poser } from "./errors.ts";
import { instantiate } from "./instantiate.ts";
import { Mode } from "./mode.ts";
import { recordCanon } from "./mono.ts";
import { Var, VarKind } from "./objects.ts";
import { unpackList, unparen } from "./operand.ts";
import { deref, isValid } from "./predicates.ts";
import { recordInstance, recordTypeAndValue } from "./record.ts";
import { makeSubstMap, subst } from "./subst.ts";
import { bindTParams } from "./typeparam.ts";
import { BasicKind, type Named, Pointer, type Signature, Slice, Tuple, type Type, TypeKind, type TypeParam } from "./types.ts";
import { genericType, varType } from "./typexpr.ts";
import { unalias, under } from "./under.ts";
import { emptyTuple, Invalid } from "./universe.ts";
import { go1_18, verifyVersionf } from "./version.ts";

/** Fills in sig from the syntax of a function or method. */
export function funcType(c: Checker, sig: Signature, recvField: Field | null, tparams: readonly Field[], ftyp: FuncType): void {
	const scope = openScope(c, ftyp, "function");
	scope.isFunc = true;
	sig.scope = scope;
	let recv: Var | null = null;
	if (recvField !== null) {
		const r = collectRecv(c, recvField, ftyp.pos);
		recv = r.recv;
		sig.rparams = r.rparams;
	}
	if (tparams.length > 0) collectTypeParams(c, tparams, (list) => (sig.tparams = list));
	const params = collectParams(c, VarKind.Param, ftyp.params);
	const results = collectParams(c, VarKind.Result, ftyp.results);
	const scopePos = endPos(ftyp);
	if (recv !== null && recv.name !== "") declare(c, scope, recvField?.name ?? null, recv, scopePos);
	declareParams(c, params, scopePos);
	declareParams(c, results, scopePos);
	sig.recv = recv;
	sig.params = params.vars.length === 0 ? emptyTuple : new Tuple(c.ids, params.vars);
	sig.results = results.vars.length === 0 ? emptyTuple : new Tuple(c.ids, results.vars);
	sig.variadic = params.variadic;
	closeScope(c);
}

/** A receiver type taken apart: [*]base[params]. */
export interface ReceiverSyntax {
	ptr: boolean;
	base: Expr;
	/** null: no type parameter list. An element without name was an error and counts as blank. */
	tparams: { name: Name | null; pos: Pos }[] | null;
}

/** c: reports invalid type parameters; null to look at the base only. */
export function unpackRecv(c: Checker | null, type: Expr): ReceiverSyntax {
	let base = unparen(type);
	let ptr = false;
	if (base.kind === Kind.Unary && base.op === Op.Mul) {
		ptr = true;
		base = unparen(base.x);
	}
	if (base.kind !== Kind.Index) return { ptr, base, tparams: null };
	const tparams: { name: Name | null; pos: Pos }[] = [];
	if (c !== null) {
		for (const arg of unpackList(base.index)) {
			const isName = arg.kind === Kind.Name;
			if (!isName && arg.kind !== Kind.BadExpr) errorf(c, arg, "BadDecl", "receiver type parameter %s must be an identifier", arg);
			tparams.push({ name: isName ? arg : null, pos: arg.pos });
		}
	}
	return { ptr, base: base.x, tparams };
}

/** The receiver variable (not declared yet) and its type parameters (declared). */
function collectRecv(c: Checker, field: Field, scopePos: Pos): { recv: Var; rparams: TypeParam[] } {
	const { ptr, base, tparams } = unpackRecv(c, field.type);
	let type: Type = Invalid;
	let rparams: TypeParam[] = [];
	if (tparams === null) {
		type = varType(c, field.type);
		if (isAliasOfInstance(c, base, type)) type = Invalid;
	} else {
		const named = receiverBase(c, base);
		rparams = tparams.map((p) => {
			const tp = declareTypeParam(c, p.name, p.pos, scopePos);
			if (p.name !== null) {
				c.info.uses.set(p.name, tp.obj);
				recordTypeAndValue(c, p.name, Mode.TypExpr, tp, null);
			}
			return tp;
		});
		bindTParams(rparams);
		if (named !== null) {
			setReceiverBounds(c, base, named, rparams);
			verifyVersionf(c, base, go1_18, "type instantiation");
			type = instantiate(c, field.type.pos, named, rparams.slice());
			recordInstance(c, base, rparams.slice(), type);
			if (ptr && isValid(type)) type = new Pointer(c.ids, type);
			recordParenthesized(c, field.type, type);
		}
	}
	const name = field.name;
	const recv = new Var(VarKind.Recv, name === null ? field.pos : name.pos, c.pkg, name?.name ?? "", type);
	if (name === null) c.info.implicits.set(field, recv);
	later(c, () => validRecv(c, base, recv));
	return { recv, rparams };
}

function unpointer(t: Type | null): Type | null {
	let u = t;
	while (u !== null && u.kind === TypeKind.Pointer) u = u.elem;
	return u;
}

/** Reports methods on an alias of an instantiated type. */
function isAliasOfInstance(c: Checker, base: Expr, recv: Type): boolean {
	let a = unpointer(recv);
	while (a !== null && a.kind === TypeKind.Alias) {
		const t = unpointer(a.fromRHS);
		const params = t === null ? [] : t.kind === TypeKind.Named ? (t.inst?.orig ?? t).tparams : t.kind === TypeKind.Alias ? t.tparams : [];
		if (t !== null && params.length > 0) {
			errorf(c, base, "InvalidRecv", "cannot define new methods on instantiated type %s", t);
			return true;
		}
		a = t;
	}
	return false;
}

/** The generic defined type that base denotes, or null after an error. */
function receiverBase(c: Checker, base: Expr): Named | null {
	const g = genericType(c, base);
	if (!isValid(g.type)) {
		if (g.cause !== null) errorf(c, base, "InvalidRecv", "%s is not a generic type", g.cause);
		else if (g.type.kind === TypeKind.Alias) return null;
		return null;
	}
	if (g.type.kind === TypeKind.Named) return g.type;
	errorf(c, base, "InvalidRecv", "cannot define new methods on generic alias type %s", g.type);
	return null;
}

/** Receiver type parameters have the constraints of the type's own, under their new names. */
function setReceiverBounds(c: Checker, base: Expr, named: Named, rparams: TypeParam[]): void {
	const tparams = named.tparams;
	if (rparams.length !== tparams.length) {
		const got = `${rparams.length} type parameter${rparams.length === 1 ? "" : "s"}`;
		errorf(c, base, "BadRecv", "receiver declares %s, but receiver base type declares %d", got, tparams.length);
		return;
	}
	const m = makeSubstMap(tparams, rparams);
	for (let i = 0; i < rparams.length; i++) {
		const r = rparams[i] as TypeParam;
		const t = tparams[i] as TypeParam;
		recordCanon(c, r, t);
		r.bound = subst(c.ctx, t.bound, m);
	}
}

function recordParenthesized(c: Checker, e0: Expr, t0: Type): void {
	let e = e0;
	let t = t0;
	for (;;) {
		recordTypeAndValue(c, e, Mode.TypExpr, t, null);
		if (e.kind === Kind.Paren) e = e.x;
		else if (e.kind === Kind.Unary && e.op === Op.Mul && t.kind === TypeKind.Pointer) {
			e = e.x;
			t = t.elem;
		} else return;
	}
}

interface Params {
	names: (Name | null)[];
	vars: Var[];
	variadic: boolean;
}

function collectParams(c: Checker, kind: VarKind, list: readonly Field[]): Params {
	const p: Params = { names: [], vars: [], variadic: false };
	let type: Type = Invalid;
	let prev: Expr | null = null;
	for (let i = 0; i < list.length; i++) {
		const f = list[i] as Field;
		if (f.type !== prev) {
			prev = f.type;
			let e = f.type;
			if (e.kind === Kind.DotsType) {
				if (kind === VarKind.Param && i === list.length - 1) p.variadic = true;
				else errorf(c, e, "InvalidSyntaxTree", "invalid use of ...");
				e = e.elem;
			}
			type = varType(c, e);
		}
		const v = new Var(kind, f.name === null ? f.pos : f.name.pos, c.pkg, f.name?.name ?? "", type);
		if (f.name === null) c.info.implicits.set(f, v);
		p.names.push(f.name);
		p.vars.push(v);
	}
	if (p.variadic) {
		const last = p.vars[p.vars.length - 1] as Var;
		last.type = new Slice(c.ids, last.type as Type);
		recordTypeAndValue(c, (list[list.length - 1] as Field).type, Mode.TypExpr, last.type, null);
	}
	return p;
}

function declareParams(c: Checker, p: Params, scopePos: Pos): void {
	for (let i = 0; i < p.names.length; i++) {
		const name = p.names[i] as Name | null;
		if (name !== null && name.name !== "") declare(c, c.env.scope, name, p.vars[i] as Var, scopePos);
	}
}

/** A receiver is T or *T, T a defined type of this package that is not a pointer or interface. */
function validRecv(c: Checker, at: Poser, recv: Var): void {
	const [rtyp] = deref(recv.type as Type);
	const t = unalias(rtyp);
	if (!isValid(t)) return;
	if (t.kind === TypeKind.Named) {
		if (t.obj.pkg !== c.pkg) {
			errorf(c, at, "InvalidRecv", "cannot define new methods on non-local type %s", rtyp);
			return;
		}
		const u = under(t);
		let cause = "";
		if (u.kind === TypeKind.Basic && u.basic === BasicKind.UnsafePointer) cause = "unsafe.Pointer";
		else if (u.kind === TypeKind.Pointer || u.kind === TypeKind.Interface) cause = "pointer or interface type";
		if (cause !== "") errorf(c, at, "InvalidRecv", "invalid receiver type %s (%s)", rtyp, cause);
	} else if (t.kind === TypeKind.Basic) {
		errorf(c, at, "InvalidRecv", "cannot define new methods on non-local type %s", rtyp);
	} else {
		errorf(c, at, "InvalidRecv", "invalid receiver type %s", recv.type as Type);
	}
}
