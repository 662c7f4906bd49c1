// The GODEBUG settings that a program starts with: those of the Go version that its main module speaks,
// of go.mod's godebug lines and of //go:debug comments (https://go.dev/doc/godebug).

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Loader } from "./load.ts";
import type { Package } from "./package.ts";

interface Setting {
	name: string;
	/** The minor version that changed the default; 0 when none did. */
	changed: number;
	old: string;
}

/** The settings that this GOROOT knows (internal/godebugs). */
function knownSettings(goroot: string): Setting[] {
	const file = join(goroot, "src", "internal", "godebugs", "table.go");
	if (!existsSync(file)) return [];
	return [...readFileSync(file, "utf8").matchAll(/\{Name: "(\w+)"([^}]*)\}/g)].map((m) => ({
		name: m[1],
		changed: Number(/Changed: (\d+)/.exec(m[2])?.[1] ?? 0),
		old: /Old: "([^"]*)"/.exec(m[2])?.[1] ?? "",
	}));
}

/** What is wrong with the //go:debug lines of a program, in the go command's words. */
export function badDirectives(loader: Loader, p: Package): string[] {
	const known = new Set(knownSettings(loader.ctx.goroot).map((s) => s.name));
	const out: string[] = [];
	const seen = new Map<string, string>();
	for (const f of p.goFiles) {
		const file = join(p.dir, f);
		if (!existsSync(file)) continue;
		const text = readFileSync(file, "utf8");
		const clause = /^\s*package\s/m.exec(text)?.index ?? text.length;
		text
			.slice(0, clause)
			.split("\n")
			.forEach((line, i) => {
				const m = /^\/\/go:debug(?:[ \t]+(.*?))?[ \t\r]*$/.exec(line);
				if (m === null) return;
				const at = `${loader.shorten(file)}:${i + 1}:1`;
				const eq = (m[1] ?? "").indexOf("=");
				const key = eq < 0 ? "" : (m[1] ?? "").slice(0, eq);
				const why = eq < 0 ? "missing key=value" : badSetting(loader, known, key, (m[1] ?? "").slice(eq + 1));
				if (why !== "") {
					out.push(`${at}: invalid //go:debug: ${why}`);
					return;
				}
				const before = seen.get(key);
				if (before !== undefined) out.push(`${at}: repeated //go:debug for ${key}`, `\t${before}: previous //go:debug`);
				seen.set(key, at);
			});
	}
	return out;
}

function badSetting(loader: Loader, known: ReadonlySet<string>, key: string, value: string): string {
	for (const [what, text] of [
		["key", key],
		["value", value],
	]) {
		if (/[ \t]/.test(text)) return `${what} contains space`;
		if (text.includes(",")) return `${what} contains comma`;
	}
	if (key === "default") {
		const m = /^go1(?:\.(\d+))?(?:\.\d+|rc\d+|beta\d+)?$/.exec(value);
		if (m === null) return "value for default= must be goVERSION";
		const minor = Number(/^go1\.(\d+)/.exec(loader.ctx.goVersion)?.[1] ?? 0);
		return Number(m[1] ?? 0) > minor ? `default=${value} too new (toolchain is ${loader.ctx.goVersion})` : "";
	}
	if (known.has(key)) return "";
	const table = join(loader.ctx.goroot, "src", "internal", "godebugs", "table.go");
	const removed = existsSync(table) ? new RegExp(`\\{Name: "${key}", Removed: (\\d+)\\}`).exec(readFileSync(table, "utf8")) : null;
	if (removed !== null) return `use of removed //go:debug setting ${JSON.stringify(key)}, see https://go.dev/doc/godebug#go-1${removed[1]}`;
	return `unknown //go:debug setting ${JSON.stringify(key)}`;
}

/** //go:debug key=value lines before a file's package clause. */
function directives(file: string): [string, string][] {
	const text = readFileSync(file, "utf8");
	const clause = /^\s*package\s/m.exec(text)?.index ?? text.length;
	return [...text.slice(0, clause).matchAll(/^\/\/go:debug[ \t]+(\S+?)=(\S*)[ \t]*$/gm)].map((m) => [m[1], m[2]]);
}

/** "name=value,…" for a main package, sorted by name; "" for others. files: of the package and of its tests. */
export function defaultGodebug(loader: Loader, p: Package, files: readonly string[] = p.goFiles): string {
	if (p.name !== "main" || p.library) return "";
	const { main, gomod } = loader.mods;
	const given = new Map<string, string>();
	for (const { key, value } of gomod?.godebug ?? []) given.set(key, value);
	for (const f of files) if (f !== "_testmain.go") for (const [key, value] of directives(join(p.dir, f))) given.set(key, value);
	let version = main === null ? "" : main.goVersion;
	const wanted = given.get("default");
	given.delete("default");
	if (wanted !== undefined) version = wanted.replace(/^go/, "");
	const minor = /^1\.(\d+)/.exec(version)?.[1];
	const settings = new Map<string, string>();
	if (minor !== undefined) for (const s of knownSettings(loader.ctx.goroot)) if (Number(minor) < s.changed) settings.set(s.name, s.old);
	for (const [key, value] of given) settings.set(key, value);
	return [...settings.keys()]
		.sort()
		.map((k) => `${k}=${settings.get(k) ?? ""}`)
		.join(",");
}
