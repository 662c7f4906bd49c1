// Calls of small functions in initialisers: a function that only returns an expression of its parameters gives data
// when its arguments do, as errors.New("text") does.

import { type Block, type Call, type Expr, Kind, walk } from "#syntax";
import { type Info, ObjKind, type Type, typeOf, type Var } from "#types";
import type { FuncInst } from "../program.ts";

/** The checked body of a function whose calls are inlined; null for others. */
export type InlineBody = (fn: FuncInst) => Block | null;

/** What parameters stand for: arguments, with what the names in these stand for. */
export interface Bindings {
	readonly args: ReadonlyMap<Var, Expr>;
	readonly outer: Bindings | null;
	readonly depth: number;
}

/** What a call gives: an expression, of which type, where parameters stand for arguments. */
export interface Returned {
	readonly result: Expr;
	readonly type: Type;
	readonly bindings: Bindings;
}

/** Calls deeper than this stay calls. */
const deepest = 8;

/** The returned expression of a call of a function (no method, not generic) that is nothing but that, and what its parameters stand for. */
export function returned(info: Info, fn: FuncInst, e: Call, inlineBody: InlineBody, outer: Bindings | null): Returned | null {
	const depth = (outer?.depth ?? 0) + 1;
	const sig = fn.sig;
	const params = sig.params.vars;
	if (depth > deepest || sig.variadic || sig.results.vars.length !== 1 || params.length !== e.args.length) return null;
	const body = inlineBody(fn);
	const last = body?.list.length === 1 ? body.list[0] : null;
	if (last?.kind !== Kind.Return || last.results === null || last.results.kind === Kind.ListExpr) return null;
	const uses = new Map<Var, number>();
	let literal = false;
	walk(last.results, (n) => {
		if (n.kind === Kind.FuncLit) literal = true;
		if (n.kind === Kind.Name) {
			const obj = info.objectOf(n);
			if (obj?.kind === ObjKind.Var) uses.set(obj, (uses.get(obj) ?? 0) + 1);
		}
		return !literal;
	});
	if (literal) return null;
	const args = new Map<Var, Expr>();
	for (const [i, v] of params.entries()) {
		// Each argument is evaluated once, whatever is done with it.
		if ((uses.get(v) ?? 0) !== 1 && info.types.get(e.args[i])?.value == null) return null;
		args.set(v, e.args[i]);
	}
	return { result: last.results, type: typeOf(sig.results.vars[0]), bindings: { args, outer, depth } };
}
