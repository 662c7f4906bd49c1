// tsugo env [-json] [NAME...]

import type { BuildEnv } from "#build";
import { openEnv } from "./buildflags.ts";
import { parseFlags } from "./flags.ts";
import { findGoMod } from "#build";

/** All settings in the order in which `go env` prints them. */
export function allSettings(env: BuildEnv): Map<string, string> {
	const get = (name: string, fallback = ""): string => env.env.get(name) || fallback;
	const gomod = findGoMod(process.cwd());
	const config = process.env.XDG_CONFIG_HOME || `${process.env.HOME ?? ""}/.config`;
	const rows: [string, string][] = [
		["CGO_ENABLED", "0"],
		["GO111MODULE", get("GO111MODULE")],
		["GOAMD64", get("GOAMD64", "v1")],
		["GOARCH", env.goarch],
		["GOBIN", get("GOBIN")],
		["GOCACHE", env.gocache],
		["GODEBUG", get("GODEBUG")],
		["GOENV", process.env.GOENV || `${config}/go/env`],
		["GOEXE", ""],
		["GOEXPERIMENT", get("GOEXPERIMENT")],
		["GOFLAGS", get("GOFLAGS")],
		["GOHOSTARCH", process.arch === "x64" ? "amd64" : process.arch],
		["GOHOSTOS", process.platform],
		["GOINSECURE", get("GOINSECURE")],
		["GOMOD", gomod === "" ? "/dev/null" : gomod],
		["GOMODCACHE", env.gomodcache],
		["GONOPROXY", get("GONOPROXY", get("GOPRIVATE"))],
		["GONOSUMDB", get("GONOSUMDB", get("GOPRIVATE"))],
		["GOOS", env.goos],
		["GOPATH", env.gopath],
		["GOPRIVATE", get("GOPRIVATE")],
		["GOPROXY", env.goproxy],
		["GOROOT", env.goroot],
		["GOSUMDB", env.gosumdb],
		["GOTMPDIR", get("GOTMPDIR")],
		["GOTOOLCHAIN", get("GOTOOLCHAIN")],
		["GOVERSION", env.goVersion],
		["GOWORK", get("GOWORK")],
	];
	return new Map(rows);
}

function shellQuote(s: string): string {
	return `'${s.replaceAll("'", "'\\''")}'`;
}

export async function envCommand(args: readonly string[]): Promise<number> {
	const flags = parseFlags(
		{
			json: { type: "bool", help: "print as JSON" },
			changed: { type: "bool", help: "", missing: true },
			w: { type: "bool", help: "", missing: true },
			u: { type: "bool", help: "", missing: true },
		},
		args,
	);
	const settings = allSettings(await openEnv());
	const names = flags.args.length > 0 ? flags.args : [...settings.keys()];
	if (flags.bools.get("json")) {
		process.stdout.write(`${JSON.stringify(Object.fromEntries(names.map((n) => [n, settings.get(n) ?? ""])), null, "\t")}\n`);
	} else if (flags.args.length > 0) {
		for (const n of names) process.stdout.write(`${settings.get(n) ?? ""}\n`);
	} else {
		for (const n of names) process.stdout.write(`${n}=${shellQuote(settings.get(n) ?? "")}\n`);
	}
	return 0;
}
