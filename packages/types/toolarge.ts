// Types that gc's back end refuses for their size, in a package without other errors: arrays beyond the
// address space, channels of elements of 64 kB and more. gc reports them at the declaration that it is working on.

import { type ArrayType, type ChanType, type File, forEachChild, Kind, type Node } from "#syntax";
import type { Pos } from "#base";
import type { Checker } from "./checker.ts";
import { errorf } from "./errors.ts";
import { sizeof } from "./sizes.ts";
import { type Type, TypeKind } from "./types.ts";
import { typeString } from "./typestring.ts";
import { unalias, under } from "./under.ts";

const maxWidth = 2 ** 50;
const maxChanElem = 1 << 16;

/** Reports the types written in the package that are too large. */
export function checkTooLarge(c: Checker): void {
	const bad = new Map<Node, string>();
	for (const n of c.sizedTypes) {
		const text = fault(c, n);
		if (text !== "") bad.set(n, text);
	}
	if (bad.size === 0) return;
	const seen = new Set<string>();
	for (const f of c.files) {
		for (const { n, at } of declared(f)) {
			const text = bad.get(n);
			if (text === undefined || seen.has(`${at} ${text}`)) continue;
			seen.add(`${at} ${text}`);
			errorf(c, at, "TypeTooLarge", "%s", text);
		}
	}
}

function fault(c: Checker, n: ArrayType | ChanType): string {
	const t = c.info.types.get(n)?.type;
	const u = t === undefined ? null : under(t);
	if (u === null || (u.kind !== TypeKind.Array && u.kind !== TypeKind.Chan) || hasTypeParam(u.elem)) return "";
	const size = sizeof(u.elem);
	if (u.kind === TypeKind.Chan) return size < 0 || size >= maxChanElem ? "channel element type too large (>64kB)" : "";
	if (size === 0 || (size > 0 && u.len <= Math.floor((maxWidth - 1) / size))) return "";
	return `type ${typeString(t as Type, (p) => c.qualifier(p))} larger than address space`;
}

/** The size of a t depends on a type parameter. */
function hasTypeParam(t0: Type): boolean {
	const t = unalias(t0);
	if (t.kind === TypeKind.TypeParam) return true;
	const u = under(t);
	if (u.kind === TypeKind.Array) return hasTypeParam(u.elem);
	return u.kind === TypeKind.Struct && u.fields.some((f) => hasTypeParam(f.type as Type));
}

/** All nodes of a file, each with the position of the declaration or statement that it is in. */
function* declared(f: File): Generator<{ n: Node; at: Pos }> {
	const stack: { n: Node; at: Pos }[] = [{ n: f, at: f.pos }];
	for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
		yield next;
		const { n } = next;
		const at = anchor(n) ?? next.at;
		forEachChild(n, (child) => void stack.push({ n: child, at }));
	}
}

function anchor(n: Node): Pos | null {
	switch (n.kind) {
		case Kind.TypeDecl:
		case Kind.FuncDecl:
			return n.name.pos;
		case Kind.VarDecl:
		case Kind.ConstDecl:
			return n.names[0]?.pos ?? n.pos;
		case Kind.Assign:
			return n.lhs.kind === Kind.ListExpr ? (n.lhs.list[0]?.pos ?? n.pos) : n.lhs.pos;
		case Kind.ExprStmt:
		case Kind.Send:
		case Kind.Return:
		case Kind.If:
		case Kind.For:
		case Kind.Switch:
			return n.pos;
		default:
			return null;
	}
}
