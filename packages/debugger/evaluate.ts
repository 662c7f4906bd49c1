// Expressions, variables and conditions in the context of a session.
import {
	Condition as CompiledCondition,
	EMPTY_VIEW,
	EvalError,
	EvalScope as Scope,
	evaluate as evaluateText,
	defaultLoad,
	defersByFrame,
	type Goroutine,
	type LoadConfig as Load,
	Loader,
	setVariable as assignText,
	shallowLoad,
	stackFrames,
	type StackWalker,
	type Frame,
	type ThreadView,
	type Variable,
	viewOf,
} from "#proc";
import { Kind, kindName } from "#bininfo";
import type { NativeThread } from "#proc/live";
import type { ApiBreakpoint, ApiVariable, BreakpointInfo, EvalScope, LoadConfig } from "./api.ts";
import type { Debuggee } from "./debuggee.ts";
import { stacktraceOfThread } from "./inspect.ts";
import type { Session } from "./session.ts";
import { goroutineView } from "./views.ts";

const loaders: WeakMap<Debuggee, Loader> = new WeakMap();

export function loaderOf(d: Debuggee): Loader {
	let l = loaders.get(d);
	if (l === undefined) {
		l = new Loader(d.program);
		loaders.set(d, l);
	}
	return l;
}

export function loadOf(c: LoadConfig): Load {
	return {
		followPointers: c.FollowPointers,
		maxVariableRecurse: c.MaxVariableRecurse,
		maxStringLen: c.MaxStringLen,
		maxArrayValues: c.MaxArrayValues,
		maxStructFields: c.MaxStructFields,
	};
}

/** Loaded as far as the limits say. */
export function variableViews(d: Debuggee, list: readonly Variable[], load: LoadConfig): ApiVariable[] {
	return views(d, list, loadOf(load));
}

function views(d: Debuggee, list: readonly Variable[], load: Load): ApiVariable[] {
	const loader = loaderOf(d);
	return list.map((v) => viewOf(loader, v.loaded ? v : loader.load(v, load)));
}

// Conditions.

/** A condition of a breakpoint, examined on the thread that reached it. Throws with Delve's words when it cannot be. */
export interface Condition {
	test(session: Session, d: Debuggee, thread: NativeThread): boolean;
}

export function compileCondition(expr: string): Condition {
	const c = new CompiledCondition(expr);
	return {
		test: (session, d, thread) => {
			try {
				return c.test(d.program, loaderOf(d), d.goroutines, thread, {
					hitCounts: (n) => session.breakpoints.hitCount(n),
					threadId: thread.id,
				});
			} catch (x) {
				const text = x instanceof Error ? x.message : String(x);
				throw new Error(/^(error evaluating|condition expression)/.test(text) ? text : `error evaluating expression: ${text}`);
			}
		},
	};
}

// Scopes.

const MAX_DEPTH = 1 << 20;
/** Frames that expressions about outer frames may name. */
const MAX_OUTWARD = 1 << 12;

/** The place that an API scope names. Throws with Delve's words. */
export function scopeOf(session: Session, s: EvalScope, outward: boolean = false): { d: Debuggee; scope: Scope } {
	const d = session.debuggee;
	const g = session.findGoroutine(s.GoroutineID);
	const again = (): StackWalker => (g === null ? d.goroutines.threadWalker(session.thread()) : d.goroutines.walker(g));
	const walker = again();
	const frames = stackFrames(walker, Math.min(Math.max(s.Frame, 0) + 2, MAX_DEPTH));
	if (s.Frame < 0 || s.Frame >= frames.length) throw new Error(`Frame ${s.Frame} does not exist in goroutine ${s.GoroutineID}`);
	if (s.DeferredCall > 0) return { d, scope: deferredScope(d, g, frames, s) };
	const scope = new Scope(loaderOf(d), g, frames.slice(s.Frame));
	if (!outward && !scope.isRangeBody) return { d, scope };
	// What the frame's callers hold is asked for too.
	const whole = stackFrames(again(), MAX_OUTWARD);
	return { d, scope: new Scope(loaderOf(d), g, whole.slice(s.Frame), whole) };
}

/** The scope of a call that a frame has deferred: its function as it will be entered. */
function deferredScope(d: Debuggee, g: Goroutine | null, frames: readonly Frame[], s: EvalScope): Scope {
	const defers = g === null ? [] : (defersByFrame(d.program, g, frames)[s.Frame] ?? []);
	const call = defers[s.DeferredCall - 1];
	if (call === undefined) throw new Error(`Frame ${s.Frame} only has ${defers.length} deferred calls`);
	if (call.unreadable !== "") throw new Error(call.unreadable);
	const func = d.binary.funcAt(call.pc);
	if (func === null) throw new Error(`could not find function at 0x${call.pc.toString(16)}`);
	const place = d.goroutines.location(call.pc);
	const outer = frames[s.Frame] as Frame;
	const entered: Frame = {
		...outer,
		pc: call.pc,
		callPc: call.pc,
		func,
		name: func.name,
		file: place.file,
		line: place.line,
		currentLine: place.line,
		inlined: false,
		inlineDepth: 0,
		cfa: call.record,
		regs: { pc: call.pc, sp: call.record - 8, bp: 0, thread: null },
		ret: 0,
	};
	return new Scope(loaderOf(d), g, [entered]);
}

/** For location expressions: the scope's pc, and address expressions in it; null when there is no such scope. */
export function scopeAt(
	session: Session,
	d: Debuggee,
	s: EvalScope,
): { pc: number; evaluate: (expr: string) => { address: number; func: string } } | null {
	if (d !== session.debuggee) return null;
	let scope: Scope;
	try {
		scope = scopeOf(session, s).scope;
	} catch {
		return null;
	}
	return {
		pc: scope.frame?.pc ?? 0,
		evaluate: (expr) => {
			const v = evaluateText(expr, scope, { ...shallowLoad, followPointers: true });
			if (v.unreadable !== "") throw new Error(v.unreadable);
			if (v.kind === Kind.Func) return { address: v.base, func: v.name };
			if (typeof v.value === "bigint") return { address: Number(v.value), func: "" };
			throw new Error(`wrong expression kind: ${kindName(v.kind)}`);
		},
	};
}

// Variables.

export function frameVariables(
	d: Debuggee,
	frames: readonly Frame[],
	index: number,
	g: Goroutine | null,
	load: LoadConfig,
): { locals: ApiVariable[]; args: ApiVariable[] } {
	const scope = new Scope(loaderOf(d), g, frames.slice(index));
	const l = loadOf(load);
	return { locals: views(d, scope.locals(), l), args: views(d, scope.arguments(), l) };
}

export function localVariables(session: Session, s: EvalScope, load: LoadConfig): ApiVariable[] {
	const { d, scope } = scopeOf(session, s);
	return views(d, scope.locals(), loadOf(load));
}

export function functionArguments(session: Session, s: EvalScope, load: LoadConfig): ApiVariable[] {
	const { d, scope } = scopeOf(session, s);
	return views(d, scope.arguments(), loadOf(load));
}

export function packageVariables(session: Session, filter: RegExp, load: LoadConfig): ApiVariable[] {
	const d = session.debuggee;
	const l = loadOf(load);
	return views(d, new Scope(loaderOf(d), null, []).packageVariables(l, filter), l);
}

export function evaluate(session: Session, s: EvalScope, expr: string, load: LoadConfig): ApiVariable {
	const { d, scope } = scopeOf(session, s, expr.includes("runtime.frame("));
	const hitCounts = (name: string): bigint | undefined => session.breakpoints.hitCount(name);
	return viewOf(loaderOf(d), evaluateText(expr, scope, loadOf(load), { hitCounts, threadId: session.thread().id }));
}

export function setVariable(session: Session, s: EvalScope, symbol: string, value: string): void {
	const { d, scope } = scopeOf(session, s);
	if (d.target === null) throw new Error("can not write to a core file");
	try {
		assignText(symbol, value, scope);
	} finally {
		d.program.resumed();
	}
}

/** What a type is made of. */
export function typeInfo(
	session: Session,
	name: string,
): { Kind: number; Size: number; RealType: string; Fields: { Name: string; Type: string }[]; Methods: { Name: string }[] } {
	const d = session.debuggee;
	const t = d.binary.typeNamed(name);
	if (t === null) throw new Error(`could not find type ${name}`);
	const real = t.real;
	const fields = real.kind === Kind.Struct ? real.fields.map((f) => ({ Name: f.name, Type: f.type.name })) : [];
	const methods = new Set<string>();
	for (const f of d.binary.funcs.names().keys()) {
		const dot = f.lastIndexOf(".");
		const receiver = f.slice(0, dot).replace(/\(\*(.*)\)$/, "$1");
		if (dot > 0 && receiver === name) methods.add(f.slice(dot + 1));
	}
	return { Kind: real.kind, Size: t.size, RealType: real.name, Fields: fields, Methods: [...methods].sort().map((Name) => ({ Name })) };
}

// Breakpoints.

/** What a breakpoint asks to be collected when it is hit. */
export function collectInformation(session: Session, d: Debuggee, thread: ThreadView, bp: ApiBreakpoint): BreakpointInfo {
	const out: BreakpointInfo = {};
	const g = d.goroutines.ofThread(thread);
	if (bp.goroutine && g !== null) out.goroutine = goroutineView(d, g);
	if (bp.stacktrace > 0) out.stacktrace = stacktraceOfThread(d, thread, bp.stacktrace);
	const variables = bp.variables ?? [];
	if (variables.length === 0 && bp.LoadArgs === null && bp.LoadLocals === null) return out;
	let scope = new Scope(loaderOf(d), g, stackFrames(d.goroutines.threadWalker(thread), 2));
	if (scope.isRangeBody) scope = new Scope(loaderOf(d), g, stackFrames(d.goroutines.threadWalker(thread), MAX_OUTWARD));
	if (variables.length > 0) {
		out.variables = variables.map((expr) => {
			try {
				const v = evaluateText(expr, scope, defaultLoad, { hitCounts: (n) => session.breakpoints.hitCount(n), threadId: thread.id });
				v.name = expr;
				return viewOf(loaderOf(d), v);
			} catch (e) {
				return { ...EMPTY_VIEW, name: expr, unreadable: `eval error: ${e instanceof Error ? e.message : String(e)}` };
			}
		});
	}
	try {
		if (bp.LoadArgs !== null) out.arguments = views(d, scope.arguments(), loadOf(bp.LoadArgs));
		if (bp.LoadLocals !== null) out.locals = views(d, scope.locals(), loadOf(bp.LoadLocals));
	} catch (e) {
		if (!(e instanceof Error)) throw e;
	}
	return out;
}

export interface Watchable {
	address: number;
	size: number;
	/** The goroutine whose stack it is on: address of its g, else 0. */
	g: number;
	/** Distance of the variable, and of the end of its frame, from the top of that stack. */
	offset: number;
	frameOffset: number;
	/** Where the frame returns to. */
	frameReturn: number;
}

/** The memory of an expression, for a watchpoint. Throws with Delve's words. */
export function watchable(session: Session, s: EvalScope, expr: string, type: number): Watchable {
	const { d, scope } = scopeOf(session, s);
	if ((type & 3) === 0) throw new Error("at least one of read and write must be set for watchpoint");
	let v: Variable;
	try {
		v = evaluateText(expr, scope, defaultLoad);
	} catch (e) {
		if (e instanceof EvalError) throw new Error(e.message);
		throw e;
	}
	if (v.address === 0 || v.fake || v.type === null) throw new Error(`can not watch ${JSON.stringify(expr)}`);
	if (v.unreadable !== "") throw new Error(`expression ${JSON.stringify(expr)} is unreadable: ${v.unreadable}`);
	if (v.kind === Kind.UnsafePointer || v.kind === Kind.Invalid) throw new Error(`can not watch variable of type ${kindName(v.kind)}`);
	if (v.kind === Kind.Interface) {
		const child = v.children[0];
		if (child === undefined || child.address === 0) throw new Error(`invalid interface ${JSON.stringify(expr)}`);
		v = child;
	}
	const size = v.type?.size ?? 0;
	if (size <= 0 || size > 8) throw new Error(`can not watch variable of type ${v.type?.name ?? ""}`);
	const g = scope.goroutine;
	const { address } = v;
	const plain = { address, size, g: 0, offset: 0, frameOffset: 0, frameReturn: 0 };
	if (g === null || address < g.stackLo || address >= g.stackHi) return plain;
	if ((type & 1) !== 0) throw new Error("can not watch stack allocated variable for reads");
	const frames = d.goroutines.stack(g, 1000);
	const owner = frames.find((f) => !f.inlined && !f.systemStack && address < f.cfa);
	if (owner === undefined) return plain;
	return { address, size, g: g.address, offset: address - g.stackHi, frameOffset: owner.cfa - g.stackHi, frameReturn: owner.ret };
}
