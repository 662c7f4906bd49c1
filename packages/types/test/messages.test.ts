// Diagnostics of data/*.go, byte for byte those of `go tool compile -e` (data/*.out; UPDATE=1 asks the official compiler again).

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { formatDiagnostics } from "#base";
import { goroot, haveGoroot, Loader } from "./harness.ts";

const dir = join(import.meta.dirname, "data");

function ours(path: string): string {
	const l = new Loader();
	const file = l.parse(basename(path), readFileSync(path), false);
	l.check("p", [file], "go1.26");
	return `${formatDiagnostics(l.sources, l.diagnostics, 0).join("\n")}\n`;
}

function official(path: string): string {
	const cfg = join(mkdtempSync(join(tmpdir(), "importcfg")), "importcfg");
	const go = join(goroot, "bin/go");
	const format = "{{if .Export}}packagefile {{.ImportPath}}={{.Export}}{{end}}";
	writeFileSync(cfg, execFileSync(go, ["list", "-export", "-deps", "-f", format, "fmt", "os", "strings", "math", "cmp", "slices"]));
	try {
		execFileSync(go, ["tool", "compile", "-e", "-p", "p", "-importcfg", cfg, "-o", "/dev/null", basename(path)], {
			cwd: dir,
			stdio: "pipe",
		});
	} catch (e) {
		return String((e as { stdout: Buffer }).stdout).replaceAll(`${goroot}/`, "$GOROOT/");
	}
	return "";
}

for (const name of readdirSync(dir).filter((n) => n.endsWith(".go"))) {
	test(name, { skip: haveGoroot ? false : "no GOROOT" }, () => {
		const golden = join(dir, `${name.slice(0, -3)}.out`);
		if (process.env["UPDATE"] === "1" || !existsSync(golden)) writeFileSync(golden, official(join(dir, name)));
		assert.equal(ours(join(dir, name)).replaceAll(`${goroot}/`, "$GOROOT/"), readFileSync(golden, "utf8"));
	});
}
