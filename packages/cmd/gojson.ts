// JSON as encoding/json writes it: fields in order, HTML characters escaped, empty fields left out.

import { Struct, type Value } from "#template";
import { timeType } from "./timevalue.ts";

/** A string literal with encoding/json's escapes. */
export function jsonString(s: string): string {
	return JSON.stringify(s)
		.replace(/[<>&\u2028\u2029\u007f]/g, (c) => (c === "\u007f" ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`))
		.replaceAll("\\b", "\\b");
}

function empty(v: Value): boolean {
	if (v === null || v === undefined || v === "" || v === false || v === 0) return true;
	return Array.isArray(v) ? v.length === 0 : v instanceof Map && v.size === 0;
}

/** Indented with tabs; fields of structs whose value is empty are left out unless the type says otherwise. */
export function toJson(v: Value, indent = ""): string {
	if (v === null || v === undefined) return "null";
	if (typeof v === "string") return jsonString(v);
	if (typeof v === "boolean" || typeof v === "number" || typeof v === "bigint") return String(v);
	const inner = `${indent}\t`;
	const block = (open: string, rows: readonly string[], close: string): string =>
		rows.length === 0 ? open + close : `${open}\n${inner}${rows.join(`,\n${inner}`)}\n${indent}${close}`;
	if (Array.isArray(v))
		return block(
			"[",
			v.map((x: Value) => toJson(x, inner)),
			"]",
		);
	if (v instanceof Map) {
		const keys = ([...v.keys()] as string[]).sort((a, b) => (a < b ? -1 : 1));
		return block(
			"{",
			keys.map((k) => `${jsonString(k)}: ${toJson(v.get(k) as Value, inner)}`),
			"}",
		);
	}
	if (v instanceof Struct && v.type === timeType) return jsonString(v.methods.MarshalText() as string);
	if (!(v instanceof Struct)) throw new Error("value without a JSON form");
	const rows: string[] = [];
	for (const [name, x] of v.fields) if (keepsEmpty.has(v.type) || !empty(x)) rows.push(`${jsonString(name)}: ${toJson(x, inner)}`);
	return block("{", rows, "}");
}

/** Types whose fields have no omitempty. */
const keepsEmpty: ReadonlySet<string> = new Set(["load.PackageError", "modinfo.ModuleError"]);
