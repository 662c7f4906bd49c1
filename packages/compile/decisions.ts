// What -m prints: which functions can be inlined, which calls are, and what escapes.

import { Kind } from "#syntax";
import { type Func, ObjKind, relativeTo, type Package, type Signature, type Type, TypeKind, typeOf, typeString } from "#types";
import type { Frame } from "./escape/flow.ts";
import type { EscapePlanner } from "./escape/planner.ts";
import { type Line, reportExtern, reportFrame } from "./escape/report.ts";
import type { Inliner } from "./inline/inliner.ts";
import type { PackageUnit, Program } from "./program.ts";

/** The lines about a package's functions without type parameters: what is inlined, then what escapes, each in the order of positions. */
export function decisions(p: Program, u: PackageUnit, planner: EscapePlanner, inliner: Inliner | null): Line[] {
	const out: Line[] = [];
	const inlining: Line[] = [];
	for (const file of u.files) {
		for (const d of file.decls) {
			if (d.kind !== Kind.FuncDecl) continue;
			const obj = p.build.info.defs.get(d.name);
			if (obj === undefined || obj === null || obj.kind !== ObjKind.Func || obj.name === "_") continue;
			const sig = typeOf(obj) as Signature;
			if (sig.tparams.length + sig.rparams.length > 0) continue;
			const fn = p.inst(obj, []);
			if (!d.hasBody) {
				out.push(...reportExtern(fn, planner.tags(fn), (t: Type) => p.layout.hasPointers(t)));
				continue;
			}
			if (inliner !== null && inliner.verdict(fn).cost !== null) inlining.push({ pos: d.pos, text: `can inline ${funcName(obj, u.pkg)}` });
			const frame = planner.frame(fn);
			inlinedCalls(frame, u.pkg, 0, inlining);
			out.push(...reportFrame(frame));
		}
	}
	return [...inOrder(inlining), ...inOrder(out)];
}

function inOrder(lines: readonly Line[]): Line[] {
	const seen = new Set<string>();
	return lines
		.toSorted((a, b) => a.pos - b.pos)
		.filter((l) => {
			const key = `${l.pos} ${l.text}`;
			if (seen.has(key)) return false;
			seen.add(key);
			return true;
		});
}

/** Calls inside an inlined function count where the outermost call is. */
function inlinedCalls(frame: Frame, from: Package, at: number, out: Line[]): void {
	for (const inner of frame.inlined.values()) {
		const { obj } = inner.body.fn;
		const pos = at !== 0 ? at : (inner.call?.pos ?? 0);
		if (obj !== null) out.push({ pos, text: `inlining call to ${funcName(obj, from)}` });
		inlinedCalls(inner, from, pos, out);
	}
}

/** `f`, `T.m`, `(*T).m`; with the package's name when it is another one. */
function funcName(obj: Func, from: Package): string {
	const recv = (typeOf(obj) as Signature).recv;
	const other = obj.pkg !== null && obj.pkg !== from ? `${obj.pkg.name}.` : "";
	if (recv === null) return `${other}${obj.name}`;
	const t = typeOf(recv);
	const pointer = t.kind === TypeKind.Pointer;
	const base = typeString(pointer ? t.elem : t, relativeTo(obj.pkg ?? from));
	return `${other}${pointer ? `(*${base})` : base}.${obj.name}`;
}
