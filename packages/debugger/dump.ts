// Core files of programs that go on: `dump` of a session, and `dlv gcore` of a process that nobody debugs.
import { setImmediate as turn } from "node:timers/promises";
import { neededPages, Program } from "#proc";
import { CoreDump, Group, loadLibc, type Target } from "#proc/live";
import type { ApiDumpState } from "./api.ts";
import { Binaries } from "./debuggee.ts";
import { executableOf } from "./procfs.ts";

/** Milliseconds of writing between two looks at what else there is to do. */
const SLICE = 20;

/** Throws with Go's words when the file cannot be made. */
function create(target: Target, path: string, first: number, wanted: ((page: number) => boolean) | null): CoreDump {
	try {
		return new CoreDump(target, path, { first, wanted });
	} catch (e) {
		const { code, message } = e as NodeJS.ErrnoException;
		const why = { ENOENT: "no such file or directory", EACCES: "permission denied", EISDIR: "is a directory" }[code ?? ""];
		throw new Error(why === undefined ? message : `open ${path}: ${why}`);
	}
}

/** A core file that a session writes, piece by piece. */
export class SessionDump {
	private readonly dump: CoreDump;
	private error = "";
	private state: "writing" | "done" | "canceled" = "writing";

	/** Throws when the file cannot be made. */
	constructor(target: Target, thread: number, path: string) {
		this.dump = create(target, path, thread, null);
	}

	get running(): boolean {
		return this.state === "writing";
	}

	/** Writes on for a moment; false when there is nothing more to do. */
	advance(): boolean {
		if (!this.running) return false;
		try {
			if (this.dump.step(SLICE)) this.state = "done";
		} catch (e) {
			this.error = e instanceof Error ? e.message : String(e);
			this.state = "done";
		}
		return this.running;
	}

	cancel(): void {
		if (!this.running) return;
		this.dump.cancel();
		this.state = "canceled";
	}

	view(): ApiDumpState {
		const p = this.dump.progress;
		return {
			Dumping: this.running,
			AllDone: this.state === "done",
			ThreadsDone: p.threadsDone,
			ThreadsTotal: p.threadsTotal,
			MemDone: p.memoryDone,
			MemTotal: p.memoryTotal,
			Err: this.error,
		};
	}
}

export interface GcoreRequest {
	pid: number;
	path: string;
	/** Leave out pages of the heap that nothing uses. */
	goOnly: boolean;
	/** Becomes true when it is to be given up. */
	canceled: () => boolean;
}

export interface GcoreResult {
	/** Bytes that the file occupies, and its length with holes. */
	written: number;
	size: number;
	threads: number;
	/** How long the process was stopped, in milliseconds. */
	stopped: number;
}

/** Writes a core file of a process, which goes on afterwards. Throws Error in words for the user. */
export async function gcore(r: GcoreRequest): Promise<GcoreResult | null> {
	const group = new Group(loadLibc(), {
		haltRequested: () => false,
		executed: () => {},
		follow: () => false,
		watchHit: () => false,
	});
	const start = performance.now();
	const target = group.attach(r.pid);
	try {
		const wanted = r.goOnly ? neededPages(new Program(target, new Binaries().ofProcess(executableOf(r.pid), r.pid))) : null;
		const dump = create(target, r.path, 0, wanted);
		while (!dump.step(SLICE)) {
			await turn();
			if (!r.canceled()) continue;
			dump.cancel();
			return null;
		}
		const { written, memoryTotal, threadsDone } = dump.progress;
		return { written, size: memoryTotal, threads: threadsDone, stopped: performance.now() - start };
	} finally {
		group.detach(target);
	}
}
