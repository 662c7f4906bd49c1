// Looking at a stopped program: stacks, goroutines, registers, names.
import {
	defersByFrame,
	type Frame,
	type Goroutine,
	isUserCode,
	type Location,
	stackFrames,
	type Registers,
	type Defer,
	Gdead,
	Gdeadextra,
	Gleaked,
	Grunning,
	Gsyscall,
	Gwaiting,
	type ThreadView,
} from "#proc";
import { Kind } from "#bininfo";
import type { ApiDefer, ApiGoroutine, ApiLocation, ApiRegister, ApiStackframe, EvalScope, LoadConfig } from "./api.ts";
import type { Debuggee } from "./debuggee.ts";
import { evaluate, frameVariables } from "./evaluate.ts";
import { goRegExp } from "./locspec.ts";
import type { Session } from "./session.ts";
import { functionView, goroutineView, locationView } from "./views.ts";

export const READ_DEFERS = 1;
export const SIMPLE = 2;
export const FROM_G = 4;

/** At most depth + 1 frames of a goroutine's stack (0, -1 = the selected one's, or the current thread's). */
export function rawStack(session: Session, goroutine: number, depth: number, opts: number): { frames: Frame[]; g: Goroutine | null } {
	const d = session.debuggee;
	const g = session.findGoroutine(goroutine);
	const options = { simple: (opts & SIMPLE) !== 0, fromG: (opts & FROM_G) !== 0 };
	const limit = Math.max(depth, 0) + 1;
	if (g === null) return { frames: stackFrames(d.goroutines.threadWalker(session.thread(), options), limit), g };
	return { frames: d.goroutines.stack(g, limit, options), g };
}

export function stacktrace(
	session: Session,
	goroutine: number,
	depth: number,
	opts: number,
	load: LoadConfig | null,
	skip: number,
): ApiStackframe[] {
	const d = session.debuggee;
	const { frames, g } = rawStack(session, goroutine, depth, opts);
	const defers = g !== null && (opts & READ_DEFERS) !== 0 ? defersByFrame(d.program, g, frames) : [];
	const out: ApiStackframe[] = [];
	frames.forEach((f, i) => {
		if (i < skip) return;
		const view = frameView(d, f);
		view.Defers = (defers[i] ?? []).map((x) => deferView(d, x));
		if (load !== null && f.func !== null) {
			const v = frameVariables(d, frames, i, g, load);
			view.Locals = v.locals;
			view.Arguments = v.args;
		}
		out.push(view);
	});
	return out;
}

/** The stack of a thread that stopped, without variables. */
export function stacktraceOfThread(d: Debuggee, thread: ThreadView, depth: number): ApiStackframe[] {
	return stackFrames(d.goroutines.threadWalker(thread), depth + 1).map((f) => frameView(d, f));
}

export function frameView(d: Debuggee, f: Frame): ApiStackframe {
	const base = f.stackHi === 0 ? 0 : f.stackHi;
	const out: ApiStackframe = {
		pc: f.pc,
		file: f.file,
		line: f.line,
		Locals: null,
		Arguments: null,
		FrameOffset: f.cfa - base,
		FramePointerOffset: f.regs.bp - base,
		Defers: [],
		Err: f.error,
	};
	if (f.func !== null) out.function = { ...functionView(d.binary, f.func), name: f.name };
	if (f.bottom) out.Bottom = true;
	return out;
}

function deferView(d: Debuggee, x: Defer): ApiDefer {
	const at = (l: Location): ApiLocation => locationView(d.binary, l);
	const fn = d.goroutines.unwrap(x.pc === 0 ? null : d.binary.funcAt(x.pc));
	return {
		DeferredLoc: fn === null ? { pc: x.pc, file: "", line: 0 } : at(d.goroutines.location(fn.entry)),
		DeferLoc: at(d.goroutines.location(x.deferPc)),
		SP: x.sp,
		Unreadable: x.unreadable,
	};
}

// Goroutines.

const WAITS_ON = 8;
const CHANNEL_LOAD: LoadConfig = { FollowPointers: false, MaxVariableRecurse: 0, MaxStringLen: 0, MaxArrayValues: 0, MaxStructFields: 0 };

export interface GoroutineFilter {
	/** 1 current, 2 user, 3 go statement, 4 start location, 5 label, 6 running, 7 user's, 8 waiting on a channel. */
	Kind: number;
	Negated: boolean;
	Arg: string;
}

export interface Grouping {
	GroupBy: number;
	GroupByKey: string;
	MaxGroupMembers: number;
	MaxGroups: number;
}

export interface GoroutineList {
	Goroutines: ApiGoroutine[];
	Nextg: number;
	Groups: { Name: string; Offset: number; Count: number; Total: number }[] | null;
	TooManyGroups: boolean;
}

export function listGoroutines(
	session: Session,
	start: number,
	count: number,
	filters: readonly GoroutineFilter[],
	group: Grouping,
	scope: EvalScope | null,
): GoroutineList {
	const d = session.debuggee;
	const channels = new Map(filters.filter((f) => f.Kind === WAITS_ON).map((f) => [f, channelOf(session, scope, f.Arg)]));
	const dead = filters.some((f) => f.Kind === STATUS && f.Arg === "dead" && !f.Negated);
	const page = d.goroutines.page(start, count, dead);
	const kept = page.goroutines.filter((g) => filters.every((f) => matches(d, g, f, channels.get(f) ?? 0)));
	if (group.GroupBy === 0) {
		return { Goroutines: kept.map((g) => goroutineView(d, g)), Nextg: page.next, Groups: null, TooManyGroups: false };
	}
	const members = new Map<string, { list: Goroutine[]; total: number }>();
	for (const g of kept) {
		const key = groupKey(d, g, group);
		const m = members.get(key) ?? { list: [], total: 0 };
		if (m.list.length < group.MaxGroupMembers) m.list.push(g);
		m.total++;
		members.set(key, m);
	}
	const Goroutines: ApiGoroutine[] = [];
	const Groups: NonNullable<GoroutineList["Groups"]> = [];
	let TooManyGroups = false;
	for (const key of [...members.keys()].sort()) {
		if (group.MaxGroups > 0 && Groups.length >= group.MaxGroups) {
			TooManyGroups = true;
			break;
		}
		const m = members.get(key) as { list: Goroutine[]; total: number };
		Groups.push({ Name: key, Offset: Goroutines.length, Count: m.list.length, Total: m.total });
		for (const g of m.list) Goroutines.push(goroutineView(d, g));
	}
	return { Goroutines, Nextg: page.next, Groups, TooManyGroups };
}

function locationText(l: Location): string {
	return `${l.file}:${l.line} in ${l.func?.name ?? "?"}`;
}

/** Started by the runtime for itself. */
export function isSystem(d: Debuggee, g: Goroutine): boolean {
	const f = d.goroutines.start(g).func;
	if (f === null) return false;
	return f.name.startsWith("runtime.") && f.name !== "runtime.main" && !isUserCode(f.name);
}

function locationOf(d: Debuggee, g: Goroutine, kind: number): Location {
	switch (kind) {
		case 1:
			return d.goroutines.current(g);
		case 2:
			return d.goroutines.userCurrent(g);
		case 3:
			return d.goroutines.creation(g);
		default:
			return d.goroutines.start(g);
	}
}

/** Address of the channel that an expression names. Throws with Delve's words. */
function channelOf(session: Session, scope: EvalScope | null, expr: string): number {
	const v = evaluate(session, scope ?? { GoroutineID: -1, Frame: 0, DeferredCall: 0 }, expr, CHANNEL_LOAD);
	// Nothing waits for what is not a channel.
	return v.kind === Kind.Chan ? v.base : -1;
}

/** `channel`: address of the channel that the filter names. */
function matches(d: Debuggee, g: Goroutine, f: GoroutineFilter, channel: number): boolean {
	let value = true;
	if (f.Kind >= 1 && f.Kind <= 4) value = locationText(locationOf(d, g, f.Kind)).includes(f.Arg);
	else if (f.Kind === 5) {
		const eq = f.Arg.indexOf("=");
		const labels = d.goroutines.labels(g);
		value = eq < 0 ? labels.has(f.Arg) : (labels.get(f.Arg.slice(0, eq)) ?? "") === f.Arg.slice(eq + 1);
	} else if (f.Kind === 6) value = g.thread !== null;
	else if (f.Kind === 7) value = !isSystem(d, g);
	else if (f.Kind === STATUS) value = statusOf(g) === f.Arg;
	else if (f.Kind === WAITS_ON) value = d.goroutines.waitsOn(g, channel);
	return f.Negated ? !value : value;
}

/** Not Delve's: goroutines of a status. */
const STATUS = 9;

/** What a goroutine does, in one word. */
function statusOf(g: Goroutine): string {
	if (g.thread !== null && g.status !== Gsyscall) return "running";
	switch (g.status) {
		case Grunning:
			return "running";
		case Gsyscall:
			return "syscall";
		case Gwaiting:
		case Gleaked:
			return "waiting";
		case Gdead:
		case Gdeadextra:
			return "dead";
		default:
			return "runnable";
	}
}

function groupKey(d: Debuggee, g: Goroutine, group: Grouping): string {
	if (group.GroupBy <= 4) return locationText(locationOf(d, g, group.GroupBy));
	if (group.GroupBy === 5) return `${group.GroupByKey}=${d.goroutines.labels(g).get(group.GroupByKey) ?? ""}`;
	if (group.GroupBy === 6) return `running=${g.thread !== null}`;
	return `user=${!isSystem(d, g)}`;
}

/** GODEBUG=tracebackancestors is set. */
function tracksAncestors(d: Debuggee): boolean {
	const v = d.binary.hasDwarf ? d.binary.variableNamed("runtime.debug") : null;
	if (v === null) return true;
	const setting = d.binary.variableType(v)?.real.fields.find((f) => f.name === "tracebackancestors");
	return setting === undefined || d.program.memory.u32(d.binary.variableAddress(v) + setting.offset) !== 0;
}

export function ancestors(
	session: Session,
	goroutine: number,
	limit: number,
	depth: number,
): { ID: number; Stack: ApiStackframe[] | null; Unreadable: string }[] {
	const d = session.debuggee;
	const g = session.findGoroutine(goroutine);
	if (g === null) throw new Error("no selected goroutine");
	if (!tracksAncestors(d)) throw new Error("tracebackancestors is disabled");
	return d.goroutines.ancestors(g, limit).map((a) => {
		const Stack = a.pcs.slice(0, depth + 1).map((pc, i) => {
			const l = d.goroutines.location(pc, i === 0 ? pc : pc - 1);
			return { ...locationView(d.binary, l), Locals: null, Arguments: null, FrameOffset: 0, FramePointerOffset: 0, Defers: [], Err: "" };
		});
		return { ID: a.id, Stack, Unreadable: "" };
	});
}

// Registers.

const GENERAL = ["Rax", "Rdx", "Rcx", "Rbx", "Rsi", "Rdi", "Rbp", "Rsp", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15", "Rip"];
const OTHERS: readonly (readonly [number, string])[] = [
	[49, "Rflags"],
	[50, "Es"],
	[51, "Cs"],
	[52, "Ss"],
	[53, "Ds"],
	[54, "Fs"],
	[55, "Gs"],
	[58, "Fs_base"],
	[59, "Gs_base"],
];
const FIRST = ["Rip", "Rsp", "Rax", "Rbx", "Rcx", "Rdx"];
const FLAGS: readonly (readonly [number, string])[] = [
	[0, "CF"],
	[1, ""],
	[2, "PF"],
	[4, "AF"],
	[6, "ZF"],
	[7, "SF"],
	[8, "TF"],
	[9, "IF"],
	[10, "DF"],
	[11, "OF"],
	[14, "NT"],
	[16, "RF"],
	[17, "VM"],
	[18, "AC"],
	[19, "VIF"],
	[20, "VIP"],
	[21, "ID"],
];

function hex64(v: bigint): string {
	return `0x${v.toString(16).padStart(16, "0")}`;
}

function flagsText(v: bigint): string {
	const names: string[] = [];
	for (const [bit, name] of FLAGS) if (name !== "" && ((v >> BigInt(bit)) & 1n) === 1n) names.push(name);
	names.push(`IOPL=${(v >> 12n) & 3n}`);
	return `${hex64(v)}\t[${names.join(" ")}]`;
}

/** Registers of a thread, or of a frame as far as they are known. */
export function listRegisters(
	session: Session,
	threadId: number,
	scope: EvalScope | null,
	vectors: boolean,
): { Registers: string; Regs: ApiRegister[] } {
	const d = session.debuggee;
	let regs: Pick<Registers, "get" | "vector">;
	if (scope === null) {
		const thread = threadId === 0 ? session.thread() : d.thread(threadId);
		if (thread === null) throw new Error(`couldn't find thread ${threadId}`);
		regs = thread.registers();
	} else {
		const { frames } = rawStack(session, scope.GoroutineID, scope.Frame, 0);
		const f = frames[scope.Frame];
		if (f === undefined) throw new Error(`Frame ${scope.Frame} does not exist in goroutine ${scope.GoroutineID}`);
		regs = f.regs.thread ?? frameRegisters(f);
	}
	const out: ApiRegister[] = [];
	GENERAL.forEach((Name, DwarfNumber) => {
		const v = regs.get(DwarfNumber);
		if (v !== undefined) out.push({ Name, Value: hex64(v), DwarfNumber });
	});
	for (const [DwarfNumber, Name] of OTHERS) {
		const v = regs.get(DwarfNumber);
		if (v !== undefined) out.push({ Name, Value: Name === "Rflags" ? flagsText(v) : hex64(v), DwarfNumber });
	}
	if (vectors) {
		for (let i = 0; i < 16; i++) {
			const bytes = regs.vector(17 + i);
			if (bytes !== undefined) out.push({ Name: `XMM${i}`, Value: vectorText(`XMM${i}`, bytes), DwarfNumber: 17 + i });
		}
	}
	const order = (r: ApiRegister): number => (FIRST.includes(r.Name) ? FIRST.indexOf(r.Name) : 1000 + r.DwarfNumber);
	out.sort((a, b) => order(a) - order(b));
	const width = Math.max(...out.map((r) => r.Name.length), 0);
	return { Registers: out.map((r) => `${r.Name.padStart(width)} = ${r.Value}\n`).join(""), Regs: out };
}

function frameRegisters(f: Frame): Pick<Registers, "get" | "vector"> {
	const known = new Map([
		[16, f.regs.pc],
		[7, f.regs.sp],
		[6, f.regs.bp],
	]);
	return {
		get: (n) => {
			const v = known.get(n);
			return v === undefined ? undefined : BigInt(v);
		},
		vector: () => undefined,
	};
}

function vectorText(name: string, bytes: Uint8Array): string {
	const low = vectorHalf(bytes.subarray(0, 16));
	return bytes.length < 32 ? low : `${low}\n\t[Y${name.slice(1)}h] ${vectorHalf(bytes.subarray(16, 32))}`;
}

function vectorHalf(b: Uint8Array): string {
	const v = new DataView(b.buffer, b.byteOffset, 16);
	const hex = [...b].reverse().map((x) => x.toString(16).padStart(2, "0"));
	const doubles = [v.getFloat64(0, true), v.getFloat64(8, true)];
	const floats = [0, 4, 8, 12].map((o) => v.getFloat32(o, true));
	const ints = [0, 4, 8, 12].map((o) => v.getUint32(o, true).toString(16).padStart(8, "0"));
	const words = [0, 2, 4, 6, 8, 10, 12, 14].map((o) => v.getUint16(o, true).toString(16).padStart(4, "0"));
	const bytes = [...b].map((x) => x.toString(16).padStart(2, "0"));
	const quads = [0, 8].map((o) => v.getBigUint64(o, true).toString(16).padStart(16, "0"));
	const f = (x: number): string => (Number.isNaN(x) ? "NaN" : Number.isFinite(x) ? goFloat(x) : x > 0 ? "+Inf" : "-Inf");
	return `0x${hex.join("")}\tv2_double={ ${doubles.map(f).join(" ")} }\tv4_float={ ${floats.map(f).join(" ")} }\tv16_int8={ ${bytes.join(" ")} }\tv8_int16={ ${words.join(" ")} }\tv4_int32={ ${ints.join(" ")} }\tv2_int64={ ${quads.join(" ")} }\tv1_uint128={ ${hex.join("")} }`;
}

/** As Go's %g prints a float. */
function goFloat(x: number): string {
	if (x === 0) return Object.is(x, -0) ? "-0" : "0";
	const exponent = Math.floor(Math.log10(Math.abs(x)));
	if (exponent >= -4 && exponent < 21) return String(x).includes("e") ? x.toFixed(Math.max(0, -exponent)) : String(x);
	return x.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

// Names.

export function filtered(names: Iterable<string>, filter: string): string[] {
	const re = goRegExp(filter);
	const out = new Set<string>();
	for (const n of names) if (re.test(n)) out.add(n);
	return [...out].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
