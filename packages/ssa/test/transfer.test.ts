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
		const message = structuredClone({ sigs: packer.fresh, func: packer.pack(f) });
		message.sigs = structuredClone(packer.fresh);
		packer.fresh = [];
		unpacker.addSigs(message.sigs);
		const g = unpacker.unpack(message.func);
		assert.ok(g instanceof Func);
		assert.equal(dump(g), dump(f));
		assert.deepEqual(g.blocks, f.blocks);
		assert.deepEqual(g.auxes, f.auxes);
		assert.ok(g.nonNegative.has(1));
		// Passes may go on where the builder stopped.
		g.newValue(0, 1 as never, 1 as never, [1, 1]);
		assert.equal(g.arg(g.nvals - 1, 1), 1);
	}
});
