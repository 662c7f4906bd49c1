import assert from "node:assert/strict";
import { test } from "node:test";
import {
	bigVal,
	binaryOp,
	bitLen,
	compare,
	type ConstOp,
	float32Val,
	float64Val,
	LitForm,
	makeBig,
	makeBool,
	makeFloat64,
	makeFromLiteral,
	makeString,
	shift,
	stringVal,
	toInt,
	toString,
	unaryOp,
	type Value,
} from "#constant";

const form = (s: string): LitForm =>
	/^["`]/.test(s)
		? LitForm.String
		: s.startsWith("'")
			? LitForm.Rune
			: s.endsWith("i")
				? LitForm.Imag
				: /^[0-9_]+$|^0[xX][0-9a-fA-F_]+$|^0[bBoO]/.test(s)
					? LitForm.Int
					: LitForm.Float;
const lit = (s: string): Value =>
	s.startsWith("-") ? unaryOp("-", makeFromLiteral(s.slice(1), form(s.slice(1))), 0) : makeFromLiteral(s, form(s));

// Deterministic numbers: a test that fails must fail again.
function* numbers(seed: number): Generator<number> {
	for (let x = seed; ; ) {
		x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
		yield x;
	}
}

test("literals", () => {
	const rows: [string, string][] = [
		["0", "0"],
		["0x1F", "31"],
		["0b101", "5"],
		["0o17", "15"],
		["017", "15"],
		["1_000_000", "1000000"],
		["0xffffffffffffffff", "18446744073709551615"],
		["123456789012345678901234567890", "123456789012345678901234567890"],
		["'a'", "97"],
		["'\\n'", "10"],
		["'\\x41'", "65"],
		["'\\u00e9'", "233"],
		["'\\377'", "255"],
		["'世'", "19990"],
		["1.5", "1.5"],
		["1e3", "1000"],
		["1e6", "1e+06"],
		["0x1p-2", "0.25"],
		["0x1.8p1", "3"],
		[".5e1", "5"],
		["1e100", "1e+100"],
		["1e-100", "1e-100"],
		["1e1000", "1e+1000"],
		["1e-1000", "1e-1000"],
		["3.14159265358979323846", "3.14159"],
		["0123i", "(0 + 123i)"],
		["2.5i", "(0 + 2.5i)"],
		["0x10i", "(0 + 16i)"],
		["1234567.5", "1.23457e+06"],
		["100000.00001", "100000.00001"],
		["1e1000000", "1e+1000000"],
		['"a\\tb"', '"a\\tb"'],
		['"\\xff"', '"\\xff"'],
		['"é"', '"é"'],
		["`a\\b`", '"a\\\\b"'],
	];
	for (const [text, want] of rows) assert.equal(toString(lit(text)), want, text);
	assert.equal(stringVal(lit('"é"')).length, 2);
	assert.equal(toString(makeString("x".repeat(100))), `"${"x".repeat(68)}...`);
});

test("integers agree with bigint", () => {
	const next = numbers(7);
	const draw = (): bigint => {
		const bits = (next.next().value as number) % 130;
		let n = 0n;
		for (let i = 0; i < 5; i++) n = (n << 32n) | BigInt(next.next().value as number);
		n = BigInt.asUintN(bits, n);
		return (next.next().value as number) & 1 ? -n : n;
	};
	const ops: Record<string, (a: bigint, b: bigint) => bigint> = {
		"+": (a, b) => a + b,
		"-": (a, b) => a - b,
		"*": (a, b) => a * b,
		"//": (a, b) => a / b,
		"%": (a, b) => a % b,
		"&": (a, b) => a & b,
		"|": (a, b) => a | b,
		"^": (a, b) => a ^ b,
		"&^": (a, b) => a & ~b,
	};
	for (let i = 0; i < 3000; i++) {
		const a = draw();
		const b = draw();
		for (const [op, f] of Object.entries(ops)) {
			if (b === 0n && (op === "//" || op === "%")) continue;
			assert.equal(bigVal(binaryOp(makeBig(a), op as ConstOp, makeBig(b))), f(a, b), `${a} ${op} ${b}`);
		}
		assert.equal(compare(makeBig(a), "<", makeBig(b)), a < b);
		const s = i % 70;
		assert.equal(bigVal(shift(makeBig(a), "<<", s)), a << BigInt(s));
		assert.equal(bigVal(shift(makeBig(a), ">>", s)), a >> BigInt(s));
		assert.equal(bitLen(makeBig(a)), a === 0n ? 0 : (a < 0n ? -a : a).toString(2).length);
		assert.equal(bigVal(unaryOp("^", makeBig(a), 0)), ~a);
		assert.equal(bigVal(unaryOp("^", makeBig(a), 8)), BigInt.asUintN(8, ~a));
		assert.equal(float64Val(makeBig(a)), Number(a));
	}
});

test("rounding agrees with the machine", () => {
	const next = numbers(11);
	const view = new DataView(new ArrayBuffer(8));
	for (let i = 0; i < 4000; i++) {
		view.setUint32(0, next.next().value as number);
		view.setUint32(4, next.next().value as number);
		const x = view.getFloat64(0);
		if (!Number.isFinite(x)) continue;
		const v = makeFloat64(x);
		assert.equal(float64Val(v), x + 0);
		assert.equal(float64Val(lit(x.toExponential())), x + 0);
		assert.equal(float32Val(v), Math.fround(x) + 0, String(x));
		view.setUint32(0, next.next().value as number);
		const f = view.getFloat32(0);
		if (Number.isFinite(f)) assert.equal(float32Val(makeFloat64(f)), f + 0);
	}
	for (const x of [5e-324, 1.5e-323, 2.2250738585072014e-308, 2.225073858507201e-308, 1.7976931348623157e308]) {
		assert.equal(float64Val(lit(String(x))), x);
		assert.equal(float64Val(makeFloat64(x)), x);
	}
	assert.equal(float64Val(lit("1.7976931348623159e308")), Infinity);
	assert.equal(float64Val(lit("2.4703282292062327e-324")), 0);
	assert.equal(float64Val(lit("2.4703282292062329e-324")), 5e-324);
	assert.equal(float32Val(lit("1e-46")), 0);
});

test("floats", () => {
	const third = binaryOp(lit("1.0"), "/", lit("3.0"));
	assert.equal(toString(binaryOp(third, "*", lit("3.0"))), "1");
	assert.equal(toString(toInt(binaryOp(third, "*", lit("3.0")))), "1");
	const huge = binaryOp(lit("1e1000000"), "*", lit("1e1000000"));
	assert.equal(toString(huge), "1e+2000000");
	assert.ok(compare(binaryOp(huge, "/", huge), "==", lit("1.0")));
	assert.ok(compare(lit("1e5000"), "<", lit("1e5001")));
	assert.equal(toString(binaryOp(lit("2i"), "*", lit("2i"))), "(-4 + 0i)");
	assert.ok(compare(makeBool(true), "!=", makeBool(false)));
});
