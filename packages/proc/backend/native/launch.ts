// Starts a program so that it stops before its first instruction, traced by the calling thread.
// The child opens a FIFO before it executes the program; that blocks until we have seized it.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Libc, SpawnCall } from "./libc.ts";
import { PTRACE_SEIZE } from "./libc.ts";

export interface LaunchOptions {
	/** Absolute path of the executable. */
	path: string;
	/** argv, from the program's name on. */
	args: readonly string[];
	env: readonly string[];
	/** Working directory; "" = ours. */
	dir: string;
	/** Files for standard input, output and error; "" = inherited. */
	redirects: readonly [string, string, string];
	/** A terminal device that becomes the program's controlling terminal and its three descriptors; "" = none. */
	tty: string;
	disableAslr: boolean;
	/** Make the program the foreground job of our terminal, when we have one. */
	foreground: boolean;
}

const O_RDONLY = 0;
const O_WRONLY = 1;
const O_RDWR = 2;
const O_CREAT = 0o100;
const O_TRUNC = 0o1000;
const ADDR_NO_RANDOMIZE = 0x0040000;
const GATE_FD = 1000;

/** The pid of a child that is seized and about to execute the program; it stops at the exec. Throws when it cannot be started. */
export function launchSeized(libc: Libc, options: LaunchOptions, ptraceOptions: number): number {
	const dir = gateDirectory();
	const gate = join(dir, "gate");
	let persona = -1;
	try {
		if (libc.mkfifo(gate, 0o600) < 0) throw new Error(`cannot make a FIFO in ${dir}: ${libc.strerror(libc.errno())}`);
		if (options.disableAslr) {
			persona = libc.personality(0xffffffff);
			if (persona >= 0) libc.personality(persona | ADDR_NO_RANDOMIZE);
		}
		const before = new Set(children());
		libc.spawn(spawnCall(options, gate));
		const pid = newChild(before);
		if (Number(libc.ptrace(PTRACE_SEIZE, pid, 0, ptraceOptions)) < 0) {
			const why = libc.strerror(libc.errno());
			libc.kill(pid, 9);
			throw new Error(`could not trace the program: ${why}`);
		}
		const fd = libc.open(gate, O_WRONLY);
		if (fd >= 0) libc.close(fd);
		return pid;
	} finally {
		if (persona >= 0) libc.personality(persona);
		rmSync(dir, { recursive: true, force: true });
	}
}

function gateDirectory(): string {
	let last: unknown;
	for (const parent of [tmpdir(), "/dev/shm", "/var/tmp", "."]) {
		try {
			return mkdtempSync(join(parent, "tsugo-dlv-"));
		} catch (e) {
			last = e;
		}
	}
	throw new Error(`no directory for a FIFO: ${String(last)}`);
}

function spawnCall(o: LaunchOptions, gate: string): SpawnCall {
	// The gate comes first: what fails after it, fails where we see it.
	const opens: SpawnCall["opens"][number][] = [{ fd: GATE_FD, path: gate, flags: O_RDONLY, mode: 0 }];
	const dups: { from: number; to: number }[] = [];
	if (o.tty !== "") {
		opens.push({ fd: 0, path: o.tty, flags: O_RDWR, mode: 0 });
		dups.push({ from: 0, to: 1 }, { from: 0, to: 2 });
	}
	const [stdin, stdout, stderr] = o.redirects;
	if (stdin !== "") opens.push({ fd: 0, path: stdin, flags: O_RDONLY, mode: 0 });
	if (stdout !== "") opens.push({ fd: 1, path: stdout, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o660 });
	if (stderr !== "") {
		if (stderr === stdout) dups.push({ from: 1, to: 2 });
		else opens.push({ fd: 2, path: stderr, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o660 });
	}
	// Our own standard descriptors close at an exec; a dup onto itself keeps one open.
	if (o.tty === "") o.redirects.forEach((r, fd) => r === "" && dups.push({ from: fd, to: fd }));
	return { path: o.path, args: o.args, env: o.env, dir: o.dir, opens, dups, closes: [GATE_FD], newSession: o.tty !== "" };
}

/** Children of any thread of this process. */
function children(): number[] {
	const out: number[] = [];
	for (const task of readdirSync("/proc/self/task")) {
		try {
			const text = readFileSync(`/proc/self/task/${task}/children`, "utf8").trim();
			if (text !== "") out.push(...text.split(" ").map(Number));
		} catch {
			// the thread is gone
		}
	}
	return out;
}

/** A machine without processes or memory to spare makes no child; one that has much to do takes long. */
const NO_CHILD_MS = 120_000;
const LOOK_MS = 1;

function newChild(before: ReadonlySet<number>): number {
	const clock = new Int32Array(new SharedArrayBuffer(4));
	for (const end = Date.now() + NO_CHILD_MS; Date.now() < end; Atomics.wait(clock, 0, 0, LOOK_MS)) {
		for (const pid of children()) if (!before.has(pid) && atGate(pid)) return pid;
	}
	throw new Error("could not start the program: no child appeared");
}

/** Whether a child is the leader of a new group or session and sleeps in openat: ours, before its exec. */
function atGate(pid: number): boolean {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		const sleeping = fields[0] === "S" || fields[0] === "D";
		return sleeping && Number(fields[2]) === pid;
	} catch {
		return false;
	}
}
