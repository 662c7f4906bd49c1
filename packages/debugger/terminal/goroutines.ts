// Commands for goroutines and threads.
import type { ApiGoroutine, ApiStackframe, ApiThread, DebuggerState } from "../api.ts";
import type { ApiWait } from "../leaks.ts";
import { goroutineLong, goroutineText, hex } from "./format.ts";
import type { Context, Terminal } from "./terminal.ts";
import { split2 } from "./words.ts";

interface GoroutineArguments {
	kind: "Runtime" | "User" | "Go" | "Start";
	stack: number;
	labels: boolean;
	filters: { Kind: number; Negated: boolean; Arg: string }[];
	group: { GroupBy: number; GroupByKey: string; MaxGroupMembers: number; MaxGroups: number };
	exec: string;
	/** "-leaks" or "-deadlock": not the list, but what the finders say. */
	waits: string;
}

/** Words after -s that are not Delve's: only goroutines that do this. */
const STATUSES: ReadonlySet<string> = new Set(["waiting", "running", "runnable", "syscall", "dead"]);

const FIELDS: Readonly<Record<string, number>> = { curloc: 1, userloc: 2, goloc: 3, startloc: 4, label: 5, running: 6, user: 7 };

function parseGoroutineArguments(args: string): GoroutineArguments {
	const out: GoroutineArguments = {
		kind: "User",
		stack: -1,
		labels: false,
		filters: [],
		group: { GroupBy: 0, GroupByKey: "", MaxGroupMembers: 0, MaxGroups: 0 },
		exec: "",
		waits: "",
	};
	const words = args === "" ? [] : args.split(/\s+/);
	for (let i = 0; i < words.length; i++) {
		const w = words[i] as string;
		switch (w) {
			case "-u":
				out.kind = "User";
				break;
			case "-r":
				out.kind = "Runtime";
				break;
			case "-g":
				out.kind = "Go";
				break;
			case "-s":
				if (STATUSES.has(words[i + 1] ?? "")) out.filters.push({ Kind: 9, Negated: false, Arg: words[++i] as string });
				else out.kind = "Start";
				break;
			case "-leaks":
			case "-deadlock":
				out.waits = w;
				break;
			case "-l":
				out.labels = true;
				break;
			case "-t":
				out.stack = /^\d+$/.test(words[i + 1] ?? "") ? Number(words[++i]) : 10;
				break;
			case "-w":
			case "-with":
			case "-without": {
				const field = words[++i] ?? "";
				const kind = FIELDS[field];
				if (kind === undefined) throw new Error(`wrong argument: '${w}'`);
				const arg = kind >= 6 ? "" : (words[++i] ?? "");
				out.filters.push({ Kind: kind, Negated: w === "-without", Arg: arg });
				break;
			}
			case "-chan":
				out.filters.push({ Kind: 8, Negated: false, Arg: words.slice(++i).join(" ") });
				i = words.length;
				break;
			case "-group": {
				const field = words[++i] ?? "";
				const kind = FIELDS[field];
				if (kind === undefined) throw new Error(`wrong argument: '${w}'`);
				out.group = { GroupBy: kind, GroupByKey: kind === 5 ? (words[++i] ?? "") : "", MaxGroupMembers: 5, MaxGroups: 50 };
				break;
			}
			case "-exec":
				out.exec = words.slice(i + 1).join(" ");
				i = words.length;
				break;
			default:
				throw new Error(`wrong argument: '${w}'`);
		}
	}
	return out;
}

interface GoroutinePage {
	Goroutines: ApiGoroutine[];
	Nextg: number;
	Groups: { Name: string; Offset: number; Count: number; Total: number }[] | null;
	TooManyGroups: boolean;
}

export async function listGoroutines(t: Terminal, args: string, c: Context): Promise<void> {
	const a = parseGoroutineArguments(args);
	const state = await t.state();
	const reason = await t.loadReasons();
	if (a.waits !== "") return showWaits(t, a, reason);
	let total = 0;
	const show = async (g: ApiGoroutine, indent: string): Promise<void> => {
		const mark = state.currentGoroutine?.id === g.id ? "* " : "  ";
		t.line(`${indent}${mark}Goroutine ${goroutineText(g, a.kind, t.paths, reason)}`);
		if (a.labels) t.printLabels(g, `${indent}\t`);
		if (a.stack >= 0) {
			const { Locations } = await t.client.call<{ Locations: ApiStackframe[] }>("Stacktrace", { Id: g.id, Depth: a.stack });
			t.printStack(Locations, `${indent}\t`, false);
		}
		if (a.exec !== "") await t.execute(a.exec, { ...c, scope: { ...c.scope, GoroutineID: g.id } });
	};
	let start = 0;
	while (start >= 0) {
		const grouped = a.group.GroupBy !== 0;
		const page = await t.client.call<GoroutinePage>("ListGoroutines", {
			Start: start,
			Count: grouped ? 0 : 100,
			Filters: a.filters,
			...a.group,
			EvalScope: c.scope,
		});
		if (grouped) {
			for (const [i, group] of (page.Groups ?? []).entries()) {
				if (i > 0) t.line("");
				t.line(group.Name);
				for (const g of page.Goroutines.slice(group.Offset, group.Offset + group.Count)) await show(g, "\t");
				t.line(`\tTotal: ${group.Total}`);
			}
			if (page.TooManyGroups) t.line("Too many groups");
		} else {
			for (const g of [...page.Goroutines].sort((x, y) => x.id - y.id)) await show(g, "");
			total += page.Goroutines.length;
		}
		start = page.Nextg;
	}
	if (total > 0) t.line(`[${total} goroutines]`);
}

const WHAT: Readonly<Record<string, string>> = { channel: "channel", select: "any of the channels", lock: "lock", nothing: "nothing" };

/** Leaked goroutines, or deadlocks: each with what it waits for, who has that, and where it was started. */
async function showWaits(t: Terminal, a: GoroutineArguments, reason: (n: number) => string): Promise<void> {
	const one = async (w: ApiWait): Promise<void> => {
		const g = w.Goroutine;
		t.line(`  Goroutine ${goroutineText(g, a.kind, t.paths, reason)}`);
		const what = w.Objects.length === 0 ? "nothing that exists" : `${WHAT[w.Kind] ?? w.Kind} ${w.Objects.map(hex).join(", ")}`;
		t.line(`\twaits for: ${what}`);
		if (w.Objects.length > 0) t.line(`\theld by: ${w.Holders.length === 0 ? "no other goroutine" : `goroutines ${w.Holders.join(", ")}`}`);
		t.line(`\tcreated at: ${t.location(g.goStatementLoc)}`);
		if (a.labels) t.printLabels(g, "\t");
		if (a.stack < 0) return;
		const { Locations } = await t.client.call<{ Locations: ApiStackframe[] }>("Stacktrace", { Id: g.id, Depth: a.stack });
		t.printStack(Locations, "\t", false);
	};
	if (a.waits === "-leaks") {
		const { Leaks } = await t.client.call<{ Leaks: ApiWait[] }>("FindLeaks", {});
		for (const w of Leaks) await one(w);
		t.line(`[${Leaks.length} leaked goroutines]`);
		return;
	}
	const { Deadlocks } = await t.client.call<{ Deadlocks: ApiWait[][] }>("FindDeadlocks", {});
	for (const [i, circle] of Deadlocks.entries()) {
		t.line(`Deadlock ${i + 1}:`);
		for (const w of circle) await one(w);
	}
	t.line(`[${Deadlocks.length} deadlocks]`);
}

/** The goroutines that wait for a channel. */
export async function listWaiting(t: Terminal, c: Context, channel: string): Promise<void> {
	const state = await t.state();
	const reason = await t.loadReasons();
	const { Goroutines } = await t.client.call<GoroutinePage>("ListGoroutines", {
		Start: 0,
		Count: 100,
		Filters: [{ Kind: 8, Negated: false, Arg: channel }],
		EvalScope: c.scope,
	});
	for (const g of Goroutines)
		t.line(`${state.currentGoroutine?.id === g.id ? "* " : "  "}Goroutine ${goroutineText(g, "User", t.paths, reason)}`);
}

export async function goroutine(t: Terminal, args: string, c: Context): Promise<void> {
	if (c.breakpoint !== null) {
		if (args !== "") throw new Error("too many arguments to goroutine");
		c.breakpoint.goroutine = true;
		return;
	}
	if (args === "") {
		const state = await t.state();
		const thread = state.currentThread;
		t.line(`Thread ${thread === undefined ? "<nil>" : `${thread.id} at ${t.formatPath(thread.file)}:${thread.line}`}`);
		if (state.currentGoroutine !== undefined) t.print(goroutineLong(state.currentGoroutine, "", t.paths));
		return;
	}
	const [first, rest] = split2(args);
	if (!/^-?\d+$/.test(first)) throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(first)}: invalid syntax`);
	const id = Number(first);
	if (rest !== "") return t.execute(rest, { ...c, scope: { ...c.scope, GoroutineID: id } });
	const before = await t.state();
	const { State: after } = await t.client.call<{ State: DebuggerState }>("Command", { name: "switchGoroutine", goroutineID: id });
	t.frame = 0;
	t.line(`Switched from ${before.currentGoroutine?.id ?? 0} to ${id} (thread ${after.currentThread?.id ?? 0})`);
}

export async function threads(t: Terminal): Promise<void> {
	const { Threads } = await t.client.call<{ Threads: ApiThread[] }>("ListThreads", {});
	const state = await t.state();
	for (const th of [...Threads].sort((a, b) => a.id - b.id)) {
		const mark = th.id === state.currentThread?.id ? "* " : "  ";
		if (th.function === undefined) t.line(`${mark}Thread ${th.id} at ${t.formatPath(th.file)}:${th.line}`);
		else t.line(`${mark}Thread ${th.id} at ${hex(th.pc)} ${t.formatPath(th.file)}:${th.line} ${th.function.name}`);
	}
}
