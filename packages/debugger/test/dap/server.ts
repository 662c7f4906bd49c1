// Servers of DAP for tests: the command line in a process of its own, and what the clients say first.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { TestClient } from "./client.ts";

const root = new URL("../../../../", import.meta.url).pathname;
const servers: ChildProcess[] = [];

export interface Served {
	client: TestClient;
	port: number;
	/** Exit code of the server. */
	ended: Promise<number | null>;
}

export function killServers(): void {
	for (const s of servers) s.kill("SIGKILL");
}

/** `tsugo dlv ARGS`, which listens at a port of its own, and a client of it. */
export async function serve(...args: string[]): Promise<Served> {
	const server = spawn(
		process.execPath,
		[
			"--stack-size=3900",
			join(root, "packages/cmd/main.ts"),
			"dlv",
			...args,
			...(process.env["DAP_LOG"] === undefined ? [] : ["--log", "--log-output=dap,debugger"]),
		],
		{
			stdio: ["ignore", "pipe", "inherit"],
		},
	);
	servers.push(server);
	const ready = Promise.withResolvers<number>();
	let text = "";
	server.stdout.on("data", (b: Buffer) => {
		text += b.toString();
		const port = /listening at: 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
		if (port !== undefined) ready.resolve(Number(port));
	});
	const ended = new Promise<number | null>((r) => server.on("close", r));
	void ended.then((code) => ready.reject(new Error(`the server ended with ${code}: ${text}`)));
	const port = await ready.promise;
	return { client: await TestClient.open(port), port, ended };
}

/** What the tests' clients can do. */
export const clientAbilities: Readonly<Record<string, unknown>> = {
	adapterID: "go",
	pathFormat: "path",
	linesStartAt1: true,
	columnsStartAt1: true,
	supportsVariableType: true,
	supportsVariablePaging: true,
	supportsMemoryReferences: true,
	supportsInvalidatedEvent: true,
};
