import assert from "node:assert/strict";
import test from "node:test";
import { SsaBuilder } from "../braun.ts";
import { BlockKind, Func } from "../func.ts";
import { OpAdd, OpConst, OpLt, OpNop, OpPhi, OpReturn } from "../ops.gen.ts";
import { T } from "../types.ts";

const newFunc = (): Func => new Func("t", { args: [], results: [{ type: T.I64, reg: 0, off: -1 }], stackSize: 0, abi: 1 }, 0);

test("loop with one changing and one constant variable", () => {
	const f = newFunc();
	const s = new SsaBuilder(f);
	const entry = f.newBlock();
	const head = f.newBlock();
	const body = f.newBlock();
	const done = f.newBlock();
	s.sealBlock(entry);
	const x = s.newVar(T.I64);
	const n = s.newVar(T.I64);
	s.write(x, entry, f.newValue(entry, OpConst, T.I64, []));
	s.write(n, entry, f.newValue(entry, OpConst, T.I64, [], 10n));
	f.blocks[entry].kind = BlockKind.Plain;
	f.addEdge(entry, head);
	f.blocks[head].control = f.newValue(head, OpLt, T.Bool, [s.read(x, head), s.read(n, head)]);
	f.blocks[head].kind = BlockKind.If;
	f.addEdge(head, body);
	f.addEdge(head, done);
	s.sealBlock(body);
	s.sealBlock(done);
	const one = f.newValue(body, OpConst, T.I64, [], 1n);
	s.write(x, body, f.newValue(body, OpAdd, T.I64, [s.read(x, body), one]));
	f.blocks[body].kind = BlockKind.Plain;
	f.addEdge(body, head);
	s.sealBlock(head);
	f.newValue(done, OpReturn, T.Void, [s.read(x, done)]);
	f.blocks[done].kind = BlockKind.Ret;
	s.finish();
	const phis = f.blocks[head].values.filter((v) => f.op[v] === OpPhi);
	assert.equal(phis.length, 1);
	assert.equal(f.arg(f.blocks[head].control, 0), phis[0]);
	assert.equal(f.op[f.arg(f.blocks[head].control, 1)], OpConst);
	assert.equal(f.arg(f.blocks[done].values[0], 0), phis[0]);
});

test("a chain of 20,000 joins does not overflow and leaves no phi", () => {
	const f = newFunc();
	const s = new SsaBuilder(f);
	let b = f.newBlock();
	s.sealBlock(b);
	const x = s.newVar(T.I64);
	const c = f.newValue(b, OpConst, T.I64, [], 7n);
	s.write(x, b, c);
	for (let i = 0; i < 20_000; i++) {
		const l = f.newBlock();
		const r = f.newBlock();
		const j = f.newBlock();
		f.blocks[b].kind = BlockKind.If;
		f.addEdge(b, l);
		f.addEdge(b, r);
		f.addEdge(l, j);
		f.addEdge(r, j);
		for (const k of [l, r, j]) s.sealBlock(k);
		b = j;
	}
	assert.equal(s.read(x, b), c);
	s.finish();
	assert.ok(f.blocks.every((k) => k.values.every((v) => f.op[v] !== OpPhi && f.op[v] !== OpNop)));
});

test("undefined reads are zero in the entry block", () => {
	const f = newFunc();
	const s = new SsaBuilder(f);
	const b = f.newBlock();
	s.sealBlock(b);
	const v = s.read(s.newVar(T.F64), b);
	f.newValue(b, OpReturn, T.Void, [v]);
	f.blocks[b].kind = BlockKind.Ret;
	s.finish();
	assert.equal(f.blocks[0].values[0], v);
});
