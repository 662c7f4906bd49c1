// Module work beside the official toolchain, in one run (build tools/bundle.ts first: the bundle is what users run):
//
//   node bench/modules.ts [--runs N] [--tsugo PROGRAM]
//
// mod download of a graph of 100 modules into an empty module cache (proxy on loopback), mod graph, list -deps -json of a net/http server, list -m all, and mod
// tidy with nothing to do. Prints medians in milliseconds and the ratio.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { removeAll } from "../tools/scripts/commands.ts";
import { zipOf } from "../tools/scripts/zip.ts";

const root = new URL("..", import.meta.url).pathname;
const { values: o } = parseArgs({
	options: { runs: { type: "string", default: "5" }, tsugo: { type: "string", default: join(root, "npm/bin/tsugo") } },
});

const count = 100;
const path = (i: number): string => `example.com/m${i}`;

/** Each module requires those with twice its number: a binary tree. */
function gomod(i: number): string {
	const below = [2 * i + 1, 2 * i + 2].filter((j) => j < count).map((j) => `require ${path(j)} v1.0.0\n`);
	return `module ${path(i)}\n\ngo 1.16\n\n${below.join("")}`;
}

function serve(): Promise<Server> {
	const zips = Array.from({ length: count }, (_, i) => {
		const file = (name: string, data: string): { name: string; data: Uint8Array } => ({
			name: `${path(i)}@v1.0.0/${name}`,
			data: Buffer.from(data),
		});
		return zipOf([
			file("go.mod", gomod(i)),
			...Array.from({ length: 20 }, (_x, k) => file(`f${k}.go`, `package m${i}\n\n// ${"text ".repeat(400)}\n`)),
		]);
	});
	const server = createServer((req, res) => {
		const m = /^\/example\.com\/m(\d+)\/@v\/(v1\.0\.0\.(info|mod|zip)|list)$/.exec(req.url ?? "");
		const i = Number(m?.[1] ?? count);
		if (m === null || i >= count) res.writeHead(404).end();
		else if (m[3] === "zip") res.end(zips[i]);
		else res.end(m[3] === "mod" ? gomod(i) : m[3] === "info" ? '{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z"}' : "v1.0.0\n");
	});
	return new Promise((resolve) => {
		server.listen(0, "127.0.0.1", () => resolve(server));
	});
}

function time(program: string, args: readonly string[], cwd: string, env: Record<string, string>): Promise<number> {
	return new Promise((resolve, reject) => {
		const start = performance.now();
		const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "pipe"] });
		let text = "";
		child.stderr.on("data", (d: Buffer) => (text += d.toString()));
		child.on("close", (code) =>
			code === 0 ? resolve(performance.now() - start) : reject(new Error(`${program} ${args.join(" ")}: ${text}`)),
		);
	});
}

const median = (list: number[]): number => list.sort((a, b) => a - b)[list.length >> 1];

async function main(): Promise<void> {
	const server = await serve();
	const dir = mkdtempSync(join(tmpdir(), "tsugo-bench-"));
	const env: Record<string, string> = {
		GOPROXY: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		GOSUMDB: "off",
		GOFLAGS: "-buildvcs=false",
		GOTOOLCHAIN: "local",
		GOWORK: "off",
		CGO_ENABLED: "0",
	};
	const graph = join(dir, "graph");
	const web = join(dir, "web");
	for (const d of [graph, web]) mkdirSync(d);
	writeFileSync(join(graph, "go.mod"), `module example.com/main\n\ngo 1.16\n\nrequire ${path(0)} v1.0.0\n`);
	writeFileSync(join(web, "go.mod"), "module example.com/web\n\ngo 1.26\n");
	writeFileSync(join(web, "main.go"), 'package main\n\nimport "net/http"\n\nfunc main() { _ = http.ListenAndServe(":0", nil) }\n');
	// go.sum, once. (The server is in this process: nothing may block it.)
	await time("go", ["mod", "download", "all"], graph, { ...env, GOMODCACHE: join(dir, "first") });
	const rows: { name: string; args: string[]; cwd: string; empty: boolean; goal: number }[] = [
		{ name: "mod download, 100 modules", args: ["mod", "download"], cwd: graph, empty: true, goal: 1.5 },
		{ name: "mod download, all there", args: ["mod", "download"], cwd: graph, empty: false, goal: 1.5 },
		{ name: "mod graph", args: ["mod", "graph"], cwd: graph, empty: false, goal: 1.5 },
		{ name: "list -m all", args: ["list", "-m", "all"], cwd: graph, empty: false, goal: 1.5 },
		{ name: "list -deps -json (net/http)", args: ["list", "-deps", "-json"], cwd: web, empty: false, goal: 1.5 },
		{ name: "mod tidy, nothing to do", args: ["mod", "tidy"], cwd: web, empty: false, goal: 1.5 },
	];
	process.stdout.write(`${"".padEnd(30)}${"go".padStart(9)}${"tsugo".padStart(9)}  ratio  goal\n`);
	for (const row of rows) {
		const times: Record<string, number[]> = { go: [], tsugo: [] };
		for (let i = 0; i <= Number(o.runs); i++) {
			for (const [name, program] of [
				["go", "go"],
				["tsugo", o.tsugo],
			]) {
				const cache = join(dir, `mod-${name}`);
				if (row.empty) removeAll(cache);
				const ms = await time(program, row.args, row.cwd, { ...env, GOMODCACHE: cache });
				// The first time is for warming up.
				if (i > 0) times[name].push(ms);
			}
		}
		const [a, b] = [median(times.go), median(times.tsugo)];
		process.stdout.write(
			`${row.name.padEnd(30)}${a.toFixed(0).padStart(9)}${b.toFixed(0).padStart(9)}  ${(b / a).toFixed(2).padStart(5)}  ${row.goal}\n`,
		);
	}
	server.closeAllConnections();
	server.close();
	removeAll(dir);
}

await main();
