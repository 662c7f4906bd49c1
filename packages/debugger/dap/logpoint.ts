// Log messages of breakpoints: text with expressions in braces.

export interface LogMessage {
	/** Text before each expression, and after the last. */
	texts: string[];
	exprs: string[];
}

/** Throws with Delve's words; null when there is nothing to print. Braces come in pairs, also within an expression. */
export function parseLogMessage(message: string): LogMessage | null {
	if (message === "") return null;
	const texts = [""];
	const exprs: string[] = [];
	let depth = 0;
	let expr = "";
	for (const c of message) {
		if (c === "{" && ++depth === 1) {
			expr = "";
			continue;
		}
		if (c === "}") {
			if (depth === 0) throw new Error("invalid log point format, unexpected '}'");
			if (--depth === 0) {
				if (expr.trim() === "") throw new Error("empty evaluation string");
				exprs.push(expr.trim());
				texts.push("");
				continue;
			}
		}
		if (depth > 0) expr += c;
		else texts[texts.length - 1] += c;
	}
	if (depth > 0) throw new Error("invalid log point format");
	return { texts, exprs };
}
