// tsugo dlv gcore: a core file of a process that goes on.
export interface GcoreCommand {
	pid: string;
	/** "" = core.PID. */
	output: string;
	goOnly: boolean;
}

const MIB = 1 << 20;

/** Writes the file; the exit code. */
export async function gcoreCommand(c: GcoreCommand): Promise<number> {
	const fail = (text: string): number => {
		process.stderr.write(`${text}\n`);
		return 1;
	};
	if (!/^\d+$/.test(c.pid)) return fail(`Invalid pid: ${c.pid}`);
	const pid = Number(c.pid);
	const path = c.output === "" ? `core.${pid}` : c.output;
	let canceled = false;
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
		process.on(signal, () => {
			canceled = true;
		});
	}
	const { gcore } = await import("#debugger/gcore");
	try {
		const r = await gcore({ pid, path, goOnly: c.goOnly, canceled: () => canceled });
		if (r === null) return fail("canceled");
		const mib = (n: number): string => (n / MIB).toFixed(1);
		process.stdout.write(
			`${path}: ${r.threads} threads, ${mib(r.size)} MiB of memory, ${mib(r.written)} MiB on disk; the process was stopped for ${Math.round(r.stopped)} ms\n`,
		);
		return 0;
	} catch (e) {
		return fail(e instanceof Error ? e.message : String(e));
	}
}
