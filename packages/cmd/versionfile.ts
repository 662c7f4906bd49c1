// Version and module information of executables.

import { lstatSync, readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { extname, join } from "node:path";
import { type BuildInfo, formatBuildInfo, readBuildInfo } from "#elf";
import { jsonString } from "./gojson.ts";

export interface VersionOptions {
	modules: boolean;
	/** Report files of a folder that are no Go programs. */
	verbose: boolean;
	json: boolean;
}

/** Prints what `version [-m] FILES` prints; gives the exit code. */
export function printVersions(files: readonly string[], o: VersionOptions): number {
	let failed = false;
	for (const file of files) {
		const info = lstatSync(file, { throwIfNoEntry: false });
		if (info === undefined) {
			process.stderr.write(`stat ${file}: no such file or directory\n`);
			failed = true;
		} else if (statSync(file, { throwIfNoEntry: false })?.isDirectory() && !info.isSymbolicLink()) scanFolder(file, o);
		else if (!scanFile(file, info, true, o) && o.modules) failed = true;
	}
	return failed ? 1 : 0;
}

function scanFolder(dir: string, o: VersionOptions): void {
	for (const e of readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
		const path = join(dir, e.name);
		if (e.isDirectory()) scanFolder(path, o);
		else if (e.isFile() || e.isSymbolicLink()) scanFile(path, lstatSync(path), o.verbose, o);
	}
}

function candidate(file: string, info: Stats): boolean {
	if (info.isFile() && (info.mode & 0o111) !== 0) return true;
	const name = file.toLowerCase();
	return [".so", ".exe", ".dll"].includes(extname(name)) || name.includes(".so.");
}

/** Prints one file's information; false when it has none. */
function scanFile(file: string, link: Stats, told: boolean, o: VersionOptions): boolean {
	const info = link.isSymbolicLink() ? statSync(file, { throwIfNoEntry: false }) : link;
	if (info === undefined || !info.isFile()) {
		if (told) process.stderr.write(`${file}: symlink\n`);
		return false;
	}
	let found: BuildInfo | null = null;
	let why = "";
	try {
		found = readBuildInfo(readFileSync(file));
		if (found === null) why = `could not read Go build info from ${file}: not a Go executable`;
	} catch (err) {
		why =
			(err as NodeJS.ErrnoException).code === undefined
				? `could not read Go build info from ${file}: unrecognized file format`
				: (err as Error).message;
	}
	if (found === null) {
		if (told && candidate(file, info)) process.stderr.write(`${file}: ${why}\n`);
		return false;
	}
	process.stdout.write(o.modules && o.json ? `${buildInfoJson(found)}\n` : formatBuildInfo(file, found, o.modules));
	return true;
}

interface ModuleRow {
	Path: string;
	Version: string;
	Sum: string;
	Replace: ModuleRow | null;
}

/** "key=value" where either may be a Go string literal. */
function unquotePair(text: string): [string, string] {
	const m = /^("(?:[^"\\]|\\.)*"|[^="]+)=([^]*)$/.exec(text);
	const plain = (s: string): string => (s.startsWith('"') ? (JSON.parse(s) as string) : s);
	return m === null ? [text, ""] : [plain(m[1]), plain(m[2])];
}

function moduleJson(m: ModuleRow, indent: string): string {
	const rows = [
		`"Path": ${jsonString(m.Path)}`,
		`"Version": ${jsonString(m.Version)}`,
		`"Sum": ${jsonString(m.Sum)}`,
		`"Replace": ${m.Replace === null ? "null" : moduleJson(m.Replace, `${indent}\t`)}`,
	];
	return `{\n${indent}\t${rows.join(`,\n${indent}\t`)}\n${indent}}`;
}

/** As encoding/json prints a debug.BuildInfo. */
function buildInfoJson(info: BuildInfo): string {
	let path = "";
	let main: ModuleRow = { Path: "", Version: "", Sum: "", Replace: null };
	const deps: ModuleRow[] = [];
	const settings: [string, string][] = [];
	let last: ModuleRow = main;
	for (const line of info.modInfo.split("\n")) {
		const [word, ...f] = line.split("\t");
		const row = (): ModuleRow => ({ Path: f[0] ?? "", Version: f[1] ?? "", Sum: f[2] ?? "", Replace: null });
		if (word === "path") path = f[0] ?? "";
		else if (word === "mod") last = main = row();
		else if (word === "dep") deps.push((last = row()));
		else if (word === "=>") last.Replace = row();
		else if (word === "build") settings.push(unquotePair(f.join("\t")));
	}
	const list = (rows: readonly string[]): string => (rows.length === 0 ? "null" : `[\n\t\t${rows.join(",\n\t\t")}\n\t]`);
	const rows = [
		`"GoVersion": ${jsonString(info.goVersion)}`,
		`"Path": ${jsonString(path)}`,
		`"Main": ${moduleJson(main, "\t")}`,
		`"Deps": ${list(deps.map((d) => moduleJson(d, "\t\t")))}`,
		`"Settings": ${list(settings.map(([k, v]) => `{\n\t\t\t"Key": ${jsonString(k)},\n\t\t\t"Value": ${jsonString(v)}\n\t\t}`))}`,
	];
	return `{\n\t${rows.join(",\n\t")}\n}`;
}
