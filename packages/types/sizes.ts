// Sizes and alignments of types, as gc lays them out on 64-bit machines.

import type { Var } from "./objects.ts";
import { asNamed, isComplex } from "./predicates.ts";
import { BasicKind, IsString, type Struct, type Type, TypeKind } from "./types.ts";
import { under } from "./under.ts";

const wordSize = 8;
const maxAlign = 8;
const maxSize = 2 ** 63;

const basicSizes: Readonly<Record<number, number>> = {
	[BasicKind.Bool]: 1,
	[BasicKind.Int8]: 1,
	[BasicKind.Int16]: 2,
	[BasicKind.Int32]: 4,
	[BasicKind.Int64]: 8,
	[BasicKind.Uint8]: 1,
	[BasicKind.Uint16]: 2,
	[BasicKind.Uint32]: 4,
	[BasicKind.Uint64]: 8,
	[BasicKind.Float32]: 4,
	[BasicKind.Float64]: 8,
	[BasicKind.Complex64]: 8,
	[BasicKind.Complex128]: 16,
	[BasicKind.String]: 16,
};

function align(x: number, a: number): number {
	return Math.ceil(x / a) * a;
}

export function alignof(t: Type): number {
	const u = under(t);
	switch (u.kind) {
		case TypeKind.Array:
			return alignof(u.elem);
		case TypeKind.Struct: {
			if (u.fields.length === 0 && isAlign64(t)) return 8;
			let max = 1;
			for (const f of u.fields) max = Math.max(max, alignof(f.type as Type));
			return max;
		}
		case TypeKind.Slice:
		case TypeKind.Interface:
			return wordSize;
		case TypeKind.Basic:
			if ((u.info & IsString) !== 0) return wordSize;
			break;
		default:
			break;
	}
	const size = sizeof(t);
	if (size < 1) return 1;
	return Math.min(isComplex(t) ? size / 2 : size, maxAlign);
}

/** sync/atomic's align64 marker type. */
function isAlign64(t: Type): boolean {
	const n = asNamed(t);
	if (n === null || n.obj.name !== "align64" || n.obj.pkg === null) return false;
	return n.obj.pkg.path === "sync/atomic" || n.obj.pkg.path === "internal/runtime/atomic";
}

/** Offsets of the fields; -1 from where the struct is too large. */
export function offsetsof(fields: readonly Var[]): number[] {
	const offsets: number[] = [];
	let offs = 0;
	for (const f of fields) {
		if (offs >= 0) offs = align(offs, alignof(f.type as Type));
		offsets.push(offs < maxSize ? offs : -1);
		const d = sizeof(f.type as Type);
		offs = offs < 0 || d < 0 || offs + d >= maxSize ? -1 : offs + d;
	}
	return offsets;
}

/** Size in bytes, or -1 if the type is too large. */
export function sizeof(t: Type): number {
	const u = under(t);
	switch (u.kind) {
		case TypeKind.Basic:
			return basicSizes[u.basic] ?? wordSize;
		case TypeKind.Array: {
			if (u.len <= 0) return 0;
			const e = sizeof(u.elem);
			if (e < 0) return -1;
			return e * u.len < maxSize ? e * u.len : -1;
		}
		case TypeKind.Slice:
			return 3 * wordSize;
		case TypeKind.Struct:
			return structSize(u, t);
		case TypeKind.Interface:
			return 2 * wordSize;
		default:
			return wordSize;
	}
}

/** A struct that ends in a field of size zero has a byte of padding, so that the field's address is inside. */
function structSize(u: Struct, t: Type): number {
	const n = u.fields.length;
	if (n === 0) return 0;
	const offs = offsetsof(u.fields)[n - 1] as number;
	let size = sizeof((u.fields[n - 1] as Var).type as Type);
	if (offs < 0 || size < 0) return -1;
	if (offs > 0 && size === 0) size = 1;
	const total = align(offs + size, alignof(t));
	return total < maxSize ? total : -1;
}

/** Offset of the field that index (a path through embedded structs) selects; -1 if too large. */
export function offsetof(t: Type, index: readonly number[]): number {
	let offs = 0;
	let at = t;
	for (const i of index) {
		const s = under(at) as Struct;
		const d = offsetsof(s.fields)[i] as number;
		if (d < 0 || offs + d >= maxSize) return -1;
		offs += d;
		at = (s.fields[i] as Var).type as Type;
	}
	return offs;
}
