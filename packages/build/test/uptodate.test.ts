// Builds that have nothing to do: a stand-in for a build reads files through node:fs and writes an output.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import {
	appendFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	realpathSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { takeLease } from "../cachetrim.ts";
import { writeExecutable } from "../output.ts";
import { BuildRecorder } from "../recorder.ts";
import { checkRecord } from "../uptodate.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "tsugo-uptodate-")));
after(() => rmSync(root, { recursive: true }));

/** Makes files look as if nobody had touched them for a while: recording refuses files that changed just now. */
function settle(): Promise<void> {
	return new Promise((done) => setTimeout(done, 80));
}

interface Scene {
	dir: string;
	vars: Record<string, string>;
	build: (extra?: () => void) => void;
	upToDate: (args?: readonly string[]) => boolean;
}

async function scene(name: string): Promise<Scene> {
	const dir = join(root, name);
	mkdirSync(join(dir, "src"), { recursive: true });
	writeFileSync(join(dir, "src", "a.go"), "a");
	writeFileSync(join(dir, "src", "b.txt"), "b");
	symlinkSync("src", join(dir, "link"));
	const vars = { HOME: dir, GOCACHE: join(dir, "cache") };
	await settle();
	const args = ["-o", "out"];
	return {
		dir,
		vars,
		build: (extra) => {
			const recorder = new BuildRecorder(checkRecord(vars, args));
			readdirSync(join(dir, "src"));
			readFileSync(join(dir, "src", "a.go"));
			existsSync(join(dir, "go.mod"));
			realpathSync(join(dir, "link"));
			extra?.();
			writeFileSync(join(dir, "src", "out.tmp"), "program");
			renameSync(join(dir, "src", "out.tmp"), join(dir, "src", "out"));
			recorder.finish(true);
		},
		upToDate: (a = args) => checkRecord(vars, a).done,
	};
}

const changes: Readonly<Record<string, (dir: string, vars: Record<string, string>) => void>> = {
	"a file that was read": (dir) => appendFileSync(join(dir, "src", "a.go"), "x"),
	"its content, size and times kept": (dir) => {
		const s = statSync(join(dir, "src", "a.go"));
		writeFileSync(join(dir, "src", "a.go"), "z");
		utimesSync(join(dir, "src", "a.go"), s.atime, s.mtime);
	},
	"a new file in a directory that was listed": (dir) => writeFileSync(join(dir, "src", "c.go"), "c"),
	"a file that was not there": (dir) => writeFileSync(join(dir, "go.mod"), "module m"),
	"the target of a link": (dir) => {
		rmSync(join(dir, "link"));
		symlinkSync("cache", join(dir, "link"));
	},
	"the output": (dir) => appendFileSync(join(dir, "src", "out"), "x"),
	"the output, removed": (dir) => rmSync(join(dir, "src", "out")),
	"the environment": (_, vars) => {
		vars.GOFLAGS = "-tags=x";
	},
	"a damaged record": (dir) => {
		const builds = join(dir, "cache", "tsugo", "builds");
		const file = join(builds, readdirSync(builds)[0]);
		const bytes = readFileSync(file);
		bytes[bytes.length >> 1] ^= 1;
		writeFileSync(file, bytes);
	},
};

test("nothing changed", async () => {
	const s = await scene("same");
	assert.equal(s.upToDate(), false, "no record yet");
	s.build();
	assert.equal(s.upToDate(), true);
	assert.equal(s.upToDate(["-o", "other"]), false, "other arguments");
	assert.equal(s.upToDate(["-a", "-o", "out"]), false, "-a");
	appendFileSync(join(s.dir, "src", "b.txt"), "x");
	assert.equal(s.upToDate(), true, "a file that nobody read");
});

for (const [what, change] of Object.entries(changes)) {
	test(`changed: ${what}`, async () => {
		const s = await scene(what.replaceAll(" ", "-"));
		s.build();
		assert.equal(s.upToDate(), true);
		change(s.dir, s.vars);
		assert.equal(s.upToDate(), false);
	});
}

test("a program that replaces an older one", async () => {
	const s = await scene("replaces");
	const program = new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 0, 0, 0]);
	const file = join(s.dir, "src", "program");
	writeFileSync(file, program);
	await settle();
	s.build(() => writeExecutable(file, program));
	assert.equal(s.upToDate(), true);
});

test("a build that leases the cache", async () => {
	const s = await scene("leases");
	s.build(() => takeLease(join(s.vars.GOCACHE, "tsugo"))());
	assert.equal(s.upToDate(), true);
});

test("a program that was asked", async () => {
	const s = await scene("asks");
	// Nothing but the program looks at this file.
	const answer = join(s.dir, "answer");
	writeFileSync(answer, "1");
	s.build(() => void execFileSync("cat", [answer], { cwd: s.dir, encoding: "utf8" }));
	assert.equal(s.upToDate(), true);
	writeFileSync(answer, "2");
	assert.equal(s.upToDate(), false, "it answers otherwise");
	s.build(() => void execFileSync("cat", [answer], { cwd: s.dir, encoding: "utf8" }));
	rmSync(answer);
	assert.equal(s.upToDate(), false, "it fails");
});

test("files that the check has seen are not asked for again, unless the build writes them", async () => {
	const s = await scene("stats");
	const asked = join(s.dir, "src", "a.go");
	s.build(() => void statSync(asked));
	appendFileSync(join(s.dir, "src", "b.txt"), "x");
	const stats: number[] = [];
	s.build(() => {
		stats.push(statSync(asked).size);
		writeFileSync(asked, "longer");
		stats.push(statSync(asked).size);
	});
	assert.deepEqual(stats, [1, 6]);
});

test("what cannot be observed makes no record", async () => {
	const cases: Record<string, (dir: string) => void> = {
		"a program that runs on": () => void spawn("true"),
		"a program with an environment of its own": (dir) => void execFileSync("true", [], { cwd: dir, encoding: "utf8", env: {} }),
		"reads its own output": (dir) => {
			writeFileSync(join(dir, "src", "out"), "old");
			readFileSync(join(dir, "src", "out"));
		},
		"a file that changed just now": (dir) => {
			writeFileSync(join(dir, "src", "new.go"), "n");
			// However long the next line takes to come.
			utimesSync(join(dir, "src", "new.go"), Date.now() / 1000, Date.now() / 1000 + 3600);
			readFileSync(join(dir, "src", "new.go"));
		},
		"a file that changes meanwhile": (dir) => {
			appendFileSync(join(dir, "src", "a.go"), "x");
			readFileSync(join(dir, "src", "a.go"));
			statSync(join(dir, "src", "a.go"));
		},
	};
	for (const [what, extra] of Object.entries(cases)) {
		const s = await scene(`no-${what.replaceAll(" ", "-")}`);
		s.build(() => extra(s.dir));
		assert.equal(s.upToDate(), false, what);
	}
});
