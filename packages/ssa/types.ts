// Machine types of SSA values. Go's composite types never appear in SSA: the
// builder splits strings, slices, interfaces, complex numbers and small structs
// into scalars, and keeps everything else in memory (stack slots).

export const T = {
	/** No value (stores, void calls). */
	Void: 0,
	/** 0 or 1 in a byte. */
	Bool: 1,
	I8: 2,
	I16: 3,
	I32: 4,
	I64: 5,
	F32: 6,
	F64: 7,
	/** A pointer that the garbage collector must see (into the heap, a stack, static data, or nil). */
	Ptr: 8,
	/** An address or code pointer that the collector must not treat as a pointer; same width as I64. */
	Addr: 9,
	/** Result of a call with several results, taken apart by Result. */
	Tuple: 10,
	/** Processor flags; at most one live at a time, never spilled (after lowering only). */
	Flags: 11,
	/** 128-bit vector register content (block moves, after lowering only). */
	V128: 12,
} as const;
export type T = (typeof T)[keyof typeof T];

/** Size in bytes by T. */
export const sizeOfT: readonly number[] = [0, 1, 1, 2, 4, 8, 4, 8, 8, 8, 0, 0, 16];
export const nameOfT: readonly string[] = [
	"void",
	"bool",
	"i8",
	"i16",
	"i32",
	"i64",
	"f32",
	"f64",
	"ptr",
	"addr",
	"tuple",
	"flags",
	"v128",
];

export function isFloat(t: number): boolean {
	return t === T.F32 || t === T.F64;
}
