// The disassembler, loaded when an instruction is first looked at: it takes 50 ms and 20 MB that many sessions never need.
import { createRequire } from "node:module";

const load = createRequire(import.meta.url);

/** The module iced-x86. */
export function x86(): typeof import("iced-x86") {
	return load("iced-x86") as typeof import("iced-x86");
}
