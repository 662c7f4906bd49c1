// Line number programs of DWARF 5: a writer for one unit, and a reader.

import { ByteWriter } from "#base";
import * as D from "./constants.ts";

const LINE_BASE = -4;
const LINE_RANGE = 10;
const OPCODE_BASE = 11;
/** Operand counts of standard opcodes 1..10. */
const OPCODE_LENGTHS = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0];

/** Rows of one file that follow each other; the last of a function ends its sequence. */
export interface LineRun {
	/** As row was given it, -1 = none. */
	file: number;
	code: Uint8Array;
}

/** Encodes the rows of a function, its address and the numbers of its files left out. */
export class LineRuns {
	private readonly runs: LineRun[] = [];
	private readonly w: ByteWriter = new ByteWriter(64);
	private file = -1;
	private line = 1;
	private pc = 0;
	private stmt = true;
	private empty = true;

	private cut(): void {
		if (!this.empty) this.runs.push({ file: this.file, code: this.w.view8().slice() });
		this.w.len = 0;
	}

	/** Adds a row; offsets do not decrease. */
	row(pc: number, file: number, line: number, stmt: boolean, prologueEnd: boolean): void {
		const { w } = this;
		if (file !== this.file) {
			this.cut();
			this.file = file;
		}
		this.empty = false;
		if (stmt !== this.stmt) {
			w.u8(D.DW_LNS_negate_stmt);
			this.stmt = stmt;
		}
		if (prologueEnd) w.u8(D.DW_LNS_set_prologue_end);
		let step = line - this.line;
		let advance = pc - this.pc;
		if (step < LINE_BASE || step >= LINE_BASE + LINE_RANGE) {
			w.u8(D.DW_LNS_advance_line);
			w.sleb(step);
			step = 0;
		}
		const max = Math.floor((255 - OPCODE_BASE - (step - LINE_BASE)) / LINE_RANGE);
		if (advance > max) {
			w.u8(D.DW_LNS_advance_pc);
			w.uleb(advance);
			advance = 0;
		}
		w.u8(OPCODE_BASE + (step - LINE_BASE) + advance * LINE_RANGE);
		this.line = line;
		this.pc = pc;
	}

	/** Ends the sequence at an offset; all runs. */
	end(pc: number): readonly LineRun[] {
		const { w } = this;
		if (pc > this.pc) {
			w.u8(D.DW_LNS_advance_pc);
			w.uleb(pc - this.pc);
		}
		w.u8(0);
		w.u8(1);
		w.u8(D.DW_LNE_end_sequence);
		this.empty = false;
		this.cut();
		return this.runs;
	}
}

/** Builds the program of one compilation unit. */
export class LineWriter {
	private readonly dirs: Map<string, number> = new Map();
	private readonly files: Map<string, number> = new Map();
	private readonly fileList: [dir: number, name: string][] = [];
	private readonly code: ByteWriter = new ByteWriter(1 << 12);
	/** File of the open sequence. */
	private file = 1;
	/** compDir is directory 0 and the home of file 0. */
	constructor(compDir: string) {
		this.dirs.set(compDir, 0);
		this.fileList.push([0, "?"]);
	}

	/** The file's number in this unit. */
	fileIndex(path: string): number {
		const old = this.files.get(path);
		if (old !== undefined) return old;
		const slash = path.lastIndexOf("/");
		const dirName = slash < 0 ? null : path.slice(0, Math.max(slash, 1));
		let dir = 0;
		if (dirName !== null) {
			dir = this.dirs.get(dirName) ?? this.dirs.size;
			this.dirs.set(dirName, dir);
		}
		const id = this.fileList.length;
		this.fileList.push([dir, path.slice(slash + 1)]);
		this.files.set(path, id);
		return id;
	}

	/** Starts a function's sequence at an address. */
	begin(addr: number): void {
		const w = this.code;
		w.u8(0);
		w.u8(9);
		w.u8(D.DW_LNE_set_address);
		w.u64(addr);
		this.file = 1;
	}

	/** Adds a run of the sequence; file: its number in this unit. */
	run(file: number, code: Uint8Array): void {
		const w = this.code;
		if (file !== this.file) {
			w.u8(D.DW_LNS_set_file);
			w.uleb(file);
			this.file = file;
		}
		w.bytes(code);
	}

	/** The unit's part of .debug_line. */
	finish(): Uint8Array {
		const head = new ByteWriter(256);
		head.u8(1); // minimum instruction length
		head.u8(1); // operations per instruction
		head.u8(1); // default is_stmt
		head.u8(LINE_BASE);
		head.u8(LINE_RANGE);
		head.u8(OPCODE_BASE);
		for (const n of OPCODE_LENGTHS) head.u8(n);
		head.u8(1);
		head.uleb(D.DW_LNCT_path);
		head.uleb(D.DW_FORM_string);
		head.uleb(this.dirs.size);
		for (const d of this.dirs.keys()) head.cstr(d);
		head.u8(2);
		head.uleb(D.DW_LNCT_path);
		head.uleb(D.DW_FORM_string);
		head.uleb(D.DW_LNCT_directory_index);
		head.uleb(D.DW_FORM_udata);
		head.uleb(this.fileList.length);
		for (const [dir, name] of this.fileList) {
			head.cstr(name);
			head.uleb(dir);
		}
		const w = new ByteWriter(head.len + this.code.len + 16);
		w.u32(8 + head.len + this.code.len);
		w.u16(5);
		w.u8(8); // address size
		w.u8(0); // segment selector size
		w.u32(head.len);
		w.bytes(head.view8());
		w.bytes(this.code.view8());
		return w.take();
	}
}
