// install PKG@VERSION and run PKG@VERSION: packages of one module at a version, outside of the module of the working directory.

import { existsSync } from "node:fs";
import { isAbsolute, join, posix } from "node:path";
import { moduleKey, type ModuleVersion, parseGoMod } from "#modfile";
import { UserError } from "../env.ts";
import { editRequirements } from "./edit.ts";
import { moduleMatcher } from "./listing.ts";
import { PackageLoader, packagesInModule } from "./packages.ts";
import {
	allowedBy,
	anyVersion,
	candidatePaths,
	deprecation,
	notInModule,
	type QueryFailure,
	queryModule,
	queryPackage,
	shortRationale,
	worst,
} from "./query.ts";
import type { ModuleState } from "./state.ts";
import { settle } from "./wants.ts";

const metaPackages = ["all", "cmd", "std", "work", "tool"];

/** The patterns without their version, which must be the same for all. Throws UserError. */
function splitArguments(state: ModuleState, args: readonly string[]): { patterns: string[]; version: string } {
	const first = args.find((a) => a.includes("@")) ?? "";
	const version = first.slice(first.indexOf("@") + 1);
	if (version === "") throw new UserError(`go: ${first}: version must not be empty`);
	const patterns = args.map((arg) => {
		const fail = (why: string): never => {
			throw new UserError(`go: ${arg}: ${why}`);
		};
		if (!arg.endsWith(`@${version}`))
			return fail(`all arguments must refer to packages in the same module at the same version (@${version})`);
		const p = arg.slice(0, -version.length - 1);
		if (/^\.\.?(\/|$)/.test(p)) return fail("argument must be a package path, not a relative path");
		if (isAbsolute(p)) return fail("argument must be a package path, not an absolute path");
		if (metaPackages.includes(p)) return fail("argument must be a package path, not a meta-package");
		if (posix.normalize(p).replace(/\/$/, "") !== p) return fail("argument must be a clean package path");
		if (!p.includes("...") && !p.split("/")[0].includes(".") && existsSync(join(state.env.goroot, "src", p)))
			return fail("argument must not be a package in the standard library");
		return p;
	});
	return { patterns, version };
}

/** A version that names one revision: retractions do not matter then. */
function isRevision(query: string): boolean {
	return !["latest", "upgrade", "patch"].includes(query) && !/^[<>]/.test(query) && !/^v\d+(\.\d+)?$/.test(query);
}

/** The modules that a wildcard matches packages of. */
function queryWild(state: ModuleState, loader: PackageLoader, pattern: string, version: string): ModuleVersion | QueryFailure | null {
	const base = posix.dirname(pattern.slice(0, pattern.indexOf("...") + 3));
	const test = moduleMatcher(pattern);
	const errors: QueryFailure[] = [];
	let pending = false;
	const allowed = isRevision(version) ? anyVersion : allowedBy(state);
	for (const prefix of candidatePaths(state, base)) {
		const got = queryModule(state, prefix, version, "", allowed);
		if (got === null) {
			pending = true;
			continue;
		}
		if (!got.ok) {
			errors.push(got);
			continue;
		}
		const mod = { path: prefix, version: got.value.Version };
		const dir = state.moduleDir(mod);
		if (dir === null) pending = true;
		else if (!dir.ok) errors.push({ ok: false, error: dir.error, kind: "other" });
		else if (
			packagesInModule(
				dir.dir,
				prefix,
				() => false,
				(d) => loader.scan(d),
			).some(test)
		)
			return pending ? null : mod;
		else errors.push({ ok: false, error: notInModule(state, mod, version, pattern), kind: "noPackage" });
	}
	return pending ? null : (worst(errors) ?? { ok: false, error: `no module provides package ${pattern}`, kind: "notFound" });
}

/**
 * Requires the module that provides the first of the arguments, which all end in @VERSION; gives it and the patterns without the version.
 * The state must have been opened with noModule. Throws UserError.
 */
export async function requireVersioned(
	state: ModuleState,
	args: readonly string[],
	hasTag: (tag: string) => boolean,
): Promise<{ root: ModuleVersion; patterns: string[] }> {
	const { patterns, version } = splitArguments(state, args);
	const fail = (why: string): never => {
		throw new UserError(`go: ${args[0]}${why.startsWith("(in ") ? " " : ": "}${why}`);
	};
	const { wants } = state.store;
	const [pattern] = patterns;
	const loader = new PackageLoader(state, { tags: hasTag, roots: () => [], all: false, resolveMissing: false, loadTests: false });
	const allowed = isRevision(version) ? anyVersion : allowedBy(state);
	const found = await settle(wants, () => {
		if (pattern.includes("...")) return queryWild(state, loader, pattern, version);
		const got = queryPackage(state, pattern, version, () => "", allowed);
		return got === null ? null : got.ok ? got.value[0].mod : got;
	});
	if (found === null) return fail("not found");
	if ("ok" in found) return fail(found.error);
	const old = await settle(wants, () => deprecation(state, found.path));
	if (old !== null && old !== "") state.options.log(`go: module ${found.path} is deprecated: ${shortRationale(old, "")}`);
	const text = await settle(wants, () => state.store.gomod(found.path, found.version));
	if (text?.ok) {
		const { mod } = parseGoMod("go.mod", text.value);
		for (const [word, list] of [
			["replace", mod.replace],
			["exclude", mod.exclude],
		] as const)
			if (list.length > 0)
				fail(
					`(in ${moduleKey(found)}):\n\tThe go.mod file for the module providing named packages contains one or\n\tmore ${word} directives. It must not contain directives that would cause\n\tit to be interpreted differently than if it were the main module.`,
				);
	}
	state.allowMissing = true;
	const { requirements } = state;
	state.requirements = (await settle(wants, () => editRequirements(state, requirements, [], [found]))).req;
	return { root: found, patterns };
}
