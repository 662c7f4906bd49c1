// The types of generated programs, and a source of random numbers that a seed determines.

export type Kind =
	| "bool"
	| "int"
	| "uint"
	| "float"
	| "complex"
	| "string"
	| "struct"
	| "array"
	| "slice"
	| "map"
	| "pointer"
	| "any"
	| "shape"
	| "func"
	| "chan";

/** A Go type: `name` is how the program spells it. */
export interface Type {
	kind: Kind;
	name: string;
	/** Bits of integers and floats. */
	bits: number;
	elem: Type | null;
	key: Type | null;
	/** Length of arrays. */
	length: number;
	fields: readonly Field[];
	/** Parameters and results of functions. */
	params: readonly Type[];
	results: readonly Type[];
	comparable: boolean;
}

export interface Field {
	name: string;
	type: Type;
}

export function makeType(kind: Kind, name: string, more: Partial<Type> = {}): Type {
	return {
		kind,
		name,
		bits: 0,
		elem: null,
		key: null,
		length: 0,
		fields: [],
		params: [],
		results: [],
		comparable: true,
		...more,
	};
}

/** Random numbers: xorshift over 32 bits. */
export class Random {
	private state: number;

	constructor(seed: number) {
		this.state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) | 1;
		for (let i = 0; i < 8; i++) this.next();
	}

	next(): number {
		let x = this.state;
		x ^= x << 13;
		x ^= x >>> 17;
		x ^= x << 5;
		this.state = x;
		return x >>> 0;
	}

	/** An integer of [0, n). */
	int(n: number): number {
		return this.next() % n;
	}

	chance(percent: number): boolean {
		return this.int(100) < percent;
	}

	pick<T>(list: readonly T[]): T {
		return list[this.int(list.length)];
	}
}

export const boolType: Type = makeType("bool", "bool");
export const intType: Type = makeType("int", "int", { bits: 64 });
export const stringType: Type = makeType("string", "string");
export const anyType: Type = makeType("any", "any");
/** The interface that every generated struct implements. */
export const shapeType: Type = makeType("shape", "Shape");
export const uint64Type: Type = makeType("uint", "uint64", { bits: 64 });
const byteType = makeType("uint", "uint8", { bits: 8 });

export const integers: readonly Type[] = [
	intType,
	makeType("int", "int8", { bits: 8 }),
	makeType("int", "int16", { bits: 16 }),
	makeType("int", "int32", { bits: 32 }),
	makeType("int", "int64", { bits: 64 }),
	makeType("uint", "uint", { bits: 64 }),
	byteType,
	makeType("uint", "uint16", { bits: 16 }),
	makeType("uint", "uint32", { bits: 32 }),
	uint64Type,
];

export const basics: readonly Type[] = [
	...integers,
	boolType,
	makeType("float", "float64", { bits: 64 }),
	makeType("float", "float32", { bits: 32 }),
	makeType("complex", "complex128", { bits: 64 }),
	stringType,
	stringType,
];

export function sliceOf(elem: Type): Type {
	return makeType("slice", `[]${elem.name}`, { elem, comparable: false });
}

export function pointerTo(elem: Type): Type {
	return makeType("pointer", `*${elem.name}`, { elem });
}

export function arrayOf(elem: Type, length: number): Type {
	return makeType("array", `[${length}]${elem.name}`, { elem, length, comparable: elem.comparable });
}

export function mapOf(key: Type, elem: Type): Type {
	return makeType("map", `map[${key.name}]${elem.name}`, { key, elem, comparable: false });
}

export function funcOf(params: readonly Type[], results: readonly Type[]): Type {
	const list = (l: readonly Type[]): string => `(${l.map((t) => t.name).join(", ")})`;
	return makeType("func", `func${list(params)} ${list(results)}`, { params, results, comparable: false });
}

export const byteSlice: Type = sliceOf(byteType);
