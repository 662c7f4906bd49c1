// A GOROOT when the machine has none: the toolchain module of the Go version we
// target, from the module proxy.

import { UserError } from "./env.ts";

/** Reports progress; done = the last report. */
export type Progress = (text: string, done: boolean) => void;

/** The toolchain's GOROOT in the module cache, fetched and verified when it is not there yet. */
export function ensureGoroot(_vars: Readonly<Record<string, string | undefined>>, _progress: Progress): Promise<string> {
	throw new UserError("tsugo: no Go source tree found: set GOROOT or put go on PATH (fetching one is not supported yet)", 1);
}
