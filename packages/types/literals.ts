// Literals: basic, function and composite.

import { imag, kindOf, real, float64Val, toFloat, toInt, toString as constString, bigVal, stringVal, boolVal, type Value } from "#constant";
import { type BasicLit, type CompositeLit, endPos, type Expr, type FuncLit, Kind, LitKind } from "#syntax";
import { assignment } from "./assign.ts";
import { use } from "./call.ts";
import { type Checker, later } from "./checker.ts";
import { overflow } from "./const.ts";
import { errorf, versionErrorf } from "./errors.ts";
import { expr, exprWithHint } from "./expr.ts";
import { index } from "./index.ts";
import { fieldIndex } from "./lookup.ts";
import { lookupError } from "./lookuperror.ts";
import { Mode } from "./mode.ts";
import { isExported, samePkg, type Var } from "./objects.ts";
import { Operand, setConst } from "./operand.ts";
import { opPos } from "./operators.ts";
import { deref, identical, isNonTypeParamInterface, isValid } from "./predicates.ts";
import { recordTypeAndValue } from "./record.ts";
import { funcBody } from "./stmt.ts";
import { ArrayT, type MapT, type Struct, type Type, TypeKind } from "./types.ts";
import { typ as typeExpr, varType } from "./typexpr.ts";
import { commonUnder } from "./under.ts";
import { Invalid } from "./universe.ts";
import { allowVersion, go1_13 } from "./version.ts";

/** Reports literal forms that the language version does not have. */
function langCompat(c: Checker, e: BasicLit): void {
	const s = e.text;
	if (s.length <= 2 || allowVersion(c, go1_13)) return;
	if (s.includes("_")) {
		versionErrorf(c, e, "go1.13", "underscore in numeric literal");
		return;
	}
	if (s.charAt(0) !== "0") return;
	const radix = s.charAt(1).toLowerCase();
	if (radix === "b") versionErrorf(c, e, "go1.13", "binary literal");
	else if (radix === "o") versionErrorf(c, e, "go1.13", "0o/0O-style octal literal");
	else if (radix === "x" && e.lit !== LitKind.Int) versionErrorf(c, e, "go1.13", "hexadecimal floating-point literal");
}

export function basicLit(c: Checker, x: Operand, e: BasicLit): void {
	if (e.lit === LitKind.Int || e.lit === LitKind.Float || e.lit === LitKind.Imag) {
		langCompat(c, e);
		// The largest values representable need far fewer digits; longer ones take very long to convert.
		if (e.text.length > 10000) {
			errorf(c, e, "InvalidConstVal", "excessively long constant: %s... (%d chars)", e.text.slice(0, 10), e.text.length);
			x.mode = Mode.Invalid;
			return;
		}
	}
	setConst(x, e);
	if (x.mode === Mode.Invalid) {
		errorf(c, e, "InvalidConstVal", "malformed constant: %s", e.text);
		return;
	}
	x.expr = e;
	if (e.lit !== LitKind.String) overflow(c, x, opPos(e));
}

export function funcLit(c: Checker, x: Operand, e: FuncLit): void {
	const sig = typeExpr(c, e.type);
	if (sig.kind !== TypeKind.Signature) {
		errorf(c, e, "InvalidSyntaxTree", "invalid syntax tree: invalid function literal %s", e);
		x.mode = Mode.Invalid;
		return;
	}
	if (sig.scope !== null) {
		sig.scope.pos = e.pos;
		sig.scope.end = endPos(e);
	}
	// The body is checked when the enclosing statement is done, so that it sees what is declared by then and not more.
	const { decl, iota } = c.env;
	later(c, () => funcBody(c, decl, "<function literal>", sig, e.body, iota));
	x.mode = Mode.Value;
	x.type = sig;
}

/** T{…}, or {…} inside another literal whose element type is the hint. */
export function compositeLit(c: Checker, x: Operand, e: CompositeLit, hint: Type | null): void {
	let type: Type;
	let base: Type;
	if (e.type !== null) {
		if (e.type.kind === Kind.ArrayType && e.type.len === null) {
			// [...]T: the length is known after the elements.
			type = new ArrayT(c.ids, varType(c, e.type.elem), -1);
		} else {
			type = typeExpr(c, e.type);
		}
		base = type;
	} else if (hint !== null) {
		type = hint;
		base = hint;
		const u = commonUnder(base, null).type;
		if (u !== null) {
			const [b, ok] = deref(u);
			if (ok) base = b; // *T implies &T{}
		}
	} else {
		errorf(c, e, "UntypedLit", "missing type in composite literal");
		type = Invalid;
		base = Invalid;
	}
	const u = commonUnder(base, null).type;
	switch (u?.kind) {
		case TypeKind.Struct:
			structLit(c, x, e, u, base);
			break;
		case TypeKind.Array: {
			const n = indexedElts(c, e.elems, u.elem, u.len);
			if (u.len < 0) {
				u.len = n;
				if (e.type !== null) recordTypeAndValue(c, e.type, Mode.TypExpr, u, null);
			}
			break;
		}
		case TypeKind.Slice:
			indexedElts(c, e.elems, u.elem, -1);
			break;
		case TypeKind.Map:
			mapLit(c, x, e, u);
			break;
		default:
			for (const elem of e.elems) use(c, elem.kind === Kind.KeyValue ? elem.value : elem);
			if (u === null || u === undefined || isValid(u)) {
				const qualifier = e.type === null && hint !== null ? " element" : "";
				const cause = u === null ? " (no common underlying type)" : "";
				errorf(c, e, "InvalidLit", "invalid composite literal%s type %s%s", qualifier, type, cause);
				x.mode = Mode.Invalid;
				return;
			}
	}
	x.mode = Mode.Value;
	x.type = type;
}

function structLit(c: Checker, x: Operand, e: CompositeLit, u: Struct, base: Type): void {
	const first = e.elems[0];
	if (first === undefined) return;
	const fields = u.fields;
	if (first.kind === Kind.KeyValue) {
		const visited = new Set<number>();
		for (const elem of e.elems) keyedField(c, x, elem, fields, base, visited);
		return;
	}
	for (let i = 0; i < e.elems.length; i++) {
		const elem = e.elems[i] as Expr;
		if (elem.kind === Kind.KeyValue) {
			errorf(c, elem, "MixedStructLit", "mixture of field:value and value elements in struct literal");
			continue;
		}
		expr(c, null, x, elem);
		const field = fields[i];
		if (field === undefined) {
			errorf(c, x, "InvalidStructLit", "too many values in struct literal of type %s", base);
			break;
		}
		if (!isExported(field.name) && !samePkg(field.pkg, c.pkg)) {
			const text = "implicit assignment to unexported field %s in struct literal of type %s";
			errorf(c, x, "UnexportedLitField", text, field.name, base);
			continue;
		}
		assignment(c, x, field.type, "struct literal");
	}
	if (e.elems.length < fields.length) {
		errorf(c, e.rbrace, "InvalidStructLit", "too few values in struct literal of type %s", base);
	}
}

function keyedField(c: Checker, x: Operand, elem: Expr, fields: Var[], base: Type, visited: Set<number>): void {
	if (elem.kind !== Kind.KeyValue) {
		errorf(c, elem, "MixedStructLit", "mixture of field:value and value elements in struct literal");
		return;
	}
	// The value is checked even if the key is wrong.
	expr(c, null, x, elem.value);
	const key = elem.key;
	if (key.kind !== Kind.Name) {
		errorf(c, elem, "InvalidLitField", "invalid field name %s in struct literal", key);
		return;
	}
	const i = fieldIndex(fields, c.pkg, key.name, false);
	if (i < 0) {
		const j = fieldIndex(fields, c.pkg, key.name, true);
		const alt = j >= 0 ? (fields[j] as Var) : null;
		errorf(c, key, "MissingLitField", "%s", lookupError(c, base, key.name, alt, true));
		return;
	}
	const field = fields[i] as Var;
	c.info.uses.set(key, field);
	assignment(c, x, field.type, "struct literal");
	if (visited.has(i)) {
		errorf(c, elem, "DuplicateLitField", "duplicate field name %s in struct literal", key.name);
		return;
	}
	visited.add(i);
}

/** A string that is equal for equal constants, of whatever representation. */
export function constKey(v: Value): string {
	switch (kindOf(v)) {
		case 1:
			return `b${boolVal(v)}`;
		case 2:
			return `s${stringVal(v)}`;
		case 3:
			return `n${bigVal(v)}`;
		case 4: {
			const i = toInt(v);
			return kindOf(i) === 3 ? `n${bigVal(i)}` : `n${float64Val(v)}`;
		}
		case 5: {
			const f = toFloat(v);
			return kindOf(f) === 4 ? constKey(f) : `c${float64Val(real(v))},${float64Val(imag(v))}`;
		}
		default:
			return "?";
	}
}

function mapLit(c: Checker, x: Operand, e: CompositeLit, u: MapT): void {
	// Keys of an interface type are equal only if their dynamic types are.
	const keyIsInterface = isNonTypeParamInterface(u.key);
	const visited = new Map<string, Type[]>();
	for (const elem of e.elems) {
		if (elem.kind !== Kind.KeyValue) {
			errorf(c, elem, "MissingLitKey", "missing key in map literal");
			continue;
		}
		exprWithHint(c, x, elem.key, u.key);
		assignment(c, x, u.key, "map literal");
		if (x.mode === Mode.Invalid) continue;
		if (x.mode === Mode.Constant && x.val !== null) {
			const k = constKey(x.val);
			const types = visited.get(k);
			const type = x.type;
			const duplicate = types !== undefined && (!keyIsInterface || types.some((t) => identical(t, type)));
			if (types === undefined) visited.set(k, [type]);
			else types.push(type);
			if (duplicate) {
				errorf(c, x, "DuplicateLitKey", "duplicate key %s in map literal", constString(x.val));
				continue;
			}
		}
		exprWithHint(c, x, elem.value, u.elem);
		assignment(c, x, u.elem, "map literal");
	}
}

/** The elements of an array or slice literal; length < 0 is unbounded. Returns the number of elements the literal needs. */
function indexedElts(c: Checker, elts: readonly Expr[], type: Type, length: number): number {
	const visited = new Set<number>();
	let at = 0;
	let max = 0;
	for (const e of elts) {
		let valid = false;
		let value = e;
		if (e.kind === Kind.KeyValue) {
			const key = index(c, e.key, length);
			if (isValid(key.type)) {
				if (key.val >= 0) {
					at = key.val;
					valid = true;
				} else {
					errorf(c, e, "InvalidLitIndex", "index %s must be integer constant", e.key);
				}
			}
			value = e.value;
		} else if (length >= 0 && at >= length) {
			errorf(c, e, "OversizeArrayLit", "index %d is out of bounds (>= %d)", at, length);
		} else {
			valid = true;
		}
		if (valid) {
			if (visited.has(at)) errorf(c, e, "DuplicateLitKey", "duplicate index %d in array or slice literal", at);
			visited.add(at);
		}
		at++;
		if (at > max) max = at;
		const x = new Operand();
		exprWithHint(c, x, value, type);
		assignment(c, x, type, "array or slice literal");
	}
	return max;
}
