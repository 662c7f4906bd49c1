// What a package's text says to those who import it, apart from what is in the bodies of its functions: one digest of all declarations, and
// one of each function. Both are kept by the digest of the package's files, so that only what was edited is looked through again.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Interner, SourceFile } from "#base";
import { functionKey } from "#compile";
import { Kind, NodeIds, parseFile } from "#syntax";
import { markUsed } from "./cachetrim.ts";

/** Changes whenever what is a declaration does. */
const Version = 2;

export interface Declarations {
	/** Of all text outside of bodies, names of the files included. */
	digest: string;
	/** Of functions by functionKey: the text of the body, and the lines on which the function and its body start. */
	functions: ReadonlyMap<string, string>;
}

/** A file of a package, and where it is read. */
interface Input {
	name: string;
	path: string;
	/** Digest of its content. */
	digest: string;
}

function sha(text: string | Uint8Array): string {
	return createHash("sha256").update(text).digest("hex");
}

/** own: digest of the package's files. cacheDir: where what was found is kept, null = nowhere. */
export function declarationsOf(
	own: string,
	p: { dir: string; name: string },
	files: readonly Input[],
	compiler: string,
	cacheDir: string | null,
): Declarations {
	const name = sha(`${Version} ${compiler} ${own}`).slice(0, 32);
	const file = cacheDir === null ? null : join(cacheDir, "declarations", name.slice(0, 2), name);
	const known = file === null ? null : read(file);
	if (known !== null) return known;
	const functions = new Map<string, string>();
	const parts = files.map((f) => `${f.name} ${f.name.endsWith(".go") ? goFile(f, functions) : f.digest}`);
	// Line tables hold the directory.
	const made = { digest: sha([p.dir, p.name, ...parts].join("\n")), functions };
	if (file !== null) write(file, made);
	return made;
}

/** Bodies that tell others something besides what facts note: a type that a function declares gets a number among all of the package, directives count wherever they stand. */
const reachesOut = /(?<!\(\s*)\btype\b|\/\/go:/;
/** Tells where everything after it is. */
const lineDirective = /\/[/*]line /;

/** Digest of a file's declarations. A file with syntax errors is a declaration. */
function goFile(f: Input, functions: Map<string, string>): string {
	let src: Uint8Array;
	try {
		src = readFileSync(f.path);
	} catch {
		return f.digest;
	}
	let errors = 0;
	const file = new SourceFile(f.path, 1, src);
	const tree = parseFile(
		new NodeIds(),
		file,
		new Interner(),
		() => {
			errors++;
		},
		{ lazyBodies: true },
	);
	const utf8 = new TextDecoder();
	if (errors > 0 || lineDirective.test(utf8.decode(src))) return f.digest;
	const text: string[] = [];
	let at = 0;
	for (const d of tree.decls) {
		if (d.kind !== Kind.FuncDecl || !d.hasBody) continue;
		const key = functionKey(d);
		const body = utf8.decode(src.subarray(d.bodyStart, d.bodyEnd + 1));
		if (key === "" || reachesOut.test(body)) continue;
		const lines = `${file.position(d.pos).line} ${file.position(file.base + d.bodyStart).line}`;
		// Two of a name are an error, which the checker reports.
		functions.set(key, sha(`${functions.get(key) ?? ""}${f.name} ${lines} ${body}`).slice(0, 20));
		text.push(utf8.decode(src.subarray(at, d.bodyStart)), "{}");
		at = d.bodyEnd + 1;
	}
	text.push(utf8.decode(src.subarray(at)));
	return sha(text.join(""));
}

/** A file that is not what was written is as good as none. */
function read(file: string): Declarations | null {
	try {
		const text = readFileSync(file, "utf8");
		const end = text.indexOf("\n");
		if (text.slice(0, end) !== sha(text.slice(end + 1))) return null;
		markUsed(file, statSync(file).mtimeMs);
		const [digest, functions] = JSON.parse(text.slice(end + 1)) as [string, [string, string][]];
		return { digest, functions: new Map(functions) };
	} catch {
		return null;
	}
}

/** Not being able to is no error: the next build looks again. */
function write(file: string, made: Declarations): void {
	const aside = `${file}.${process.pid}`;
	const text = JSON.stringify([made.digest, [...made.functions]]);
	try {
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(aside, `${sha(text)}\n${text}`);
		renameSync(aside, file);
	} catch {
		rmSync(aside, { force: true });
	}
}
