// -gcflags=-d=…: what the compiler shows of its work. Keys are gc's `ssa/PASS/FLAG`.

import { newOptimizeContext, newPassFlags, type OptimizeContext, parsePassFlag } from "#ssa";
import { UserError } from "#build";

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

/** How the passes are to run; undefined when no -d says anything. */
export function passContext(list: readonly { args: readonly string[] }[]): OptimizeContext | undefined {
	const keys = debugKeys(list);
	if (keys.length === 0) return undefined;
	const flags = newPassFlags();
	const ctx: OptimizeContext = { ...newOptimizeContext(flags), log: (text) => void process.stdout.write(text) };
	for (const key of keys) {
		if (!key.startsWith("ssa/")) throw new UserError(`invalid value ${JSON.stringify(key)} for flag -d: unknown debug key ${key}`);
		const problem = parsePassFlag(key, flags);
		if (problem !== "") throw new UserError(`-gcflags: -d: ${problem}`);
	}
	if (flags.time.size > 0) ctx.now = () => performance.now();
	return ctx;
}
