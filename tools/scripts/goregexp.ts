// Go's regular expression syntax (RE2, https://pkg.go.dev/regexp/syntax) as a JavaScript RegExp.

const posixClasses: Readonly<Record<string, string>> = {
	alnum: "0-9A-Za-z",
	alpha: "A-Za-z",
	ascii: "\\x00-\\x7f",
	blank: "\\t ",
	cntrl: "\\x00-\\x1f\\x7f",
	digit: "0-9",
	graph: "!-~",
	lower: "a-z",
	print: " -~",
	punct: "!-\\/:-@\\[-`{-~",
	space: "\\t\\n\\v\\f\\r ",
	upper: "A-Z",
	word: "0-9A-Za-z_",
	xdigit: "0-9A-Fa-f",
};

/** Compiles a Go pattern; flags are JavaScript's. Throws SyntaxError for what JavaScript cannot express. */
export function goRegexp(pattern: string, flags = "m"): RegExp {
	const out: string[] = [];
	/** Groups that flag settings such as (?s) opened inside of each open group. */
	const opened = [0];
	for (let i = 0; i < pattern.length; i++) {
		const rest = pattern.slice(i);
		const c = pattern[i];
		if (c === "\\") {
			i += escape(rest, out) - 1;
		} else if (c === "[") {
			i += characterClass(rest, out) - 1;
		} else if (c === "(") {
			const setting = /^\(\?([imsU]*(?:-[imsU]+)?)\)/.exec(rest);
			if (setting !== null) {
				out.push(`(?${setting[1]}:`);
				opened[opened.length - 1]++;
				i += setting[0].length - 1;
			} else {
				opened.push(0);
				out.push(rest.startsWith("(?P<") ? "(?<" : "(");
				if (rest.startsWith("(?P<")) i += 3;
			}
		} else if (c === ")") {
			out.push(")".repeat((opened.pop() ?? 0) + 1));
			if (opened.length === 0) throw new SyntaxError(`unexpected ): ${pattern}`);
		} else out.push(c);
	}
	out.push(")".repeat(opened[0]));
	return new RegExp(out.join(""), flags);
}

/** Converts an escape at the start of text; gives its length. */
function escape(text: string, out: string[]): number {
	if (text.startsWith("\\Q")) {
		const stop = text.indexOf("\\E");
		const literal = text.slice(2, stop < 0 ? undefined : stop);
		out.push(quoteMeta(literal));
		return stop < 0 ? text.length : stop + 2;
	}
	if (text[1] === "z") out.push("(?![^])");
	else if (text[1] === "A") out.push("(?<![^])");
	else if (text[1] === "a") out.push("\\x07");
	else out.push(text.slice(0, 2));
	return 2;
}

/** Converts a bracket expression at the start of text; gives its length. */
function characterClass(text: string, out: string[]): number {
	let i = 1;
	let body = "";
	if (text[i] === "^") {
		body += "^";
		i++;
	}
	for (let first = true; i < text.length && (first || text[i] !== "]"); first = false) {
		const posix = /^\[:(\^?)(\w+):\]/.exec(text.slice(i));
		if (posix !== null && posix[1] === "" && Object.hasOwn(posixClasses, posix[2])) {
			body += posixClasses[posix[2]];
			i += posix[0].length;
		} else if (text[i] === "\\") {
			body += text.slice(i, i + 2);
			i += 2;
		} else {
			body += text[i] === "]" || text[i] === "[" ? `\\${text[i]}` : text[i];
			i++;
		}
	}
	out.push(`[${body}]`);
	return i + 1;
}

/** A pattern that matches the text itself. */
export function quoteMeta(text: string): string {
	return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
