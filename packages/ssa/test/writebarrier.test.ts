import assert from "node:assert/strict";
import test from "node:test";
import { newOptimizeContext, optimize } from "../compile.ts";
import type { Func } from "../func.ts";
import { opNames } from "../ops.gen.ts";
import { dump, mustParse } from "../text.ts";

function compile(text: string): Func {
	const f = mustParse(text);
	const ctx = newOptimizeContext();
	ctx.flags.check = true;
	optimize(f, ctx);
	return f;
}

const ops = (f: Func, b: number): string => f.blocks[b].values.map((v) => opNames[f.op[v]]).join(" ");

test("adjacent stores share a test", () => {
	const f = compile(`func f(ptr r0, ptr r1) () stack=16 abi=1
b0:
  v1 = Arg ptr
  v2 = Arg ptr [1]
  v3 = Store void v1 v2
  v4 = Const ptr
  v5 = Store void [8] v1 v4
  v6 = Return void
  Ret
`);
	assert.equal(f.blocks.length, 3, dump(f));
	assert.match(ops(f, 0), /^Arg Arg Const UnsafeBegin SymAddr Load Const Ne$/);
	const wb = f.blocks[0].succs[0];
	const done = f.blocks[0].succs[1];
	assert.equal(ops(f, wb), "WB StoreNoWB Load StoreNoWB Load StoreNoWB");
	assert.equal(f.auxInt[f.blocks[wb].values[0]], 3n);
	assert.equal(ops(f, done), "StoreNoWB StoreNoWB UnsafeEnd Return");
	assert.ok(f.blocks[wb].unsafe && f.blocks[done].unsafe && !f.blocks[0].unsafe);
});

test("stack, new object with static value, and NoWB stores need none", () => {
	const f = compile(`func f(ptr r0) () stack=8 abi=1
s0 x size=8 align=8 ptrs=01 addrtaken
b0:
  v1 = Arg ptr
  v2 = SlotAddr ptr
  v3 = Store void v2 v1
  v4 = SymAddr ptr {sym type:int 0}
  v5 = Call tuple {call runtime.newobject 1 (ptr r0 +0) (ptr r0) stack=8 abi=1} v4
  v6 = Result ptr v5
  v7 = Store void [8] v6 v4
  v8 = StoreNoWB void v1 v6
  v9 = KeepAlive void v2
  v10 = Return void
  Ret
`);
	assert.equal(f.blocks.length, 1);
});

test("second store to a word of a new object needs the old value", () => {
	const f = compile(`func f(ptr r0) () stack=8 abi=1
b0:
  v1 = Arg ptr
  v4 = SymAddr ptr {sym type:int 0}
  v5 = Call tuple {call runtime.newobject 1 (ptr r0 +0) (ptr r0) stack=8 abi=1} v4
  v6 = Result ptr v5
  v7 = Store void [8] v6 v1
  v8 = Store void [8] v6 v4
  v10 = Return void
  Ret
`);
	assert.equal(ops(f, f.blocks[0].succs[0]), "WB StoreNoWB Load StoreNoWB");
});

test("bulk writes call the runtime", () => {
	const f = compile(`func f(ptr r0, ptr r1) () stack=8 abi=1
b0:
  v1 = Arg ptr
  v2 = Arg ptr [1]
  v3 = Move void {sym type:T 0} [64] v1 v2
  v4 = Zero void {sym type:T 0} [64] v2
  v10 = Return void
  Ret
`);
	assert.equal(ops(f, f.blocks[0].succs[0]), "SymAddr Call Call");
	assert.equal(ops(f, f.blocks[0].succs[1]), "Move Zero UnsafeEnd Return");
});

test("prohibited barriers are an error", () => {
	assert.throws(
		() =>
			compile(`func f(ptr r0) () stack=8 abi=1 noWriteBarrier
b0:
  v1 = Arg ptr
  v3 = Store void v1 v1
  v10 = Return void
  Ret
`),
		/write barrier prohibited/,
	);
});
