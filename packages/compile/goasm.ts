// go_asm.h: constants, struct sizes and field offsets of a package for its
// assembly. Only the names that the assembly mentions are made.

import { exactString, Kind as CKind, kindOf, toInt } from "#constant";
import { ObjKind, type Package, type Struct, TypeKind, typeOf } from "#types";
import type { Layout } from "./layout.ts";
import { u } from "./subst.ts";

/** The header's text. Names that the package does not declare are left to the assembler to report. */
export function goAsmHeader(layout: Layout, pkg: Package, names: readonly string[]): string {
	const wanted = new Set(names);
	const out: string[] = [];
	const define = (name: string, value: string | number): void => {
		if (wanted.has(name)) out.push(`#define ${name} ${value}\n`);
	};
	for (const name of names) {
		if (!name.startsWith("const_")) continue;
		const obj = pkg.scope.lookup(name.slice(6));
		if (obj === null || obj.kind !== ObjKind.Const) continue;
		typeOf(obj);
		const kind = kindOf(obj.val);
		const n = kind === CKind.String || kind === CKind.Bool ? obj.val : toInt(obj.val);
		if (kind !== CKind.Float && kind !== CKind.Complex) define(name, exactString(n));
	}
	// T__size and T_field: T is what stands before some underscore.
	const seen = new Set<string>();
	for (const name of names) {
		for (let at = name.indexOf("_", 1); at > 0; at = name.indexOf("_", at + 1)) seen.add(name.slice(0, at));
	}
	for (const tname of [...seen].sort()) {
		const obj = pkg.scope.lookup(tname);
		if (obj === null || obj.kind !== ObjKind.TypeName) continue;
		const t = u(typeOf(obj));
		if (t.kind !== TypeKind.Struct) continue;
		define(`${tname}__size`, layout.size(t));
		(t as Struct).fields.forEach((f, i) => define(`${tname}_${f.name}`, layout.fieldOffset(t, i)));
	}
	return out.join("");
}
