// Entry of the session's thread: turns the compile cache on before it loads the code.
import { enableCompileCache } from "node:module";
import { workerData } from "node:worker_threads";

enableCompileCache((workerData as { cache: string | undefined }).cache);
await import("./engine.ts");
