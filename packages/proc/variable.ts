// A variable: a typed place in the program, and, once loaded, its value and those of its parts.

import { Kind, type Type } from "#bininfo";
import type { Memory } from "./backend.ts";

/** How much of a value to read. */
export interface LoadConfig {
	followPointers: boolean;
	/** Levels of structures, arrays, maps and interfaces below the first. */
	maxVariableRecurse: number;
	maxStringLen: number;
	maxArrayValues: number;
	/** -1 = all. */
	maxStructFields: number;
}

/** What the terminal of Delve uses when nothing is configured. */
export const defaultLoad: LoadConfig = {
	followPointers: true,
	maxVariableRecurse: 1,
	maxStringLen: 64,
	maxArrayValues: 64,
	maxStructFields: -1,
};

/** Only the thing itself. */
export const shallowLoad: LoadConfig = {
	followPointers: false,
	maxVariableRecurse: 0,
	maxStringLen: 64,
	maxArrayValues: 0,
	maxStructFields: 3,
};

/** Enough for comparisons and arithmetic. */
export const fullLoad: LoadConfig = {
	followPointers: true,
	maxVariableRecurse: 1,
	maxStringLen: 64,
	maxArrayValues: 64,
	maxStructFields: -1,
};

/** Flags as Delve's API numbers them. */
export const Flag = {
	/** On the heap though declared as a local. */
	Escaped: 1,
	/** Another variable of the same name hides it. */
	Shadowed: 2,
	Constant: 4,
	Argument: 8,
	ReturnArgument: 16,
	/** Not in memory, or not all of it: the address means nothing. */
	FakeAddress: 32,
	CPointer: 64,
	Register: 128,
} as const;

/** Where values that are in registers seem to be: above user space and below 2^53. */
export const FAKE_BASE = 0x8_0000_0000_0000;

/** Integers are bigint, floats number; structures have text when there is a shorter way to say them (time.Time); complex numbers are a pair. */
export type VarValue = bigint | number | boolean | string | readonly [number, number] | null;

export class Variable {
	name: string;
	address: number;
	/** null for untyped constants and nil. */
	type: Type | null;
	real: Type | null;
	/** As Delve's API has them: all signed integers are Int, unsigned ones Uint. */
	kind: number;
	flags = 0;
	value: VarValue = null;
	/** The bytes of a string, as far as they were read. */
	bytes: Uint8Array | null = null;
	len = 0;
	cap = 0;
	/** Where elements, characters, a map's or channel's structure, or a function's code begin. */
	base = 0;
	stride = 0;
	/** Type of the elements of arrays, slices and strings. */
	elem: Type | null = null;
	children: Variable[] = [];
	/** Why it could not be read; "" = it could, or was not tried. */
	unreadable = "";
	loaded = false;
	/** Only the address is known, on purpose. */
	onlyAddr = false;
	memory: Memory;
	/** How the debugging information says where it is. */
	locationExpr = "";
	declLine = 0;
	/** Entries of a map to leave out: m[skip:]. */
	mapSkip = 0;
	/** Read all elements whatever the configuration says: the length was given in the expression. */
	trustLength = false;
	/** Address of the closure of a function value. */
	closure = 0;

	constructor(name: string, address: number, type: Type | null, memory: Memory) {
		this.name = name;
		this.address = address;
		this.type = type;
		this.real = type === null ? null : type.real;
		this.kind = this.real === null ? Kind.Invalid : apiKind(this.real.kind);
		this.memory = memory;
	}

	get fake(): boolean {
		return (this.flags & Flag.FakeAddress) !== 0;
	}
}

/** Kinds of variables: sizes of integers do not count. */
export function apiKind(kind: number): number {
	if (kind >= Kind.Int && kind <= Kind.Int64) return Kind.Int;
	if (kind >= Kind.Uint && kind <= Kind.Uintptr) return Kind.Uint;
	return kind;
}

/** A value without a place, made by an expression. */
export function constantVariable(value: VarValue, kind: number, type: Type | null, memory: Memory): Variable {
	const v = new Variable("", 0, type, memory);
	v.kind = kind;
	v.value = value;
	v.loaded = true;
	v.flags |= Flag.Constant;
	if (typeof value === "string") setText(v, value);
	return v;
}

const encoder = new TextEncoder();

/** Gives a variable the value of a string. */
export function setText(v: Variable, text: string): void {
	v.value = text;
	v.bytes = encoder.encode(text);
	v.len = v.bytes.length;
}
