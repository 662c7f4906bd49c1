// Leaked goroutines and deadlocks, in shapes for clients. Not part of Delve's API.
import { findDeadlocks, findLeaks, type Wait } from "#proc";
import type { ApiGoroutine } from "./api.ts";
import type { Debuggee } from "./debuggee.ts";
import type { Session } from "./session.ts";
import { goroutineView } from "./views.ts";

export interface ApiWait {
	Goroutine: ApiGoroutine;
	/** channel, select, lock or nothing (a nil channel, an empty select). */
	Kind: string;
	/** Addresses of what it waits for. */
	Objects: number[];
	/** Numbers of the goroutines that hold it, and so could have woken this one. */
	Holders: number[];
}

function waitView(d: Debuggee, w: Wait, holders: readonly number[]): ApiWait {
	return { Goroutine: goroutineView(d, w.goroutine), Kind: w.kind, Objects: [...w.objects], Holders: [...holders] };
}

/** Goroutines that nothing can ever wake. */
export function leaks(session: Session): ApiWait[] {
	const d = session.debuggee;
	return findLeaks(d.program).map((l) => waitView(d, l, l.holders));
}

/** Circles of goroutines, each of which waits for what only the next one holds. */
export function deadlocks(session: Session): ApiWait[][] {
	const d = session.debuggee;
	return findDeadlocks(d.program).map((c) => c.waits.map((w, i) => waitView(d, w, c.holders[i] ?? [])));
}
