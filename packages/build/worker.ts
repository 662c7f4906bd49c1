// Entry of a compiler thread: turns the compile cache on before it loads the code.

import { enableCompileCache } from "node:module";

enableCompileCache();
await import("./backendworker.ts");
