// Rewrite rules that look at a value and its arguments: algebra, constant folding,
// canonical forms. A rule changes the value in place and returns true; the caller
// tries again until none applies. Canonical forms: a constant is the right operand
// of a commutative operation, x - c is x + -c, addresses are base + auxInt.
//
// The tables are by operation: see rules.ts for how a rule finds its value.

import type { Rewriter } from "../../rewrite.ts";
import * as o from "../../ops.gen.ts";
import { type Rule, rules } from "./rules.ts";

/** Applies one rule to v; tells whether one applied. */
export function simplifyValue(r: Rewriter, v: number): boolean {
	const f = r.f;
	const op = f.op[v];
	if (op >= rules.length) return false;
	if ((o.opFlags[op] & o.OpFlag.Commutative) !== 0) {
		const x = f.arg(v, 0);
		const y = f.arg(v, 1);
		const xop = f.op[x];
		if ((xop === o.OpConst || xop === o.OpConstF) && f.op[y] !== xop) {
			f.setArg(v, 0, y);
			f.setArg(v, 1, x);
		}
	}
	const rule: Rule | null = rules[op];
	return rule?.(r, v) ?? false;
}
