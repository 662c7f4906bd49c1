// What the session knows, in the shapes of the API.
import { type Binary, type Func, withoutTypeArgs } from "#bininfo";
import type { Goroutine, Location, ThreadView } from "#proc";
import type { ApiBreakpoint, ApiFunction, ApiGoroutine, ApiLocation, ApiThread } from "./api.ts";
import type { Debuggee } from "./debuggee.ts";
import { formatHitCondition, type LogicalBreakpoint } from "./logical.ts";

export function functionView(binary: Binary, f: Func): ApiFunction {
	return { name: f.name, value: f.entry, type: 0, goType: 0, optimized: isOptimized(binary, f) };
}

const optimizedUnits: WeakMap<Binary, Map<string, boolean>> = new WeakMap();

function isOptimized(binary: Binary, f: Func): boolean {
	let units = optimizedUnits.get(binary);
	if (units === undefined) {
		units = new Map();
		optimizedUnits.set(binary, units);
	}
	const pkg = f.packageName;
	let known = units.get(pkg);
	if (known === undefined) {
		known = binary.hasDwarf ? binary.optimized(f) : false;
		units.set(pkg, known);
	}
	return known;
}

export function locationView(binary: Binary, l: Location): ApiLocation {
	const out: ApiLocation = { pc: l.pc, file: l.file, line: l.line };
	if (l.func !== null) out.function = functionView(binary, l.func);
	return out;
}

export function goroutineView(d: Debuggee, g: Goroutine): ApiGoroutine {
	const { goroutines, binary } = d;
	const view = (l: Location): ApiLocation => locationView(binary, l);
	const nowhere: ApiLocation = { pc: 0, file: "", line: 0 };
	const out: ApiGoroutine = {
		id: g.id,
		currentLoc: nowhere,
		userCurrentLoc: nowhere,
		goStatementLoc: nowhere,
		startLoc: nowhere,
		threadID: g.thread?.id ?? 0,
		status: g.status,
		waitSince: g.waitSince,
		waitReason: g.waitReason,
		unreadable: g.unreadable,
	};
	if (g.unreadable !== "") return out;
	out.currentLoc = view(goroutines.current(g));
	out.userCurrentLoc = view(goroutines.userCurrent(g));
	out.goStatementLoc = view(goroutines.creation(g));
	out.startLoc = view(goroutines.start(g));
	const labels = goroutines.labels(g);
	if (labels.size > 0) out.labels = Object.fromEntries(labels);
	return out;
}

export function threadView(d: Debuggee, thread: ThreadView): ApiThread {
	const pc = thread.registers().pc;
	const out: ApiThread = {
		id: thread.id,
		pc,
		file: "",
		line: 0,
		goroutineID: d.goroutineId(thread),
		ReturnValues: null,
		CallReturn: false,
	};
	const at = d.binary.position(pc);
	if (at !== null) {
		out.file = at.file;
		out.line = at.line;
		out.function = functionView(d.binary, at.func);
	}
	return out;
}

/** A logical breakpoint with the places it has now. */
export function breakpointView(b: LogicalBreakpoint, places: readonly { pid: number; address: number; func: string }[]): ApiBreakpoint {
	const out: ApiBreakpoint = {
		...b.details,
		id: b.id,
		name: b.name,
		addr: places[0]?.address ?? 0,
		addrs: places.length === 0 ? null : places.map((p) => p.address),
		addrpid: places.length === 0 ? null : places.map((p) => p.pid),
		file: b.file,
		line: b.line,
		ExprString: places.length === 0 ? b.locationExpr : "",
		Cond: b.cond,
		HitCond: formatHitCondition(b.hitCondition),
		WatchExpr: b.watchExpr,
		WatchType: b.watchType,
		hitCount: Object.fromEntries([...b.hitCount].map(([g, n]) => [String(g), n])),
		totalHitCount: b.totalHitCount,
		disabled: !b.enabled,
	};
	delete out.functionName;
	for (const k of ["variables", "customCommands", "VerboseDescr"] as const) if ((out[k] ?? null) === null) delete out[k];
	const name = sharedFunctionName(b.functionName, places);
	if (name !== "") out.functionName = name;
	return out;
}

function sharedFunctionName(own: string, places: readonly { func: string }[]): string {
	let name = own;
	let generic = false;
	for (const p of places) {
		if (name === p.func || name === "") continue;
		if (!generic) name = withoutTypeArgs(name);
		generic = true;
		if (name !== withoutTypeArgs(p.func)) name = "(multiple functions)";
	}
	return name;
}
