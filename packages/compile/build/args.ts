// The arguments of predeclared functions: expressions, or all the values of one call, as in append(f()).

import type { Call, Expr } from "#syntax";
import { type Type, TypeKind } from "#types";
import { isUntyped } from "../subst.ts";
import { type Builder, Val } from "./builder.ts";
import { defaultType } from "./const.ts";
import { convert, expr, exprTo, multiExpr } from "./expr.ts";
import { extendToInt, type IndexVal, indexValue } from "./slices.ts";

export interface Arg {
	type: Type;
	/** null = a value of a call with several results, evaluated already. */
	expr: Expr | null;
	/** Its value, of type `type`. */
	value: () => Val;
	/** Its value, converted as an assignment does. */
	to: (t: Type) => Val;
	/** Its value as an int. */
	index: () => IndexVal;
}

export function isTuple(b: Builder, e: Expr): boolean {
	const t = b.p.build.info.typeOf(e);
	return t !== null && t.kind === TypeKind.Tuple;
}

export function builtinArgs(b: Builder, e: Call): Arg[] {
	if (e.args.length !== 1 || !isTuple(b, e.args[0])) return e.args.map((a) => exprArg(b, a));
	const { vals, types } = multiExpr(b, e.args[0]);
	return vals.map((given, i): Arg => {
		const from = types[i];
		const type = isUntyped(from) ? defaultType(b, from) : from;
		const val = b.stabilise(type, given);
		return {
			type,
			expr: null,
			value: () => val,
			to: (t) => convert(b, val, type, t),
			index: () => extendToInt(b, type, val.one),
		};
	});
}

function exprArg(b: Builder, a: Expr): Arg {
	return {
		type: b.typeOf(a),
		expr: a,
		value: () => expr(b, a),
		to: (t) => exprTo(b, a, t),
		index: () => indexValue(b, a),
	};
}
