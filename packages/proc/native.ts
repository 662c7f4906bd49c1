// What the main thread of a debugger needs of the C library: waking the thread that waits for traced processes.
import koffi from "koffi";

export interface Signals {
	tgkill(tgid: number, tid: number, signal: number): number;
	/** Makes a signal interrupt system calls rather than restart them; its handler must be installed already. */
	interrupting(signal: number): void;
	/** Ends this process at once, whatever its threads are doing. */
	exitNow(code: number): void;
}

export function loadSignals(): Signals {
	const lib = koffi.load("libc.so.6");
	const siginterrupt = lib.func("int siginterrupt(int sig, int flag)");
	return {
		tgkill: lib.func("int tgkill(int tgid, int tid, int sig)") as Signals["tgkill"],
		interrupting: (signal) => void siginterrupt(signal, 1),
		exitNow: lib.func("void _exit(int code)") as Signals["exitNow"],
	};
}
