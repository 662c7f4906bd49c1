// A line table as the tests like it.
import { type DwarfSections, LINE_END, LINE_PROLOGUE_END, LINE_STMT, LineTable } from "../mod.ts";

export interface LineRow {
	addr: number;
	file: string;
	line: number;
	stmt: boolean;
	prologueEnd: boolean;
	/** First address after a sequence; file and line mean nothing. */
	end: boolean;
}

const none = new Uint8Array(0);

/** Rows of the unit at an offset of .debug_line, with the offset of the next unit. */
export function readLines(line: Uint8Array, offset: number): { rows: LineRow[]; next: number } {
	const sections: DwarfSections = {
		info: none,
		abbrev: none,
		line,
		str: none,
		lineStr: none,
		strOffsets: none,
		addr: none,
		rnglists: none,
		loclists: none,
		ranges: none,
		loc: none,
	};
	const table = new LineTable(sections, offset, "");
	const r = table.rows();
	const rows: LineRow[] = [];
	for (let i = 0; i < r.count; i++) {
		const is = (flag: number): boolean => ((r.flags[i] as number) & flag) !== 0;
		rows.push({
			addr: r.address[i] as number,
			file: table.files[r.file[i] as number] ?? "?",
			line: r.line[i] as number,
			stmt: is(LINE_STMT),
			prologueEnd: is(LINE_PROLOGUE_END),
			end: is(LINE_END),
		});
	}
	return { rows, next: table.end };
}
