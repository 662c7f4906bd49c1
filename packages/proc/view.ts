// Variables as Delve's API has them: plain records, which JSON clients get and the printer prints.

import { Kind } from "#bininfo/kinds";
import type { Loader } from "./load.ts";
import type { Variable } from "./variable.ts";

/** A loaded variable, with the names and meanings of Delve's JSON. */
export interface VariableView {
	name: string;
	addr: number;
	onlyAddr: boolean;
	type: string;
	realType: string;
	flags: number;
	/** reflect's kinds; all signed integers are Int, unsigned ones Uint. */
	kind: number;
	value: string;
	/** Base64 of a string that is not UTF-8. */
	StringValueBytes: string | null;
	len: number;
	cap: number;
	children: VariableView[];
	base: number;
	unreadable: string;
	LocationExpr: string;
	DeclLine: number;
}

const fatal = new TextDecoder("utf-8", { fatal: true });

/** A float as Go's strconv prints it with format 'f' and the fewest digits. */
export function floatText(v: number, single: boolean): string {
	if (Number.isNaN(v)) return "NaN";
	if (!Number.isFinite(v)) return v > 0 ? "+Inf" : "-Inf";
	if (Object.is(v, -0)) return "-0";
	return expand(single ? shortest32(v) : String(v));
}

/** The shortest decimal that is this float32. */
function shortest32(v: number): string {
	for (let digits = 1; digits <= 9; digits++) {
		const s = v.toPrecision(digits);
		if (Math.fround(Number(s)) === v) return String(Number(s));
	}
	return String(v);
}

/** Without exponent. */
function expand(s: string): string {
	const m = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(s);
	if (m === null) return s;
	const [, sign, whole, fraction = "", exp] = m;
	const digits = whole + fraction;
	const point = whole.length + Number(exp);
	if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
	return point >= digits.length ? sign + digits.padEnd(point, "0") : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** The value's text in the API; "" when it has none. */
export function valueText(loader: Loader, v: Variable): string {
	const x = v.value;
	switch (typeof x) {
		case "bigint": {
			const name = loader.describe(v);
			return name === "" ? String(x) : `${name} (${x})`;
		}
		case "boolean":
			return String(x);
		case "string":
			return x;
		case "number":
			return floatText(x, v.kind === Kind.Float32);
		default:
			return "";
	}
}

/** A variable and its loaded children as records. */
export function viewOf(loader: Loader, v: Variable): VariableView {
	const out: VariableView = {
		name: v.name,
		addr: v.address,
		onlyAddr: v.onlyAddr,
		type: v.type?.name ?? "",
		realType: v.real?.name ?? "",
		flags: v.flags,
		kind: v.kind,
		value: valueText(loader, v),
		StringValueBytes: null,
		len: v.len,
		cap: v.cap,
		children: [],
		base: v.base,
		unreadable: v.unreadable,
		LocationExpr: v.locationExpr,
		DeclLine: v.declLine,
	};
	if (v.kind === Kind.String && v.bytes !== null && !isUtf8(v.bytes)) out.StringValueBytes = base64(v.bytes);
	if (v.kind === Kind.Complex64 || v.kind === Kind.Complex128) {
		const single = v.kind === Kind.Complex64;
		const parts = Array.isArray(v.value) ? (v.value as readonly number[]).map((n) => floatText(n, single)) : ["nil", "nil"];
		out.len = 2;
		out.children = ["real", "imaginary"].map((name, i) => ({
			...EMPTY_VIEW,
			name,
			kind: single ? Kind.Float32 : Kind.Float64,
			value: parts[i] ?? "",
		}));
	} else out.children = v.children.map((c) => viewOf(loader, c));
	return out;
}

/** A variable with nothing in it. */
export const EMPTY_VIEW: VariableView = {
	name: "",
	addr: 0,
	onlyAddr: false,
	type: "",
	realType: "",
	flags: 0,
	kind: 0,
	value: "",
	StringValueBytes: null,
	len: 0,
	cap: 0,
	children: [],
	base: 0,
	unreadable: "",
	LocationExpr: "",
	DeclLine: 0,
};

function isUtf8(bytes: Uint8Array): boolean {
	try {
		fatal.decode(bytes);
		return true;
	} catch {
		return false;
	}
}

function base64(bytes: Uint8Array): string {
	let s = "";
	for (const b of bytes) s += String.fromCharCode(b);
	return btoa(s);
}

/** The bytes of a string's value. */
export function stringBytes(v: VariableView): Uint8Array {
	if (v.StringValueBytes !== null) return Uint8Array.from(atob(v.StringValueBytes), (c) => c.charCodeAt(0));
	return new TextEncoder().encode(v.value);
}
