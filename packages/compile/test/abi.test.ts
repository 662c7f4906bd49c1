import assert from "node:assert/strict";
import { test } from "node:test";
import { SourceSet } from "#base";
import { T } from "#ssa";
import { BasicKind, Build, type Type } from "#types";
import { assignAbi } from "../abi.ts";
import { Layout } from "../layout.ts";
import { Types } from "../subst.ts";

const build = new Build({ sources: new SourceSet(), importPackage: () => "none", bodyOf: () => null });
const types = new Types(build);
const layout = new Layout(types);
const u8 = types.basic(BasicKind.Uint8);
const uintptr = types.basic(BasicKind.Uintptr);
const f64 = types.basic(BasicKind.Float64);

test("the example of abi-internal.md", () => {
	const pair = types.arrayOf(uintptr, 2);
	const r1 = types.structOf([
		["x", uintptr],
		["y", pair],
	]);
	const a = assignAbi(layout, [u8, pair, u8], [r1, types.string], 1);
	assert.deepEqual(
		a.sig.args.map((x) => [x.type, x.reg, x.off]),
		[
			[T.I8, 0, 40],
			[T.I8, 1, 41],
		],
	);
	assert.deepEqual(
		a.params.map((p) => p.mem),
		[-1, 0, -1],
	);
	assert.equal(a.results[0].mem, 16);
	assert.deepEqual(
		a.sig.results.map((x) => [x.type, x.reg]),
		[
			[T.Ptr, 0],
			[T.I64, 1],
		],
	);
	assert.equal(a.argBytes, 40);
	assert.equal(a.sig.stackSize, 48);
});

test("a value goes to the stack as a whole when registers run out", () => {
	const nine: Type[] = new Array<Type>(8).fill(uintptr);
	const a = assignAbi(layout, [...nine, types.string, uintptr, f64], [], 1);
	assert.deepEqual(
		a.sig.args.slice(8).map((x) => x.reg),
		[-1, -1, 8, 0],
	);
	assert.equal(a.params[8].home, 0);
});

test("ABI0 has no registers", () => {
	const a = assignAbi(layout, [u8, types.string], [types.bool], 0);
	assert.deepEqual(
		a.sig.args.map((x) => [x.reg, x.off]),
		[
			[-1, 0],
			[-1, 8],
			[-1, 16],
		],
	);
	assert.deepEqual([a.sig.results[0].reg, a.sig.results[0].off, a.argBytes], [-1, 24, 32]);
});

test("layout of structs", () => {
	const s = types.structOf([
		["a", u8],
		["b", uintptr],
		["c", types.structOf([])],
	]);
	const l = layout.of(s);
	assert.deepEqual([l.size, l.align, [...l.offsets]], [24, 8, [0, 8, 16]]);
	const p = types.structOf([
		["n", types.int],
		["s", types.string],
		["e", types.emptyIface],
	]);
	assert.deepEqual([...(layout.ptrmask(p) ?? [])], [0b10010]);
	assert.equal(layout.of(p).ssa, false);
	assert.equal(layout.isDirectIface(types.pointerTo(p)), true);
});
