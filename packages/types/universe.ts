// The universe scope: predeclared types, constants, nil and functions; and
// package unsafe. All of it is immutable after loading this module.

import { makeBool, makeInt } from "#constant";
import { Builtin, BuiltinId, Const, Func, Nil, type Obj, TypeName, Var, VarKind } from "./objects.ts";
import { Package } from "./package.ts";
import { Scope } from "./scope.ts";
import {
	Alias,
	Basic,
	BasicKind,
	Interface,
	IsBoolean,
	IsComplex,
	IsFloat,
	IsInteger,
	IsString,
	IsUnsigned,
	IsUntyped,
	Named,
	Signature,
	Tuple,
	type Type,
	TypeIds,
} from "./types.ts";

const basics: readonly [BasicKind, number, string][] = [
	[BasicKind.Invalid, 0, "invalid type"],
	[BasicKind.Bool, IsBoolean, "bool"],
	[BasicKind.Int, IsInteger, "int"],
	[BasicKind.Int8, IsInteger, "int8"],
	[BasicKind.Int16, IsInteger, "int16"],
	[BasicKind.Int32, IsInteger, "int32"],
	[BasicKind.Int64, IsInteger, "int64"],
	[BasicKind.Uint, IsInteger | IsUnsigned, "uint"],
	[BasicKind.Uint8, IsInteger | IsUnsigned, "uint8"],
	[BasicKind.Uint16, IsInteger | IsUnsigned, "uint16"],
	[BasicKind.Uint32, IsInteger | IsUnsigned, "uint32"],
	[BasicKind.Uint64, IsInteger | IsUnsigned, "uint64"],
	[BasicKind.Uintptr, IsInteger | IsUnsigned, "uintptr"],
	[BasicKind.Float32, IsFloat, "float32"],
	[BasicKind.Float64, IsFloat, "float64"],
	[BasicKind.Complex64, IsComplex, "complex64"],
	[BasicKind.Complex128, IsComplex, "complex128"],
	[BasicKind.String, IsString, "string"],
	[BasicKind.UnsafePointer, 0, "Pointer"],
	[BasicKind.UntypedBool, IsBoolean | IsUntyped, "untyped bool"],
	[BasicKind.UntypedInt, IsInteger | IsUntyped, "untyped int"],
	[BasicKind.UntypedRune, IsInteger | IsUntyped, "untyped rune"],
	[BasicKind.UntypedFloat, IsFloat | IsUntyped, "untyped float"],
	[BasicKind.UntypedComplex, IsComplex | IsUntyped, "untyped complex"],
	[BasicKind.UntypedString, IsString | IsUntyped, "untyped string"],
	[BasicKind.UntypedNil, IsUntyped, "untyped nil"],
];

/** The basic types, by BasicKind. */
export const Typ: readonly Basic[] = basics.map(([kind, info, name]) => new Basic(kind, kind, info, name));
export const Invalid: Basic = Typ[BasicKind.Invalid] as Basic;

const ids = new TypeIds();
ids.next = 32;

/** `byte` and `rune`: identical to uint8 and int32, but print under their own names. */
export const universeByte: Basic = new Basic(26, BasicKind.Uint8, IsInteger | IsUnsigned, "byte");
export const universeRune: Basic = new Basic(27, BasicKind.Int32, IsInteger, "rune");

export const Universe: Scope = new Scope(null, "universe");
export const unsafePackage: Package = new Package("unsafe", "unsafe", Universe);

function define(obj: Obj): void {
	(obj.pkg === unsafePackage ? unsafePackage.scope : Universe).insert(obj);
}

/** No variables: the parameters or results of a function that has none. */
export const emptyTuple: Tuple = new Tuple(ids, []);
/** interface{} */
export const emptyInterface: Interface = new Interface(ids, [], []);
emptyInterface.complete = true;

for (const t of Typ) {
	if (t.basic === BasicKind.Invalid || (t.info & IsUntyped) !== 0) continue;
	define(new TypeName(0, t.basic === BasicKind.UnsafePointer ? unsafePackage : null, t.name, t));
}
define(new TypeName(0, null, "byte", universeByte));
define(new TypeName(0, null, "rune", universeRune));

const anyName = new TypeName(0, null, "any", null);
/** The predeclared alias any. */
export const universeAny: Alias = new Alias(ids, anyName, null);
/** What any denotes: prints as "any", unlike other empty interfaces. */
export const anyInterface: Interface = new Interface(ids, [], []);
anyInterface.complete = true;
universeAny.fromRHS = anyInterface;
universeAny.actual = anyInterface;
anyName.type = universeAny;
define(anyName);

function defineInterface(name: string, make: (t: Named) => Interface): Named {
	const obj = new TypeName(0, null, name, null);
	const t = new Named(ids, null, obj, null);
	obj.type = t;
	t.underlying = make(t);
	t.fromRHS = t.underlying;
	define(obj);
	return t;
}

/** The predeclared type error. */
export const universeError: Named = defineInterface("error", (t) => {
	const result = new Tuple(ids, [new Var(VarKind.Result, 0, null, "", Typ[BasicKind.String] as Type)]);
	const sig = new Signature(ids, new Var(VarKind.Recv, 0, null, "", t), emptyTuple, result, false);
	const iface = new Interface(ids, [new Func(0, null, "Error", sig)], []);
	iface.complete = true;
	return iface;
});

/** The predeclared constraint comparable; its type set says so (typeset.ts). */
export const universeComparable: Named = defineInterface("comparable", () => {
	const iface = new Interface(ids, [], []);
	iface.complete = true;
	iface.tset = { methods: [], terms: null, comparable: true };
	return iface;
});

define(new Const(0, null, "true", Typ[BasicKind.UntypedBool] as Type, makeBool(true)));
define(new Const(0, null, "false", Typ[BasicKind.UntypedBool] as Type, makeBool(false)));
export const universeIota: Const = new Const(0, null, "iota", Typ[BasicKind.UntypedInt] as Type, makeInt(0));
define(universeIota);
export const universeNil: Nil = new Nil(0, null, "nil", Typ[BasicKind.UntypedNil] as Type);
define(universeNil);

interface BuiltinInfo {
	readonly name: string;
	readonly nargs: number;
	readonly variadic: boolean;
	/** How a call of it may be used: as a statement, as an expression only, or as a conversion-like expression. */
	readonly kind: "statement" | "expression";
}

const B = BuiltinId;
function b(name: string, nargs: number, variadic: boolean, kind: BuiltinInfo["kind"]): BuiltinInfo {
	return { name, nargs, variadic, kind };
}

/** Predeclared functions by BuiltinId. */
export const predeclaredFuncs: readonly BuiltinInfo[] = [
	b("append", 1, true, "expression"),
	b("cap", 1, false, "expression"),
	b("clear", 1, false, "statement"),
	b("close", 1, false, "statement"),
	b("complex", 2, false, "expression"),
	b("copy", 2, false, "statement"),
	b("delete", 2, false, "statement"),
	b("imag", 1, false, "expression"),
	b("len", 1, false, "expression"),
	b("make", 1, true, "expression"),
	b("max", 1, true, "expression"),
	b("min", 1, true, "expression"),
	b("new", 1, false, "expression"),
	b("panic", 1, false, "statement"),
	b("print", 0, true, "statement"),
	b("println", 0, true, "statement"),
	b("real", 1, false, "expression"),
	b("recover", 0, false, "statement"),
	b("Add", 2, false, "expression"),
	b("Alignof", 1, false, "expression"),
	b("Offsetof", 1, false, "expression"),
	b("Sizeof", 1, false, "expression"),
	b("Slice", 2, false, "expression"),
	b("SliceData", 1, false, "expression"),
	b("String", 2, false, "expression"),
	b("StringData", 1, false, "expression"),
	b("assert", 1, false, "statement"),
	b("trace", 0, true, "expression"),
];

for (let id: number = B.Append; id <= B.StringData; id++) {
	const info = predeclaredFuncs[id] as BuiltinInfo;
	const obj = new Builtin(id >= B.Add ? unsafePackage : null, info.name, id as BuiltinId);
	obj.type = Invalid;
	define(obj);
}

/** A universe for the checker's own tests, with assert(bool const) and trace(...). */
export function testUniverse(): Scope {
	const s = new Scope(Universe, "test universe");
	for (const id of [B.Assert, B.Trace]) {
		const obj = new Builtin(null, (predeclaredFuncs[id] as BuiltinInfo).name, id);
		obj.type = Invalid;
		s.insert(obj);
	}
	return s;
}
