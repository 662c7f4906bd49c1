// Expressions, variables and conditions in the context of a session.
import type { Frame, Goroutine, ThreadView } from "#proc";
import type { NativeThread } from "#proc/live";
import type { ApiBreakpoint, ApiVariable, BreakpointInfo, EvalScope, LoadConfig } from "./api.ts";
import type { Debuggee } from "./debuggee.ts";
import type { Session } from "./session.ts";

/** A condition of a breakpoint, examined on the thread that reached it. Throws with Delve's words when it cannot be. */
export interface Condition {
	test(d: Debuggee, thread: NativeThread): boolean;
}

export function compileCondition(expr: string): Condition {
	void expr;
	throw new Error("conditions are not supported yet");
}

export function scopeAt(
	session: Session,
	d: Debuggee,
	scope: EvalScope,
): { pc: number; evaluate: (expr: string) => { address: number; func: string } } | null {
	try {
		const g = session.findGoroutine(scope.GoroutineID);
		const frames = g === null ? null : d.goroutines.stack(g, scope.Frame + 1);
		const pc = frames?.[scope.Frame]?.pc ?? session.thread().registers().pc;
		return {
			pc,
			evaluate: (expr) => {
				const address = Number(expr);
				if (!Number.isInteger(address)) throw new Error(`could not evaluate ${expr}`);
				return { address, func: "" };
			},
		};
	} catch {
		return null;
	}
}

export function collectInformation(session: Session, d: Debuggee, thread: ThreadView, view: ApiBreakpoint): BreakpointInfo {
	void session;
	void d;
	void thread;
	void view;
	return {};
}

export function watchable(
	session: Session,
	scope: EvalScope,
	expr: string,
	type: number,
): { address: number; size: number; g: number; offset: number; frameReturn: number; frameOffset: number } {
	void session;
	void scope;
	void type;
	throw new Error(`can not watch ${JSON.stringify(expr)}`);
}

const pending = (): never => {
	throw new Error("variables are not supported yet");
};

export function frameVariables(
	session: Session,
	d: Debuggee,
	frames: readonly Frame[],
	index: number,
	g: Goroutine | null,
	load: LoadConfig,
): { locals: ApiVariable[]; args: ApiVariable[] } {
	void [session, d, frames, index, g, load];
	return pending();
}

export function frameScopeVariables(session: Session, scope: EvalScope, load: LoadConfig): { locals: ApiVariable[]; args: ApiVariable[] } {
	void [session, scope, load];
	return pending();
}

export function packageVariables(session: Session, filter: RegExp, load: LoadConfig): ApiVariable[] {
	void [session, filter, load];
	return pending();
}

export function evaluate(session: Session, scope: EvalScope, expr: string, load: LoadConfig): ApiVariable {
	void [session, scope, expr, load];
	return pending();
}

export function setVariable(session: Session, scope: EvalScope, symbol: string, value: string): void {
	void [session, scope, symbol, value];
	pending();
}

export function typeInfo(session: Session, name: string): unknown {
	void [session, name];
	return pending();
}
