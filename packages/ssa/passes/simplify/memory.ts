// Addresses of loads and stores, checks that cannot fail, writes of nothing.

import * as o from "../../ops.gen.ts";
import type { Rewriter } from "../../rewrite.ts";
import { T } from "../../types.ts";
import type { RuleList } from "./rules.ts";

/** base + constant in the address: the constant moves to auxInt. */
function address(r: Rewriter, v: number): boolean {
	const { f } = r;
	const p = f.arg(v, 0);
	if (f.op[p] !== o.OpOffPtr) return false;
	const sum = f.auxInt[v] + f.auxInt[p];
	if (sum !== BigInt.asIntN(31, sum)) return false;
	f.setArg(v, 0, f.arg(p, 0));
	f.auxInt[v] = sum;
	return true;
}

function nilCheck(r: Rewriter, v: number): boolean {
	const { f } = r;
	let p = f.arg(v, 0);
	while (f.op[p] === o.OpOffPtr) p = f.arg(p, 0);
	return (f.op[p] === o.OpSlotAddr || f.op[p] === o.OpSymAddr || f.op[p] === o.OpGetG || f.op[p] === o.OpGetClosurePtr) && r.drop(v);
}

function boundsCheck(r: Rewriter, v: number): boolean {
	const { f } = r;
	const i = f.arg(v, 0);
	const n = f.arg(v, 1);
	const index = (f.auxInt[v] & 0xffn) === 0n;
	// The condition is an unsigned comparison.
	if (!index && (i === n || r.is(i, 0))) return r.drop(v);
	if (!r.isConst(i) || !r.isConst(n)) return false;
	const a = BigInt.asUintN(64, f.auxInt[i]);
	const b = BigInt.asUintN(64, f.auxInt[n]);
	return (index ? a < b : a <= b) && r.drop(v);
}

function nothing(r: Rewriter, v: number): boolean {
	const { f } = r;
	if (f.isZero(v)) return r.drop(v);
	if (f.op[v] === o.OpMove && f.arg(v, 0) === f.arg(v, 1)) return r.drop(v);
	return false;
}

function memequal(r: Rewriter, v: number): boolean {
	const { f } = r;
	return (r.is(f.arg(v, 2), 0) || f.arg(v, 0) === f.arg(v, 1)) && f.type[v] === T.Bool && r.toBool(v, true);
}

export const memoryRules: RuleList = [
	[o.OpLoad, address],
	[o.OpStore, address],
	[o.OpStoreNoWB, address],
	[o.OpNilCheck, nilCheck],
	[o.OpBoundsCheck, boundsCheck],
	[o.OpZero, nothing],
	[o.OpMove, nothing],
	[o.OpMemequal, memequal],
];
