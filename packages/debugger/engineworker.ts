// Entry of the session's thread: turns the compile cache on before it loads the code.
import { enableCompileCache } from "node:module";

enableCompileCache();
await import("./engine.ts");
