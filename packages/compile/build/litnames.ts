// Names of function literals: counted in source order inside the declared function
// (f.func1, f.func2, …) and inside each literal (f.func1.1, …); bodies of
// range-over-func loops are f-range1, …

import { type Block, type For, type FuncLit, Kind, type Node, walk } from "#syntax";
import { TypeKind } from "#types";
import type { FuncInst, Program } from "../program.ts";
import { u } from "../subst.ts";

/** Names of the literals and range-over-func bodies directly inside fn. */
export function litNames(p: Program, fn: FuncInst): Map<FuncLit | For, string> {
	let names = p.litNames.get(fn);
	if (names !== undefined) return names;
	names = new Map();
	p.litNames.set(fn, names);
	const body = p.bodyOf(fn);
	if (body !== null) nameIn(p, fn, body, names);
	return names;
}

/** Loop bodies belong to the function around them for counting; literals inside them count there too. */
function nameIn(p: Program, fn: FuncInst, body: Block, names: Map<FuncLit | For, string>): void {
	let owner = fn;
	while (owner.lit !== null && owner.lit.kind === Kind.For && owner.outer !== null) owner = owner.outer;
	if (owner !== fn) {
		for (const [k, v] of litNames(p, owner)) names.set(k, v);
		return;
	}
	const counts = { lit: 0, range: 0 };
	walk(body, (n: Node) => {
		if (n.kind === Kind.FuncLit) {
			counts.lit++;
			names.set(n, fn.lit === null ? `${fn.name}.func${counts.lit}` : `${fn.name}.${counts.lit}`);
			return false;
		}
		if (n.kind === Kind.For && n.init !== null && n.init.kind === Kind.RangeClause && isFunc(p, fn, n)) {
			counts.range++;
			names.set(n, `${fn.name}-range${counts.range}`);
		}
		return true;
	});
}

function isFunc(p: Program, fn: FuncInst, n: For): boolean {
	if (n.init === null || n.init.kind !== Kind.RangeClause) return false;
	const t = p.build.info.typeOf(n.init.x);
	return t !== null && u(p.types.subst(t, fn.subst)).kind === TypeKind.Signature;
}
