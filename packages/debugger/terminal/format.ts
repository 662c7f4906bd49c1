// Texts of the terminal: locations, breakpoints, goroutines, stacks.
import { printValue } from "#proc/print";
import type { ApiBreakpoint, ApiGoroutine, ApiLocation, ApiStackframe, ApiVariable, LoadConfig } from "../api.ts";

export const SHORT_LOAD: LoadConfig = {
	FollowPointers: false,
	MaxVariableRecurse: 0,
	MaxStringLen: 64,
	MaxArrayValues: 0,
	MaxStructFields: 3,
};

export function sameLoad(a: LoadConfig | null, b: LoadConfig): boolean {
	return (
		a !== null &&
		a.FollowPointers === b.FollowPointers &&
		a.MaxVariableRecurse === b.MaxVariableRecurse &&
		a.MaxStringLen === b.MaxStringLen &&
		a.MaxArrayValues === b.MaxArrayValues &&
		a.MaxStructFields === b.MaxStructFields
	);
}

export const hex = (n: number): string => `0x${n.toString(16)}`;

export function singleLine(v: ApiVariable): string {
	return printValue(v);
}

export function breakpointName(bp: ApiBreakpoint, capital: boolean): string {
	let thing = bp.WatchExpr !== "" ? "watchpoint" : bp.continue ? "tracepoint" : "breakpoint";
	if (capital) thing = (thing[0] as string).toUpperCase() + thing.slice(1);
	const id = bp.name === "" ? String(bp.id) : bp.name;
	return bp.WatchExpr !== "" && bp.WatchExpr !== bp.name ? `${thing} ${id} on [${bp.WatchExpr}]` : `${thing} ${id}`;
}

export function breakpointAttributes(prefix: string, bp: ApiBreakpoint, long: LoadConfig): string[] {
	const out: string[] = [];
	if (bp.Cond !== "") out.push(`cond ${bp.Cond}`);
	if (bp.HitCond !== "") out.push(`cond ${bp.HitCondPerG ? "-per-g-hitcount" : "-hitcount"} ${bp.HitCond}`);
	if (bp.stacktrace > 0) out.push(`stack ${bp.stacktrace}`);
	if (bp.goroutine) out.push("goroutine");
	if (bp.LoadArgs !== null) out.push(sameLoad(bp.LoadArgs, long) ? "args -v" : "args");
	if (bp.LoadLocals !== null) out.push(sameLoad(bp.LoadLocals, long) ? "locals -v" : "locals");
	for (const v of bp.variables ?? []) out.push(`print ${v}`);
	for (const c of bp.customCommands ?? []) out.push(c);
	for (const d of bp.VerboseDescr ?? []) out.push(d);
	return out.map((x) => prefix + x);
}

export interface PathFormat {
	path(file: string): string;
	bold: string;
	reset: string;
}

export function locationText(l: ApiLocation, f: PathFormat): string {
	return `${f.path(l.file)}:${l.line} ${l.function?.name ?? "???"} (${hex(l.pc)})`;
}

/** Words of Go 1.24 to 1.26 for reasons to wait come from the session. */
export function goroutineText(
	g: ApiGoroutine,
	kind: "Runtime" | "User" | "Go" | "Start",
	f: PathFormat,
	reason: (n: number) => string,
): string {
	if (g.unreadable !== "") return `(unreadable ${g.unreadable})`;
	const l = { Runtime: g.currentLoc, User: g.userCurrentLoc, Go: g.goStatementLoc, Start: g.startLoc }[kind];
	let out = `${g.id} - ${kind}: ${locationText(l, f)}`;
	if (g.threadID !== 0) out += ` (thread ${g.threadID})`;
	if ((g.status === 4 || g.status === 3) && g.waitReason !== 0) {
		out += ` [${reason(g.waitReason)}${g.waitSince > 0 ? ` ${g.waitSince}` : ""}]`;
	}
	return out;
}

export function goroutineLong(g: ApiGoroutine, prefix: string, f: PathFormat): string {
	const rows = (["Runtime", "User", "Go", "Start"] as const).map((k) => {
		const l = { Runtime: g.currentLoc, User: g.userCurrentLoc, Go: g.goStatementLoc, Start: g.startLoc }[k];
		return `${prefix}\t${k}: ${locationText(l, f)}\n`;
	});
	return `${prefix}Goroutine ${g.id}:\n${rows.join("")}${labelsText(g, `${prefix}\t`)}`;
}

export function labelsText(g: ApiGoroutine, prefix: string): string {
	const labels = Object.entries(g.labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
	return labels.length === 0 ? "" : `${prefix}Labels: ${labels.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(", ")}\n`;
}

export function stackText(stack: readonly ApiStackframe[], indent: string, offsets: boolean, f: PathFormat): string {
	const last = stack[stack.length - 1];
	if (last === undefined) return "";
	const space = offsets || stack.some((x) => (x.Defers?.length ?? 0) > 0 || (x.Arguments?.length ?? 0) > 0 || (x.Locals?.length ?? 0) > 0);
	const digits = String(stack.length - 1).length;
	const s = indent + " ".repeat(digits + 2 + indent.length);
	const place = (file: string, line: number): string => {
		const shown = f.path(file);
		const slash = shown.lastIndexOf("/") + 1;
		return `${shown.slice(0, slash)}${f.bold}${shown.slice(slash)}:${line}${f.reset}`;
	};
	const signed = (n: number): string => (n < 0 ? `-0x${(-n).toString(16)}` : `+0x${n.toString(16)}`);
	let out = "";
	stack.forEach((x, i) => {
		if (x.Err !== "") {
			out += `${s}error: ${x.Err}\n`;
			return;
		}
		out += `${indent}${String(i).padStart(digits)}  0x${x.pc.toString(16).padStart(16, "0")} in ${f.bold}${x.function?.name ?? "???"}${f.reset}\n`;
		out += `${s}at ${place(x.file, x.line)}\n`;
		if (offsets) out += `${s}frame: ${signed(x.FrameOffset)} frame pointer ${signed(x.FramePointerOffset)}\n`;
		(x.Defers ?? []).forEach((d, j) => {
			const header = `${s}    defer ${j + 1}: `;
			const s2 = " ".repeat(header.length);
			if (d.Unreadable !== "") {
				out += `${header}(unreadable defer: ${d.Unreadable})\n`;
				return;
			}
			out += `${header}0x${d.DeferredLoc.pc.toString(16).padStart(16, "0")} in ${f.bold}${d.DeferredLoc.function?.name ?? "???"}${f.reset}\n`;
			out += `${s2}at ${f.path(d.DeferredLoc.file)}:${d.DeferredLoc.line}\n`;
			out += `${s2}deferred by ${d.DeferLoc.function?.name ?? "???"} at ${place(d.DeferLoc.file, d.DeferLoc.line)}\n`;
		});
		for (const v of [...(x.Arguments ?? []), ...(x.Locals ?? [])]) out += `${s}    ${v.name} = ${singleLine(v)}\n`;
		if (space) out += "\n";
	});
	if (last.Bottom !== true) out += `${indent}(truncated)\n`;
	return out;
}

/** Columns of cells that end in tabs, as Go's tabwriter aligns them with tabs. */
export function tabTable(rows: readonly (readonly string[])[]): string {
	const columns = Math.max(...rows.map((r) => r.length), 0);
	const width: number[] = [];
	for (let c = 0; c < columns - 1; c++) {
		const w = Math.max(...rows.map((r) => [...(r[c] ?? "")].length));
		width.push(Math.ceil((w + 1) / 8) * 8);
	}
	return rows
		.map((r) => {
			let line = "";
			r.forEach((cell, c) => {
				line += cell;
				const w = width[c];
				if (c < r.length - 1 && w !== undefined) line += "\t".repeat(Math.max(Math.ceil((w - [...cell].length) / 8), 1));
			});
			return `${line}\n`;
		})
		.join("");
}
