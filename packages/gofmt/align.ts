// Columns: lines of cells become text in which the cells of adjacent lines stand below each other (the rules of Go's text/tabwriter with
// padding 1 and tabs of 8 for leading empty cells).
//
// Input: "\t" and "\v" end a cell, "\n" and "\f" a line; "\f" and lines without cells end all columns. Characters that are to
// stay as they are lie in a private range (see protect).

const shift = 0xe000;

/** Keeps white space of literals and comments out of the alignment. */
export function protect(text: string): string {
	return /[\t\n\v\f ]/.test(text) ? text.replace(/[\t\n\v\f ]/g, (c) => String.fromCharCode(shift + c.charCodeAt(0))) : text;
}

function unprotect(text: string): string {
	return text.replace(/[\ue000-\ue0ff]/g, (c) => String.fromCharCode(c.charCodeAt(0) - shift));
}

interface Cell {
	text: string;
	/** In characters, where text has a character per byte. */
	width: number;
	/** Ended by "\t": its column stays though it is empty. */
	hard: boolean;
}

function cell(text: string, hard: boolean): Cell {
	let width = text.length;
	for (let i = 0; i < text.length; i++) {
		const c = text.charCodeAt(i);
		if (c >= 0x80 && c < 0xc0) width--;
	}
	return { text, width, hard };
}

class Block {
	private readonly lines: Cell[][];
	private readonly widths: number[] = [];
	readonly out: string[] = [];

	constructor(lines: Cell[][]) {
		this.lines = lines;
		this.format(0, lines.length);
	}

	private format(from: number, to: number): void {
		const column = this.widths.length;
		let start = from;
		for (let i = from; i < to; i++) {
			if (column >= this.lines[i].length - 1) continue;
			this.write(start, i);
			start = i;
			let width = 0;
			let empty = true;
			for (; i < to && column < this.lines[i].length - 1; i++) {
				const c = this.lines[i][column];
				width = Math.max(width, c.width + 1);
				if (c.width > 0 || c.hard) empty = false;
			}
			this.widths.push(empty ? 0 : width);
			this.format(start, i);
			this.widths.pop();
			start = i;
			i--;
		}
		this.write(start, to);
	}

	private write(from: number, to: number): void {
		for (let i = from; i < to; i++) {
			let line = "";
			let leading = true;
			this.lines[i].forEach((c, column) => {
				const width = this.widths[column];
				if (c.text !== "") {
					leading = false;
					line += c.text;
				}
				if (width === undefined) return;
				if (leading) line += "\t".repeat(Math.ceil(width / 8));
				else if (width > c.width) line += " ".repeat(width - c.width);
			});
			this.out.push(unprotect(line.replace(/[\t ]+$/, "")));
		}
	}
}

/** Aligns; lines lose white space at their ends. */
export function align(text: string): string {
	const out: string[] = [];
	let block: Cell[][] = [];
	let line: Cell[] = [];
	let from = 0;
	const flush = (): void => {
		if (block.length > 0) for (const l of new Block(block).out) out.push(l);
		block = [];
	};
	for (let i = 0; i < text.length; i++) {
		const c = text.charCodeAt(i);
		if (c > 12 || c < 9) continue;
		line.push(cell(text.slice(from, i), c === 9));
		from = i + 1;
		if (c === 9 || c === 11) continue;
		const alone = line.length === 1;
		block.push(line);
		line = [];
		if (c === 12 || alone) flush();
	}
	line.push(cell(text.slice(from), false));
	block.push(line);
	flush();
	return out.join("\n");
}
