// Controlling processes: what a debugging session of a live program needs beyond reading it (mod.ts).
export { callsIn, visitInstructions } from "./calls.ts";
export type { Breaklet, Physical, Verdict } from "./breakpoints.ts";
export { FunctionNotFoundError, LineNotFoundError, type LineRow, Locator } from "./locate.ts";
export { type Stop, Group, type GroupHooks, Target, type ThreadStop } from "./target.ts";
export { currentG, type Returning, type StepContext, Stepper, type StepOrigin, word } from "./step.ts";
export { x86 } from "./x86.ts";
export { type Watch, WATCH_READ, WATCH_WRITE } from "./watch.ts";
export { loadLibc, type Libc } from "./backend/native/libc.ts";
export { CoreDump, type Dumpable } from "./backend/native/dump.ts";
export { type NativeProcess, type NativeThread, ThreadGoneError, Tracer } from "./backend/native/tracer.ts";
export type { LaunchOptions } from "./backend/native/launch.ts";
export {
	beginCall,
	CALL_STACK,
	type CallArguments,
	callStep,
	CallStep,
	endCall,
	enterFunction,
	inDebugCall,
	type Injection,
	keepResults,
} from "./inject.ts";
