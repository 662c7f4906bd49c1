// How values of a type are compared and hashed.

import { type Struct, type Type, TypeKind, BasicKind, typeOf, typeSetOf } from "#types";
import type { Layout } from "./layout.ts";
import { u } from "./subst.ts";

export const Alg = {
	/** Not comparable. */
	NoEq: 0,
	/** As plain memory. */
	Mem: 1,
	String: 2,
	/** Interface with methods. */
	Inter: 3,
	/** Empty interface. */
	NilInter: 4,
	Float32: 5,
	Float64: 6,
	Complex64: 7,
	Complex128: 8,
	/** By a function made for the type. */
	Special: 9,
} as const;
export type Alg = (typeof Alg)[keyof typeof Alg];

export class Algs {
	private readonly layout: Layout;
	private readonly cache: (Alg | undefined)[] = [];

	constructor(layout: Layout) {
		this.layout = layout;
	}

	of(t: Type): Alg {
		let a = this.cache[t.id];
		if (a === undefined) {
			a = this.compute(t);
			this.cache[t.id] = a;
		}
		return a;
	}

	isMemory(t: Type): boolean {
		return this.of(t) === Alg.Mem;
	}

	private compute(t: Type): Alg {
		const x = u(t);
		switch (x.kind) {
			case TypeKind.Basic:
				return basicAlg(x.basic);
			case TypeKind.Pointer:
			case TypeKind.Chan:
				return Alg.Mem;
			case TypeKind.Interface:
				return typeSetOf(x).methods.length === 0 ? Alg.NilInter : Alg.Inter;
			case TypeKind.Array: {
				const e = this.of(x.elem);
				if (e === Alg.NoEq) return Alg.NoEq;
				if (x.len === 0) return Alg.Mem;
				if (x.len === 1 || e === Alg.Mem) return e;
				return Alg.Special;
			}
			case TypeKind.Struct:
				return this.structAlg(x);
			default:
				return Alg.NoEq;
		}
	}

	private structAlg(x: Struct): Alg {
		const fields = x.fields;
		let alg: Alg = Alg.Mem;
		for (let i = 0; i < fields.length; i++) {
			const a = this.of(typeOf(fields[i]));
			if (a === Alg.NoEq) return Alg.NoEq;
			if (a !== Alg.Mem || fields[i].name === "_" || this.padded(x, i)) alg = Alg.Special;
		}
		if (fields.length === 1 && fields[0].name !== "_") return this.of(typeOf(fields[0]));
		return alg;
	}

	/** Padding follows field i. */
	padded(x: Struct, i: number): boolean {
		const end = i + 1 < x.fields.length ? this.layout.fieldOffset(x, i + 1) : this.layout.size(x);
		return this.layout.fieldOffset(x, i) + this.layout.size(typeOf(x.fields[i])) !== end;
	}

	/** Hashing a value may panic: an interface inside may hold something that is not hashable. */
	hashMightPanic(t: Type): boolean {
		const x = u(t);
		if (x.kind === TypeKind.Interface) return true;
		if (x.kind === TypeKind.Array) return this.hashMightPanic(x.elem);
		return x.kind === TypeKind.Struct && x.fields.some((f) => this.hashMightPanic(typeOf(f)));
	}

	/** Equal keys may differ in memory (0 and -0, strings at different addresses), so that maps store the new one on assignment. */
	needKeyUpdate(t: Type): boolean {
		const x = u(t);
		switch (x.kind) {
			case TypeKind.Basic:
				return x.basic >= BasicKind.Float32 && x.basic <= BasicKind.String;
			case TypeKind.Interface:
				return true;
			case TypeKind.Array:
				return this.needKeyUpdate(x.elem);
			case TypeKind.Struct:
				return x.fields.some((f) => this.needKeyUpdate(typeOf(f)));
			default:
				return false;
		}
	}
}

function basicAlg(b: BasicKind): Alg {
	switch (b) {
		case BasicKind.String:
			return Alg.String;
		case BasicKind.Float32:
			return Alg.Float32;
		case BasicKind.Float64:
			return Alg.Float64;
		case BasicKind.Complex64:
			return Alg.Complex64;
		case BasicKind.Complex128:
			return Alg.Complex128;
		default:
			return Alg.Mem;
	}
}
