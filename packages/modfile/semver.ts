// Semantic versions as modules use them: "v1.2.3-pre+meta" (semver.org 2.0, with a leading v).

export interface Semver {
	major: string;
	minor: string;
	patch: string;
	/** With its leading "-", or "". */
	pre: string;
	/** With its leading "+", or "". */
	build: string;
}

const semverRe =
	/^v(0|[1-9]\d*)(?:\.(0|[1-9]\d*)(?:\.(0|[1-9]\d*)(-(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?(\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?)?$/;

/** The parts of v ("v1" and "v1.2" are short for v1.0.0 and v1.2.0), or null when v is not a version. */
export function parseSemver(v: string): Semver | null {
	const m = semverRe.exec(v);
	if (m === null) return null;
	return { major: m[1], minor: m[2] ?? "0", patch: m[3] ?? "0", pre: m[4] ?? "", build: m[5] ?? "" };
}

function compareNumbers(a: string, b: string): number {
	if (a.length !== b.length) return a.length < b.length ? -1 : 1;
	return a < b ? -1 : a > b ? 1 : 0;
}

function comparePre(a: string, b: string): number {
	if (a === b) return 0;
	if (a === "") return 1;
	if (b === "") return -1;
	const as = a.slice(1).split(".");
	const bs = b.slice(1).split(".");
	for (let i = 0; i < as.length && i < bs.length; i++) {
		if (as[i] === bs[i]) continue;
		const an = /^\d+$/.test(as[i]);
		const bn = /^\d+$/.test(bs[i]);
		if (an && bn) return compareNumbers(as[i], bs[i]);
		if (an !== bn) return an ? -1 : 1;
		return as[i] < bs[i] ? -1 : 1;
	}
	return as.length - bs.length;
}

/** Orders versions by precedence; invalid ones are less than all valid ones and equal to each other. */
export function compareSemver(a: string, b: string): number {
	const x = parseSemver(a);
	const y = parseSemver(b);
	if (x === null || y === null) return (x === null ? 0 : 1) - (y === null ? 0 : 1);
	return (
		compareNumbers(x.major, y.major) || compareNumbers(x.minor, y.minor) || compareNumbers(x.patch, y.patch) || comparePre(x.pre, y.pre)
	);
}

/** Orders Go versions such as "1.21", "1.21rc2", "1.21.3" (with or without "go" in front). */
export function compareGoVersion(a: string, b: string): number {
	const x = goVersionKey(a);
	const y = goVersionKey(b);
	for (let i = 0; i < 5; i++) if (x[i] !== y[i]) return x[i] - y[i];
	return 0;
}

function goVersionKey(v: string): number[] {
	const m = /^(?:go)?(\d+)(?:\.(\d+))?(?:\.(\d+)|(alpha|beta|rc)(\d+))?/.exec(v);
	if (m === null) return [-1, 0, 0, 0, 0];
	const stage = m[4] === undefined ? 3 : ["alpha", "beta", "rc"].indexOf(m[4]);
	// From Go 1.21 on, "1.21" is the language version, before its release candidates.
	const bare = m[3] === undefined && m[4] === undefined && Number(m[1]) === 1 && Number(m[2] ?? 0) >= 21;
	return [Number(m[1]), Number(m[2] ?? 0), bare ? -1 : stage, Number(m[3] ?? 0), Number(m[5] ?? 0)];
}

/** Escapes a module path or version for file systems and proxies: upper case letters become "!" and lower case. */
export function escapePath(path: string): string {
	return path.replace(/[A-Z]/g, (c) => `!${c.toLowerCase()}`);
}

/** The path without its major version suffix ("/v2", or ".v2" of gopkg.in), and the suffix. */
export function splitPathVersion(path: string): { prefix: string; major: string } {
	const m = path.startsWith("gopkg.in/") ? /\.v(0|[1-9]\d*)(-unstable)?$/.exec(path) : /\/v([2-9]|[1-9]\d+)$/.exec(path);
	if (m === null) return { prefix: path, major: "" };
	return { prefix: path.slice(0, m.index), major: m[0] };
}

/** Whether a path's ending can be one of a module: "/v1", "/v0", "/v01" and "/v1.2" cannot, and gopkg.in demands ".vN". */
export function pathVersionValid(path: string): boolean {
	if (path.startsWith("gopkg.in/")) return splitPathVersion(path).major !== "";
	return !/\/v[\d.]+$/.test(path) || splitPathVersion(path).major !== "";
}

/** Undoes escapePath; null when s is no such escape. */
export function unescapePath(s: string): string | null {
	if (/[A-Z]/.test(s) || /!(?![a-z])/.test(s)) return null;
	return s.replace(/!([a-z])/g, (_, c: string) => c.toUpperCase());
}
