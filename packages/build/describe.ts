export { packageDoc } from "./doc.ts";
export { defaultGodebug } from "./godebug.ts";
export { packageModule } from "./modinfo.ts";
