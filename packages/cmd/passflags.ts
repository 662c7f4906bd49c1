// -gcflags=-d=…: what the compiler shows of its work, and which functions it
// optimizes. Keys:
//
//	ssa/PASS/off|on|dump[=FUNC]|time, ssa/check/on     as gc has them
//	ssa/html=REGEXP                                    a page of each function through all passes (GOSSAFUNC does it too)
//	optrange=LO:HI                                     only functions whose hash (hex) is in LO..HI-1 are optimized: for tools/bisect.ts
//	optmatch=REGEXP                                    only functions whose linker name matches are optimized
//	optlist                                            prints the names and hashes of the functions that are optimized

import { writeFileSync } from "node:fs";
import { UserError } from "#build";
import { type Func, newOptimizeContext, newPassFlags, type OptimizeContext, parsePassFlag } from "#ssa";
import { collectPages } from "./ssapage.ts";

/** The values of -d in the compiler's arguments. */
function debugKeys(list: readonly { args: readonly string[] }[]): string[] {
	const out: string[] = [];
	for (const { args } of list) {
		args.forEach((arg, i) => {
			const m = /^--?d(?:=(.*))?$/s.exec(arg);
			if (m !== null) out.push(...(m[1] ?? args[i + 1] ?? "").split(","));
		});
	}
	return out;
}

/** FNV-1a of a name: spreads functions over 32 bits. */
export function nameHash(name: string): number {
	let h = 0x811c9dc5;
	for (const byte of new TextEncoder().encode(name)) h = Math.imul(h ^ byte, 0x01000193);
	return h >>> 0;
}

function regexp(text: string): RegExp {
	try {
		return new RegExp(text);
	} catch (err) {
		throw new UserError(`-gcflags: -d: ${(err as Error).message}`);
	}
}

/** Which functions are optimized; null = all. */
function chosen(keys: readonly string[]): ((f: Func) => boolean) | null {
	const tests: ((name: string) => boolean)[] = [];
	for (const key of keys) {
		const range = /^optrange=([0-9a-f]{1,8}):([0-9a-f]{1,9})$/i.exec(key);
		if (range !== null) {
			const [lo, hi] = [Number.parseInt(range[1], 16), Number.parseInt(range[2], 16)];
			tests.push((name) => nameHash(name) >= lo && nameHash(name) < hi);
		} else if (key.startsWith("optmatch=")) {
			const re = regexp(key.slice("optmatch=".length));
			tests.push((name) => re.test(name));
		}
	}
	return tests.length === 0 ? null : (f) => tests.every((t) => t(f.name));
}

/** Where the page of a function goes: as go writes it, one file for one function. */
function pageFile(name: string, first: boolean): string {
	return first ? "ssa.html" : `ssa.${name.replace(/[^\w.-]+/g, "_")}.html`;
}

/** How the passes are to run; undefined when nothing is asked for. gossafunc: the environment's GOSSAFUNC. */
export function passContext(list: readonly { args: readonly string[] }[], gossafunc: string): OptimizeContext | undefined {
	const keys = debugKeys(list);
	if (keys.length === 0 && gossafunc === "") return undefined;
	const flags = newPassFlags();
	const ctx: OptimizeContext = { ...newOptimizeContext(flags), log: (text) => void process.stdout.write(text) };
	const pages: ((name: string) => boolean)[] = [];
	if (gossafunc !== "")
		pages.push((name) => name === gossafunc || name.slice(name.lastIndexOf("/") + 1).replace(/^[^.]*\./, "") === gossafunc);
	for (const key of keys) {
		if (/^opt(range=[0-9a-f]+:[0-9a-f]+|match=.*|list)$/i.test(key)) continue;
		if (key.startsWith("ssa/html=")) {
			const re = regexp(key.slice("ssa/html=".length));
			pages.push((name) => re.test(name));
			continue;
		}
		if (!key.startsWith("ssa/")) throw new UserError(`invalid value ${JSON.stringify(key)} for flag -d: unknown debug key ${key}`);
		const problem = parsePassFlag(key, flags);
		if (problem !== "") throw new UserError(`-gcflags: -d: ${problem}`);
	}
	if (flags.time.size > 0) {
		ctx.now = () => performance.now();
		process.on("exit", () => printTimes(ctx));
	}
	const optimized = chosen(keys);
	if (optimized !== null) ctx.plain = (f) => !optimized(f);
	if (keys.includes("optlist")) {
		ctx.after = (f, pass) => {
			if (pass === "start" && ctx.plain?.(f) !== true)
				process.stderr.write(`${nameHash(f.name).toString(16).padStart(8, "0")} ${f.name}\n`);
		};
	}
	if (pages.length > 0) {
		let first = true;
		collectPages(
			ctx,
			(name) => pages.some((p) => p(name)),
			(name, html) => {
				const file = pageFile(name, first);
				first = false;
				writeFileSync(file, html);
				process.stderr.write(`dumped SSA of ${name} to ./${file}\n`);
			},
		);
	}
	return ctx;
}

function printTimes(ctx: OptimizeContext): void {
	const { time } = ctx.flags;
	for (const [pass, ms] of ctx.times) if (time.has("all") || time.has(pass)) process.stderr.write(`${pass}\t${ms.toFixed(1)} ms\n`);
}
