// copylocks: values that hold a lock (sync.Mutex and whatever contains one) are not copied.

import { type Call, type Expr, type Field, type File, Kind, Op, walk } from "#syntax";
import { asTypeParam, lookupFieldOrMethod, Mode, ObjKind, signatureOf, type Type, TypeKind, under } from "#types";
import { isTypeNamed, list, type Pass, startPos, text, typeText, unparen } from "./pass.ts";

/** Whether a method without parameters and results is in the method set: of *t with addressable. */
function hasMethod(t: Type, addressable: boolean, name: string): boolean {
	const { obj } = lookupFieldOrMethod(t, addressable, null, name);
	if (obj === null || obj.kind !== ObjKind.Func) return false;
	const sig = signatureOf(obj);
	return sig.params.vars.length === 0 && sig.results.vars.length === 0;
}

/** The types on the way to a lock in t, outermost first; null without one. */
function lockPath(t: Type | null, seen: Set<Type> = new Set()): string[] | null {
	if (t === null || seen.has(t)) return null;
	seen.add(t);
	if (asTypeParam(t) !== null) return null;
	let type: Type = t;
	for (let u = under(type); u.kind === TypeKind.Array; u = under(type)) type = u.elem;
	const u = under(type);
	if (u.kind !== TypeKind.Struct) return null;
	const locks = (addressable: boolean): boolean => hasMethod(type, addressable, "Lock") && hasMethod(type, addressable, "Unlock");
	if ((locks(true) && !locks(false)) || isTypeNamed(type, "sync", "noCopy")) return [typeText(type)];
	for (const f of u.fields) {
		const path = lockPath(f.type, seen);
		if (path !== null) return [typeText(type), ...path];
	}
	return null;
}

/** The path to a lock in the value of an expression that is copied; new values are no copies. */
function copied(pass: Pass, e: Expr): string | null {
	const x = unparen(e);
	if (x.kind === Kind.CompositeLit || x.kind === Kind.Call) return null;
	if (x.kind === Kind.Unary && x.op === Op.Mul && unparen(x.x).kind === Kind.Call) return null;
	const tv = pass.info.types.get(x);
	if (tv === undefined || tv.mode === Mode.TypExpr || tv.mode === Mode.NoValue || tv.mode === Mode.Builtin) return null;
	return lockPath(tv.type)?.join(" contains ") ?? null;
}

function checkParams(pass: Pass, name: string, params: readonly Field[]): void {
	for (const p of params) {
		const path = lockPath(pass.info.types.get(p.type)?.type ?? null);
		if (path !== null) pass.report(startPos(p.type), `${name} passes lock by value: ${path.join(" contains ")}`);
	}
}

function checkCall(pass: Pass, call: Call): void {
	const fun = call.fun.kind === Kind.Name ? call.fun : call.fun.kind === Kind.Selector ? call.fun.sel : null;
	const obj = fun === null ? null : (pass.info.uses.get(fun) ?? null);
	if (obj?.kind === ObjKind.Builtin && ["len", "cap", "Sizeof", "Offsetof", "Alignof"].includes(obj.name)) return;
	for (const a of call.args) {
		const path = copied(pass, a);
		if (path !== null) pass.report(startPos(a), `call of ${text(call.fun)} copies lock value: ${path}`);
	}
}

function checkRange(pass: Pass, lhs: Expr, def: boolean): void {
	for (const e of list(lhs)) {
		if (e.kind === Kind.Name && e.name === "_") continue;
		const type = def ? (e.kind === Kind.Name ? (pass.info.defs.get(e)?.type ?? null) : null) : (pass.info.types.get(e)?.type ?? null);
		const path = lockPath(type);
		if (path !== null) pass.report(startPos(e), `range var ${text(e)} copies lock: ${path.join(" contains ")}`);
	}
}

function checkFile(pass: Pass, file: File): void {
	const each = (values: Expr | null, message: (i: number, path: string) => string): void =>
		list(values).forEach((x, i) => {
			const path = copied(pass, x);
			if (path !== null) pass.report(startPos(x), message(i, path));
		});
	walk(file, (n) => {
		switch (n.kind) {
			case Kind.RangeClause:
				if (n.lhs !== null) checkRange(pass, n.lhs, n.def);
				break;
			case Kind.FuncDecl:
				if (n.recv !== null) checkParams(pass, n.name.name, [n.recv]);
				checkParams(pass, n.name.name, n.type.params);
				break;
			case Kind.FuncLit:
				checkParams(pass, "func", n.type.params);
				break;
			case Kind.Call:
				checkCall(pass, n);
				break;
			case Kind.Assign:
				if (n.op === Op.None) each(n.rhs, (i, path) => `assignment copies lock value to ${text(list(n.lhs)[i] ?? n.lhs)}: ${path}`);
				break;
			case Kind.VarDecl:
				each(n.values, (i, path) => `variable declaration copies lock value to ${n.names[i]?.name ?? "_"}: ${path}`);
				break;
			case Kind.CompositeLit:
				for (const e of n.elems) {
					const value = e.kind === Kind.KeyValue ? e.value : e;
					const path = copied(pass, value);
					if (path !== null) pass.report(startPos(value), `literal copies lock value from ${text(value)}: ${path}`);
				}
				break;
			case Kind.Return:
				each(n.results, (_, path) => `return copies lock value: ${path}`);
				break;
		}
	});
}

export function copylocks(pass: Pass): void {
	for (const file of pass.files) checkFile(pass, file);
}
