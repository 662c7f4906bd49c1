// node packages/types/test/dump.ts PKG-OR-FILE…: everything Info records about std packages, one line each, for comparison with
// the same dump of the official checker.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { exactString } from "#constant";
import { type Expr, Kind, type Node, walk } from "#syntax";
import { checkPackage } from "../check.ts";
import { objectString } from "../format.ts";
import { Mode } from "../mode.ts";
import { type Obj, ObjKind } from "../objects.ts";
import { typeString } from "../typestring.ts";
import { emptyTuple } from "../universe.ts";
import { exprString } from "#syntax";
import { Loader } from "./harness.ts";

const modeName: Record<number, string> = {
	[Mode.NoValue]: "void",
	[Mode.Builtin]: "builtin",
	[Mode.TypExpr]: "type",
	[Mode.Constant]: "const",
	[Mode.Variable]: "var",
	[Mode.MapIndex]: "mapindex",
	[Mode.Value]: "value",
	[Mode.NilValue]: "nil",
	[Mode.CommaOk]: "commaok",
};

const l = new Loader();
for (const path of process.argv.slice(2)) {
	const p = path.endsWith(".go") ? l.check("main", [l.parse(path, readFileSync(path), false)], "go1.26") : l.importPackage(path);
	if (typeof p === "string" || p.checker === null) throw new Error(String(p));
	if (!path.endsWith(".go")) checkPackage(p);
	const info = l.build.info;
	const lines: string[] = [];
	const at = (pos: number): string => {
		const q = l.sources.position(pos);
		return `${basename(q.file)}:${q.line}:${q.col}`;
	};
	const obj = (o: Obj | null): string => {
		if (o === null) return "nil";
		const q = l.sources.position(o.pos);
		return `${o.name} ${q.line}:${q.col}`;
	};
	const visit = (n: Node): boolean => {
		const tv = info.types.get(n);
		if (tv !== undefined && n.kind !== Kind.ListExpr) {
			const type = tv.mode === Mode.NoValue && tv.type === emptyTuple ? "()" : typeString(tv.type, null);
			lines.push(
				`T ${at(n.pos)} ${exprString(n as Expr)} | ${modeName[tv.mode]} ${type}${tv.value === null ? "" : ` = ${exactString(tv.value)}`}`,
			);
		}
		if (n.kind === Kind.Name) {
			const d = info.defs.get(n);
			if (d !== undefined) lines.push(`D ${at(n.pos)} ${n.name} ${obj(d)} | ${d === null ? "" : objectString(d, null)}`);
			const u = info.uses.get(n);
			if (u !== undefined) lines.push(`U ${at(n.pos)} ${n.name} ${obj(u)} | ${objectString(u, null)}`);
			const g = info.instances.get(n);
			if (g !== undefined) {
				lines.push(`G ${at(n.pos)} ${n.name} | ${g.targs.map((t) => `${typeString(t, null)};`).join("")} ${typeString(g.type, null)}`);
			}
		}
		const i = info.implicits.get(n);
		if (i !== undefined) lines.push(`I ${at(n.pos)} ${obj(i)} | ${objectString(i, null)}`);
		if (n.kind === Kind.Selector) {
			const s = info.selections.get(n);
			if (s !== undefined) {
				lines.push(`S ${at(n.pos)} ${exprString(n)} | ${s.kind} ${typeString(s.recv, null)} [${s.index.join(" ")}] ${s.indirect}`);
			}
		}
		return true;
	};
	for (const f of p.checker.files) walk(f, visit);
	console.log(`# ${path}`);
	console.log([...new Set(lines)].join("\n"));
	for (const d of l.diagnostics) console.error(at(d.pos), d.msg);
	l.diagnostics.length = 0;
}
void ObjKind;
