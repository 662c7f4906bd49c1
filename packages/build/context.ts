// The build context: which files and build tags apply.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildEnv, UserError } from "./env.ts";
import { StdIndex } from "./stdindex.ts";

export interface BuildContext {
	goroot: string;
	/** "go1.26.8". */
	goVersion: string;
	goos: string;
	goarch: string;
	/** GOEXPERIMENTs that are on, lower case. */
	experiments: ReadonlySet<string>;
	/** Whether a build tag holds. */
	hasTag: (tag: string) => boolean;
	/** Tags of -tags, as given. */
	userTags: readonly string[];
	/** Headers of GOROOT's packages from earlier builds; null without a cache. */
	index: StdIndex | null;
}

/** Operating systems of the "unix" build tag. */
const unixSystems = new Set([
	"aix",
	"android",
	"darwin",
	"dragonfly",
	"freebsd",
	"hurd",
	"illumos",
	"ios",
	"linux",
	"netbsd",
	"openbsd",
	"solaris",
]);

/** The GOOS/GOARCH pairs that Go has. */
export const platforms: ReadonlySet<string> = new Set(
	(
		"aix/ppc64 android/386 android/amd64 android/arm android/arm64 darwin/amd64 darwin/arm64 dragonfly/amd64 freebsd/386 freebsd/amd64 freebsd/arm " +
		"freebsd/arm64 freebsd/riscv64 illumos/amd64 ios/amd64 ios/arm64 js/wasm linux/386 linux/amd64 linux/arm linux/arm64 linux/loong64 linux/mips " +
		"linux/mips64 linux/mips64le linux/mipsle linux/ppc64 linux/ppc64le linux/riscv64 linux/s390x netbsd/386 netbsd/amd64 netbsd/arm netbsd/arm64 " +
		"openbsd/386 openbsd/amd64 openbsd/arm openbsd/arm64 openbsd/ppc64 openbsd/riscv64 plan9/386 plan9/amd64 plan9/arm solaris/amd64 wasip1/wasm " +
		"windows/386 windows/amd64 windows/arm64"
	).split(" "),
);

/** Tags that hold on a system besides its own name. */
const impliedTags: Readonly<Record<string, string>> = { android: "linux", ios: "darwin", illumos: "solaris" };

/** Systems on which programs are always linked by the C toolchain. */
const externalOnly: ReadonlySet<string> = new Set("android/386 android/amd64 android/arm ios/amd64 ios/arm64".split(" "));

/** Refuses to compile for what there is no compiler for; packages can be listed for every platform. Throws UserError. */
export function requireTarget(env: BuildEnv, pkg = ""): void {
	const pair = `${env.goos}/${env.goarch}`;
	if (pair === "linux/amd64") return;
	if (externalOnly.has(pair))
		throw new UserError(`${pkg === "" ? "" : `# ${pkg}\n`}${pair} requires external (cgo) linking, but cgo is not enabled`, 1);
	throw new UserError(`tsugo: unsupported GOOS/GOARCH pair ${pair} (this version compiles for linux/amd64)`, 2);
}

export function newBuildContext(env: BuildEnv, tags: readonly string[], noCgo = true): BuildContext {
	const pair = `${env.goos}/${env.goarch}`;
	if (!platforms.has(pair)) throw new UserError(`go: unsupported GOOS/GOARCH pair ${pair}`, 2);
	const minor = Number(/^go1\.(\d+)/.exec(env.goVersion)?.[1] ?? 0);
	const experiments = readExperiments(env.goroot, env.env.get("GOEXPERIMENT"));
	const user = new Set(tags);
	const level = Number(/^v([1-4])$/.exec(env.env.get("GOAMD64") || "v1")?.[1] ?? 1);
	const hasTag = (tag: string): boolean => {
		if (tag === env.goos || tag === env.goarch || tag === "gc" || tag === impliedTags[env.goos] || user.has(tag)) return true;
		if (tag === "unix") return unixSystems.has(env.goos);
		if (tag === "cgo") return !noCgo;
		const release = /^go1\.(\d+)$/.exec(tag);
		if (release !== null) return Number(release[1]) >= 1 && Number(release[1]) <= minor;
		if (tag.startsWith("goexperiment.")) return experiments.has(tag.slice(13));
		const micro = /^amd64\.v([1-4])$/.exec(tag);
		return micro !== null && env.goarch === "amd64" && Number(micro[1]) <= level;
	};
	const index =
		env.gocache === "off"
			? null
			: new StdIndex(
					env.cacheDir,
					JSON.stringify([env.goroot, env.goVersion, pair, [...experiments].sort(), [...user].sort(), level, noCgo]),
				);
	return { goroot: env.goroot, goVersion: env.goVersion, goos: env.goos, goarch: env.goarch, experiments, hasTag, userTags: tags, index };
}

/** Names of all experiments that this GOROOT knows (internal/goexperiment), in lower case. */
export function experimentNames(goroot: string): Set<string> {
	const file = join(goroot, "src", "internal", "goexperiment", "flags.go");
	if (!existsSync(file)) return new Set();
	const body = /type Flags struct \{([^]*?)\n\}/.exec(readFileSync(file, "utf8"))?.[1] ?? "";
	return new Set([...body.matchAll(/^\t(\w+)\s+bool/gm)].map((m) => m[1].toLowerCase()));
}

/**
 * The experiments of this GOROOT: the baseline that internal/buildcfg/exp.go declares (its *Supported and AlwaysOn variables hold
 * on linux/amd64), changed by GOEXPERIMENT.
 */
function readExperiments(goroot: string, setting: string): Set<string> {
	const on = new Set<string>();
	const file = join(goroot, "src", "internal", "buildcfg", "exp.go");
	const baseline = existsSync(file) ? /baseline := goexperiment\.Flags\{([^}]*)\}/.exec(readFileSync(file, "utf8")) : null;
	for (const m of (baseline?.[1] ?? "").matchAll(/(\w+):\s*(\w+)/g)) if (m[2] !== "false") on.add(m[1].toLowerCase());
	const known = experimentNames(goroot);
	// "regabi" stands for both of its parts.
	const words = setting.split(",").flatMap((w) => (/^(no)?regabi$/.test(w) ? [`${w}wrappers`, `${w}args`] : [w]));
	for (const word of words.filter((w) => w !== "")) {
		const name = word === "none" ? "" : word.replace(/^no/, "");
		if (known.size > 0 && name !== "" && !known.has(name) && !known.has(word)) throw new UserError(`go: unknown GOEXPERIMENT ${word}`);
		if (word === "none") on.clear();
		else if (word.startsWith("no")) on.delete(word.slice(2));
		else on.add(word);
	}
	return on;
}
