// Printing values as package fmt does.

import { isInt, isMap, isSlice, sortedKeys, type Struct, typeName, type Value } from "./value.ts";

/** A Go string literal with double quotes, as strconv.Quote gives it. */
export function quote(s: string): string {
	let out = '"';
	for (const c of s) {
		const code = c.codePointAt(0) as number;
		const short: string | undefined = {
			'"': '\\"',
			"\\": "\\\\",
			"\u0007": "\\a",
			"\b": "\\b",
			"\f": "\\f",
			"\n": "\\n",
			"\r": "\\r",
			"\t": "\\t",
			"\v": "\\v",
		}[c];
		if (short !== undefined) out += short;
		else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, "0")}`;
		else if (code >= 0x7f && !/^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(c))
			out += code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
		else out += c;
	}
	return `${out}"`;
}

/** A float64 as %v prints it: %g with the shortest digits, exponents from 21 on. */
function formatFloat(x: number): string {
	if (Number.isNaN(x)) return "NaN";
	if (!Number.isFinite(x)) return x > 0 ? "+Inf" : "-Inf";
	const [digits, exp] = x.toExponential().split("e");
	const e = Number(exp);
	if (e < -4 || e >= 21) return `${digits}e${e < 0 ? "-" : "+"}${String(Math.abs(e)).padStart(2, "0")}`;
	return x.toString().includes("e") ? x.toFixed(Math.max(0, digits.replace(/[-.]/g, "").length - 1 - e)) : x.toString();
}

/** %v; plus names struct fields (%+v); nested values are not inside of an interface. */
export function formatValue(v: Value, plus = false, depth = 0): string {
	if (v === null || v === undefined) return "<nil>";
	if (typeof v === "string") return v;
	if (typeof v === "boolean" || isInt(v)) return String(v);
	if (typeof v === "number") return formatFloat(v);
	if (isSlice(v)) return `[${v.map((x) => formatValue(x, plus, depth + 1)).join(" ")}]`;
	if (isMap(v))
		return `map[${sortedKeys(v)
			.map((k) => `${k}:${formatValue(v.get(k), plus, depth + 1)}`)
			.join(" ")}]`;
	if (typeof v === "function") return "0x0";
	const s = v as Struct;
	if (Object.hasOwn(s.methods, "String")) return formatValue(s.methods.String());
	if (Object.hasOwn(s.methods, "Error")) return formatValue(s.methods.Error());
	if (s.pointer && depth > 0) return "0xc000000000";
	const fields = [...s.fields].map(([name, x]) => (plus ? `${name}:` : "") + formatValue(x, plus, depth + 1));
	return `${s.pointer ? "&" : ""}{${fields.join(" ")}}`;
}

function pad(text: string, width: number, flags: string): string {
	const missing = width - [...text].length;
	if (missing <= 0) return text;
	if (flags.includes("-")) return text + " ".repeat(missing);
	if (flags.includes("0") && /^[-+]?[\d.]/.test(text)) return text.replace(/^[-+]?/, (sign) => sign + "0".repeat(missing));
	return " ".repeat(missing) + text;
}

function bad(verb: string, v: Value): string {
	if (v === null || v === undefined) return `%!${verb}(<nil>)`;
	return `%!${verb}(${typeName(v)}=${formatValue(v)})`;
}

function formatInt(verb: string, v: number | bigint, flags: string): string | null {
	const n = BigInt(v);
	const base: number | undefined = { d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 }[verb];
	if (verb === "c") return String.fromCodePoint(Number(n));
	if (verb === "q")
		return `'${quote(String.fromCodePoint(Number(n)))
			.slice(1, -1)
			.replace('\\"', '"')
			.replace("'", "\\'")}'`;
	if (verb === "U") return `U+${n.toString(16).toUpperCase().padStart(4, "0")}`;
	if (base === undefined) return null;
	let digits = (n < 0n ? -n : n).toString(base);
	if (verb === "X") digits = digits.toUpperCase();
	if (flags.includes("#")) digits = { x: "0x", X: "0X", o: "0", b: "0b" }[verb] + digits;
	if (verb === "O") digits = `0o${digits}`;
	return (n < 0n ? "-" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "") + digits;
}

function formatVerb(verb: string, v: Value, flags: string, precision: number | null): string {
	if (verb === "v") return flags.includes("#") && typeof v === "string" ? quote(v) : formatValue(v, flags.includes("+"));
	if (verb === "T") return v === null || v === undefined ? "<nil>" : typeName(v);
	if (isSlice(v)) return `[${v.map((x) => formatVerb(verb, x, flags, precision)).join(" ")}]`;
	if (isMap(v)) {
		return `map[${sortedKeys(v)
			.map((k) => `${formatVerb(verb, k, flags, precision)}:${formatVerb(verb, v.get(k), flags, precision)}`)
			.join(" ")}]`;
	}
	if (typeof v === "object" && v !== null) {
		const s = v as Struct;
		const text = Object.hasOwn(s.methods, "String")
			? s.methods.String()
			: Object.hasOwn(s.methods, "Error")
				? s.methods.Error()
				: undefined;
		if (text !== undefined && "sqxX".includes(verb)) return formatVerb(verb, text, flags, precision);
		return `${s.pointer ? "&" : ""}{${[...s.fields.values()].map((x) => formatVerb(verb, x, flags, precision)).join(" ")}}`;
	}
	if (typeof v === "string") {
		const cut = precision === null ? v : [...v].slice(0, precision).join("");
		if (verb === "s") return cut;
		if (verb === "q") return flags.includes("#") && !cut.includes("`") ? `\`${cut}\`` : quote(cut);
		if (verb === "x" || verb === "X") {
			const hex = [...new TextEncoder().encode(cut)].map((b) => b.toString(16).padStart(2, "0")).join(flags.includes(" ") ? " " : "");
			return verb === "X" ? hex.toUpperCase() : hex;
		}
	} else if (typeof v === "boolean") {
		if (verb === "t") return String(v);
	} else if (isInt(v)) {
		const text = formatInt(verb, v as number | bigint, flags);
		if (text !== null) return text;
		if ("eEfFgG".includes(verb)) return bad(verb, v);
	} else if (typeof v === "number") {
		if (verb === "f" || verb === "F") return v.toFixed(precision ?? 6);
		if (verb === "e" || verb === "E") return v.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, "e$10$2");
		if (verb === "g" || verb === "G") return precision === null ? formatFloat(v) : String(Number(v.toPrecision(precision || 1)));
	}
	return bad(verb, v);
}

/** fmt.Sprintf. */
export function sprintf(format: string, args: readonly Value[]): string {
	let next = 0;
	let reordered = false;
	const out = format.replace(
		/%([-+# 0]*)(\[\d+\])?(\*|\d+)?(?:\.(\[\d+\])?(\*|\d*))?(\[\d+\])?([^]|$)/gu,
		(
			_,
			flags: string,
			i1: string | undefined,
			width: string | undefined,
			i2: string | undefined,
			prec: string | undefined,
			i3: string | undefined,
			verb: string,
		) => {
			if (verb === "%") return "%";
			if (verb === "") return "%!(NOVERB)";
			const index = (text: string | undefined): void => {
				if (text === undefined) return;
				next = Number(text.slice(1, -1)) - 1;
				reordered = true;
			};
			index(i1);
			const w = width === "*" ? Number(args[next++]) : width === undefined ? 0 : Number(width);
			index(i2);
			const p = prec === "*" ? Number(args[next++]) : prec === undefined ? null : Number(prec);
			index(i3);
			if (next >= args.length) return `%!${verb}(MISSING)`;
			return pad(formatVerb(verb, args[next++], flags, p), w, flags);
		},
	);
	if (reordered || next >= args.length) return out;
	const extra = args.slice(next).map((v) => (v === null || v === undefined ? "<nil>" : `${typeName(v)}=${formatValue(v)}`));
	return `${out}%!(EXTRA ${extra.join(", ")})`;
}

/** fmt.Sprint: a space between operands when neither is a string. */
export function sprint(args: readonly Value[]): string {
	let out = "";
	args.forEach((v, i) => {
		if (i > 0 && typeof v !== "string" && typeof args[i - 1] !== "string") out += " ";
		out += formatValue(v);
	});
	return out;
}
