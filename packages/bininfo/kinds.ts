// Kinds of Go types and their names.

/** Kinds as reflect numbers them. */
export const Kind = {
	Invalid: 0,
	Bool: 1,
	Int: 2,
	Int8: 3,
	Int16: 4,
	Int32: 5,
	Int64: 6,
	Uint: 7,
	Uint8: 8,
	Uint16: 9,
	Uint32: 10,
	Uint64: 11,
	Uintptr: 12,
	Float32: 13,
	Float64: 14,
	Complex64: 15,
	Complex128: 16,
	Array: 17,
	Chan: 18,
	Func: 19,
	Interface: 20,
	Map: 21,
	Pointer: 22,
	Slice: 23,
	String: 24,
	Struct: 25,
	UnsafePointer: 26,
} as const;

const KIND_NAMES = [
	"invalid",
	"bool",
	"int",
	"int8",
	"int16",
	"int32",
	"int64",
	"uint",
	"uint8",
	"uint16",
	"uint32",
	"uint64",
	"uintptr",
	"float32",
	"float64",
	"complex64",
	"complex128",
	"array",
	"chan",
	"func",
	"interface",
	"map",
	"ptr",
	"slice",
	"string",
	"struct",
	"unsafe.Pointer",
];

/** reflect's name of a kind. */
export function kindName(kind: number): string {
	return KIND_NAMES[kind] ?? `kind${kind}`;
}
