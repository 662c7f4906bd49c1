// tsugo install PACKAGE@VERSION: outside of the main module's requirements.

import type { BuildEnv } from "#build";
import type { ParsedFlags } from "./flags.ts";
import { UserError } from "./user.ts";

export function installVersion(_env: BuildEnv, flags: ParsedFlags): number {
	throw new UserError(`tsugo install ${flags.args.join(" ")}: installing a package at a version is not supported by tsugo yet`, 2);
}
