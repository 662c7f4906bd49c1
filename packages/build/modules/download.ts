// mod download, and checking what the cache holds.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { encodeHex, goAtLeast, hash1, type HashedFile, type ModuleVersion, ZipError } from "#modfile";
import { readModuleZip } from "./cache.ts";
import { listModules, plainMode } from "./listing.ts";
import { graphSums, loadModuleGraph, writeGoMod, writeGoSum } from "./open.ts";
import type { ModuleState } from "./state.ts";
import { nodeCrypto } from "./sumdb.ts";
import { eachLimited } from "./wants.ts";

interface Downloaded {
	Path: string;
	Version?: string;
	Query?: string;
	Error?: string;
	Info?: string;
	GoMod?: string;
	Zip?: string;
	Dir?: string;
	Sum?: string;
	GoModSum?: string;
	Origin?: unknown;
}

const parallel = 8;

/** Downloads the modules that the arguments name (without any: what go.mod requires). Lines are for stdout. */
export async function downloadModules(
	state: ModuleState,
	given: readonly string[],
	json: boolean,
): Promise<{ lines: string[]; errors: string[]; failed: boolean }> {
	let args = [...given];
	if (state.hasModRoot || state.inWorkspace) {
		if (args.length > 0) {
			for (const m of state.mains)
				for (const arg of args)
					if (arg === m.path || arg === `${m.path}@upgrade` || arg === `${m.path}@patch`)
						state.options.log(`go: skipping download of ${arg} that resolves to the main module`);
		} else if (state.inWorkspace) args = ["all"];
		else {
			const { mod } = state.main.file;
			if (mod.go === "" || !goAtLeast(mod.go, "1.17")) args = mod.require.length > 0 ? ["all"] : [];
			else {
				await loadModuleGraph(state);
				args = mod.require.map((r) => r.path);
			}
		}
	}
	if (args.length === 0) {
		if (state.hasModRoot) state.options.log("go: no module dependencies to download");
		else return { lines: [], errors: ["go: no modules specified (see 'go help mod download')"], failed: true };
		return { lines: [], errors: [], failed: false };
	}
	const { list, error } = await listModules(state, args, plainMode);
	if (given.length === 0 && !state.inWorkspace) await writeGoMod(state);
	const mods: Downloaded[] = [];
	const jobs: { m: Downloaded; mod: ModuleVersion }[] = [];
	for (const found of list) {
		const info = found.Replace ?? found;
		if (info.Version === "" && info.Error === null) continue;
		const m: Downloaded = { Path: info.Path, Version: info.Version };
		if (info.Query !== "") m.Query = info.Query;
		if (info.Origin !== null) m.Origin = info.Origin;
		mods.push(m);
		if (info.Error !== null) m.Error = info.Error.Err;
		else jobs.push({ m, mod: { path: info.Path, version: info.Version } });
	}
	await eachLimited(jobs, parallel, async ({ m, mod }) => {
		try {
			const got = await state.store.download(mod.path, mod.version);
			m.Info = got.info;
			m.GoMod = got.mod;
			m.Zip = got.zip;
			m.Dir = got.dir;
			m.Sum = got.sum;
			m.GoModSum = got.modSum;
			if (got.origin !== undefined) m.Origin = got.origin;
		} catch (err) {
			if (err instanceof TypeError || err instanceof RangeError) throw err;
			m.Error = (err as Error).message;
		}
	});
	const errors = json ? [] : mods.filter((m) => m.Error !== undefined).map((m) => `go: ${m.Error}`);
	const lines = json ? mods.map((m) => `${JSON.stringify(ordered(m), null, "\t")}\n`) : [];
	// All that was asked for by name is kept in go.sum, needed or not; without names only what the graph needs.
	const noted = given.length > 0 || state.inWorkspace;
	const keep = new Set([...graphSums(state, state.requirements, true)].filter((key) => noted || key.endsWith("/go.mod")));
	for (const { m, mod } of jobs) {
		if (m.Error !== undefined) continue;
		if (noted) keep.add(`${mod.path} ${mod.version}`);
		keep.add(`${mod.path} ${mod.version}/go.mod`);
	}
	if (given.length > 0 && !state.inWorkspace && state.hasModRoot) await writeGoMod(state);
	if (given.length > 0 || state.inWorkspace || goAtLeast(state.goVersion, "1.16")) await writeGoSum(state, keep, false);
	if (error !== "") errors.push(error);
	return { lines, errors, failed: errors.length > 0 || mods.some((m) => m.Error !== undefined) };
}

const order: readonly (keyof Downloaded)[] = [
	"Path",
	"Version",
	"Query",
	"Error",
	"Info",
	"GoMod",
	"Zip",
	"Dir",
	"Sum",
	"GoModSum",
	"Origin",
];

function ordered(m: Downloaded): Record<string, unknown> {
	const out: Record<string, unknown> = {};
	for (const key of order) if (m[key] !== undefined && m[key] !== "") out[key] = m[key];
	return out;
}

/** The h1 hash of a zip in the cache, or what is wrong with it. */
export function verifyZip(zip: string, m: ModuleVersion): { hash: string; error: string } {
	try {
		return {
			hash: readModuleZip(
				zip,
				`${m.path}@${m.version}/`,
				() => undefined,
				() => undefined,
			),
			error: "",
		};
	} catch (err) {
		if (err instanceof ZipError) return { hash: "", error: `zip has been modified (${zip}): ${err.message}` };
		throw err;
	}
}

/** Files below a directory, as slash-separated paths. */
export function filesBelow(dir: string, prefix = ""): string[] {
	const out: string[] = [];
	for (const e of readdirSync(join(dir, prefix), { withFileTypes: true })) {
		const path = prefix === "" ? e.name : `${prefix}/${e.name}`;
		if (e.isDirectory()) out.push(...filesBelow(dir, path));
		else out.push(path);
	}
	return out;
}

/** The h1 hash of an extracted module. */
export function hashDirectory(dir: string, prefix: string): string {
	const files: HashedFile[] = filesBelow(dir).map((f) => ({
		name: `${prefix}/${f}`,
		sha256: encodeHex(nodeCrypto.sha256(readFileSync(join(dir, f)))),
	}));
	return hash1(files, nodeCrypto);
}
