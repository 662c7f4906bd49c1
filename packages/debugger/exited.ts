// A process that is no more.
import type { DebuggerState } from "./api.ts";

/** The process ended; the message is Delve's. */
export class ExitedError extends Error {
	readonly pid: number;
	readonly status: number;
	constructor(pid: number, status: number) {
		super(`Process ${pid} has exited with status ${status}`);
		this.name = "ExitedError";
		this.pid = pid;
		this.status = status;
	}
}

/** What State says of it. */
export function exitedState(e: ExitedError): DebuggerState {
	return {
		Pid: e.pid,
		TargetCommandLine: "",
		Running: false,
		Recording: false,
		CoreDumping: false,
		Threads: null,
		NextInProgress: false,
		WatchOutOfScope: null,
		exited: true,
		exitStatus: e.status,
		When: "",
	};
}
