// The fmt verbs that `print %x expr` understands.

import { floatText } from "./view.ts";
import { decodeRune, quoteBytes } from "./quote.ts";

/** What a verb is applied to. */
export type Operand =
	| { kind: "bool"; value: boolean }
	| { kind: "int"; value: bigint }
	| { kind: "float"; value: number }
	| { kind: "complex"; re: number; im: number }
	| { kind: "string"; bytes: Uint8Array };

const TYPE_NAMES: Record<Operand["kind"], string> = {
	bool: "bool",
	int: "int64",
	float: "float64",
	complex: "complex128",
	string: "string",
};
const decoder = new TextDecoder();

interface Directive {
	flags: string;
	width: number;
	precision: number;
	verb: string;
}

/** A format with one directive applied to a value, as fmt.Sprintf does it. */
export function formatVerb(format: string, x: Operand): string {
	let used = false;
	const out = format.replace(
		/%([-+# 0]*)(\d*)(?:\.(\d*))?(.)/gsu,
		(_, flags: string, width: string, precision: string | undefined, verb: string) => {
			if (verb === "%") return "%";
			const d: Directive = { flags, width: Number(width), precision: precision === undefined ? -1 : Number(precision), verb };
			if (used) return `%!${verb}(MISSING)`;
			used = true;
			return pad(apply(d, x), d);
		},
	);
	return used ? out : `${out}%!(EXTRA ${TYPE_NAMES[x.kind]}=${plain(x)})`;
}

function pad(s: string, d: Directive): string {
	const length = [...s].length;
	if (length >= d.width) return s;
	if (d.flags.includes("-")) return s + " ".repeat(d.width - length);
	if (!d.flags.includes("0")) return " ".repeat(d.width - length) + s;
	const sign = /^[+-]?(0[xXbo])?/.exec(s)?.[0] ?? "";
	return sign + "0".repeat(d.width - length) + s.slice(sign.length);
}

function plain(x: Operand): string {
	switch (x.kind) {
		case "bool":
		case "int":
			return String(x.value);
		case "float":
			return general(x.value, -1, "g");
		case "complex":
			return `(${general(x.re, -1, "g")}${x.im < 0 ? "" : "+"}${general(x.im, -1, "g")}i)`;
		case "string":
			return decoder.decode(x.bytes);
	}
}

function bad(d: Directive, x: Operand): string {
	return `%!${d.verb}(${TYPE_NAMES[x.kind]}=${plain(x)})`;
}

function apply(d: Directive, x: Operand): string {
	if (d.verb === "v") return plain(x);
	if (d.verb === "T") return TYPE_NAMES[x.kind];
	switch (x.kind) {
		case "bool":
			return d.verb === "t" ? String(x.value) : bad(d, x);
		case "int":
			return integer(d, x.value) ?? bad(d, x);
		case "float":
			return float(d, x.value) ?? bad(d, x);
		case "complex": {
			const re = float(d, x.re);
			const im = float({ ...d, flags: `${d.flags}+` }, x.im);
			return re === null || im === null ? bad(d, x) : `(${re}${im}i)`;
		}
		case "string":
			return text(d, x.bytes) ?? bad(d, x);
	}
}

function integer(d: Directive, v: bigint): string | null {
	const sharp = d.flags.includes("#");
	const sign = v < 0n ? "-" : d.flags.includes("+") ? "+" : d.flags.includes(" ") ? " " : "";
	const n = v < 0n ? -v : v;
	const digits = (base: number): string => n.toString(base).padStart(Math.max(d.precision, 0), "0");
	switch (d.verb) {
		case "d":
			return sign + digits(10);
		case "b":
			return sign + (sharp ? "0b" : "") + digits(2);
		case "o":
			return sign + (sharp ? "0" : "") + digits(8);
		case "O":
			return `${sign}0o${digits(8)}`;
		case "x":
			return sign + (sharp ? "0x" : "") + digits(16);
		case "X":
			return sign + (sharp ? "0X" : "") + digits(16).toUpperCase();
		case "c":
			return n > 0x10ffffn ? "\ufffd" : String.fromCodePoint(Number(n));
		case "q":
			return `'${n > 0x10ffffn ? "\ufffd" : String.fromCodePoint(Number(n))}'`;
		case "U":
			return `U+${n.toString(16).toUpperCase().padStart(4, "0")}${sharp ? ` '${String.fromCodePoint(Number(n))}'` : ""}`;
		default:
			return null;
	}
}

function float(d: Directive, v: number): string | null {
	const sign = v >= 0 && d.flags.includes("+") ? "+" : v >= 0 && d.flags.includes(" ") ? " " : "";
	if (!Number.isFinite(v)) return "eEfFgG".includes(d.verb) ? (Number.isNaN(v) ? "NaN" : v > 0 ? "+Inf" : "-Inf") : null;
	switch (d.verb) {
		case "f":
		case "F":
			return sign + v.toFixed(d.precision < 0 ? 6 : Math.min(d.precision, 100));
		case "e":
		case "E": {
			const s = exponent(v.toExponential(d.precision < 0 ? 6 : Math.min(d.precision, 100)));
			return sign + (d.verb === "E" ? s.toUpperCase() : s);
		}
		case "g":
		case "G": {
			const s = general(v, d.precision, "g");
			return sign + (d.verb === "G" ? s.toUpperCase() : s);
		}
		default:
			return null;
	}
}

/** Exponents have at least two digits. */
function exponent(s: string): string {
	return s.replace(/e([+-])(\d)$/, "e$10$2");
}

function general(v: number, precision: number, _verb: string): string {
	if (!Number.isFinite(v)) return Number.isNaN(v) ? "NaN" : v > 0 ? "+Inf" : "-Inf";
	if (v === 0) return Object.is(v, -0) ? "-0" : "0";
	const s = precision < 0 ? v.toExponential() : v.toExponential(Math.max(precision, 1) - 1);
	const e = Number(s.slice(s.indexOf("e") + 1));
	const most = precision < 0 ? 21 : Math.max(precision, 1);
	if (e < -4 || e >= most) return exponent(precision < 0 ? s : s.replace(/\.?0+e/, "e"));
	return precision < 0 ? floatText(v, false) : floatText(Number(s), false);
}

function text(d: Directive, bytes: Uint8Array): string | null {
	const cut = d.precision < 0 ? bytes : bytes.subarray(0, d.precision);
	switch (d.verb) {
		case "s":
			return decoder.decode(d.precision < 0 ? bytes : firstRunes(bytes, d.precision));
		case "q":
			return quoteBytes(d.precision < 0 ? bytes : firstRunes(bytes, d.precision));
		case "x":
		case "X": {
			const gap = d.flags.includes(" ") ? " " : "";
			const prefix = d.flags.includes("#") ? "0x" : "";
			const s = Array.from(cut, (b) => (gap === "" ? "" : prefix) + b.toString(16).padStart(2, "0")).join(gap);
			const whole = gap === "" && cut.length > 0 ? prefix + s : s;
			return d.verb === "X" ? whole.toUpperCase() : whole;
		}
		default:
			return null;
	}
}

function firstRunes(bytes: Uint8Array, n: number): Uint8Array {
	let at = 0;
	for (let i = 0; i < n && at < bytes.length; i++) at += decodeRune(bytes, at)[1];
	return bytes.subarray(0, at);
}
