// The go command's environment: the process environment over `go env -w`
// settings over GOROOT/go.env over defaults.

import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { UserError } from "./usererror.ts";

export { UserError };

/** Settings by name. Lookups of unset names give "". */
export interface Env {
	get(name: string): string;
	/** Where the value comes from, for `tsugo env -changed`. */
	isSet(name: string): boolean;
}

export interface BuildEnv {
	env: Env;
	goroot: string;
	/** "go1.26.8". */
	goVersion: string;
	goos: string;
	goarch: string;
	gopath: string;
	gomodcache: string;
	/** Our own folder in GOCACHE; "off" is refused by the caller. */
	cacheDir: string;
	gocache: string;
	goproxy: string;
	gosumdb: string;
	goflags: string[];
	goworkOff: boolean;
}

function readEnvFile(path: string): Map<string, string> {
	const found = new Map<string, string>();
	if (!existsSync(path)) return found;
	for (const line of readFileSync(path, "utf8").split("\n")) {
		const m = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line.trim());
		if (m !== null) found.set(m[1], m[2]);
	}
	return found;
}

/** The Go version that GOROOT/VERSION names, or "" when there is no GOROOT at dir. */
export function gorootVersion(dir: string): string {
	const file = join(dir, "VERSION");
	if (!existsSync(file) || !existsSync(join(dir, "src", "runtime"))) return "";
	return readFileSync(file, "utf8").split("\n")[0].trim();
}

/** A GOROOT that is on this machine: $GOROOT, the Go whose `go` is on PATH, the usual places; "" when there is none. */
export function findGoroot(
	vars: Readonly<Record<string, string | undefined>>,
	realpath: (p: string) => string,
	usualPlaces: readonly string[] = ["/usr/local/go", "/usr/lib/go"],
): string {
	if (vars.GOROOT) {
		if (!existsSync(vars.GOROOT)) throw new UserError(`go: cannot find GOROOT directory: ${vars.GOROOT}`);
		if (gorootVersion(vars.GOROOT) === "") throw new UserError(`GOROOT=${vars.GOROOT} is not a Go source tree (no VERSION or src/runtime)`);
		return vars.GOROOT;
	}
	for (const dir of (vars.PATH ?? "").split(delimiter)) {
		const go = join(dir, "go");
		if (dir === "" || !existsSync(go)) continue;
		const root = join(realpath(go), "..", "..");
		if (gorootVersion(root) !== "") return root;
	}
	return usualPlaces.find((dir) => gorootVersion(dir) !== "") ?? "";
}

/** Reads the settings for a GOROOT. */
export function loadEnv(vars: Readonly<Record<string, string | undefined>>, goroot: string): BuildEnv {
	const home = vars.HOME ?? homedir();
	const config = vars.XDG_CONFIG_HOME || join(home, ".config");
	const goenv = vars.GOENV || join(config, "go", "env");
	const user = goenv === "off" ? new Map<string, string>() : readEnvFile(goenv);
	const defaults = goroot === "" ? new Map<string, string>() : readEnvFile(join(goroot, "go.env"));
	const env: Env = {
		get: (name) => vars[name] || user.get(name) || defaults.get(name) || "",
		isSet: (name) => Boolean(vars[name]) || user.has(name),
	};
	const gopath = env.get("GOPATH") || join(home, "go");
	const gocache = env.get("GOCACHE") || join(vars.XDG_CACHE_HOME || join(home, ".cache"), "go-build");
	return {
		env,
		goroot,
		goVersion: gorootVersion(goroot),
		goos: env.get("GOOS") || "linux",
		goarch: env.get("GOARCH") || "amd64",
		gopath,
		gomodcache: env.get("GOMODCACHE") || (gopath.startsWith(delimiter) ? "" : join(gopath.split(delimiter)[0], "pkg", "mod")),
		gocache,
		cacheDir: join(gocache, "tsugo"),
		goproxy: env.get("GOPROXY"),
		gosumdb: env.get("GOSUMDB"),
		goflags: env
			.get("GOFLAGS")
			.split(/\s+/)
			.filter((f) => f !== ""),
		goworkOff: env.get("GOWORK") === "off",
	};
}
