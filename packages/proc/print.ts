// Values as text, in exactly Delve's words, on one line or several.

import { Kind, kindName } from "#bininfo/kinds";
import { formatVerb } from "./verbs.ts";
import { quoteBytes } from "./quote.ts";
import { stringBytes, type VariableView } from "./view.ts";

export interface PrintOptions {
	/** Structures and the like over several lines. */
	newlines?: boolean;
	/** import/path.Type as path.Type. */
	shortenTypes?: boolean;
	/** Strings as they are, without quotes. */
	rawStrings?: boolean;
	/** What each line but the first begins with. */
	indent?: string;
	/** A fmt verb for numbers and strings, e.g. "%x". */
	format?: string;
}

interface Style {
	top: boolean;
	types: boolean;
	newlines: boolean;
	shorten: boolean;
	raw: boolean;
}

/** Strings longer than this put what holds them on several lines. */
const SHORT_STRING = 7;
const INDENT = "\t";

/** A value on one line, or as options say. */
export function printValue(v: VariableView, options: PrintOptions = {}): string {
	const style: Style = {
		top: true,
		types: true,
		newlines: options.newlines ?? false,
		shorten: options.shortenTypes ?? false,
		raw: options.rawStrings ?? false,
	};
	return new Printer(options.format ?? "").value(v, style, options.indent ?? "");
}

class Printer {
	private readonly format: string;

	constructor(format: string) {
		this.format = format;
	}

	value(v: VariableView, s: Style, indent: string): string {
		if (v.unreadable !== "") return `(unreadable ${v.unreadable})`;
		if (!s.top && v.addr === 0 && v.value === "") {
			return s.types && v.type !== "void" ? `${typeName(v, s)} nil` : "nil";
		}
		switch (v.kind) {
			case Kind.Slice:
				return this.slice(v, s, indent);
			case Kind.Array:
				return (s.types ? `${typeName(v, s)} ` : "") + this.elements(v, s, indent);
			case Kind.Pointer:
				return this.pointer(v, s, indent);
			case Kind.UnsafePointer:
				return v.children.length === 0 ? "unsafe.Pointer(nil)" : `unsafe.Pointer(${goHex(v.children[0].addr)})`;
			case Kind.Chan:
				if (s.newlines) return this.struct(v, s, indent);
				if (v.children.length === 0) return `${typeName(v, s)} nil`;
				return `${typeName(v, s)} ${v.children[0].value}/${v.children[1].value}`;
			case Kind.Struct:
				if (v.value === "") return this.struct(v, s, indent);
				return `${typeName(v, s)}(${v.value})${this.struct(v, { ...s, types: false }, indent)}`;
			case Kind.Interface:
				return this.iface(v, s, indent);
			case Kind.Map:
				return this.map(v, s, indent);
			case Kind.Func:
				return this.func(v, s, indent);
			default:
				return this.basic(v, s);
		}
	}

	private pointer(v: VariableView, s: Style, indent: string): string {
		const to = v.children[0];
		if (v.type === "" || to === undefined) return "nil";
		if (to.onlyAddr && to.addr !== 0) return pointerText(v, s);
		const head = s.top && s.newlines && to.addr !== 0 ? `${pointerText(v, s)}\n` : "";
		return `${head}*${this.value(to, { ...s, top: false }, indent)}`;
	}

	private iface(v: VariableView, s: Style, indent: string): string {
		const data = v.children[0];
		if (v.addr === 0 || data === undefined) return "nil";
		let head = "";
		if (s.types) {
			if (data.kind === Kind.Invalid) {
				head = `${typeName(v, s)} `;
				if (data.addr === 0) return `${head}nil`;
			} else head = `${typeName(v, s)}(${typeName(data, s)}) `;
		}
		const inner = (): string => head + this.value(data, { ...s, top: false, types: !s.types }, indent);
		if (data.kind === Kind.Pointer) {
			const to = data.children[0];
			if (to === undefined) return `${head}...`;
			if (to.addr === 0) return `${head}nil`;
			return to.onlyAddr ? `${head}0x${data.addr.toString(16)}` : inner();
		}
		if (!data.onlyAddr) return inner();
		return `${head}*(*${quoted(v, s)})(${goHex(v.addr)})`;
	}

	private slice(v: VariableView, s: Style, indent: string): string {
		const head = s.types ? `${typeName(v, s)} len: ${v.len}, cap: ${v.cap}, ` : "";
		return v.base === 0 && v.children.length === 0 ? `${head}nil` : head + this.elements(v, s, indent);
	}

	private elements(v: VariableView, s: Style, indent: string): string {
		const nl = s.newlines && breaksArray(v);
		const inner: Style = { top: false, types: false, newlines: nl, shorten: s.shorten, raw: false };
		const start = nl ? `\n${indent}${INDENT}` : "";
		let out = "[";
		v.children.forEach((c, i) => {
			out += start + this.value(c, inner, indent + INDENT);
			if (i !== v.children.length - 1 || nl) out += ",";
		});
		if (v.children.length !== v.len) {
			out += v.children.length === 0 ? "..." : `${nl ? start : ","}...+${v.len - v.children.length} more`;
		}
		return `${out}${nl ? `\n${indent}` : ""}]`;
	}

	private struct(v: VariableView, s: Style, indent: string): string {
		if (v.len !== v.children.length && v.children.length === 0) return `(*${quoted(v, s)})(${goHex(v.addr)})`;
		const nl = s.newlines && breaksStruct(v);
		const inner: Style = { top: false, types: true, newlines: nl, shorten: s.shorten, raw: false };
		const start = nl ? `\n${indent}${INDENT}` : "";
		let out = `${s.types ? `${typeName(v, s)} ` : ""}{`;
		v.children.forEach((c, i) => {
			out += `${start}${c.name}: ${this.value(c, inner, indent + INDENT)}`;
			if (i !== v.children.length - 1 || nl) out += nl ? "," : ", ";
		});
		if (v.children.length !== v.len) out += `${nl ? start : ","}...+${v.len - v.children.length} more`;
		return `${out}}`;
	}

	private map(v: VariableView, s: Style, indent: string): string {
		let out = s.types ? `${typeName(v, s)} ` : "";
		if (v.base === 0 && v.children.length === 0) return `${out}nil`;
		const nl = s.newlines && v.children.length > 0;
		const start = nl ? `\n${indent}${INDENT}` : "";
		const key: Style = { top: false, types: false, newlines: false, shorten: false, raw: false };
		const value: Style = { ...key, newlines: nl, shorten: s.shorten };
		out += "[";
		for (let i = 0; i + 1 < v.children.length; i += 2) {
			out += `${start}${this.value(v.children[i], key, indent + INDENT)}: ${this.value(v.children[i + 1], value, indent + INDENT)}, `;
		}
		const shown = v.children.length / 2;
		if (shown !== v.len) {
			if (shown === 0) out += "...";
			else out += `${nl ? start : ","}...+${v.len - shown} more`;
		}
		return `${out}${nl ? `\n${indent}` : ""}]`;
	}

	private func(v: VariableView, s: Style, indent: string): string {
		if (v.value === "") return "nil";
		if (!s.newlines || v.children.length === 0) return v.value;
		let out = `${v.value} {\n`;
		for (const c of v.children) {
			out += `${indent}${INDENT}${c.name} ${typeName(c, s)} = ${this.value(c, { ...s, top: false, types: false }, indent + INDENT)}\n`;
		}
		return `${out}${indent}}`;
	}

	private basic(v: VariableView, s: Style): string {
		if (v.value === "" && v.kind !== Kind.String) {
			if (v.kind !== Kind.Complex64 && v.kind !== Kind.Complex128) return `(unknown ${kindName(v.kind)})`;
		}
		const format = this.format;
		switch (v.kind) {
			case Kind.Complex64:
			case Kind.Complex128: {
				const [re, im] = v.children.map((c) => c.value);
				if (format === "") return `(${re} + ${im}i)`;
				return formatVerb(format, { kind: "complex", re: Number(re), im: Number(im) });
			}
			case Kind.String: {
				if (format !== "") return formatVerb(format, { kind: "string", bytes: stringBytes(v) });
				const bytes = stringBytes(v);
				const more = bytes.length === v.len ? "" : `...+${v.len - bytes.length} more`;
				if (s.raw) return v.value + more;
				return quoteBytes(more === "" ? bytes : new Uint8Array([...bytes, ...new TextEncoder().encode(more)]));
			}
			case Kind.Bool:
				return format === "" ? v.value : formatVerb(format, { kind: "bool", value: v.value === "true" });
			case Kind.Int:
			case Kind.Uint:
				return format === "" ? v.value : formatVerb(format, { kind: "int", value: BigInt(integerOf(v.value)) });
			case Kind.Float32:
			case Kind.Float64:
				return format === "" ? v.value : formatVerb(format, { kind: "float", value: Number(v.value.replace("Inf", "Infinity")) });
			default:
				return kindKnown(v.kind) ? v.value : "";
		}
	}
}

function kindKnown(kind: number): boolean {
	return kind !== Kind.Invalid;
}

/** The number in "Name (5)". */
export function integerOf(s: string): string {
	const m = /\((-?\d+)\)$/.exec(s);
	return m === null ? s : m[1];
}

function goHex(n: number): string {
	return `0x${n.toString(16)}`;
}

function typeName(v: VariableView, s: Style): string {
	return s.shorten ? shortenType(v.type) : v.type;
}

/** A type's name as it can be read back: paths are quoted. */
function quoted(v: VariableView, s: Style): string {
	const name = typeName(v, s);
	return v.type.includes("/") ? JSON.stringify(name) : name;
}

function pointerText(v: VariableView, s: Style): string {
	return `(${quoted(v, s)})(${goHex(v.children[0].addr)})`;
}

/** What a chain of pointers ends at. */
function behindPointers(v: VariableView): { kind: number; pointer: boolean; view: VariableView } {
	let at = v;
	let pointer = false;
	while (at.kind === Kind.Pointer) {
		pointer = true;
		if (at.children.length === 0) break;
		at = at.children[0];
	}
	return { kind: at.kind, pointer, view: at };
}

const NESTED: ReadonlySet<number> = new Set([Kind.Slice, Kind.Array, Kind.Struct, Kind.Map, Kind.Interface]);

function breaksArray(v: VariableView): boolean {
	if (v.children.length === 0) return false;
	const { kind, pointer } = behindPointers(v.children[0]);
	if (NESTED.has(kind)) return true;
	return kind === Kind.String && (pointer || v.children.some((c) => c.value.length > SHORT_STRING));
}

function breaksStruct(v: VariableView): boolean {
	return v.children.some((c) => {
		const { kind, pointer } = behindPointers(c);
		return NESTED.has(kind) || (kind === Kind.String && (pointer || c.value.length > SHORT_STRING));
	});
}

/** A type's name with import paths cut to their last element; the name itself when it is too involved. */
export function shortenType(name: string): string {
	return shorten(name) ?? name;
}

function shorten(name: string): string | null {
	if (name.startsWith("[")) {
		const close = name.indexOf("]");
		const rest = close < 0 ? null : shorten(name.slice(close + 1));
		return rest === null ? null : name.slice(0, close + 1) + rest;
	}
	if (name.startsWith("*")) {
		const rest = shorten(name.slice(1));
		return rest === null ? null : `*${rest}`;
	}
	if (name.startsWith("map[")) {
		let depth = 1;
		for (let i = 4; i < name.length; i++) {
			if (name[i] === "[") depth++;
			else if (name[i] === "]" && --depth === 0) {
				const key = shorten(name.slice(4, i));
				const value = shorten(name.slice(i + 1));
				return key === null || value === null ? null : `map[${key}]${value}`;
			}
		}
		return null;
	}
	if (/^(interface|struct) ?\{\}$/.test(name)) return name;
	if (/(interface ?\{|struct ?\{|func ?\()[^})]/.test(name)) return null;
	const bracket = name.indexOf("[");
	if (bracket >= 0) {
		const head = shorten(name.slice(0, bracket));
		const args = name
			.slice(bracket + 1, -1)
			.split(",")
			.map((a) => shorten(a.trim()));
		if (!name.endsWith("]") || head === null || args.includes(null)) return null;
		return `${head}[${args.join(", ")}]`;
	}
	if (!/^[\p{L}\p{Nd}_./@%-]*$/u.test(name)) return null;
	const slashes = name.split("/").length - 1;
	return slashes <= 1 ? name : name.slice(name.lastIndexOf("/") + 1);
}
