// The driver of the passes.

import { InternalError } from "#base";
import type { Func } from "./func.ts";
import { type Pass, passes } from "./passes/mod.ts";
import { dump } from "./text.ts";
import { verify } from "./verify.ts";

/** What `-d=ssa/...` asked for; see parsePassFlag. */
export interface PassFlags {
	/** Names of passes that do not run. */
	off: Set<string>;
	/** Pass (or "all") to the name of the function to dump, "" = every function. */
	dump: Map<string, string>;
	/** Passes (or "all") whose time is to be summed. */
	time: Set<string>;
	/** Verify after every pass. */
	check: boolean;
}

export interface OptimizeContext {
	flags: PassFlags;
	/** Where dumps go. */
	log: (text: string) => void;
	/** Milliseconds; null = no timing. */
	now: (() => number) | null;
	/** Sum of milliseconds by pass. */
	times: Map<string, number>;
	/** Called after every pass, and before the first one with "start". */
	after: ((f: Func, pass: string) => void) | null;
	/** Functions of which only the required passes run: to find the one that a pass breaks. Not asked for the runtime's. null = none. */
	plain: ((f: Func) => boolean) | null;
	/** Source text of the function at a position. */
	source: (pos: number) => string;
}

export function newPassFlags(): PassFlags {
	return { off: new Set(), dump: new Map(), time: new Set(), check: false };
}

export function newOptimizeContext(flags: PassFlags = newPassFlags()): OptimizeContext {
	return { flags, log: () => undefined, now: null, times: new Map(), after: null, plain: null, source: () => "" };
}

/**
 * Takes one `ssa/<pass>/<flag>[=value]` of -d into flags: on, off, time, dump[=func];
 * pass "check" with on or off; pass "all". Returns what is wrong, "" = nothing.
 */
export function parsePassFlag(text: string, flags: PassFlags): string {
	const [ssa, rawPass, rawFlag, ...more] = text.split("/");
	if (ssa !== "ssa" || rawPass === undefined || rawFlag === undefined) return `want ssa/<pass>/<flag>, have ${text}`;
	const pass = rawPass.replaceAll("_", " ");
	const [flag, value = ""] = [rawFlag, ...more].join("/").split("=");
	if (pass === "check") {
		if (flag !== "on" && flag !== "off") return `ssa/check has no flag ${flag}`;
		flags.check = flag === "on";
		return "";
	}
	const known = passes.find((p) => p.name === pass);
	if (known === undefined && pass !== "all" && pass !== "start")
		return `there is no pass ${pass}; passes: ${passes.map((p) => p.name).join(", ")}`;
	if (flag === "off") {
		if (known === undefined || known.required) return `pass ${pass} cannot be switched off`;
		flags.off.add(pass);
	} else if (flag === "on") flags.off.delete(pass);
	else if (flag === "dump") flags.dump.set(pass, value);
	else if (flag === "time") flags.time.add(pass);
	else return `pass ${pass} has no flag ${flag}`;
	return "";
}

/** Runs the passes that the function and the flags ask for. */
export function optimize(f: Func, ctx: OptimizeContext): void {
	const { flags } = ctx;
	const plain = !flags.check && flags.dump.size === 0 && ctx.now === null && ctx.after === null;
	if (!plain) observe(f, ctx, "start");
	// the runtime's rules about write barriers and stack hold with optimization only
	const bare = f.noOpt || (!f.unsafePoints && !f.noWriteBarrier && ctx.plain?.(f) === true);
	for (const p of passes) {
		if (!p.required && (bare || flags.off.has(p.name))) continue;
		const start = ctx.now === null ? 0 : ctx.now();
		runPass(f, p);
		if (plain) continue;
		if (ctx.now !== null) ctx.times.set(p.name, (ctx.times.get(p.name) ?? 0) + ctx.now() - start);
		observe(f, ctx, p.name);
	}
}

function runPass(f: Func, p: Pass): void {
	try {
		p.run(f);
	} catch (e) {
		if (e instanceof Error) e.message = `${f.name}: in pass ${p.name}: ${e.message}`;
		throw e;
	}
}

function observe(f: Func, ctx: OptimizeContext, pass: string): void {
	const only = ctx.flags.dump.get(pass) ?? ctx.flags.dump.get("all");
	if (only !== undefined && (only === "" || only === f.name)) ctx.log(`# ${f.name} after ${pass}\n${dump(f)}\n`);
	if (ctx.flags.check) {
		const errors = verify(f);
		if (errors.length > 0)
			throw new InternalError(`${f.name}: not well formed after ${pass}:\n\t${errors.slice(0, 10).join("\n\t")}\n${dump(f)}`);
	}
	ctx.after?.(f, pass);
}
