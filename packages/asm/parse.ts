// Lines of assembly: labels, mnemonic with suffixes, operands as token ranges.

import { type AsmError, type Preprocessor } from "./preprocess.ts";
import { AsmError as Failure } from "./preprocess.ts";
import { plainName } from "./operands.ts";
import { Tok, type Token } from "./token.ts";

/** One instruction or directive. Reused by the reader: copy what must survive. */
export class Line {
	word: Token = { kind: 0, text: "", pos: 0, file: 0, line: 0 };
	/** Upper-case suffixes after dots. */
	suffixes: string[] = [];
	labels: string[] = [];
	tokens: Token[] = [];
	/** Operand i is tokens[starts[i]:ends[i]]. */
	starts: number[] = [];
	ends: number[] = [];
}

export class LineReader {
	private readonly pp: Preprocessor;
	private readonly line = new Line();

	constructor(pp: Preprocessor) {
		this.pp = pp;
	}

	/** The next line with a mnemonic, or null at the end. */
	next(): Line | null {
		const line = this.line;
		line.labels.length = 0;
		for (;;) {
			const t = this.pp.next();
			if (t.kind === Tok.EOF) return null;
			if (t.kind === 10 || t.kind === 59) continue;
			if (t.kind !== Tok.Ident) throw new Failure(`expected identifier, found "${t.text}"`, t.pos);
			line.word = t;
			if (this.operands(line, t)) return line;
		}
	}

	/** Reads the rest of the line. False if the word was a label. */
	private operands(line: Line, word: Token): boolean {
		line.suffixes.length = 0;
		line.tokens.length = 0;
		line.starts.length = 0;
		line.ends.length = 0;
		let start = 0;
		let colon = -1;
		let depth = 0;
		for (;;) {
			const t = this.pp.next();
			const count = line.tokens.length;
			if (t.kind === 58 && count === 0 && line.suffixes.length === 0) {
				line.labels.push(plainName(word.text));
				return false;
			}
			if (t.kind === 46 && count === 0) {
				const suffix = this.pp.next();
				if (suffix.kind !== Tok.Ident) throw new Failure(`instruction suffix expected identifier, found ${suffix.text}`, suffix.pos);
				line.suffixes.push(suffix.text);
				continue;
			}
			const last = t.kind === 10 || t.kind === 59 || t.kind === Tok.EOF;
			if (last || (t.kind === 44 && depth === 0)) {
				if (count > start) this.add(line, start, colon, count);
				else if (!last || line.starts.length > 0) throw new Failure("missing operand", t.pos);
				start = count;
				colon = -1;
				if (last) return true;
				line.tokens.push(t);
				start = count + 1;
				continue;
			}
			if (t.kind === 58) colon = count;
			if (t.kind === 40) depth++;
			if (t.kind === 41) depth--;
			line.tokens.push(t);
		}
	}

	/** R11:AX is the old spelling of AX, R11. */
	private add(line: Line, start: number, colon: number, end: number): void {
		if (colon >= 0) {
			line.starts.push(colon + 1, start);
			line.ends.push(end, colon);
		} else {
			line.starts.push(start);
			line.ends.push(end);
		}
	}
}

export type { AsmError };
