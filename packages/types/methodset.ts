// Method sets: all methods that can be called on a value of a type, promoted ones included.

import { SelectionKind, type Selection } from "./info.ts";
import { methodAt, numMethods, originOf } from "./named.ts";
import { compareObjs, type Func, ObjKind, objId, type Var } from "./objects.ts";
import { asNamed, deref, identical, isInterface } from "./predicates.ts";
import { type Type, TypeKind } from "./types.ts";
import { typeSetOf } from "./typeset.ts";
import { under } from "./under.ts";

interface Found {
	obj: Func | Var;
	index: number[];
	indirect: boolean;
	/** Several at this depth: hides deeper ones, and is not in the set. */
	ambiguous: boolean;
}

interface Embedded {
	type: Type;
	index: number[];
	indirect: boolean;
	multiples: boolean;
}

/** The method set of t, sorted by name (exported first): selections whose index leads through embedded fields. */
export function methodSet(t: Type): Selection[] {
	const [base, isPtr] = deref(t);
	if (isPtr && isInterface(base)) return [];
	const named = asNamed(t);
	if (named !== null && under(named).kind === TypeKind.Pointer) return [];
	const all = new Map<string, Found>();
	const seen: Type[] = [];
	let current: Embedded[] = [{ type: base, index: [], indirect: isPtr, multiples: false }];
	while (current.length > 0) {
		const level = new Map<string, Found>();
		const next: Embedded[] = [];
		for (const e of current) collect(e, seen, level, next);
		for (const [id, f] of level) if (!all.has(id)) all.set(id, f);
		current = consolidate(next);
	}
	const out: Selection[] = [];
	for (const f of all.values()) {
		if (f.ambiguous || f.obj.kind !== ObjKind.Func) continue;
		if (f.obj.hasPtrRecv && !f.indirect) continue;
		out.push({ kind: SelectionKind.MethodVal, recv: t, obj: f.obj, index: f.index, indirect: f.indirect });
	}
	return out.sort((a, b) => compareObjs(a.obj, b.obj));
}

function collect(e: Embedded, seen: Type[], level: Map<string, Found>, next: Embedded[]): void {
	const n = asNamed(e.type);
	if (n !== null) {
		if (seen.some((s) => s === n || identical(s, n))) return;
		seen.push(n);
		const count = numMethods(originOf(n));
		for (let i = 0; i < count; i++) add(level, methodAt(n, i), e, i);
	}
	const u = under(e.type);
	if (u.kind === TypeKind.Struct) {
		u.fields.forEach((f, i) => {
			add(level, f, e, i);
			if (!f.embedded) return;
			const [type, isPtr] = deref(f.type as Type);
			next.push({ type, index: [...e.index, i], indirect: e.indirect || isPtr, multiples: e.multiples });
		});
	} else if (u.kind === TypeKind.Interface) {
		typeSetOf(u).methods.forEach((m, i) => add(level, m, e, i));
	}
}

function add(level: Map<string, Found>, obj: Func | Var, e: Embedded, i: number): void {
	if (obj.name === "_") return;
	const id = objId(obj.pkg, obj.name);
	const other = level.get(id);
	if (other !== undefined) other.ambiguous = true;
	else level.set(id, { obj, index: [...e.index, i], indirect: e.indirect, ambiguous: e.multiples });
}

function consolidate(list: Embedded[]): Embedded[] {
	const out: Embedded[] = [];
	for (const e of list) {
		const other = out.find((o) => identical(o.type, e.type));
		if (other !== undefined) other.multiples = true;
		else out.push(e);
	}
	return out;
}
