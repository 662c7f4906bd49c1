// select statements.

import { type CommClause, endPos, type Expr, Kind, Op as S, type Select, type Send, unparen } from "#syntax";
import { type Chan, type Struct, type Type } from "#types";
import { OpEq, OpLt } from "#ssa";
import { u } from "../subst.ts";
import { assign, declaredVar, exprList, isBlank, target } from "./assign.ts";
import { type Builder, Val } from "./builder.ts";
import { stableLoad } from "./chans.ts";
import { convert, expr, exprTo } from "./expr.ts";
import { declare } from "./func.ts";
import { clauseBody } from "./stmt.ts";

type Recv = Extract<Expr, { kind: typeof Kind.Unary }>;

interface Case {
	clause: CommClause;
	send: Send | null;
	recv: Recv | null;
	/** What a receive assigns to. */
	lhs: readonly Expr[];
	def: boolean;
	body: number;
	chan: number;
	elem: Type | null;
	/** Address of the value to send or of the place to receive into. */
	ptr: number;
}

export function selectStmt(b: Builder, s: Select): void {
	const after = b.newBlock();
	b.frame.targets.set(s, { brk: after, cont: -1 });
	const fallback = s.body.find((c) => c.comm === null) ?? null;
	const cases = s.body.filter((c) => c.comm !== null).map((c) => caseOf(b, c));
	b.pos = s.pos;
	if (cases.length === 0) {
		if (fallback === null) b.rt("block", []);
		else clauseBody(b, fallback, -1, after);
	} else if (cases.length === 1 && fallback === null) oneCase(b, cases[0], after);
	else if (cases.length === 1 && fallback !== null) nonBlocking(b, cases[0], fallback, after);
	else general(b, cases, fallback, after);
	b.start(after);
}

function caseOf(b: Builder, clause: CommClause): Case {
	const c: Case = { clause, send: null, recv: null, lhs: [], def: false, body: b.newBlock(), chan: 0, elem: null, ptr: 0 };
	const s = clause.comm;
	if (s === null) return c;
	if (s.kind === Kind.Send) c.send = s;
	else if (s.kind === Kind.ExprStmt) c.recv = recvOf(b, s.x);
	else if (s.kind === Kind.Assign && s.rhs !== null) {
		c.recv = recvOf(b, s.rhs);
		c.lhs = exprList(s.lhs);
		c.def = s.def;
	} else b.fail("case of select");
	return c;
}

function recvOf(b: Builder, x: Expr): Recv {
	const e = unparen(x);
	if (e.kind !== Kind.Unary || e.op !== S.Recv) return b.fail("case of select");
	return e;
}

/** Evaluates channel and value of a case. */
function operands(b: Builder, c: Case): void {
	const x = c.send !== null ? c.send.chan : (c.recv as Recv).x;
	c.chan = expr(b, x).one;
	const elem = (u(b.typeOf(x)) as Chan).elem;
	c.elem = elem;
	if (c.send !== null) {
		const v = exprTo(b, c.send.value, elem);
		c.ptr = b.spill(elem, v, ".send");
	} else if (c.lhs.some((e, i) => i === 0 && !isBlank(e))) {
		c.ptr = b.temp(elem, ".recv");
		b.zero(elem, c.ptr, 0);
	} else c.ptr = b.nil();
}

/** Assigns what was received. */
function received(b: Builder, c: Case, ok: number): void {
	const elem = c.elem as Type;
	c.lhs.forEach((e, i) => {
		if (isBlank(e)) return;
		const from = i === 0 ? elem : b.p.types.bool;
		const val = i === 0 ? stableLoad(b, elem, c.ptr) : Val.of(ok);
		const v = declaredVar(b, e, c.def);
		if (v !== null) declare(b, v, convert(b, val, from, b.varType(v)));
		else {
			const t = target(b, e);
			if (t.k !== "blank") assign(b, t, convert(b, val, from, t.type));
		}
	});
}

function runBody(b: Builder, c: Case, ok: number, after: number): void {
	b.inScope(c.clause.pos, endPos(c.clause) + 1, () => {
		b.pos = c.clause.pos;
		if (c.recv !== null) received(b, c, ok);
		clauseBody(b, c.clause, -1, after);
	});
}

function oneCase(b: Builder, c: Case, after: number): void {
	operands(b, c);
	b.pos = c.clause.pos;
	let ok = 0;
	if (c.send !== null) b.rt("chansend1", [c.chan, c.ptr]);
	else ok = b.rt1("chanrecv2", [c.chan, c.ptr]);
	runBody(b, c, ok, after);
	// The clause's block is not used: there is nothing to choose.
	b.f.blocks[c.body].kind = 4;
	b.ssa.sealBlock(c.body);
}

function nonBlocking(b: Builder, c: Case, fallback: CommClause, after: number): void {
	operands(b, c);
	b.pos = c.clause.pos;
	const no = b.newBlock();
	let ok = 0;
	if (c.send !== null) {
		const done = b.rt1("selectnbsend", [c.chan, c.ptr]);
		b.branch(done, c.body, no);
	} else {
		const r = b.rt("selectnbrecv", [c.ptr, c.chan]);
		ok = r[1];
		b.branch(r[0], c.body, no);
	}
	b.start(c.body);
	runBody(b, c, ok, after);
	b.start(no);
	clauseBody(b, fallback, -1, after);
}

function general(b: Builder, cases: Case[], fallback: CommClause | null, after: number): void {
	for (const c of cases) operands(b, c);
	const ts = b.p.types;
	const scase = b.p.rtType("runtime", "scase");
	const st = u(scase) as Struct;
	const n = cases.length;
	const arr = ts.arrayOf(scase, n);
	const order = ts.arrayOf(ts.basic(9), 2 * n);
	const cas = b.temp(arr, ".cases");
	const ord = b.temp(order, ".order");
	const size = b.layout.size(scase);
	// Sends come first, receives fill from the end.
	const sends = cases.filter((c) => c.send !== null);
	const recvs = cases.filter((c) => c.send === null);
	const list = [...sends, ...recvs.slice().reverse()];
	list.forEach((c, i) => {
		b.store(cas, i * size + b.layout.fieldOffset(st, 0), c.chan);
		b.store(cas, i * size + b.layout.fieldOffset(st, 1), c.ptr);
	});
	const r = b.rt("selectgo", [cas, ord, b.nil(), b.i64(sends.length), b.i64(recvs.length), b.bool(fallback === null)]);
	if (fallback !== null) {
		const no = b.newBlock();
		const some = b.newBlock();
		b.branch(b.cmp(OpLt, r[0], b.i64(0)), no, some);
		b.start(no);
		clauseBody(b, fallback, -1, after);
		b.start(some);
	}
	list.forEach((c, i) => {
		if (i === n - 1) {
			b.jump(c.body);
			return;
		}
		const next = b.newBlock();
		b.branch(b.cmp(OpEq, r[0], b.i64(i)), c.body, next);
		b.start(next);
	});
	for (const c of list) {
		b.start(c.body);
		runBody(b, c, r[1], after);
	}
}
