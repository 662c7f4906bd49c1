// Operations on constants. Operators are given by their source text; "//" is integer division (truncated), "/" gives an
// exact fraction. Operands that the operator is not defined for are a defect of the caller.

import { InternalError } from "#base";
import { type BigFloat, floatAdd, floatCmp, floatFromBig, floatFromRatio, floatMul, floatNeg, floatQuo } from "./bigfloat.ts";
import {
	type BoolVal,
	ComplexVal,
	FloatVal,
	type IntVal,
	makeBig,
	makeBool,
	makeComplex,
	makeFloat,
	makeInt,
	makeRat,
	makeString,
	RatVal,
	Rep,
	sign,
	type StringVal,
	unknown,
	type Value,
} from "./value.ts";

export type RelOp = "==" | "!=" | "<" | "<=" | ">" | ">=";
export type ConstOp = "+" | "-" | "*" | "/" | "//" | "%" | "&" | "|" | "^" | "&^" | "&&" | "||";

/** op y; `bits` > 0 is the size of an unsigned result of "^". */
export function unaryOp(op: "+" | "-" | "^" | "!", y: Value, bits: number): Value {
	if (y.rep === Rep.Unknown) return y;
	if (op === "!") {
		if (y.rep === Rep.Bool) return makeBool(!y.value);
	} else if (op === "+") {
		if (y.rep >= Rep.Int) return y;
	} else if (op === "-") {
		const neg = negate(y);
		if (neg !== null) return neg;
	} else if (y.rep === Rep.Int) {
		if (y.big === null && bits === 0) return makeInt(-1 - y.small);
		const n = ~(y.big ?? BigInt(y.small));
		return makeBig(bits > 0 ? BigInt.asUintN(bits, n) : n);
	}
	throw new InternalError(`constant: invalid unary operation ${op}`);
}

function negate(y: Value): Value | null {
	switch (y.rep) {
		case Rep.Int:
			return y.big === null ? makeInt(0 - y.small) : makeBig(-y.big);
		case Rep.Rat:
			return new RatVal(-y.num, y.den);
		case Rep.Float:
			return new FloatVal(floatNeg(y.f));
		case Rep.Complex:
			return makeComplex(negate(y.re) ?? unknown, negate(y.im) ?? unknown);
		default:
			return null;
	}
}

/** x in the representation `rep`, which is not smaller than its own. */
function widen(x: Value, rep: number): Value {
	let v = x;
	if (v.rep === Rep.Int && rep > Rep.Int) {
		if (rep === Rep.Complex) return new ComplexVal(v, makeInt(0));
		const n = v.big ?? BigInt(v.small);
		v = rep === Rep.Rat ? new RatVal(n, 1n) : makeFloat(floatFromBig(n));
	}
	if (v.rep === Rep.Rat && rep === Rep.Float) v = makeFloat(floatFromRatio(v.num, v.den));
	if (v.rep < Rep.Complex && rep === Rep.Complex) return new ComplexVal(v, makeInt(0));
	return v;
}

/** x op y. The operands are of the same kind, or both numeric. */
export function binaryOp(x: Value, op: ConstOp, y: Value): Value {
	if (x.rep === Rep.Unknown) return x;
	if (y.rep === Rep.Unknown) return y;
	if (x.rep !== y.rep) {
		const rep = Math.max(x.rep, y.rep);
		return binaryOp(widen(x, rep), op, widen(y, rep));
	}
	let z: Value | null = null;
	switch (x.rep) {
		case Rep.Bool:
			if (op === "&&") z = makeBool(x.value && (y as BoolVal).value);
			else if (op === "||") z = makeBool(x.value || (y as BoolVal).value);
			break;
		case Rep.String:
			if (op === "+") z = makeString(x.bytes + (y as StringVal).bytes);
			break;
		case Rep.Int:
			z = intOp(x, op, y as IntVal);
			break;
		case Rep.Rat:
			z = ratOp(x, op, y as RatVal);
			break;
		case Rep.Float:
			z = floatOp(x.f, op, (y as FloatVal).f);
			break;
		case Rep.Complex:
			z = complexOp(x, op, y as ComplexVal);
			break;
	}
	if (z === null) throw new InternalError(`constant: invalid binary operation ${op}`);
	return z;
}

function intOp(x: IntVal, op: ConstOp, y: IntVal): Value | null {
	if (x.big === null && y.big === null) {
		const z = smallOp(x.small, op, y.small);
		if (Number.isSafeInteger(z)) return makeInt(z + 0);
	}
	const a = x.big ?? BigInt(x.small);
	const b = y.big ?? BigInt(y.small);
	switch (op) {
		case "+":
			return makeBig(a + b);
		case "-":
			return makeBig(a - b);
		case "*":
			return makeBig(a * b);
		case "/":
			return makeRat(a, b);
		case "//":
			return makeBig(a / b);
		case "%":
			return makeBig(a % b);
		case "&":
			return makeBig(a & b);
		case "|":
			return makeBig(a | b);
		case "^":
			return makeBig(a ^ b);
		case "&^":
			return makeBig(a & ~b);
		default:
			return null;
	}
}

const isWord = (n: number): boolean => n === (n | 0);

/** The result as a number, or one that is not a safe integer when it has to be computed with bigints. */
function smallOp(a: number, op: ConstOp, b: number): number {
	switch (op) {
		case "+":
			return a + b;
		case "-":
			return a - b;
		case "*":
			return a * b;
		case "//":
			return Math.trunc(a / b);
		case "%":
			return a % b;
	}
	if (!isWord(a) || !isWord(b)) return Number.NaN;
	switch (op) {
		case "&":
			return a & b;
		case "|":
			return a | b;
		case "^":
			return a ^ b;
		case "&^":
			return a & ~b;
		default:
			return Number.NaN;
	}
}

function ratOp(x: RatVal, op: ConstOp, y: RatVal): Value | null {
	switch (op) {
		case "+":
			return makeRat(x.num * y.den + y.num * x.den, x.den * y.den);
		case "-":
			return makeRat(x.num * y.den - y.num * x.den, x.den * y.den);
		case "*":
			return makeRat(x.num * y.num, x.den * y.den);
		case "/":
			return makeRat(x.num * y.den, x.den * y.num);
		default:
			return null;
	}
}

function floatOp(x: BigFloat, op: ConstOp, y: BigFloat): Value | null {
	switch (op) {
		case "+":
			return makeFloat(floatAdd(x, y));
		case "-":
			return makeFloat(floatAdd(x, floatNeg(y)));
		case "*":
			return makeFloat(floatMul(x, y));
		case "/":
			return makeFloat(floatQuo(x, y));
		default:
			return null;
	}
}

const add = (x: Value, y: Value): Value => binaryOp(x, "+", y);
const sub = (x: Value, y: Value): Value => binaryOp(x, "-", y);
const mul = (x: Value, y: Value): Value => binaryOp(x, "*", y);
const quo = (x: Value, y: Value): Value => binaryOp(x, "/", y);

function complexOp(x: ComplexVal, op: ConstOp, y: ComplexVal): Value | null {
	const { re: a, im: b } = x;
	const { re: c, im: d } = y;
	switch (op) {
		case "+":
			return makeComplex(add(a, c), add(b, d));
		case "-":
			return makeComplex(sub(a, c), sub(b, d));
		case "*":
			return makeComplex(sub(mul(a, c), mul(b, d)), add(mul(b, c), mul(a, d)));
		case "/": {
			const s = add(mul(c, c), mul(d, d));
			return makeComplex(quo(add(mul(a, c), mul(b, d)), s), quo(sub(mul(b, c), mul(a, d)), s));
		}
		default:
			return null;
	}
}

/** x << s or x >> s of an Int value. */
export function shift(x: Value, op: "<<" | ">>", s: number): Value {
	if (x.rep === Rep.Unknown) return x;
	if (x.rep !== Rep.Int) throw new InternalError("constant: invalid shift");
	if (s === 0) return x;
	if (x.big === null) {
		if (op === ">>") return makeInt(s > 62 ? (x.small < 0 ? -1 : 0) : Math.floor(x.small / 2 ** s));
		const z = x.small * 2 ** s;
		if (Number.isSafeInteger(z)) return makeInt(z);
	}
	const n = x.big ?? BigInt(x.small);
	return makeBig(op === "<<" ? n << BigInt(s) : n >> BigInt(s));
}

function holds(c: number, op: RelOp): boolean {
	switch (op) {
		case "==":
			return c === 0;
		case "!=":
			return c !== 0;
		case "<":
			return c < 0;
		case "<=":
			return c <= 0;
		case ">":
			return c > 0;
		case ">=":
			return c >= 0;
	}
}

/** Whether x op y; false if either is unknown. */
export function compare(x: Value, op: RelOp, y: Value): boolean {
	if (x.rep === Rep.Unknown || y.rep === Rep.Unknown) return false;
	if (x.rep !== y.rep) {
		const rep = Math.max(x.rep, y.rep);
		return compare(widen(x, rep), op, widen(y, rep));
	}
	switch (x.rep) {
		case Rep.Bool:
			return (x.value === (y as BoolVal).value) === (op === "==");
		case Rep.String: {
			const b = (y as StringVal).bytes;
			return holds(x.bytes < b ? -1 : x.bytes === b ? 0 : 1, op);
		}
		case Rep.Int: {
			const o = y as IntVal;
			if (x.big === null && o.big === null) return holds(x.small - o.small, op);
			const a = x.big ?? BigInt(x.small);
			const b = o.big ?? BigInt(o.small);
			return holds(a < b ? -1 : a > b ? 1 : 0, op);
		}
		case Rep.Rat: {
			const o = y as RatVal;
			return holds(sign(new RatVal(x.num * o.den - o.num * x.den, 1n)), op);
		}
		case Rep.Float:
			return holds(floatCmp(x.f, (y as FloatVal).f), op);
		case Rep.Complex: {
			const o = y as ComplexVal;
			const equal = compare(x.re, "==", o.re) && compare(x.im, "==", o.im);
			return equal === (op === "==");
		}
	}
}
