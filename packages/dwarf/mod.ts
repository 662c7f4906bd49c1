export * from "./constants.ts";
export { Abbrev, abbrevSection, type ShapeName } from "./abbrev.ts";
export { FrameWriter } from "./frame.ts";
export { type LineRow, LineWriter, readLines } from "./line.ts";
