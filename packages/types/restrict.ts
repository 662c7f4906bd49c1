// What the language allows and gc's compiler refuses once a package has no errors: interface
// literals that refer to themselves, and types that must not be allocated on the heap in places
// where the runtime would. Each kind is reported only if there are no errors of the previous ones.

import { Kind, type Name, type Node, walk } from "#syntax";
import type { Checker } from "./checker.ts";
import { errorf } from "./errors.ts";
import { typeOf } from "./resolve.ts";
import { type Interface, type Type, TypeKind } from "./types.ts";
import { typeSetOf } from "./typeset.ts";
import { typeString } from "./typestring.ts";
import { unalias, under } from "./under.ts";

/** Reports violations in a package without errors. */
export function checkRestrictions(c: Checker): void {
	if (c.firstError === null) interfaceCycles(c);
	if (!c.build.packages.some((p) => p.path === notInHeapPath)) return;
	const incomplete = c.build.packages.some((p) => p.path === "runtime/cgo");
	if (!incomplete && !c.pkg.imports.some((p) => p.path === notInHeapPath)) return; // nothing can name such a type
	if (c.firstError === null) heapTypeArgs(c);
	if (c.firstError === null) heapElements(c);
}

const notInHeapPath = "internal/runtime/sys";

function eachNode(c: Checker, visit: (n: Node) => void): void {
	for (const f of c.files) walk(f, visit);
}

/** go.dev/issue/56103 */
function interfaceCycles(c: Checker): void {
	/** Interface literals visited: true while on the path, and for those of a cycle. */
	const cyclic = new Map<Interface, boolean>();
	const list = c.interfaces.toSorted((a, b) => a.pos - b.pos);
	let end = 0;
	for (const n of list) {
		if (n.pos < end) continue; // inside another one
		end = n.rbrace;
		const t = c.info.types.get(n)?.type;
		const u = t === undefined ? null : unalias(t);
		if (u !== null && u.kind === TypeKind.Interface && methodsHaveCycle(u, cyclic)) {
			const text = "invalid recursive type: anonymous interface refers to itself (see https://go.dev/issue/56103)";
			errorf(c, n.pos, "InvalidTypeCycle", text);
			for (const key of cyclic.keys()) cyclic.set(key, false); // suppress duplicate errors
		}
	}
}

function methodsHaveCycle(t: Interface, cyclic: Map<Interface, boolean>): boolean {
	for (const m of typeSetOf(t).methods) if (hasCycle(typeOf(m), cyclic)) return true;
	return false;
}

function hasCycle(t0: Type, cyclic: Map<Interface, boolean>): boolean {
	const t = unalias(t0);
	switch (t.kind) {
		case TypeKind.Pointer:
		case TypeKind.Array:
		case TypeKind.Chan:
		case TypeKind.Slice:
			return hasCycle(t.elem, cyclic);
		case TypeKind.Map:
			return hasCycle(t.key, cyclic) || hasCycle(t.elem, cyclic);
		case TypeKind.Struct:
			return t.fields.some((f) => hasCycle(typeOf(f), cyclic));
		case TypeKind.Signature:
			return hasCycle(t.params, cyclic) || hasCycle(t.results, cyclic);
		case TypeKind.Tuple:
			return t.vars.some((v) => hasCycle(typeOf(v), cyclic));
		case TypeKind.Interface: {
			if (t.methods.length === 0 && t.embeddeds.length === 0) return false;
			const known = cyclic.get(t);
			if (known !== undefined) return known;
			cyclic.set(t, true);
			if (methodsHaveCycle(t, cyclic)) return true;
			cyclic.set(t, false);
			return false;
		}
		default:
			return false; // named types cannot be part of an anonymous cycle
	}
}

/** Types that contain internal/runtime/sys.nih are never allocated on the heap. */
function isNotInHeap(t0: Type): boolean {
	const t = unalias(t0);
	if (t.kind === TypeKind.Named && t.obj.name === "nih" && t.obj.pkg?.path === notInHeapPath) return true;
	const u = under(t);
	if (u.kind === TypeKind.Array) return isNotInHeap(u.elem);
	return u.kind === TypeKind.Struct && u.fields.some((f) => isNotInHeap(typeOf(f)));
}

function heapTypeArgs(c: Checker): void {
	const found: { name: Name; type: Type }[] = [];
	eachNode(c, (n) => {
		if (n.kind !== Kind.Name) return;
		for (const type of c.info.instances.get(n)?.targs ?? []) if (isNotInHeap(type)) found.push({ name: n, type });
	});
	found.sort((a, b) => a.name.pos - b.name.pos);
	for (const { name, type } of found) {
		errorf(c, name.pos, "InvalidTypeArg", "cannot use incomplete (or unallocatable) type as a type argument: %s", typeString(type, null));
	}
}

function heapElements(c: Checker): void {
	eachNode(c, (n) => {
		if (n.kind !== Kind.TypeDecl) return;
		const t = c.info.types.get(n.type)?.type;
		if (t === undefined || (n.type.kind !== Kind.MapType && n.type.kind !== Kind.ChanType)) return;
		const u = under(t);
		if (u.kind === TypeKind.Map) {
			if (isNotInHeap(u.key)) errorf(c, n.type.pos, "InvalidTypeArg", "incomplete (or unallocatable) map key not allowed");
			if (isNotInHeap(u.elem)) errorf(c, n.type.pos, "InvalidTypeArg", "incomplete (or unallocatable) map value not allowed");
		} else if (u.kind === TypeKind.Chan && isNotInHeap(u.elem)) {
			errorf(c, n.type.pos, "InvalidTypeArg", "chan of incomplete (or unallocatable) type not allowed");
		}
	});
}
