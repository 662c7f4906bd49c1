export { CodecVersion, decodeFragment, encodeFragment } from "./codec.ts";
export * from "./object.ts";
