import assert from "node:assert/strict";
import test from "node:test";
import { dump, mustParse, parseFunc, TextError } from "../text.ts";
import { verify } from "../verify.ts";

const sample = `func "main.(*T).f"(i64 r0, ptr r1 +8, f64 +16) (i64 r0) stack=24 abi=1 pos=77 needCtxt
inl -1 main.g 12 34
scope -1 1 2 0
var x type:int param 5 0 -1 -1 size=8 pieces=0:8
s0 tmp size=16 align=8 ptrs=02 addrtaken gc="go:x y"
b0: <-
  v1 = GetClosurePtr ptr
  v2 = Arg i64
  v3 = Arg ptr [1]
  v4 = Const i64 [-42]
  v5 = SymAddr ptr {sym "type:struct { X int }" 0} [8]
  v6 = Call tuple {call runtime.foo 1 (i64 r0) (i64 r0, ptr r1) stack=8 abi=1} v2 @12/0
  v7 = Result i64 v6
  v8 = Lt bool v7 v2
  If v8 likely -> b1 b2 @99
b1: <- b0 b1
  v9 = Phi i64 v4 v10
  v10 = Add i64 v9 v2
  v11 = Lt bool v10 v7
  If v11 -> b1 b2
b2: <- b0 b1 unsafe
  v12 = Phi i64 v7 v10
  v13 = Return void v12
  Ret
`;

test("text round trip", () => {
	const f = mustParse(sample);
	assert.equal(dump(f), sample);
	assert.deepEqual(verify(f), []);
});

const broken: [name: string, from: string, to: string, want: RegExp][] = [
	["unknown op", "= Lt bool v7", "= Less bool v7", /is no operation/],
	["types", "Add i64 v9 v2", "Add i64 v9 v3", /types: \(i64, ptr\) -> i64/],
	["phi arity", "Phi i64 v4 v10", "Phi i64 v4", /has 1 arguments, wants 2/],
	["dominance", "Phi i64 v4 v10", "Phi i64 v12 v10", /does not dominate/],
	["order", "Add i64 v9 v2", "Add i64 v9 v11", /types|dominate/],
	["control", "If v8", "If v7", /no Bool/],
	["edge", "b2: <- b0 b1", "b2: <- b0", /not known there/],
	["result type", "Return void v12", "Return void v3", /signature has i64/],
	["call", "abi=1} v2", "abi=1} v3", /signature has i64/],
	["constant", "Const i64 [-42]", "Const i8 [200]", /sign-extended/],
];
for (const [name, from, to, want] of broken) {
	test(`verifier: ${name}`, () => {
		assert.ok(sample.includes(from));
		let got: string;
		try {
			got = verify(parseFunc(sample.replace(from, to))).join("\n");
		} catch (e) {
			assert.ok(e instanceof TextError);
			got = e.message;
		}
		assert.match(got, want);
	});
}
