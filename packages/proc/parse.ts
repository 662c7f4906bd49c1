// Expressions from text.

import { type Diagnostic, Interner, SourceSet } from "#base";
import { type Expr, Kind, NodeIds, parseFile } from "#syntax";

/** An expression that cannot be evaluated, in Delve's words. */
export class EvalError extends Error {
	constructor(message: string) {
		super(message);
		this.name = "EvalError";
	}
}

/** Thrown by hooks to leave an evaluation that will be begun again: not an error. */
export abstract class EvalInterrupt extends Error {}

const PREFIX = "package p;var _ = ";

/** Parses one expression (or a type). Throws EvalError with line 1 and the column in the text. */
export function parseExpression(text: string): Expr {
	const errors: Diagnostic[] = [];
	const set = new SourceSet();
	const source = set.add("expression", new TextEncoder().encode(PREFIX + text));
	const file = parseFile(new NodeIds(), source, new Interner(), (d) => errors.push(d), { lazyBodies: false });
	const [decl] = file.decls;
	if (errors.length > 0) {
		const at = errors[0].pos - source.base - PREFIX.length + 1;
		throw new EvalError(`1:${Math.max(at, 1)}: ${goParserText(errors[0].msg.replace(/^syntax error: /, ""))}`);
	}
	const x = decl !== undefined && decl.kind === Kind.VarDecl ? decl.values : null;
	if (file.decls.length !== 1 || x === null || x.kind === Kind.ListExpr) throw new EvalError("1:1: expected 'EOF'");
	return x;
}

/** The words of go/parser, which Delve uses, for an error in gc's words. */
function goParserText(msg: string): string {
	const token = (t: string): string => {
		const named = /^(?:name|literal|keyword) (.*)$/.exec(t);
		if (named !== null) return t.startsWith("keyword") ? `'${named[1]}'` : named[1];
		return t === "newline" ? t : `'${t}'`;
	};
	const rules: [RegExp, (m: RegExpExecArray) => string][] = [
		[/^unexpected (.+?),? expected expression$/, (m) => `expected operand, found ${token(m[1])}`],
		[/^unexpected (.+?) (?:after top level declaration|at end of statement)$/, (m) => `expected 'EOF', found ${token(m[1])}`],
		[/^unexpected (.+?),? expected .*\]$/, (m) => `expected ']', found ${token(m[1] === "EOF" ? "newline" : m[1])}`],
		[/^unexpected (.+?),? expected .*\)$/, (m) => `expected ')', found ${token(m[1] === "EOF" ? "newline" : m[1])}`],
		[/^string not terminated$/, () => "string literal not terminated"],
		[/^newline in string$/, () => "string literal not terminated"],
	];
	for (const [re, text] of rules) {
		const m = re.exec(msg);
		if (m !== null) return text(m);
	}
	return msg;
}
