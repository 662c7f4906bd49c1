// Addresses of source lines, from DWARF line tables.

import { LINE_END, LINE_PROLOGUE_END, LINE_STMT, type LineRows, LineTable, type Dwarf, type Unit } from "#dwarf";

/** Line tables by unit, and the units of a file. */
export class Lines {
	private readonly dwarf: Dwarf;
	private readonly tables: Map<number, LineTable | null> = new Map();
	private byFile: Map<string, number[]> | null = null;

	constructor(dwarf: Dwarf) {
		this.dwarf = dwarf;
	}

	table(unit: Unit): LineTable | null {
		let t = this.tables.get(unit.index);
		if (t === undefined) {
			t = unit.root.stmtList < 0 ? null : new LineTable(this.dwarf.sections, unit.root.stmtList, unit.root.compDir);
			this.tables.set(unit.index, t);
		}
		return t;
	}

	/** The rows of a unit, not remembered unless somebody else has asked for them; null when it has none. */
	readOnce(unit: Unit): LineRows | null {
		const known = this.tables.get(unit.index);
		if (known !== undefined) return known?.rows() ?? null;
		const { stmtList, compDir } = unit.root;
		return stmtList < 0 ? null : new LineTable(this.dwarf.sections, stmtList, compDir).rows();
	}

	/** Unit numbers by source path. */
	files(): ReadonlyMap<string, number[]> {
		if (this.byFile === null) {
			this.byFile = new Map();
			for (const u of this.dwarf.units) {
				const t = this.table(u);
				if (t === null) continue;
				for (const f of new Set(t.files)) {
					if (f === "" || f.endsWith("?")) continue;
					const old = this.byFile.get(f);
					if (old === undefined) this.byFile.set(f, [u.index]);
					else old.push(u.index);
				}
			}
		}
		return this.byFile;
	}

	/** Addresses in the file at which statements of a line begin; ascending, without repetition. */
	addressesOf(file: string, line: number): number[] {
		const out = new Set<number>();
		this.visit(file, (rows, want) => {
			for (let i = 0; i < rows.count; i++) {
				if (rows.line[i] === line && want[rows.file[i]] === 1 && (rows.flags[i] & (LINE_STMT | LINE_END)) === LINE_STMT) {
					out.add(rows.address[i]);
				}
			}
		});
		return [...out].sort((a, b) => a - b);
	}

	/** Lines of a file that have code. */
	linesOf(file: string): Set<number> {
		const out = new Set<number>();
		this.visit(file, (rows, want) => {
			for (let i = 0; i < rows.count; i++) {
				if (want[rows.file[i]] === 1 && (rows.flags[i] & (LINE_STMT | LINE_END)) === LINE_STMT) out.add(rows.line[i]);
			}
		});
		return out;
	}

	private visit(file: string, f: (rows: LineRows, want: Uint8Array) => void): void {
		for (const i of this.files().get(file) ?? []) {
			const t = this.table(this.dwarf.units[i]);
			if (t === null) continue;
			f(
				t.rows(),
				Uint8Array.from(t.files, (name) => (name === file ? 1 : 0)),
			);
		}
	}

	/** Rows of a unit that lie in [low, high), as (address, file, line, flags); the table's order is by address within a function. */
	rowsIn(unit: Unit, low: number, high: number): { address: number; file: string; line: number; stmt: boolean; prologueEnd: boolean }[] {
		const t = this.table(unit);
		if (t === null) return [];
		const rows = t.rows();
		const out: { address: number; file: string; line: number; stmt: boolean; prologueEnd: boolean }[] = [];
		for (let i = 0; i < rows.count; i++) {
			const address = rows.address[i];
			if (address < low || address >= high || (rows.flags[i] & LINE_END) !== 0) continue;
			out.push({
				address,
				file: t.files[rows.file[i]] ?? "?",
				line: rows.line[i],
				stmt: (rows.flags[i] & LINE_STMT) !== 0,
				prologueEnd: (rows.flags[i] & LINE_PROLOGUE_END) !== 0,
			});
		}
		return out;
	}
}
