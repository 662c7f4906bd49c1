// Proxies that fail in every way: the error says what happened, in bounded time and memory; nothing half-done stays in the module cache, and the next
// try with a good server is right.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { loadEnv } from "../env.ts";
import { filesBelow } from "../modules/download.ts";
import { removeTree } from "../modules/cache.ts";
import { moduleSettings } from "../modules/settings.ts";
import { ModuleStore } from "../modules/store.ts";
import { SumFile } from "../modules/sumfile.ts";
import { makeZip } from "./toolchainproxy.ts";

const dir = mkdtempSync(join(tmpdir(), "tsugo-faults-"));
const path = "example.com/m";
const version = "v1.0.0";
const prefix = `${path}@${version}/`;
const gomod = `module ${path}\n`;
const good: Readonly<Record<string, Uint8Array>> = {
	".info": Buffer.from(JSON.stringify({ Version: version, Time: "2024-01-02T03:04:05Z" })),
	".mod": Buffer.from(gomod),
	".zip": makeZip([
		{ name: `${prefix}go.mod`, data: gomod },
		{ name: `${prefix}m.go`, data: "package m\n" },
	]),
};

type Serve = (res: ServerResponse, body: Uint8Array) => void;

/** A zip whose only entry inflates to far more than it says. */
const bomb = makeZip([{ name: `${prefix}m.go`, data: "0".repeat(16 << 20), size: 100 }]);

const status =
	(code: number): Serve =>
	(res) => {
		res.writeHead(code, { "Content-Type": "text/plain; charset=utf-8" }).end("the server's own words");
	};

interface Fault {
	name: string;
	/** Ending of the file that is served badly. */
	file: ".info" | ".mod" | ".zip";
	serve: Serve;
	want: RegExp;
}

const faults: readonly Fault[] = [
	{
		name: "404",
		file: ".zip",
		serve: status(404),
		want: /reading http:.*v1\.0\.0\.zip: 404 Not Found\n\tserver response: the server's own words/,
	},
	{ name: "410", file: ".info", serve: status(410), want: /reading http:.*v1\.0\.0\.info: 410 Gone/ },
	{ name: "403", file: ".mod", serve: status(403), want: /v1\.0\.0\.mod: 403 Forbidden/ },
	{ name: "500", file: ".mod", serve: status(500), want: /v1\.0\.0\.mod: 500 Internal Server Error/ },
	{
		name: "a web page",
		file: ".info",
		serve: (res) => void res.writeHead(200, { "Content-Type": "text/html" }).end("<html>Log in</html>"),
		want: /a web page \(text\/html\), not with module data/,
	},
	{ name: "no JSON", file: ".info", serve: (res) => void res.end("oops"), want: /invalid response from proxy .*invalid character 'o'/ },
	{
		name: "another version",
		file: ".info",
		serve: (res) => void res.end('{"Version":"v1.0.1"}'),
		want: /proxy returned info for version v1\.0\.1 instead/,
	},
	{
		name: "a truncated zip",
		file: ".zip",
		serve: (res, body) => {
			res.writeHead(200, { "Content-Length": String(body.length) });
			res.write(body.subarray(0, body.length >> 1), () => res.destroy());
		},
		want: /v1\.0\.0\.zip: /,
	},
	{
		name: "half a zip that claims to be whole",
		file: ".zip",
		serve: (res, body) => void res.end(body.subarray(0, body.length >> 1)),
		want: /unzip .*not a valid zip file/,
	},
	{ name: "noise for a zip", file: ".zip", serve: (res) => void res.end(Buffer.alloc(5000, 7)), want: /unzip .*not a valid zip file/ },
	{
		name: "an endless answer",
		file: ".info",
		serve: (res) => {
			const chunk = Buffer.alloc(1 << 16, 32);
			const more = (): void => {
				while (!res.destroyed && res.write(chunk));
			};
			res.on("drain", more);
			more();
		},
		want: /more than \d+ bytes/,
	},
	{
		name: "a zip that is announced as too large",
		file: ".zip",
		serve: (res) => {
			res.writeHead(200, { "Content-Length": String(600 * 2 ** 20) });
			res.write("x");
		},
		want: /629145600 bytes, more than the limit of 524288000/,
	},
	{ name: "a zip bomb", file: ".zip", serve: (res) => void res.end(bomb), want: /larger than declared size \(100 bytes\)/ },
	{ name: "silence", file: ".mod", serve: () => undefined, want: /no answer for 0\.4 s/ },
	{
		name: "a module that declares another path",
		file: ".zip",
		serve: (res) => void res.end(makeZip([{ name: "example.com/other@v1.0.0/a.go", data: "" }])),
		want: /has unexpected file/,
	},
];

let fault: Fault | null = null;
const server = createServer((req, res) => {
	const ending = /\.(info|mod|zip)$/.exec(req.url ?? "")?.[0] ?? "";
	const body = good[ending];
	if (body === undefined) res.writeHead(404).end();
	else if (fault?.file === ending) fault.serve(res, body);
	else res.writeHead(200, { "Content-Length": String(body.length) }).end(body);
});
let base = "";
before(async () => {
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
	server.closeAllConnections();
	server.close();
	removeTree(dir);
});

async function download(modcache: string): Promise<string> {
	const env = loadEnv({ HOME: dir, GOENV: "off", GOPROXY: base, GOSUMDB: "off", GOMODCACHE: modcache }, "");
	const options = { requireSums: false, log: () => undefined, progress: () => undefined, idle: 400 };
	const store = new ModuleStore(moduleSettings(env), {}, new SumFile("", []), options);
	try {
		return (await store.download(path, version)).dir;
	} finally {
		store.close();
	}
}

for (const f of faults) {
	test(f.name, async () => {
		const modcache = join(dir, f.name.replaceAll(" ", "-"));
		fault = f;
		const start = performance.now();
		await assert.rejects(download(modcache), f.want);
		assert.ok(performance.now() - start < 30_000, "bounded time");
		const left = (existsSync(modcache) ? filesBelow(modcache) : []).filter(
			(n) => /tmp|partial/.test(n) || (f.file === ".zip" && n.endsWith(".ziphash")),
		);
		assert.deepEqual(left, [], "nothing half-done stays");
		fault = null;
		const at = await download(modcache);
		assert.deepEqual(readdirSync(at).sort(), ["go.mod", "m.go"]);
		assert.equal(readFileSync(join(at, "m.go"), "utf8"), "package m\n");
	});
}
