// The rule of each operation.

import { opNames } from "../../ops.gen.ts";
import type { Rewriter } from "../../rewrite.ts";
import { compareRules } from "./compare.ts";
import { convertRules } from "./convert.ts";
import { divideRules } from "./divide.ts";
import { floatRules } from "./float.ts";
import { integerRules } from "./integer.ts";
import { memoryRules } from "./memory.ts";
import { shiftRules } from "./shift.ts";

/** Changes v in place and returns true, or returns false. Arguments are no Copies. */
export type Rule = (r: Rewriter, v: number) => boolean;
/** Operation and rule. */
export type RuleList = readonly (readonly [op: number, rule: Rule])[];

export const rules: readonly (Rule | null)[] = build();

function build(): (Rule | null)[] {
	const table: (Rule | null)[] = new Array<Rule | null>(opNames.length).fill(null);
	for (const list of [integerRules, shiftRules, divideRules, compareRules, convertRules, floatRules, memoryRules]) {
		for (const [op, rule] of list) table[op] = rule;
	}
	return table;
}
