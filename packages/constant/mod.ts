export { binaryOp, type ConstOp, compare, type RelOp, shift, unaryOp } from "./ops.ts";
export { bitLen, float32Bits, float32Val, float64Bits, float64Val, toComplex, toFloat, toInt } from "./convert.ts";
export { exactString, quote, toString } from "./format.ts";
export { LitForm, makeFromLiteral, unquoteBytes } from "./literal.ts";
export { decodeBytes, encodeBytes, encodeRune, toUint8Array } from "./text.ts";
export {
	bigVal,
	boolVal,
	BoolVal,
	ComplexVal,
	FloatVal,
	imag,
	int64Val,
	IntVal,
	isInt,
	Kind,
	kindOf,
	makeBig,
	makeBool,
	makeComplex,
	makeFloat64,
	makeImag,
	makeInt,
	makeRat,
	makeString,
	RatVal,
	real,
	sign,
	smallInt,
	stringVal,
	StringVal,
	uint64Val,
	unknown,
	UnknownVal,
	type Value,
} from "./value.ts";
