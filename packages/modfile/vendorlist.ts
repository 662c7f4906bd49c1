// vendor/modules.txt: which modules and packages a vendor directory holds (https://go.dev/ref/mod#vendoring), and whether it agrees
// with go.mod.

import type { ModuleVersion, Replace, Require } from "./gomod.ts";
import { moduleKey, sameModule } from "./graph.ts";
import { badImportPath } from "./modpath.ts";
import { parseSemver } from "./semver.ts";

export interface VendorModule extends ModuleVersion {
	replacement: ModuleVersion | null;
	/** Named in a go.mod of the main modules. */
	explicit: boolean;
	/** "" when it is not told. */
	go: string;
	packages: string[];
}

export interface VendorList {
	/** Made by `go work vendor`. */
	workspace: boolean;
	/** In the file's order; those with a replacement of all versions have version "". */
	modules: VendorModule[];
}

export function parseVendorList(text: string): VendorList {
	const list: VendorList = { workspace: false, modules: [] };
	let current: VendorModule | null = null;
	for (const line of text.split("\n")) {
		if (line.startsWith("# ")) {
			current = moduleLine(line);
			if (current !== null) list.modules.push(current);
		} else if (line.startsWith("## ")) {
			const words = line
				.slice(3)
				.split(";")
				.map((w) => w.trim());
			if (current === null && words.includes("workspace")) list.workspace = true;
			if (current === null) continue;
			if (words.includes("explicit")) current.explicit = true;
			current.go = words.find((w) => w.startsWith("go "))?.slice(3) ?? current.go;
		} else {
			const words = line.split(/\s+/).filter((w) => w !== "");
			if (current !== null && words.length === 1 && badImportPath(words[0]) === "") current.packages.push(words[0]);
		}
	}
	return list;
}

function moduleLine(line: string): VendorModule | null {
	const f = line.split(/\s+/).filter((w) => w !== "");
	if (f.length < 3) return null;
	const versioned = parseSemver(f[2]) !== null;
	if (!versioned && f[2] !== "=>") return null;
	const m: VendorModule = { path: f[1], version: versioned ? f[2] : "", replacement: null, explicit: false, go: "", packages: [] };
	const rest = f.slice(versioned ? 3 : 2);
	if (rest[0] === "=>" && rest.length === 2) m.replacement = { path: rest[1], version: "" };
	else if (rest[0] === "=>" && rest.length === 3 && parseSemver(rest[2]) !== null) m.replacement = { path: rest[1], version: rest[2] };
	return m;
}

/** The line that names a module. */
export function formatVendorModule(m: ModuleVersion, replacement: ModuleVersion | null): string {
	const words = ["#", m.path, m.version];
	if (replacement !== null) words.push("=>", replacement.path, replacement.version);
	return `${words.filter((w) => w !== "").join(" ")}\n`;
}

export interface VendorCheck {
	require: readonly (readonly Require[])[];
	replace: readonly Replace[];
	/** The replacement that is in force, with the path as modules.txt has it, and the file that says so. */
	replacement: (m: ModuleVersion) => { to: ModuleVersion; file: string } | null;
	workspace: boolean;
	/** go < 1.14: modules.txt said less then. */
	old: boolean;
}

/** Each line in which go.mod and modules.txt disagree, in either direction. */
export function vendorProblems(list: VendorList, check: VendorCheck): string[] {
	const out: string[] = [];
	const meta = new Map(list.modules.map((m) => [moduleKey(m), m]));
	const say = (m: ModuleVersion, what: string): void => {
		out.push(`\t${moduleKey(m)}: ${what}`);
	};
	const vendored = (path: string): VendorModule | undefined => list.modules.find((m) => m.path === path && m.packages.length > 0);
	for (const r of check.require.flat()) {
		const m = { path: r.path, version: r.version };
		if (meta.get(moduleKey(m))?.explicit) continue;
		const have = vendored(r.path);
		if (!check.old) say(m, "is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt");
		else if (have !== undefined && have.version !== r.version)
			say(m, `is explicitly required in go.mod, but vendor/modules.txt indicates ${r.path}@${have.version}`);
	}
	const seen = new Set<string>();
	for (const r of check.replace) {
		if (seen.has(moduleKey(r.old))) continue;
		seen.add(moduleKey(r.old));
		const now = check.replacement(r.old);
		const told = meta.get(moduleKey(r.old))?.replacement ?? null;
		if (told === null) {
			if (now === null || (check.old && (r.old.version === "" || vendored(r.old.path)?.version !== r.old.version))) continue;
			say(r.old, `is replaced in ${now.file}, but not marked as replaced in vendor/modules.txt`);
		} else if (now === null || !sameModule(told, now.to)) {
			if (now !== null)
				say(
					r.old,
					`is replaced by ${moduleKey(r.with)} in ${now.file}, but marked as replaced by ${moduleKey(told)} in vendor/modules.txt`,
				);
		}
	}
	for (const m of list.modules) {
		if (!m.explicit || check.require.flat().some((r) => sameModule(r, m))) continue;
		say(m, `is marked as explicit in vendor/modules.txt, but not explicitly required in ${check.workspace ? "a " : ""}go.mod`);
	}
	for (const m of list.modules) {
		if (m.replacement === null || check.replacement(m) !== null) continue;
		say(m, `is marked as replaced in vendor/modules.txt, but not replaced in ${check.workspace ? "the workspace" : "go.mod"}`);
	}
	return out;
}
