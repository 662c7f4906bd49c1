// //go:embed patterns to files (package embed's documentation, "Directives").

import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ImportRef } from "./package.ts";

export interface EmbedFiles {
	/** By pattern as written: slash-separated paths relative to the package directory, sorted. */
	byPattern: Map<string, string[]>;
	/** One message per pattern that matches nothing or something that cannot be embedded. */
	errors: { ref: ImportRef; msg: string }[];
}

/** Path elements that module zips cannot hold, so that embedding them would work only at home. */
function badName(name: string): boolean {
	return name === "" || [".bzr", ".hg", ".git", ".svn"].includes(name);
}

/** path.Match's syntax as a regular expression for one path element; null when malformed. */
function elementRegexp(glob: string): RegExp | null {
	let out = "";
	for (let i = 0; i < glob.length; i++) {
		const c = glob[i];
		if (c === "*") out += "[^/]*";
		else if (c === "?") out += "[^/]";
		else if (c === "\\") {
			if (++i === glob.length) return null;
			out += glob[i].replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
		} else if (c === "[") {
			const stop = glob.indexOf("]", i + 2);
			if (stop < 0) return null;
			const set = glob.slice(i + 1, stop);
			out += `[${set.replace(/\\/g, "\\\\")}]`;
			i = stop;
		} else out += c.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
	}
	return new RegExp(`^${out}$`, "u");
}

function validPattern(pattern: string): boolean {
	return pattern === "." || (!pattern.startsWith("/") && pattern.split("/").every((e) => e !== "" && e !== "." && e !== ".."));
}

function expand(dir: string, pattern: string): string[] | null {
	let found = [""];
	for (const element of pattern === "." ? [] : pattern.split("/")) {
		const re = elementRegexp(element);
		if (re === null) return null;
		const next: string[] = [];
		for (const base of found) {
			const at = join(dir, base);
			if (!existsSync(at) || !statSync(at).isDirectory()) continue;
			for (const name of readdirSync(at).sort()) if (re.test(name)) next.push(base === "" ? name : `${base}/${name}`);
		}
		found = next;
	}
	return found.map((f) => (f === "" ? "." : f));
}

/** The files under a directory match, without those whose name starts with "." or "_" unless all is set. */
function filesUnder(dir: string, base: string, all: boolean, out: string[]): void {
	const at = join(dir, base);
	for (const e of readdirSync(at, { withFileTypes: true })) {
		const rel = base === "." ? e.name : `${base}/${e.name}`;
		if (!all && (e.name.startsWith(".") || e.name.startsWith("_"))) continue;
		if (badName(e.name)) continue;
		if (e.isDirectory()) {
			if (!existsSync(join(dir, rel, "go.mod"))) filesUnder(dir, rel, all, out);
		} else if (e.isFile()) out.push(rel);
	}
}

/** Resolves the embed patterns of a package in dir. */
export function resolveEmbeds(dir: string, patterns: readonly ImportRef[]): EmbedFiles {
	const result: EmbedFiles = { byPattern: new Map(), errors: [] };
	for (const ref of patterns) {
		if (result.byPattern.has(ref.path)) continue;
		const all = ref.path.startsWith("all:");
		const glob = all ? ref.path.slice(4) : ref.path;
		const fail = (msg: string): void => {
			result.errors.push({ ref, msg: `pattern ${ref.path}: ${msg}` });
		};
		if (!validPattern(glob)) {
			fail("invalid pattern syntax");
			continue;
		}
		const matches = expand(dir, glob);
		if (matches === null) {
			fail("invalid pattern syntax");
			continue;
		}
		const files: string[] = [];
		for (const m of matches) {
			const stat = statSync(join(dir, m));
			if (badName(m.slice(m.lastIndexOf("/") + 1))) fail(`cannot embed file ${m}: invalid name ${m.slice(m.lastIndexOf("/") + 1)}`);
			else if (stat.isFile()) files.push(m);
			else if (stat.isDirectory()) {
				const before = files.length;
				filesUnder(dir, m, all, files);
				if (files.length === before) fail(`cannot embed directory ${m}: contains no embeddable files`);
			} else fail(`cannot embed irregular file ${m}`);
		}
		if (matches.length === 0) fail("no matching files found");
		result.byPattern.set(ref.path, [...new Set(files)].sort());
	}
	return result;
}
