// tsugo get [-t] [-u[=patch]] [-tool] [build flags] [packages]

import { newBuildContext } from "#build";
import { getModules } from "#build/modules";
import { buildFlags, openEnv, parseWithGoflags } from "./buildflags.ts";
import type { FlagSpec } from "./flags.ts";
import { log, openState } from "./modopen.ts";
import { UserError } from "./user.ts";

// As with go: -mod is not for get, and in GOFLAGS it does not touch it.
const { mod: _, ...others } = buildFlags;

const flags: Readonly<Record<string, FlagSpec>> = {
	...others,
	t: { type: "bool", help: "consider tests of the named packages too" },
	tool: { type: "bool", help: "add or remove tool directives" },
	v: { type: "bool", help: "" },
	x: { type: "bool", help: "" },
	n: { type: "bool", help: "" },
	d: { type: "bool", help: "" },
	f: { type: "bool", help: "" },
	fix: { type: "bool", help: "" },
	m: { type: "bool", help: "" },
	insecure: { type: "bool", help: "" },
	update: { type: "string", help: "" },
};

/** -u is a switch, and -u=patch a setting. */
function rewriteUpdate(args: readonly string[]): string[] {
	const out: string[] = [];
	let flagsEnd = false;
	for (const a of args) {
		const m = flagsEnd ? null : /^--?u(?:=(.*))?$/.exec(a);
		if (!a.startsWith("-")) flagsEnd = true;
		if (m === null) out.push(a);
		else out.push(`-update=${m[1] === undefined || m[1] === "true" ? "upgrade" : m[1] === "false" ? "" : m[1]}`);
	}
	return out;
}

export async function getCommand(args: readonly string[]): Promise<number> {
	const env = await openEnv();
	const parsed = parseWithGoflags(flags, env, rewriteUpdate(args));
	const update = parsed.strings.get("update") ?? "";
	if (!["", "upgrade", "patch"].includes(update)) throw new UserError(`go: unknown upgrade flag -u=${update}`);
	const d = parsed.bools.get("d");
	if (d === false) throw new UserError("go: -d flag may not be set to false");
	if (d) log("go: -d flag is deprecated. -d=true is a no-op");
	if (parsed.bools.get("f")) log("go: -f flag is a no-op");
	if (parsed.bools.get("fix")) log("go: -fix flag is a no-op");
	if (parsed.bools.get("m")) throw new UserError("go: -m flag is no longer supported");
	if (parsed.bools.get("insecure")) throw new UserError("go: -insecure flag is no longer supported; use GOINSECURE instead");
	const state = await openState(env, {
		mod: "",
		defaultMod: "mod",
		modfile: parsed.strings.get("modfile"),
		modcacherw: parsed.bools.get("modcacherw") ?? false,
		ignoreWork: true,
	});
	try {
		if (!state.hasModRoot) {
			throw new UserError(
				"go: go.mod file not found in current directory or any parent directory.\n\t'go get' is no longer supported outside a module.\n\tTo build and install a command, use 'go install' with a version,\n\tlike 'go install example.com/cmd@latest'\n\tFor more information, see https://golang.org/doc/go-get-install-deprecation\n\tor run 'go help get' or 'go help install'.",
			);
		}
		state.allowMissing = true;
		const tags = (parsed.strings.get("tags") ?? "").split(/[\s,]+/).filter((t) => t !== "");
		const ok = await getModules(state, parsed.args, {
			update,
			tests: parsed.bools.get("t") ?? false,
			tool: parsed.bools.get("tool") ?? false,
			verbose: parsed.bools.get("v") ?? false,
			hasTag: newBuildContext(env, tags).hasTag,
		});
		return ok ? 0 : 1;
	} finally {
		state.store.close();
	}
}
