// tsugo vet, and the checks that `test` runs first.

import type { Package } from "#build";
import type { TestProgram } from "#build/test";
import type { Reporter } from "./reporter.ts";
import { UserError } from "./user.ts";

/** Runs the checks on a package and its tests; false when something was found, which is printed. */
export function vetForTest(_reporter: Reporter, _program: TestProgram, _p: Package, _mode: string | undefined): boolean {
	return true;
}

export function vetCommand(_args: readonly string[]): Promise<number> {
	throw new UserError("tsugo vet: not supported by this version of tsugo yet", 2);
}
