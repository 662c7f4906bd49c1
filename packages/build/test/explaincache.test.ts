// explain cache: the input that changed is named, and where it is. Nothing is compiled: files of the cache are put where a build would.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { cacheKeyText, packageFile, standardFile } from "../cache.ts";
import { noteInputs } from "../cacheinputs.ts";
import { type CachePlan, cachePlan } from "../cacheplan.ts";
import { newBuildContext } from "../context.ts";
import { findGoroot, loadEnv } from "../env.ts";
import { explainCache } from "../explaincache.ts";
import { noGcFlags } from "../gcflags.ts";
import { Loader } from "../load.ts";
import { openModules } from "../modules/open.ts";
import { SymbolFile } from "../symbolfile.ts";
import { ABI0, FragmentBuilder, Names, SymKind } from "#object";
import { prepareModules } from "../modules/prepare.ts";

const goroot = findGoroot(process.env, (p) => p);
const dir = mkdtempSync(join(tmpdir(), "tsugo-explaincache-"));
after(() => rmSync(dir, { recursive: true, force: true }));
const cacheDir = join(dir, "cache");
const home = join(dir, "m");

function put(name: string, text: string): void {
	mkdirSync(dirname(join(home, name)), { recursive: true });
	writeFileSync(join(home, name), text);
}

async function load(tags: readonly string[] = []): Promise<{ loader: Loader; main: ReturnType<Loader["import"]>; plan: CachePlan }> {
	const env = loadEnv({ HOME: dir, GOENV: "off", GOWORK: "off", GOPROXY: "off" }, goroot);
	const ctx = newBuildContext(env, [...tags]);
	const options = { cwd: home, mod: "", defaultMod: "auto" as const, log: () => undefined, progress: () => undefined };
	const state = await openModules(env, options);
	const loader = new Loader(ctx, await prepareModules(state, { hasTag: ctx.hasTag, patterns: ["."], tests: false }), home);
	const [main] = loader.match(["."]).packages;
	const order = loader.closure([loader.import("runtime", null), main]).filter((p) => p.importPath !== "unsafe");
	return {
		loader,
		main,
		plan: cachePlan(loader, main, order, { trimpath: false, flagsOf: () => noGcFlags, cacheDir: null, plainMain: true }),
	};
}

/** What a build leaves behind. */
async function build(): Promise<void> {
	const { main, plan } = await load();
	const text = cacheKeyText(plan.key);
	const files = plan.packages.flatMap((p) => (p.digest === null ? [] : [packageFile(cacheDir, text, p.prefix, p.digest)]));
	for (const path of [standardFile(cacheDir, text), ...files]) {
		const file = new SymbolFile(path, new Names(), () => true, true);
		file.add("entry", new Uint8Array(1));
		const low = plan.packages.find((p) => p.path === "e.test/m/low");
		if (low?.digest != null && path === packageFile(cacheDir, text, low.prefix, low.digest)) {
			const b = new FragmentBuilder(low.path);
			b.data("e.test/m/low.F", SymKind.Text, new Uint8Array(1), { align: 1 });
			const none = { needs: [], usedInIface: [], ifaceMethods: [], reflectMethod: false, type: null };
			const facts = new Map([["b e.test/m/low F", low.functions.get("F") ?? ""]]);
			file.addSymbol(b.fragment, { name: "e.test/m/low.F", abi: ABI0, ...none, facts });
		}
		assert.ok(file.save({ key: plan.key, packages: Object.fromEntries(plan.standard) }));
	}
	noteInputs(cacheDir, main, plan);
}

async function explain(what: readonly string[] = [], tags: readonly string[] = []): Promise<string> {
	const { loader, main } = await load(tags);
	return explainCache(loader, { cacheDir, main, trimpath: false, flagsOf: () => noGcFlags, what }).lines.join("\n");
}

test("explain cache names the input that changed", { skip: goroot === "" ? "no GOROOT" : false }, async () => {
	put("go.mod", "module e.test/m\n\ngo 1.26\n");
	put("main.go", 'package main\n\nimport _ "e.test/m/mid"\n\nfunc main() {}\n');
	put("mid/mid.go", 'package mid\n\nimport _ "e.test/m/low"\n');
	put("low/low.go", "package low\n\nfunc F() {}\n");
	put("low/text.txt", "one");
	assert.match(await explain(["e.test/m/mid"]), /not in the cache\n\tno build of this program was noted/);
	await build();
	assert.match(await explain(), /^e\.test\/m: 2 packages beside the main one and the standard library, all in the cache$/);
	put("low/low.go", "package low\n\nfunc F() { _ = 1 }\n");
	assert.equal(
		await explain(),
		"e.test/m/low: in the cache, but up to 1 of 1 symbols would be compiled: e.test/m/low.F\n\te.test/m/low: content changed: low.go\ne.test/m: 1 of 3 would be compiled (the standard library counts as one)",
	);
	assert.match(await explain(["e.test/m/low.F"]), /low\.F: in the cache, but does not hold\n\te\.test\/m\/low\.F was edited/);
	put("low/low.go", "package low\n\nfunc F() {}\n\nfunc G() {}\n");
	assert.equal(
		await explain(),
		"e.test/m/low: not in the cache\n\te.test/m/low: content changed: low.go\ne.test/m/mid: not in the cache\n\te.test/m/low: content changed: low.go\ne.test/m: 2 of 3 would be compiled (the standard library counts as one)",
	);
	assert.match(
		await explain(["e.test/m/low.F"]),
		/low\.F: not in the cache, like its package\n\te\.test\/m\/low: content changed: low\.go/,
	);
	put("low/more.go", "package low\n");
	assert.match(await explain(["e.test/m/low"]), /new file: more\.go/);
	await build();
	assert.match(await explain(["e.test/m/low"]), /in the cache/);
	assert.match(await explain(["e.test/m/low"], ["sometag"]), /-tags: was "", is "sometag"/);
	put("mid/mid.go", 'package mid\n\nimport (\n\t_ "e.test/m/low"\n\t_ "e.test/m/new"\n)\n');
	put("new/new.go", "package new\n");
	assert.match(await explain(["e.test/m/mid"]), /mid\.go[\s\S]*imports more: e\.test\/m\/new/);
	put("go.mod", "module e.test/m\n\ngo 1.25\n");
	assert.match(await explain(["e.test/m/low"]), /settings: was e\.test\/m go .*1\.26.*are e\.test\/m go .*1\.25/);
	await build();
	rmSync(join(cacheDir, "packages"), { recursive: true });
	assert.match(await explain(["e.test/m/low"]), /nothing that it depends on changed: its entry was removed/);
});
