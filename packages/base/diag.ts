// Diagnostics: user errors are values with a stable code and a position.

import type { Pos, Position, SourceSet } from "./source.ts";

export interface Diagnostic {
	pos: Pos;
	/** Stable code, types2's names where they exist (`UndeclaredName`, `SyntaxError`, ...). */
	code: string;
	/** gc's wording, without position. May hold further lines, indented by a tab. */
	msg: string;
	/** Soft errors do not prevent code generation in gc's reporting order (unused variables, imports, labels). */
	soft: boolean;
}

/** Where a stage reports user errors. */
export type Report = (d: Diagnostic) => void;

export function formatPosition(p: Position): string {
	if (p.line === 0) return p.file === "" ? "<unknown position>" : p.file;
	return p.col > 0 ? `${p.file}:${p.line}:${p.col}` : `${p.file}:${p.line}`;
}

/**
 * The diagnostics as gc prints them: of those that remain without repetitions the first ten reported (limit 0 or Infinity: all), sorted by
 * position, and after the tenth "too many errors" at its position. What limits is the order of reporting, not that of positions.
 */
export function formatDiagnostics(
	set: SourceSet,
	list: readonly Diagnostic[],
	limit = 10,
	position: (p: Position) => string = formatPosition,
): string[] {
	const rows = dropRepeated(list.map((d) => ({ d, at: set.position(d.pos) })));
	// gc's positions have eight bits for the column and print none that does not fit
	const where = (at: Position): string => position(at.col < 255 ? at : { ...at, col: 0 });
	const last = limit > 0 && rows.length >= limit ? rows[limit - 1] : undefined;
	if (last !== undefined) rows.length = limit;
	rows.sort((a, b) => a.d.pos - b.d.pos); // stable: of errors at one position the one reported first comes first
	const out: string[] = [];
	for (const { d, at } of rows) {
		const line = `${where(at)}: ${d.msg}`;
		if (line !== out.at(-1)) out.push(line);
	}
	if (last !== undefined) out.push(`${where(last.at)}: too many errors`);
	return out;
}

/** As gc does, drops an error whose message was just reported for the same line, and all syntax errors of a line but the first. */
function dropRepeated<T extends { d: Diagnostic; at: Position }>(rows: readonly T[]): T[] {
	let syntax: Position | null = null;
	let other: Position | null = null;
	let msg = "";
	return rows.filter(({ d, at }) => {
		if (d.msg.startsWith("syntax error")) {
			if (syntax !== null && syntax.line === at.line && syntax.file === at.file) return false;
			syntax = at;
			return true;
		}
		if (other !== null && other.line === at.line && other.file === at.file && msg === d.msg) return false;
		other = at;
		msg = d.msg;
		return true;
	});
}

/** A defect of this program, never of its input. */
export class InternalError extends Error {
	override readonly name = "InternalError";
}

export function unreachable(what: string, x?: never): never {
	throw new InternalError(`unreachable: ${what}${x === undefined ? "" : ` ${String(x)}`}`);
}

export function assert(cond: boolean, what: string): asserts cond {
	if (!cond) throw new InternalError(`assertion failed: ${what}`);
}
