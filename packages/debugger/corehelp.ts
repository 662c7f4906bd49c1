// Why there may be no core file, as this machine is set up.
import { readFileSync } from "node:fs";

function read(path: string): string {
	try {
		return readFileSync(path, "utf8").trim();
	} catch {
		return "";
	}
}

/** Lines that say where this machine's core files go and what a Go program needs to leave one. `pattern`, `limit`: as the kernel has them. */
export function explainCores(pattern: string, limit: string): string[] {
	const out = [
		"A Go program leaves a core file when it dies with GOTRACEBACK=crash in its environment (or by SIGQUIT or SIGABRT with that).",
	];
	if (limit === "0")
		out.push("The limit for core files is 0 here: none is written (ulimit -c unlimited raises it, in the shell that starts the program).");
	else if (limit !== "unlimited" && limit !== "")
		out.push(`Core files are cut off at ${limit} bytes here (ulimit -c unlimited raises that).`);
	if (pattern.startsWith("|")) {
		const program = pattern.slice(1).split(" ")[0] as string;
		const tool = /systemd-coredump/.test(program)
			? ": coredumpctl list shows them, coredumpctl dump -o FILE PID writes one out"
			: /apport/.test(program)
				? ": see /var/crash and /var/lib/apport/coredump"
				: "";
		out.push(`Core files are handed to ${program} (/proc/sys/kernel/core_pattern)${tool}. In a container that program runs on the host.`);
	} else if (pattern === "") out.push("The kernel's core_pattern is empty: no core files are written.");
	else {
		const where = pattern.startsWith("/") ? "" : ", in the working directory of the program";
		out.push(`Core files are named ${pattern}${where} (/proc/sys/kernel/core_pattern; %p is the pid, %e the program).`);
	}
	return out;
}

/** explainCores of this machine and process. */
export function coreHelp(): string[] {
	const limit = /^Max core file size\s+(\S+)/m.exec(read("/proc/self/limits"))?.[1] ?? "";
	return explainCores(read("/proc/sys/kernel/core_pattern"), limit);
}
