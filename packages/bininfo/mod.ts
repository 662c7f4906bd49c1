export { Binary, type BinaryOptions, type InlineSite, type PackageVariable } from "./binary.ts";
export { type CodeFrame, Func, FuncTable } from "./funcs.ts";
export { DebugIndex, UnitIndex } from "./index.ts";
export { Lines } from "./lines.ts";
export type { ModuleData } from "./moduledata.ts";
export { type FuncName, packageOf, parseFuncName, withoutTypeArgs } from "./names.ts";
export { covers, inlinedAt, type InlinedCall, type Scope, type ScopeVariable, variablesAt } from "./scope.ts";
export { ElfDwarfSections, type Inflate } from "./sections.ts";
export { type Field, Kind, kindName, pointerTo, Type, TypeTable } from "./types.ts";
