// Starting what a client wants debugged: the configuration of the session, the program's build, where its output goes.
import { type ChildProcess, spawn } from "node:child_process";
import { openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import type { SessionConfig } from "../session.ts";
import type { DapClient } from "./client.ts";
import type { LaunchConfig } from "./config.ts";
import { DapError, ErrorId } from "./errors.ts";

/** Builds for debugging: no optimisation, no inlining. The text is what the build printed. */
export type BuildForDebug = (
	kind: "debug" | "test",
	program: string,
	flags: string | string[],
	output: string,
	dir: string,
	cancel: AbortSignal,
) => Promise<{ ok: boolean; command: string; text: string }>;

export function refuseLaunch(details: string, what = ""): never {
	throw new DapError(ErrorId.FailedToLaunch, `Failed to launch${what}`, details, true);
}

const MODES = ["debug", "test", "exec", "replay", "core"];

/** Throws DapError. */
export function checkLaunch(c: LaunchConfig): void {
	if (c.mode === "") c.mode = "debug";
	if (!MODES.includes(c.mode)) refuseLaunch(`invalid debug configuration - unsupported 'mode' attribute ${JSON.stringify(c.mode)}`);
	if (c.program === "" && c.mode !== "replay") refuseLaunch("The program attribute is missing in debug configuration.");
	if (c.mode === "replay") {
		if (c.traceDirPath === "") refuseLaunch("The 'traceDirPath' attribute is missing in debug configuration.");
		refuseLaunch("recordings are not supported by this version of tsugo");
	}
	if (c.mode === "core" && c.coreFilePath === "") refuseLaunch("The 'coreFilePath' attribute is missing in debug configuration.");
	if (!["", "default", "native"].includes(c.backend))
		refuseLaunch(`backend ${JSON.stringify(c.backend)} is not supported by this version of tsugo`);
	if (!["", "local", "remote"].includes(c.outputMode)) {
		refuseLaunch(`invalid debug configuration - unsupported 'outputMode' attribute ${JSON.stringify(c.outputMode)}`);
	}
	if (c.outputMode === "remote" && (c.stdoutTo !== "" || c.stderrTo !== "")) {
		refuseLaunch('output == "remote" can not be used together with stdoutTo or stderrTo');
	}
}

/** The executable to run, built first where that is asked for; `remove` deletes it. Throws DapError. */
export async function prepareProgram(
	c: LaunchConfig,
	dir: string,
	client: DapClient,
	build: BuildForDebug | null,
	progress: boolean,
	cancel: AbortSignal,
): Promise<{ path: string; remove: () => void }> {
	if (c.mode !== "debug" && c.mode !== "test") return { path: resolve(dir, c.program), remove: () => {} };
	if (build === null) return refuseLaunch(`mode ${JSON.stringify(c.mode)} is not supported here`);
	const path = c.output === "" ? join(tmpdir(), `__debug_bin${randomBytes(4).readUInt32LE()}`) : resolve(dir, c.output);
	const what = c.mode === "test" ? `Building tests of ${c.program}` : `Building ${c.program}`;
	client.output("stdout", `${what}\n`);
	const progressId = `build-${path}`;
	if (progress) client.event("progressStart", { progressId, title: what, cancellable: true });
	const built = await build(c.mode, c.program, c.buildFlags, path, dir, cancel);
	if (progress) client.event("progressEnd", { progressId });
	const remove = (): void => rmSync(path, { force: true });
	if (built.ok) return { path, remove };
	if (c.output === "") remove();
	client.output("stderr", `Build Error: ${built.command}\n${built.text.trim()}\n`);
	throw new DapError(ErrorId.FailedToLaunch, "Failed to launch", "Build error: Check the debug console for details.");
}

/** The directory that the program starts in. */
export function workingDirectory(c: LaunchConfig, dir: string): string {
	if (c.cwd !== "") return resolve(dir, c.cwd);
	if (c.mode !== "test") return dir;
	const at = resolve(dir, c.program);
	try {
		return statSync(at).isDirectory() ? at : dirname(at);
	} catch {
		return dir;
	}
}

export function sessionConfig(c: LaunchConfig, base: SessionConfig, path: string, dir: string, output: OutputPipes | null): SessionConfig {
	const redirects: [string, string, string] = [c.stdinFrom, output?.paths[0] ?? c.stdoutTo, output?.paths[1] ?? c.stderrTo];
	const common = { ...base, env: c.env, redirects, workingDir: workingDirectory(c, dir), foreground: false };
	if (c.mode === "core") return { ...common, mode: "core", args: [path], core: resolve(dir, c.coreFilePath) };
	return { ...common, mode: "launch", args: [path, ...(c.args ?? [])] };
}

/** Pipes that carry the program's output to the client as events. */
export class OutputPipes {
	readonly paths: [string, string];
	private readonly ends: number[];
	/** How often something has been read. */
	private arrived = 0;

	/** `pipe` makes a pipe and gives its two ends. */
	constructor(client: DapClient, pipe: () => [number, number]) {
		const pipes = [pipe(), pipe()] as const;
		this.ends = pipes.map((p) => p[1]);
		this.paths = pipes.map((p) => `/proc/${process.pid}/fd/${p[1]}`) as [string, string];
		for (const [i, [fd]] of pipes.entries()) {
			const stream = new Socket({ fd, readable: true, writable: false });
			stream.setEncoding("utf8");
			stream.on("data", (text) => {
				this.arrived++;
				client.output(i === 0 ? "stdout" : "stderr", String(text));
			});
			stream.on("error", () => stream.destroy());
			stream.unref();
		}
	}

	/** Lets go of the writing ends: the program has its own now, or is gone. Resolves when all that it has written has been sent. */
	async drain(close: (fd: number) => void): Promise<void> {
		for (const fd of this.ends.splice(0)) close(fd);
		// Whether a child of the program holds a pipe open does not matter: once round the event loop without data, and it is empty.
		for (let before = -1; before !== this.arrived; ) {
			before = this.arrived;
			for (let i = 0; i < 3; i++) await new Promise<void>((r) => void setImmediate(r));
		}
	}
}

/** A program that runs without a debugger. */
export class PlainProcess {
	private readonly child: ChildProcess;
	private readonly exited: Promise<void>;

	constructor(c: LaunchConfig, path: string, dir: string, client: DapClient) {
		const isRemote = c.outputMode === "remote";
		const to = (file: string): number | "inherit" => (file === "" ? "inherit" : openSync(resolve(dir, file), "w"));
		const env = { ...process.env };
		for (const [k, v] of Object.entries(c.env)) {
			if (v === null) delete env[k];
			else env[k] = v;
		}
		this.child = spawn(isAbsolute(path) ? path : resolve(dir, path), c.args ?? [], {
			cwd: workingDirectory(c, dir),
			env,
			stdio: [
				c.stdinFrom === "" ? "ignore" : openSync(resolve(dir, c.stdinFrom), "r"),
				isRemote ? "pipe" : to(c.stdoutTo),
				isRemote ? "pipe" : to(c.stderrTo),
			],
		});
		this.child.stdout?.on("data", (b: Buffer) => client.output("stdout", b.toString()));
		this.child.stderr?.on("data", (b: Buffer) => client.output("stderr", b.toString()));
		const done = Promise.withResolvers<void>();
		this.exited = done.promise;
		this.child.on("error", (e) => {
			client.console(e.message);
			client.event("terminated");
			done.resolve();
		});
		this.child.on("close", (code, signal) => {
			const exitCode = code ?? -1;
			client.console(`Process ${this.child.pid ?? 0} has exited with status ${signal === null ? exitCode : signal}`);
			client.event("exited", { exitCode });
			client.event("terminated");
			done.resolve();
		});
	}

	async stop(): Promise<void> {
		this.child.kill("SIGKILL");
		await this.exited;
	}
}
