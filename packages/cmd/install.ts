// tsugo install [build flags] [packages]

import { existsSync, mkdirSync, statSync, unlinkSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { type Package, pathError, requireTarget } from "#build";
import { checkPackages, writeExecutable } from "#build/check";
import { buildable, buildProgram, compilePlan, openSession, type Session, warnProfiles } from "./build.ts";
import { buildFlags, openEnv, parseWithGoflags } from "./buildflags.ts";
import { installTarget } from "./packageview.ts";
import { madeBy } from "./reporter.ts";
import { UserError } from "./user.ts";

/** Removes a program of the same name in the working directory that an earlier `build` left there. */
function removeStale(s: Session, name: string): void {
	if (s.flags.args.length > 0) return;
	const file = join(process.cwd(), name);
	const info = statSync(file, { throwIfNoEntry: false });
	if (info?.isFile() && (info.mode & 0o111) !== 0 && info.size > 0) unlinkSync(file);
}

/** Builds main packages into GOBIN or GOPATH/bin; checks the others. */
export function installPackages(s: Session): number {
	const { env, reporter, loader, tools } = s;
	const bin = env.env.get("GOBIN");
	if (bin !== "" && !isAbsolute(bin)) throw new UserError("cannot install, GOBIN must be an absolute path");
	for (const p of s.packages) {
		const hidden = s.loader.conflictDir(p);
		if (hidden !== "") throw new UserError(`go: no install location for ${p.dir}: hidden by ${hidden}`);
	}
	const mains = s.packages.filter((p) => p.name === "main");
	const libraries = s.packages.filter((p) => p.name !== "main");
	warnProfiles(s);
	let failed = false;
	if (libraries.length > 0) {
		reporter.compiling(compilePlan(s, libraries), true);
		if (!reporter.dry) {
			requireTarget(env, libraries[0].importPath);
			const errors = checkPackages(loader, libraries, tools.gcflags(loader, s.packages));
			reporter.errors(errors);
			failed = errors.length > 0;
			if (!failed) reporter.compiled();
		}
	}
	for (const p of mains) failed = !installMain(s, p) || failed;
	return failed ? 1 : 0;
}

function installMain(s: Session, p: Package): boolean {
	const target = installTarget(s.env, p);
	s.reporter.step(`mkdir -p ${dirname(target)}/`);
	const image = buildProgram(s, p, target);
	if (image === null) return s.reporter.dry;
	if (existsSync(target) && statSync(target).isDirectory())
		throw new UserError(`go: build output ${JSON.stringify(target)} already exists and is a directory`);
	try {
		mkdirSync(dirname(target), { recursive: true });
	} catch (err) {
		throw new UserError(`go: ${pathError("mkdir", dirname(target), err)}`);
	}
	writeExecutable(target, image);
	madeBy(s.env, s.flags).installed(s.loader, p, compilePlan(s, [p]).flagText, target);
	removeStale(s, target.slice(target.lastIndexOf("/") + 1));
	return true;
}

export async function installCommand(args: readonly string[]): Promise<number> {
	const env = await openEnv();
	const flags = parseWithGoflags(buildFlags, env, args);
	if (flags.args.some((a) => a.includes("@") && !isAbsolute(a) && !existsSync(a))) {
		const { mainsOf, openVersioned } = await import("./installversion.ts");
		const outside = await openVersioned(env, flags, flags.args, args);
		const mains = outside === null ? null : mainsOf(outside);
		return outside === null || mains === null ? 1 : installPackages({ ...outside.session, packages: mains });
	}
	const session = await openSession(env, flags);
	const packages = session === null ? null : buildable(session);
	return session === null || packages === null ? 1 : installPackages({ ...session, packages });
}
