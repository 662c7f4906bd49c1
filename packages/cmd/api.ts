// The API: what the command does, as functions. Nothing is kept between calls. The
// command line is built from the same parts (build.ts); this module differs in giving
// results back instead of printing them. Its types are in apitypes.ts, its manual in docs/API.md.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Diagnostic, formatDiagnostics, Interner, SourceSet } from "#base";
import { type BuildEnv, UserError } from "#build";
import { type BuildError, writeExecutable } from "#build/check";
import { NodeIds, parseFile } from "#syntax";
import type { Build, BuildResult, Check, PackageErrors, Parse, Request, Run } from "./apitypes.ts";
import { checkSession, compileMain, executableName, flags as buildFlagSpecs, loadSession, type Session } from "./build.ts";
import type { Debug } from "./debugtypes.ts";
import { openEnv, parseWithGoflags } from "./buildflags.ts";
import { FlagError, type ParsedFlags } from "./flags.ts";

export type * from "./apitypes.ts";
export type * from "./debugtypes.ts";
export { UserError };

export const debug: Debug = async (request) => (await import("./apidebug.ts")).debug(request);

export const parse: Parse = (name, source) => {
	const set = new SourceSet();
	const file = set.add(name, typeof source === "string" ? new TextEncoder().encode(source) : source);
	const list: Diagnostic[] = [];
	const tree = parseFile(new NodeIds(), file, new Interner(), (d) => list.push(d), { origin: "user", lazyBodies: false });
	return { tree, errors: formatDiagnostics(set, list, Infinity) };
};

async function open(request: Request): Promise<{ session: Session; errors: PackageErrors[] }> {
	const env = await openEnv(request.env ?? process.env);
	const flags = parsed(env, request.flags ?? []);
	if (flags.args.length > 0) throw new UserError(`${JSON.stringify(flags.args[0])} is no flag; packages belong into patterns`);
	const { session, errors } = await loadSession(env, flags, { args: request.patterns ?? ["."], dir: request.dir });
	return { session, errors: errors.map(packageErrors) };
}

/** The flags; bad ones are the caller's error. */
function parsed(env: BuildEnv, flags: readonly string[]): ParsedFlags {
	try {
		return parseWithGoflags(buildFlagSpecs, env, flags);
	} catch (err) {
		if (err instanceof FlagError) throw new UserError(err.message, 2);
		throw err;
	}
}

function packageErrors(e: BuildError): PackageErrors {
	return { importPath: e.pkg === "" ? (e.importPath ?? "") : e.pkg, lines: e.lines };
}

export const check: Check = async (request = {}) => {
	const { session, errors } = await open(request);
	return errors.length > 0 ? errors : checkSession(session, session.packages).map(packageErrors);
};

export const build: Build = async (request = {}) => {
	const { session, errors } = await open(request);
	const result: BuildResult = { programs: [], errors };
	if (errors.length > 0) return result;
	const mains = session.packages.filter((p) => p.name === "main");
	const others = session.packages.filter((p) => p.name !== "main");
	if (others.length > 0) result.errors.push(...checkSession(session, others).map(packageErrors));
	for (const p of mains) {
		const built = compileMain(session, p);
		result.errors.push(...built.errors.map(packageErrors));
		if (built.image !== null && built.errors.length === 0)
			result.programs.push({ importPath: p.importPath, name: executableName(p, request.patterns ?? ["."]), image: built.image });
	}
	if (result.errors.length > 0) result.programs = [];
	return result;
};

export const run: Run = async (request = {}) => {
	const { programs, errors } = await build(request);
	if (errors.length > 0) return { code: null, signal: null, stdout: "", stderr: "", errors };
	if (programs.length !== 1) throw new UserError(`patterns name ${programs.length} main packages; run wants one`);
	const dir = mkdtempSync(join(tmpdir(), "tsugo-run-"));
	try {
		const exe = join(dir, programs[0].name);
		writeExecutable(exe, programs[0].image);
		const r = spawnSync(exe, request.args ?? [], {
			cwd: request.dir,
			env: request.env ?? process.env,
			input: request.input ?? "",
			timeout: request.timeout,
			encoding: "utf8",
			maxBuffer: 1 << 30,
		});
		if (r.error !== undefined && r.status === null && r.signal === null) throw r.error;
		return { code: r.status, signal: r.signal, stdout: r.stdout, stderr: r.stderr, errors: [] };
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
};
