// The conditions of cmd/go's scripts, as they are for tsugo on this machine: no cgo, no race detector, no network.

import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Conditions, State } from "./engine.ts";

const operatingSystems =
	"aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos".split(" ");
const architectures = "386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm".split(" ");

function onPath(name: string): boolean {
	return (process.env.PATH ?? "").split(delimiter).some((d) => d !== "" && existsSync(join(d, name)));
}

function experiment(s: State, goroot: string, name: string): boolean {
	const text = readFileSync(join(goroot, "src/internal/buildcfg/exp.go"), "utf8");
	const on = new Set<string>();
	for (const m of (/baseline := goexperiment\.Flags\{([^}]*)\}/.exec(text)?.[1] ?? "").matchAll(/(\w+):\s*(\w+)/g))
		if (m[2] !== "false") on.add(m[1].toLowerCase());
	for (const word of (s.env.get("GOEXPERIMENT") ?? "").split(",").filter((w) => w !== "")) {
		if (word.startsWith("no")) on.delete(word.slice(2));
		else on.add(word);
	}
	return name.startsWith("no") ? !on.has(name.slice(2)) : on.has(name);
}

/** short: leave out what takes minutes. */
export function scriptConditions(goroot: string, short: boolean): Conditions {
	const fixed: Readonly<Record<string, boolean>> = {
		abscc: false,
		asan: false,
		bzr: false,
		"case-sensitive": true,
		cgo: false,
		cgolinkext: false,
		cross: false,
		fuzz: true,
		"fuzz-instrumented": false,
		git: onPath("git"),
		"git-sha256": onPath("git"),
		"go-builder": false,
		link: true,
		msan: false,
		mustlinkext: false,
		pielinkext: false,
		race: false,
		root: process.getuid?.() === 0,
		short,
		symlink: true,
		trimpath: false,
		verbose: false,
	};
	return (s, name, suffix) => {
		if (suffix === null) {
			if (operatingSystems.includes(name)) return s.env.get("GOOS") === name;
			if (architectures.includes(name)) return s.env.get("GOARCH") === name;
			return Object.hasOwn(fixed, name) ? fixed[name] : undefined;
		}
		switch (name) {
			case "GOOS":
				return suffix === "linux";
			case "GOARCH":
				return suffix === "amd64";
			case "GODEBUG":
				return (s.env.get("GODEBUG") ?? "").split(",").includes(suffix);
			case "GOEXPERIMENT":
				return experiment(s, goroot, suffix);
			case "buildmode":
				return suffix === "exe" || suffix === "default" || suffix === "archive";
			case "cc":
				return suffix === "gcc";
			case "compiler":
				return suffix === "gc";
			case "exec":
				return onPath(suffix);
			case "net":
				return false;
			default:
				return undefined;
		}
	};
}

const otherPlatform = "compiles for another platform than linux/amd64";
const archives = "package archives (-o file.a, -pkgdir, .Export)";

/** Scripts about what tsugo does not claim to do, where no rule tells it from the text. */
const notHere: Readonly<Record<string, string>> = {
	build_arm: otherPlatform,
	build_cache_arch_mode: otherPlatform,
	build_cache_gomips: otherPlatform,
	env_cross_build: otherPlatform,
	install_cross_gobin: otherPlatform,
	build_issue59571: archives,
	build_relative_pkgdir: archives,
	build_cache_disabled: "go doc; GOCACHE=off builds without a cache here",
	build_nocache: "GOCACHE=off builds without a cache here",
	install_goroot_targets: archives,
	list_export_e: archives,
	list_export_embed: archives,
	list_issue_59905: archives,
	repro_build: archives,
	slashpath: archives,
	clean_cache_n: "the layout of go's own build cache",
	dist_list_missing: "go tool dist",
	index: "go's index of the module cache",
	script_help: "the script engine's own help",
	vet_commandline: "files for go vet's tool",
	vet_flags: "files for go vet's tool",
};

/** Why a script is about something that tsugo does not claim to do; "" when it is not. */
export function outOfScope(name: string, text: string): string {
	const comment = text;
	if (/^cover|^test_cover|coverpkg/.test(name) || /^\s*go (build|test|install|run|list)\b.*\s-cover/m.test(comment)) return "coverage";
	if (/race/.test(name) && /-race/.test(comment)) return "race detector";
	if (/plugin/.test(name) || /-buildmode=(plugin|c-|shared)/.test(comment)) return "build mode";
	if (/gccgo/.test(name) || /-compiler[= ]gccgo/.test(comment)) return "gccgo";
	if (/^gotoolchain|toolchain/.test(name)) return "toolchain switching";
	if (/^cgo|_cgo|swig/.test(name)) return "cgo";
	if (/^\s*\[!exec:(hg|svn|fossil|bzr)\] skip/m.test(comment)) return "a version control system other than git";
	if (/^(telemetry|bug|fix|doc|trampoline|goauth|netrc|darwin)/.test(name)) return "command or setting out of scope";
	if (/^\s*env TESTGO_VERSION=/m.test(comment)) return "pretends another Go version by a hook of the go command's tests";
	if (/toolexec/.test(name)) return "toolexec";
	if (Object.hasOwn(notHere, name)) return notHere[name];
	if (/pgo/.test(name)) return "profile-guided optimization";
	if (/^std_vendor|^(build|go)_(?:std|bootstrap)_/.test(name)) return "the Go project's own tree";
	return "";
}
