// A small part of tools/fuzz-readers.ts: the same damage every time.
import { test } from "node:test";
import { exercise, inputs, mutate, truncations } from "./hostile.ts";

const MUTATIONS = 150;
const CUTS = 100;

test("damaged executables and cores are typed errors, in bounded time", (t) => {
	const all = inputs();
	if (all.length === 0) return t.skip("nothing can be built here");
	for (const input of all) {
		const cuts = truncations(input);
		for (let i = 0; i < CUTS; i++) exercise(input.kind, input.bytes.subarray(0, cuts[Math.floor((i * cuts.length) / CUTS)]));
		for (let seed = 1; seed <= MUTATIONS; seed++) {
			try {
				exercise(input.kind, mutate(input, seed));
			} catch (e) {
				throw new Error(`${input.name}, seed ${seed}`, { cause: e });
			}
		}
	}
});
