// Commands for stacks, frames, source and code.
import type { ApiStackframe, AsmInstruction } from "../api.ts";
import { findLocation } from "./breakpoints.ts";
import { SHORT_LOAD, hex, tabTable } from "./format.ts";
import type { Context, Terminal } from "./terminal.ts";
import { split2 } from "./words.ts";

export async function stack(t: Terminal, args: string, c: Context): Promise<void> {
	let depth = 50;
	let full = false;
	let offsets = false;
	let opts = 0;
	let ancestors = 0;
	let ancestorDepth = 0;
	const words = args === "" ? [] : args.split(/\s+/);
	const number = (flag: string, w: string | undefined): number => {
		if (!/^\d+$/.test(w ?? "")) throw new Error(`expected number after ${flag}`);
		return Number(w);
	};
	const mode = (w: string | undefined): number => {
		const o = { normal: 0, simple: 2, fromg: 6 }[w ?? ""];
		if (o === undefined) throw new Error("expected normal, simple or fromg after -mode");
		return o;
	};
	for (let i = 0; i < words.length; i++) {
		const w = words[i] as string;
		if (w === "-full") full = true;
		else if (w === "-offsets") offsets = true;
		else if (w === "-defer") opts |= 1;
		else if (w === "-mode") opts |= mode(words[++i]);
		else if (w === "-a") ancestors = number(w, words[++i]);
		else if (w === "-adepth") ancestorDepth = number(w, words[++i]);
		else if (/^-\d+$/.test(w)) throw new Error("negative maximum stack depth");
		else if (/^\d+$/.test(w)) depth = Number(w);
		else throw new Error("depth must be a number");
	}
	if (c.breakpoint !== null) {
		c.breakpoint.stacktrace = depth;
		return;
	}
	const { Locations } = await t.client.call<{ Locations: ApiStackframe[] }>("Stacktrace", {
		Id: c.scope.GoroutineID,
		Depth: depth,
		Opts: opts,
		Cfg: full ? SHORT_LOAD : null,
	});
	t.printStack(Locations, "", offsets);
	if (ancestors === 0) return;
	interface Ancestors {
		Ancestors: { ID: number; Unreadable: string; Stack: ApiStackframe[] }[] | null;
	}
	const list = await t.client.call<Ancestors>("Ancestors", {
		GoroutineID: c.scope.GoroutineID,
		NumAncestors: ancestors,
		Depth: ancestorDepth === 0 ? depth : ancestorDepth,
	});
	for (const a of list.Ancestors ?? []) {
		t.line(`Created by Goroutine ${a.ID}:`);
		if (a.Unreadable !== "") t.line(`\t${a.Unreadable}`);
		else t.printStack(a.Stack, "\t", false);
	}
}

export async function frame(t: Terminal, args: string, c: Context, direction: -1 | 0 | 1): Promise<void> {
	if (args === "" && direction === 0) throw new Error("not enough arguments");
	const [first, rest] = split2(args);
	if (first !== "" && !/^-?\d+$/.test(first)) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(first)}: invalid syntax`);
	const n = first === "" ? 1 : Number(first);
	const at = direction === 0 ? n : t.frame + direction * n;
	if (rest !== "") return t.execute(rest, { ...c, scope: { ...c.scope, Frame: at } });
	if (at < 0) throw new Error(`Invalid frame ${at}`);
	const { Locations } = await t.client.call<{ Locations: ApiStackframe[] }>("Stacktrace", { Id: c.scope.GoroutineID, Depth: at, Skip: at });
	const f = Locations[0];
	if (f === undefined) throw new Error(`Invalid frame ${at}`);
	t.frame = at;
	t.showContext(await t.state());
	t.line(`Frame ${at}: ${t.formatPath(f.file)}:${f.line} (PC: ${f.pc.toString(16)})`);
	await t.list(f.file, f.line, true);
}

export async function list(t: Terminal, args: string, c: Context): Promise<void> {
	if (args === "" || /^\[.*\]$/.test(args)) {
		if (c.scope.Frame !== 0 || c.scope.GoroutineID >= 0) {
			const { Locations } = await t.client.call<{ Locations: ApiStackframe[] }>("Stacktrace", {
				Id: c.scope.GoroutineID,
				Depth: c.scope.Frame,
				Skip: c.scope.Frame,
			});
			const f = Locations[0];
			if (f === undefined) throw new Error(`Frame ${c.scope.Frame} does not exist in goroutine ${c.scope.GoroutineID}`);
			const id = c.scope.GoroutineID < 0 ? ((await t.state()).currentGoroutine?.id ?? -1) : c.scope.GoroutineID;
			t.line(`Goroutine ${id} frame ${c.scope.Frame} at ${f.file}:${f.line} (PC: ${hex(f.pc)})`);
			return t.list(f.file, f.line, true);
		}
		const state = await t.state();
		t.showContext(state);
		const g = state.currentGoroutine;
		if (g !== undefined) return t.list(g.currentLoc.file, g.currentLoc.line, true);
		return t.showPosition(state.currentThread);
	}
	const { Locations } = await findLocation(t, c.scope, args);
	const l = Locations[0];
	if (l === undefined || Locations.length > 1) throw new Error("location expression is ambiguous");
	t.line(`Showing ${l.file}:${l.line} (PC: ${hex(l.pc)})`);
	await t.list(l.file, l.line, false);
}

export async function disassemble(t: Terminal, args: string, c: Context): Promise<void> {
	const usage = new Error("wrong number of arguments: disassemble [-a <start> <end>] [-l <locspec>]");
	const [flag, rest] = split2(args);
	let start = 0;
	let end = 0;
	if (flag === "-a") {
		const [a, b] = split2(rest);
		if (b === "") throw usage;
		for (const x of [a, b]) if (!Number.isInteger(Number(x))) throw new Error(`wrong argument: ${JSON.stringify(x)} is not a number`);
		start = Number(a);
		end = Number(b);
	} else if (flag === "" || flag === "-l") {
		if (flag === "-l" && rest === "") throw usage;
		const { Locations } = await findLocation(t, c.scope, flag === "" ? "+0" : rest);
		if (Locations.length !== 1) throw new Error("expression specifies multiple locations");
		start = Locations[0]?.pc ?? 0;
	} else throw usage;
	const { Disassemble } = await t.client.call<{ Disassemble: AsmInstruction[] }>("Disassemble", {
		Scope: c.scope,
		StartPC: start,
		EndPC: end,
		Flavour: flavourOf(t),
	});
	const first = Disassemble[0];
	if (first?.Loc.function !== undefined) t.line(`TEXT ${first.Loc.function.name}(SB) ${first.Loc.file}`);
	t.print(asmTable(Disassemble));
}

export function flavourOf(t: Terminal): number {
	return { gnu: 0, go: 2 }[t.config.string("disassemble-flavor")] ?? 1;
}

export function asmTable(list: readonly AsmInstruction[]): string {
	return tabTable(
		list.map((i) => [
			i.AtPC ? "=>" : "",
			`${i.Loc.file.slice(i.Loc.file.lastIndexOf("/") + 1)}:${i.Loc.line}`,
			`${hex(i.Loc.pc)}${i.Breakpoint ? "*" : ""}`,
			Buffer.from(i.Bytes, "base64").toString("hex"),
			i.Text,
		]),
	);
}
