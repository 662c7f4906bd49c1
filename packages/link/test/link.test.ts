import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ElfFile, readBuildInfo } from "#elf";
import { Pclntab } from "#pclntab";
import { addReloc, addText, FragmentBuilder, linkTest, newRelocs, RelocKind, SymFlag, SymKind, writeAndExit } from "./program.ts";

function hello(): FragmentBuilder {
	const b = new FragmentBuilder("runtime");
	addText(b, "_rt0_amd64_linux", [0xe8, 0, 0, 0, 0, 0xcc], { calls: [{ off: 1, to: "main.hello" }], flags: SymFlag.Nosplit });
	writeAndExit(b, "main.hello", "hello\n", 7);
	addText(b, "main.unused", [0xc3]);
	return b;
}

function run(image: Uint8Array): { status: number | null; stdout: string } {
	const file = join(mkdtempSync(join(tmpdir(), "link-")), "a.out");
	writeFileSync(file, image);
	chmodSync(file, 0o755);
	const r = spawnSync(file, { encoding: "utf8" });
	return { status: r.status, stdout: r.stdout };
}

test("a program of raw bytes runs", (t) => {
	if (process.platform !== "linux" || process.arch !== "x64") return t.skip("not linux/amd64");
	const { image, errors } = linkTest([hello()]);
	assert.deepEqual(errors, []);
	assert.deepEqual(run(image as Uint8Array), { status: 7, stdout: "hello\n" });
});

test("the same input gives the same bytes", () => {
	assert.deepEqual(linkTest([hello()]).image, linkTest([hello()]).image);
});

test("unreached functions are dropped, the rest is in the tables", () => {
	const elf = new ElfFile(linkTest([hello()]).image as Uint8Array);
	const names = elf.symbols().names;
	assert.ok(names.includes("main.hello") && !names.includes("main.unused"));
	const section = elf.section(".gopclntab");
	assert.ok(section !== null);
	const pcln = new Pclntab(elf.data(section));
	assert.equal(pcln.nfunc, 2);
	assert.deepEqual(pcln.frames(pcln.func(1), 3), [{ func: "main.hello", file: "test.go", line: 12 }]);
});

test("notes and build information", () => {
	const image = linkTest([hello()]).image as Uint8Array;
	const notes = new ElfFile(image).notes();
	assert.deepEqual(
		notes.map((n) => `${n.name} ${n.type} ${n.desc.length}`),
		["Go 4 7", "GNU 3 20"],
	);
	assert.deepEqual(readBuildInfo(image), { goVersion: "go1.26.8", modInfo: "path\ttest\n" });
});

test("-s leaves no symbol table", () => {
	const elf = new ElfFile(linkTest([hello()], { stripSymbols: true }).image as Uint8Array);
	assert.equal(elf.section(".symtab"), null);
});

test("errors in the official wording", () => {
	const b = new FragmentBuilder("main");
	addText(b, "_rt0_amd64_linux", new Array(20).fill(0x90), {
		calls: [
			{ off: 1, to: "main.missing" },
			{ off: 6, to: "main.main", abi: 1 },
			{ off: 11, to: "main.internal" },
		],
		flags: SymFlag.Nosplit,
	});
	addText(b, "main.internal", [0xc3], { abi: 1 });
	assert.deepEqual(linkTest([b]).errors, [
		"_rt0_amd64_linux: relocation target main.missing not defined",
		"runtime.main_main·f: function main is undeclared in the main package",
		"_rt0_amd64_linux: relocation target main.internal not defined for ABI0 (but is defined for ABIInternal)",
	]);
});

test("duplicate definitions", () => {
	const a = hello();
	const b = new FragmentBuilder("b");
	addText(b, "main.hello", [0xc3]);
	assert.deepEqual(linkTest([a, b]).errors, [
		"duplicated definition of symbol main.hello, from b (type STEXT size 1) and runtime (type STEXT size 36)",
	]);
	const c = new FragmentBuilder("c");
	addText(c, "main.hello", [0xc3], { flags: SymFlag.Dupok });
	assert.deepEqual(linkTest([hello(), c]).errors, []);
});

test("a nosplit chain that is too deep", () => {
	const b = new FragmentBuilder("main");
	addText(b, "runtime.morestack", [0xc3], { flags: SymFlag.Nosplit });
	const call = [0xe8, 0, 0, 0, 0, 0xc3];
	addText(b, "_rt0_amd64_linux", call, { calls: [{ off: 1, to: "main.a" }], flags: SymFlag.Nosplit, frame: 400 });
	addText(b, "main.a", call, { calls: [{ off: 1, to: "main.b" }], flags: SymFlag.Nosplit, frame: 400 });
	addText(b, "main.b", [0xc3], {});
	assert.deepEqual(linkTest([b]).errors, [
		[
			"_rt0_amd64_linux: nosplit stack over 792 byte limit",
			"_rt0_amd64_linux<0>",
			"    grows 408 bytes, calls main.a<0>",
			"        grows 408 bytes, calls main.b<0>",
			"            grows 8 bytes, calls runtime.morestack<0>",
			"            32 bytes over limit",
		].join("\n"),
	]);
});

test("init tasks: imports first, then by name", () => {
	const b = hello();
	const task = (pkg: string, after: string[]): void => {
		addText(b, `${pkg}.init`, [0xc3], { abi: 1 });
		const relocs = newRelocs();
		addReloc(relocs, 8, 8, RelocKind.Addr, b.ref(`${pkg}.init`, 1), 0);
		for (const a of after) addReloc(relocs, 0, 0, RelocKind.InitOrder, b.ref(`${a}..inittask`), 0);
		b.data(`${pkg}..inittask`, SymKind.Inittask, new Uint8Array(16), { align: 8, relocs });
	};
	task("main", ["z", "a"]);
	task("a", ["m"]);
	task("z", []);
	task("m", []);
	const elf = new ElfFile(linkTest([b]).image as Uint8Array);
	const s = elf.symbols();
	const addr = (name: string): number => s.value[s.names.indexOf(name)];
	const list = new DataView(elf.at(addr("go:main.inittasks"), 32).slice().buffer);
	const got = [0, 8, 16, 24].map((o) => s.names.find((n, i) => n.endsWith("task") && s.value[i] === Number(list.getBigUint64(o, true))));
	assert.deepEqual(got, ["m..inittask", "a..inittask", "z..inittask", "main..inittask"]);
});
