// mod vendor and work vendor: a copy of every package that the main modules need (https://go.dev/ref/mod#go-mod-vendor).

import { copyFileSync, chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { formatVendorModule, goAtLeast, moduleKey, type ModuleVersion, sortModules } from "#modfile";
import { newBuildContext } from "../context.ts";
import { resolveEmbeds } from "../embed.ts";
import { UserError } from "../env.ts";
import type { ImportRef } from "../package.ts";
import { embedPatternsOf } from "../scan.ts";
import { graphSums, writeGoMod, writeGoSum } from "./open.ts";
import { PackageLoader } from "./packages.ts";
import { shouldBuild } from "./scan.ts";
import type { ModuleState } from "./state.ts";
import { loadedSums } from "./tidy.ts";
import { settle } from "./wants.ts";

const metadataPrefixes = ["AUTHORS", "CONTRIBUTORS", "COPYLEFT", "COPYING", "COPYRIGHT", "LEGAL", "LICENSE", "NOTICE", "PATENTS"];

export interface VendorOptions {
	/** -e */
	errors: boolean;
	/** -v */
	verbose: boolean;
	/** -o, "" for vendor/. */
	out: string;
}

export async function vendorModule(state: ModuleState, options: VendorOptions): Promise<{ errors: string[] }> {
	const loader: PackageLoader = new PackageLoader(state, {
		tags: null,
		roots: () => [...loader.mainPackages(), ...state.tools()],
		all: true,
		resolveMissing: true,
		loadTests: false,
		vendorAll: true,
		silenceStd: true,
	});
	const { packages, errors } = await loader.load();
	if (errors.length > 0 && !options.errors) return { errors };
	for (const e of errors) state.options.log(e);
	if (!state.inWorkspace) await writeGoMod(state);
	const keep = await settle(
		state.store.wants,
		() => new Set([...loadedSums(state, state.requirements, packages, false), ...graphSums(state, state.requirements, true)]),
	);
	await writeGoSum(state, keep, false);
	const out = options.out === "" ? state.vendorDir : options.out;
	rmSync(out, { recursive: true, force: true });
	const byModule = new Map<string, { m: ModuleVersion; paths: string[] }>();
	const dirs = new Map<string, string>();
	for (const p of packages) {
		if (p.testOf !== null || p.mod === null || p.mod.path === "" || state.isMain(p.mod.path) || !p.inAll) continue;
		const key = moduleKey(p.mod);
		const entry = byModule.get(key) ?? { m: p.mod, paths: [] };
		entry.paths.push(p.path);
		byModule.set(key, entry);
		dirs.set(p.path, p.dir);
	}
	checkCollisions([...byModule.values()].map((e) => e.m.path));
	const text = await settle(state.store.wants, () => listText(state, byModule));
	if (text === "") {
		state.options.log("go: no dependencies to vendor");
		return { errors: [] };
	}
	if (options.verbose) process.stderr.write(text.replace(/^## workspace\n/, "## workspace\n"));
	const copier = new Copier(state, out);
	for (const { m, paths } of byModule.values()) for (const path of paths.sort()) copier.package(m, path, dirs.get(path) as string);
	mkdirSync(out, { recursive: true });
	writeFileSync(join(out, "modules.txt"), text);
	return { errors: copier.errors };
}

function checkCollisions(paths: readonly string[]): void {
	const seen = new Map<string, string>();
	for (const p of paths) {
		const other = seen.get(p.toLowerCase());
		if (other !== undefined && other !== p)
			throw new UserError(`go.mod: case-insensitive import collision: ${JSON.stringify(p)} and ${JSON.stringify(other)}`);
		seen.set(p.toLowerCase(), p);
	}
}

/** modules.txt. */
function listText(state: ModuleState, byModule: Map<string, { m: ModuleVersion; paths: string[] }>): string {
	const go = state.goVersion;
	const explicit = new Map<string, ModuleVersion>();
	const annotate = goAtLeast(go, "1.14") && (state.inWorkspace || state.main.file.mod.go !== "");
	if (annotate)
		for (const main of state.mains) for (const r of main.file.mod.require) explicit.set(moduleKey(r), { path: r.path, version: r.version });
	const mods = sortModules([...new Map([...explicit, ...[...byModule].map(([k, e]) => [k, e.m] as const)]).values()]);
	let text = state.inWorkspace ? "## workspace\n" : "";
	const written = new Set<string>();
	for (const m of mods) {
		const key = moduleKey(m);
		text += line(state, m);
		written.add(key);
		const version = goAtLeast(go, "1.17") ? goLineOf(state, m) : "";
		const words = [explicit.has(key) ? "explicit" : "", version === "" ? "" : `go ${version}`].filter((w) => w !== "");
		if (words.length > 0) text += `## ${words.join("; ")}\n`;
		for (const p of (byModule.get(key)?.paths ?? []).sort()) text += `${p}\n`;
	}
	if (annotate) {
		// Replacements that had no effect: only the complete build list could tell.
		const all = [...(state.work?.work.replace ?? []), ...state.mains.flatMap((m) => m.file.mod.replace)];
		for (const r of all) {
			if (written.has(moduleKey(r.old)) || state.replacementFrom(r.old) === null) continue;
			written.add(moduleKey(r.old));
			text += line(state, r.old);
		}
	}
	return text === "## workspace\n" && byModule.size === 0 ? text : text;
}

function line(state: ModuleState, m: ModuleVersion): string {
	const r = state.replacementFrom(m);
	if (r === null) return formatVendorModule(m, null);
	const to = state.canonicalReplacement(r.to, r.dir);
	if (/^(\.\/)?vendor(\/|$)/.test(to.path)) throw new UserError(`go: replacement path ${to.path} inside vendor directory`);
	return formatVendorModule(m, to);
}

/** The go line of a module in the build list; "" when it has none. */
function goLineOf(state: ModuleState, m: ModuleVersion): string {
	const selected = state.requirements.graph().selected(m.path);
	const actual = state.actual({ path: m.path, version: selected === "none" ? m.version : selected });
	const info = state.rawInfo(actual, m.path);
	return info === null || info.error !== "" ? "" : info.goLine;
}

class Copier {
	readonly errors: string[] = [];
	private readonly state: ModuleState;
	private readonly out: string;
	private readonly metadata: Set<string> = new Set();
	private readonly tags: (tag: string) => boolean;

	constructor(state: ModuleState, out: string) {
		this.state = state;
		this.out = out;
		this.tags = newBuildContext(state.env, []).hasTag;
	}

	package(m: ModuleVersion, path: string, src: string): void {
		const copied = new Set<string>();
		const go = this.state.goVersion;
		const dst = join(this.out, path);
		this.copyDir(dst, src, (name) => this.isSource(src, name, go), copied);
		this.copyMetadata(m.path, path, dst, src, copied);
		const patterns = embedPatternsOf(src, goAtLeast(go, "1.22"));
		if (patterns === null) return;
		const refs: ImportRef[] = patterns.map((p) => ({ path: p, pos: { file: "", line: 0, col: 0 } }));
		const { byPattern, errors } = resolveEmbeds(src, refs);
		for (const e of errors) this.errors.push(`go: resolving embeds in ${path}: ${e.msg}`);
		if (errors.length > 0) return;
		for (const file of new Set([...byPattern.values()].flat())) {
			const to = join(dst, file);
			if (copied.has(to)) continue;
			mkdirSync(dirname(to), { recursive: true });
			copy(join(src, file), to);
		}
	}

	private isSource(dir: string, name: string, go: string): boolean {
		if (name.endsWith("_test.go")) return false;
		if ((name === "go.mod" || name === "go.sum") && goAtLeast(go, "1.17")) return false;
		if (!name.endsWith(".go")) return true;
		return shouldBuild(readFileSync(join(dir, name)), null);
	}

	private copyDir(dst: string, src: string, match: (name: string) => boolean, copied: Set<string>): void {
		mkdirSync(dst, { recursive: true });
		for (const e of readdirSync(src, { withFileTypes: true })) {
			if (!e.isFile() || !match(e.name)) continue;
			const to = join(dst, e.name);
			copy(join(src, e.name), to);
			copied.add(to);
		}
	}

	/** License and similar files of the folders above, up to the module's root. */
	private copyMetadata(mod: string, path: string, dst: string, src: string, copied: Set<string>): void {
		for (let parent = false; ; parent = true) {
			const key = `${mod} ${dst}`;
			if (this.metadata.has(key)) return;
			this.metadata.add(key);
			if (parent) this.copyDir(dst, src, (name) => metadataPrefixes.some((p) => name.startsWith(p)), copied);
			if (path === mod) return;
			path = dirname(path);
			dst = dirname(dst);
			src = dirname(src);
		}
	}
}

/** Copies content; the mode is that of a new file. */
function copy(from: string, to: string): void {
	copyFileSync(from, to);
	chmodSync(to, 0o666 & ~process.umask());
}
