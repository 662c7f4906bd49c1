import assert from "node:assert/strict";
import { test } from "node:test";
import { Condition, EvalError, EvalScope, evaluate, Goroutines, Loader, type Registers, shallowLoad, type ThreadView } from "../mod.ts";
import type { Mode } from "./build.ts";
import { openCore } from "./dump.ts";

/** Conditions that are compiled to reads, and one that is left to the evaluator. */
const CASES: [text: string, fast: boolean][] = [
	["i8 == -128", true],
	["i32 > 5 && u8 == 255", true],
	["i32 < 5 || u64 > 1", true],
	["!b1", true],
	["b1 == true", true],
	["u8 + 1 == 0", true],
	["i16 - 1 == 32767", true],
	['s == "x"', true],
	['empty == ""', true],
	['strs[1] == "two"', true],
	["sl[1] == 20", true],
	["arr[4] == 5", true],
	["sl[9] == 20", true],
	["len(sl) == 3", true],
	["len(long) > 50", true],
	["in.X == 1", true],
	["pin.X == 1", true],
	["pin.Name == in.Name", true],
	["(*pin).Y == 2", true],
	["nilp == nil", true],
	["nilp.X == 1", true],
	['out.Next.P.Name == "inner"', true],
	["out.X == 1", false],
	["global.Inner.X == 7", true],
	["main.global.Inner.Y != 8", true],
	["e5 == nil", true],
	["nilfn == nil", true],
	["color == 2", true],
	["f64 > 1.0", false],
	["c64 == c64", false],
	["int(f64) == 2", false],
	["nosuch > 1", false],
	["i32", false],
	["i8 + i16 == 0", false],
	['m1["k"] == 1', false],
];

for (const mode of ["noopt"] as Mode[]) {
	test(`conditions give what evaluation gives (${mode})`, (t) => {
		const it = openCore("values", mode);
		if (it === null) return t.skip("no toolchain, or no cores in the working directory");
		const { core, program } = it;
		const goroutines = new Goroutines(program);
		const [dead] = core.threads();
		const g = goroutines.ofThread(dead);
		assert.ok(g !== null);
		const frames = goroutines.stack(g, 50);
		const main = frames.findIndex((f) => f.name === "main.main");
		const loader = new Loader(program);
		const f = frames[main];
		// A thread that stands in main.main.
		const regs: Registers = {
			pc: f.pc,
			sp: f.regs.sp,
			bp: f.regs.bp,
			fsBase: dead.registers().fsBase,
			get: (n) => (n === 7 ? BigInt(f.regs.sp) : n === 6 ? BigInt(f.regs.bp) : n === 16 ? BigInt(f.pc) : undefined),
			vector: () => undefined,
		};
		const thread: ThreadView = { id: dead.id, registers: () => regs };
		const result = (get: () => unknown): string => {
			try {
				return String(get());
			} catch (e) {
				if (e instanceof EvalError) return e.message;
				throw e;
			}
		};
		const scope = new EvalScope(loader, g, frames.slice(main));
		for (const [text, fast] of CASES) {
			const c = new Condition(text);
			assert.equal(c.isFast(program, loader, f.pc), fast, text);
			const want = result(() => {
				const v = evaluate(text, scope, shallowLoad);
				if (typeof v.value !== "boolean") throw new EvalError(`expression "${text}" should be boolean not int`);
				return v.value;
			});
			assert.equal(
				result(() => c.test(program, loader, goroutines, thread)),
				want,
				text,
			);
		}
	});
}
