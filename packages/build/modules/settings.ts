// What the environment says about fetching modules.

import { join } from "node:path";
import { matchPrefixPatterns } from "#modfile";
import { type BuildEnv, UserError } from "../env.ts";
import { parseGoproxy, type Proxy } from "./proxy.ts";

export interface ModuleSettings {
	modcache: string;
	/** Of go's checksum database client: "latest" of every database. */
	sumdbDir: string;
	proxies: (path: string) => Proxy[];
	/** Whether the setting, with GOPRIVATE behind it, names the module. */
	isPrivate: (path: string) => boolean;
	isInsecure: (path: string) => boolean;
	/** GOAUTH: "netrc" or "off". */
	goauth: string;
	/** GOVCS as it is set. */
	govcs: string;
	/** GIT_ALLOW_PROTOCOL: the schemes that count as safe. */
	gitAllowProtocol: string;
	/** GOSUMDB, "off" included. */
	gosumdb: string;
	/** Whether the database is asked about the module. */
	usesSumdb: (path: string) => boolean;
	/** Extracted modules stay writable (-modcacherw). */
	writable: boolean;
	/** "go1.26.8" without "go". */
	goVersion: string;
	/** GOPROXY=off. */
	offline: boolean;
}

export function moduleSettings(env: BuildEnv, flags: { writable?: boolean } = {}): ModuleSettings {
	const get = (name: string): string => env.env.get(name);
	const goproxy = env.goproxy || "https://proxy.golang.org,direct";
	const noproxy = get("GONOPROXY") || get("GOPRIVATE");
	const nosumdb = get("GONOSUMDB") || get("GOPRIVATE");
	const gosumdb = env.gosumdb || "sum.golang.org";
	if (noproxy === "direct") throw new UserError(`go: invalid value for GONOPROXY/GOPRIVATE: direct`);
	const goauth = get("GOAUTH") || "netrc";
	if (goauth !== "netrc" && goauth !== "off") throw new UserError(`go: GOAUTH=${goauth} is not supported by tsugo yet (netrc and off are)`);
	// A list of nothing is an error of whoever asks for a module.
	const list = /^[\s,|]*$/.test(goproxy) ? [] : parseGoproxy(goproxy);
	const direct: Proxy[] = [{ url: "direct", anyError: false }];
	const legacy = get("GONOSUMCHECK") === "1";
	return {
		modcache: env.gomodcache,
		sumdbDir: join(env.gopath.split(":")[0], "pkg", "sumdb"),
		proxies: (path) => (noproxy !== "none" && matchPrefixPatterns(noproxy, path) ? direct : list),
		isPrivate: (path) => matchPrefixPatterns(get("GOPRIVATE"), path),
		isInsecure: (path) => matchPrefixPatterns(get("GOINSECURE"), path),
		goauth,
		govcs: get("GOVCS"),
		gitAllowProtocol: get("GIT_ALLOW_PROTOCOL"),
		gosumdb,
		usesSumdb: (path) =>
			gosumdb !== "off" && !legacy && !matchPrefixPatterns(nosumdb, path) && !(path === "golang.org/toolchain" && gosumdb === "off"),
		writable: flags.writable ?? false,
		goVersion: env.goVersion.replace(/^go/, "").split(" ")[0],
		offline: goproxy.split(/[,|]/)[0].trim() === "off",
	};
}
