// Objects of constants as enums, for the bundler: esbuild puts the number wherever a member of an enum is mentioned, in any file.

/** Members of an object of numbers, `A=0,B=1`, by the text between its braces; null: it is another object. */
function members(body: string): string | null {
	const rows = body
		.replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, "")
		.split(",")
		.map((row) => /^(\w+): (-?\w+)$/.exec(row.trim()) ?? row.trim());
	if (rows.at(-1) === "") rows.pop();
	const out: string[] = [];
	for (const row of rows) {
		if (typeof row === "string" || !Number.isInteger(Number(row[2]))) return null;
		out.push(`${row[1]}=${Number(row[2])}`);
	}
	return out.length === 0 ? null : out.join(",");
}

/** The source with its objects of integers (`const Name = { A: 0, … } as const`) as enums, but for those whose members are kept. */
export function enumsOf(source: string, kept: ReadonlySet<string>): string {
	return source.replaceAll(
		/^(export )?const (\w+) = \{([^{}]*)\} as const;$/gm,
		(whole, exported: string | undefined, name: string, body: string) => {
			const list = members(body);
			return list === null || kept.has(list) ? whole : `${exported ?? ""}enum ${name} { ${list} }`;
		},
	);
}

/** Members of the enums that esbuild's output has as objects. */
export function keysOfEnums(output: string): string[] {
	const out: string[] = [];
	for (const m of output.matchAll(/\/\* @__PURE__ \*\/ \(\((\w+)\) => \(([^;]*?), \1\)\)\(\w+ \|\| \{\}\)/g)) {
		const rows = [...m[2].matchAll(/\[\w+\.(\w+) = (-?\d+)\] = "/g)];
		if (rows.length > 0) out.push(rows.map((r) => `${r[1]}=${r[2]}`).join(","));
	}
	return out;
}
