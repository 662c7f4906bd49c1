// GOPATH mode (GO111MODULE=off): packages lie below GOPATH/src and GOROOT/src, and in vendor folders on the way up from who imports them.

import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Package } from "./package.ts";

export interface GopathPlace {
	dir: string;
	importPath: string;
	standard: boolean;
}

function isDir(dir: string): boolean {
	return statSync(dir, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function hasGoFiles(dir: string): boolean {
	return isDir(dir) && readdirSync(dir).some((f) => f.endsWith(".go"));
}

/** A folder of sources, and the entry it belongs to. */
function rootOf(goroot: string, entries: readonly string[], dir: string): string | null {
	for (const root of [goroot, ...entries]) {
		const src = join(root, "src");
		if (dir === src || dir.startsWith(`${src}/`)) return root;
	}
	return null;
}

/** The import path of a directory; "_/dir" for one outside of all entries. */
export function gopathImportPath(goroot: string, entries: readonly string[], dir: string): string {
	const root = rootOf(goroot, entries, dir);
	if (root === null || conflictDir(goroot, entries, dir) !== "") return `_${dir}`;
	const path = dir.slice(join(root, "src").length + 1);
	return /(^|\/)testdata(\/|$)/.test(path) && root !== goroot ? `_${dir}` : path;
}

/** The directory that the import path of dir means instead, "" when it means dir: GOROOT and earlier entries of GOPATH come first. */
export function conflictDir(goroot: string, entries: readonly string[], dir: string): string {
	const root = rootOf(goroot, entries, dir);
	if (root === null || root === goroot) return "";
	const path = dir.slice(join(root, "src").length + 1);
	if (path === "") return "";
	const earlier = [goroot, ...entries.slice(0, entries.indexOf(root))].map((r) => join(r, "src", path));
	return earlier.find(isDir) ?? "";
}

/** The GOPATH entry (or GOROOT) that holds a directory, "" for none. */
export function gopathRoot(goroot: string, entries: readonly string[], dir: string): string {
	return rootOf(goroot, entries, dir) ?? "";
}

/** Where a package is, or why it is nowhere, in the go command's words. */
export function gopathPlace(goroot: string, entries: readonly string[], path: string, from: Package | null): GopathPlace | string {
	if (from !== null && /^\.\.?(\/|$)/.test(path)) {
		const dir = join(from.dir, path);
		return { dir, importPath: gopathImportPath(goroot, entries, dir), standard: false };
	}
	if (path.startsWith("_/")) return { dir: path.slice(1), importPath: path, standard: false };
	const tried: string[] = [];
	const root = from === null ? null : rootOf(goroot, entries, from.dir);
	if (from !== null && root !== null) {
		const src = join(root, "src");
		for (let d = from.dir; d.length >= src.length; d = dirname(d)) {
			const vendor = join(d, "vendor");
			if (!isDir(vendor)) continue;
			const dir = join(vendor, path);
			if (hasGoFiles(dir)) return { dir, importPath: dir.slice(src.length + 1), standard: root === goroot };
			tried.push(`\t${dir} (vendor tree)`);
		}
	}
	const std = join(goroot, "src", path);
	if (isDir(std) && (hasGoFiles(std) || !path.split("/")[0].includes("."))) return { dir: std, importPath: path, standard: true };
	tried.push(`\t${std} (from $GOROOT)`);
	entries.forEach((entry, i) => tried.push(`\t${join(entry, "src", path)}${i === 0 ? " (from $GOPATH)" : ""}`));
	for (const entry of entries) {
		const dir = join(entry, "src", path);
		if (existsSync(dir) && isDir(dir)) return { dir, importPath: path, standard: false };
	}
	if (entries.length === 0) tried.push("\t($GOPATH not set. For more details see: 'go help gopath')");
	return `cannot find package ${JSON.stringify(path)} in any of:\n${tried.join("\n")}`;
}
