// Operators on loaded variables.

import { Kind, kindName, type Type } from "#bininfo";
import { Op, opText } from "#syntax";
import type { Loader } from "./load.ts";
import { EvalError } from "./parse.ts";
import { apiKind, constantVariable, fullLoad, type LoadConfig, type VarValue, Variable } from "./variable.ts";

/** For comparing and joining strings. */
export const longStrings: LoadConfig = { ...fullLoad, maxStringLen: 100 * 1024 };
const NOT_FINITE = "operations on non-finite floats not implemented";
const NILABLE: ReadonlySet<number> = new Set([
	Kind.Pointer,
	Kind.UnsafePointer,
	Kind.Chan,
	Kind.Map,
	Kind.Interface,
	Kind.Slice,
	Kind.Func,
]);

/** The predeclared nil. */
export class NilVariable extends Variable {}

export function isNilConstant(v: Variable): boolean {
	return v instanceof NilVariable;
}

/** A number cut to an integer type's size. */
export function wrapInt(v: bigint, kind: number, size: number): bigint {
	const bits = (size <= 0 ? 8 : size) * 8;
	return kind === Kind.Uint ? BigInt.asUintN(bits, v) : BigInt.asIntN(bits, v);
}

/** A constant without a type. */
export function untyped(loader: Loader, value: VarValue): Variable {
	const kind =
		typeof value === "bigint"
			? Kind.Int
			: typeof value === "boolean"
				? Kind.Bool
				: typeof value === "string"
					? Kind.String
					: typeof value === "number"
						? Kind.Float64
						: Kind.Complex128;
	return constantVariable(value, kind, null, loader.program.memory);
}

function typed(loader: Loader, type: Type, value: VarValue): Variable {
	const v = loader.variable("", 0, type);
	v.value = value;
	v.loaded = true;
	return v;
}

function special(v: Variable): boolean {
	return typeof v.value === "number" && !Number.isFinite(v.value);
}

function fail(v: Variable): void {
	if (v.unreadable !== "") throw new EvalError(v.unreadable);
}

/** -x, +x, !x, ^x. */
export function unaryOp(loader: Loader, op: Op, x: Variable, text: string): Variable {
	loader.load(x, fullLoad);
	fail(x);
	if (special(x)) throw new EvalError(NOT_FINITE);
	const bad = (): EvalError => new EvalError(`operator ${opText[op]} can not be applied to "${text}"`);
	const v = x.value;
	let out: VarValue;
	if (typeof v === "bigint") {
		if (op === Op.Sub) out = -v;
		else if (op === Op.Xor) out = ~v;
		else if (op === Op.Add) out = v;
		else throw bad();
	} else if (typeof v === "number") {
		if (op === Op.Sub) out = -v;
		else if (op === Op.Add) out = v;
		else throw bad();
	} else if (typeof v === "boolean" && op === Op.Not) out = !v;
	else if (Array.isArray(v) && (op === Op.Sub || op === Op.Add)) {
		const [re, im] = v as [number, number];
		out = op === Op.Sub ? [-re, -im] : [re, im];
	} else throw bad();
	return x.type === null ? untyped(loader, out) : typed(loader, x.type, out);
}

/** The operands' common type, null for untyped constants. */
function negotiate(op: Op, x: Variable, y: Variable): Type | null {
	for (const [nil, other] of [
		[x, y],
		[y, x],
	]) {
		if (!isNilConstant(nil)) continue;
		if (op !== Op.Eql && op !== Op.Neq) throw new EvalError(`operator ${opText[op]} can not be applied to "nil"`);
		if (!NILABLE.has(other.kind)) throw new EvalError(`can not compare ${kindName(other.kind)} to nil`);
		return null;
	}
	if (op === Op.Shl || op === Op.Shr) {
		if (typeof x.value !== "bigint") throw new EvalError(`shift of type ${kindName(x.kind)}`);
		if (y.kind === Kind.Int) {
			if (typeof y.value === "bigint" && y.value < 0n) throw new EvalError("shift count must not be negative");
		} else if (y.kind !== Kind.Uint) throw new EvalError(`shift count type ${kindName(y.kind)}, must be unsigned integer`);
		return x.type;
	}
	if (x.type !== null && y.type !== null) {
		if (x.type.name !== y.type.name) throw new EvalError(`mismatched types "${x.type.name}" and "${y.type.name}"`);
		return x.type;
	}
	if (x.type !== null) convertConstant(y, x.type);
	else if (y.type !== null) convertConstant(x, y.type);
	return x.type ?? y.type;
}

/** Whether an untyped constant has a value of a type; gives it that kind of value. Throws when it has not. */
export function convertConstant(v: Variable, type: Type): void {
	if (v.type !== null) {
		if (v.type.name !== type.name && v.type.real.name !== type.real.name) {
			throw new EvalError(`can not convert value of type ${v.type.name} to ${type.name}`);
		}
		return;
	}
	const kind = apiKind(type.real.kind);
	const named = type.real.kind === Kind.Struct && !type.name.startsWith("struct ") ? `struct ${type.name}` : type.name;
	const bad = (): EvalError => new EvalError(`can not convert ${constantText(v)} constant to ${named}`);
	if (isNilConstant(v)) {
		if (!NILABLE.has(kind)) throw new EvalError(`mismatched types nil and ${type.name}`);
		return;
	}
	const x = v.value;
	switch (kind) {
		case Kind.Int:
		case Kind.Uint: {
			const n = typeof x === "bigint" ? x : typeof x === "number" && Number.isInteger(x) ? BigInt(x) : null;
			// Out of range is not an error: results are cut to size.
			if (n === null) throw bad();
			v.value = n;
			return;
		}
		case Kind.Float32:
		case Kind.Float64:
			if (typeof x === "bigint") v.value = Number(x);
			else if (typeof x !== "number") throw bad();
			return;
		case Kind.Complex64:
		case Kind.Complex128:
			if (typeof x === "bigint" || typeof x === "number") v.value = [Number(x), 0];
			else if (!Array.isArray(x)) throw bad();
			return;
		case Kind.Bool:
			if (typeof x !== "boolean") throw bad();
			return;
		case Kind.String:
			if (typeof x !== "string") throw bad();
			return;
		default:
			throw bad();
	}
}

/** A constant as messages show it. */
export function constantText(v: Variable): string {
	if (isNilConstant(v)) return "nil";
	if (typeof v.value === "string") return JSON.stringify(v.value);
	if (Array.isArray(v.value)) return `(${v.value[0]} + ${v.value[1]}i)`;
	return String(v.value);
}

/** x op y for all operators but && and ||. */
export function binaryOp(loader: Loader, op: Op, x: Variable, y: Variable, xText: string, yText: string): Variable {
	for (const v of [x, y]) {
		if (v.kind !== Kind.String) loader.load(v, fullLoad);
		fail(v);
	}
	if (special(x) || special(y)) throw new EvalError(NOT_FINITE);
	const type = negotiate(op, x, y);
	if (op >= Op.Eql && op <= Op.Geq) return untyped(loader, compare(loader, op, x, y));
	for (const [v, text] of [
		[x, xText],
		[y, yText],
	] as [Variable, string][]) {
		if (v.kind === Kind.String && !v.loaded) loader.load(v, longStrings);
		fail(v);
		if (v.value === null || v.kind === Kind.Func || v.kind === Kind.Pointer) {
			throw new EvalError(`operator ${opText[op]} can not be applied to "${text}"`);
		}
	}
	const out = arithmetic(op, x, y);
	if (type === null) return untyped(loader, out);
	const r = typed(loader, type, typeof out === "bigint" ? wrapInt(out, apiKind(type.real.kind), type.size) : out);
	if (r.kind === Kind.Float32 && typeof out === "number") r.value = Math.fround(out);
	if (typeof out === "string") {
		r.bytes = new TextEncoder().encode(out);
		r.len = x.len + y.len;
	}
	return r;
}

function arithmetic(op: Op, x: Variable, y: Variable): VarValue {
	const a = x.value;
	const b = y.value;
	const bad = (): EvalError => new EvalError(`invalid operation: ${constantText(x)} ${opText[op]} ${constantText(y)}`);
	if (typeof a === "bigint" && typeof b === "bigint") return integers(op, a, b, bad);
	if (typeof a === "string" && typeof b === "string" && op === Op.Add) return a + b;
	if ((typeof a === "number" || typeof a === "bigint") && (typeof b === "number" || typeof b === "bigint")) {
		const p = Number(a);
		const q = Number(b);
		switch (op) {
			case Op.Add:
				return p + q;
			case Op.Sub:
				return p - q;
			case Op.Mul:
				return p * q;
			case Op.Div:
				if (q === 0) throw new EvalError("division by zero");
				return p / q;
			default:
				throw bad();
		}
	}
	if (Array.isArray(a) || Array.isArray(b)) return complexes(op, pair(a), pair(b), bad);
	throw bad();
}

function pair(v: VarValue): readonly [number, number] {
	return Array.isArray(v) ? (v as unknown as readonly [number, number]) : [Number(v), 0];
}

function complexes(op: Op, [a, b]: readonly [number, number], [c, d]: readonly [number, number], bad: () => EvalError): VarValue {
	switch (op) {
		case Op.Add:
			return [a + c, b + d];
		case Op.Sub:
			return [a - c, b - d];
		case Op.Mul:
			return [a * c - b * d, a * d + b * c];
		case Op.Div: {
			const n = c * c + d * d;
			if (n === 0) throw new EvalError("division by zero");
			return [(a * c + b * d) / n, (b * c - a * d) / n];
		}
		default:
			throw bad();
	}
}

function integers(op: Op, a: bigint, b: bigint, bad: () => EvalError): bigint {
	switch (op) {
		case Op.Add:
			return a + b;
		case Op.Sub:
			return a - b;
		case Op.Mul:
			return a * b;
		case Op.Div:
		case Op.Rem:
			if (b === 0n) throw new EvalError("runtime error: integer divide by zero");
			return op === Op.Div ? a / b : a % b;
		case Op.And:
			return a & b;
		case Op.Or:
			return a | b;
		case Op.Xor:
			return a ^ b;
		case Op.AndNot:
			return a & ~b;
		case Op.Shl:
			return b > 1024n ? 0n : a << b;
		case Op.Shr:
			return b > 1024n ? (a < 0n ? -1n : 0n) : a >> b;
		default:
			throw bad();
	}
}

function order(op: Op, c: number): boolean {
	switch (op) {
		case Op.Eql:
			return c === 0;
		case Op.Neq:
			return c !== 0;
		case Op.Lss:
			return c < 0;
		case Op.Leq:
			return c <= 0;
		case Op.Gtr:
			return c > 0;
		default:
			return c >= 0;
	}
}

/** Comparison of values of one type. */
export function compare(loader: Loader, op: Op, x: Variable, y: Variable): boolean {
	if (isNilConstant(x) || isNilConstant(y)) return isNil(isNilConstant(x) ? y : x) === (op === Op.Eql);
	const a = x.value;
	const b = y.value;
	switch (x.kind) {
		case Kind.Bool:
			if (op !== Op.Eql && op !== Op.Neq) throw new EvalError(`invalid comparison ${String(a)} ${opText[op]} ${String(b)}`);
			return (a === b) === (op === Op.Eql);
		case Kind.Int:
		case Kind.Uint:
		case Kind.Float32:
		case Kind.Float64: {
			const p = a as bigint | number;
			const q = b as bigint | number;
			return order(op, p < q ? -1 : p > q ? 1 : 0);
		}
		case Kind.Complex64:
		case Kind.Complex128: {
			if (op !== Op.Eql && op !== Op.Neq) throw new EvalError(`operator ${opText[op]} not defined on ${kindName(x.kind)}`);
			const [p, q] = [pair(a), pair(b)];
			return (p[0] === q[0] && p[1] === q[1]) === (op === Op.Eql);
		}
		case Kind.String:
			return compareStrings(loader, op, x, y);
	}
	if (op !== Op.Eql && op !== Op.Neq) throw new EvalError(`operator ${opText[op]} not defined on ${kindName(x.kind)}`);
	return equal(loader, x, y) === (op === Op.Eql);
}

function compareStrings(loader: Loader, op: Op, x: Variable, y: Variable): boolean {
	if (x.len !== y.len) {
		if (op === Op.Eql) return false;
		if (op === Op.Neq) return true;
	}
	for (const v of [x, y]) {
		loader.load(v, longStrings);
		fail(v);
	}
	const a = x.bytes ?? new Uint8Array(0);
	const b = y.bytes ?? new Uint8Array(0);
	if (a.length !== x.len || b.length !== y.len) throw new EvalError("string too long for comparison");
	let c = 0;
	for (let i = 0; i < a.length && i < b.length && c === 0; i++) c = a[i] - b[i];
	return order(op, c === 0 ? a.length - b.length : c);
}

function equal(loader: Loader, x: Variable, y: Variable): boolean {
	switch (x.kind) {
		case Kind.Pointer:
			return (x.children[0]?.address ?? 0) === (y.children[0]?.address ?? 0);
		case Kind.Array:
			if (x.children.length !== x.len || y.children.length !== y.len) throw new EvalError("array too long for comparison");
			return x.children.every((c, i) => compare(loader, Op.Eql, c, y.children[i]));
		case Kind.Struct:
			if (x.children.length !== y.children.length) return false;
			if (x.children.length !== x.len || y.children.length !== y.len) throw new EvalError("structure too deep for comparison");
			return x.children.every((c, i) => compare(loader, Op.Eql, c, y.children[i]));
		case Kind.Slice:
		case Kind.Map:
		case Kind.Func:
		case Kind.Chan:
			throw new EvalError(`can not compare ${kindName(x.kind)} variables`);
		case Kind.Interface: {
			const [p] = x.children;
			const [q] = y.children;
			return p?.real?.name === q?.real?.name && compare(loader, Op.Eql, p, q);
		}
		default:
			throw new EvalError(`unimplemented comparison of ${kindName(x.kind)} variables`);
	}
}

function isNil(v: Variable): boolean {
	switch (v.kind) {
		case Kind.Pointer:
		case Kind.UnsafePointer:
			return (v.children[0]?.address ?? 0) === 0;
		case Kind.Interface:
			return v.children[0]?.address === 0 && v.children[0].kind === Kind.Invalid;
		case Kind.Func:
			return v.base === 0 && v.closure === 0;
		default:
			return v.base === 0;
	}
}
