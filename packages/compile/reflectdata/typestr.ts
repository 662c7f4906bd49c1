// The string of a type as reflection and %T print it: packages by name.

import { InternalError } from "#base";
import {
	BasicKind,
	isExported,
	type Signature,
	type Struct,
	type Tuple,
	Typ,
	type Type,
	TypeKind,
	typeOf,
	typeSetOf,
	unalias,
	universeError,
} from "#types";
import { linkString } from "../typename.ts";

export function typeStr(t: Type): string {
	switch (t.kind) {
		case TypeKind.Basic:
			return t.basic === BasicKind.UnsafePointer ? "unsafe.Pointer" : Typ[t.basic].name;
		case TypeKind.Alias:
			return typeStr(unalias(t));
		case TypeKind.Named: {
			if (t === universeError) return "error";
			const targs = t.inst === null ? "" : `[${t.inst.targs.map((a) => linkString(unalias(a))).join(",")}]`;
			return `${t.obj.pkg === null ? "" : `${t.obj.pkg.name}.`}${t.obj.name}${targs}`;
		}
		case TypeKind.Pointer:
			return `*${typeStr(t.elem)}`;
		case TypeKind.Slice:
			return `[]${typeStr(t.elem)}`;
		case TypeKind.Array:
			return `[${t.len}]${typeStr(t.elem)}`;
		case TypeKind.Map:
			return `map[${typeStr(t.key)}]${typeStr(t.elem)}`;
		case TypeKind.Chan: {
			const e = unalias(t.elem);
			if (t.dir === 2) return `<-chan ${typeStr(e)}`;
			if (t.dir === 1) return `chan<- ${typeStr(e)}`;
			return e.kind === TypeKind.Chan && e.dir === 2 ? `chan (${typeStr(e)})` : `chan ${typeStr(e)}`;
		}
		case TypeKind.Signature:
			return `func${signatureStr(t)}`;
		case TypeKind.Struct:
			return structStr(t);
		case TypeKind.Interface: {
			const methods = typeSetOf(t).methods;
			if (methods.length === 0) return "interface {}";
			const rows = methods.map(
				(m) => `${isExported(m.name) ? "" : `${m.pkg?.name ?? ""}.`}${m.name}${signatureStr(typeOf(m) as Signature)}`,
			);
			return `interface { ${rows.join("; ")} }`;
		}
		default:
			throw new InternalError(`type of kind ${t.kind} has no descriptor`);
	}
}

function signatureStr(t: Signature): string {
	const params = tupleStr(t.params, t.variadic);
	const results = t.results.vars;
	if (results.length === 0) return params;
	if (results.length === 1) return `${params} ${typeStr(typeOf(results[0]))}`;
	return `${params} ${tupleStr(t.results, false)}`;
}

function tupleStr(t: Tuple, variadic: boolean): string {
	const parts = t.vars.map((v, i) => {
		const vt = unalias(typeOf(v));
		return variadic && i === t.vars.length - 1 && vt.kind === TypeKind.Slice ? `...${typeStr(vt.elem)}` : typeStr(vt);
	});
	return `(${parts.join(", ")})`;
}

function structStr(t: Struct): string {
	if (t.fields.length === 0) return "struct {}";
	const parts = t.fields.map((f, i) => {
		const tag = t.tags[i] ?? "";
		return `${f.embedded ? "" : `${f.name} `}${typeStr(typeOf(f))}${tag === "" ? "" : ` ${quote(tag)}`}`;
	});
	return `struct { ${parts.join("; ")} }`;
}

const escapes: Readonly<Record<string, string>> = {
	"\u0007": "\\a",
	"\b": "\\b",
	"\f": "\\f",
	"\n": "\\n",
	"\r": "\\r",
	"\t": "\\t",
	"\v": "\\v",
	'"': '\\"',
	"\\": "\\\\",
};

/** strconv.Quote. */
export function quote(s: string): string {
	let out = '"';
	for (const c of s) {
		const code = c.codePointAt(0) as number;
		if (escapes[c] !== undefined) out += escapes[c];
		else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, "0")}`;
		else out += c;
	}
	return `${out}"`;
}
