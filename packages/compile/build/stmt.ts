// Statements.

import {
	type Block,
	type Branch,
	endPos,
	type Expr,
	type For,
	type If,
	Kind,
	type Labeled,
	type Node,
	Op as S,
	type Return,
	type Stmt,
	unparen,
	walk,
} from "#syntax";
import { ABIInternal } from "#object";
import { OpCall, type SymRef, T } from "#ssa";
import { ObjKind, type Type, type Var } from "#types";
import type { FuncInst } from "../program.ts";
import { recvStmt, sendStmt } from "./chans.ts";
import { assignStmt, declStmt } from "./assign.ts";
import type { Builder, Val } from "./builder.ts";
import { callExpr } from "./call.ts";
import { deferStmt, goStmt } from "./defer.ts";
import { cond, convert, expr, exprTo, multiExpr } from "./expr.ts";
import { declare, returnNow, setResults } from "./func.ts";
import { callsFirst } from "./order.ts";
import { readPlace, locPlace } from "./place.ts";
import { rangeStmt } from "./range.ts";
import { selectStmt } from "./select.ts";
import { switchStmt } from "./switch.ts";

export function block(b: Builder, list: readonly Stmt[]): void {
	for (const s of list) stmt(b, s);
}

/** The statements of a block that is part of another statement. */
export function scoped(b: Builder, s: Block): void {
	b.inScope(s.pos, s.rbrace + 1, () => block(b, s.list));
}

/** Calls the function that fills a package-level map without asking for it: whatever refers to the map does. */
function callMapInit(b: Builder, fill: FuncInst): void {
	const target: SymRef = { name: fill.name, abi: ABIInternal };
	b.v(OpCall, T.Void, [], 0n, b.f.newAux({ target, sig: b.p.abiOf(fill.sig).sig, noreturn: false }));
}

export function stmt(b: Builder, s: Stmt): void {
	if (b.dead && !hasGoto(b)) return;
	b.pos = s.pos;
	switch (s.kind) {
		case Kind.Empty: {
			const fill = b.p.mapInitCalls.get(s);
			if (fill !== undefined) callMapInit(b, fill);
			return;
		}
		case Kind.Labeled:
			labeled(b, s);
			return;
		case Kind.Block:
			b.inScope(s.pos, s.rbrace + 1, () => block(b, s.list));
			return;
		case Kind.ExprStmt:
			exprStmt(b, s.x);
			return;
		case Kind.Send:
			sendStmt(b, s);
			return;
		case Kind.DeclStmt:
			declStmt(b, s);
			return;
		case Kind.Assign:
			assignStmt(b, s);
			return;
		case Kind.Branch:
			branch(b, s);
			return;
		case Kind.CallStmt:
			if (s.tok === "go") goStmt(b, s);
			else deferStmt(b, s);
			return;
		case Kind.Return:
			returnStmt(b, s);
			return;
		case Kind.If:
			b.inScope(s.pos, endPos(s) + 1, () => ifStmt(b, s));
			return;
		case Kind.For:
			b.inScope(s.pos, s.body.rbrace + 1, () => {
				if (s.init !== null && s.init.kind === Kind.RangeClause) rangeStmt(b, s, s.init);
				else forStmt(b, s);
			});
			return;
		case Kind.Switch:
			b.inScope(s.pos, s.rbrace + 1, () => switchStmt(b, s));
			return;
		case Kind.Select:
			selectStmt(b, s);
			return;
	}
}

/** In functions with goto, code that seems dead may be reached later; it is built like any other, and dropped if it was dead. */
function hasGoto(b: Builder): boolean {
	const f = b.frame;
	if (f.hasGoto === null) {
		f.hasGoto = false;
		const body = b.p.bodyOf(f.fn);
		if (body !== null) {
			walk(body, (n: Node) => {
				if (n.kind === Kind.Branch && n.tok === "goto") f.hasGoto = true;
				return f.hasGoto === false && n.kind !== Kind.FuncLit;
			});
		}
	}
	return f.hasGoto;
}

function exprStmt(b: Builder, x: Expr): void {
	const e = unparen(x);
	if (e.kind === Kind.Call) callExpr(b, e);
	else if (e.kind === Kind.Unary && e.op === S.Recv) recvStmt(b, e);
	else expr(b, e);
}

/** The block of a label; made at the label or at the first goto, sealed when the function ends. */
export function labelBlock(b: Builder, s: Stmt): number {
	let blk = b.frame.labels.get(s);
	if (blk === undefined) {
		blk = b.newBlock();
		b.frame.labels.set(s, blk);
	}
	return blk;
}

function labeled(b: Builder, s: Labeled): void {
	const blk = labelBlock(b, s);
	b.jump(blk);
	b.start(blk, false);
	stmt(b, s.stmt);
}

function branch(b: Builder, s: Branch): void {
	if (s.tok === "goto") {
		if (s.target === null) return b.fail("goto without target");
		if (b.frame.rangeBody?.leavesTo(b, s.target) === true) return b.frame.rangeBody.branchOut(b, s);
		b.jump(labelBlock(b, s.target));
		return;
	}
	if (s.tok === "fallthrough") {
		const to = b.frame.fallthroughTo;
		if (to < 0) return b.fail("fallthrough without next case");
		b.jump(to);
		return;
	}
	const target = s.target === null ? null : s.target.kind === Kind.Labeled ? s.target.stmt : s.target;
	const t = target === null ? undefined : b.frame.targets.get(target);
	if (t === undefined) {
		if (b.frame.rangeBody !== null) return b.frame.rangeBody.branchOut(b, s);
		return b.fail(`${s.tok} without target`);
	}
	b.jump(s.tok === "break" ? t.brk : t.cont);
}

function returnStmt(b: Builder, s: Return): void {
	if (b.frame.rangeBody !== null) {
		b.frame.rangeBody.returnOut(b, s);
		return;
	}
	const vals = returnValues(
		b,
		s,
		b.frame.results.map((r) => r.type),
	);
	if (vals !== null) setResults(b, vals);
	b.pos = s.pos;
	returnNow(b);
}

/** The values of a return statement converted to the result types; null for a bare return. */
export function returnValues(b: Builder, s: Return, types: readonly Type[]): Val[] | null {
	if (s.results === null) return null;
	const list = s.results.kind === Kind.ListExpr ? s.results.list : [s.results];
	if (list.length === 1 && types.length !== 1) {
		const m = multiExpr(b, list[0]);
		return m.vals.map((v, i) => convert(b, v, m.types[i], types[i]));
	}
	callsFirst(b, list, types);
	return list.map((e, i) => {
		const v = exprTo(b, e, types[i]);
		return list.length > 1 ? b.stabilise(types[i], v) : v;
	});
}

function ifStmt(b: Builder, s: If): void {
	if (s.init !== null) stmt(b, s.init);
	const yes = b.newBlock();
	const after = b.newBlock();
	const no = s.elseStmt === null ? after : b.newBlock();
	cond(b, s.cond, yes, no);
	b.start(yes);
	scoped(b, s.thenBlock);
	b.jump(after);
	if (s.elseStmt !== null) {
		b.start(no);
		stmt(b, s.elseStmt);
		b.jump(after);
	}
	b.start(after);
}

/** Files of Go 1.22 and later make loop variables anew for each iteration. */
export function perIteration(b: Builder): boolean {
	const m = /^go1\.(\d+)/.exec(b.p.build.info.fileVersions.get(b.frame.fn.file) ?? "");
	return m === null || Number(m[1]) >= 22;
}

function forStmt(b: Builder, s: For): void {
	if (s.init !== null && s.init.kind !== Kind.RangeClause) stmt(b, s.init);
	const vars = s.init !== null && s.init.kind === Kind.Assign && s.init.def && perIteration(b) ? definedVars(b, s.init.lhs) : [];
	const head = b.newBlock();
	const body = b.newBlock();
	const cont = b.newBlock();
	const after = b.newBlock();
	b.frame.targets.set(s, { brk: after, cont });
	b.jump(head);
	b.start(head, false);
	if (s.cond !== null) {
		b.pos = s.cond.pos;
		cond(b, s.cond, body, after, 1);
	} else b.jump(body);
	b.start(body);
	scoped(b, s.body);
	b.jump(cont);
	b.start(cont);
	for (const v of vars) renew(b, v);
	if (s.post !== null) stmt(b, s.post);
	b.jump(head);
	b.ssa.sealBlock(head);
	b.start(after);
}

/** Variables that a definition declares. */
export function definedVars(b: Builder, lhs: Expr): Var[] {
	const out: Var[] = [];
	for (const e of lhs.kind === Kind.ListExpr ? lhs.list : [lhs]) {
		if (e.kind !== Kind.Name) continue;
		const obj = b.p.build.info.defs.get(e);
		if (obj !== undefined && obj !== null && obj.kind === ObjKind.Var) out.push(obj);
	}
	return out;
}

/** The next iteration's variable starts with this one's value. */
function renew(b: Builder, v: Var): void {
	const l = b.frame.vars.get(v);
	if (l === undefined || l.k !== "ptr" || b.dead) return;
	const old = readPlace(b, locPlace(b, l));
	const ptr = l.ptr;
	const loc = declare(b, v, old);
	if (loc.k !== "ptr") return;
	b.ssa.write(ptr, b.cur, b.ssa.read(loc.ptr, b.cur));
	if (l.shown !== undefined) b.store(b.slotAddr(l.shown), 0, b.ssa.read(ptr, b.cur));
	b.frame.vars.set(v, l);
}

/** Runs the body of a case clause; the next clause for fallthrough. */
export function clauseBody(b: Builder, c: { body: readonly Stmt[] }, next: number, after: number): void {
	const saved = b.frame.fallthroughTo;
	b.frame.fallthroughTo = next;
	block(b, c.body);
	b.frame.fallthroughTo = saved;
	b.jump(after);
}
