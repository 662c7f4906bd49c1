// Which functions can be inlined, and which calls are. A function can be when it is
// small enough (cost.ts) and contains nothing that needs a frame of its own.

import { type Block, walk } from "#syntax";
import { bodyVars } from "../build/facts.ts";
import { isIntrinsicFunc } from "../build/intrinsics.ts";
import { Body } from "../escape/body.ts";
import { tagKey } from "../escape/planner.ts";
import type { Facts } from "../facts.ts";
import type { FuncInst, Program } from "../program.ts";
import { Coster, Hairy, MaxBudget } from "./cost.ts";

/** Functions with more nodes than this inline only the smallest callees. */
const BigNodes = 5000;
const BigMaxCost = 20;

export interface Verdict {
	/** null: cannot be inlined. */
	cost: number | null;
	/** Why not. */
	reason: string;
}

/** What inlining costs, from earlier builds; null = cannot be inlined. */
export interface CostStore {
	covers(name: string): boolean;
	getCost(key: string): number | null | undefined;
	putCost(key: string, cost: number | null, facts: Facts): void;
}

export class Inliner {
	private readonly program: Program;
	private readonly checkedBody: (fn: FuncInst) => Block | null;
	private readonly verdicts = new Map<FuncInst, Verdict>();
	private readonly active: FuncInst[] = [];
	/** Least index in active of a function whose recursion was cut while judging those above it. */
	private cut: number = Number.MAX_SAFE_INTEGER;
	private readonly big = new Map<FuncInst, boolean>();

	private readonly store: CostStore | undefined;

	constructor(program: Program, checkedBody: (fn: FuncInst) => Block | null, store?: CostStore) {
		this.program = program;
		this.store = store;
		this.checkedBody = checkedBody;
	}

	verdict(fn: FuncInst): Verdict {
		const known = this.verdicts.get(fn);
		const verdict = known ?? this.find(fn);
		// What holds for this question only is noted by what it rests on.
		if (known !== undefined || this.verdicts.has(fn)) this.program.facts.cost(fn, verdict.cost);
		return verdict;
	}

	private find(fn: FuncInst): Verdict {
		const store = fn.decl?.hasBody === true && this.store?.covers(fn.name) === true ? this.store : undefined;
		const stored = store?.getCost(tagKey(fn));
		if (stored !== undefined) {
			const verdict = { cost: stored, reason: stored === null ? "found out by an earlier build" : "" };
			this.verdicts.set(fn, verdict);
			return verdict;
		}
		// A cycle: the call that closes it stays a call.
		const at = this.active.indexOf(fn);
		if (at >= 0) {
			this.cut = Math.min(this.cut, at);
			return { cost: null, reason: "recursive" };
		}
		const outer = this.cut;
		this.cut = this.active.length;
		this.active.push(fn);
		const { result: made, facts } = this.program.facts.record(() => this.judge(fn));
		this.active.pop();
		// A verdict that rests on a cut above it holds for this question only: whoever asks first must not matter.
		if (this.cut >= this.active.length) {
			this.verdicts.set(fn, made);
			store?.putCost(tagKey(fn), made.cost, facts);
		} else this.program.facts.include(facts);
		this.cut = Math.min(outer, this.cut);
		return made;
	}

	private impossible(fn: FuncInst): string {
		const p = fn.pragmas;
		if (p.noinline) return "marked go:noinline";
		if (p.cgoUnsafeArgs) return "marked go:cgo_unsafe_args";
		if (p.uintptrkeepalive) return "marked as having a keep-alive uintptr argument";
		if (p.uintptrescapes) return "marked as having an escaping uintptr argument";
		if (p.yeswritebarrierrec) return "marked go:yeswritebarrierrec";
		if (fn.obj === null || fn.decl === null || !fn.decl.hasBody) return "no function body";
		return "";
	}

	private judge(fn: FuncInst): Verdict {
		const no = this.impossible(fn);
		if (no !== "") return { cost: null, reason: no };
		const block = this.checkedBody(fn);
		if (block === null) return { cost: null, reason: "no function body" };
		const body = new Body(this.program, fn);
		const coster = new Coster(
			body,
			{
				inlineCost: (callee) => this.verdict(callee).cost,
				isIntrinsic: (callee) => callee.obj !== fn.obj && isIntrinsicFunc(callee),
			},
			MaxBudget,
		);
		const vars = bodyVars(fn);
		coster.params = new Set(vars.params);
		coster.resultTypes = vars.results.map((v) => body.varType(v));
		try {
			coster.block(block.list);
		} catch (err) {
			if (err instanceof Hairy) return { cost: null, reason: err.message };
			throw err;
		}
		if (coster.tooMuch) return { cost: null, reason: `function too complex: cost ${coster.cost} exceeds budget ${MaxBudget}` };
		return { cost: coster.cost, reason: "" };
	}

	/** A function of so many nodes that little is inlined into it. */
	isBig(fn: FuncInst): boolean {
		this.program.facts.body(fn);
		let big = this.big.get(fn);
		if (big === undefined) {
			let n = 0;
			const block = this.checkedBody(fn);
			if (block !== null) walk(block, () => ++n < BigNodes);
			big = n >= BigNodes;
			this.big.set(fn, big);
		}
		return big;
	}

	/** Whether a call of callee in caller, inside the calls of `within` that are inlined already, is inlined. Recursion goes one level deep. */
	inlines(caller: FuncInst, callee: FuncInst, within: readonly FuncInst[]): boolean {
		if (within.includes(callee) || isIntrinsicFunc(callee) || isSpecial(callee)) return false;
		const { cost } = this.verdict(callee);
		return cost !== null && cost <= (this.isBig(caller) ? BigMaxCost : MaxBudget);
	}
}

/** The builder and escape analysis know these by name. */
function isSpecial(fn: FuncInst): boolean {
	const path = fn.unit.pkg.path;
	const name = fn.obj?.name ?? "";
	return path === "internal/abi" && (name === "EscapeNonString" || name === "FuncPCABI0" || name === "FuncPCABIInternal");
}
