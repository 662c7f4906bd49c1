// Variables, scopes and inlined calls of hand-made functions in .debug_info, read back as text by readelf.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { DwarfVar } from "#object";
import { encodePcValues } from "#pclntab";
import { addText, FragmentBuilder, linkTest, SymFlag } from "./program.ts";

const RAX = Uint8Array.of(0x50);

test("variables are described with their types, places and scopes", (t) => {
	const b = new FragmentBuilder("main");
	const int = b.ref("type:int");
	const variable = (name: string, kind: DwarfVar["kind"], scope: number, inlined: number, to: number): DwarfVar => ({
		name,
		type: int,
		kind,
		declLine: 11,
		scope,
		inlined,
		locs: to === 0 ? [] : [{ from: 0, to, expr: RAX, syms: [] }],
		closureOffset: kind === "closure" ? 8 : -1,
	});
	addText(b, "_rt0_amd64_linux", new Array(16).fill(0x90), {
		flags: SymFlag.Nosplit,
		info: {
			pcinline: encodePcValues([-1, 0, -1], [4, 8, 16]),
			inlined: [{ parent: -1, func: "main.callee", startLine: 40, file: 0, line: 12, parentPc: 3 }],
			dwarf: {
				scopes: [
					{ parent: -1, ranges: [[0, 16]] },
					{ parent: 0, ranges: [[4, 12]] },
				],
				vars: [
					variable("whole", "param", 0, -1, 16),
					variable("part", "result", 0, -1, 8),
					variable("inner", "local", 1, -1, 12),
					variable("captured", "closure", 0, -1, 0),
					variable("argument", "param", 0, 0, 8),
				],
				stmts: [0, 4, 8],
				prologueEnd: 4,
			},
		},
	});
	const { image, errors } = linkTest([b]);
	assert.deepEqual(errors, []);
	const dir = mkdtempSync(join(tmpdir(), "dwarf-"));
	try {
		const file = join(dir, "exe");
		writeFileSync(file, image as Uint8Array);
		const r = spawnSync("readelf", ["--debug-dump=info", file], { encoding: "utf8" });
		if (r.error !== undefined) return t.skip("no readelf here");
		const tags = [
			...r.stdout.matchAll(/<(\d)><[0-9a-f]+>: Abbrev Number: \d+ \(DW_TAG_(\w+)\)(?:\n\s+<[0-9a-f]+>\s+DW_AT_name\s+: (\S+))?/g),
		];
		const shown = tags.map((m) => `${m[1]} ${m[2]}${m[3] === undefined ? "" : ` ${m[3]}`}`);
		const from = shown.indexOf("1 subprogram main.callee");
		assert.deepEqual(shown.slice(from, from + 10), [
			"1 subprogram main.callee",
			"2 formal_parameter argument",
			"1 subprogram _rt0_amd64_linux",
			"2 formal_parameter whole",
			"2 formal_parameter part",
			"2 variable captured",
			"2 lexical_block",
			"3 variable inner",
			"2 inlined_subroutine",
			"3 formal_parameter",
		]);
		assert.ok(shown.includes("1 base_type int"));
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
});
