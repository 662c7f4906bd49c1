import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter, FormatError } from "#base";
import {
	ABIInternal,
	addReloc,
	decodeFragment,
	encodeFragment,
	type Fragment,
	FragmentBuilder,
	newRelocs,
	RelocKind,
	SymFlag,
	SymKind,
} from "#object";

function sample(): Fragment {
	const b = new FragmentBuilder("example.com/p");
	b.data("p.v", SymKind.Data, Uint8Array.of(1, 2, 3), { size: 16, align: 8, gotype: b.ref("type:p.T") });
	const relocs = newRelocs();
	addReloc(relocs, 9, 4, RelocKind.Call, b.ref("p.g", ABIInternal), -4);
	addReloc(relocs, 1, 4, RelocKind.PcRel, b.ref("p.v"), 8);
	b.define({
		name: b.ref("p.f", ABIInternal),
		kind: SymKind.Text,
		flags: SymFlag.Nosplit,
		align: 32,
		size: 14,
		data: new Uint8Array(14).fill(0x90),
		relocs,
		gotype: -1,
		func: {
			args: -0x80000000,
			locals: -8,
			funcId: 23,
			funcFlag: 1,
			startLine: 7,
			deferReturn: 0,
			files: ["$GOROOT/src/p/p.go", "ü.go"],
			pcfile: Uint8Array.of(2, 14, 0),
			pcln: Uint8Array.of(2, 14, 0),
			pcsp: Uint8Array.of(2, 14, 0),
			pcinline: new Uint8Array(0),
			inlined: [{ parent: -1, func: "p.h", startLine: 3, file: 1, line: 9, parentPc: 4 }],
			pcdata: [new Uint8Array(0), Uint8Array.of(1)],
			funcdata: [-1, b.ref("gclocals·x")],
			dwarf: {
				scopes: [{ parent: -1, ranges: [[0, 14]] }],
				vars: [
					{
						name: "x",
						type: b.ref("type:int"),
						kind: "param",
						declLine: 7,
						scope: 0,
						inlined: -1,
						locs: [{ from: 0, to: 14, expr: Uint8Array.of(0x50), syms: [] }],
						closureOffset: -1,
					},
				],
				stmts: [0, 4, 9],
				prologueEnd: 4,
			},
		},
	});
	return b.fragment;
}

function encoded(): Uint8Array {
	const w = new ByteWriter();
	encodeFragment(sample(), w);
	return w.take();
}

test("a fragment survives encoding", () => {
	const back = decodeFragment(new ByteReader(encoded()));
	const plain = (f: Fragment): unknown => JSON.parse(JSON.stringify(f, (_, v: unknown) => (v instanceof Uint8Array ? [...v] : v)));
	assert.deepEqual(plain(back), plain(sample()));
});

test("every truncation is a FormatError", () => {
	const bytes = encoded();
	for (let n = 0; n < bytes.length; n++) {
		assert.throws(() => decodeFragment(new ByteReader(bytes.subarray(0, n))), FormatError, `${n} bytes`);
	}
});
