// Selectors x.f: qualified identifiers, fields, method values, method expressions.

import { type Expr, Kind, type Selector } from "#syntax";
import { addDeclDep, type Checker } from "./checker.ts";
import { errorf } from "./errors.ts";
import { inExportData } from "./exportdata.ts";
import { exprOrType } from "./expr.ts";
import { SelectionKind } from "./info.ts";
import { interfacePtrError, isInterfacePtr, lookupFieldOrMethod } from "./lookup.ts";
import { lookupError } from "./lookuperror.ts";
import { Mode } from "./mode.ts";
import { type Func, isExported, ObjKind, type PkgName, Var, VarKind } from "./objects.ts";
import type { Operand } from "./operand.ts";
import { isValid, isValidName } from "./predicates.ts";
import { recordSelection } from "./record.ts";
import { signatureOf, typeOf } from "./resolve.ts";
import type { Scope } from "./scope.ts";
import { Signature, Tuple, type Type } from "./types.ts";
import { under } from "./under.ts";
import { Invalid } from "./universe.ts";

/** x.f into x; wantType: only a type is acceptable (so x must be a package). */
export function selector(c: Checker, x: Operand, e: Selector, wantType: boolean): void {
	if (!selectorInternal(c, x, e, wantType)) {
		x.mode = Mode.Invalid;
		x.type = Invalid;
	}
	x.expr = e;
}

function selectorInternal(c: Checker, x: Operand, e: Selector, wantType: boolean): boolean {
	if (e.x.kind === Kind.Name) {
		const obj = c.env.scope.find(e.x.name);
		if (obj !== null && obj.kind === ObjKind.PkgName) {
			c.info.uses.set(e.x, obj);
			obj.used = true;
			return qualified(c, x, e, obj);
		}
	}
	exprOrType(c, x, e.x, false);
	if (x.mode === Mode.Builtin) {
		errorf(c, e.pos, "UncalledBuiltin", "invalid use of %s in selector expression", x);
		return false;
	}
	if (x.mode === Mode.Invalid) return false;
	if (wantType) {
		errorf(c, e.sel, "NotAType", "%s is not a type", e);
		return false;
	}
	const sel = e.sel.name;
	const r = lookupFieldOrMethod(x.type, x.mode === Mode.Variable, c.pkg, sel, false);
	if (r.obj === null) {
		// Don't report another error if the underlying type was invalid.
		if (isValid(under(x.type))) selectorError(c, x, e, r.index, r.indirect);
		return false;
	}
	const index = r.index as number[];
	if (x.mode === Mode.TypExpr) {
		if (r.obj.kind !== ObjKind.Func) {
			errorf(c, e.sel, "MissingFieldOrMethod", "%s.%s undefined (type %s has no method %s)", x.expr, sel, x.type, sel);
			return false;
		}
		return methodExpr(c, x, e, r.obj, index, r.indirect);
	}
	if (r.obj.kind === ObjKind.Var) {
		recordSelection(c, e, SelectionKind.FieldVal, x.type, r.obj, index, r.indirect);
		x.mode = x.mode === Mode.Variable || r.indirect ? Mode.Variable : Mode.Value;
		x.type = typeOf(r.obj);
		return true;
	}
	const sig = signatureOf(r.obj);
	recordSelection(c, e, SelectionKind.MethodVal, x.type, r.obj, index, r.indirect);
	x.mode = Mode.Value;
	x.type = withoutRecv(c, sig);
	addDeclDep(c, r.obj);
	return true;
}

/** The type of a method value: the method's signature without its receiver. */
function withoutRecv(c: Checker, sig: Signature): Type {
	if (sig.valueSig !== null) return sig.valueSig;
	const s = new Signature(c.ids, null, sig.params, sig.results, sig.variadic);
	s.tparams = sig.tparams;
	s.scope = sig.scope;
	sig.valueSig = s;
	return s;
}

/** T.m: a function whose first parameter is the receiver. */
function methodExpr(c: Checker, x: Operand, e: Selector, m: Func, index: number[], indirect: boolean): boolean {
	const sig = signatureOf(m);
	recordSelection(c, e, SelectionKind.MethodExpr, x.type, m, index, indirect);
	const recv = sig.recv;
	if (recv === null || recv === undefined) {
		errorf(c, e, "InvalidDeclCycle", "illegal cycle in method declaration");
		return false;
	}
	// The receiver gets a name if the other parameters have one.
	const params = sig.params.vars;
	const named = params.length > 0 && (params[0] as Var).name !== "";
	const name = named ? recv.name || "_" : "";
	const first = new Var(VarKind.Param, recv.pos, recv.pkg, name, x.type);
	const f = new Signature(c.ids, null, new Tuple(c.ids, [first, ...params]), sig.results, sig.variadic);
	f.tparams = sig.tparams;
	x.mode = Mode.Value;
	x.type = f;
	addDeclDep(c, m);
	return true;
}

function selectorError(c: Checker, x: Operand, e: Selector, index: number[] | null, indirect: boolean): void {
	const sel = e.sel.name;
	if (index !== null) {
		errorf(c, e.sel, "AmbiguousSelector", "ambiguous selector %s.%s", x.expr, sel);
		return;
	}
	if (indirect) {
		if (x.mode === Mode.TypExpr) {
			const text = "invalid method expression %s.%s (needs pointer receiver (*%s).%s)";
			errorf(c, e.sel, "InvalidMethodExpr", text, x.type, sel, x.type, sel);
		} else {
			errorf(c, e.sel, "InvalidMethodExpr", "cannot call pointer method %s on %s", sel, x.type);
		}
		return;
	}
	let why: string;
	if (isInterfacePtr(x.type)) why = interfacePtrError(c, x.type);
	else {
		const alt = lookupFieldOrMethod(x.type, x.mode === Mode.Variable, c.pkg, sel, true).obj;
		why = lookupError(c, x.type, sel, alt, false);
	}
	errorf(c, e.sel, "MissingFieldOrMethod", "%s.%s undefined (%s)", x.expr, sel, why);
}

/** Exported name of s that differs from sel only by case, or "". */
function otherCase(s: Scope, sel: string): string {
	const want = sel.toLowerCase();
	const found: string[] = [];
	for (const name of s.elems.keys()) if (name.toLowerCase() === want && isExported(name)) found.push(name);
	return found.sort()[0] ?? "";
}

/** pkg.Name */
function qualified(c: Checker, x: Operand, e: Selector, pname: PkgName): boolean {
	const pkg = pname.imported;
	const sel = e.sel.name;
	const obj = pkg.scope.lookup(sel);
	if (obj === null || (!isExported(sel) && !inExportData(pkg, obj))) {
		if (!pkg.fake && isValidName(sel)) {
			const other = otherCase(pkg.scope, sel);
			if (other !== "") errorf(c, e.sel, "UndeclaredImportedName", "undefined: %s (but have %s)", e as Expr, other);
			else errorf(c, e.sel, "UndeclaredImportedName", "undefined: %s", e as Expr);
		}
		return false;
	}
	if (!isExported(sel)) {
		errorf(c, e.sel, "UnexportedName", "name %s not exported by package %s", sel, pkg.name);
		// ok to continue
	}
	c.info.uses.set(e.sel, obj);
	switch (obj.kind) {
		case ObjKind.Const:
			x.type = typeOf(obj);
			x.mode = Mode.Constant;
			x.val = obj.val;
			return true;
		case ObjKind.TypeName:
			x.mode = Mode.TypExpr;
			x.type = typeOf(obj);
			return true;
		case ObjKind.Var:
			x.mode = Mode.Variable;
			x.type = typeOf(obj);
			return true;
		case ObjKind.Func:
			x.mode = Mode.Value;
			x.type = typeOf(obj);
			return true;
		case ObjKind.Builtin:
			x.mode = Mode.Builtin;
			x.type = obj.type ?? Invalid;
			x.id = obj.id;
			return true;
		default:
			return false;
	}
}
