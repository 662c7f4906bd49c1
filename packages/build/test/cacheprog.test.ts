// GOCACHEPROG: a helper (a script of ours, run by node) keeps files of the cache; one that lies, is damaged or dies does no harm beyond a message.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { CacheProg, HelpedFiles } from "../cacheprog.ts";

const dir = mkdtempSync(join(tmpdir(), "tsugo-cacheprog-"));
after(() => rmSync(dir, { recursive: true, force: true }));

/** Keeps bodies as files in DIR, answers out of order, and with a second argument misbehaves. */
const helper = `
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
const [dir, mood] = process.argv.slice(2);
const say = (o) => process.stdout.write(JSON.stringify(o) + "\\n");
if (mood === "mute") setInterval(() => {}, 1000);
else if (mood === "noise") process.stdout.write("hello\\n");
else if (mood === "nothing") say({ ID: 0, KnownCommands: [] });
else say({ ID: 0, KnownCommands: mood === "readonly" ? ["get", "close"] : ["get", "put", "close"] });
const file = (id) => dir + "/" + createHash("sha256").update(id).digest("hex");
let put = null;
const answer = (r, body) => {
	if (r.Command === "get") {
		if (mood === "dies") process.exit(3);
		const at = file(r.ActionID);
		if (!existsSync(at)) return say({ ID: r.ID, Miss: true });
		const [output] = readFileSync(at + ".id", "utf8").split(" ");
		const size = readFileSync(at).length;
		setTimeout(() => say({ ID: r.ID, OutputID: output, Size: size, DiskPath: at }), r.ID % 2 ? 20 : 0);
	} else if (r.Command === "put") {
		writeFileSync(file(r.ActionID), Buffer.from(body, "base64"));
		writeFileSync(file(r.ActionID) + ".id", r.OutputID);
		say({ ID: r.ID, DiskPath: file(r.ActionID), ...(mood === "full" ? { Err: "disk full" } : {}) });
	} else if (r.Command === "close") {
		say({ ID: r.ID });
		process.exit(0);
	}
};
createInterface({ input: process.stdin }).on("line", (line) => {
	if (line.trim() === "") return;
	const value = JSON.parse(line);
	if (put !== null) { const r = put; put = null; return answer(r, value); }
	if (value.Command === "put" && value.BodySize > 0) put = value;
	else answer(value, "");
});
`;
const script = join(dir, "helper.mjs");
writeFileSync(script, helper);
const kept = join(dir, "kept");
mkdirSync(kept);

const start = (mood = ""): Promise<CacheProg> => CacheProg.start(`${process.execPath} ${script} ${kept} ${mood}`, process.env);

test("files go to the helper and come back on another machine", async () => {
	const here = join(dir, "here");
	const there = join(dir, "there");
	mkdirSync(here);
	const names = ["std-1.symbols", "a.symbols", "b.symbols"];
	const first = new HelpedFiles(await start());
	await first.fetch(names.map((n) => join(here, n)));
	for (const n of names.slice(0, 2)) writeFileSync(join(here, n), `content of ${n}`.repeat(20_000));
	assert.deepEqual(await first.finish(), []);

	const second = new HelpedFiles(await start());
	await second.fetch(names.map((n) => join(there, n)));
	assert.deepEqual(readdirSync(there).sort(), ["a.symbols", "std-1.symbols"]);
	assert.equal(readFileSync(join(there, "a.symbols"), "utf8"), readFileSync(join(here, "a.symbols"), "utf8"));
	assert.deepEqual(await second.finish(), []);
});

test("a damaged body is a miss; what cannot be kept is said", async () => {
	const key = new Uint8Array(32).fill(7);
	const prog = await start();
	assert.equal(await prog.put(key, Buffer.from("whole")), "");
	for (const f of readdirSync(kept)) if (readFileSync(join(kept, f), "utf8") === "whole") writeFileSync(join(kept, f), "whele");
	assert.equal(await prog.get(key), null);
	await prog.close();
	const full = await start("full");
	assert.equal(await full.put(key, Buffer.from("x")), "disk full");
	await full.close();
	const readonly = await start("readonly");
	assert.equal(await readonly.put(key, Buffer.from("y")), "");
	await readonly.close();
});

test("a helper that dies or talks nonsense is an error that names it", async () => {
	await assert.rejects(CacheProg.start(join(dir, "nowhere"), process.env), /error starting GOCACHEPROG program ".*nowhere": .*ENOENT/);
	await assert.rejects(start("noise"), /GOCACHEPROG program .*invalid message "hello"/);
	await assert.rejects(start("nothing"), /declared no supported commands/);
	const dies = await start("dies");
	await assert.rejects(dies.get(new Uint8Array(32)), /GOCACHEPROG program .* exited unexpectedly \(3\)/);
	await dies.close();
});
