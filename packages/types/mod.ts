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
export { checkBody, checkDeclarations, checkInit, checkPackage, newPackage, type PackageOptions } from "./check.ts";
export { objectString, qualifierOf, sprintf } from "./format.ts";
export { instance, instantiateSignatureType as instantiateSignature, implementsType } from "./instantiate.ts";
export { lookupFieldOrMethod, type LookupResult, missingMethod, assertableTo } from "./lookup.ts";
export { methodSet } from "./methodset.ts";
export { methodAt, methodIndex, numMethods, originOf, typeArgsOf, typeParamsOf } from "./named.ts";
export {
	asNamed,
	asTypeParam,
	comparable,
	defaultType,
	deref,
	hasNil,
	identical,
	identicalIgnoreTags,
	isBoolean,
	isComplex,
	isFloat,
	isGeneric,
	isInteger,
	isInterface,
	isNumeric,
	isString,
	isTypeParam,
	isUnsigned,
	isUntyped,
	isValid,
} from "./predicates.ts";
export { signatureOf, typeOf } from "./resolve.ts";
export { alignof, offsetof, offsetsof, sizeof } from "./sizes.ts";
export { makeSubstMap, subst, type SubstMap } from "./subst.ts";
export { typeSetOf } from "./typeset.ts";
export { type Qualifier, relativeTo, signatureString, typeHash, typeString } from "./typestring.ts";
export { commonUnder, constraintOf, coreType, unalias, under } from "./under.ts";
export { parseVersion, versionString } from "./version.ts";
