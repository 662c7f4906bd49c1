// Constants: values of the checker as SSA constants and static data.

import {
	float32Bits,
	float64Bits,
	imag,
	int64Val,
	Kind as CKind,
	kindOf,
	boolVal,
	real,
	smallInt,
	stringVal,
	toFloat,
	toInt,
	type Value,
} from "#constant";
import { SymFlag, SymKind } from "#object";
import { sizeOfT, type SymRef, T } from "#ssa";
import { type Type, TypeKind } from "#types";
import { Product, type Program } from "../program.ts";
import { writeInt } from "../reflectdata/record.ts";
import { isInterface, isUntyped, u } from "../subst.ts";
import { type Builder, Val } from "./builder.ts";

/** Bits of a numeric constant converted to scalar type t, sign-extended. */
export function constBits(t: T, v: Value): bigint {
	if (t === T.F64) return float64Bits(toFloat(v));
	if (t === T.F32) return BigInt.asUintN(32, BigInt(float32Bits(toFloat(v))));
	return int64Val(toInt(v));
}

/** The constant v as a value of type t. */
export function constVal(b: Builder, v: Value, t: Type): Val {
	const x = u(t);
	if (x.kind !== TypeKind.Basic) {
		if (isInterface(t)) return b.fail("constant of interface type");
		const leaves = b.layout.parts(t);
		return Val.of(b.int(leaves[0].t, int64Val(toInt(v))));
	}
	switch (kindOf(v)) {
		case CKind.Bool:
			return Val.of(b.bool(boolVal(v)));
		case CKind.String:
			return stringConst(b, stringVal(v));
		default:
			break;
	}
	const leaves = b.layout.parts(t);
	if (leaves.length === 2) return Val.of(scalarConst(b, leaves[0].t, real(v)), scalarConst(b, leaves[0].t, imag(v)));
	return Val.of(scalarConst(b, leaves[0].t, v));
}

function scalarConst(b: Builder, t: T, v: Value): number {
	if (t === T.F32 || t === T.F64) return b.floatBits(t, constBits(t, v));
	return b.int(t, constBits(t, v));
}

/** A string constant; each UTF-16 unit of bytes is one byte. */
export function stringConst(b: Builder, bytes: string): Val {
	if (bytes === "") return Val.of(b.nil(), b.i64(0));
	return Val.of(b.sym(stringSym(b.p, bytes)), b.i64(bytes.length));
}

/** The symbol that holds the bytes of a string constant. */
export function stringSym(p: Program, bytes: string): SymRef {
	const name = stringName(bytes);
	return p.need(name, 0, () => {
		const out = new Product("");
		const data = new Uint8Array(bytes.length);
		for (let i = 0; i < bytes.length; i++) data[i] = bytes.charCodeAt(i);
		out.frag.data(name, SymKind.String, data, { flags: SymFlag.Dupok | SymFlag.ContentAddressable });
		return out;
	});
}

function stringName(bytes: string): string {
	if (bytes.length <= 40) return `go:string.${JSON.stringify(bytes)}`;
	let a = 0x9e3779b9;
	let c = 0x85ebca6b;
	let d = 0xc2b2ae35;
	let e = 0x27d4eb2f;
	for (let i = 0; i < bytes.length; i++) {
		const x = bytes.charCodeAt(i);
		a = Math.imul(a ^ x, 0x01000193);
		c = Math.imul(c + x + (a >>> 13), 0x2c1b3c6d);
		d = Math.imul(d ^ (c + x), 0x297a2d39) ^ (d >>> 11);
		e = (Math.imul(e, 31) + (x ^ d)) | 0;
	}
	const hex = (n: number): string => (n >>> 0).toString(16).padStart(8, "0");
	return `go:string.${bytes.length}.${hex(a)}${hex(c)}${hex(d)}${hex(e)}`;
}

/** Writes a constant of type t (no strings) into bytes at offset at: little-endian in memory layout. */
export function constData(p: Program, v: Value, t: Type, bytes: Uint8Array, at: number): void {
	const leaves = p.layout.of(t).leaves ?? [];
	for (let i = 0; i < leaves.length; i++) {
		const leaf = leaves[i];
		const size = sizeOfT[leaf.t];
		const float = leaf.t === T.F32 || leaf.t === T.F64;
		const small = float ? Number.NaN : kindOf(v) === CKind.Bool ? Number(boolVal(v)) : smallInt(v);
		if (!Number.isNaN(small)) {
			writeInt(bytes, at + leaf.off, size, small);
			continue;
		}
		const part = leaves.length === 2 ? (i === 0 ? real(v) : imag(v)) : v;
		const bits = BigInt.asUintN(64, constBits(leaf.t, part));
		for (let k = 0; k < size; k++) bytes[at + leaf.off + k] = Number((bits >> BigInt(8 * k)) & 0xffn);
	}
}

/** The type that an untyped constant or comparison gets where nothing else decides. */
export function defaultType(b: Builder, t: Type): Type {
	if (!isUntyped(t) || t.kind !== TypeKind.Basic) return t;
	const byKind: Record<number, number> = { 19: 1, 20: 2, 21: 5, 22: 14, 23: 16, 24: 17 };
	const to = byKind[t.basic];
	return to === undefined ? t : b.p.types.basic(to);
}
