// Modules straight from git: a repository on disk that git takes for one of github.com (url.insteadOf), with tags, branches, a nested module and a
// major version folder. Where there is a go command, it has to say the same.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { loadEnv } from "../env.ts";
import { removeTree } from "../modules/cache.ts";
import { DirectRepo } from "../modules/coderepo.ts";
import { Netrc, parseNetrc } from "../modules/netrc.ts";
import { Web } from "../modules/proxy.ts";
import { ModuleStore } from "../modules/store.ts";
import { moduleSettings } from "../modules/settings.ts";
import { SumFile } from "../modules/sumfile.ts";
import { metaImports } from "../modules/vcspath.ts";

const has = (program: string): boolean => spawnSync(program, ["version"], { cwd: tmpdir() }).status === 0;
const skip = has("git") ? false : "no git";

const dir = mkdtempSync(join(tmpdir(), "tsugo-git-"));
after(() => removeTree(dir));

const repo = join(dir, "repos/x/lib");
const vars: Record<string, string> = {
	PATH: process.env.PATH ?? "",
	HOME: dir,
	GOENV: "off",
	GOPROXY: "direct",
	GONOSUMDB: "*",
	GOFLAGS: "-modcacherw",
	GIT_CONFIG_GLOBAL: join(dir, "gitconfig"),
	GIT_CONFIG_NOSYSTEM: "1",
};

let clock = Date.UTC(2024, 0, 1, 12) / 1000;

function git(...args: string[]): string {
	const date = `${clock} +0000`;
	return execFileSync("git", args, {
		cwd: repo,
		env: { ...vars, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
		encoding: "utf8",
		stdio: "pipe",
	});
}

function put(files: Record<string, string>): void {
	for (const [name, text] of Object.entries(files)) {
		mkdirSync(dirname(join(repo, name)), { recursive: true });
		writeFileSync(join(repo, name), text);
	}
}

function commit(files: Record<string, string>, ...tags: string[]): void {
	clock += 60;
	put(files);
	git("add", ".");
	git("commit", "-qm", "next");
	for (const tag of tags) git("tag", tag);
}

const gomod = (path: string): string => `module ${path}\n\ngo 1.21\n`;

function makeRepository(): void {
	mkdirSync(repo, { recursive: true });
	const base = `file://${dir}/repos/`;
	writeFileSync(
		vars.GIT_CONFIG_GLOBAL,
		`[user]\n\tname = T\n\temail = t@example.com\n[url "${base}"]\n\tinsteadOf = https://github.com/\n[safe]\n\tdirectory = *\n`,
	);
	git("init", "-q", "-b", "main", ".");
	put({ ".gitattributes": "*.txt text eol=crlf\nkept.go export-ignore\n" });
	symlinkSync("lib.go", join(repo, "link.go"));
	const files = {
		"go.mod": gomod("github.com/x/lib"),
		"lib.go": "package lib\n",
		"kept.go": "package lib\n",
		LICENSE: "free\n",
		"text.txt": "a\nb\n",
	};
	commit({ ...files, "sub/go.mod": gomod("github.com/x/lib/sub"), "sub/s.go": "package sub\n" }, "v1.0.0", "sub/v0.1.0");
	commit({ "lib.go": "package lib // 2\n", "vendor/modules.txt": "", "vendor/example.com/v/v.go": "package v\n" });
	git("checkout", "-q", "-b", "feature");
	commit({ "lib.go": "package lib // feature\n" }, "v1.1.0-rc.1");
	commit({ "lib.go": "package lib // feature 2\n" });
	git("checkout", "-q", "main");
	commit({ "v2/go.mod": gomod("github.com/x/lib/v2"), "v2/l.go": "package lib\n" }, "v2.0.0", "not-a-version");
	commit({ "v2/l.go": "package lib // 2\n" });
}

const at = (rev: string): string => git("rev-parse", rev).trim();

interface Wanted {
	path: string;
	query: string;
	/** The version, or a part of the error. */
	version: RegExp;
	error?: true;
}

const wanted: readonly Wanted[] = [
	{ path: "github.com/x/lib", query: "v1.0.0", version: /^v1\.0\.0$/ },
	{ path: "github.com/x/lib", query: "main", version: /^v1\.0\.1-0\.20240101120600-[0-9a-f]{12}$/ },
	{ path: "github.com/x/lib", query: "feature", version: /^v1\.1\.0-rc\.1\.0\.20240101120400-[0-9a-f]{12}$/ },
	{ path: "github.com/x/lib", query: "v1.1.0-rc.1", version: /^v1\.1\.0-rc\.1$/ },
	{ path: "github.com/x/lib", query: "latest", version: /^v1\.0\.0$/ },
	{ path: "github.com/x/lib", query: "HEAD~1", version: /disallowed version string|unknown revision/, error: true },
	{ path: "github.com/x/lib", query: "--upload-pack=x", version: /disallowed version string|unknown revision/, error: true },
	{ path: "github.com/x/lib", query: "v1.9.9", version: /unknown revision v1\.9\.9/, error: true },
	{
		path: "github.com/x/lib",
		query: "v2.0.0",
		version: /module contains a go.mod file, so module path must match major version \("github.com\/x\/lib\/v2"\)/,
		error: true,
	},
	{ path: "github.com/x/lib", query: "v1.0.1-0.20240101120601-000000000000", version: /unknown revision 000000000000/, error: true },
	{ path: "github.com/x/lib/sub", query: "v0.1.0", version: /^v0\.1\.0$/ },
	{ path: "github.com/x/lib/sub", query: "main", version: /^v0\.1\.1-0\.20240101120600-[0-9a-f]{12}$/ },
	{ path: "github.com/x/lib/v2", query: "v2.0.0", version: /^v2\.0\.0$/ },
	{ path: "github.com/x/lib/v2", query: "main", version: /^v2\.0\.1-0\.20240101120600-[0-9a-f]{12}$/ },
	{
		path: "github.com/x/lib/v3",
		query: "main",
		version: /missing github.com\/x\/lib\/go.mod and ...\/v3\/go.mod|has non-...\/v3 module path/,
		error: true,
	},
	{ path: "github.com/x/lib/nothing", query: "main", version: /missing github.com\/x\/lib\/nothing\/go.mod/, error: true },
];

function open(): { store: ModuleStore; direct: DirectRepo; web: Web } {
	const settings = moduleSettings(loadEnv({ ...vars, GOMODCACHE: join(dir, "ours") }, ""), { writable: true });
	const sums = new SumFile("", []);
	const store = new ModuleStore({ ...settings, goVersion: "1.26.0" }, vars, sums, {
		requireSums: false,
		log: () => undefined,
		progress: () => undefined,
	});
	const web = new Web(vars);
	return { store, direct: new DirectRepo(settings, vars, web), web };
}

test("versions, branches, commits and pseudo-versions", { skip }, async () => {
	makeRepository();
	const { direct } = open();
	assert.deepEqual(await direct.versions("github.com/x/lib"), ["v1.0.0", "v1.1.0-rc.1"]);
	assert.deepEqual(await direct.versions("github.com/x/lib/v2"), ["v2.0.0"]);
	assert.deepEqual(await direct.versions("github.com/x/lib/sub"), ["v0.1.0"]);
	for (const w of wanted) {
		const got = await (w.query === "latest" ? direct.stat(w.path, "v1.0.0") : direct.stat(w.path, w.query)).then(
			(info) => ({ version: info.Version, error: undefined }),
			(err: Error) => ({ version: err.message, error: true as const }),
		);
		assert.match(got.version, w.version, `${w.path}@${w.query}`);
		assert.equal(got.error, w.error, `${w.path}@${w.query}: ${got.version}`);
	}
	const long = await direct.stat("github.com/x/lib", at("feature").slice(0, 9));
	assert.match(long.Version, /^v1\.1\.0-rc\.1\.0\./);
	assert.equal((await direct.latest("github.com/x/lib")).Version, (await direct.stat("github.com/x/lib", "main")).Version);
});

test("a pseudo-version that is not the revision's own is refused", { skip }, async () => {
	const { direct } = open();
	const rev = at("main").slice(0, 12);
	const rows: readonly [string, RegExp][] = [
		[`v1.0.1-0.20240101120601-${rev}`, /invalid pseudo-version: does not match version-control timestamp \(expected 20240101120600\)/],
		[`v1.0.1-0.20240101120600-${rev.slice(0, 11)}`, /revision is shorter than canonical/],
		[`v1.0.2-0.20240101120600-${rev}`, /preceding tag \(v1\.0\.1\) not found/],
		[`v1.1.0-rc.1.0.20240101120600-${rev}`, /is not a descendent of preceding tag \(v1\.1\.0-rc\.1\)/],
		[`v1.0.0-20240101120600-${rev}`, /major version without preceding tag must be v0, not v1/],
	];
	for (const [version, message] of rows) await assert.rejects(direct.stat("github.com/x/lib", version), message, version);
});

test("module zips: what belongs to the module, as git has it", { skip }, async () => {
	const { store, web } = open();
	const got = await store.download("github.com/x/lib", "v1.0.0");
	// export-ignore does not count, eol does, links and nested modules are not part of it.
	assert.deepEqual(readdirSync(got.dir).sort(), [".gitattributes", "LICENSE", "go.mod", "kept.go", "lib.go", "text.txt"]);
	const sub = await store.download("github.com/x/lib/sub", "v0.1.0");
	assert.deepEqual(readdirSync(sub.dir).sort(), ["LICENSE", "go.mod", "s.go"]);
	store.close();
	web.close();
});

test("the go command says the same", { skip: skip || (has("go") ? false : "no go command") }, async () => {
	const { store, direct, web } = open();
	for (const w of wanted.filter((x) => x.error === undefined && x.query !== "latest")) {
		const ran = spawnSync("go", ["mod", "download", "-json", `${w.path}@${w.query}`], {
			cwd: dir,
			env: { ...vars, GOMODCACHE: join(dir, "theirs"), GOTOOLCHAIN: "local" },
			encoding: "utf8",
		});
		const theirs = JSON.parse(ran.stdout) as { Version: string; Sum: string; GoModSum: string; Origin: unknown };
		const info = await direct.stat(w.path, w.query);
		const ours = await store.download(w.path, info.Version);
		assert.deepEqual(
			{ Version: info.Version, Sum: ours.sum, GoModSum: ours.modSum, Origin: info.Origin },
			{ Version: theirs.Version, Sum: theirs.Sum, GoModSum: theirs.GoModSum, Origin: theirs.Origin },
			`${w.path}@${w.query}`,
		);
	}
	store.close();
	web.close();
});

test("go-import tags", () => {
	const page = (body: string): string =>
		`<!doctype html><html><head>${body}</head><body><meta name="go-import" content="no git no"></body>`;
	const rows: readonly [string, string[]][] = [
		[page('<meta name="go-import" content="a.b/c git https://a.b/c">'), ["a.b/c git https://a.b/c "]],
		[page("<META content='a.b git https://x?a=1&amp;b=2 sub' name='go-import'/>"), ["a.b git https://x?a=1&b=2 sub"]],
		[page('<!-- <meta name="go-import" content="a git b"> --><meta name="go-import" content="too few">'), []],
		[
			page('<meta name="go-import" content="a.b git https://g"><meta name="go-import" content="a.b mod https://p">'),
			["a.b mod https://p "],
		],
		["not a page", []],
	];
	for (const [html, want] of rows)
		assert.deepEqual(
			metaImports(html).map((m) => `${m.prefix} ${m.vcs} ${m.repo} ${m.subdir}`),
			want,
		);
});

test(".netrc", () => {
	const text =
		"machine a.example login u password p\nmachine b.example\n\tlogin v\n\tpassword q\nmacdef x\nmachine c.example login w password r\n\ndefault login d password e\n";
	assert.deepEqual(
		parseNetrc(text).map((l) => `${l.machine} ${l.login} ${l.password}`),
		["a.example u p", "b.example v q"],
	);
	const file = join(dir, "netrc");
	writeFileSync(file, text);
	assert.equal(new Netrc({ NETRC: file }).header("a.example"), `Basic ${Buffer.from("u:p").toString("base64")}`);
	assert.equal(new Netrc({ NETRC: file }).header("evil.a.example"), undefined);
	assert.equal(new Netrc({ NETRC: join(dir, "none") }).header("a.example"), undefined);
});
