// Which types compare and hash as plain memory.

import { type Type, TypeKind, typeOf } from "#types";
import type { Layout } from "./layout.ts";
import { u } from "./subst.ts";

/** All bytes of a t decide its equality: integers and pointers without padding or blank fields. */
export function isPlainMemory(layout: Layout, t: Type): boolean {
	const x = u(t);
	switch (x.kind) {
		case TypeKind.Basic:
			return (x.info & (8 | 16 | 32)) === 0;
		case TypeKind.Pointer:
		case TypeKind.Chan:
			return true;
		case TypeKind.Array:
			return isPlainMemory(layout, x.elem);
		case TypeKind.Struct: {
			let end = 0;
			for (let i = 0; i < x.fields.length; i++) {
				const f = x.fields[i];
				if (f.name === "_" || layout.fieldOffset(x, i) !== end || !isPlainMemory(layout, typeOf(f))) return false;
				end += layout.size(typeOf(f));
			}
			return end === layout.size(x);
		}
		default:
			return false;
	}
}
