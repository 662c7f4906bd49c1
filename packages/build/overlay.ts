// -overlay: files that stand for others, or for none, as a JSON file says (go help build):
//
//	{"Replace": {"/path/that/is/asked/for": "/file/that/is/read", "/path/that/is/not/there": ""}}
//
// All of the toolchain reads through node:fs, so its functions are exchanged for the process: whoever asks for a path that the overlay
// names gets the other file, whoever lists a directory sees what the overlay puts into it. Nothing is written through it.

import fs, { type Dirent, type Stats } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "./usererror.ts";

/** What an overlay says: by absolute path the file that is read instead, null for one that is not there. */
export class Overlay {
	readonly files: ReadonlyMap<string, string | null>;
	/** Directories that hold files of the overlay, with the names that it puts into them. */
	readonly dirs: ReadonlyMap<string, ReadonlyMap<string, "file" | "dir">>;

	constructor(files: ReadonlyMap<string, string | null>) {
		this.files = files;
		const dirs = new Map<string, Map<string, "file" | "dir">>();
		const put = (path: string, kind: "file" | "dir"): void => {
			const dir = dirname(path);
			if (dir === path) return;
			let names = dirs.get(dir);
			if (names === undefined) {
				names = new Map();
				dirs.set(dir, names);
				put(dir, "dir");
			}
			names.set(basename(path), kind);
		};
		for (const [path, to] of files) if (to !== null) put(path, "file");
		this.dirs = dirs;
	}

	/** Whether it changes something below a directory. */
	touches(dir: string): boolean {
		return [...this.files.keys()].some((path) => path.startsWith(`${dir}/`));
	}
}

/** Reads an overlay's file. Relative paths are meant from cwd. */
export function readOverlay(file: string, cwd: string): Overlay {
	let text: string;
	try {
		text = fs.readFileSync(resolve(cwd, file), "utf8");
	} catch {
		throw new UserError(`go: reading overlay: open ${file}: no such file or directory`);
	}
	const bad = (why: string): never => {
		throw new UserError(`go: parsing overlay JSON: ${why}`);
	};
	let parsed: unknown;
	try {
		parsed = JSON.parse(text);
	} catch (err) {
		return bad((err as Error).message);
	}
	const replace: unknown = parsed !== null && typeof parsed === "object" && "Replace" in parsed ? parsed.Replace : {};
	if (replace === null || typeof replace !== "object" || Array.isArray(replace)) return bad("Replace is not an object");
	const files = new Map<string, string | null>();
	const written = new Map<string, string>();
	for (const [from, to] of Object.entries(replace)) {
		if (from === "") throw new UserError("go: empty string key in overlay map");
		if (typeof to !== "string") return bad(`the value of ${JSON.stringify(from)} is not a string`);
		const path = resolve(cwd, from);
		const other = written.get(path);
		if (other !== undefined) throw new UserError(`go: duplicate paths ${other} and ${from} in overlay map`);
		written.set(path, from);
		files.set(path, to === "" ? null : resolve(cwd, to));
	}
	for (const [path, to] of files)
		for (let dir = dirname(path); to !== null && dir !== dirname(dir); dir = dirname(dir))
			if ((files.get(dir) ?? null) !== null)
				throw new UserError(`go: invalid overlay: inconsistent files ${written.get(dir)} and ${written.get(path)} in overlay map`);
	return new Overlay(files);
}

function missing(call: string, path: string): Error {
	return Object.assign(new Error(`ENOENT: no such file or directory, ${call} '${path}'`), {
		code: "ENOENT",
		syscall: call,
		path,
		errno: -2,
	});
}

/** An entry of a directory that only the overlay has. */
function entry(dir: string, name: string, kind: "file" | "dir"): Dirent {
	const no = (): boolean => false;
	return {
		name,
		parentPath: dir,
		isFile: () => kind === "file",
		isDirectory: () => kind === "dir",
		isSymbolicLink: no,
		isBlockDevice: no,
		isCharacterDevice: no,
		isFIFO: no,
		isSocket: no,
	} as Dirent;
}

type AnyFunction = (...args: unknown[]) => unknown;

/** From now on the process sees the files through the overlay. */
export function installOverlay(overlay: Overlay): void {
	const table = fs as unknown as Record<string, AnyFunction>;
	const { statSync, existsSync } = fs;
	const pathOf = (p: unknown): string | null => (typeof p === "string" ? resolve(p) : null);
	const made = (path: string): boolean => overlay.dirs.has(path) && !existsSync(path);
	const patch = (name: string, f: (path: string, args: unknown[], original: AnyFunction) => unknown): void => {
		const original = table[name];
		const patched = (...args: unknown[]): unknown => {
			const path = pathOf(args[0]);
			return path === null ? original.apply(fs, args) : f(path, args, original);
		};
		table[name] = Object.assign(patched, original);
	};
	/** Functions that read or look at one file. */
	const redirect = (name: string, call: string, dir: (args: unknown[], original: AnyFunction) => unknown): void =>
		patch(name, (path, args, original) => {
			const to = overlay.files.get(path);
			if (to === null) {
				if ((args[1] as { throwIfNoEntry?: boolean } | undefined)?.throwIfNoEntry === false) return undefined;
				throw missing(call, path);
			}
			if (to !== undefined) return original.apply(fs, [to, ...args.slice(1)]);
			return made(path) ? dir(args, original) : original.apply(fs, args);
		});
	const ancestor = (path: string): string => (existsSync(path) ? path : ancestor(dirname(path)));
	const asDirectory = (args: unknown[]): Stats | undefined => statSync(ancestor(dirname(resolve(args[0] as string))));
	const plain = (args: unknown[], original: AnyFunction): unknown => original.apply(fs, args);
	redirect("statSync", "stat", asDirectory);
	redirect("lstatSync", "lstat", asDirectory);
	redirect("accessSync", "access", () => undefined);
	redirect("readFileSync", "open", plain);
	patch("existsSync", (path, args, original) => {
		const to = overlay.files.get(path);
		if (to !== undefined) return to !== null && original.apply(fs, [to]);
		return overlay.dirs.has(path) || original.apply(fs, args);
	});
	patch("openSync", (path, args, original) => {
		const to = overlay.files.get(path);
		const reads = args[1] === undefined || args[1] === "r";
		if (to === undefined || !reads) return original.apply(fs, args);
		if (to === null) throw missing("open", path);
		return original.apply(fs, [to, ...args.slice(1)]);
	});
	patch("realpathSync", (path, args, original) => (overlay.files.has(path) || made(path) ? path : original.apply(fs, args)));
	patch("copyFileSync", (path, args, original) => original.apply(fs, [overlay.files.get(path) ?? path, ...args.slice(1)]));
	const refuse = (path: unknown): void => {
		const at = pathOf(path);
		if (at === null || !overlay.files.has(at)) return;
		// -modfile may name another file for go.mod.
		const what = basename(at).replace(/^.*(?=\.(mod|sum)$)/, "go");
		throw new UserError(`go: updates to ${what} needed, but ${what} is part of the overlay specified with -overlay`);
	};
	patch("writeFileSync", (path, args, original) => {
		refuse(path);
		return original.apply(fs, args);
	});
	patch("renameSync", (_, args, original) => {
		refuse(args[1]);
		return original.apply(fs, args);
	});
	patch("readdirSync", (path, args, original) => {
		const names = overlay.dirs.get(path);
		const typed = (args[1] as { withFileTypes?: boolean } | undefined)?.withFileTypes === true;
		const have = names !== undefined && !existsSync(path) ? [] : (original.apply(fs, args) as (string | Dirent)[]);
		const out = have.filter((e) => {
			const name = typeof e === "string" ? e : e.name;
			return overlay.files.get(join(path, name)) !== null && names?.has(name) !== true;
		});
		for (const [name, kind] of names ?? []) out.push(typed ? entry(path, name, kind) : name);
		const text = (e: string | Dirent): string => (typeof e === "string" ? e : e.name);
		return names === undefined ? out : out.sort((a, b) => (text(a) < text(b) ? -1 : 1));
	});
	syncBuiltinESMExports();
}
