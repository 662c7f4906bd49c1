// mod tidy, and which go.sum lines stay.

import { compareGoVersion, badImportPath, formatModSyntax, moduleKey, pruningFor, type Requirements, sameModule } from "#modfile";
import { UserError } from "../env.ts";
import { addGoLine, graphSums, sumKeys, updatedGoMod, writeGoMod, writeGoSum } from "./open.ts";
import { type LoadedPackage, PackageLoader } from "./packages.ts";
import type { ModuleState } from "./state.ts";
import { settle } from "./wants.ts";

export interface TidyOptions {
	/** -e: go on despite errors. */
	errors: boolean;
	/** -go, -compat; "" when not given. */
	go: string;
	compat: string;
	verbose: boolean;
	diff: boolean;
}

/** go.sum keys that loading these packages by these requirements needs. */
export function loadedSums(state: ModuleState, req: Requirements, packages: readonly LoadedPackage[], tidy: boolean): Set<string> {
	const keep = new Set<string>();
	const strict = compareGoVersion(req.goVersion, "1.21") >= 0 || (!tidy && state.buildMod === "mod");
	const zip = (path: string, version: string | undefined): void => {
		if (version === undefined || version === "none") return;
		const keys = sumKeys(state, { path, version });
		if (keys !== null) keep.add(keys.zip);
	};
	const prefixes = (path: string): string[] => path.split("/").map((_, i, all) => all.slice(0, all.length - i).join("/"));
	for (const p of packages) {
		if (p.testOf !== null || p.inStd || p.path === "C" || badImportPath(p.path) !== "") continue;
		if (p.mod === null && p.error === "") continue;
		if (strict && p.mod !== null) {
			const keys = sumKeys(state, p.mod);
			if (keys !== null) keep.add(keys.mod);
		}
		if (req.pruning === "pruned" && p.mod !== null && req.rootSelected(p.mod.path) === p.mod.version) {
			for (const prefix of prefixes(p.path)) zip(prefix, req.rootSelected(prefix));
			continue;
		}
		const graph = req.graph();
		for (const prefix of prefixes(p.path)) zip(prefix, graph.selected(prefix));
	}
	return keep;
}

export async function tidyModule(state: ModuleState, options: TidyOptions): Promise<{ errors: string[]; diff: string }> {
	if (!state.hasModRoot) throw new UserError(`go: ${state.noMainModule()}`);
	if (options.go !== "" && compareGoVersion(options.go, state.settings.goVersion) > 0)
		throw new UserError(
			`go: ${state.tooNew(`go mod tidy -go=${options.go}`, options.go)}`.replace(/go mod tidy .* requires/, "go.mod requires"),
		);
	const before = { mod: formatModSyntax(state.main.file.syntax), sum: state.store.sums };
	await addGoLine(state, options.go === "" ? state.settings.goVersion : options.go);
	const initial = state.requirements;
	const loader: PackageLoader = new PackageLoader(state, {
		tags: null,
		roots: () => [...loader.mainPackages(), ...state.tools()],
		all: true,
		resolveMissing: true,
		loadTests: true,
		tidy: { go: options.go },
		silenceStd: true,
	});
	const loaded = await loader.load().catch((err: unknown) => {
		// With -e, a graph that cannot be read is one more thing to say.
		if (!(err instanceof UserError) || !options.errors) throw err;
		state.options.log(err.message);
		return null;
	});
	if (loaded === null) return { errors: [], diff: "" };
	const { packages, errors } = loaded;
	if (packages.length === 0) state.options.log('go: warning: "all" matched no packages');
	if (errors.length > 0 && !options.errors) return { errors, diff: "" };
	for (const e of errors) state.options.log(e);
	const req = state.requirements;
	if (options.verbose) {
		for (const m of initial.roots) {
			const unused = req.pruning === "unpruned" ? req.graph().selected(m.path) === "none" : req.rootSelected(m.path) === undefined;
			if (unused) state.options.log(`unused ${m.path}`);
		}
	}
	const keep = await settle(state.store.wants, () => {
		const graphKeys =
			req.pruning === "unpruned" || req.graphLoaded ? (req.graph(), graphSums(state, req, false)) : graphSums(state, req, false);
		return new Set([...loadedSums(state, req, packages, true), ...graphKeys]);
	});
	for (const key of await compatSums(state, options.compat, loader, packages, options.errors)) keep.add(key);
	if (options.diff) {
		const after = updatedGoMod(state).text;
		const sumNow = state.store.sums.current();
		const sumThen = state.store.sums.text(keep, true) ?? sumNow;
		const { unifiedDiff } = await import("./diff.ts");
		return {
			errors: [],
			diff: unifiedDiff("current/go.mod", before.mod, "tidy/go.mod", after) + unifiedDiff("current/go.sum", sumNow, "tidy/go.sum", sumThen),
		};
	}
	await writeGoMod(state, { force: true });
	await writeGoSum(state, keep, true);
	return { errors: [], diff: "" };
}

/** How an older go command would find a package: where it would find another thing, the text of an error. */
function compatProblem(state: ModuleState, older: Requirements, loader: PackageLoader, p: LoadedPackage, compat: string): string {
	const found = state.locate(p.path, older, true);
	const text = loader.stackText(p);
	if (found.kind === "pending") return "";
	if (found.kind === "module") {
		if (p.mod === null || p.error !== "")
			return `${p.path} failed to load from any module,\n\tbut go ${compat} would load it from ${moduleKey(found.mod)}`;
		if (sameModule(found.mod, p.mod)) return "";
		return `${text} loaded from ${moduleKey(p.mod)},\n\tbut go ${compat} would select ${found.mod.version}\n`;
	}
	// With -e: neither finds it.
	if (p.mod === null || p.error !== "") return "";
	const at = { path: p.mod.path, version: older.graph().selected(p.mod.path) };
	const from = `${text} loaded from ${moduleKey(p.mod)},\n\tbut go ${compat} would fail to locate it`;
	return found.kind === "missing"
		? `${from} in ${moduleKey(at)}`
		: `${from}:\n\t${"error" in found ? found.error : "missing go.sum entries"}`;
}

/** What there is to do about packages that older go commands see otherwise. */
function compatAdvice(go: string, compat: string, upgrade: boolean, missing: boolean, errors: boolean): string {
	const previous = `1.${Number(go.split(".")[1]) - 1}`;
	const goFlag = compareGoVersion(go, "1.17") >= 0 && compareGoVersion(compat, "1.17") >= 0 ? ` -go=${go}` : "";
	const compatFlag = compat === previous ? "" : ` -compat=${compat}`;
	const e = missing ? " -e" : "";
	let out = "";
	if (errors) return out;
	if (upgrade)
		out += `To upgrade to the versions selected by go ${compat}${missing ? ", leaving some packages unresolved" : ""}:\n\tgo mod tidy${e} -go=${compat} && go mod tidy${e} -go=${go}${compatFlag}\n`;
	else if (missing) out += `To proceed despite packages unresolved in go ${compat}:\n\tgo mod tidy -e${goFlag}${compatFlag}\n`;
	out += `If reproducibility with go ${compat} is not needed:\n\tgo mod tidy${goFlag} -compat=${go}\n`;
	return `${out}For information about 'go mod tidy' compatibility, see:\n\thttps://go.dev/ref/mod#graph-pruning`;
}

/** go.sum lines that an older go command (the one before the go line's, or -compat) needs to load the same packages. */
async function compatSums(
	state: ModuleState,
	asked: string,
	loader: PackageLoader,
	packages: readonly LoadedPackage[],
	ignore: boolean,
): Promise<Set<string>> {
	const req = state.requirements;
	const go = req.goVersion;
	let compat = asked;
	if (compat === "") compat = compareGoVersion(go, "1.21") < 0 ? `1.${Number(go.split(".")[1]) - 1}` : go;
	if (compareGoVersion(compat, go) > 0) compat = go;
	if (pruningFor(compat) === req.pruning) return new Set();
	const older = req.with({ pruning: pruningFor(compat) });
	const graph = await settle(state.store.wants, () => older.graph());
	const fail = (problems: string[], upgrade: boolean, missing: boolean): void => {
		const text = problems.map((p) => `go: ${p}`).join("\n");
		if (ignore) state.options.log(text);
		else throw new UserError(`${text}\n${text.endsWith("\n") ? "" : "\n"}${compatAdvice(go, compat, upgrade, missing, ignore)}`);
	};
	if (graph.error() !== "") fail([`error loading go ${compat} module graph: ${graph.error()}`], false, false);
	else {
		const used = packages.filter((p) => p.testOf === null && !p.inStd && (p.mod !== null || p.error !== ""));
		const problems = await settle(state.store.wants, () =>
			used.map((p) => compatProblem(state, older, loader, p, compat)).filter((t) => t !== ""),
		);
		const missing = problems.some((t) => t.includes("would fail to locate it"));
		const stale = req.roots.some((m) => graph.selected(m.path) !== m.version);
		if (problems.length > 0) fail(problems, stale || problems.some((t) => !t.includes("would fail to locate it")), missing);
	}
	return settle(state.store.wants, () => new Set([...loadedSums(state, older, packages, true), ...graphSums(state, older, false)]));
}
