// GOCACHEPROG: a program of the user's that keeps cache entries elsewhere (cmd/go/internal/cacheprog has the protocol: JSON lines, bodies in
// base64 on lines of their own). Its entries are whole files of our cache: before a build the files that are not here are asked for, after it
// those that were written are given.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { createInterface } from "node:readline";
import { UserError } from "./usererror.ts";

interface Reply {
	ID: number;
	Err?: string;
	KnownCommands?: string[];
	Miss?: boolean;
	OutputID?: string;
	Size?: number;
	DiskPath?: string;
}

/** How long a helper may take to say that it is there, and to end. */
const patience = 10_000;

export class CacheProg {
	private readonly child: ChildProcessWithoutNullStreams;
	private readonly waiting: Map<number, { resolve: (r: Reply) => void; reject: (err: Error) => void }> = new Map();
	private readonly name: string;
	private commands: ReadonlySet<string> = new Set();
	private next = 1;
	private ended: Error | null = null;

	private constructor(words: readonly string[], env: NodeJS.ProcessEnv) {
		this.name = words[0];
		this.child = spawn(words[0], words.slice(1), { env, stdio: ["pipe", "pipe", "inherit"] }) as unknown as ChildProcessWithoutNullStreams;
		this.child.on("error", (err) =>
			this.end(new UserError(`go: error starting GOCACHEPROG program ${JSON.stringify(this.name)}: ${err.message}`)),
		);
		this.child.stdin.on("error", () => undefined);
		createInterface({ input: this.child.stdout, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => this.take(line));
		this.child.on("close", (code) =>
			this.end(new UserError(`go: GOCACHEPROG program ${JSON.stringify(this.name)} exited unexpectedly (${code ?? "killed"})`)),
		);
	}

	/** Starts a program (words separated by spaces) and waits for what it says it can do. */
	static async start(command: string, env: NodeJS.ProcessEnv): Promise<CacheProg> {
		const words = command.split(/\s+/).filter((w) => w !== "");
		const prog = new CacheProg(words, env);
		const first = await prog.reply(0, `said nothing within ${patience / 1000} s`).catch((err: unknown) => {
			prog.child.kill("SIGKILL");
			throw err;
		});
		if (first.KnownCommands === undefined || first.KnownCommands.length === 0) {
			prog.child.kill("SIGKILL");
			throw new UserError(`go: GOCACHEPROG program ${JSON.stringify(words[0])} declared no supported commands`);
		}
		prog.commands = new Set(first.KnownCommands);
		return prog;
	}

	private end(err: Error): void {
		this.ended ??= err;
		for (const w of this.waiting.values()) w.reject(this.ended);
		this.waiting.clear();
	}

	private take(line: string): void {
		if (line.trim() === "") return;
		let reply: Reply;
		try {
			reply = JSON.parse(line) as Reply;
		} catch {
			this.end(new UserError(`go: GOCACHEPROG program ${JSON.stringify(this.name)}: invalid message ${JSON.stringify(line.slice(0, 80))}`));
			this.child.kill();
			return;
		}
		const w = this.waiting.get(reply.ID ?? 0);
		this.waiting.delete(reply.ID ?? 0);
		w?.resolve(reply);
	}

	private reply(id: number, late: string): Promise<Reply> {
		if (this.ended !== null) return Promise.reject(this.ended);
		return new Promise((resolve, reject) => {
			const timer =
				late === ""
					? undefined
					: setTimeout(() => this.end(new UserError(`go: GOCACHEPROG program ${JSON.stringify(this.name)} ${late}`)), patience);
			const done = <T>(f: (x: T) => void): ((x: T) => void) => {
				return (x) => {
					clearTimeout(timer);
					f(x);
				};
			};
			this.waiting.set(id, { resolve: done(resolve), reject: done(reject) });
		});
	}

	private send(request: Record<string, unknown>, body: Uint8Array | null): Promise<Reply> {
		const id = this.next++;
		const answer = this.reply(id, "");
		this.child.stdin.write(`${JSON.stringify({ ID: id, ...request })}\n`);
		if (body !== null && body.length > 0) this.child.stdin.write(`"${Buffer.from(body).toString("base64")}"\n`);
		return answer;
	}

	/** What was put under a key; null when there is nothing, or nothing that is whole. */
	async get(key: Uint8Array): Promise<Uint8Array | null> {
		if (!this.commands.has("get")) return null;
		const r = await this.send({ Command: "get", ActionID: Buffer.from(key).toString("base64") }, null);
		if (r.Miss || r.Err || !r.DiskPath || !existsSync(r.DiskPath)) return null;
		const bytes = readFileSync(r.DiskPath);
		const sum = createHash("sha256").update(bytes).digest("base64");
		return sum === r.OutputID && (r.Size === undefined || r.Size === bytes.length) ? bytes : null;
	}

	/** Keeps bytes under a key; the text says why they could not be kept. */
	async put(key: Uint8Array, bytes: Uint8Array): Promise<string> {
		if (!this.commands.has("put")) return "";
		const output = createHash("sha256").update(bytes).digest("base64");
		const r = await this.send(
			{
				Command: "put",
				ActionID: Buffer.from(key).toString("base64"),
				OutputID: output,
				...(bytes.length > 0 ? { BodySize: bytes.length } : {}),
			},
			bytes,
		);
		return r.Err ?? "";
	}

	/** Asks the program to end, and ends it when it does not. */
	async close(): Promise<void> {
		if (this.ended === null && this.commands.has("close")) await this.send({ Command: "close" }, null).catch(() => undefined);
		this.ended ??= new Error("closed");
		this.child.stdin.end();
		if (this.child.exitCode === null) {
			const timer = setTimeout(() => this.child.kill("SIGKILL"), patience);
			await new Promise<void>((resolve) => {
				this.child.once("close", () => resolve());
				if (this.child.exitCode !== null) resolve();
			});
			clearTimeout(timer);
		}
	}
}

/** The helper's key of a file of the cache: its name says what it depends on. */
function keyOf(file: string): Uint8Array {
	return createHash("sha256")
		.update(`tsugo ${basename(file)}`)
		.digest();
}

/** Files of the cache that a helper keeps besides. */
export class HelpedFiles {
	private readonly prog: CacheProg;
	/** Size and time of the files before the build; "" for those that were not there. */
	private readonly before: Map<string, string> = new Map();

	constructor(prog: CacheProg) {
		this.prog = prog;
	}

	/** Asks for the files that are not here. */
	async fetch(files: readonly string[]): Promise<void> {
		const fresh = files.filter((f) => !this.before.has(f));
		await Promise.all(
			fresh.map(async (file) => {
				this.before.set(file, "");
				if (!existsSync(file)) {
					const bytes = await this.prog.get(keyOf(file));
					if (bytes !== null) place(file, bytes);
				}
				this.before.set(file, stamp(file));
			}),
		);
	}

	/** Gives the files that were written since, and ends the helper. Lines are for stderr. */
	async finish(): Promise<string[]> {
		const problems: string[] = [];
		for (const [file, was] of this.before) {
			const now = stamp(file);
			if (now === "" || now === was) continue;
			const error = await this.prog.put(keyOf(file), readFileSync(file));
			if (error !== "") problems.push(`tsugo: GOCACHEPROG could not keep ${basename(file)}: ${error}`);
		}
		await this.prog.close();
		return problems;
	}
}

function stamp(file: string): string {
	const s = statSync(file, { throwIfNoEntry: false });
	return s === undefined ? "" : `${s.size} ${s.mtimeMs}`;
}

/** Writes a file aside and renames it; not being able to is as if the helper had none. */
function place(file: string, bytes: Uint8Array): void {
	const aside = `${file}.${process.pid}`;
	try {
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(aside, bytes);
		renameSync(aside, file);
	} catch {
		rmSync(aside, { force: true });
	}
}
