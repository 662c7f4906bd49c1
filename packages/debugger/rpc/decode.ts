// Decoding requests as Go's encoding/json does: keys match without regard to case, unknown keys are ignored, what is
// missing is zero, and a value of the wrong kind is an error in Go's words.

export type Shape =
	| "int"
	| "uint64"
	| "string"
	| "bool"
	| "any"
	| { struct: string; fields: Readonly<Record<string, Shape>> }
	| { pointer: Shape }
	| { list: Shape; length?: number }
	| { map: Shape };

export class DecodeError extends Error {}

/** The zero value of a shape. */
export function zero(shape: Shape): unknown {
	if (shape === "int" || shape === "uint64") return 0;
	if (shape === "string") return "";
	if (shape === "bool") return false;
	if (shape === "any") return null;
	if ("pointer" in shape || "map" in shape) return null;
	if ("list" in shape) return shape.length === undefined ? null : Array.from({ length: shape.length }, () => zero(shape.list));
	const out: Record<string, unknown> = {};
	for (const [k, s] of Object.entries(shape.fields)) out[k] = zero(s);
	return out;
}

/** A value of the shape; `where` names it in errors. Throws DecodeError. */
export function decode(shape: Shape, value: unknown, where: string): unknown {
	if (value === null || value === undefined) return zero(shape);
	if (typeof shape === "string") return scalar(shape, value, where);
	if ("pointer" in shape) return decode(shape.pointer, value, where);
	if ("list" in shape) return decodeList(shape, value, where);
	if (typeof value !== "object" || Array.isArray(value)) throw mismatch(value, where, "struct" in shape ? shape.struct : "map");
	if ("map" in shape) {
		const out: Record<string, unknown> = {};
		for (const [k, v] of Object.entries(value)) out[k] = decode(shape.map, v, where);
		return out;
	}
	const given = new Map<string, unknown>();
	for (const [k, v] of Object.entries(value)) {
		const exact = k in shape.fields;
		if (exact) given.set(k.toLowerCase(), v);
		else if (!given.has(k.toLowerCase())) given.set(k.toLowerCase(), v);
	}
	const out: Record<string, unknown> = {};
	for (const [k, s] of Object.entries(shape.fields)) out[k] = decode(s, given.get(k.toLowerCase()), `${shape.struct}.${k}`);
	return out;
}

function decodeList(shape: { list: Shape; length?: number }, value: unknown, where: string): unknown {
	if (!Array.isArray(value)) throw mismatch(value, where, "[]");
	const out = value.map((v) => decode(shape.list, v, where));
	if (shape.length === undefined) return out;
	while (out.length < shape.length) out.push(zero(shape.list));
	return out.slice(0, shape.length);
}

function scalar(shape: "int" | "uint64" | "string" | "bool" | "any", value: unknown, where: string): unknown {
	switch (shape) {
		case "any":
			return value;
		case "string":
			if (typeof value === "string") return value;
			break;
		case "bool":
			if (typeof value === "boolean") return value;
			break;
		default:
			if (typeof value !== "number") break;
			if (!Number.isInteger(value))
				throw new DecodeError(`json: cannot unmarshal number ${value} into Go struct field ${where} of type ${shape}`);
			return value;
	}
	throw mismatch(value, where, shape);
}

function mismatch(value: unknown, where: string, type: string): DecodeError {
	const kind = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
	return new DecodeError(`json: cannot unmarshal ${kind} into Go struct field ${where} of type ${type}`);
}
