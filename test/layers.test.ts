// Imports go one way: reads layers.txt and every import in packages/.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("..", import.meta.url).pathname;

/** Packages that each package may import, transitively, from lines `a, b < c, d`. */
function allowedImports(text: string): Map<string, Set<string>> {
	const allowed = new Map<string, Set<string>>();
	for (const line of text.split("\n")) {
		if (line.startsWith("#") || line.trim() === "") continue;
		const chain = line.split("<").map((part) => part.split(",").map((s) => s.trim()));
		for (let i = 1; i < chain.length; i++) {
			for (const above of chain[i]) {
				const set = allowed.get(above) ?? new Set<string>();
				for (const below of chain[i - 1]) {
					set.add(below);
					for (const far of allowed.get(below) ?? []) set.add(far);
				}
				allowed.set(above, set);
			}
		}
	}
	return allowed;
}

interface Token {
	kind: "word" | "string" | "punct";
	text: string;
}

/** After these a slash begins a regular expression. */
const beforeRegexp = /^(?:[([{,;=:!&|?+\-*%<>~^]|return|typeof|case|in|of|throw|yield|await)$/;

/** The words, strings and punctuation of a source; comments, templates and regular expressions are left out. */
function tokens(source: string): Token[] {
	const list: Token[] = [];
	const re = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|[\p{L}_$#][\p{L}\p{N}_$]*|\d[\w.]*|`|\/|\s+|[^]/gu;
	/** Depth of braces at which each open template goes on. */
	const templates: number[] = [];
	let depth = 0;
	const skipTemplate = (): void => {
		// To the end of the template or to the next ${
		for (; re.lastIndex < source.length; re.lastIndex++) {
			const c = source[re.lastIndex];
			if (c === "\\") re.lastIndex++;
			else if (c === "`") {
				re.lastIndex++;
				return;
			} else if (c === "$" && source[re.lastIndex + 1] === "{") {
				re.lastIndex += 2;
				templates.push(depth++);
				return;
			}
		}
	};
	for (let m = re.exec(source); m !== null; m = re.exec(source)) {
		const text = m[0];
		if (text.startsWith("//") || text.startsWith("/*") || text.trim() === "") continue;
		if (text === "`") {
			skipTemplate();
			list.push({ kind: "punct", text: "`" });
			continue;
		}
		if (text === "{") depth++;
		if (text === "}") {
			depth--;
			if (templates.length > 0 && templates[templates.length - 1] === depth) {
				templates.pop();
				skipTemplate();
				continue;
			}
		}
		const last = list.at(-1);
		if (text === "/" && (last === undefined || beforeRegexp.test(last.text))) {
			const body = /(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;
			body.lastIndex = re.lastIndex;
			if (body.test(source)) re.lastIndex = body.lastIndex;
			list.push({ kind: "punct", text: "/regexp/" });
			continue;
		}
		if (m[1] !== undefined || m[2] !== undefined) list.push({ kind: "string", text: m[1] ?? m[2] });
		else list.push({ kind: /^[\p{L}_$#]/u.test(text) ? "word" : "punct", text });
	}
	return list;
}

/** The paths that a source imports or exports from, types and import() included. */
function imports(source: string): string[] {
	const list = tokens(source);
	const paths: string[] = [];
	list.forEach((t, i) => {
		if (t.kind !== "word" || (t.text !== "import" && t.text !== "export") || list[i - 1]?.text === ".") return;
		let j = i + 1;
		if (t.text === "import" && list[j]?.text === "(") j++;
		else
			while (
				j < list.length &&
				list[j].text !== "from" &&
				list[j].kind !== "string" &&
				(list[j].kind === "word" || /^[{},*]$/.test(list[j].text))
			)
				j++;
		if (list[j]?.text === "from" && list[j].kind === "word") j++;
		else if (t.text === "export") return;
		if (list[j]?.kind === "string") paths.push(list[j].text);
	});
	return paths;
}

/** Violations in one source file, as text lines. */
function violations(file: string, source: string, allowed: Map<string, Set<string>>): string[] {
	const pkg = file.split("/")[1];
	const found: string[] = [];
	for (const path of imports(source)) {
		if (path.startsWith("#")) {
			const target = path.slice(1).split("/")[0];
			if (target !== pkg && !allowed.get(pkg)?.has(target)) found.push(`${file}: ${pkg} may not import ${target}`);
		} else if (path.startsWith(".")) {
			if (!new URL(path, `file:///${file}`).pathname.startsWith(`/packages/${pkg}/`)) found.push(`${file}: leaves its package by ${path}`);
		} else if (path.startsWith("node:") && !["build", "proc", "debugger", "cmd"].includes(pkg)) {
			found.push(`${file}: ${pkg} may not import ${path}`);
		}
	}
	return found;
}

test("packages import only what layers.txt allows", () => {
	const allowed = allowedImports(readFileSync(`${root}layers.txt`, "utf8"));
	const files = globSync("packages/*/**/*.ts", { cwd: root }).filter((f) => !/\/(test|dist|node_modules)\//.test(f));
	assert.ok(files.length > 10, "no source files seen");
	const bad = files.flatMap((f) => violations(f, readFileSync(root + f, "utf8"), allowed));
	assert.deepEqual(bad, []);
});

test("the check finds planted violations", () => {
	const allowed = allowedImports("a < b\nb < c");
	assert.equal(violations("packages/a/x.ts", 'import { y } from "#b";\n', allowed).length, 1);
	assert.equal(violations("packages/c/x.ts", 'import { y } from "#a";\n', allowed).length, 0);
	assert.equal(violations("packages/a/x.ts", 'import fs from "node:fs";\n', allowed).length, 1);
	assert.equal(violations("packages/a/x.ts", 'import {\n\ty,\n} from "../b/y.ts";\n', allowed).length, 1);
	assert.equal(violations("packages/a/x.ts", 'export type { y } from "#b";\nexport * from "../b/y.ts";\n', allowed).length, 2);
	assert.equal(violations("packages/a/x.ts", 'const f = async () => (await import("#b")).y;\n', allowed).length, 1);
	assert.equal(violations("packages/a/x.ts", 'let t: import("#b").T;\n', allowed).length, 1);
});

test("text in comments, strings, templates and regular expressions is no import", () => {
	const source = [
		"// import { y } from '#b';",
		"/* export * from '#b' */",
		"const a = `import x from '#b'; ${f(`export * from \"#b\"`)} import '#b';`;",
		"const b = /import '#b'`[/\"]/.test(a) ? 'import \"#b\"' : c / d / e;",
		"const from = \"#b\"; obj.import('#b');",
		'export const from2 = "#b";',
		'import { real } from "#c";',
	].join("\n");
	assert.deepEqual(imports(source), ["#c"]);
});
