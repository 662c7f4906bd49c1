export * from "./api.ts";
export { Engine, SessionError } from "./host.ts";
export { RpcServer, type ServeOptions } from "./rpc/server.ts";
export type { SessionConfig } from "./session.ts";
export { endSession, type HeadlessOptions, type ListenOptions, serveHeadless, splitAddress } from "./serve.ts";
export { findProcess } from "./waitfor.ts";
export { type DapOptions, serveDap } from "./dap/serve.ts";
export type { BuildForDebug } from "./dap/launch.ts";
export { connectTerminal, type ConnectOptions, runTerminal, type TraceOptions, traceProgram } from "./terminal/start.ts";
