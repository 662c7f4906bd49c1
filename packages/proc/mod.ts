export { type Memory, MemoryError, type ProcessView, type Registers, type ThreadView } from "./backend.ts";
