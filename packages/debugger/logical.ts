// Logical breakpoints: what the user asked for, independent of the addresses it means in a process.
import type { ApiBreakpoint } from "./api.ts";
import type { PathRules } from "./paths.ts";

/** Breakpoints of our own: the program is about to die. */
export const UNRECOVERED_PANIC = -1;
export const FATAL_THROW = -2;
export const HARDCODED = -3;

/** How to find a breakpoint's addresses, also in a program that is started later. */
export type Placement =
	| { kind: "line"; file: string; line: number }
	| { kind: "function"; name: string; line: number }
	| { kind: "addresses"; addresses: readonly { pid: number; address: number }[] }
	| { kind: "watch" };

export interface HitCondition {
	op: string;
	value: number;
}

export class LogicalBreakpoint {
	readonly id: number;
	name: string = "";
	file: string = "";
	line: number = 0;
	functionName: string = "";
	placement: Placement;
	/** A location expression that takes precedence over the placement; "" = none. */
	locationExpr: string = "";
	rules: PathRules = [];
	enabled: boolean = false;
	cond: string = "";
	hitCondition: HitCondition | null = null;
	/** Everything that is only handed back to clients. */
	details: ApiBreakpoint;
	readonly hitCount: Map<number, number> = new Map();
	totalHitCount: number = 0;
	watchExpr: string = "";
	watchType: number = 0;

	constructor(id: number, placement: Placement, details: ApiBreakpoint) {
		this.id = id;
		this.placement = placement;
		this.details = details;
	}

	/** Counts a hit whose condition held, and says whether it is one to stop at. */
	hit(goroutine: number): boolean {
		this.totalHitCount++;
		const own = (this.hitCount.get(goroutine) ?? 0) + 1;
		if (goroutine !== 0) this.hitCount.set(goroutine, own);
		if (this.hitCondition === null) return true;
		const n = this.details.HitCondPerG ? own : this.totalHitCount;
		const { op, value } = this.hitCondition;
		switch (op) {
			case "==":
				return n === value;
			case "!=":
				return n !== value;
			case ">":
				return n > value;
			case ">=":
				return n >= value;
			case "<":
				return n < value;
			case "<=":
				return n <= value;
			default:
				return n % value === 0;
		}
	}

	/** It can never stop again: its exact hit count is behind it. */
	get exhausted(): boolean {
		if (this.hitCondition === null || this.details.HitCondPerG) return false;
		const { op, value } = this.hitCondition;
		return (
			(op === "==" && this.totalHitCount >= value) ||
			(op === "<" && this.totalHitCount >= value - 1) ||
			(op === "<=" && this.totalHitCount >= value)
		);
	}
}

/** "3", "> 3", "% 2"; null for "". Throws with Delve's words. */
export function parseHitCondition(text: string): HitCondition | null {
	if (text === "") return null;
	const fail = (why: string): Error => new Error(`unable to parse breakpoint hit condition: ${JSON.stringify(text)}\n${why}`);
	const m = /^\s*(==|!=|>=|<=|>|<|%)?\s*(\S+)\s*$/.exec(text);
	if (m === null) throw fail('hit conditions should be of the form "number" or "OP number"');
	const op = m[1] ?? "==";
	const number = m[2] as string;
	if (!/^-?\d+$/.test(number)) {
		const word = /^(\D+)\s*\d+$/.exec(text.trim());
		if (word !== null && m[1] === undefined) throw fail(`invalid operator: ${JSON.stringify((word[1] as string).trim())}`);
		if (m[1] === undefined) throw fail('hit conditions should be of the form "number" or "OP number"');
		throw fail(`invalid number: ${JSON.stringify(number)}`);
	}
	return { op, value: Number(number) };
}

export function formatHitCondition(c: HitCondition | null): string {
	return c === null ? "" : `${c.op} ${c.value}`;
}

/** An API breakpoint with nothing in it. */
export function emptyBreakpoint(): ApiBreakpoint {
	return {
		id: 0,
		name: "",
		addr: 0,
		addrs: null,
		addrpid: null,
		file: "",
		line: 0,
		ExprString: "",
		Cond: "",
		HitCond: "",
		HitCondPerG: false,
		continue: false,
		traceReturn: false,
		goroutine: false,
		stacktrace: 0,
		LoadArgs: null,
		LoadLocals: null,
		WatchExpr: "",
		WatchType: 0,
		hitCount: {},
		totalHitCount: 0,
		disabled: false,
		RootFuncName: "",
		TraceFollowCalls: 0,
	};
}

/** Throws with Delve's words for a name that is a number or has characters other than letters and digits. */
export function checkBreakpointName(name: string): void {
	if (/^[+-]?\d+$/.test(name)) throw new Error("breakpoint name can not be a number");
	for (const c of name) if (!/[\p{L}\p{Nd}]/u.test(c)) throw new Error(`invalid character in breakpoint name '${c}'`);
}
