// Debugger sessions beside the official dlv. record: writes what dlv prints for the scripts of packages/debugger/test/scripts.
// check: runs ours and shows what differs. node tools/sessions.ts record|check [--builds=noopt,opt,own] [NAME…]
import { mkdirSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { allScripts, type Build, expected, recording, run, type Script } from "../packages/debugger/test/sessions.ts";

const [what, ...rest] = process.argv.slice(2);
const flag = rest.find((a) => a.startsWith("--builds="))?.slice(9);
const names = rest.filter((a) => !a.startsWith("--"));
const builds = (flag ?? "noopt,opt,own").split(",") as Build[];
const chosen = allScripts().filter((s) => names.length === 0 || names.includes(s.name));

async function record(s: Script, build: Build): Promise<boolean> {
	if (build === "own") return true;
	const text = await run(s, build, true);
	mkdirSync(dirname(recording(s, build)), { recursive: true });
	writeFileSync(recording(s, build), text);
	return true;
}

async function check(s: Script, build: Build): Promise<boolean> {
	const want = await expected(s, build);
	if (want === null) throw new Error(`${s.name} is not recorded`);
	const got = await run(s, build, false);
	if (got === want) return true;
	const file = (kind: string): string => join(tmpdir(), `session-${s.name}.${build}.${kind}`);
	writeFileSync(file("want"), want);
	writeFileSync(file("got"), got);
	const diff = spawnSync("diff", [file("want"), file("got")], { encoding: "utf8" }).stdout;
	process.stdout.write(`--- ${s.name} ${build}\n${diff}`);
	return false;
}

const work = what === "record" ? record : what === "check" ? check : null;
if (work === null) throw new Error("record or check");
let failed = 0;
let total = 0;
for (const build of builds) {
	for (const s of chosen) {
		if (!s.builds.includes(build)) continue;
		total++;
		if (!(await work(s, build))) failed++;
	}
}
process.stdout.write(`${total - failed} of ${total}\n`);
