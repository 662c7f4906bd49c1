// Expression switches and type switches.

import { compare as compareValues, stringVal } from "#constant";
import { type CaseClause, endPos, type Expr, Kind, type Switch, type TypeSwitchGuard } from "#syntax";
import { type Type, TypeKind, ObjKind } from "#types";
import { BlockKind, OpEq, OpLt, OpLtU, OpSub, T, OpSignExt, OpZeroExt, sizeOfT } from "#ssa";
import { isInterface, isIntegerType, isString, isUnsigned, isUntyped } from "../subst.ts";
import { exprList } from "./assign.ts";
import { type Builder, Val } from "./builder.ts";
import { defaultType } from "./const.ts";
import { equal, memequal } from "./compare.ts";
import { cond, convert, expr, exprTo } from "./expr.ts";
import { declare } from "./func.ts";
import { assertToIface, itabOrType, typeWordOf, unpackData } from "./iface.ts";
import { clauseBody, stmt } from "./stmt.ts";
import { bytesAsString } from "./strings.ts";

export function switchStmt(b: Builder, s: Switch): void {
	if (s.init !== null) stmt(b, s.init);
	if (s.tag !== null && s.tag.kind === Kind.TypeSwitchGuard) typeSwitch(b, s, s.tag);
	else if (s.tag === null) boolSwitch(b, s);
	else tagSwitch(b, s, s.tag);
}

interface Shape {
	/** Block of each clause's body. */
	bodies: number[];
	after: number;
	/** Where to go when nothing matches. */
	fallback: number;
}

function shapeOf(b: Builder, s: Switch): Shape {
	const after = b.newBlock();
	const bodies = s.body.map(() => b.newBlock());
	const d = s.body.findIndex((c) => c.cases === null);
	b.frame.targets.set(s, { brk: after, cont: -1 });
	return { bodies, after, fallback: d < 0 ? after : bodies[d] };
}

/** Builds the bodies; fallthrough goes to the next one. */
function bodies(b: Builder, s: Switch, sh: Shape): void {
	s.body.forEach((c, i) => {
		b.start(sh.bodies[i]);
		b.inScope(c.pos, endPos(c) + 1, () => clauseBody(b, c, i + 1 < sh.bodies.length ? sh.bodies[i + 1] : -1, sh.after));
	});
	b.start(sh.after);
}

function boolSwitch(b: Builder, s: Switch): void {
	const sh = shapeOf(b, s);
	s.body.forEach((c, i) => {
		for (const e of exprList(c.cases)) {
			const next = b.newBlock();
			b.pos = e.pos;
			if (isInterface(b.typeOf(e))) b.branch(caseEqual(b, b.p.types.bool, Val.of(b.bool(true)), e), sh.bodies[i], next);
			else cond(b, e, sh.bodies[i], next);
			b.start(next);
		}
	});
	b.jump(sh.fallback);
	bodies(b, s, sh);
}

function tagSwitch(b: Builder, s: Switch, tag: Expr): void {
	let t = b.typeOf(tag);
	if (isUntyped(t)) t = defaultType(b, t);
	const known = knownClause(b, s, tag);
	if (known !== null) {
		const sh = shapeOf(b, s);
		b.jump(known < 0 ? sh.fallback : sh.bodies[known]);
		bodies(b, s, sh);
		return;
	}
	const lend = isString(t) && s.body.every((c) => exprList(c.cases).every((e) => b.p.build.info.types.get(e)?.value != null));
	const x = (lend ? bytesAsString(b, tag) : null) ?? b.stabilise(t, exprTo(b, tag, t));
	const sh = shapeOf(b, s);
	if (isString(t) && stringSwitch(b, s, sh, x)) {
		bodies(b, s, sh);
		return;
	}
	if (isIntegerType(t) && constSwitch(b, s, sh, t, x.one)) {
		bodies(b, s, sh);
		return;
	}
	s.body.forEach((c, i) => {
		for (const e of exprList(c.cases)) {
			const next = b.newBlock();
			b.pos = e.pos;
			b.branch(caseEqual(b, t, x, e), sh.bodies[i], next);
			b.start(next);
		}
	});
	b.jump(sh.fallback);
	bodies(b, s, sh);
}

/** The clause that a constant tag chooses among constant cases; -1 = none of them, null = not known. */
function knownClause(b: Builder, s: Switch, tag: Expr): number | null {
	const { types } = b.p.build.info;
	const v = types.get(tag)?.value ?? null;
	if (v === null || b.noOpt) return null;
	for (let i = 0; i < s.body.length; i++) {
		for (const e of exprList(s.body[i].cases)) {
			const c = types.get(e)?.value ?? null;
			if (c === null) return null;
			if (compareValues(v, "==", c)) return i;
		}
	}
	return -1;
}

/** tag == case, whose types may be an interface and a concrete type. */
function caseEqual(b: Builder, t: Type, x: Val, e: Expr): number {
	const tv = b.p.build.info.types.get(e);
	if (tv !== undefined && tv.mode === 8) return b.isNil(x.part(0));
	let et = b.typeOf(e);
	if (isUntyped(et)) et = isInterface(t) ? defaultType(b, et) : t;
	if (isInterface(t) && !isInterface(et)) {
		const v = b.stabilise(et, exprTo(b, e, et));
		return b.choose(
			b.cmp(OpEq, x.part(0), itabOrType(b, et, t)),
			[T.Bool],
			() => [equal(b, et, unpackData(b, et, x.part(1)), v)],
			() => [b.bool(false)],
		)[0];
	}
	if (!isInterface(t) && isInterface(et)) {
		const v = expr(b, e);
		return b.choose(
			b.cmp(OpEq, v.part(0), itabOrType(b, t, et)),
			[T.Bool],
			() => [equal(b, t, unpackData(b, t, v.part(1)), x)],
			() => [b.bool(false)],
		)[0];
	}
	return equal(b, t, x, convert(b, exprTo(b, e, et), et, t));
}

/** Integer switches over constants: binary search, jump table when dense. False when some case is not constant. */
function constSwitch(b: Builder, s: Switch, sh: Shape, t: Type, x: number): boolean {
	const rows: Row[] = [];
	const seen = new Set<bigint>();
	for (let i = 0; i < s.body.length; i++) {
		for (const e of exprList(s.body[i].cases)) {
			const tv = b.p.build.info.types.get(e);
			if (tv?.value == null) return false;
			const c = b.constOf(exprTo(b, e, t).one);
			if (c === null) return false;
			if (!seen.has(c)) rows.push({ v: c, to: sh.bodies[i] });
			seen.add(c);
		}
	}
	const unsigned = isUnsigned(t);
	let mt = b.layout.scalar(t);
	if (rows.length >= TableMin && mt !== T.I64) {
		// Jump tables want an index of 64 bits.
		const bits = sizeOfT[mt] * 8;
		x = b.v(unsigned ? OpZeroExt : OpSignExt, T.I64, [x]);
		if (unsigned) for (const r of rows) r.v = BigInt.asUintN(bits, r.v);
		mt = T.I64;
	}
	intSearch(b, rows, x, mt, unsigned, sh.fallback);
	return true;
}

interface Row {
	v: bigint;
	to: number;
}

/** Goes to the row with the value of x, or to fallback. */
function intSearch(b: Builder, rows: Row[], x: number, mt: T, unsigned: boolean, fallback: number): void {
	const key = (v: bigint): bigint => (unsigned ? BigInt.asUintN(64, v) : v);
	rows.sort((p, q) => (key(p.v) < key(q.v) ? -1 : 1));
	search(b, rows, 0, rows.length, x, mt, unsigned, fallback);
}

/** String switches over constants: by length, then by content. False when there are few cases or not all are constant. */
function stringSwitch(b: Builder, s: Switch, sh: Shape, x: Val): boolean {
	const byLen = new Map<number, { e: Expr; to: number }[]>();
	let n = 0;
	for (let i = 0; i < s.body.length; i++) {
		for (const e of exprList(s.body[i].cases)) {
			const v = b.p.build.info.types.get(e)?.value ?? null;
			if (v === null) return false;
			const len = stringVal(v).length;
			const list = byLen.get(len);
			if (list === undefined) byLen.set(len, [{ e, to: sh.bodies[i] }]);
			else list.push({ e, to: sh.bodies[i] });
			n++;
		}
	}
	if (n < TableMin) return false;
	const rows: Row[] = [];
	const tests: { blk: number; list: { e: Expr; to: number }[] }[] = [];
	for (const [len, list] of byLen) {
		const blk = b.newBlock();
		rows.push({ v: BigInt(len), to: blk });
		tests.push({ blk, list });
	}
	intSearch(b, rows, x.part(1), T.I64, false, sh.fallback);
	for (const { blk, list } of tests) {
		b.start(blk);
		for (const { e, to } of list) {
			const c = exprTo(b, e, b.p.types.string);
			b.pos = e.pos;
			const next = b.newBlock();
			const same = b.constOf(c.part(1)) === 0n ? b.bool(true) : memequal(b, x.part(0), c.part(0), c.part(1));
			b.branch(same, to, next);
			b.start(next);
		}
		b.jump(sh.fallback);
	}
	return true;
}

const TableMin = 8;

function search(
	b: Builder,
	rows: readonly { v: bigint; to: number }[],
	lo: number,
	hi: number,
	x: number,
	mt: T,
	unsigned: boolean,
	fallback: number,
): void {
	const n = hi - lo;
	if (n <= 4) {
		for (let i = lo; i < hi; i++) {
			const next = b.newBlock();
			b.branch(b.cmp(OpEq, x, b.int(mt, rows[i].v)), rows[i].to, next);
			b.start(next);
		}
		b.jump(fallback);
		return;
	}
	if (n >= TableMin && mt === T.I64 && jumpTable(b, rows, lo, hi, x, mt, fallback)) return;
	const mid = (lo + hi) >> 1;
	const left = b.newBlock();
	const right = b.newBlock();
	b.branch(b.cmp(unsigned ? OpLtU : OpLt, x, b.int(mt, rows[mid].v)), left, right);
	b.start(left);
	search(b, rows, lo, mid, x, mt, unsigned, fallback);
	b.start(right);
	search(b, rows, mid, hi, x, mt, unsigned, fallback);
}

function jumpTable(
	b: Builder,
	rows: readonly { v: bigint; to: number }[],
	lo: number,
	hi: number,
	x: number,
	mt: T,
	fallback: number,
): boolean {
	const min = rows[lo].v;
	const span = rows[hi - 1].v - min + 1n;
	if (span <= 0n || span > BigInt(hi - lo) * 8n || span > 1024n || b.dead) return false;
	const idx = b.v(OpSub, mt, [x, b.int(mt, min)]);
	const table = b.newBlock();
	b.branch(b.cmp(OpLtU, idx, b.int(mt, span)), table, fallback);
	b.start(table);
	const blk = b.f.blocks[b.cur];
	blk.kind = BlockKind.JumpTable;
	blk.control = idx;
	blk.pos = b.pos;
	blk.inl = b.inl;
	const at = new Map<bigint, number>();
	for (let i = lo; i < hi; i++) at.set(rows[i].v, rows[i].to);
	for (let k = 0n; k < span; k++) b.f.addEdge(b.cur, at.get(min + k) ?? fallback);
	b.die();
	return true;
}

function typeSwitch(b: Builder, s: Switch, g: TypeSwitchGuard): void {
	const xt = b.typeOf(g.x);
	const x = expr(b, g.x);
	const sh = shapeOf(b, s);
	const word = x.part(0);
	const typ = lazily(() => typeWordOf(b, xt, word));
	if (needsType(b, s, xt)) typ();
	/** Values that single-type clauses bind, taken at the match. */
	const bound: (Val | null)[] = s.body.map(() => null);
	s.body.forEach((c, i) => {
		const cases = exprList(c.cases);
		for (const e of cases) {
			const next = b.newBlock();
			b.pos = e.pos;
			const v = testCase(b, e, xt, x, typ, sh.bodies[i], next);
			if (cases.length === 1) bound[i] = v;
			b.start(next);
		}
	});
	b.jump(sh.fallback);
	s.body.forEach((c, i) => {
		b.start(sh.bodies[i]);
		b.inScope(c.pos, endPos(c) + 1, () => {
			b.pos = c.pos;
			bindClause(b, c, g, x, xt, bound[i]);
			clauseBody(b, c, -1, sh.after);
		});
	});
	b.start(sh.after);
}

function lazily(f: () => number): () => number {
	let v = 0;
	return () => {
		if (v === 0) v = f();
		return v;
	};
}

/** Whether some case asks for an interface type: then the type word is read first, where it dominates all cases. */
function needsType(b: Builder, s: Switch, _xt: Type): boolean {
	for (const c of s.body) {
		for (const e of exprList(c.cases)) {
			const tv = b.p.build.info.types.get(e);
			if (tv !== undefined && tv.mode === 3 && isInterface(b.subst(tv.type))) return true;
		}
	}
	return false;
}

/** Branches to `yes` if x has the type; gives the value as that type where it is an interface. */
function testCase(b: Builder, e: Expr, xt: Type, x: Val, typ: () => number, yes: number, no: number): Val | null {
	const tv = b.p.build.info.types.get(e);
	if (tv === undefined || tv.mode === 8 || (tv.type.kind === TypeKind.Basic && tv.type.basic === 25)) {
		b.branch(b.isNil(x.part(0)), yes, no);
		return null;
	}
	const t = b.subst(tv.type);
	if (!isInterface(t)) {
		b.branch(b.cmp(OpEq, x.part(0), itabOrType(b, t, xt)), yes, no);
		return null;
	}
	const eface = Val.of(typ(), x.part(1));
	const r = assertToIface(b, eface, b.p.types.emptyIface, t, true);
	b.branch(r.ok, yes, no);
	return r.val;
}

function bindClause(b: Builder, c: CaseClause, g: TypeSwitchGuard, x: Val, xt: Type, bound: Val | null): void {
	if (g.lhs === null) return;
	const v = b.p.build.info.implicits.get(c);
	if (v === undefined || v.kind !== ObjKind.Var) return;
	const cases = exprList(c.cases);
	const t = b.varType(v);
	let val = x;
	if (cases.length === 1 && !isInterface(t)) val = unpackData(b, t, x.part(1));
	else if (cases.length === 1 && bound !== null) val = bound;
	else val = convert(b, x, xt, t);
	declare(b, v, val);
}
