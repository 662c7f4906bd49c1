// Name data (internal/abi.Name): flag byte, length, bytes, and for names with a tag
// or a package the same for these.

import { ByteWriter } from "#base";
import { ABI0, addReloc, RelocKind, SymFlag, SymKind } from "#object";
import type { SymRef } from "#ssa";
import { Product, type Program } from "../program.ts";

const Exported = 1;
const HasTag = 2;
const HasPkg = 4;
const Embedded = 8;

/** The symbol of a name; pkgPath is only for unexported names of struct fields and methods whose type does not tell it. */
export function nameSym(p: Program, name: string, tag: string, exported: boolean, embedded = false, pkgPath = ""): SymRef {
	const flags = (exported ? Exported : 0) | (tag !== "" ? HasTag : 0) | (pkgPath !== "" ? HasPkg : 0) | (embedded ? Embedded : 0);
	let sym = `type:.namedata.${name}${exported ? "." : "-"}`;
	if (tag !== "" || embedded || pkgPath !== "") sym += `${flags},${pkgPath},${tag}`;
	return p.need(sym, ABI0, () => {
		const out = new Product("");
		const w = new ByteWriter(name.length + tag.length + 16);
		w.u8(flags);
		text(w, name);
		if (tag !== "") text(w, tag);
		const at = w.len;
		if (pkgPath !== "") w.u32(0);
		const made = out.frag.data(sym, SymKind.Type, w.take(), { flags: SymFlag.Dupok | SymFlag.ContentAddressable });
		if (pkgPath !== "") {
			const target = pkgPathSym(p, pkgPath);
			addReloc(made.relocs, at, 4, RelocKind.TypeOff, out.frag.ref(target.name), 0);
		}
		return out;
	});
}

/** The name data that holds an import path. */
export function pkgPathSym(p: Program, path: string): SymRef {
	const sym = `type:.importpath.${path}.`;
	return p.need(sym, ABI0, () => {
		const out = new Product("");
		const w = new ByteWriter(path.length + 8);
		w.u8(0);
		text(w, path);
		out.frag.data(sym, SymKind.Type, w.take(), { flags: SymFlag.Dupok });
		return out;
	});
}

function text(w: ByteWriter, s: string): void {
	const bytes = new TextEncoder().encode(s);
	w.uleb(bytes.length);
	w.bytes(bytes);
}
