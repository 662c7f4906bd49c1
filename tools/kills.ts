// Kills `tsugo mod download` and `tsugo build` at random moments; after each kill the next run has to be right, and the caches whole:
//
//   node tools/kills.ts [--kills N] [--seed N] [--tsugo PROGRAM] [--only download|build]
//
// Downloads come from a module proxy of this process, in pieces, into one module cache that is never cleaned in between (except every tenth time; a download of
// everything is killed after a random piece, so that it is killed however fast the machine is); builds share one build cache and change a file each time.
// Nothing outside a temporary folder is touched.

import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { removeAll } from "./scripts/commands.ts";
import { zipOf } from "./scripts/zip.ts";

const root = new URL("..", import.meta.url).pathname;

const { values: o } = parseArgs({
	options: {
		kills: { type: "string", default: "100" },
		seed: { type: "string", default: "1" },
		tsugo: { type: "string", default: join(root, "npm/bin/tsugo") },
		only: { type: "string", default: "" },
	},
});

let seed = Number(o.seed);
/** A number below n; the same for the same seed. */
function random(n: number): number {
	seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
	return seed % n;
}

const dir = mkdtempSync(join(tmpdir(), "tsugo-kills-"));
const modules = 12;
const path = (i: number): string => `example.com/m${i}`;
const gomod = (i: number): string => `module ${path(i)}\n\ngo 1.21\n${i + 1 < modules ? `\nrequire ${path(i + 1)} v1.0.0\n` : ""}`;
const source = (i: number): string =>
	`package m${i}\n${i + 1 < modules ? `\nimport "${path(i + 1)}"\n` : ""}\nfunc F(n int) int { return ${i + 1 < modules ? `m${i + 1}.F(n) + 1` : "n"} }\n`;

function body(url: string): Uint8Array | null {
	const m = /^\/example\.com\/m(\d+)\/@v\/(?:v1\.0\.0\.(info|mod|zip)|list)$/.exec(url);
	if (m === null || Number(m[1]) >= modules) return null;
	const i = Number(m[1]);
	if (m[2] === undefined) return Buffer.from("v1.0.0\n");
	if (m[2] === "info") return Buffer.from('{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z"}');
	if (m[2] === "mod") return Buffer.from(gomod(i));
	const file = (name: string, data: string | Uint8Array): { name: string; data: Uint8Array } => ({
		name: `${path(i)}@v1.0.0/${name}`,
		data: Buffer.from(data),
	});
	return zipOf([file("go.mod", gomod(i)), file(`m${i}.go`, source(i)), file("large.bin", Buffer.alloc(300_000, i))]);
}

/** Pieces that the proxy sent, and what is called at each. */
const pieces = { sent: 0, onSent: (): void => {} };

function serve(): Promise<Server> {
	const server = createServer((req, res) => {
		const data = body(req.url ?? "");
		if (data === null) {
			res.writeHead(404).end();
			return;
		}
		res.writeHead(200, { "Content-Length": String(data.length) });
		// In pieces, so that kills come in the middle.
		let at = 0;
		const next = (): void => {
			if (res.destroyed) return;
			if (at >= data.length) return void res.end();
			res.write(data.subarray(at, at + 60_000));
			at += 60_000;
			pieces.sent++;
			pieces.onSent();
			setTimeout(next, 3);
		};
		next();
	});
	return new Promise((resolve) => {
		server.listen(0, "127.0.0.1", () => resolve(server));
	});
}

interface Run {
	code: number | null;
	signal: string | null;
	text: string;
	ms: number;
}

/** When a run is killed: after so many milliseconds, or when the proxy has sent it so many pieces. */
type Kill = { readonly ms: number } | { readonly pieces: number };

/** Runs tsugo; kills it (and its children) if told when. */
function run(cwd: string, env: Record<string, string>, args: readonly string[], when?: Kill): Promise<Run> {
	return new Promise((resolve) => {
		const start = performance.now();
		const child: ChildProcess = spawn(o.tsugo, args, {
			cwd,
			env: { ...process.env, ...env },
			stdio: ["ignore", "pipe", "pipe"],
			detached: true,
		});
		let text = "";
		child.stdout?.on("data", (d: Buffer) => (text += d.toString()));
		child.stderr?.on("data", (d: Buffer) => (text += d.toString()));
		const kill = (): void => {
			if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGKILL");
		};
		const timer = when !== undefined && "ms" in when ? setTimeout(kill, when.ms) : undefined;
		const until = pieces.sent + (when !== undefined && "pieces" in when ? when.pieces : Number.POSITIVE_INFINITY);
		pieces.onSent = () => {
			if (pieces.sent === until) kill();
		};
		child.on("close", (code, signal) => {
			clearTimeout(timer);
			pieces.onSent = () => {};
			resolve({ code, signal, text, ms: performance.now() - start });
		});
	});
}

function check(what: string, ok: boolean, detail: string): void {
	if (ok) return;
	process.stderr.write(`WRONG after ${what}: ${detail}\nkept: ${dir}\n`);
	process.exit(1);
}

async function main(): Promise<void> {
	const server = await serve();
	const env: Record<string, string> = {
		GOPROXY: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		GOSUMDB: "off",
		GOMODCACHE: join(dir, "mod"),
		GOCACHE: join(dir, "cache"),
		GOFLAGS: "-mod=mod -buildvcs=false",
		GOTOOLCHAIN: "local",
		GOWORK: "off",
		GOENV: "off",
	};
	const main = join(dir, "main");
	mkdirSync(main);
	writeFileSync(join(main, "go.mod"), `module example.com/main\n\ngo 1.21\n\nrequire ${path(0)} v1.0.0\n`);
	const program = (n: number): void =>
		writeFileSync(join(main, "main.go"), `package main\n\nimport "${path(0)}"\n\nfunc main() { println(m0.F(${n})) }\n`);
	program(0);
	const first = await run(main, env, ["mod", "tidy"]);
	check("tidy", first.code === 0, first.text);
	// What a download of everything sends at least: tidy sends lists too.
	const all = Math.floor(pieces.sent / 2);
	const sums = readFileSync(join(main, "go.sum"), "utf8");
	const kills = Number(o.kills);
	let killed = 0;
	let typical = 1500;
	for (let i = 0; i < kills && o.only !== "build"; i++) {
		removeAll(i % 10 === 0 ? env.GOMODCACHE : join(env.GOMODCACHE, "example.com", `m${random(modules)}@v1.0.0`));
		if (i % 10 !== 0)
			for (const f of readdirSync(join(env.GOMODCACHE, "cache/download/example.com", `m${random(modules)}`, "@v")))
				if (/zip/.test(f)) rmSync(join(env.GOMODCACHE, "cache/download/example.com", `m${random(modules)}`, "@v", f), { force: true });
		const when = i % 10 === 0 ? { pieces: 1 + random(all) } : { ms: random(Math.ceil(typical * 1.2)) };
		const hit = await run(main, env, ["mod", "download"], when);
		if (hit.signal === "SIGKILL") killed++;
		const after = await run(main, env, ["mod", "download"]);
		typical = Math.max(300, (typical + after.ms) / 2);
		check(`kill ${i} of a download`, after.code === 0, after.text);
		const verify = await run(main, env, ["mod", "verify"]);
		check(`kill ${i} of a download`, verify.code === 0 && verify.text.includes("all modules verified"), verify.text);
		check(`kill ${i} of a download`, readFileSync(join(main, "go.sum"), "utf8") === sums, "go.sum changed");
		for (let m = 0; m < modules; m++)
			check(
				`kill ${i}`,
				statSync(join(env.GOMODCACHE, "example.com", `m${m}@v1.0.0`, "large.bin"), { throwIfNoEntry: false })?.size === 300_000,
				`m${m} is not whole`,
			);
		process.stdout.write(`download ${i + 1}/${kills}: ${killed} killed\r`);
	}
	process.stdout.write(`\n${killed} downloads killed, every next one right\n`);
	await builds(main, env, kills, program);
	server.closeAllConnections();
	server.close();
	removeAll(dir);
}

async function builds(main: string, env: Record<string, string>, kills: number, program: (n: number) => void): Promise<void> {
	if (o.only === "download") return;
	const warm = await run(main, env, ["build", "-o", "p", "."]);
	check("the first build", warm.code === 0, warm.text);
	const saved = join(dir, "saved-cache");
	cpSync(env.GOCACHE, saved, { recursive: true });
	let killed = 0;
	let typical = warm.ms / 2;
	for (let i = 1; i <= kills; i++) {
		if (i % 25 === 0) {
			removeAll(env.GOCACHE);
			cpSync(saved, env.GOCACHE, { recursive: true });
		}
		program(i);
		const before = existsSync(join(main, "p")) ? statSync(join(main, "p")).size : 0;
		const hit = await run(main, env, ["build", "-o", "p", "."], { ms: random(Math.ceil(typical * 1.1)) });
		if (hit.signal === "SIGKILL") killed++;
		check(
			`kill ${i} of a build`,
			before === 0 || (existsSync(join(main, "p")) && statSync(join(main, "p")).size > 0),
			"the program is gone or empty",
		);
		const after = await run(main, env, ["build", "-o", "p", "."]);
		typical = (typical + after.ms) / 2;
		check(`kill ${i} of a build`, after.code === 0, after.text);
		const ran = await new Promise<string>((resolve) => {
			const child = spawn(join(main, "p"), { stdio: ["ignore", "ignore", "pipe"] });
			let text = "";
			child.stderr.on("data", (d: Buffer) => (text += d.toString()));
			child.on("close", () => resolve(text.trim()));
		});
		check(`kill ${i} of a build`, ran === String(i + modules - 1), `the program printed ${ran} instead of ${i + modules - 1}`);
		process.stdout.write(`build ${i}/${kills}: ${killed} killed\r`);
	}
	process.stdout.write(`\n${killed} builds killed, every next one right\n`);
}

await main();
