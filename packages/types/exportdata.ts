// Which unexported objects another package can see. gc imports packages from export data, which holds, besides what is
// exported, what exported declarations and the bodies of inlinable functions mention. It decides between two messages
// for pkg.name: "name not exported by package" and "undefined". Asked only when there is an error to report.

import { forEachChild, Kind, type Node } from "#syntax";
import { isExported, type Obj, ObjKind } from "./objects.ts";
import type { Package } from "./package.ts";

/** Roughly what a body may cost to be inlined, and what a call costs. */
const inlineNodes = 80;
const callCost = 57;

/** The cost of a body, by its nodes, without those of function literals. */
function size(n: Node): number {
	let count = n.kind === Kind.Call ? callCost : 1;
	if (n.kind !== Kind.FuncLit) forEachChild(n, (child) => (count += size(child)));
	return count;
}

/** The syntax of an object's declaration that export data represents. */
function exportedSyntax(pkg: Package, obj: Obj): Node[] {
	const decl = obj.decl;
	if (decl === null) return [];
	const out: Node[] = [];
	if (obj.kind === ObjKind.TypeName && decl.tdecl !== null) out.push(decl.tdecl);
	if (obj.kind === ObjKind.Var && decl.vtype !== null) out.push(decl.vtype);
	if (obj.kind === ObjKind.Func && decl.fdecl !== null) {
		out.push(decl.fdecl.type);
		const body = pkg.checker?.build.bodyOf(decl.file, decl.fdecl) ?? null;
		if (body !== null && size(body) <= inlineNodes) out.push(body);
	}
	return out;
}

/** Whether obj, an unexported package-level object of pkg, is part of pkg's export data. */
export function inExportData(pkg: Package, obj: Obj): boolean {
	const list: Obj[] = [];
	const seen = new Set<Obj>();
	const add = (o: Obj | null): void => {
		if (o === null || seen.has(o)) return;
		seen.add(o);
		list.push(o);
	};
	pkg.scope.load();
	for (const o of pkg.scope.elems.values()) if (isExported(o.name)) add(o);
	// Methods, of whatever type: which types are reachable hardly matters.
	for (const o of pkg.checker?.objList ?? []) if (o.kind === ObjKind.Func && o.decl?.fdecl?.recv && isExported(o.name)) add(o);
	const visit = (n: Node): void => {
		if (n.kind === Kind.Name) add(pkg.scope.lookup(n.name));
		forEachChild(n, visit);
	};
	for (let i = 0; i < list.length && !seen.has(obj); i++) for (const n of exportedSyntax(pkg, list[i] as Obj)) visit(n);
	return seen.has(obj);
}
