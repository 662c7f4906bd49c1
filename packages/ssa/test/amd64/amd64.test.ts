import assert from "node:assert/strict";
import { test } from "node:test";
import { FragmentBuilder, SymKind } from "#object";
import { compileFunc } from "../../arch/amd64/function.ts";
import { mustParse } from "../../text.ts";
import { checkSeeds } from "./check.ts";
import { Native } from "./native.ts";

const here = process.platform === "linux" && process.arch === "x64";
const skip = here ? false : "runs amd64 code on linux";

const modes = [
	["arithmetic", { calls: false, slots: false, floats: false, optimize: false }],
	["floats", { calls: false, slots: false, floats: true, optimize: false }],
	["memory", { calls: false, slots: true, floats: false, optimize: false }],
	["calls", { calls: true, slots: false, floats: false, optimize: false }],
	["everything", { calls: true, slots: true, floats: true, optimize: false }],
	["optimised", { calls: true, slots: true, floats: true, optimize: true }],
] as const;

for (const [name, opt] of modes) {
	for (const statements of [6, 60]) {
		test(`random functions, ${name}, ${statements} statements`, { skip }, () => {
			const r = checkSeeds(1, 40, { ...opt, statements });
			const m = r.bad[0];
			assert.equal(r.bad.length, 0, m && `seed ${m.seed}: result ${m.result} is ${m.got}, want ${m.want}\n${m.text}`);
		});
	}
}

/** Runs one function of SSA text with integer arguments. */
function run(text: string, ...cases: bigint[][]): bigint[][] {
	const f = mustParse(text);
	const nat = new Native();
	nat.add(f);
	return nat.run(cases.map((args) => ({ func: f.name, sig: f.sig, args })));
}

test("a swap of loop variables", { skip }, () => {
	const text = `func swap(i64 r0 +0, i64 r1 +8, i64 r2 +16) (i64 r0, i64 r1) stack=24 abi=1
b0: <-
  v1 = Arg i64
  v2 = Arg i64 [1]
  v3 = Arg i64 [2]
  v4 = Const i64
  v5 = Const i64 [1]
  Plain -> b1
b1: <- b0 b2
  v6 = Phi i64 v1 v7
  v7 = Phi i64 v2 v6
  v8 = Phi i64 v3 v10
  v9 = Lt bool v4 v8
  If v9 -> b2 b3
b2: <- b1
  v10 = Sub i64 v8 v5
  Plain -> b1
b3: <- b1
  v11 = Return void v6 v7
  Ret
`;
	assert.deepEqual(run(text, [1n, 2n, 3n], [1n, 2n, 4n]), [
		[2n, 1n],
		[1n, 2n],
	]);
});

test("a jump table", { skip }, () => {
	const text = `func jt(i64 r0 +0) (i64 r0) stack=8 abi=1
b0: <-
  v1 = Arg i64
  v2 = Const i64 [3]
  v3 = And i64 v1 v2
  JumpTable v3 -> b1 b2 b3 b2
b1: <- b0
  v4 = Const i64 [10]
  v5 = Return void v4
  Ret
b2: <- b0 b0
  v6 = Const i64 [20]
  v7 = Return void v6
  Ret
b3: <- b0
  v8 = Const i64 [30]
  v9 = Return void v8
  Ret
`;
	assert.deepEqual(run(text, [0n], [1n], [2n], [3n]), [[10n], [20n], [30n], [20n]]);
});

const withCall = `func g(ptr r0 +0, i64 r1 +8) (ptr r0) stack=16 abi=1 pos=32
b0: <-
  v1 = Arg ptr
  v2 = Arg i64 [1]
  v3 = Call void {call other 1 () () stack=0 abi=1} @48
  v4 = Const i64 [40]
  v5 = BoundsCheck void [256] v2 v4 @64
  v6 = Return void v1 @80
  Ret
`;

function compiled(text: string): FragmentBuilder {
	const fb = new FragmentBuilder("x");
	compileFunc(mustParse(text), { position: (pos) => ({ file: "x.go", line: pos >> 4 }) }, fb);
	return fb;
}

/** Runs of a pc-value table as [pc, value]. */
function decode(b: Uint8Array): [number, number][] {
	const out: [number, number][] = [];
	let i = 0;
	let pc = 0;
	let v = -1;
	const uvarint = (): number => {
		let x = 0;
		for (let s = 1; ; s *= 128) {
			const c = b[i++];
			x += (c & 127) * s;
			if (c < 128) return x;
		}
	};
	while (b[i] !== 0 || out.length === 0) {
		const d = uvarint();
		v += (d & 1) === 1 ? -((d + 1) / 2) : d / 2;
		out.push([pc, v]);
		pc += uvarint();
	}
	return out;
}

test("metadata of a function with a call", () => {
	const fb = compiled(withCall);
	const { syms } = fb.fragment;
	const text = syms.find((s) => s.kind === SymKind.Text);
	const info = text?.func;
	assert.ok(text && info);
	// the frame is empty but for the saved frame pointer: arguments live in their own places
	assert.equal(info.locals, 8);
	assert.equal(info.args, 16);
	const deltas = decode(info.pcsp).map(([, v]) => v);
	assert.deepEqual(deltas, [0, 8, 0, 8, 0]);
	// the pointer is in the argument map at entry and at the call; nothing lives at the failing check
	const args = syms.find((s) => s.name === info.funcdata[0]);
	assert.deepEqual([...(args?.data ?? [])], [2, 0, 0, 0, 1, 0, 0, 0, 1, 0]);
	// index in AX .. R15 or constant, length 40 in a register: code 0
	const bounds = decode(info.pcdata[4]).filter(([, v]) => v >= 0);
	assert.equal(bounds.length, 1);
	assert.equal(bounds[0][1] % 9, 0);
	assert.equal(info.startLine, 2);
	assert.deepEqual([...new Set(decode(info.pcln).map(([, v]) => v))].sort(), [0, 1, 2, 3]);
});

test("calls of the stack ABI restore g and the zero register", () => {
	const fb = compiled(withCall.replace("call other 1", "call other 0").replace("stack=0 abi=1}", "stack=0 abi=0}"));
	const code = fb.fragment.syms.find((s) => s.kind === SymKind.Text)?.data ?? new Uint8Array();
	const hex = [...code].map((b) => b.toString(16).padStart(2, "0")).join("");
	// call; mov r14, fs:-8; xorps x15, x15
	assert.match(hex, /e8000000006 ?44c8b3425f8ffffff450f57ff/);
});

test("a function of many values compiles in linear time", () => {
	const lines = ["func big(i64 r0 +0) (i64 r0) stack=8 abi=1", "b0: <-", "  v1 = Arg i64"];
	const n = 30000;
	for (let v = 2; v < n; v++) lines.push(`  v${v} = ${v % 3 === 0 ? "Mul" : "Xor"} i64 v${v - 1} v${Math.max(1, v - 1 - (v % 40))}`);
	lines.push(`  v${n} = Return void v${n - 1}`, "  Ret", "");
	const f = mustParse(lines.join("\n"));
	const start = performance.now();
	compileFunc(f, { position: () => ({ file: "x.go", line: 1 }) }, new FragmentBuilder("x"));
	assert.ok(performance.now() - start < 3000);
});
