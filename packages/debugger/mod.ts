export * from "./api.ts";
export { Engine, SessionError } from "./host.ts";
export type { SessionConfig } from "./session.ts";
export { endSession, type HeadlessOptions, serveHeadless } from "./server/headless.ts";
export { type ListenOptions, splitAddress } from "./server/listen.ts";
export { findProcess } from "./waitfor.ts";
export type { BuildForDebug } from "./dap/launch.ts";
