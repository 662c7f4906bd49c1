import assert from "node:assert/strict";
import { test } from "node:test";
import { FormatError } from "#base";
import { encodeBuildInfo, formatBuildInfo, readBuildInfo, wrapModInfo } from "../buildinfo.ts";
import { ElfFile } from "../file.ts";
import { officialHello } from "./official.ts";

test("version -m of an official executable", (t) => {
	const exe = officialHello();
	if (exe === null) return t.skip("no go 1.26 here");
	const info = readBuildInfo(exe.bytes);
	assert.ok(info !== null);
	assert.equal(formatBuildInfo("exe", info, true), exe.versionM);
});

test("sections, symbols and notes of an official executable", (t) => {
	const exe = officialHello();
	if (exe === null) return t.skip("no go 1.26 here");
	const elf = new ElfFile(exe.bytes);
	assert.ok(elf.section(".gopclntab") !== null);
	const s = elf.symbols();
	assert.ok(s.names.includes("main.main"));
	assert.ok(elf.notes().some((n) => n.name === "Go" && n.type === 4));
});

test("build information blob is a multiple of 16 bytes", () => {
	const blob = encodeBuildInfo("go1.26.8", wrapModInfo("path\tx\n"));
	assert.equal(blob.length % 16, 0);
});

test("damaged files are refused, not crashed on", (t) => {
	const exe = officialHello();
	if (exe === null) return t.skip("no go 1.26 here");
	assert.throws(() => new ElfFile(new Uint8Array(10)), FormatError);
	for (const cut of [64, 100, 400, 5000]) {
		try {
			readBuildInfo(exe.bytes.subarray(0, cut));
		} catch (e) {
			assert.ok(e instanceof FormatError);
		}
	}
});
