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

/** Parses a constraint expression: tags, `!`, `&&`, `||` and parentheses. Throws ConstraintError. */
export function parseConstraint(text: string): Constraint {
	const tokens: { text: string; at: number }[] = [];
	const pattern = isAscii(text) ? /[ \t]*(?:(&&|\|\||[!()])|([A-Za-z0-9_.]+)|(.))/y : /[ \t]*(?:(&&|\|\||[!()])|([\p{L}\p{Nd}_.]+)|(.))/uy;
	for (let m = pattern.exec(text); m !== null; m = pattern.exec(text)) {
		const at = pattern.lastIndex - (m[1] ?? m[2] ?? m[3] ?? "").length;
		if (m[3] !== undefined) throw new ConstraintError(`invalid syntax at ${m[3]}`, at);
		tokens.push({ text: (m[1] ?? m[2]) as string, at });
	}
	let next = 0;
	let depth = 0;
	const peek = (): string => tokens[next]?.text ?? "";
	const offset = (): number => tokens[next]?.at ?? text.length;
	const binary = (op: "and" | "or", spelled: string, operand: () => Constraint): Constraint => {
		let x = operand();
		while (peek() === spelled) {
			next++;
			x = { op, x, y: operand() };
		}
		return x;
	};
	const or = (): Constraint => binary("or", "||", and);
	const and = (): Constraint => binary("and", "&&", not);
	const not = (): Constraint => {
		if (peek() !== "!") return atom();
		next++;
		if (peek() === "!") throw new ConstraintError("double negation not allowed", offset());
		return { op: "not", x: atom() };
	};
	const atom = (): Constraint => {
		const at = offset();
		const token = peek();
		if (token === "(") {
			if (++depth > 500) throw new ConstraintError("parentheses nested too deeply", at);
			next++;
			const x = or();
			if (peek() !== ")") throw new ConstraintError("missing close paren", at);
			next++;
			depth--;
			return x;
		}
		if (token === "") throw new ConstraintError("unexpected end of expression", at);
		if (/^[&|!)]/.test(token)) throw new ConstraintError(`unexpected token ${token}`, at);
		next++;
		return { op: "tag", tag: token };
	};
	const x = or();
	if (next < tokens.length) throw new ConstraintError(`unexpected token ${peek()}`, offset());
	return x;
}

/** Whether the constraint holds, given which tags do. */
export function evalConstraint(x: Constraint, tag: (name: string) => boolean): boolean {
	switch (x.op) {
		case "tag":
			return tag(x.tag);
		case "not":
			return !evalConstraint(x.x, tag);
		case "and":
			return evalConstraint(x.x, tag) && evalConstraint(x.y, tag);
		case "or":
			return evalConstraint(x.x, tag) || evalConstraint(x.y, tag);
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
