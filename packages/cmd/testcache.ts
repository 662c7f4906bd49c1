// Cached test results, by the go command's rules (go help test): a result holds for the same test binary and cacheable flags as long as
// the environment variables and files that the test looked at (its log says which) are the same.

import { createHash, type Hash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";

/** Flags that a result may be kept for; outputdir and coverprofile do not change it. */
const cacheable = new Set(["benchtime", "cpu", "list", "parallel", "run", "short", "skip", "timeout", "failfast", "v", "fullpath"]);
const ignored = new Set(["coverprofile", "outputdir"]);
/** A file that changed so recently may change again without its time telling. */
const tooNew = 2000;

interface Entry {
	/** Milliseconds since 1970. */
	time: number;
	log: string;
	/** Output up to and with the "ok" line, by hash of the inputs. */
	outputs: Record<string, string>;
}

function within(path: string, root: string): boolean {
	return path === root || path.startsWith(`${root}/`);
}

export class TestCache {
	private readonly dir: string;
	private readonly expired: number;

	/** dir: tsugo's part of the cache. */
	constructor(dir: string) {
		this.dir = join(dir, "test");
		this.expired = readExpiry(dir);
	}

	/** The key of a run, or null when its flags forbid caching. */
	key(image: Uint8Array, args: readonly string[]): string | null {
		const kept: string[] = [];
		for (const a of args) {
			const m = /^-test\.(\w+)=/.exec(a);
			if (m === null || (!cacheable.has(m[1]) && !ignored.has(m[1]))) return null;
			if (cacheable.has(m[1])) kept.push(a);
		}
		return createHash("sha256").update(image).update(JSON.stringify(kept)).digest("hex");
	}

	private file(key: string): string {
		return join(this.dir, key.slice(0, 2), `${key}.json`);
	}

	private read(key: string): Entry | null {
		try {
			const entry = JSON.parse(readFileSync(this.file(key), "utf8")) as Entry;
			return typeof entry.log === "string" && entry.time > this.expired ? entry : null;
		} catch {
			// None, or damaged: as good as none.
			return null;
		}
	}

	/** The output of an earlier run, its time replaced by "(cached)"; null when there is none that holds. */
	find(key: string, dir: string, root: string): string | null {
		const entry = this.read(key);
		if (entry === null) return null;
		const inputs = hashInputs(entry.log, dir, root);
		const output = inputs === null ? undefined : entry.outputs[inputs];
		if (output === undefined) return null;
		return output.replace(/(^|\n)(ok {2}\t[^\t]*\t)[^\t\n ]*([^\n]*\n)$/, "$1$2(cached)$3");
	}

	/** Keeps the output of a passing run with its log. */
	save(key: string, log: string, output: string, dir: string, root: string): void {
		if (!log.startsWith("# test log\n")) return;
		const inputs = hashInputs(log, dir, root);
		if (inputs === null) return;
		const old = this.read(key);
		const outputs = old !== null && old.log === log ? { ...old.outputs, [inputs]: output } : { [inputs]: output };
		const file = this.file(key);
		try {
			mkdirSync(join(file, ".."), { recursive: true });
			const aside = `${file}.${process.pid}`;
			writeFileSync(aside, JSON.stringify({ time: Date.now(), log, outputs } satisfies Entry));
			renameSync(aside, file);
		} catch {
			// A cache that cannot be written is no error.
		}
	}
}

function readExpiry(dir: string): number {
	const file = join(dir, "testexpire.txt");
	const text = existsSync(file) ? readFileSync(file, "utf8") : "";
	return /^\d+\n$/.test(text) ? Number(text.trim()) / 1e6 : 0;
}

/** Makes all results kept so far void. */
export function expireTests(dir: string): void {
	if (!existsSync(dir)) return;
	writeFileSync(join(dir, "testexpire.txt"), `${Date.now() * 1e6}\n`);
}

/** What `read` says of a file, or the code of its error: tests ask for names too long, with NUL bytes, through loops of links. */
function ask<T>(read: () => T): T | string {
	try {
		return read();
	} catch (e) {
		return (e as NodeJS.ErrnoException).code ?? "error";
	}
}

function addStat(h: Hash, path: string): void {
	for (const s of [ask(() => statSync(path)), ask(() => lstatSync(path))])
		h.update(typeof s === "string" ? `${s} ` : `${s.size} ${s.mode} ${s.mtimeMs} ${s.isDirectory()} `);
}

/** False for a file that is too new to be relied on. */
function addFile(h: Hash, path: string): boolean {
	const info = ask(() => statSync(path));
	if (typeof info === "string") h.update(info);
	else if (info.isDirectory()) {
		const names = ask(() => readdirSync(path));
		if (typeof names === "string") h.update(names);
		else
			for (const name of names.sort()) {
				h.update(`file ${name} `);
				addStat(h, join(path, name));
			}
	} else if (info.isFile()) {
		// Large files count by size and time.
		addStat(h, path);
		if (Date.now() - info.mtimeMs < tooNew) return false;
	}
	return true;
}

/** Hash of what a log names, null when it cannot be trusted. Files outside of root are taken as given. */
function hashInputs(log: string, dir: string, root: string): string | null {
	const h = createHash("sha256");
	// The runtime always looks at it, and the log does not say so.
	h.update(`GODEBUG=${process.env.GODEBUG ?? ""}\n`);
	let pwd = dir;
	for (const line of log.split("\n")) {
		if (line === "" || line.startsWith("#")) continue;
		const at = line.indexOf(" ");
		const [op, name] = [line.slice(0, at), line.slice(at + 1)];
		h.update(`${line}\n`);
		if (op === "getenv") {
			h.update(process.env[name] === undefined ? "unset" : `set ${process.env[name]}`);
			continue;
		}
		const path = isAbsolute(name) ? name : join(pwd, name);
		if (op === "chdir") {
			pwd = path;
			addStat(h, pwd);
		} else if (op === "stat") {
			if (within(path, root)) addStat(h, path);
		} else if (op === "open") {
			if (within(path, root) && !addFile(h, path)) return null;
		} else return null;
	}
	return h.digest("hex");
}
