// ERROR comments of the checker's test files: /* ERROR "substring" */ and /* ERRORx "regexp" */ stand behind the token
// that the error is reported at.

export interface Expected {
	line: number;
	col: number;
	text: string;
	regexp: boolean;
}

const token =
	/\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|`[^`]*`|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[\p{L}_][\p{L}\p{N}_]*|(?:0[xX])?[0-9](?:[0-9a-fA-F_.xXoObB]|[eEpP][+-])*i?|<<=|>>=|&\^=|\.\.\.|&&|\|\||<-|\+\+|--|==|!=|<=|>=|:=|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|<<|>>|&\^|[\s\S]/guy;

function unquote(s: string): string {
	const t = s.trim();
	if (t.startsWith("`")) return t.slice(1, -1);
	return JSON.parse(t.replaceAll("\\x", "\\u00").replaceAll("\\'", "'")) as string;
}

/** The expectations of a source text; columns are in bytes. */
export function expectedErrors(src: string): Expected[] {
	const out: Expected[] = [];
	let line = 1;
	let lineStart = 0;
	let prev = { line: 0, col: 0 };
	const col = (at: number): number => Buffer.byteLength(src.slice(lineStart, at)) + 1;
	for (const m of src.matchAll(token)) {
		const t = m[0];
		const comment = t.startsWith("//") ? t.slice(2) : t.startsWith("/*") ? t.slice(2, -2) : null;
		if (comment !== null) {
			const e = /^ ERROR(x?) ([\s\S]*)$/.exec(comment);
			if (e !== null) out.push({ ...prev, text: unquote(e[2] as string), regexp: e[1] === "x" });
		} else if (!/^\s/.test(t)) {
			prev = { line, col: col(m.index) };
		}
		for (let i = t.indexOf("\n"); i >= 0; i = t.indexOf("\n", i + 1)) {
			line++;
			lineStart = m.index + i + 1;
		}
	}
	return out;
}
