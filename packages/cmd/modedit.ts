// tsugo mod edit: changes go.mod by its text alone.

import { join } from "node:path";
import { existsSync, readFileSync } from "node:fs";
import { findUp, withFileLock, writeAtomically } from "#build/modules";
import {
	addExclude,
	addPathEntry,
	addReplace,
	addRequire,
	addRetract,
	badImportPath,
	badPathMajor,
	canonicalVersion,
	cleanupGoMod,
	dropEntries,
	formatModSyntax,
	type GoMod,
	goVersionRe,
	isLocalPath,
	type ModSyntax,
	type ModuleVersion,
	parseGoMod,
	pathMajorPrefix,
	quoteWord,
	rereadGoMod,
	setGodebug,
	setGoLine,
	setModulePath,
	setToolchainLine,
	sortBlocks,
	splitPathVersion,
	toolchainRe,
	unquoteWord,
} from "#modfile";
import { openEnv } from "./buildflags.ts";
import { type FlagSpec, parseFlags } from "./flags.ts";
import { UserError } from "./user.ts";

type Edit = (syntax: ModSyntax) => void;

const editFlags = [
	"require",
	"droprequire",
	"exclude",
	"dropexclude",
	"replace",
	"dropreplace",
	"retract",
	"dropretract",
	"tool",
	"droptool",
	"ignore",
	"dropignore",
	"godebug",
	"dropgodebug",
] as const;
type EditFlag = (typeof editFlags)[number];

const flags: Readonly<Record<string, FlagSpec>> = {
	fmt: { type: "bool", help: "reformat go.mod" },
	module: { type: "string", help: "change the module's path" },
	go: { type: "string", help: "set the language version" },
	toolchain: { type: "string", help: "set the toolchain" },
	print: { type: "bool", help: "print go.mod, do not write it" },
	json: { type: "bool", help: "print go.mod as JSON, do not write it" },
	modfile: { type: "string", help: "" },
	n: { type: "bool", help: "" },
	x: { type: "bool", help: "" },
	C: { type: "string", help: "" },
	...Object.fromEntries(editFlags.map((f) => [f, { type: "list", help: "" } as const])),
};

function allowedVersion(v: string): boolean {
	return v !== "" && quoteWord(v) === v;
}

/** path@version of -flag=arg. */
function pathVersion(flag: string, arg: string): ModuleVersion {
	const at = arg.indexOf("@");
	if (at < 0) throw new UserError(`go: -${flag}=${arg}: need path@version`);
	const path = arg.slice(0, at).trim();
	const version = arg.slice(at + 1).trim();
	const bad = badImportPath(path);
	if (bad !== "") throw new UserError(`go: -${flag}=${arg}: invalid path: ${bad}`);
	if (!allowedVersion(version)) throw new UserError(`go: -${flag}=${arg}: invalid version ${JSON.stringify(version)}`);
	return { path, version };
}

function plainPath(flag: string, arg: string): string {
	if (arg.includes("@")) throw new UserError(`go: -${flag}=${arg}: need just path, not path@version`);
	const bad = badImportPath(arg);
	if (bad !== "") throw new UserError(`go: -${flag}=${arg}: invalid path: ${bad}`);
	return arg;
}

function optionalVersion(flag: string, arg: string, adj: string, text: string, dir: boolean): ModuleVersion {
	if (dir && isLocalPath(text)) return { path: text, version: "" };
	const at = text.indexOf("@");
	const path = (at < 0 ? text : text.slice(0, at)).trim();
	const version = at < 0 ? "" : text.slice(at + 1).trim();
	const bad = badImportPath(path);
	if (bad !== "") throw new UserError(`go: -${flag}=${arg}: invalid ${adj} path: ${bad}`);
	if (path !== text && !allowedVersion(version))
		throw new UserError(`go: -${flag}=${arg}: invalid ${adj} version: ${JSON.stringify(version)}`);
	return { path, version };
}

function interval(flag: string, arg: string): { low: string; high: string } {
	const fail = (what: string): never => {
		throw new UserError(`go: -${flag}=${arg}: ${what}: ${JSON.stringify(arg)}`);
	};
	if (!arg.startsWith("[")) {
		if (!allowedVersion(arg)) fail("invalid version");
		return { low: arg, high: arg };
	}
	const parts = arg.endsWith("]") ? arg.slice(1, -1).split(",") : [];
	if (parts.length < 2) fail("invalid version interval");
	const low = parts[0].trim();
	const high = parts.slice(1).join(",").trim();
	if (!allowedVersion(low) || !allowedVersion(high)) fail("invalid version interval");
	return { low, high };
}

/** The version must be canonical and belong to the path. */
function checkCanonical(flag: string, arg: string, path: string, version: string): void {
	const { major } = splitPathVersion(path);
	const fail = (why: string): never => {
		throw new UserError(`go: -${flag}=${arg}: version ${JSON.stringify(version)} invalid: ${why}`);
	};
	if (version === "" || version !== canonicalVersion(version))
		fail(`must be of the form ${major === "" ? "v1" : pathMajorPrefix(major)}.2.3`);
	const bad = badPathMajor(version, major);
	if (bad === "") return;
	if (major === "") fail(`should be ${version}+incompatible (or module ${path}/${/^v\d+/.exec(version)?.[0]})`);
	throw new UserError(`go: -${flag}=${arg}: ${bad}`);
}

function replaceEdit(flag: string, arg: string): Edit {
	const eq = arg.indexOf("=");
	if (eq < 0) throw new UserError(`go: -${flag}=${arg}: need old[@v]=new[@w] (missing =)`);
	const before = arg.slice(0, eq).trim();
	const after = arg.slice(eq + 1).trim();
	if (after.startsWith(">")) throw new UserError(`go: -${flag}=${arg}: separator between old and new is =, not =>`);
	const old = optionalVersion(flag, arg, "old", before, false);
	const to = optionalVersion(flag, arg, "new", after, true);
	if (to.path === after && !isLocalPath(after)) throw new UserError(`go: -${flag}=${arg}: unversioned new path must be local directory`);
	return (s) => addReplace(s, old, to);
}

export function replaceFlag(flag: string, arg: string): Edit {
	return flag === "replace" ? replaceEdit(flag, arg) : dropReplaceEdit(flag, arg);
}

function dropReplaceEdit(flag: string, arg: string): Edit {
	const old = optionalVersion(flag, arg, "old", arg, true);
	return (s) => dropEntries(s, "replace", (a) => unquoteWord(a[0]) === old.path && (a[1] === "=>" ? "" : a[1]) === old.version);
}

export function godebugEdit(flag: "godebug" | "dropgodebug", arg: string): Edit {
	if (flag === "dropgodebug") return (s) => dropEntries(s, "godebug", (a) => a[0].startsWith(`${arg}=`));
	const eq = arg.indexOf("=");
	if (eq < 0 || /["`',]/.test(arg)) throw new UserError(`go: -${flag}=${arg}: need key=value`);
	return (s) => setGodebug(s, arg.slice(0, eq), arg.slice(eq + 1));
}

/** What a flag does to the file; bad arguments end the command. */
function makeEdit(flag: EditFlag, arg: string, modulePath: () => string): Edit {
	const same = (path: string) => (a: string[]) => unquoteWord(a[0]) === path;
	switch (flag) {
		case "require": {
			const m = pathVersion(flag, arg);
			return (s) => addRequire(s, m.path, m.version);
		}
		case "droprequire":
			return (s) => dropEntries(s, "require", same(plainPath(flag, arg)));
		case "exclude": {
			const m = pathVersion(flag, arg);
			return (s) => {
				checkCanonical(flag, arg, m.path, m.version);
				addExclude(s, m.path, m.version);
			};
		}
		case "dropexclude": {
			const m = pathVersion(flag, arg);
			return (s) => dropEntries(s, "exclude", (a) => unquoteWord(a[0]) === m.path && a[1] === m.version);
		}
		case "replace":
		case "dropreplace":
			return replaceFlag(flag, arg);
		case "retract": {
			const v = interval(flag, arg);
			return (s) => {
				checkCanonical(flag, arg, modulePath(), v.high);
				checkCanonical(flag, arg, modulePath(), v.low);
				addRetract(s, v.low, v.high, "");
			};
		}
		case "dropretract": {
			const v = interval(flag, arg);
			return (s) =>
				dropEntries(s, "retract", (a) => (a.length === 1 ? a[0] === v.low && a[0] === v.high : a[1] === v.low && a[3] === v.high));
		}
		case "tool":
		case "ignore": {
			const path = flag === "tool" ? plainPath(flag, arg) : arg;
			return (s) => addPathEntry(s, flag, path);
		}
		case "droptool":
		case "dropignore": {
			const path = flag === "droptool" ? plainPath(flag, arg) : arg;
			return (s) => dropEntries(s, flag.slice(4), same(path));
		}
		case "godebug":
		case "dropgodebug":
			return godebugEdit(flag, arg);
	}
}

/** Flags that repeat keep their order among each other: the edits as they stand on the command line. */
export function orderedFlags<T extends string>(names: readonly T[], args: readonly string[]): { flag: T; value: string }[] {
	const out: { flag: T; value: string }[] = [];
	for (let i = 0; i < args.length; i++) {
		const m = /^--?([^=]+)(?:=(.*))?$/s.exec(args[i]);
		if (m === null) continue;
		if (args[i] === "--") break;
		const flag = names.find((n) => n === m[1]);
		if (flag === undefined) continue;
		out.push({ flag, value: m[2] ?? args[++i] });
	}
	return out;
}

export async function modEdit(args: readonly string[]): Promise<number> {
	const env = await openEnv();
	const parsed = parseFlags(flags, args);
	const edits = orderedFlags(editFlags, args);
	const module = parsed.strings.get("module") ?? "";
	const go = parsed.strings.get("go") ?? "";
	const toolchain = parsed.strings.get("toolchain") ?? "";
	const print = parsed.bools.get("print") ?? false;
	const json = parsed.bools.get("json") ?? false;
	if (module === "" && go === "" && toolchain === "" && !print && !json && !parsed.bools.get("fmt") && edits.length === 0)
		throw new UserError("go: no flags specified (see 'go help mod edit').");
	if (print && json) throw new UserError("go: cannot use both -json and -print");
	if (parsed.args.length > 1) throw new UserError("go: too many arguments");
	const file = parsed.args[0] ?? (parsed.strings.get("modfile") || findUp(process.cwd(), "go.mod"));
	if (file === "") throw new UserError("go: go.mod file not found in current directory or any parent directory; see 'go help modules'");
	if (module !== "") {
		const bad = badImportPath(module);
		if (bad !== "") throw new UserError(`go: invalid -module: ${bad}`);
		if (module === "go" || module === "toolchain") throw new UserError("go: invalid -module: module path is reserved");
	}
	const local = env.goVersion.replace(/^go/, "");
	if (go !== "" && go !== "none" && !goVersionRe.test(go))
		throw new UserError(`go mod: invalid -go option; expecting something like "-go ${local}"`);
	if (toolchain !== "" && toolchain !== "none" && !toolchainRe.test(toolchain))
		throw new UserError(`go mod: invalid -toolchain option; expecting something like "-toolchain go${local}"`);
	if (!existsSync(file)) throw new UserError(`go: open ${file}: no such file or directory`);
	const text = readFileSync(file, "utf8");
	let mod = parseGoMod(file, text);
	const actions = edits.map((e) => makeEdit(e.flag, e.value, () => rereadGoMod(mod).mod.module));
	if (mod.errors.length > 0) throw new UserError(`go: errors parsing ${file}:\n${mod.errors.join("\n")}`);
	if (module !== "") setModulePath(mod.syntax, module);
	if (go !== "") setGoLine(mod.syntax, go === "none" ? "" : go);
	if (toolchain !== "") setToolchainLine(mod.syntax, toolchain === "none" ? "" : toolchain);
	for (const edit of actions) edit(mod.syntax);
	// As JSON, in the order of the file and of the edits.
	cleanupGoMod(mod.syntax);
	const described = json ? describe(rereadGoMod(mod).mod) : null;
	sortBlocks(mod.syntax);
	mod = rereadGoMod(mod);
	const out = formatModSyntax(mod.syntax);
	if (json) process.stdout.write(`${JSON.stringify(described, null, "\t")}\n`);
	else if (print) process.stdout.write(out);
	else {
		await withFileLock(join(env.gomodcache, "cache", "lock"), async () => {
			if (readFileSync(file, "utf8") !== text) throw new UserError("go: go.mod changed during editing; not overwriting");
			if (out !== text) writeAtomically(file, out);
		});
	}
	return 0;
}

function version(m: ModuleVersion): Record<string, string> {
	return m.version === "" ? { Path: m.path } : { Path: m.path, Version: m.version };
}

function orNull<T>(list: readonly T[]): readonly T[] | null {
	return list.length === 0 ? null : list;
}

function describe(mod: GoMod): Record<string, unknown> {
	const out: Record<string, unknown> = {
		Module: mod.deprecated === "" ? { Path: mod.module } : { Path: mod.module, Deprecated: mod.deprecated },
	};
	if (mod.go !== "") out.Go = mod.go;
	if (mod.toolchain !== "") out.Toolchain = mod.toolchain;
	if (mod.godebug.length > 0) out.GoDebug = mod.godebug.map((g) => ({ Key: g.key, Value: g.value }));
	out.Require = orNull(mod.require.map((r) => ({ ...version(r), ...(r.indirect ? { Indirect: true } : {}) })));
	out.Exclude = orNull(mod.exclude.map(version));
	out.Replace = orNull(mod.replace.map((r) => ({ Old: version(r.old), New: version(r.with) })));
	out.Retract = orNull(mod.retract.map((r) => ({ Low: r.low, High: r.high, ...(r.rationale === "" ? {} : { Rationale: r.rationale }) })));
	out.Tool = orNull(mod.tool.map((t) => ({ Path: t })));
	out.Ignore = orNull(mod.ignore.map((t) => ({ Path: t })));
	return out;
}
