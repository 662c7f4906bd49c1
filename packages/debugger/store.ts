// The breakpoints of a session: creating, changing and placing them, and what happens when a thread reaches one.
import { withoutTypeArgs } from "#bininfo";
import type { ThreadView } from "#proc";
import { callsIn, type NativeThread, type Verdict, type Watch, word } from "#proc/live";
import type { ApiBreakpoint, BreakpointInfo } from "./api.ts";
import type { Debuggee } from "./debuggee.ts";
import { collectInformation, compileCondition, type Condition, watchable } from "./evaluate.ts";
import {
	emptyBreakpoint,
	FATAL_THROW,
	HARDCODED,
	LogicalBreakpoint,
	parseHitCondition,
	type Placement,
	UNRECOVERED_PANIC,
} from "./logical.ts";
import { parseLocation, placesOf } from "./locspec.ts";
import type { PathRules } from "./paths.ts";
import { EVENT_MATERIALIZED, type Session } from "./session.ts";
import { breakpointView } from "./views.ts";
import type { EvalScope } from "./api.ts";

interface Place {
	pid: number;
	address: number;
	func: string;
}

/** A watchpoint of a stack variable, which ends when its frame does. */
interface ScopedWatch {
	watch: Watch;
	pid: number;
	/** Address of the goroutine's g, and the distance of the variable from the top of its stack. */
	g: number;
	offset: number;
}

export class BreakpointStore {
	private readonly session: Session;
	private readonly logical: Map<number, LogicalBreakpoint> = new Map();
	private readonly places: Map<number, Place[]> = new Map();
	private readonly conditions: Map<number, Condition> = new Map();
	private readonly watches: Map<number, ScopedWatch | { watch: Watch; pid: number }> = new Map();
	private outOfScope: ApiBreakpoint[] = [];
	private counter = 0;

	constructor(session: Session) {
		this.session = session;
	}

	// Creating and changing.

	/** Creates a breakpoint as Delve's CreateBreakpoint does: from a line, a function or addresses. */
	create(request: ApiBreakpoint, locationExpr: string, rules: PathRules, suspended: boolean): ApiBreakpoint {
		if (request.name !== "" && this.byName(request.name) !== null) throw new Error("breakpoint name already exists");
		const same = request.id === 0 ? undefined : this.logical.get(request.id);
		if (same !== undefined) throw new Error(`Breakpoint exists at ${same.file}:${same.line} at 0`);
		if (locationExpr !== "") parseLocation(locationExpr);
		const id = request.id > 0 ? request.id : this.counter + 1;
		const b = new LogicalBreakpoint(id, placementOf(request, this.session), request);
		b.locationExpr = locationExpr;
		b.rules = rules;
		this.copy(b, request);
		if (!suspended) this.resolve(b);
		this.counter = id;
		this.logical.set(id, b);
		try {
			this.enable(b);
		} catch (e) {
			if (!suspended) {
				this.disable(b);
				this.logical.delete(id);
				throw e;
			}
		}
		return this.viewOf(b);
	}

	private copy(b: LogicalBreakpoint, r: ApiBreakpoint): void {
		const hit = parseHitCondition(r.HitCond);
		const condition = r.Cond === "" ? null : compileCondition(r.Cond);
		b.name = r.name;
		b.cond = r.Cond;
		b.hitCondition = hit;
		b.details = { ...r };
		if (condition === null) this.conditions.delete(b.id);
		else this.conditions.set(b.id, condition);
	}

	amend(r: ApiBreakpoint): void {
		const b = this.logical.get(r.id);
		if (b === undefined) throw new Error(`no breakpoint with ID ${r.id}`);
		if (b.placement.kind === "watch" && r.disabled) throw new Error("can not disable watchpoints");
		this.copy(b, r);
		if (r.disabled) this.disable(b);
		else if (!b.enabled) this.enable(b);
	}

	clear(id: number): ApiBreakpoint {
		const b = this.logical.get(id);
		if (b === undefined) throw new Error(`no breakpoint with ID ${id}`);
		const view = this.viewOf(b);
		this.disable(b);
		this.logical.delete(id);
		this.conditions.delete(id);
		return view;
	}

	get(id: number): LogicalBreakpoint | null {
		return this.logical.get(id) ?? null;
	}

	byName(name: string): LogicalBreakpoint | null {
		for (const b of this.logical.values()) if (b.name === name) return b;
		return null;
	}

	/** Hits of a breakpoint by name or number, for expressions. */
	hitCount(name: string): bigint | undefined {
		const b = this.byName(name) ?? this.get(Number(name));
		return b === null ? undefined : BigInt(b.totalHitCount);
	}

	/** The breakpoint at an address, 0 = none. */
	idAt(address: number): number {
		for (const [id, list] of this.places) if (list.some((p) => p.address === address)) return id;
		return 0;
	}

	view(id: number): ApiBreakpoint | null {
		const b = this.logical.get(id);
		return b === undefined ? null : this.viewOf(b);
	}

	private viewOf(b: LogicalBreakpoint): ApiBreakpoint {
		return breakpointView(b, this.places.get(b.id) ?? []);
	}

	list(): ApiBreakpoint[] {
		return [...this.logical.values()].map((b) => this.viewOf(b));
	}

	/** One entry per address, with those of steps under way. */
	listAll(): ApiBreakpoint[] {
		const out: ApiBreakpoint[] = [];
		for (const d of this.session.all()) {
			for (const p of d.target?.memory.byAddress.values() ?? []) {
				const b = p.breaklets.map((x) => this.logical.get(x.logical)).find((x) => x !== undefined);
				const at = d.binary.position(p.address);
				const place = { pid: d.pid, address: p.address, func: at?.func.name ?? "" };
				const view =
					b === undefined ? { ...emptyBreakpoint(), addr: p.address, addrs: [p.address], addrpid: [d.pid] } : breakpointView(b, [place]);
				view.VerboseDescr = [
					`OriginalData=0x${Buffer.from(d.target?.memory.read(p.address, 1) ?? []).toString("hex")}`,
					...p.breaklets.map((x) =>
						x.kind === "user" ? `User Cond=${JSON.stringify(view.Cond)} HitCond=${view.HitCond}` : x.kind === "step" ? "Next" : "Internal",
					),
				];
				out.push(view);
			}
		}
		return out;
	}

	// Placing.

	/** Throws when no process has a place for a breakpoint. */
	private resolve(b: LogicalBreakpoint): void {
		void this.session.debuggee;
		let error: unknown = null;
		for (const d of this.session.all()) {
			try {
				placesOf(this.session, d, b.placement, b.locationExpr, b.rules);
				return;
			} catch (e) {
				error ??= e;
			}
		}
		throw error;
	}

	private enable(b: LogicalBreakpoint): void {
		if (b.exhausted) {
			b.enabled = true;
			return;
		}
		void this.session.debuggee;
		let error: unknown = null;
		let placed = false;
		for (const d of this.session.all()) {
			try {
				placed = this.placeOne(b, d) || placed;
			} catch (e) {
				error ??= e;
			}
		}
		if (!placed) throw error ?? new Error(`breakpoint ${b.id} can not be enabled`);
		b.enabled = true;
	}

	private disable(b: LogicalBreakpoint): void {
		b.enabled = false;
		this.places.delete(b.id);
		for (const d of this.session.all()) d.target?.memory.remove((x) => x.kind === "user" && x.logical === b.id);
		const w = this.watches.get(b.id);
		this.watches.delete(b.id);
		if (w === undefined) return;
		for (const d of this.session.all()) if (d.pid === w.pid) d.target?.clearWatch(w.watch);
	}

	/** Puts a breakpoint into one process; false when it has no place there. Throws what keeps it from being placed. */
	private placeOne(b: LogicalBreakpoint, d: Debuggee): boolean {
		const { target } = d;
		if (target === null) throw new Error("can not set breakpoints in a core file");
		if (b.placement.kind === "watch") return false;
		const addresses = placesOf(this.session, d, b.placement, b.locationExpr, b.rules);
		if (addresses.length === 0) return false;
		const first = d.binary.position(addresses[0] as number);
		const places: Place[] = [];
		for (const address of addresses) {
			const other = target.memory.at(address)?.breaklets.find((x) => x.kind === "user");
			if (other !== undefined) {
				const at = d.binary.position(address);
				target.memory.remove((x) => x.kind === "user" && x.logical === b.id);
				throw new Error(`Breakpoint exists at ${at?.file ?? "?"}:${at?.line ?? 0} at ${address.toString(16)}`);
			}
			try {
				target.memory.add(address, { kind: "user", logical: b.id, check: (t) => this.reached(b, d, t) });
			} catch {
				target.memory.remove((x) => x.kind === "user" && x.logical === b.id);
				throw new Error("input/output error");
			}
			places.push({ pid: d.pid, address, func: withoutTypeArgs(d.binary.funcAt(address)?.name ?? "") });
		}
		if (first !== null) {
			const at = addresses.map((a) => d.binary.position(a));
			const one = at.every((p) => p?.file === first.file && p.line === first.line);
			b.file = one ? first.file : "<multiple locations>";
			b.line = one ? first.line : 0;
			b.functionName = withoutTypeArgs(at[at.length - 1]?.func.name ?? "");
		}
		this.places.set(b.id, [...(this.places.get(b.id) ?? []).filter((p) => p.pid !== d.pid), ...places]);
		return true;
	}

	/** Puts everything into a new process. */
	place(d: Debuggee): void {
		if (d.target === null) return;
		this.builtin(UNRECOVERED_PANIC, "unrecovered-panic", ["runtime.fatalpanic"], d);
		this.builtin(FATAL_THROW, "runtime-fatal-throw", ["runtime.throw", "runtime.fatal", "runtime.winthrow", "runtime.fatalsignal"], d);
		for (const b of this.logical.values()) {
			if (b.id < 0 || (!b.enabled && b.placement.kind !== "watch" && !this.suspended(b))) continue;
			try {
				if (this.placeOne(b, d) && !b.enabled) {
					b.enabled = true;
					this.session.emit({ Kind: EVENT_MATERIALIZED, Breakpoint: this.viewOf(b) });
				}
			} catch {
				// it stays without a place in this process
			}
		}
	}

	private suspended(b: LogicalBreakpoint): boolean {
		return !b.enabled && !b.details.disabled;
	}

	private builtin(id: number, name: string, functions: readonly string[], d: Debuggee): void {
		const addresses: number[] = [];
		for (const f of functions) for (const x of d.binary.funcs.named(f)) addresses.push(d.locator.afterPrologue(x));
		if (addresses.length === 0) return;
		const placement: Placement = { kind: "addresses", addresses: addresses.map((address) => ({ pid: d.pid, address })) };
		const b = new LogicalBreakpoint(id, placement, emptyBreakpoint());
		b.name = name;
		if (id === UNRECOVERED_PANIC) b.details.variables = ["runtime.curg._panic.arg"];
		this.logical.set(id, b);
		try {
			this.placeOne(b, d);
			b.enabled = true;
		} catch {
			this.logical.delete(id);
		}
	}

	/** The program's own trap instruction, as a breakpoint. */
	hardcoded(address: number): ApiBreakpoint {
		const b = new LogicalBreakpoint(HARDCODED, { kind: "watch" }, emptyBreakpoint());
		b.name = "hardcoded-breakpoint";
		b.enabled = true;
		return breakpointView(b, [{ pid: this.session.pid, address, func: "" }]);
	}

	/** The processes are gone. */
	forgetPlaces(): void {
		this.places.clear();
		for (const id of [...this.watches.keys()]) {
			this.watches.delete(id);
			this.logical.delete(id);
		}
	}

	forgetProcess(pid: number): void {
		for (const [id, list] of this.places) {
			this.places.set(
				id,
				list.filter((p) => p.pid !== pid),
			);
		}
		for (const [id, w] of this.watches) {
			if (w.pid !== pid) continue;
			this.watches.delete(id);
			this.logical.delete(id);
		}
	}

	/** Breakpoints whose hit condition cannot hold any more leave the program. */
	removeExhausted(): void {
		for (const b of this.logical.values()) {
			if (!b.exhausted || !this.places.has(b.id)) continue;
			this.places.delete(b.id);
			for (const d of this.session.all()) d.target?.memory.remove((x) => x.kind === "user" && x.logical === b.id);
		}
	}

	/** A new run of the program begins. */
	resetHits(): void {
		for (const b of this.logical.values()) {
			b.hitCount.clear();
			b.totalHitCount = 0;
		}
	}

	/** After a restart: enabled breakpoints that found no place are dropped. */
	discardLost(): { breakpoint: ApiBreakpoint; reason: string }[] {
		const out: { breakpoint: ApiBreakpoint; reason: string }[] = [];
		for (const b of [...this.logical.values()]) {
			if (b.id < 0 || !b.enabled || (this.places.get(b.id)?.length ?? 0) > 0) continue;
			out.push({ breakpoint: this.viewOf(b), reason: `breakpoint ${b.id} can not be enabled` });
			this.logical.delete(b.id);
		}
		return out;
	}

	// Hits.

	/** A thread reached a breakpoint: its condition, then its count. */
	private reached(b: LogicalBreakpoint, d: Debuggee, thread: NativeThread): Verdict {
		const condition = this.conditions.get(b.id);
		if (condition !== undefined) {
			d.program.resumed();
			try {
				if (!condition.test(this.session, d, thread)) return "miss";
			} catch (e) {
				if (!b.hit(d.goroutineIdAlone(thread))) return "miss";
				this.session.conditionFailed(e instanceof Error ? e : new Error(String(e)));
				return "hit";
			}
		}
		return b.hit(d.goroutineIdAlone(thread)) ? "hit" : "miss";
	}

	information(d: Debuggee, thread: ThreadView, view: ApiBreakpoint): BreakpointInfo {
		return collectInformation(this.session, d, thread, view);
	}

	// Steps.

	/** A step was interrupted by something else and can be finished. */
	get stepping(): boolean {
		for (const d of this.session.all()) {
			for (const p of d.target?.memory.byAddress.values() ?? []) if (p.breaklets.some((b) => b.kind === "step")) return true;
		}
		return false;
	}

	clearSteps(d: Debuggee): void {
		d.target?.memory.remove((b) => b.kind === "step");
	}

	/** Ends a step at an address, for one goroutine. */
	addStep(d: Debuggee, address: number, g: number): void {
		d.target?.memory.add(address, {
			kind: "step",
			logical: 0,
			check: (t) => (d.currentG(t) === g ? "hit" : "miss"),
		});
	}

	/** Prepares the step over a call instruction at a thread's pc; false when there is none. */
	stepOverCall(d: Debuggee, thread: NativeThread): boolean {
		const regs = thread.registers();
		const call = callsIn(d.program.memory, regs.pc, regs.pc + 16)[0];
		if (call === undefined || call.address !== regs.pc) return false;
		const after = regs.pc + call.length;
		const { target } = d;
		if (target === null) return false;
		const g = d.currentG(thread);
		const depth = (): number => (g === 0 ? 0 : word(target.memory, g + 8));
		const before = regs.sp - depth();
		target.memory.add(after, {
			kind: "step",
			logical: 0,
			check: (t) => {
				if (g === 0 ? t !== thread : d.currentG(t) !== g) return "miss";
				return t.registers().sp - depth() === before ? "hit" : "miss";
			},
		});
		return true;
	}

	/** A thread that single steps came to an address: breakpoints there count as reached. */
	noteArrival(d: Debuggee, thread: NativeThread): void {
		const { target } = d;
		const pc = thread.registers().pc;
		const physical = target?.memory.at(pc);
		if (target === null || physical === undefined) return;
		const logical = physical.breaklets.filter((b) => b.kind === "user" && b.check(thread) === "hit").map((b) => b.logical);
		if (logical.length > 0)
			target.stops.set(thread.id, { address: pc, logical, step: true, internal: false, hardcoded: false, watch: null });
	}

	// Watchpoints.

	/** Watches an expression's memory with the processor. Messages are Delve's. */
	createWatch(scope: EvalScope, expr: string, type: number): ApiBreakpoint {
		const d = this.session.debuggee;
		if (d.target === null) throw new Error("can not set breakpoints in a core file");
		const what = watchable(this.session, scope, expr, type);
		const id = ++this.counter;
		const watch = d.target.setWatch(what.address, what.size, type, id);
		const b = new LogicalBreakpoint(id, { kind: "watch" }, emptyBreakpoint());
		b.enabled = true;
		b.watchExpr = expr;
		b.watchType = type;
		if (this.byName(expr) === null) b.name = expr;
		const at = d.binary.position(this.session.thread().registers().pc);
		void at;
		this.logical.set(id, b);
		this.places.set(id, [{ pid: d.pid, address: what.address, func: "" }]);
		if (what.g === 0) this.watches.set(id, { watch, pid: d.pid });
		else this.watchScope(d, b, { watch, pid: d.pid, g: what.g, offset: what.offset }, what.frameReturn, what.frameOffset);
		return this.viewOf(b);
	}

	/** A stack variable's watch ends when its function returns, and moves with the stack. */
	private watchScope(d: Debuggee, b: LogicalBreakpoint, w: ScopedWatch, frameReturn: number, frameOffset: number): void {
		this.watches.set(b.id, w);
		const { target } = d;
		if (target === null) return;
		const sameG = (t: NativeThread): boolean => d.currentG(t) === w.g;
		if (frameReturn > 0) {
			target.memory.add(frameReturn, {
				kind: "internal",
				logical: b.id,
				check: (t) => {
					if (!this.logical.has(b.id) || !sameG(t)) return "miss";
					const hi = word(target.memory, w.g + 8);
					if (t.registers().sp - hi < frameOffset) return "miss";
					this.endOfScope(d, b);
					return "hit";
				},
			});
		}
		for (const f of d.binary.funcs.named("runtime.copystack")) {
			// The stack is copied inside: when the function returns, the variable is elsewhere.
			for (const ret of d.locator.returns(f)) {
				target.memory.add(ret, {
					kind: "internal",
					logical: b.id,
					check: () => {
						if (this.logical.has(b.id)) this.moveWatch(d, b, w);
						return "miss";
					},
				});
			}
		}
	}

	private moveWatch(d: Debuggee, b: LogicalBreakpoint, w: ScopedWatch): void {
		const { target } = d;
		if (target === null) return;
		const address = word(target.memory, w.g + 8) + w.offset;
		if (address === w.watch.address) return;
		w.watch = target.moveWatch(w.watch, address);
		this.places.set(b.id, [{ pid: d.pid, address, func: "" }]);
	}

	private endOfScope(d: Debuggee, b: LogicalBreakpoint): void {
		this.outOfScope.push(this.viewOf(b));
		this.disable(b);
		this.logical.delete(b.id);
		d.target?.memory.remove((x) => x.kind === "internal" && x.logical === b.id);
	}

	takeOutOfScope(): ApiBreakpoint[] | null {
		const out = this.outOfScope;
		this.outOfScope = [];
		return out.length === 0 ? null : out;
	}

	watchHit(thread: NativeThread, watch: Watch): boolean {
		const b = this.logical.get(watch.logical);
		if (b === undefined) return false;
		const d = this.session.debuggeeOf(thread);
		return this.reached(b, d, thread) === "hit";
	}
}

function placementOf(r: ApiBreakpoint, session: Session): Placement {
	if (r.traceReturn) return { kind: "addresses", addresses: [{ pid: session.pid, address: r.addr }] };
	if (r.file !== "") return { kind: "line", file: r.file, line: r.line };
	if (r.functionName !== undefined && r.functionName !== "") return { kind: "function", name: r.functionName, line: r.line };
	if (r.addrs !== null && r.addrs.length > 0) {
		const pids = r.addrpid ?? [];
		if (session.all().length > 1 && pids.length !== r.addrs.length) throw new Error("mismatched length in addrs and addrpid");
		return {
			kind: "addresses",
			addresses: r.addrs.map((address, i) => ({ pid: session.all().length > 1 ? (pids[i] as number) : session.pid, address })),
		};
	}
	return { kind: "addresses", addresses: r.addr === 0 ? [] : [{ pid: session.pid, address: r.addr }] };
}
