import assert from "node:assert/strict";
import test from "node:test";
import { newOptimizeContext, optimize } from "../compile.ts";
import { OpBoundsCheck } from "../ops.gen.ts";
import { dump, mustParse } from "../text.ts";

/** Bounds checks that are left after all passes. len is v2, known not to be negative. */
const cases: [name: string, left: number, text: string][] = [
	[
		"for i := 0; i < len; i++ { s[i] }",
		0,
		`b0:
  v3 = Const i64
  v4 = Const i64 [1]
  Plain -> b1
b1: <- b0 b2
  v5 = Phi i64 v3 v6
  v7 = Lt bool v5 v2
  If v7 -> b2 b3
b2:
  v8 = BoundsCheck void v5 v2
  v9 = PtrAdd ptr v1 v5
  v10 = Store void v9 v5
  v6 = Add i64 v5 v4
  Plain -> b1
b3:
  v20 = Return void v5
  Ret`,
	],
	[
		"for i := len-1; i >= 0; i-- { s[i] }",
		0,
		`b0:
  v3 = Const i64
  v4 = Const i64 [-1]
  v11 = Add i64 v2 v4
  Plain -> b1
b1: <- b0 b2
  v5 = Phi i64 v11 v6
  v7 = Le bool v3 v5
  If v7 -> b2 b3
b2:
  v8 = BoundsCheck void v5 v2
  v9 = PtrAdd ptr v1 v5
  v10 = Store void v9 v5
  v6 = Add i64 v5 v4
  Plain -> b1
b3:
  v20 = Return void v5
  Ret`,
	],
	[
		"for i := 1; i < len; i++ { s[i-1] }",
		0,
		`b0:
  v3 = Const i64 [1]
  Plain -> b1
b1: <- b0 b2
  v5 = Phi i64 v3 v6
  v7 = Lt bool v5 v2
  If v7 -> b2 b3
b2:
  v11 = Sub i64 v5 v3
  v8 = BoundsCheck void v11 v2
  v6 = Add i64 v5 v3
  Plain -> b1
b3:
  v20 = Return void v5
  Ret`,
	],
	[
		"s[3]; s[2]; s[i&3]",
		1,
		`b0:
  v3 = Const i64 [3]
  v4 = Const i64 [2]
  v5 = BoundsCheck void v3 v2
  v6 = BoundsCheck void v4 v2
  v7 = And i64 v2 v3
  v8 = BoundsCheck void v7 v2
  v20 = Return void v7
  Ret`,
	],
	[
		"if uint(i) < uint(len) { s[i]; s[:i] }; s[i]",
		1,
		`b0:
  v3 = Load i64 v1
  v4 = LtU bool v3 v2
  If v4 -> b1 b2
b1:
  v5 = BoundsCheck void v3 v2
  v6 = BoundsCheck void [2] v3 v2
  Plain -> b2
b2:
  v7 = BoundsCheck void v3 v2
  v20 = Return void v3
  Ret`,
	],
	[
		"binary search: h := int(uint(lo+hi) >> 1)",
		0,
		`b0:
  v3 = Const i64
  v12 = Load i64 v1
  v13 = Lt bool v12 v2
  If v13 -> b1 b3
b1:
  v4 = Le bool v3 v12
  If v4 -> b2 b3
b2:
  v6 = Const i64 [1]
  v5 = Shr i64 v12 v6
  v8 = BoundsCheck void v5 v2
  Plain -> b3
b3:
  v20 = Return void v12
  Ret`,
	],
	[
		"not removed: i+1 where i < len",
		1,
		`b0:
  v3 = Load i64 v1
  v4 = LtU bool v3 v2
  If v4 -> b1 b2
b1:
  v6 = Const i64 [1]
  v7 = Add i64 v3 v6
  v5 = BoundsCheck void v7 v2
  Plain -> b2
b2:
  v20 = Return void v3
  Ret`,
	],
];

for (const [name, left, body] of cases) {
	test(`prove: ${name}`, () => {
		const [first, ...rest] = body.split("\n");
		const f = mustParse(
			`func f(ptr r0, i64 r1) (i64 r0) stack=16 abi=1\n${first}\n  v1 = Arg ptr\n  v2 = Arg i64 [1]\n${rest.join("\n")}\n`,
		);
		f.nonNegative.add(2);
		const ctx = newOptimizeContext();
		ctx.flags.check = true;
		optimize(f, ctx);
		let n = 0;
		for (const b of f.blocks) for (const v of b.values) if (f.op[v] === OpBoundsCheck) n++;
		assert.equal(n, left, dump(f));
	});
}
