// Build constraints: `//go:build` expressions and the GOOS, GOARCH and _test
// suffixes of file names.

export type Constraint = { op: "tag"; tag: string } | { op: "not"; x: Constraint } | { op: "and" | "or"; x: Constraint; y: Constraint };

/** A `//go:build` line that cannot be parsed; offset counts characters in the expression. */
export class ConstraintError extends Error {
	readonly offset: number;
	constructor(message: string, offset: number) {
		super(message);
		this.offset = offset;
	}
}

/** Whether a line is a `//go:build` line at all. */
export function isConstraintLine(line: string): boolean {
	return /^\/\/go:build(?:[ \t].*)?$/s.test(line.trimEnd());
}

/** Parses a whole `//go:build` line. Throws ConstraintError. */
export function parseConstraintLine(line: string): Constraint {
	const text = line.trimEnd();
	if (!isConstraintLine(text)) throw new ConstraintError("not a build constraint", 0);
	return parseConstraint(text.slice("//go:build".length).trim());
}

function isAscii(text: string): boolean {
	for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false;
	return true;
}

/** Operands that one expression may have. */
const MAX_OPERANDS = 1000;

/** Parses a constraint expression: tags, `!`, `&&`, `||` and parentheses. Throws ConstraintError. */
export function parseConstraint(text: string): Constraint {
	const p = new ConstraintParser(text);
	const x = p.or();
	if (p.token !== "") throw new ConstraintError(`unexpected token ${p.token}`, p.at);
	return x;
}

class ConstraintParser {
	private readonly text: string;
	private readonly pattern: RegExp;
	private operands = 0;
	/** The current token, "" at the end; where it is; whether it is a tag. */
	token = "";
	at = 0;
	private isTag = false;

	constructor(text: string) {
		this.text = text;
		// property classes are slow to compile, and hardly ever needed
		this.pattern = isAscii(text) ? /(&&|\|\||[!()])|[A-Za-z0-9_.]+/y : /(&&|\|\||[!()])|[\p{L}\p{Nd}_.]+/uy;
		this.advance(0);
	}

	private advance(from: number): void {
		while (this.text[from] === " " || this.text[from] === "\t") from++;
		this.at = from;
		this.token = "";
		if (from >= this.text.length) return;
		this.pattern.lastIndex = from;
		const m = this.pattern.exec(this.text);
		if (m === null) throw new ConstraintError(`invalid syntax at ${String.fromCodePoint(this.text.codePointAt(from) as number)}`, from);
		this.token = m[0];
		this.isTag = m[1] === undefined;
	}

	private next(): void {
		this.advance(this.at + this.token.length);
	}

	or(): Constraint {
		let x = this.and();
		while (this.token === "||") {
			this.next();
			x = { op: "or", x, y: this.and() };
		}
		return x;
	}

	private and(): Constraint {
		let x = this.not();
		while (this.token === "&&") {
			this.next();
			x = { op: "and", x, y: this.not() };
		}
		return x;
	}

	private not(): Constraint {
		if (++this.operands > MAX_OPERANDS) throw new ConstraintError("build expression too large", this.at);
		if (this.token !== "!") return this.atom();
		this.next();
		if ((this.token as string) === "!") throw new ConstraintError("double negation not allowed", this.at);
		return { op: "not", x: this.atom() };
	}

	private atom(): Constraint {
		const { token, at } = this;
		if (token === "") throw new ConstraintError("unexpected end of expression", at);
		if (token === "(") {
			this.next();
			const x = this.inParens(at);
			this.next();
			return x;
		}
		if (!this.isTag) throw new ConstraintError(`unexpected token ${token}`, at);
		this.next();
		return { op: "tag", tag: token };
	}

	private inParens(open: number): Constraint {
		try {
			const x = this.or();
			if (this.token === ")") return x;
		} catch (err) {
			if (!(err instanceof ConstraintError) || err.message !== "unexpected end of expression") throw err;
		}
		throw new ConstraintError("missing close paren", open);
	}
}

/** The constraint of a `// +build` line; null if the line is none or is malformed. Options are separated by spaces, and in them terms by commas. */
function parsePlusBuild(line: string): Constraint | null {
	const m = /^\/\/\s*\+build(?:\s+(.*))?$/.exec(line);
	if (m === null) return null;
	let any: Constraint | null = null;
	for (const option of (m[1] ?? "").split(/\s+/).filter((o) => o !== "")) {
		let all: Constraint | null = null;
		for (const word of option.split(",")) {
			const wrong = !/^!?[\p{L}\p{Nd}_.]+$/u.test(word);
			const tag: Constraint = { op: "tag", tag: wrong ? "ignore" : word.replace("!", "") };
			const x: Constraint = !wrong && word.startsWith("!") ? { op: "not", x: tag } : tag;
			all = all === null ? x : { op: "and", x: all, y: x };
		}
		if (all !== null) any = any === null ? all : { op: "or", x: any, y: all };
	}
	return any ?? { op: "tag", tag: "ignore" };
}

const headerDecoder = new TextDecoder();

/**
 * The build constraint of a source file, null without one: its `//go:build` line, or else its `// +build` lines. Both stand
 * among the comments before the package clause, the latter before a blank line. Throws ConstraintError if the `//go:build`
 * line is malformed or there are several.
 */
export function fileConstraint(src: Uint8Array): Constraint | null {
	let goBuild: string | null = null;
	const plus: Constraint[] = [];
	let plusEnd = 0; // how many of them are before the last blank line
	let onlyLines = true;
	let inBlock = false;
	let at = src[0] === 0xef && src[1] === 0xbb && src[2] === 0xbf ? 3 : 0;
	while (at < src.length) {
		const nl = src.indexOf(10, at);
		const stop = nl < 0 ? src.length : nl;
		let line = headerDecoder.decode(src.subarray(at, stop)).trim();
		at = stop + 1;
		if (line === "") {
			if (onlyLines) plusEnd = plus.length;
			continue;
		}
		if (!line.startsWith("//")) onlyLines = false;
		else if (!inBlock) {
			if (isConstraintLine(line)) {
				if (goBuild !== null) throw new ConstraintError("multiple //go:build comments", 0);
				goBuild = line;
			} else if (onlyLines && line.includes("+build")) {
				const x = parsePlusBuild(line);
				if (x !== null) plus.push(x);
			}
		}
		while (line !== "" && (inBlock || !line.startsWith("//"))) {
			if (inBlock) {
				const close = line.indexOf("*/");
				if (close < 0) break;
				inBlock = false;
				line = line.slice(close + 2).trim();
			} else if (line.startsWith("/*")) {
				inBlock = true;
				line = line.slice(2).trim();
			} else return combined(goBuild, plus.slice(0, plusEnd));
		}
	}
	return combined(goBuild, plus.slice(0, plusEnd));
}

function combined(goBuild: string | null, plus: Constraint[]): Constraint | null {
	if (goBuild !== null) return parseConstraintLine(goBuild);
	return plus.length === 0 ? null : plus.reduce((x, y): Constraint => ({ op: "and", x, y }));
}

/** Whether the constraint holds, given which tags do. Every tag of it is asked for. */
export function evalConstraint(x: Constraint, tag: (name: string) => boolean): boolean {
	switch (x.op) {
		case "tag":
			return tag(x.tag);
		case "not":
			return !evalConstraint(x.x, tag);
		case "and":
		case "or": {
			const a = evalConstraint(x.x, tag);
			const b = evalConstraint(x.y, tag);
			return x.op === "and" ? a && b : a || b;
		}
	}
}

/** The lowest Go version that the constraint implies, such as "go1.21"; "" if none. */
export function constraintGoVersion(x: Constraint): string {
	const minor = minimumMinor(x, true);
	return minor < 0 ? "" : minor === 0 ? "go1" : `go1.${minor}`;
}

/** Minor version that x (or, negated, !x) needs at least; -1: none. */
function minimumMinor(x: Constraint, wanted: boolean): number {
	switch (x.op) {
		case "tag": {
			if (!wanted) return -1;
			if (x.tag === "go1") return 0;
			const m = /^go1\.([0-9]+)$/.exec(x.tag);
			return m === null ? -1 : Number(m[1]);
		}
		case "not":
			return minimumMinor(x.x, !wanted);
		case "and":
		case "or": {
			const a = minimumMinor(x.x, wanted);
			const b = minimumMinor(x.y, wanted);
			return (x.op === "and") === wanted ? Math.max(a, b) : Math.min(a, b);
		}
	}
}

/** The version that a `//go:build` line gives its file; null if the line cannot be parsed. */
export function fileVersionOf(line: string): string | null {
	try {
		return constraintGoVersion(parseConstraintLine(line));
	} catch (err) {
		if (err instanceof ConstraintError) return null;
		throw err;
	}
}
