// Language versions: major*1000+minor as a number, 0 when unknown (everything is allowed then).

import type { Checker, Version } from "./checker.ts";
import { type Poser, versionErrorf } from "./errors.ts";
import type { Arg } from "./format.ts";

export const go1_9: Version = 1009;
export const go1_13: Version = 1013;
export const go1_14: Version = 1014;
export const go1_16: Version = 1016;
export const go1_17: Version = 1017;
export const go1_18: Version = 1018;
export const go1_20: Version = 1020;
export const go1_21: Version = 1021;
export const go1_22: Version = 1022;
export const go1_23: Version = 1023;
export const go1_26: Version = 1026;
/** The language version of this toolchain. */
export const goCurrent: Version = 1026;

/** "go1.21.3" or "go1.21" gives 1021; 0 if it is not a version. */
export function parseVersion(text: string): Version {
	const m = /^go(\d+)(?:\.(\d+))?(?:\.\d+|(?:rc|beta)\d+)?$/.exec(text);
	if (m === null) return 0;
	return Number(m[1]) * 1000 + Number(m[2] ?? 0);
}

export function versionString(v: Version): string {
	return v === 0 ? "" : `go${Math.floor(v / 1000)}.${v % 1000}`;
}

/** The current file may use features of version want. */
export function allowVersion(c: Checker, want: Version): boolean {
	return c.env.version === 0 || c.env.version >= want;
}

/** Like allowVersion, and reports "… requires go1.x or later" if not. */
export function verifyVersionf(c: Checker, at: Poser, want: Version, format: string, ...args: Arg[]): boolean {
	if (allowVersion(c, want)) return true;
	versionErrorf(c, at, versionString(want), format, ...args);
	return false;
}
