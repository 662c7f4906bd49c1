// Re-indenting of /* */ comments: the lines keep their places relative to each other and move with the first.

function isBlank(s: string): boolean {
	return /^[\0- ]*$/.test(s);
}

/** The common start of two lines as far as it is white space or stars. */
function commonPrefix(a: string, b: string): string {
	let i = 0;
	while (i < a.length && i < b.length && a[i] === b[i] && (a[i] <= " " || a[i] === "*")) i++;
	return a.slice(0, i);
}

function withoutSuffix(s: string, suffix: string): string {
	return suffix !== "" && s.endsWith(suffix) ? s.slice(0, -suffix.length) : s;
}

/** What precedes the text on the line of the opening, as it would stand on other lines. */
function textIndent(first: string): string {
	const space = (/^[\0- ]*/.exec(first.slice(2)) as RegExpExecArray)[0];
	return space.startsWith("\t") ? space : `  ${space}`;
}

/** Takes what all lines but the first have in common off them. Changes lines. */
export function unindentComment(lines: string[]): void {
	if (lines.length <= 1) return;
	const last = lines.length - 1;
	let prefix: string | null = null;
	for (let i = 1; i < last; i++) {
		if (isBlank(lines[i])) lines[i] = "";
		else prefix = commonPrefix(prefix ?? lines[i], lines[i]);
	}
	prefix ??= commonPrefix(lines[last], lines[last]);
	const star = prefix.indexOf("*");
	if (star >= 0) prefix = withoutSuffix(prefix.slice(0, star), " ");
	else if (isBlank(lines[0].slice(2))) {
		const shorter = prefix.replace(/ {1,3}$/, "");
		prefix = shorter === prefix ? withoutSuffix(prefix, "\t") : shorter;
	} else prefix = withoutSuffix(prefix, textIndent(lines[0]));
	const before = lines[last].slice(0, lines[last].indexOf("*/"));
	if (isBlank(before)) lines[last] = `${prefix}${star >= 0 ? " */" : "*/"}`;
	else prefix = commonPrefix(prefix, lines[last]);
	for (let i = 1; i <= last; i++) if (lines[i] !== "") lines[i] = lines[i].slice(prefix.length);
}

/** Without white space at the end (Unicode's); text has a character per byte. */
export function trimRight(text: string): string {
	const short = text.replace(/[\t-\r ]+$/, "");
	const tail = short.charCodeAt(short.length - 1);
	if (!(tail >= 0x80 && tail < 0xc0)) return short;
	const decoded = Buffer.from(short, "latin1").toString("utf8");
	const trimmed = decoded.replace(/[\s\u0085]+$/u, "");
	return trimmed === decoded ? short : Buffer.from(trimmed, "utf8").toString("latin1");
}
