// The type checker. See README.md.

export { type BuildOptions, Build, Checker, type ImportPackage } from "./checker.ts";
export { Context } from "./context.ts";
export {
	Info,
	type Initializer,
	type InstanceInfo,
	NodeTable,
	type Selection,
	SelectionKind,
	TypeAndValue,
} from "./info.ts";
export { Mode } from "./mode.ts";
export {
	Builtin,
	BuiltinId,
	Const,
	DeclInfo,
	Func,
	isExported,
	Label,
	Nil,
	type Obj,
	ObjKind,
	objId,
	PkgName,
	TypeName,
	Var,
	VarKind,
} from "./objects.ts";
export { Package } from "./package.ts";
export { Scope } from "./scope.ts";
export {
	Alias,
	ArrayT,
	Basic,
	BasicKind,
	Chan,
	ChanDir,
	FirstTypeId,
	type Instance,
	Interface,
	MapT,
	Named,
	Pointer,
	Signature,
	Slice,
	Struct,
	Tuple,
	type Type,
	TypeIds,
	TypeKind,
	TypeParam,
	Union,
	type UnionTerm,
} from "./types.ts";
export type { TypeSet } from "./typeset.ts";
export {
	emptyInterface,
	emptyTuple,
	Invalid,
	Typ,
	Universe,
	universeAny,
	universeByte,
	universeComparable,
	universeError,
	universeNil,
	universeRune,
	unsafePackage,
} from "./universe.ts";
