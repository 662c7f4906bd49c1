// A Frame is one activation that the builder walks: the function itself, or a call
// inlined into it. It holds where variables are and where control goes.

import type { Stmt } from "#syntax";
import type { Type, Var } from "#types";
import type { VarFacts } from "../escape/facts.ts";
import type { FuncInst, Plan } from "../program.ts";
import type { Val } from "./builder.ts";
import type { Known } from "./known.ts";
import type { RangeBody } from "./rangefunc.ts";

/** Where a variable is. */
export type Loc =
	/** Scalars: variables of the SSA construction, by part. */
	| { k: "ssa"; vars: readonly number[]; type: Type }
	/** In the frame: Func.slots. */
	| { k: "slot"; slot: number; type: Type }
	/** Behind a pointer that is an SSA variable: heap cells and variables captured by reference. */
	| {
			k: "ptr";
			ptr: number;
			type: Type;
			/** -N: slot that shows debuggers the pointer. */
			shown?: number;
	  };

/** Targets of break and continue of a statement. -1 = none. */
export interface Target {
	brk: number;
	cont: number;
}

export class Frame {
	readonly fn: FuncInst;
	readonly plan: Plan;
	readonly facts: VarFacts;
	/** The frame that the call inlined here is in. */
	readonly caller: Frame | null;
	/** The frame that holds captured variables, when a function literal is inlined. */
	readonly lexical: Frame | null;
	/** Index in Func.inlined; -1 = the function itself. */
	readonly inl: number;
	readonly vars: Map<Var, Loc> = new Map();
	/** Values of expressions that were evaluated ahead (order.ts), by node id, until the place that they stand at. */
	readonly early: Map<number, Val> = new Map();
	/** Variables that stand for known functions; a loop's body has no value in vars. */
	readonly known: Map<Var, Known> = new Map();
	/** Variables that something was appended to. */
	readonly appended: Set<Var> = new Set();
	/** Known functions that calls inlined here returned, by Call node id. */
	readonly knownCalls: Map<number, Known> = new Map();
	readonly targets: Map<Stmt, Target> = new Map();
	/** Blocks of labels that goto names. */
	readonly labels: Map<Stmt, number> = new Map();
	/** Results in order: variables or temporaries. */
	results: Loc[] = [];
	/** Whether the body has goto statements; null = not known yet. */
	hasGoto: boolean | null = null;
	/** Block of the next case clause; -1 = none. */
	fallthroughTo = -1;
	/** The function is the body of a range-over-func loop. */
	rangeBody: RangeBody | null = null;
	/** Inlined: block that returns jump to. -1 otherwise. */
	retBlock = -1;
	constructor(fn: FuncInst, plan: Plan, facts: VarFacts, caller: Frame | null, lexical: Frame | null, inl: number) {
		this.fn = fn;
		this.plan = plan;
		this.facts = facts;
		this.caller = caller;
		this.lexical = lexical;
		this.inl = inl;
	}

	find(v: Var): Loc | null {
		for (let f: Frame | null = this; f !== null; f = f.lexical) {
			const l = f.vars.get(v);
			if (l !== undefined) return l;
		}
		return null;
	}
}
