// Source files and positions. A Pos is one integer in the position space of a
// SourceSet: the file's base plus the byte offset in it. 0 is "no position".

/** Position: SourceFile.base + byte offset; 0 = unknown. */
export type Pos = number;
export const NoPos: Pos = 0;

/** A `//line` directive: from byte offset `offset` on, positions are reported relative to file:line:col. */
export interface LineDirective {
	offset: number;
	file: string;
	line: number;
	/** 0: columns are unknown after this directive. */
	col: number;
}

/** A resolved position. Line and col count from 1; col is in bytes; col 0 = unknown. */
export interface Position {
	file: string;
	line: number;
	col: number;
}

export class SourceFile {
	/** Name as diagnostics print it (and, after trimming, as line tables record it). */
	readonly name: string;
	readonly base: Pos;
	readonly src: Uint8Array;
	private starts: Int32Array | null = null;
	readonly directives: LineDirective[] = [];

	/** starts: where lines start, if that is known already. */
	constructor(name: string, base: Pos, src: Uint8Array, starts: Int32Array | null = null) {
		this.name = name;
		this.base = base;
		this.starts = starts;
		// a Buffer's methods and elements are slower, and mixing the two is slower still
		this.src = src.constructor === Uint8Array ? src : new Uint8Array(src.buffer, src.byteOffset, src.length);
	}

	/** Byte offsets at which lines start, computed on first use. */
	lineStarts(): Int32Array {
		if (this.starts !== null) return this.starts;
		const found = [0];
		const src = this.src;
		for (let i = src.indexOf(10); i >= 0; i = src.indexOf(10, i + 1)) found.push(i + 1);
		this.starts = new Int32Array(found);
		return this.starts;
	}

	/** Physical line (from 1) of a byte offset. */
	lineAt(offset: number): number {
		const starts = this.lineStarts();
		let lo = 0;
		let hi = starts.length;
		while (hi - lo > 1) {
			const mid = (lo + hi) >> 1;
			if ((starts[mid] as number) <= offset) lo = mid;
			else hi = mid;
		}
		return lo + 1;
	}

	/** Where pos is, ignoring `//line` directives. */
	physical(pos: Pos): Position {
		const offset = pos - this.base;
		const line = this.lineAt(offset);
		return { file: this.name, line, col: offset - (this.lineStarts()[line - 1] as number) + 1 };
	}

	/** Where pos is reported to be: `//line` directives applied. */
	position(pos: Pos): Position {
		const at = this.physical(pos);
		let found: LineDirective | null = null;
		for (const d of this.directives) {
			if (d.offset > pos - this.base) break;
			found = d;
		}
		if (found === null) return at;
		const from = this.lineAt(found.offset);
		let col = 0;
		if (found.col !== 0) col = at.line === from ? found.col + (pos - this.base - found.offset) : at.col;
		return { file: found.file, line: found.line + at.line - from, col };
	}
}

/** The files of one build; owns the position space. */
export class SourceSet {
	readonly files: SourceFile[] = [];
	private next: Pos = 1;
	private lastHit: SourceFile | null = null;

	/** The first position that no file has yet. */
	get end(): Pos {
		return this.next;
	}

	/** Adds a file; its positions are base .. base+src.length inclusive. */
	add(name: string, src: Uint8Array): SourceFile {
		const file = new SourceFile(name, this.next, src);
		this.next += src.length + 1;
		this.files.push(file);
		return file;
	}

	/** The file that pos lies in, or null for NoPos. */
	fileOf(pos: Pos): SourceFile | null {
		const last = this.lastHit;
		if (last !== null && pos >= last.base && pos <= last.base + last.src.length) return last;
		let lo = 0;
		let hi = this.files.length;
		while (hi - lo > 1) {
			const mid = (lo + hi) >> 1;
			if ((this.files[mid] as SourceFile).base <= pos) lo = mid;
			else hi = mid;
		}
		const file = this.files[lo];
		if (file === undefined || pos < file.base || pos > file.base + file.src.length) return null;
		this.lastHit = file;
		return file;
	}

	position(pos: Pos): Position {
		return this.fileOf(pos)?.position(pos) ?? { file: "", line: 0, col: 0 };
	}
}
