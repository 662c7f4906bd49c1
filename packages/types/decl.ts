// Declarations: giving package-level and local objects their types.

import { InternalError, type Pos } from "#base";
import { makeInt, unknown } from "#constant";
import {
	type ConstDecl,
	type Decl,
	endPos,
	type Expr,
	type Field,
	type FuncDecl,
	Kind,
	type Name,
	Op,
	startPos,
	type TypeDecl,
	type VarDecl,
} from "#syntax";
import { newAlias } from "./alias.ts";
import { initConst, initVar, initVars } from "./assign.ts";
import { type Checker, closeScope, Environment, later, openScope, pop, processDelayed, push } from "./checker.ts";
import { validCycle } from "./cycles.ts";
import { addAltDecl, addf, errorf, newError, reportError, softErrorf } from "./errors.ts";
import { expr, newTarget } from "./expr.ts";
import { arity } from "./resolver.ts";
import { newNamed } from "./named.ts";
import { Const, type DeclInfo, type Func, type Obj, ObjKind, objId, TypeName, Var, VarKind } from "./objects.ts";
import { Operand, unpackList } from "./operand.ts";
import { asNamed, isConstType, isTypeParam, isValid } from "./predicates.ts";
import type { Scope } from "./scope.ts";
import { funcType } from "./signature.ts";
import { funcBody } from "./stmt.ts";
import { bindTParams, newTypeParam } from "./typeparam.ts";
import { Interface, type Named, Signature, type Type, TypeKind, type TypeParam } from "./types.ts";
import { computeInterfaceTypeSet, isImportedConstraint } from "./typeset.ts";
import { declaredType, typ, varType } from "./typexpr.ts";
import { parseUnion } from "./union.ts";
import { unalias, under } from "./under.ts";
import { emptyTuple, Invalid } from "./universe.ts";
import { validType } from "./validtype.ts";
import { go1_18, go1_23, go1_9, verifyVersionf } from "./version.ts";

/** Declares obj in scope from pos on, and records name as its definition. */
export function declare(c: Checker, scope: Scope, name: Name | null, obj: Obj, pos: Pos): void {
	if (obj.name !== "_") {
		const alt = scope.insert(obj);
		if (alt !== null) {
			const err = newError(c, "DuplicateDecl");
			addf(err, obj, "%s redeclared in this block", obj.name);
			addAltDecl(err, alt);
			reportError(err);
			return;
		}
		obj.scopePos = pos;
	}
	if (name !== null) c.info.defs.set(name, obj);
}

/**
 * Checks the declaration of a package-level object or method unless that was done
 * before; of another package, by that package's checker. If the declaration is
 * being checked already, there is a cycle, which is reported unless it is a valid one.
 */
export function objDecl(c0: Checker, obj: Obj): void {
	if (obj.pathIndex < 0 && obj.type !== null) return;
	const c = obj.pkg === null || obj.pkg === c0.pkg ? c0 : (obj.pkg.checker ?? c0);
	if (obj.pathIndex >= 0) {
		const valid = validCycle(c, obj);
		if (obj.kind === ObjKind.Const || obj.kind === ObjKind.Var) {
			if (!valid || obj.type === null) obj.type = Invalid;
		} else if (obj.kind === ObjKind.TypeName && !valid) obj.type = Invalid;
		return;
	}
	const d = obj.decl;
	if (d === null) throw new InternalError(`types: ${obj.name} has neither type nor declaration`);
	const saved = c.env;
	c.env = new Environment(d.fileScope, d.version);
	const outermost = c.depth++ === 0;
	push(c, obj);
	switch (obj.kind) {
		case ObjKind.Const:
			c.env.decl = d;
			constDecl(c, obj, d.vtype, d.init, d.inherited);
			break;
		case ObjKind.Var:
			c.env.decl = d;
			varDecl(c, obj, d.lhs, d.vtype, d.init);
			break;
		case ObjKind.TypeName:
			typeDecl(c, obj, d.tdecl as TypeDecl);
			collectMethods(c, obj);
			break;
		case ObjKind.Func:
			funcDecl(c, obj, d);
			break;
		default:
			throw new InternalError(`types: objDecl of ${obj.name}`);
	}
	pop(c);
	if (outermost) processDelayed(c, 0);
	c.depth--;
	c.env = saved;
}

function constDecl(c: Checker, obj: Const, type: Expr | null, init: Expr | null, inherited: boolean): void {
	const iota = c.env.iota;
	const errpos = c.env.errpos;
	c.env.iota = obj.val;
	c.env.errpos = 0;
	obj.val = unknown;
	constValue(c, obj, type, init, inherited);
	c.env.iota = iota;
	c.env.errpos = errpos;
}

function constValue(c: Checker, obj: Const, type: Expr | null, init: Expr | null, inherited: boolean): void {
	if (type !== null) {
		const t = typ(c, type);
		if (!isConstType(t)) {
			if (isValid(under(t))) errorf(c, type, "InvalidConstType", "invalid constant type %s", t);
			obj.type = Invalid;
			return;
		}
		obj.type = t;
	}
	const x = new Operand();
	if (init !== null) {
		if (inherited) c.env.errpos = obj.pos;
		expr(c, null, x, init);
	}
	initConst(c, obj, x);
}

function varDecl(c: Checker, obj: Var, lhs: Var[] | null, type: Expr | null, init: Expr | null): void {
	if (type !== null) obj.type = varType(c, type);
	if (init === null) {
		if (type === null) obj.type = Invalid; // arity reported it
		return;
	}
	if (lhs === null || lhs.length === 1) {
		const x = new Operand();
		expr(c, obj.type === null ? null : newTarget(obj.type, obj.name), x, init);
		initVar(c, obj, x, "variable declaration");
		return;
	}
	if (type !== null) for (const v of lhs) v.type = obj.type;
	initVars(c, lhs, [init], null);
}

function typeDecl(c: Checker, obj: TypeName, d: TypeDecl): void {
	let rhs: Type = Invalid;
	let versionErr = false;
	later(c, () => {
		const n = asNamed(obj.type);
		if (n !== null) validType(c, n);
		if (!versionErr && isImportedConstraint(c, rhs)) verifyVersionf(c, d.type, go1_18, "using type constraint %s", rhs);
	});
	const tparam0 = d.tparams[0];
	if (d.alias) {
		if (tparam0 !== undefined && !verifyVersionf(c, tparam0, go1_23, "generic type alias")) versionErr = true;
		if (!versionErr && !verifyVersionf(c, d, go1_9, "type alias")) versionErr = true;
		rhs = aliasDecl(c, obj, d, versionErr);
		return;
	}
	if (tparam0 !== undefined && !verifyVersionf(c, tparam0, go1_18, "type parameter")) versionErr = true;
	const n = newNamed(c.ctx, obj);
	if (tparam0 !== undefined) {
		openScope(c, d, "type parameters");
		collectTypeParams(c, d.tparams, (list) => (n.tparams = list));
	}
	rhs = declaredType(c, d.type, obj);
	n.fromRHS = rhs;
	if (isTypeParam(rhs)) {
		errorf(c, d.type, "MisplacedTypeParam", "cannot use a type parameter as RHS in type declaration");
		n.fromRHS = Invalid;
	}
	if (tparam0 !== undefined) closeScope(c);
}

function aliasDecl(c: Checker, obj: TypeName, d: TypeDecl, versionErr: boolean): Type {
	const generic = d.tparams.length > 0;
	if (!c.enableAlias) {
		if (!versionErr && generic) errorf(c, d, "UnsupportedFeature", "generic type alias requires GODEBUG=gotypesalias=1 or unset");
		c.brokenAliases.add(obj);
		obj.type = Invalid;
		const rhs = typ(c, d.type);
		c.brokenAliases.delete(obj);
		obj.type = rhs;
		return rhs;
	}
	const a = newAlias(c.ids, obj, null);
	if (generic) {
		openScope(c, d, "type parameters");
		collectTypeParams(c, d.tparams, (list) => (a.tparams = list));
	}
	const rhs = declaredType(c, d.type, obj);
	a.fromRHS = rhs;
	if (rhs.kind === TypeKind.TypeParam && a.tparams.includes(rhs)) {
		errorf(c, d.type, "MisplacedTypeParam", "cannot use type parameter declared in alias declaration as RHS");
		a.fromRHS = Invalid;
	}
	if (generic) closeScope(c);
	unalias(a);
	return rhs;
}

/** Declares type parameters and then checks their constraints, which may refer to all of them. set receives the list in between. */
export function collectTypeParams(c: Checker, list: readonly Field[], set: (tparams: TypeParam[]) => void): void {
	const scopePos = (list[0] as Field).pos;
	const tparams = list.map((f) => declareTypeParam(c, f.name, f.pos, scopePos));
	set(bindTParams(tparams));
	c.env.inTParamList = true;
	let bound: Type = Invalid;
	for (let i = 0; i < list.length; i++) {
		const f = list[i] as Field;
		if (i === 0 || f.type !== (list[i - 1] as Field).type) {
			bound = boundType(c, f.type);
			if (isTypeParam(bound)) {
				errorf(c, f.type, "MisplacedTypeParam", "cannot use a type parameter as constraint");
				bound = Invalid;
			}
		}
		(tparams[i] as TypeParam).bound = bound;
	}
	c.env.inTParamList = false;
}

/** A constraint; ~T and A|B stand for an implicit interface. */
function boundType(c: Checker, e: Expr): Type {
	const isSet = (e.kind === Kind.Unary && e.op === Op.Tilde) || (e.kind === Kind.Binary && e.op === Op.Or);
	if (!isSet) return typ(c, e);
	const t = new Interface(c.ids, [], [], c);
	t.embeddeds.push(parseUnion(c, e));
	t.embedPos.push(startPos(e));
	t.implicit = true;
	t.complete = true;
	later(c, () => {
		computeInterfaceTypeSet(c, e.pos, t);
	});
	return t;
}

/** A null name is a blank one. */
export function declareTypeParam(c: Checker, name: Name | null, pos: Pos, scopePos: Pos): TypeParam {
	const obj = new TypeName(name?.pos ?? pos, c.pkg, name?.name ?? "_", null);
	const p = newTypeParam(c.ids, obj, Invalid);
	declare(c, c.env.scope, name, obj, scopePos);
	return p;
}

/** Adds the methods declared for a type; their signatures are checked when they are used. */
function collectMethods(c: Checker, obj: TypeName): void {
	const methods = c.methods.get(obj);
	if (methods === undefined) return;
	c.methods.delete(obj);
	const base = asNamed(obj.type);
	if (base !== null) later(c, () => checkFieldUniqueness(c, base));
	const seen = new Map<string, Func>();
	for (const m of methods) {
		const id = objId(m.pkg, m.name);
		const alt = seen.get(id);
		if (alt !== undefined) {
			errorf(c, m.pos, "DuplicateMethod", "method %s.%s already declared at %v", obj.name, m.name, positionText(c, alt.pos));
			continue;
		}
		seen.set(id, m);
		if (base !== null) base.methods.push(m);
	}
}

/** "file:line:col", as messages that mention a position write it. */
export function positionText(c: Checker, pos: Pos): string {
	const at = c.build.sources.position(pos);
	return `${at.file}:${at.line}:${at.col}`;
}

function checkFieldUniqueness(c: Checker, base: Named): void {
	const u = under(base);
	if (u.kind !== TypeKind.Struct || base.methods.length === 0) return;
	const methods = new Map<string, Func>();
	for (const m of base.methods) if (m !== null) methods.set(objId(m.pkg, m.name), m);
	for (const f of u.fields) {
		if (f.name === "_") continue;
		const m = methods.get(objId(f.pkg, f.name));
		if (m === undefined) continue;
		const err = newError(c, "DuplicateFieldAndMethod");
		addf(err, m, "field and method with the same name %s", f.name);
		addAltDecl(err, f);
		reportError(err);
	}
}

function funcDecl(c: Checker, obj: Func, d: DeclInfo): void {
	const sig = new Signature(c.ids, null, emptyTuple, emptyTuple, false);
	obj.type = sig; // ends cycles
	const fdecl = d.fdecl as FuncDecl;
	funcType(c, sig, fdecl.recv, fdecl.tparams, fdecl.type);
	const scope = sig.scope as Scope;
	scope.pos = fdecl.pos;
	scope.end = endPos(fdecl);
	if (fdecl.tparams.length > 0 && !fdecl.hasBody) softErrorf(c, fdecl, "BadDecl", "generic function is missing function body");
	if (c.checkBodies && fdecl.hasBody) later(c, () => checkFuncBody(c, obj));
}

/** Checks the body of a declared function unless that was done before. */
export function checkFuncBody(c: Checker, obj: Func): void {
	const d = obj.decl;
	if (d === null || d.bodyChecked || d.fdecl === null) return;
	d.bodyChecked = true;
	const body = c.build.bodyOf(d.file, d.fdecl);
	if (body === null) return;
	const saved = c.env;
	c.env = new Environment(d.fileScope, d.version);
	funcBody(c, d, obj.name, obj.type as Signature, body, null);
	c.env = saved;
}

/** Which init expressions and iota a constant declaration has: those of the last one with any in its group. */
export class ConstGroup {
	private first = -1;
	private last: ConstDecl | null = null;

	/** d is the index-th declaration of a list, prev the one before it. */
	next(d: ConstDecl, index: number, prev: Decl | undefined): { iota: number; type: Expr | null; values: Expr[]; inherited: boolean } {
		const continues = prev !== undefined && prev.kind === Kind.ConstDecl && prev.group === d.group && d.group !== null;
		if (!continues || this.first < 0) {
			this.first = index;
			this.last = null;
		}
		const inherited = d.type === null && d.values === null && this.last !== null;
		if (d.type !== null || d.values !== null) this.last = d;
		return { iota: index - this.first, type: this.last?.type ?? null, values: unpackList(this.last?.values ?? null), inherited };
	}
}

/** Declarations inside a function. */
export function declStmt(c: Checker, list: readonly Decl[]): void {
	const group = new ConstGroup();
	for (let i = 0; i < list.length; i++) {
		const d = list[i] as Decl;
		switch (d.kind) {
			case Kind.ConstDecl:
				localConsts(c, d, group.next(d, i, list[i - 1]));
				break;
			case Kind.VarDecl:
				localVars(c, d);
				break;
			case Kind.TypeDecl: {
				const obj = new TypeName(d.name.pos, c.pkg, d.name.name, null);
				declare(c, c.env.scope, d.name, obj, d.name.pos);
				push(c, obj);
				typeDecl(c, obj, d);
				pop(c);
				break;
			}
			default:
				errorf(c, d, "InvalidSyntaxTree", "unknown declaration");
		}
	}
}

function localConsts(c: Checker, d: ConstDecl, spec: ReturnType<ConstGroup["next"]>): void {
	const top = c.delayed.length;
	const objs = d.names.map((name, i) => {
		const obj = new Const(name.pos, c.pkg, name.name, null, makeInt(spec.iota));
		constDecl(c, obj, spec.type, spec.values[i] ?? null, spec.inherited);
		return obj;
	});
	arity(c, d.pos, d.names, spec.values, true, spec.inherited);
	processDelayed(c, top);
	const scopePos = endPos(d);
	d.names.forEach((name, i) => declare(c, c.env.scope, name, objs[i] as Const, scopePos));
}

function localVars(c: Checker, d: VarDecl): void {
	const top = c.delayed.length;
	const objs = d.names.map((name) => new Var(VarKind.Local, name.pos, c.pkg, name.name, null));
	const values = unpackList(d.values);
	for (let i = 0; i < objs.length; i++) {
		const matched = values.length === objs.length;
		const shared = !matched && values.length === 1;
		const init = shared ? (values[0] as Expr) : (values[i] ?? null);
		varDecl(c, objs[i] as Var, shared ? objs : null, d.type, init);
		if (values.length === 1) break; // all are done
	}
	if (d.type === null || values.length > 0) arity(c, d.pos, d.names, values, false, false);
	processDelayed(c, top);
	const scopePos = endPos(d);
	d.names.forEach((name, i) => declare(c, c.env.scope, name, objs[i] as Var, scopePos));
}
