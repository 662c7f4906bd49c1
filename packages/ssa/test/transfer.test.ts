// Functions survive the way to another thread.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockData, BlockKind, dump, Func, Packer, Unpacker } from "../mod.ts";
import { RandomFunc } from "./random.ts";

test("what a packed block holds is all that a block has", () => {
	const names = ["kind", "control", "likely", "values", "succs", "preds", "pos", "inl", "unsafe"];
	assert.deepEqual(Object.keys(new BlockData(BlockKind.Plain)).sort(), names.sort(), "teach transfer.ts the new field");
});

test("random functions", () => {
	const packer = new Packer();
	const unpacker = new Unpacker();
	for (let seed = 1; seed <= 40; seed++) {
		const { f } = new RandomFunc(seed, 30);
		f.nonNegative.add(1);
		f.blocks.forEach((b, i) => {
			b.likely = (i % 3) - 1;
			b.pos = 7 * i;
			b.inl = i - 1;
			b.unsafe = i % 2 === 0;
		});
		f.scopes.push({ parent: -1, pos: 1, end: 9, inl: -1 }, { parent: 0, pos: 2, end: 3, inl: seed });
		f.inlined.push({ parent: -1, func: `p.f${seed % 3}`, declPos: 5, callPos: 6 });
		const about = { type: "type:T", declPos: 4, scope: 1, inlined: 0, closureOffset: -1, size: 2 ** 33, firstArg: seed };
		f.vars.push({
			...about,
			name: "x",
			kind: "local",
			pieces: [
				{ off: 0, size: 8 },
				{ off: 8, size: 4 },
			],
		});
		f.vars.push({ ...about, name: `y${seed}`, kind: "closure", pieces: [] });
		f.newAux({ name: "p.g", abi: 1 });
		f.newAux("text");
		f.newAux(f.sig);
		f.newAux({ target: null, sig: f.sig, noreturn: true });
		f.newAux({ target: { name: "p.h", abi: 0 }, sig: f.sig, noreturn: false });
		const func = structuredClone(packer.pack(f));
		unpacker.add(structuredClone(packer.fresh), structuredClone(packer.freshNames));
		packer.fresh = [];
		packer.freshNames = [];
		const g = unpacker.unpack(func);
		assert.ok(g instanceof Func);
		assert.equal(dump(g), dump(f));
		assert.deepEqual(g.blocks, f.blocks);
		assert.deepEqual([g.auxes, g.scopes, g.inlined, g.vars], [f.auxes, f.scopes, f.inlined, f.vars]);
		assert.ok(g.nonNegative.has(1));
		// Passes may go on where the builder stopped.
		g.newValue(0, 1 as never, 1 as never, [1, 1]);
		assert.equal(g.arg(g.nvals - 1, 1), 1);
	}
});
