import assert from "node:assert/strict";
import test from "node:test";
import { compact } from "../cfg.ts";
import { newOptimizeContext, optimize } from "../compile.ts";
import { interpret } from "../interp.ts";
import { shuffle } from "../shuffle.ts";
import { dump, mustParse } from "../text.ts";
import { mustVerify, verify } from "../verify.ts";
import { RandomFunc, randomArgs } from "./random.ts";

const from = Number(process.env.SEED ?? 1);
const count = Number(process.env.COUNT ?? 60);
const only = process.env.PASS ?? "";
const big = (_: string, x: unknown): unknown => (typeof x === "bigint" ? String(x) : x);

/** Equal behavior; a timeout before allows anything. NaNs may have any bits, so programs that make one are compared by their ends only. */
test(`${count} random functions behave alike after each pass`, () => {
	let ended = 0;
	for (let seed = from; seed < from + count; seed++) {
		const { f } = new RandomFunc(seed, 10 + (seed % 60));
		compact(f);
		mustVerify(f, `seed ${seed}`);
		assert.equal(dump(mustParse(dump(f))), dump(f));
		if (seed % 2 === 0) {
			shuffle(f, seed);
			mustVerify(f, `seed ${seed} shuffled`);
		}
		const inputs = [1, 2, 3, 4].map((k) => randomArgs(seed * 7 + k));
		const before = inputs.map((args) => interpret(f, args));
		for (const r of before) if (r.end !== "timeout") ended++;
		let text = dump(f);
		const ctx = newOptimizeContext();
		ctx.after = (g, pass) => {
			if (only !== "" && only !== pass) return;
			const errors = verify(g);
			assert.deepEqual(errors, [], `seed ${seed} after ${pass}\n${text}\n=>\n${dump(g)}`);
			inputs.forEach((args, i) => {
				if (before[i].end === "timeout") return;
				const now = interpret(g, args, 20000);
				if (JSON.stringify(now, big) === JSON.stringify(before[i], big)) return;
				const diff = `${JSON.stringify(now, big)}\nwant ${JSON.stringify(before[i], big)}`;
				assert.fail(`seed ${seed} args ${args} after ${pass}\n${text}\n=>\n${dump(g)}\n${diff}`);
			});
			text = dump(g);
			if (seed % 2 === 0) shuffle(g, seed);
		};
		optimize(f, ctx);
	}
	assert.ok(ended > count);
});
