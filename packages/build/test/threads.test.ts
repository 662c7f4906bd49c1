// Compiler threads: what goes in comes back under its ticket, and tickets are never used twice.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SourceSet } from "#base";
import { Product } from "../../compile/program.ts";
import { mustParse } from "../../ssa/text.ts";
import { Threads } from "../threads.ts";

function product(name: string): Product {
	const out = new Product("p");
	out.funcs.push(
		mustParse(`func "${name}"(i64 r0) (i64 r0) stack=8 abi=1 pos=0
scope -1 0 0 0
b0: <-
  v1 = Arg i64
  v2 = Return void v1
  Ret
`),
	);
	return out;
}

test("products come back under their tickets", () => {
	const threads = new Threads(2, true, new SourceSet(), (file) => file);
	try {
		const names = new Map<number, string>();
		for (let i = 0; i < 40; i++) names.set(threads.submit(product(`p.f${i}`)), `p.f${i}`);
		assert.equal(names.size, 40);
		assert.ok(!names.has(-1));
		const got = new Map<number, string | undefined>();
		for (let done = threads.collect(true); done.length > 0; done = threads.collect(true))
			for (const { ticket, made } of done) got.set(ticket, made?.names[made.syms.find((s) => s.func !== null)?.name ?? -1]);
		assert.deepEqual(
			[...got].sort((a, b) => a[0] - b[0]),
			[...names].sort((a, b) => a[0] - b[0]),
		);
		// Another driver of the same build never gets the ticket of what an earlier one left behind.
		assert.ok(!names.has(threads.submit(product("p.again"))));
	} finally {
		threads.close();
	}
});

test("products of threads that have died come back undone", () => {
	const program = new URL("data:text/javascript,process.exit(3)");
	const threads = new Threads(1, true, new SourceSet(), (file) => file, { program, silence: 300 });
	try {
		const tickets = [threads.submit(product("p.f")), threads.submit(product("p.g"))];
		assert.deepEqual(
			threads.collect(true),
			tickets.map((ticket) => ({ ticket, made: null })),
		);
		assert.equal(threads.submit(product("p.h")), -1);
		assert.deepEqual(threads.collect(true), []);
	} finally {
		threads.close();
	}
});
