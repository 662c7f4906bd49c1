// Prints what the type checker knows about packages of a GOROOT and all they import, a fact a line, to compare with other checkers:
//   node tools/dump-types.ts PACKAGE...
// D/U: object declared/used by the name at file:offset; S: selection; N: instance; T: literal; I: initialisation order; M: method set; Z: size and alignment.

import { type Expr, Kind, type Name, type Node, type Selector, startPos } from "#syntax";
import {
	alignof, checkPackage, methodSet, type Obj, ObjKind, type Package, Pointer, type Type, TypeIds, TypeKind, typeOf, typeSetOf, typeString, sizeof, under,
} from "#types";
import { exactString } from "#constant";
import { findGoroot, GorootLoader, stdPackages } from "./check.ts";

const loader = new GorootLoader(findGoroot());
const info = loader.build.info;
const lines: string[] = [];
const qf = (p: Package): string => p.path;
const ts = (t: Type): string => typeString(t, qf);

function at(pos: number): string {
	const f = loader.sources.fileOf(pos);
	return f === null ? "?" : `${f.name}:${pos - f.base}`;
}

function objText(o: Obj): string {
	switch (o.kind) {
		case ObjKind.Const:
			return `const ${o.name} ${ts(typeOf(o))} ${exactString(o.val)}`;
		case ObjKind.TypeName:
			return `type ${o.name}${typeOf(o).kind === TypeKind.TypeParam ? " param" : ""}`;
		case ObjKind.Var:
			return `var ${o.name} ${ts(typeOf(o))}`;
		case ObjKind.Func:
			return `func ${o.name} ${ts(typeOf(o))}`;
		case ObjKind.PkgName:
			return `package ${o.name}${o.imported.path === o.name ? "" : ` (${JSON.stringify(o.imported.path)})`}`;
		case ObjKind.Label:
			return `label ${o.name}`;
		case ObjKind.Builtin:
			return `builtin ${o.pkg === null ? "" : `${o.pkg.path}.`}${o.name}`;
		case ObjKind.Nil:
			return "nil";
	}
}

const done = new Set<Node>();
function visit(n: Node): void {
	if (done.has(n)) return;
	done.add(n);
	if (n.kind === Kind.Name) name(n);
	else if (n.kind === Kind.Selector) selection(n);
	else if (n.kind === Kind.BasicLit || n.kind === Kind.CompositeLit || n.kind === Kind.FuncLit) literal(n);
	for (const v of Object.values(n)) {
		if (Array.isArray(v)) for (const x of v) child(x);
		else child(v);
	}
}

function child(v: unknown): void {
	if (typeof v === "object" && v !== null && "kind" in v && "id" in v && "pos" in v) visit(v as Node);
}

function name(n: Name): void {
	const d = info.defs.get(n) ?? null;
	const u = info.uses.get(n) ?? null;
	if (d !== null) lines.push(`${at(n.pos)} D ${objText(d)}`);
	else if (u !== null) lines.push(`${at(n.pos)} U ${objText(u)}`);
	const i = info.instances.get(n);
	if (i !== undefined) lines.push(`${at(n.pos)} N ${i.targs.map(ts).join(", ")} ${ts(i.type)}`);
}

function selection(n: Selector): void {
	const s = info.selections.get(n);
	if (s !== undefined) lines.push(`${at(n.sel.pos)} S ${s.kind} ${ts(s.recv)} [${s.index.join(" ")}] ${s.indirect}`);
}

function literal(n: Expr): void {
	const tv = info.types.get(n);
	const pos = startPos(n);
	if (tv !== undefined) lines.push(`${at(pos)} T ${ts(tv.type)} ${tv.value === null ? "" : exactString(tv.value)}`);
}

function scopeFacts(p: Package): void {
	const ids = new TypeIds();
	for (const n of [...p.scope.elems.keys()].sort()) {
		const o = p.scope.lookup(n) as Obj;
		if (o.kind !== ObjKind.TypeName) continue;
		const t = typeOf(o);
		if ((t.kind === TypeKind.Named && t.inst === null && t.tparams.length > 0) || (t.kind === TypeKind.Alias && t.tparams.length > 0)) continue;
		const u = under(t);
		if (u.kind === TypeKind.Interface && (typeSetOf(u).terms !== null || typeSetOf(u).comparable)) continue;
		for (const x of [t, new Pointer(ids, t)]) {
			const list = methodSet(x).map((m) => `${m.obj.name}[${m.index.join(" ")}]`);
			lines.push(`${p.path} M ${ts(x)} ${list.sort((a, b) => (a < b ? -1 : 1)).join(";")}`);
		}
		lines.push(`${p.path} Z ${n} ${sizeof(t)} ${alignof(t)}`);
	}
}

const roots = process.argv.slice(2);
for (const p of roots.includes("std") ? stdPackages(findGoroot()) : roots) loader.load(p);
for (const p of loader.packages.values()) {
	checkPackage(p);
	for (const f of p.checker?.files ?? []) visit(f);
	p.checker?.initOrder.forEach((x, i) => lines.push(`${p.path} I ${i} ${x.lhs.map((v) => v.name).join(" ")}`));
	scopeFacts(p);
}
process.stdout.write(`${lines.join("\n")}\n`);
