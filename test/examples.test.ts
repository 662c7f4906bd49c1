// The programs in examples/: tsugo builds each, and it prints what it printed when the official toolchain had built it.
// UPDATE=1 records expected.txt with the official go. An example's arguments are in its example.json.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const root = new URL("..", import.meta.url).pathname;
const examples = join(root, "examples");
const work = mkdtempSync(join(tmpdir(), "tsugo-examples-"));
after(() => rmSync(work, { recursive: true, force: true }));

interface Output {
	code: number | string;
	stdout: string;
	stderr: string;
}

function command(file: string, args: readonly string[], cwd: string, env: Record<string, string> = {}): Promise<Output> {
	return new Promise((resolve) => {
		execFile(file, args, { cwd, env: { ...process.env, ...env }, timeout: 300_000, maxBuffer: 1 << 26 }, (err, stdout, stderr) => {
			resolve({ code: err === null ? 0 : (err.code ?? err.signal ?? "failed"), stdout, stderr });
		});
	});
}

const names = readdirSync(examples, { withFileTypes: true })
	.filter((e) => e.isDirectory())
	.map((e) => e.name);

for (const name of names) {
	const dir = join(examples, name);
	test(`example ${name}`, async () => {
		const options = existsSync(join(dir, "example.json")) ? JSON.parse(readFileSync(join(dir, "example.json"), "utf8")) : {};
		const file = join(work, name);
		const built =
			process.env.UPDATE === "1"
				? await command("go", ["build", "-o", file, `./${name}`], examples)
				: await command(process.execPath, [join(root, "packages/cmd/main.ts"), "build", "-o", file, `./${name}`], examples);
		assert.deepEqual({ code: built.code, stderr: built.stderr.slice(0, 4000) }, { code: 0, stderr: "" });
		const got = await command(file, options.args ?? [], dir);
		assert.equal(got.code, 0, got.stderr.slice(0, 4000));
		if (process.env.UPDATE === "1") writeFileSync(join(dir, "expected.txt"), got.stdout);
		assert.equal(got.stdout, readFileSync(join(dir, "expected.txt"), "utf8"));
	});
}

test("there are examples", () => assert.ok(names.length >= 10));
