// What the main thread of a debugger needs of the C library: waking the thread that waits for traced processes.
import koffi from "koffi";

const O_CLOEXEC = 0x80000;

export interface Signals {
	tgkill(tgid: number, tid: number, signal: number): number;
	/** Makes a signal interrupt system calls rather than restart them; its handler must be installed already. */
	interrupting(signal: number): void;
	/** A pipe: the ends to read from and to write to. They are not inherited. */
	pipe(): [read: number, write: number];
	/** Ends this process at once, whatever its threads are doing. */
	exitNow(code: number): void;
}

export function loadSignals(): Signals {
	const lib = koffi.load("libc.so.6");
	const pipe2 = lib.func("int pipe2(_Out_ int *ends, int flags)");
	const siginterrupt = lib.func("int siginterrupt(int sig, int flag)");
	return {
		tgkill: lib.func("int tgkill(int tgid, int tid, int sig)") as Signals["tgkill"],
		interrupting: (signal) => void siginterrupt(signal, 1),
		pipe: () => {
			const ends = [0, 0];
			if (pipe2(ends, O_CLOEXEC) !== 0) throw new Error("could not make a pipe");
			return [ends[0] as number, ends[1] as number];
		},
		exitNow: lib.func("void _exit(int code)") as Signals["exitNow"],
	};
}
