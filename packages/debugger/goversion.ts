// Which versions of Go programs may come from.

export const OLDEST: readonly [number, number] = [1, 24];
export const NEWEST: readonly [number, number] = [1, 27];

/** What is wrong with a program's Go version ("go1.26.8"), in Delve's words; null for a supported or an unknown one. */
export function versionProblem(goVersion: string): string | null {
	const m = /^go(\d+)\.(\d+)/.exec(goVersion);
	if (m === null) return null;
	const version = goVersion.slice(2).split(" ")[0];
	const at = Number(m[1]) * 1000 + Number(m[2]);
	if (at < OLDEST[0] * 1000 + OLDEST[1]) {
		return `Go version ${version} is too old for this version of Delve (minimum supported version ${OLDEST.join(".")}, suppress this error with --check-go-version=false)`;
	}
	if (at > NEWEST[0] * 1000 + NEWEST[1]) {
		return `Version of Delve is too old for Go version ${version} (maximum supported version ${NEWEST.join(".")}, suppress this error with --check-go-version=false)`;
	}
	return null;
}
