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

const importRe = /^(?:import|export)\s[^"']*?["']([^"']+)["']|^\}\s*from\s*["']([^"']+)["']|import\(["']([^"']+)["']\)/gm;

/** Violations in one source file, as text lines. */
function violations(file: string, source: string, allowed: Map<string, Set<string>>): string[] {
	const pkg = file.split("/")[1];
	const found: string[] = [];
	for (const m of source.matchAll(importRe)) {
		const path = m[1] ?? m[2] ?? m[3];
		if (path.startsWith("#")) {
			const target = path.slice(1).split("/")[0];
			if (target !== pkg && !allowed.get(pkg)?.has(target)) found.push(`${file}: ${pkg} may not import ${target}`);
		} else if (path.startsWith(".")) {
			if (!new URL(path, `file:///${file}`).pathname.startsWith(`/packages/${pkg}/`)) found.push(`${file}: leaves its package by ${path}`);
		} else if (path.startsWith("node:") && !["build", "cmd"].includes(pkg)) {
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
});
