export { BitSet } from "./bitset.ts";
export { type ByteSource, MemorySource } from "./bytesource.ts";
export { ByteReader, ByteWriter, FormatError } from "./bytes.ts";
export { assert, type Diagnostic, formatDiagnostics, formatPosition, InternalError, type Report, unreachable } from "./diag.ts";
export { Interner } from "./intern.ts";
export { type LineDirective, NoPos, type Pos, type Position, SourceFile, SourceSet } from "./source.ts";
