// tsugo generate [-run regexp] [-skip regexp] [build flags] [packages]: runs the commands of //go:generate lines.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { Interner, SourceSet } from "#base";
import { type BuildEnv, errnoText, type Loader, loadErrorText, type Package } from "#build";
import { decodeBytes, unquoteBytes } from "#constant";
import { NodeIds, parseImports } from "#syntax";
import { matchArguments } from "./build.ts";
import { buildFlags, openEnv, openLoader, parseWithGoflags } from "./buildflags.ts";
import { pathBefore, writeGoCommand } from "./childenv.ts";
import type { FlagSpec } from "./flags.ts";
import { execute } from "./run.ts";
import { signalText } from "./signals.ts";
import { UserError } from "./user.ts";

export const generateFlags: Readonly<Record<string, FlagSpec>> = {
	...buildFlags,
	run: { type: "string", help: "run only directives whose line matches the regular expression" },
	skip: { type: "string", help: "do not run directives whose line matches the regular expression" },
};

/** Longest line that is read, in bytes. */
const LongestLine = 4096;

/** What ends the work on a package; shown with the place. */
class DirectiveError extends Error {}

function regexp(name: string, text: string): RegExp | null {
	if (text === "") return null;
	try {
		return new RegExp(text);
	} catch (err) {
		throw new UserError(`generate: error parsing regexp: ${(err as Error).message} (-${name})`);
	}
}

/** Name of a file's package; null when its package clause is none. */
function packageName(bytes: Uint8Array): string | null {
	let bad = false;
	// What comes behind the clause does not matter.
	const tree = parseImports(new NodeIds(), new SourceSet().add("", bytes), new Interner(), () => {
		bad = true;
	});
	return bad && tree.pkgName.name === "_" ? null : tree.pkgName.name;
}

interface Generator {
	env: BuildEnv;
	goos: string;
	goarch: string;
	/** The variables of the commands, before those of a directive. */
	vars: NodeJS.ProcessEnv;
	shown: (file: string) => string;
	run: RegExp | null;
	skip: RegExp | null;
	verbose: boolean;
	print: boolean;
	dry: boolean;
}

/** $NAME and ${NAME}; a name is letters, digits and _, or one special character. */
function expand(word: string, value: (name: string) => string): string {
	return word.replace(/\$(?:\{([^{}]*)\}|([A-Za-z0-9_]+|[*#$@!?-]))/g, (_, braced?: string, plain?: string) =>
		value(braced ?? plain ?? ""),
	);
}

/** The words of a directive's text: separated by spaces, or Go strings in double quotes. */
function split(text: string): string[] {
	const words: string[] = [];
	for (let rest = text.replace(/^[ \t]+/, ""); rest !== ""; rest = rest.replace(/^[ \t]+/, "")) {
		if (rest[0] !== '"') {
			const word = (/^[^ \t]+/.exec(rest) as RegExpExecArray)[0];
			words.push(word);
			rest = rest.slice(word.length);
			continue;
		}
		const quoted = /^"(?:[^"\\]|\\.)*"/.exec(rest)?.[0];
		if (quoted === undefined) throw new DirectiveError(/^"(?:[^"\\]|\\.)*\\$/.test(rest) ? "bad backslash" : "mismatched quoted string");
		const bytes = unquoteBytes(quoted);
		if (bytes === null) throw new DirectiveError("bad quoted string");
		words.push(decodeBytes(bytes));
		rest = rest.slice(quoted.length);
		if (rest !== "" && !/^[ \t]/.test(rest)) throw new DirectiveError("expect space after quoted argument");
	}
	return words;
}

/** Runs a directive's command in the folder of its file. */
async function runCommand(words: readonly string[], vars: NodeJS.ProcessEnv, dir: string): Promise<void> {
	const [name, ...args] = words;
	const failed = (why: string): DirectiveError => new DirectiveError(`running ${JSON.stringify(name)}: ${why}`);
	let result: Awaited<ReturnType<typeof execute>>;
	try {
		result = await execute(name, args, vars, dir);
	} catch (err) {
		const missing = (err as NodeJS.ErrnoException).code === "ENOENT";
		if (missing && !name.includes("/")) throw failed(`exec: ${JSON.stringify(name)}: executable file not found in $PATH`);
		throw failed(`fork/exec ${name}: ${errnoText(err)}`);
	}
	if (result.signal !== null) throw failed(`signal: ${signalText(result.signal)}`);
	if (result.code !== 0) throw failed(`exit status ${result.code}`);
}

/** Runs the directives of a file; false when one failed, which is printed. */
async function generateFile(g: Generator, file: string): Promise<boolean> {
	const bytes = readFileSync(file);
	const name = packageName(bytes);
	if (name === null) return true;
	if (g.verbose) process.stderr.write(`${g.shown(file)}\n`);
	const commands = new Map<string, readonly string[]>();
	const lines = bytes.toString("latin1").split("\n");
	for (let i = 0; i < lines.length; i++) {
		const raw = lines[i];
		if (!/^\/\/go:generate[ \t]/.test(raw)) continue;
		const line = Buffer.from(raw, "latin1").toString();
		try {
			if (raw.length >= LongestLine) throw new DirectiveError("directive too long");
			if (i === lines.length - 1) throw new DirectiveError(`error reading ${g.shown(file)}: unexpected EOF`);
			const source = line.trim();
			if ((g.run !== null && !g.run.test(source)) || g.skip?.test(source) === true) continue;
			const own: Record<string, string> = {
				GOROOT: g.env.goroot,
				GOARCH: g.goarch,
				GOOS: g.goos,
				GOFILE: basename(file),
				GOLINE: String(i + 1),
				GOPACKAGE: name,
				DOLLAR: "$",
				PWD: dirname(file),
			};
			const vars = { ...g.vars, ...own };
			const given = split(line.slice("//go:generate ".length).replace(/\r$/, ""));
			const alias = given.length > 0 ? commands.get(given[0]) : undefined;
			const words = [...(alias ?? given.slice(0, 1)), ...given.slice(1)].map((w) => expand(w, (n) => vars[n] ?? ""));
			if (words.length === 0) throw new DirectiveError("no arguments to directive");
			if (words[0] === "-command") {
				if (words.length === 1) throw new DirectiveError("no command specified for -command");
				if (commands.has(words[1])) throw new DirectiveError(`command ${JSON.stringify(words[1])} multiply defined`);
				commands.set(words[1], words.slice(2));
				continue;
			}
			if (g.print) process.stderr.write(`${words.join(" ")}\n`);
			if (!g.dry) await runCommand(words, vars, dirname(file));
		} catch (err) {
			if (!(err instanceof DirectiveError)) throw err;
			process.stderr.write(`${g.shown(file)}:${i + 1}: ${err.message}\n`);
			return false;
		}
	}
	return true;
}

/** The files that are looked at: those with a wrong header too, if it says which package they are of. */
function filesOf(p: Package): string[] {
	const test = (f: string): boolean => f.endsWith("_test.go");
	const sorted = (...lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())].sort();
	const names = [
		...sorted(
			p.goFiles,
			p.cgoFiles,
			p.invalidGoFiles.filter((f) => !test(f)),
		),
		...sorted(p.testGoFiles, p.invalidGoFiles.filter(test)),
		...p.xtestGoFiles,
	];
	return [...new Set(names)].map((f) => join(p.dir, f));
}

async function generatePackages(g: Generator, loader: Loader, args: readonly string[]): Promise<boolean> {
	let good = true;
	let foreign = false;
	for (const p of matchArguments(loader, args)) {
		if (p.module !== null && !p.module.main) {
			if (!foreign) process.stderr.write("go: not generating in packages in dependency modules\n");
			foreign = true;
			continue;
		}
		const files = filesOf(p);
		const { error } = loader.graph.info(p);
		if (error !== null && files.length + p.ignoredGoFiles.length === 0) {
			process.stderr.write(`${loadErrorText(error)}\n`);
			good = false;
		}
		for (const file of files) {
			if (await generateFile(g, file)) continue;
			good = false;
			break;
		}
	}
	return good;
}

export async function generateCommand(args: readonly string[]): Promise<number> {
	const env = await openEnv();
	const flags = parseWithGoflags(generateFlags, env, args);
	const on = (name: string): boolean => flags.bools.get(name) ?? false;
	const patterns = { run: regexp("run", flags.strings.get("run") ?? ""), skip: regexp("skip", flags.strings.get("skip") ?? "") };
	const tags = flags.strings.get("tags") ?? "";
	flags.strings.set("tags", tags === "" ? "generate" : `${tags},generate`);
	const loader = await openLoader(env, flags, flags.args);
	// A generator that calls `go` means the one that runs it.
	const bin = mkdtempSync(join(tmpdir(), "tsugo-generate-"));
	writeGoCommand(bin);
	try {
		const good = await generatePackages(
			{
				...patterns,
				env,
				goos: loader.ctx.goos,
				goarch: loader.ctx.goarch,
				vars: { ...process.env, PATH: pathBefore([bin, join(env.goroot, "bin")]) },
				shown: (file) => loader.shortPath(file),
				verbose: on("v"),
				print: on("n") || on("x"),
				dry: on("n"),
			},
			loader,
			flags.args,
		);
		return good ? 0 : 1;
	} finally {
		rmSync(bin, { recursive: true, force: true });
	}
}
