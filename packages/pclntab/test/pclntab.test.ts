import assert from "node:assert/strict";
import { test } from "node:test";
import { ElfFile } from "#elf";
import { officialHello } from "../../elf/test/official.ts";
import {
	encodePcValues,
	FUNCDATA_InlTree,
	type FuncRecord,
	PCDATA_InlTreeIndex,
	Pclntab,
	type PclnTable,
	rebased,
	PcValues,
	pcValueAt,
	PclnWriter,
	funcIds,
} from "../mod.ts";

test("pc-values round trip", () => {
	const table = encodePcValues([0, 0, 8, -1, 1000], [4, 5, 10, 300, 301]);
	assert.deepEqual(
		[0, 4, 5, 9, 10, 299, 300, 301].map((pc) => pcValueAt(table, 0, pc)),
		[0, 0, 8, 8, -1, -1, 1000, -1],
	);
	assert.equal(encodePcValues([], []).length, 0);
	const it = new PcValues(encodePcValues([-1], [3]));
	assert.ok(it.step() && it.value === -1 && it.next === 3 && !it.step());
});

test("function ids", () => {
	assert.equal(funcIds.get("runtime.goexit"), 8);
	assert.equal(funcIds.get("runtime.main"), 17);
	assert.equal(funcIds.get("runtime.deferreturn"), 23);
	assert.equal(funcIds.get("main.goexit"), undefined);
});

/** The official table with the place of go:func.* in it. */
function official(exe: Uint8Array): { pcln: Pclntab; text: number; size: number } {
	const elf = new ElfFile(exe);
	const s = elf.symbols();
	const addr = (name: string): number => s.value[s.names.indexOf(name)];
	const section = elf.section(".gopclntab");
	assert.ok(section !== null);
	const pcln = new Pclntab(elf.data(section), addr("go:func.*") - section.addr);
	return { pcln, text: addr("runtime.text"), size: addr("runtime.etext") - addr("runtime.text") };
}

/** A function's tables and what its inline tree says, read from a table. */
interface Recovered {
	files: string[];
	pcfile: Uint8Array;
	pcln: Uint8Array;
	pcsp: Uint8Array;
	pcdata: Uint8Array[];
	inlined: { func: string; startLine: number; parentPc: number }[];
}

/** Writes what was read as a linker would: names, tables and lists of files once each. */
function write(pcln: Pclntab, records: readonly FuncRecord[], entries: Float64Array, sizes: Float64Array): PclnTable {
	const w = new PclnWriter(records.length);
	const names = new Map<string, number>();
	const lists = new Map<string, number>();
	const once = (map: Map<string, number>, key: string, make: () => number): number => {
		const at = map.get(key) ?? make();
		map.set(key, at);
		return at;
	};
	const name = (s: string): number => once(names, s, () => w.name(new TextEncoder().encode(s)));
	const table = (t: Uint8Array): number => w.table(t, 0, t.length, t.length);
	const size = 1 << 20;
	records.forEach((r, i) => {
		const f = recover(pcln, r);
		const funcdata = r.funcdata.slice();
		if (f.inlined.length > 0) {
			const ids = f.inlined.map((c) => [funcIds.get(c.func) ?? 0, name(c.func), c.parentPc, c.startLine] as const);
			funcdata[FUNCDATA_InlTree] = size + w.tree();
			for (const c of ids) w.inlined(...c);
		}
		w.func({
			...r,
			entry: entries[i],
			size: sizes[i],
			name: name(r.name),
			pcsp: table(f.pcsp),
			pcfile: table(f.pcfile),
			pcln: f.pcln.length === 0 ? 0 : table(rebased(f.pcln, r.startLine)),
			files: f.files.length === 0 ? -1 : once(lists, f.files.join("\0"), () => w.fileList(f.files)),
			pcdata: f.pcdata.map(table),
			funcdata,
		});
	});
	return w.finish(size, 32);
}

function recover(p: Pclntab, f: FuncRecord): Recovered {
	const lines = new PcValues(p.table(f.pcln));
	const values: number[] = [];
	const ends: number[] = [];
	while (lines.step()) {
		values.push(lines.value - f.startLine);
		ends.push(lines.next);
	}
	const files: string[] = [];
	const index = new Map<number, number>();
	const fileRuns = new PcValues(p.table(f.pcfile));
	const fileValues: number[] = [];
	const fileEnds: number[] = [];
	while (fileRuns.step()) {
		let k = index.get(fileRuns.value);
		if (k === undefined) {
			k = files.length;
			index.set(fileRuns.value, k);
			files.push(p.fileName(f, fileRuns.value));
		}
		fileValues.push(k);
		fileEnds.push(fileRuns.next);
	}
	const pcinline = p.table(f.pcdata[PCDATA_InlTreeIndex] ?? 0);
	const inlined: Recovered["inlined"] = [];
	const inl = new PcValues(pcinline);
	let top = -1;
	while (inl.step()) top = Math.max(top, inl.value);
	for (let i = 0; i <= top; i++) {
		const node = p.inlineNode(f, i);
		inlined.push({ func: node.name, startLine: node.startLine, parentPc: node.parentPc });
	}
	return {
		files,
		pcfile: encodePcValues(fileValues, fileEnds),
		pcln: encodePcValues(values, ends),
		pcsp: p.table(f.pcsp),
		inlined,
		pcdata: f.pcdata.map((off) => p.table(off)),
	};
}

test("an official table, read, written and read again, says the same", (t) => {
	const exe = officialHello();
	if (exe === null) return t.skip("no go 1.26 here");
	const { pcln, size } = official(exe.bytes);
	assert.ok(pcln.nfunc > 1000);
	const records: FuncRecord[] = [];
	for (let i = 0; i < pcln.nfunc; i++) records.push(pcln.func(i));
	const entries = Float64Array.from(records, (r) => r.entry);
	const sizes = Float64Array.from(records, (r, i) => (i + 1 < records.length ? records[i + 1].entry : size) - r.entry);
	const table = write(pcln, records, entries, sizes);
	const again = new Pclntab(table.bytes, table.funcdata.off);
	assert.equal(again.nfunc, pcln.nfunc);
	for (let i = 0; i < pcln.nfunc; i++) {
		const a = records[i];
		const b = again.func(i);
		for (const k of ["entry", "name", "args", "deferReturn", "startLine", "funcId", "flag"] as const) assert.equal(b[k], a[k], a.name);
		assert.deepEqual(again.table(b.pcsp), pcln.table(a.pcsp));
		for (let k = 0; k < a.pcdata.length; k++)
			assert.deepEqual(again.table(b.pcdata[k] ?? 0), pcln.table(a.pcdata[k]), `${a.name} pcdata ${k}`);
		for (let k = 0; k < a.funcdata.length; k++) {
			if (k !== FUNCDATA_InlTree) assert.equal(b.funcdata[k] ?? -1, a.funcdata[k]);
		}
		const step = Math.max(1, Math.floor(sizes[i] / 20));
		for (let pc = 0; pc < sizes[i]; pc += step) assert.deepEqual(again.frames(b, pc), pcln.frames(a, pc));
		assert.equal(again.find(a.entry), i);
	}
	assert.ok(table.functab.size > 0 && table.bytes.length - (1 << 20) < 700_000, "no larger than the official table");
});

test("frames of main.main", (t) => {
	const exe = officialHello();
	if (exe === null) return t.skip("no go 1.26 here");
	const { pcln } = official(exe.bytes);
	const i = Array.from({ length: pcln.nfunc }, (_, k) => k).find((k) => pcln.func(k).name === "main.main") ?? -1;
	const f = pcln.func(i);
	const frame = pcln.frames(f, 0)[0];
	assert.equal(frame.func, "main.main");
	assert.equal(frame.line, 5);
});
