// Assignability and conversions T(x).

import { encodeRune, isInt, kindOf, makeString, smallInt, toInt, toString as constString, type Value } from "#constant";
import type { Checker } from "./checker.ts";
import { representableConst } from "./const.ts";
import { errorf } from "./errors.ts";
import { type Arg, sprintf } from "./format.ts";
import { type Cause, implementsType } from "./instantiate.ts";
import { isInterfacePtr } from "./lookup.ts";
import { Mode } from "./mode.ts";
import { Operand } from "./operand.ts";
import {
	allString,
	asTypeParam,
	defaultType,
	hasName,
	identical,
	identicalIgnoreTags,
	isComplex,
	isConstType,
	isInteger,
	isIntegerOrFloat,
	isNonTypeParamInterface,
	isString,
	isTypeParam,
	isUntyped,
	isValid,
} from "./predicates.ts";
import { BasicKind, ChanDir, type Type, TypeKind, type TypeParam, type UnionTerm } from "./types.ts";
import { termsEvery, typeSetOf } from "./typeset.ts";
import { constraintOf, unalias, under, underIs } from "./under.ts";
import { Typ } from "./universe.ts";
import { implicitTypeAndValue, updateExprType } from "./untyped.ts";
import { allowVersion, go1_17, go1_20 } from "./version.ts";

/** Whether f holds for all terms of a type parameter's type set; called once with null if there are no specific types. */
export function tparamTerms(p: TypeParam, f: (t: UnionTerm | null) => boolean): boolean {
	return termsEvery(typeSetOf(constraintOf(p)), f);
}

/** Puts a line before the cause. */
function prefixCause(c: Checker, cause: Cause | null, format: string, ...args: Arg[]): void {
	if (cause === null) return;
	const msg = sprintf(c, format, ...args);
	cause.text = cause.text === "" ? msg : `${msg}\n\t${cause.text}`;
}

const Incompatible = "IncompatibleAssign";

/** "" if x is assignable to a variable of type T, else the code of the error, with its cause if there is one to tell. */
export function assignableTo(c: Checker, x: Operand, target: Type, cause: Cause | null): string {
	if (x.mode === Mode.Invalid || !isValid(target)) return ""; // avoid spurious errors
	const V = unalias(x.type);
	const T = unalias(target);
	if (V === T || identical(V, T)) return "";

	const Vu = under(V);
	const Tu = under(T);
	const Vp = asTypeParam(V);
	const Tp = asTypeParam(T);

	if (isUntyped(Vu)) {
		if (Tp !== null) {
			const ok = tparamTerms(Tp, (t) => t !== null && implicitTypeAndValue(c, x, t.type).type !== null);
			return ok ? "" : Incompatible;
		}
		return implicitTypeAndValue(c, x, T).type !== null ? "" : Incompatible;
	}
	// Identical underlying types, at least one of them not named, no type parameters.
	// (identical comes first: in a cycle of interfaces it decides whose methods are found first)
	if (identical(Vu, Tu) && Vp === null && Tp === null && (!hasName(V) || !hasName(T))) return "";

	// T is an interface that x implements. Pointers to interfaces give better causes this way.
	if ((Tu.kind === TypeKind.Interface && Tp === null) || isInterfacePtr(Tu)) {
		if (implementsType(c, V, T, false, cause)) return "";
		if (Vp === null) return "InvalidIfaceAssign";
		if (cause !== null) cause.text = "";
	}
	// V is an interface that T implements: a type assertion is missing.
	if (Vu.kind === TypeKind.Interface && Vp === null && implementsType(c, T, V, false, null)) {
		if (cause !== null) cause.text = "need type assertion";
		return Incompatible;
	}
	// A bidirectional channel, identical element types, at least one not named.
	if (Vu.kind === TypeKind.Chan && Vu.dir === ChanDir.Both && Tu.kind === TypeKind.Chan && identical(Vu.elem, Tu.elem)) {
		return !hasName(V) || !hasName(T) ? "" : "InvalidChanAssign";
	}
	if (Vp === null && Tp === null) return Incompatible;
	return assignableTypeParam(c, x, target, V, T, Vp, Tp, cause);
}

/** Assignability when V or T is a type parameter and the other one is not named: to or from each specific type. */
function assignableTypeParam(
	c: Checker,
	x: Operand,
	target: Type,
	V: Type,
	T: Type,
	Vp: TypeParam | null,
	Tp: TypeParam | null,
	cause: Cause | null,
): string {
	let code: string = Incompatible;
	if (!hasName(V) && Tp !== null) {
		let seen = false;
		tparamTerms(Tp, (t) => {
			if (t === null) return false;
			code = assignableTo(c, x, t.type, cause);
			seen = true;
			if (code === "") return true;
			prefixCause(c, cause, "cannot assign %s to %s (in %s)", x.type, t.type, Tp);
			return false;
		});
		return seen ? code : Incompatible;
	}
	if (Vp !== null && !hasName(T)) {
		const y = new Operand();
		y.copy(x);
		let seen = false;
		tparamTerms(Vp, (v) => {
			if (v === null) return false;
			y.type = v.type;
			code = assignableTo(c, y, T, cause);
			seen = true;
			if (code === "") return true;
			prefixCause(c, cause, "cannot assign %s (in %s) to %s", v.type, Vp, target);
			return false;
		});
		return seen ? code : Incompatible;
	}
	return Incompatible;
}

/** The constant x converted to T (a constant type), or null. */
function constConvert(x: Operand, T: Type): Value | null {
	const t = under(T);
	if (t.kind !== TypeKind.Basic) return null;
	const val = x.val as Value;
	const v = representableConst(val, t);
	if (v !== null) return v;
	if (isInteger(x.type) && isString(t)) {
		const n = isInt(val) ? smallInt(val) : Number.NaN;
		return makeString(encodeRune(n >= 0 && n <= 0x10ffff ? n : 0xfffd));
	}
	return null;
}

/** T(x) */
export function conversion(c: Checker, x: Operand, T: Type): void {
	const constArg = x.mode === Mode.Constant;
	const cause: Cause = { text: "" };
	let ok = false;
	if (constArg && isConstType(T)) {
		const v = constConvert(x, T);
		ok = v !== null;
		if (v !== null) x.val = v;
		else if (isInteger(T) && kindOf(toInt(x.val as Value)) === 3) x.val = toInt(x.val as Value); // messages show the integer
		if (v === null && isInteger(x.type) && isInteger(T)) {
			// Integer conversions get a special message.
			errorf(c, x, "InvalidConversion", "constant %s overflows %s", constString(x.val as Value), T);
			x.mode = Mode.Invalid;
			return;
		}
	} else if (constArg && isTypeParam(T)) {
		ok = underIs(T, (u) => {
			if (u === null) {
				cause.text = sprintf(c, "%s does not contain specific types", T);
				return false;
			}
			if (isString(x.type) && isBytesOrRunes(u)) return true;
			if (constConvert(x, u) !== null) return true;
			if (isInteger(x.type) && isInteger(u)) {
				cause.text = sprintf(c, "constant %s overflows %s (in %s)", constString(x.val as Value), u, T);
			} else {
				cause.text = sprintf(c, "cannot convert %s to type %s (in %s)", x, u, T);
			}
			return false;
		});
		x.mode = Mode.Value; // type parameters are not constants
	} else if (convertibleTo(c, x, T, cause)) {
		ok = true;
		x.mode = Mode.Value;
	}
	if (!ok) {
		if (cause.text !== "") errorf(c, x, "InvalidConversion", "cannot convert %s to type %s: %s", x, T, cause.text);
		else errorf(c, x, "InvalidConversion", "cannot convert %s to type %s", x, T);
		x.mode = Mode.Invalid;
		return;
	}
	if (isUntyped(x.type)) {
		// The argument gets T, except where its value is not of type T before the conversion: boxed in an interface,
		// a constant converted to a non-constant type, and integers that become strings.
		let final = T;
		if (x.type !== Typ[BasicKind.UntypedNil]) {
			if (isNonTypeParamInterface(T) || (constArg && !isConstType(T))) final = defaultType(x.type);
			else if (x.mode === Mode.Constant && isInteger(x.type) && allString(T)) final = x.type;
		}
		updateExprType(c, x.expr, final, true);
	}
	x.type = T;
}

/** Whether the non-constant x can be converted to T. */
export function convertibleTo(c: Checker, x: Operand, target: Type, cause: Cause | null): boolean {
	if (assignableTo(c, x, target, cause) === "") return true;
	const V = unalias(x.type);
	const T = unalias(target);
	const Vu = under(V);
	const Tu = under(T);
	const Vp = asTypeParam(V);
	const Tp = asTypeParam(T);
	const plain = Vp === null && Tp === null;
	if (plain && identicalIgnoreTags(Vu, Tu)) return true;
	// Unnamed pointers whose base types have identical underlying types.
	if (V.kind === TypeKind.Pointer && T.kind === TypeKind.Pointer && !isTypeParam(V.elem) && !isTypeParam(T.elem)) {
		if (identicalIgnoreTags(under(V.elem), under(T.elem))) return true;
	}
	if (basicConvertible(Vu, Tu)) return true;
	if (Vu.kind === TypeKind.Slice) {
		if (Tu.kind === TypeKind.Array && identical(Vu.elem, Tu.elem)) {
			return allowConversion(c, go1_20, cause, "conversion of slice to array requires go1.20 or later");
		}
		const a = Tu.kind === TypeKind.Pointer ? under(Tu.elem) : Tu;
		if (a !== Tu && a.kind === TypeKind.Array && identical(Vu.elem, a.elem)) {
			return allowConversion(c, go1_17, cause, "conversion of slice to array pointer requires go1.17 or later");
		}
	}
	return plain ? false : convertibleTypeParam(c, x, target, Vp, Tp, cause);
}

function allowConversion(c: Checker, version: number, cause: Cause | null, text: string): boolean {
	if (allowVersion(c, version)) return true;
	if (cause !== null) cause.text = text;
	return false;
}

/** Conversions between numbers, strings, byte and rune slices, pointers and unsafe.Pointer. */
function basicConvertible(Vu: Type, Tu: Type): boolean {
	if (isIntegerOrFloat(Vu) && isIntegerOrFloat(Tu)) return true;
	if (isComplex(Vu) && isComplex(Tu)) return true;
	if (isString(Tu) && (isInteger(Vu) || isBytesOrRunes(Vu))) return true;
	if (isString(Vu) && isBytesOrRunes(Tu)) return true;
	const isPointer = (t: Type): boolean => t.kind === TypeKind.Pointer || (t.kind === TypeKind.Basic && t.basic === BasicKind.Uintptr);
	if (isPointer(Vu) && isUnsafePointer(Tu)) return true;
	return isUnsafePointer(Vu) && isPointer(Tu);
}

/** Every type of V's type set must be convertible to every type of T's. */
function convertibleTypeParam(
	c: Checker,
	x: Operand,
	target: Type,
	Vp: TypeParam | null,
	Tp: TypeParam | null,
	cause: Cause | null,
): boolean {
	const toTerms = (y: Operand, explain: (t: Type) => void): boolean => {
		if (Tp === null) {
			if (convertibleTo(c, y, unalias(target), cause)) return true;
			explain(target);
			return false;
		}
		return tparamTerms(Tp, (t) => {
			if (t === null) return false;
			if (convertibleTo(c, y, t.type, cause)) return true;
			explain(t.type);
			return false;
		});
	};
	if (Vp === null) return toTerms(x, (t) => prefixCause(c, cause, "cannot convert %s to type %s (in %s)", x.type, t, Tp as TypeParam));
	const y = new Operand();
	y.copy(x);
	return tparamTerms(Vp, (v) => {
		if (v === null) return false;
		y.type = v.type;
		return toTerms(y, (t) => {
			if (Tp !== null) prefixCause(c, cause, "cannot convert %s (in %s) to type %s (in %s)", v.type, Vp, t, Tp);
			else prefixCause(c, cause, "cannot convert %s (in %s) to type %s", v.type, Vp, t);
		});
	});
}

export function isUnsafePointer(t: Type): boolean {
	const u = under(t);
	return u.kind === TypeKind.Basic && u.basic === BasicKind.UnsafePointer;
}

/** []byte, []rune, or a slice of a type defined as one of them. */
export function isBytesOrRunes(t: Type): boolean {
	const s = under(t);
	if (s.kind !== TypeKind.Slice) return false;
	const e = under(s.elem);
	return e.kind === TypeKind.Basic && (e.basic === BasicKind.Uint8 || e.basic === BasicKind.Int32);
}
