// structtag: tags of struct fields in the form that reflect.StructTag reads, names of json and xml said once.

import { decodeBytes, unquoteBytes } from "#constant";
import { Kind, walk } from "#syntax";
import { isExported, type Struct, TypeKind, under, type Var } from "#types";
import type { Pass } from "./pass.ts";

const spaced: ReadonlySet<string> = new Set(["json", "xml", "asn1"]);

interface Pair {
	key: string;
	value: string;
}

/** Go's reading of a quoted string; null when it is none. */
function unquote(text: string): string | null {
	const bytes = text.includes("\n") ? null : unquoteBytes(text);
	return bytes === null ? null : decodeBytes(bytes);
}

/** Why a value of json, xml or asn1 is suspicious; "" when it is not. */
function badSpaces(key: string, value: string): string {
	const why = "suspicious space in struct tag value";
	const comma = value.indexOf(",");
	let options = value;
	if (key === "xml") {
		if (value.replace(/^ +| +$/g, "") !== value || value.split(" ").length > 2) return why;
		if (comma < 0) return "";
		if (comma > 0 && value[comma - 1] === " ") return why;
		options = value.slice(comma + 1);
	} else if (key === "json") {
		if (comma < 0) return "";
		options = value.slice(comma + 1);
	}
	return options.includes(" ") ? why : "";
}

/** Reads a tag: its pairs as far as it is well formed, and what is wrong with it. */
function readTag(tag: string): { pairs: Pair[]; error: string } {
	const pairs: Pair[] = [];
	let rest = tag;
	let error = "";
	for (let n = 0; rest !== ""; n++) {
		if (n > 0 && rest[0] !== " " && error === "") error = 'key:"value" pairs not separated by spaces';
		rest = rest.replace(/^ +/, "");
		if (rest === "") break;
		let end = 0;
		while (end < rest.length && rest[end] > " " && !':"\u007f'.includes(rest[end])) end++;
		const key = rest.slice(0, end);
		if (key === "") return { pairs, error: error || "bad syntax for struct tag key" };
		if (key.length + 1 >= rest.length || rest[key.length] !== ":") return { pairs, error: error || "bad syntax for struct tag pair" };
		const quoted = /^"(?:[^"\\]|\\[^])*"/.exec(rest.slice(key.length + 1));
		const value = quoted === null ? null : unquote(quoted[0]);
		if (quoted === null || value === null) return { pairs, error: error || "bad syntax for struct tag value" };
		pairs.push({ key, value });
		rest = rest.slice(key.length + 1 + quoted[0].length);
		if (spaced.has(key)) error ||= badSpaces(key, value);
	}
	return { pairs, error };
}

function valueOf(tag: string, key: string): string {
	return readTag(tag).pairs.find((p) => p.key === key)?.value ?? "";
}

function goQuoted(tag: string): string {
	const plain = [...tag].every((c) => c === "\t" || (c >= " " && !"`\u007f\ufeff".includes(c)));
	return plain ? `\`${tag}\`` : JSON.stringify(tag);
}

class Names {
	private readonly pass: Pass;
	private readonly seen: Map<string, Var> = new Map();

	constructor(pass: Pass) {
		this.pass = pass;
	}

	add(tag: string, kind: string, nearest: Var, field: Var, level: number): void {
		let key = kind;
		let name = valueOf(tag, key);
		if (name === "-") return;
		if (name === "" || name.startsWith(",")) {
			const u = field.embedded && field.type !== null ? under(field.type) : null;
			if (u?.kind !== TypeKind.Struct) return;
			u.fields.forEach((f, i) => {
				if (isExported(f.name)) this.add(u.tags[i] ?? "", kind, nearest, f, level + 1);
			});
			return;
		}
		if (key === "xml" && field.name === "XMLName") return;
		const comma = name.indexOf(",");
		if (comma >= 0) {
			if (key === "xml" && name.slice(comma).split(",").includes("attr")) key = "xml attribute";
			name = name.slice(0, comma);
		}
		const id = `${key}\0${name}\0${level}`;
		const other = this.seen.get(id);
		if (other === undefined) this.seen.set(id, field);
		else
			this.pass.report(
				nearest.pos,
				`struct field ${field.name} repeats ${key} tag ${JSON.stringify(name)} also at ${this.pass.place(other.pos, field.pos)}`,
			);
	}
}

function checkStruct(pass: Pass, t: Struct): void {
	const names = new Names(pass);
	t.fields.forEach((f, i) => {
		const tag = t.tags[i] ?? "";
		for (const key of ["json", "xml"]) names.add(tag, key, f, f, 1);
		const { error } = readTag(tag);
		if (error !== "") pass.report(f.pos, `struct field tag ${goQuoted(tag)} not compatible with reflect.StructTag.Get: ${error}`);
		if (f.embedded || isExported(f.name)) return;
		const key = ["json", "xml"].find((k) => !["", "-"].includes(valueOf(tag, k)));
		if (key !== undefined) pass.report(f.pos, `struct field ${f.name} has ${key} tag but is not exported`);
	});
}

export function structtag(pass: Pass): void {
	if (pass.pkg.path.startsWith("encoding/")) return;
	for (const file of pass.files)
		walk(file, (n) => {
			if (n.kind !== Kind.StructType) return;
			const t = pass.info.types.get(n)?.type;
			if (t?.kind === TypeKind.Struct) checkStruct(pass, t);
		});
}
