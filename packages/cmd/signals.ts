// Signals as Go's os package names them (syscall's zerrors table for linux).

const names: Readonly<Record<string, string>> = {
	SIGHUP: "hangup",
	SIGINT: "interrupt",
	SIGQUIT: "quit",
	SIGILL: "illegal instruction",
	SIGTRAP: "trace/breakpoint trap",
	SIGABRT: "aborted",
	SIGBUS: "bus error",
	SIGFPE: "floating point exception",
	SIGKILL: "killed",
	SIGUSR1: "user defined signal 1",
	SIGSEGV: "segmentation fault",
	SIGUSR2: "user defined signal 2",
	SIGPIPE: "broken pipe",
	SIGALRM: "alarm clock",
	SIGTERM: "terminated",
	SIGXCPU: "CPU time limit exceeded",
	SIGXFSZ: "file size limit exceeded",
	SIGSYS: "bad system call",
};

/** "killed" for SIGKILL. */
export function signalText(signal: NodeJS.Signals): string {
	return names[signal] ?? signal.toLowerCase();
}
