// Mutations of source text, reproducible from a seed.

/** A small pseudo-random generator: integers below n. */
export function random(seed: number): (n: number) => number {
	let state = seed >>> 0 || 1;
	return (n) => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		state >>>= 0;
		return state % n;
	};
}

const snippets = [
	"(",
	")",
	"[",
	"]",
	"{",
	"}",
	",",
	";",
	":",
	":=",
	"=",
	"==",
	".",
	"...",
	"<-",
	"*",
	"&",
	"|",
	"~",
	"!",
	"+",
	"-",
	"++",
	"x",
	"_",
	"1",
	"0x",
	"1.5e",
	"'a'",
	"''",
	'"s"',
	'"',
	"`",
	"\n",
	" ",
	"//",
	"/*",
	"*/",
	"break",
	"case",
	"chan",
	"const",
	"continue",
	"default",
	"defer",
	"else",
	"fallthrough",
	"for",
	"func",
	"go",
	"goto",
	"if",
	"import",
	"interface",
	"map",
	"package",
	"range",
	"return",
	"select",
	"struct",
	"switch",
	"type",
	"var",
	"T",
	"int",
	"[]int",
	"func()",
	"interface{}",
	"x.(type)",
	"L:",
	"[T any]",
	"~int|string",
	"\\",
	"#",
	"é",
	"“",
	"\ufeff",
	"0b12",
	"1_",
	"'\\q'",
	"func(){}",
	"T{}",
	"(T{})",
];

/** text with one to three tokens deleted, doubled, replaced or inserted. */
export function mutate(text: string, pick: (n: number) => number): string {
	for (let k = 1 + pick(3); k > 0; k--) {
		const tokens = [...text.matchAll(/[A-Za-z_]\w*|\d+|"[^"\n]*"|\s+|./g)];
		const t = tokens[pick(tokens.length)];
		if (t === undefined) return text;
		const from = t.index;
		const to = from + t[0].length;
		const snippet = snippets[pick(snippets.length)] as string;
		const middle = [``, t[0] + t[0], snippet, ` ${snippet} ${t[0]}`, `${t[0]} ${snippet} `][pick(5)] as string;
		text = text.slice(0, from) + middle + text.slice(to);
	}
	return text;
}
