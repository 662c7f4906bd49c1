// Operands: the intermediate result of checking an expression. One Operand is
// filled in, passed down and changed in place; Info.types holds the outcome.

import { makeFromLiteral, toString as constString, type Value } from "#constant";
import type { BasicLit, Expr } from "#syntax";
import { exprString, Kind } from "#syntax";
import { Mode } from "./mode.ts";
import { hasEmptyTypeset, isGeneric, isUntyped, isValid } from "./predicates.ts";
import { type Qualifier, typeString } from "./typestring.ts";
import { type Basic, BasicKind, type Type, TypeKind } from "./types.ts";
import { unalias, under } from "./under.ts";
import { Invalid, predeclaredFuncs, Typ } from "./universe.ts";

export class Operand {
	mode: Mode = Mode.Invalid;
	type: Type = Invalid;
	expr: Expr | null = null;
	/** If mode is Constant. */
	val: Value | null = null;
	/** BuiltinId, if mode is Builtin. */
	id = 0;

	/** Makes this operand the same as o. */
	copy(o: Operand): void {
		this.mode = o.mode;
		this.type = o.type;
		this.expr = o.expr;
		this.val = o.val;
		this.id = o.id;
	}
}

/** An operand of mode Value. */
export function valueOperand(expr: Expr | null, type: Type): Operand {
	const x = new Operand();
	x.mode = Mode.Value;
	x.expr = expr;
	x.type = type;
	return x;
}

export function isNil(x: Operand): boolean {
	return x.mode === Mode.NilValue;
}

const modeText: readonly string[] = [
	"invalid operand",
	"no value",
	"built-in",
	"type",
	"constant",
	"variable",
	"map index expression",
	"value",
	"nil",
	"comma, ok expression",
	"comma, error expression",
	"cgo function",
];

/** How messages describe an operand: `x (variable of type int)`, `1 << 3 (untyped int constant 8)`. */
export function operandString(x: Operand, qf: Qualifier): string {
	if (x.mode === Mode.NilValue) {
		if (x.type === Invalid) return "nil (with invalid type)";
		if (x.type === Typ[BasicKind.UntypedNil]) return "nil";
		return `nil (of type ${typeString(x.type, qf)})`;
	}
	let expr = "";
	if (x.expr !== null) expr = exprString(x.expr);
	else if (x.mode === Mode.Builtin) expr = predeclaredFuncs[x.id]?.name ?? "";
	else if (x.mode === Mode.TypExpr) expr = typeString(x.type, qf);
	else if (x.mode === Mode.Constant && x.val !== null) expr = constString(x.val);

	let text = "";
	let hasType = false;
	if (x.mode !== Mode.Invalid && x.mode !== Mode.NoValue && x.mode !== Mode.Builtin && x.mode !== Mode.TypExpr) {
		if (isUntyped(x.type)) text += `${(x.type as Basic).name} `;
		else hasType = true;
	}
	text += modeText[x.mode];
	if (x.mode === Mode.Constant && x.val !== null) {
		const s = constString(x.val);
		if (s !== expr) text += ` ${s}`;
	}
	if (hasType) text += isValid(x.type) ? ofType(x.type, qf) : " with invalid type";
	return expr === "" ? text : `${expr} (${text})`;
}

function ofType(t: Type, qf: Qualifier): string {
	let desc = isGeneric(t) ? "generic " : "";
	const tpar = unalias(t);
	if (tpar.kind !== TypeKind.TypeParam && (t.kind === TypeKind.Alias || t.kind === TypeKind.Named)) {
		const u = under(t);
		desc += `${compositeKind(t) || (u.kind === TypeKind.Basic ? u.name : "")} `;
	}
	let text = ` of ${desc}type ${typeString(t, qf)}`;
	if (tpar.kind === TypeKind.TypeParam) {
		text += ` constrained by ${typeString(tpar.bound, qf)}`;
		if (hasEmptyTypeset(tpar)) text += " with empty type set";
	}
	return text;
}

/** What kind of composite type t is, or "" for basic types. */
export function compositeKind(t: Type): string {
	const u = under(t);
	switch (u.kind) {
		case TypeKind.Array:
			return "array";
		case TypeKind.Slice:
			return "slice";
		case TypeKind.Struct:
			return "struct";
		case TypeKind.Pointer:
			return "pointer";
		case TypeKind.Signature:
			return "func";
		case TypeKind.Interface:
			return "interface";
		case TypeKind.Map:
			return "map";
		case TypeKind.Chan:
			return "chan";
		case TypeKind.Tuple:
			return "tuple";
		case TypeKind.Union:
			return "union";
		default:
			return "";
	}
}

const literalKinds: readonly BasicKind[] = [
	BasicKind.UntypedInt,
	BasicKind.UntypedFloat,
	BasicKind.UntypedComplex,
	BasicKind.UntypedRune,
	BasicKind.UntypedString,
];

/** Makes x the constant that a literal denotes; invalid if it is malformed. */
export function setConst(x: Operand, e: BasicLit): void {
	const val = makeFromLiteral(e.text, e.lit);
	if (val.rep === 0) {
		x.mode = Mode.Invalid;
		x.type = Invalid;
		return;
	}
	x.mode = Mode.Constant;
	x.type = Typ[literalKinds[e.lit] as BasicKind] as Basic;
	x.val = val;
}

/** e without enclosing parentheses. */
export function unparen(e: Expr): Expr {
	let x = e;
	while (x.kind === Kind.Paren) x = x.x;
	return x;
}

/** The elements of a list expression; one element for anything else, none for null. */
export function unpackList(e: Expr | null): Expr[] {
	if (e === null) return [];
	return e.kind === Kind.ListExpr ? e.list : [e];
}
