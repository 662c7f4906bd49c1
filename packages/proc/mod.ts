export { type Memory, MemoryError, type ProcessView, type Registers, type ThreadView } from "./backend.ts";
export { CoreProcess, FileSource, type ByteSource, type CoreSegment, type MappedFile } from "./backend/core.ts";
export * from "./goroutines.ts";
export { type FieldAt, Layout, LayoutError } from "./layout.ts";
export { CachedMemory, OverlayMemory } from "./memory.ts";
export { Program } from "./program.ts";
export { type Frame, type FrameRegisters, type StackOptions, type StackOwner, stackFrames, StackWalker } from "./stack.ts";
