// Compiler threads: what goes in comes back under its ticket, and tickets are never used twice.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SourceSet } from "#base";
import type { Finished } from "../../compile/backend.ts";
import { Product } from "../../compile/program.ts";
import type { TracedSymbol } from "../../compile/store.ts";
import { ABI0, ABIInternal, LoadedPack, Names } from "#object";
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
		for (let i = 0; i < 40; i++) names.set(threads.submit(product(`p.f${i}`), null, null), `p.f${i}`);
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
		assert.ok(!names.has(threads.submit(product("p.again"), null, null)));
	} finally {
		threads.close();
	}
});

function traced(name: string): TracedSymbol {
	return {
		name,
		abi: ABIInternal,
		needs: [{ name: "p.other", abi: ABI0 }],
		usedInIface: ["p.T"],
		ifaceMethods: ["M"],
		reflectMethod: false,
		facts: new Map(),
		type: null,
	};
}

test("what goes to a store comes back as entries of packs, one per thread and file", () => {
	const threads = new Threads(2, true, new SourceSet(), (file) => file);
	try {
		const names = new Map<number, string>();
		for (let i = 0; i < 40; i++)
			names.set(threads.submit(product(`p.f${i}`), traced(`p.f${i}`), { file: i % 3, suffix: i % 2 === 0 ? "" : "x" }), `p.f${i}`);
		const done: Finished[] = [];
		for (let some = threads.collect(true); some.length > 0; some = threads.collect(true)) done.push(...some);
		threads.seal();
		const packs = threads.packs() ?? [];
		assert.equal(packs.length, 6);
		const program = new Names();
		const found = done.map(({ ticket, packed }) => {
			const { file, pack } = packs[packed?.pack ?? -1];
			const at = new LoadedPack(pack, program);
			const entry = packed?.entry ?? -1;
			const text = (name: number): string => at.text(name);
			const i = Number(names.get(ticket)?.slice(3));
			assert.equal(text(pack.entRef[entry] >> 1), `p.f${i}`);
			assert.equal(file, i % 3);
			assert.equal(pack.entSuffix[entry] < 0 ? "" : text(pack.entSuffix[entry]), i % 2 === 0 ? "" : "x");
			assert.equal(text(pack.needRef[pack.needAt[entry]] >> 1), "p.other");
			assert.equal(text(pack.ifaceName[pack.ifaceAt[entry]]), "p.T");
			assert.equal(text(pack.methName[pack.methAt[entry]]), "M");
			return ticket;
		});
		assert.deepEqual(
			found.sort((a, b) => a - b),
			[...names.keys()].sort((a, b) => a - b),
		);
		// What entries of a pack have in common is told once.
		const told = done.flatMap(({ packed }) => packed?.needs.map((n) => `${packed.pack} ${n.name}`) ?? []);
		assert.equal(new Set(told).size, told.length);
	} finally {
		threads.close();
	}
});

test("packs that die with their thread are missed", () => {
	const worker = new URL("../worker.ts", import.meta.url);
	// Ends instead of handing over its packs.
	const program = new URL(
		`data:text/javascript,import { workerData } from "node:worker_threads";
		workerData.port.on("message", (m) => { if (m.seal) process.exit(3); });
		await import(${JSON.stringify(worker.href)});`,
	);
	const settings = { program, silence: 60_000 };
	const threads = new Threads(1, true, new SourceSet(), (file) => file, settings);
	try {
		threads.submit(product("p.f"), traced("p.f"), { file: 0, suffix: "" });
		const [{ packed }] = threads.collect(true);
		assert.equal(packed?.entry, 0);
		settings.silence = 100;
		threads.seal();
		assert.equal(threads.packs(), null);
	} finally {
		threads.close();
	}
});

test("products of threads that have died come back undone", () => {
	const program = new URL("data:text/javascript,process.exit(3)");
	const threads = new Threads(1, true, new SourceSet(), (file) => file, { program, silence: 300 });
	try {
		const tickets = [threads.submit(product("p.f"), null, null), threads.submit(product("p.g"), null, null)];
		assert.deepEqual(
			threads.collect(true),
			tickets.map((ticket) => ({ ticket, made: null, packed: null })),
		);
		assert.equal(threads.submit(product("p.h"), null, null), -1);
		assert.deepEqual(threads.collect(true), []);
	} finally {
		threads.close();
	}
});
