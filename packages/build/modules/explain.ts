// Why a checksum does not match, and why a version was selected: the causes, with the command that mends each.

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeHex, hash1, type HashedFile, moduleKey, type ModuleVersion, sameModule, ZipError } from "#modfile";
import { isExtracted, modulePaths, readModuleZip } from "./cache.ts";
import { filesBelow } from "./download.ts";
import { loadModuleGraph } from "./open.ts";
import type { ModuleState } from "./state.ts";
import { goModHash } from "./store.ts";
import { nodeCrypto } from "./sumdb.ts";

/** Files of a module with their SHA-256, and with that of the text without carriage returns. */
interface Listing {
	/** h1 over all files; "" when it could not be read. */
	hash: string;
	error: string;
	files: Map<string, { sha: string; plain: string }>;
}

function entry(data: Uint8Array): { sha: string; plain: string } {
	const sha = encodeHex(nodeCrypto.sha256(data));
	const plain = data.includes(13)
		? encodeHex(nodeCrypto.sha256(Buffer.from(Buffer.from(data).toString("latin1").replaceAll("\r\n", "\n"), "latin1")))
		: sha;
	return { sha, plain };
}

export function listZip(zip: string, m: ModuleVersion): Listing {
	const files: Listing["files"] = new Map();
	try {
		const hash = readModuleZip(
			zip,
			`${m.path}@${m.version}/`,
			(path, data) => files.set(path, entry(data)),
			() => undefined,
		);
		return { hash, error: "", files };
	} catch (err) {
		if (err instanceof ZipError) return { hash: "", error: err.message, files };
		throw err;
	}
}

export function listDirectory(dir: string, m: ModuleVersion): Listing {
	const files: Listing["files"] = new Map();
	for (const f of filesBelow(dir)) files.set(f, entry(readFileSync(join(dir, f))));
	return { hash: hashOf(files, m), error: "", files };
}

function hashOf(files: Listing["files"], m: ModuleVersion): string {
	const list: HashedFile[] = [...files].map(([f, { sha }]) => ({ name: `${m.path}@${m.version}/${f}`, sha256: sha }));
	return hash1(list, nodeCrypto);
}

export interface Difference {
	file: string;
	what: "added" | "missing" | "changed" | "line endings";
}

/** Files of b that are not as in a, in the order of their names. */
export function compareListings(a: Listing, b: Listing): Difference[] {
	const out: Difference[] = [];
	for (const file of [...new Set([...a.files.keys(), ...b.files.keys()])].sort()) {
		const x = a.files.get(file);
		const y = b.files.get(file);
		if (x === undefined) out.push({ file, what: "added" });
		else if (y === undefined) out.push({ file, what: "missing" });
		else if (x.sha !== y.sha) out.push({ file, what: x.plain === y.plain ? "line endings" : "changed" });
	}
	return out;
}

/** Whether the rules for vendor directories in module zips (changed for go 1.24, golang.org/issue/37397) explain the differences. */
function isVendorRule(list: readonly Difference[]): boolean {
	return list.length > 0 && list.every((d) => d.what !== "changed" && /(^|\/)vendor\//.test(d.file));
}

function describe(list: readonly Difference[]): string {
	const [first] = list;
	const more = list.length > 1 ? ` (and ${list.length - 1} more)` : "";
	const what = {
		added: "is only there",
		missing: "is missing there",
		changed: "differs",
		"line endings": "differs in its line endings only",
	};
	return `first differing file: ${first.file}, which ${what[first.what]}${more}`;
}

/** Everything that says something about the module version. */
interface Evidence {
	goSum: string[];
	goSumMod: string[];
	cacheZip: Listing | null;
	zipHash: string;
	cacheMod: string;
	dir: Listing | null;
	database: { hash: string; mod: string; error: string };
	proxy: Listing | null;
	proxyError: string;
}

async function gather(state: ModuleState, m: ModuleVersion): Promise<Evidence> {
	const at = modulePaths(state.settings.modcache, m.path, m.version);
	const out: Evidence = {
		goSum: state.store.sums.get(m.path, m.version),
		goSumMod: state.store.sums.get(m.path, `${m.version}/go.mod`),
		cacheZip: existsSync(`${at.download}.zip`) ? listZip(`${at.download}.zip`, m) : null,
		zipHash: existsSync(`${at.download}.ziphash`) ? readFileSync(`${at.download}.ziphash`, "utf8").trim() : "",
		cacheMod: existsSync(`${at.download}.mod`) ? goModHash(readFileSync(`${at.download}.mod`)) : "",
		dir: isExtracted(at) ? listDirectory(at.dir, m) : null,
		database: { hash: "", mod: "", error: "" },
		proxy: null,
		proxyError: "",
	};
	if (!state.settings.usesSumdb(m.path)) out.database.error = "not asked (GOSUMDB, GONOSUMDB or GOPRIVATE say so)";
	else {
		try {
			for (const line of await state.store.client().lookup(m.path, m.version)) {
				const [, version, hash] = line.split(" ");
				if (version === m.version) out.database.hash = hash;
				else out.database.mod = hash;
			}
		} catch (err) {
			out.database.error = (err as Error).message.split("\n")[0];
		}
	}
	const dir = mkdtempSync(join(tmpdir(), "tsugo-explain-"));
	try {
		const file = join(dir, "module.zip");
		await state.store.rawZip(m.path, m.version, file);
		out.proxy = listZip(file, m);
	} catch (err) {
		if (err instanceof TypeError) throw err;
		out.proxyError = (err as Error).message.split("\n")[0];
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
	return out;
}

/** The tree of reasons, and whether something is wrong. */
export async function explainChecksum(state: ModuleState, m: ModuleVersion): Promise<{ lines: string[]; wrong: boolean }> {
	const e = await gather(state, m);
	const at = modulePaths(state.settings.modcache, m.path, m.version);
	const key = moduleKey(m);
	const lines = [key];
	const say = (label: string, text: string): void => {
		lines.push(`├─ ${label.padEnd(22)} ${text}`);
	};
	const sum = state.store.sums.file === "" ? "go.sum" : state.short(state.store.sums.file);
	say(`${sum}:`, e.goSum.length === 0 ? "no line for its files" : e.goSum.join(", "));
	say(`${sum} (go.mod):`, e.goSumMod.length === 0 ? "no line for its go.mod" : e.goSumMod.join(", "));
	say("checksum database:", e.database.error !== "" ? e.database.error : e.database.hash);
	say("proxy:", e.proxy === null ? e.proxyError : e.proxy.hash === "" ? e.proxy.error : e.proxy.hash);
	say("cached zip:", e.cacheZip === null ? "none" : e.cacheZip.hash === "" ? e.cacheZip.error : e.cacheZip.hash);
	say("cached zip's record:", e.zipHash === "" ? "none" : e.zipHash);
	say("extracted files:", e.dir === null ? "none" : e.dir.hash);
	const found = judge(e, sum, { zip: `${at.download}.zip`, dir: at.dir, mod: `${at.download}.mod`, key });
	if (found.length === 0) lines.push("└─ no mismatch: all that is known agrees");
	for (const [i, { cause, mend }] of found.entries()) {
		lines.push(`${i + 1 === found.length ? "└─" : "├─"} cause: ${cause}`);
		for (const [k, cmd] of mend.entries()) lines.push(`   ${k === 0 ? "to mend it:" : "           "} ${cmd}`);
	}
	return { lines, wrong: found.length > 0 };
}

interface Verdict {
	cause: string;
	mend: string[];
}

function judge(e: Evidence, sum: string, at: { zip: string; dir: string; mod: string; key: string }): Verdict[] {
	const out: Verdict[] = [];
	const fetchAgain = [`rm -f ${at.zip} ${at.zip}hash`, `tsugo mod download ${at.key}`];
	const trusted = e.database.hash !== "" ? e.database.hash : (e.goSum[0] ?? "");
	const whose = e.database.hash !== "" ? "the checksum database" : sum;
	if (e.goSum.length > 1) {
		const good = e.database.hash !== "" && e.goSum.includes(e.database.hash) ? `; the checksum database has ${e.database.hash}` : "";
		out.push({
			cause: `${sum} has ${e.goSum.length} different lines for it${good}`,
			mend: [`edit ${sum}: keep one of its lines for ${at.key}`, "tsugo mod tidy"],
		});
	}
	if (e.cacheZip !== null) {
		const bad =
			e.cacheZip.hash === "" || (e.zipHash !== "" && e.cacheZip.hash !== e.zipHash) || (trusted !== "" && e.cacheZip.hash !== trusted);
		const good = e.proxy !== null && e.proxy.hash !== "" && (trusted === "" || e.proxy.hash === trusted);
		if (bad && (good || e.cacheZip.hash === "" || e.cacheZip.hash !== e.zipHash)) {
			const diff = e.proxy !== null && e.cacheZip.hash !== "" ? compareListings(e.proxy, e.cacheZip) : [];
			const detail = e.cacheZip.hash === "" ? `: ${e.cacheZip.error}` : diff.length > 0 ? `; ${describe(diff)}` : "";
			out.push({ cause: `the local cache is damaged: ${at.zip} is not what was verified${detail}`, mend: fetchAgain });
		}
	}
	if (e.zipHash !== "" && e.cacheZip !== null && e.cacheZip.hash !== "" && e.cacheZip.hash !== e.zipHash && e.cacheZip.hash === trusted)
		out.push({ cause: `the cache's record of the zip's hash is damaged (${at.zip}hash)`, mend: fetchAgain });
	if (e.dir !== null) {
		const from = e.cacheZip !== null && e.cacheZip.hash !== "" ? e.cacheZip : e.proxy;
		const diff = from === null ? [] : compareListings(from, e.dir);
		if (diff.length > 0)
			out.push({
				cause: `extracted files were changed: in ${at.dir}, ${describe(diff)}`,
				mend: [`chmod -R u+w ${at.dir} && rm -rf ${at.dir}`, `tsugo mod download ${at.key}`],
			});
	}
	if (e.database.mod !== "" && e.cacheMod !== "" && e.cacheMod !== e.database.mod)
		out.push({
			cause: `the local cache is damaged: ${at.mod} is not the go.mod that the checksum database knows`,
			mend: [`rm -f ${at.mod}`, `tsugo mod download ${at.key}`],
		});
	if (e.goSumMod.length > 0 && e.cacheMod !== "" && !e.goSumMod.includes(e.cacheMod) && e.database.mod === "")
		out.push({ cause: `${sum} and the cached go.mod disagree (${at.mod})`, mend: [`rm -f ${at.mod}`, `tsugo mod download ${at.key}`] });
	if (e.proxy !== null && e.proxy.hash !== "" && trusted !== "" && e.proxy.hash !== trusted)
		out.push(proxyVerdict(e, e.proxy, whose, trusted, at.key));
	if (e.database.hash !== "" && e.goSum.length === 1 && e.goSum[0] !== e.database.hash)
		out.push({
			cause: `${sum} does not have the hash that the checksum database has: the line was edited or damaged, or the module was fetched from a place that served something else`,
			mend: [`remove the lines of ${at.key} from ${sum}`, "tsugo mod tidy"],
		});
	if (e.database.mod !== "" && e.goSumMod.length === 1 && e.goSumMod[0] !== e.database.mod)
		out.push({
			cause: `${sum} does not have the go.mod hash that the checksum database has`,
			mend: [`remove the lines of ${at.key} from ${sum}`, "tsugo mod tidy"],
		});
	return out;
}

function proxyVerdict(e: Evidence, proxy: Listing, whose: string, trusted: string, key: string): Verdict {
	const verified = e.cacheZip !== null && e.cacheZip.hash === trusted ? e.cacheZip : null;
	const diff = verified === null ? [] : compareListings(verified, proxy);
	const direct = [`GOPROXY=https://proxy.golang.org tsugo mod download ${key}`];
	if (isVendorRule(diff)) {
		return {
			cause: `the proxy and ${whose} disagree in vendor directories only: the rules for them in module zips changed with go 1.24, and the proxy packed by the other rules; ${describe(diff)}`,
			mend: direct,
		};
	}
	if (diff.length > 0 && diff.every((d) => d.what === "line endings"))
		return {
			cause: `the proxy's copy has other line endings (a repository setting such as autocrlf, where it was packed); ${describe(diff)}`,
			mend: direct,
		};
	const where = diff.length > 0 ? `; ${describe(diff)}` : "";
	return {
		cause: `the proxy and ${whose} disagree: the version was tagged anew after it was first seen, or somebody serves other code. Do not use the proxy's copy before that is clear${where}`,
		mend: direct,
	};
}

/** The modules that require a path, by the version they ask for, and the way to the one that decided. */
export async function explainVersion(state: ModuleState, path: string): Promise<string[]> {
	const graph = await loadModuleGraph(state);
	const selected = graph.selected(path);
	if (selected === "none") return [`${path} is not in the module graph of ${state.main.path}`];
	const lines = [selected === "" ? `${path} is the main module` : `${path} ${selected}`];
	if (selected === "") return lines;
	const r = state.replacementFrom({ path, version: selected });
	if (r !== null) lines.push(`├─ replaced by ${moduleKey(r.to)} (${state.short(r.file)})`);
	const asked = new Map<string, ModuleVersion[]>();
	graph.walk((m) => {
		for (const q of graph.requiredBy(m) ?? []) if (q.path === path) asked.set(q.version, [...(asked.get(q.version) ?? []), m]);
	});
	const highest = { path, version: selected };
	const way = graph.findPath((m) => sameModule(m, highest));
	lines.push(
		`├─ selected: it is the highest version that anything requires (${asked.size} different version${asked.size === 1 ? " is" : "s are"} asked for)`,
	);
	lines.push(`├─ the shortest way to it: ${way.map(moduleKey).join(" → ")}`);
	const versions = [...asked].sort(([a], [b]) => (a === selected ? -1 : b === selected ? 1 : a < b ? 1 : -1));
	for (const [i, [version, by]] of versions.entries()) {
		const names = by.slice(0, 5).map(moduleKey).join(", ");
		lines.push(
			`${i + 1 === versions.length ? "└─" : "├─"} ${version} is required by ${names}${by.length > 5 ? ` and ${by.length - 5} more` : ""}`,
		);
	}
	return lines;
}
