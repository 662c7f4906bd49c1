// Writes what checking learns into the side tables of Info.

import type { Value } from "#constant";
import { type Expr, Kind, type Selector } from "#syntax";
import type { Checker } from "./checker.ts";
import type { SelectionKind } from "./info.ts";
import { Mode } from "./mode.ts";
import { type Obj, Var, VarKind } from "./objects.ts";
import type { Operand } from "./operand.ts";
import { type Signature, Tuple, type Type } from "./types.ts";
import { emptyTuple } from "./universe.ts";

/** Records the outcome of an expression. Untyped ones may be recorded again when they get their type. */
export function record(c: Checker, x: Operand): void {
	if (x.mode === Mode.Invalid || x.expr === null) return;
	const type = x.mode === Mode.NoValue ? emptyTuple : x.type;
	c.info.record(x.expr, x.mode, type, x.mode === Mode.Constant ? x.val : null);
}

export function recordTypeAndValue(c: Checker, e: Expr, mode: Mode, type: Type, val: Value | null): void {
	if (mode !== Mode.Invalid) c.info.record(e, mode, type, val);
}

/** Records the signature a built-in function has in a call. */
export function recordBuiltinType(c: Checker, fun: Expr, sig: Signature): void {
	let f = fun;
	for (;;) {
		recordTypeAndValue(c, f, Mode.Builtin, sig, null);
		if (f.kind !== Kind.Paren) return;
		f = f.x;
	}
}

/** Records the pair of types of a comma-ok expression, in parentheses too. */
export function recordCommaOkTypes(c: Checker, e: Expr, x0: Operand, x1: Operand): void {
	const pair = new Tuple(c.ids, [new Var(VarKind.Local, e.pos, c.pkg, "", x0.type), new Var(VarKind.Local, e.pos, c.pkg, "", x1.type)]);
	for (let x = e; ; x = x.x) {
		const tv = c.info.types.get(x);
		if (tv !== undefined) c.info.record(x, tv.mode, pair, tv.value);
		if (x.kind !== Kind.Paren) return;
	}
}

/** Records what x.f selects. */
export function recordSelection(
	c: Checker,
	e: Selector,
	kind: SelectionKind,
	recv: Type,
	obj: Obj,
	index: number[],
	indirect: boolean,
): void {
	c.info.uses.set(e.sel, obj);
	c.info.selections.set(e, { kind, recv, obj, index, indirect });
}

/** Records the type arguments that the generic function (or type) denoted by e gets. */
export function recordInstance(c: Checker, e: Expr, targs: Type[], type: Type): void {
	let x = e;
	for (;;) {
		if (x.kind === Kind.Paren || x.kind === Kind.Index) x = x.x;
		else if (x.kind === Kind.Selector) x = x.sel;
		else break;
	}
	if (x.kind === Kind.Name) c.info.instances.set(x, { targs, type });
}
