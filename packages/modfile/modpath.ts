// Module paths, import paths, canonical versions and pseudo-versions (https://go.dev/ref/mod#module-path, #pseudo-versions).

import { compareSemver, parseSemver, pathVersionValid, type Semver, splitPathVersion } from "./semver.ts";

/** v in its full form, without build metadata other than +incompatible; "" when it is not a version. */
export function canonicalVersion(v: string): string {
	const p = parseSemver(v);
	if (p === null) return "";
	return `v${p.major}.${p.minor}.${p.patch}${p.pre}${p.build === "+incompatible" ? p.build : ""}`;
}

/** As canonicalVersion, build metadata dropped altogether. */
export function canonicalSemver(v: string): string {
	return canonicalVersion(v).replace(/\+incompatible$/, "");
}

export function majorOf(v: string): string {
	const p = parseSemver(v);
	return p === null ? "" : `v${p.major}`;
}

export function isPrerelease(v: string): boolean {
	return (parseSemver(v)?.pre ?? "") !== "";
}

const pseudoRe = /^v\d+\.(?:0\.0-|\d+\.\d+-(?:[^+]*\.)?0\.)(\d{14})-([A-Za-z0-9]+)(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

export function isPseudoVersion(v: string): boolean {
	return v.split("-").length >= 3 && parseSemver(v) !== null && pseudoRe.test(v);
}

/** Time (YYYYMMDDhhmmss) and short commit of a pseudo-version. */
export function pseudoParts(v: string): { time: string; rev: string } | null {
	const m = isPseudoVersion(v) ? pseudoRe.exec(v) : null;
	return m === null ? null : { time: m[1], rev: m[2] };
}

/** The tagged version that a pseudo-version follows: "v1.2.2" for v1.2.3-0.TIME-REV, "" when there is none. */
export function pseudoBase(v: string): string {
	const p = parseSemver(v);
	if (p === null || !isPseudoVersion(v)) return "";
	const rest = p.pre.replace(/-[A-Za-z0-9]+$/, "").replace(/\.?\d{14}$/, "");
	// "-" was v0.0.0-TIME; "-0" counts the patch up; "-pre.0" follows a pre-release.
	if (rest === "-") return "";
	if (rest === "-0") return p.patch === "0" ? "" : `v${p.major}.${p.minor}.${BigInt(p.patch) - 1n}${p.build}`;
	return `v${p.major}.${p.minor}.${p.patch}${rest.replace(/\.0$/, "")}${p.build}`;
}

/** The pseudo-version of a commit: major "v0" or "v2" (or ""), the newest earlier tag or "", time as YYYYMMDDhhmmss. */
export function pseudoVersion(major: string, older: string, time: string, rev: string): string {
	const segment = `${time}-${rev}`;
	const build = parseSemver(older)?.build ?? "";
	const base = parseSemver(older) as Semver | null;
	if (base === null) return `${major === "" ? "v0" : major}.0.0-${segment}`;
	if (base.pre !== "") return `v${base.major}.${base.minor}.${base.patch}${base.pre}.0.${segment}${build}`;
	return `v${base.major}.${base.minor}.${BigInt(base.patch) + 1n}-0.${segment}${build}`;
}

/** Major version that a path's ending demands: "/v2" → "v2", ".v1-unstable" → "v1", "" → "". */
export function pathMajorPrefix(major: string): string {
	return major.replace(/^[/.]/, "").replace(/-unstable$/, "");
}

/** Why version v cannot be one of a module whose path ends in major ("/v2", ".v3", ""), or "". */
export function badPathMajor(v: string, major: string): string {
	const m = major.startsWith(".v") && major.endsWith("-unstable") ? major.slice(0, -"-unstable".length) : major;
	if (v.startsWith("v0.0.0-") && m === ".v1") return "";
	const got = majorOf(v);
	if (m === "") {
		if (got === "v0" || got === "v1" || v.endsWith("+incompatible")) return "";
		return `version "${v}" invalid: should be v0 or v1, not ${got}`;
	}
	if (`/${got}` === m || `.${got}` === m) {
		if (m.startsWith("/") && v.endsWith("+incompatible"))
			return `version "${v}" invalid: +incompatible suffix not allowed: module contains a go.mod file, so module path must match major version ("...${m}")`;
		return "";
	}
	return `version "${v}" invalid: should be ${m.slice(1)}, not ${got}`;
}

/** Whether the version may belong to the module path. */
export function matchesPathMajor(v: string, path: string): boolean {
	return pathVersionValid(path) && badPathMajor(v, splitPathVersion(path).major) === "";
}

function badPath(path: string, chars: RegExp): string {
	if (path === "") return "empty string";
	if (path.startsWith("-")) return "leading dash";
	if (path.includes("//")) return "double slash";
	if (path.endsWith("/")) return "trailing slash";
	for (const elem of path.split("/")) {
		if (elem === "") return "empty path element";
		if (/^\.+$/.test(elem)) return `invalid path element ${JSON.stringify(elem)}`;
		if (elem.startsWith(".") && chars === moduleChars) return "leading dot in path element";
		if (elem.endsWith(".")) return "trailing dot in path element";
		for (const c of elem) if (!chars.test(c)) return `invalid char '${c}'`;
		const short = elem.split(".")[0];
		if (/^(con|prn|aux|nul|com[1-9]|lpt[1-9])$/i.test(short))
			return `${JSON.stringify(short)} disallowed as path element component on Windows`;
		if (/~[0-9]+$/.test(short) && chars !== fileChars) return "trailing tilde and digits in path element";
	}
	return "";
}

const moduleChars = /^[-._~A-Za-z0-9]$/;
const importChars = /^[-._~+A-Za-z0-9]$/;
const fileChars = /^./;

/** Why path cannot be a module's path that is fetched, or "". */
export function badModulePath(path: string): string {
	const why = badPath(path, moduleChars);
	if (why !== "") return `malformed module path ${JSON.stringify(path)}: ${why}`;
	const first = path.split("/")[0];
	const fail = (msg: string): string => `malformed module path ${JSON.stringify(path)}: ${msg}`;
	if (first === "") return fail("leading slash");
	if (!first.includes(".")) return fail("missing dot in first path element");
	if (first.startsWith("-")) return fail("leading dash in first path element");
	for (const c of first) if (!/^[-.a-z0-9]$/.test(c)) return fail(`invalid char '${c}' in first path element`);
	if (!pathVersionValid(path)) return fail("invalid version");
	return "";
}

/** Why path cannot be imported, or "". */
export function badImportPath(path: string): string {
	const why = badPath(path, importChars);
	return why === "" ? "" : `malformed import path ${JSON.stringify(path)}: ${why}`;
}

/** Sorts module versions: by path, then version; versions of a go.sum may have "/go.mod" behind them. */
export function compareModuleVersions(a: { path: string; version: string }, b: { path: string; version: string }): number {
	if (a.path !== b.path) return a.path < b.path ? -1 : 1;
	const [av, af] = a.version.split("/", 2);
	const [bv, bf] = b.version.split("/", 2);
	return compareSemver(av, bv) || ((af ?? "") < (bf ?? "") ? -1 : (af ?? "") > (bf ?? "") ? 1 : 0);
}
