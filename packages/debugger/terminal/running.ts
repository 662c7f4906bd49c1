// Commands that let the program run: continue, steps, restart.
import type { ApiBreakpoint, AsmInstruction, DebuggerState } from "../api.ts";
import { placeOf, setBreakpoint } from "./breakpoints.ts";
import { breakpointName } from "./format.ts";
import { asmTable, flavourOf } from "./stacks.ts";
import { type Context, type Terminal, message } from "./terminal.ts";

function topmost(t: Terminal): void {
	if (t.frame !== 0) throw new Error("not on topmost frame");
}

export async function stepLike(t: Terminal, name: string, word: string, showSource: boolean = true): Promise<void> {
	topmost(t);
	const state = await t.resume(name, {}, showSource);
	await finishStep(t, state, word, showSource);
}

async function finishStep(t: Terminal, first: DebuggerState, word: string, showSource: boolean): Promise<void> {
	let state = first;
	let skip = false;
	try {
		while (state.NextInProgress) {
			t.print(`\tbreakpoint hit during ${word}`);
			if (skip) t.line(", continuing...");
			else {
				t.line("");
				const answer = await t.ask(`[c] continue [s] stop here and cancel ${word}, [f] finish ${word} skipping all breakpoints? `);
				if (answer === "f") skip = true;
				if (answer !== "f" && answer !== "c") {
					await t.client.call("CancelNext", {});
					if (answer === null) {
						await t.showPosition(state.currentThread);
						throw new Error("EOF");
					}
					break;
				}
				t.line("continuing...");
			}
			state = await t.resume("directionCongruentContinue");
		}
		if (showSource) await t.showPosition(state.currentThread);
	} finally {
		await t.showDisplays();
	}
}

export async function continueTo(t: Terminal, args: string, c: Context): Promise<void> {
	const temporary =
		args === ""
			? []
			: await setBreakpoint(t, c, args, false).catch((e: unknown) =>
					message(e).includes("Breakpoint exists") ? [] : Promise.reject(e as Error),
				);
	try {
		const state = await t.resume("continue");
		await t.showPosition(state.currentThread);
	} finally {
		await t.showDisplays();
		for (const bp of temporary)
			await t.client.call("ClearBreakpoint", { Id: bp.id }).catch(() => t.line(`failed to clear temporary breakpoint: ${bp.id}`));
	}
}

export async function repeatNext(t: Terminal, args: string): Promise<void> {
	const count = args === "" ? 1 : Number(args);
	if (!/^[+-]?\d+$/.test(args === "" ? "1" : args)) throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(args)}: invalid syntax`);
	if (count <= 0) throw new Error("Invalid next count");
	for (let i = 0; i < count; i++) await stepLike(t, "next", "next", i === count - 1);
}

export async function restart(t: Terminal, args: string): Promise<void> {
	const words = args === "" ? [] : args.split(/\s+/);
	const redirects: [string, string, string] = ["", "", ""];
	const rest: string[] = [];
	let reset = false;
	for (const w of words) {
		if (w === "-noargs") reset = true;
		else if (w.startsWith("<")) redirects[0] = w.slice(1);
		else if (w.startsWith("2>")) redirects[2] = w.slice(2);
		else if (w.startsWith(">")) redirects[1] = w.slice(1);
		else rest.push(w);
	}
	const { DiscardedBreakpoints } = await t.client.call<{ DiscardedBreakpoints: { Breakpoint: ApiBreakpoint; Reason: string }[] | null }>(
		"Restart",
		{
			ResetArgs: reset || rest.length > 0,
			NewArgs: rest,
			NewRedirects: redirects,
		},
	);
	for (const d of DiscardedBreakpoints ?? [])
		t.line(`Discarded ${breakpointName(d.Breakpoint, false)} at ${placeOf(t, d.Breakpoint)}: ${d.Reason}`);
	await restarted(t);
}

export async function restarted(t: Terminal): Promise<void> {
	const { Pid } = await t.client.call<{ Pid: number }>("ProcessPid", {});
	t.forgetProcess();
	t.line(`Process restarted with PID ${Pid}`);
}

const CONTEXT = 5;

export async function stepInstruction(t: Terminal, name: string): Promise<void> {
	topmost(t);
	const state = await t.resume(name);
	const pc = state.currentThread?.pc ?? 0;
	const { Disassemble: all } = await t.client.call<{ Disassemble: AsmInstruction[] }>("Disassemble", {
		Scope: { GoroutineID: -1 },
		StartPC: pc,
		EndPC: 0,
		Flavour: flavourOf(t),
	});
	const at = all.findIndex((i) => i.Loc.pc === pc);
	t.print(asmTable(all.slice(Math.max(at - CONTEXT, 0), at + CONTEXT + 1)));
	await t.showDisplays();
}
