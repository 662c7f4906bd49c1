// The same program has the same bytes whatever the number of threads and whatever the cache holds.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findGoroot, loadEnv, Loader, newBuildContext, noModules } from "#build";
import { buildExecutable } from "#build/executable";

const goroot = findGoroot(process.env, (p) => p);
const source = (text: string): string => `package main

type shape interface{ area() int }
type square struct{ side int }

func (s square) area() int { return s.side * s.side }

func main() {
	var all []shape
	for i := range 4 {
		all = append(all, square{i})
	}
	m := map[string]shape{"a": all[1], "b": all[2]}
	for k, s := range m {
		println(k, s.area(), ${JSON.stringify(text)})
	}
}
`;

test("bytes do not depend on threads or cache", { skip: goroot === "" || !existsSync(join(goroot, "src")) ? "no GOROOT" : false }, () => {
	const dir = mkdtempSync(join(tmpdir(), "tsugo-determinism-"));
	try {
		const file = join(dir, "main.go");
		const build = (threads: number, cacheDir?: string): Buffer => {
			const env = loadEnv({ ...process.env, GOCACHE: cacheDir ?? "off" }, goroot);
			const loader = new Loader(newBuildContext(env, []), noModules(), dir);
			const { image, errors } = buildExecutable(loader, {
				main: loader.fromFiles([file]),
				trimpath: true,
				link: {},
				modInfo: "",
				threads,
				cacheDir,
			});
			assert.deepEqual(errors, []);
			return Buffer.from(image as Uint8Array);
		};
		const same = (a: Buffer, b: Buffer, what: string): void => assert.ok(a.equals(b), what);
		writeFileSync(file, source("first"));
		const cache = join(dir, "cache");
		const alone = build(0, cache);
		same(build(2), alone, "two threads, no cache");
		same(build(0, cache), alone, "from the cache");
		writeFileSync(file, source("second"));
		const edited = build(0, cache);
		assert.ok(!edited.equals(alone));
		// A damaged cache is as good as none.
		for (const e of readdirSync(cache, { withFileTypes: true, recursive: true })) {
			if (!e.isFile()) continue;
			const path = join(e.parentPath, e.name);
			const bytes = readFileSync(path);
			bytes[bytes.length >> 1] ^= 0x55;
			writeFileSync(path, bytes);
		}
		same(build(1, cache), edited, "damaged cache");
	} finally {
		rmSync(dir, { recursive: true });
	}
});
