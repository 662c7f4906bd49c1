export { CallError, Template } from "./exec.ts";
export { formatValue, quote, sprintf } from "./format.ts";
export { TemplateError } from "./parse.ts";
export { type Func, Struct, type Value } from "./value.ts";
