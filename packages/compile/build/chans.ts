// Channels: make, send, receive, close. Select is in select.ts.

import { type Call, type Expr, Kind, type Send } from "#syntax";
import { type Chan, type Type } from "#types";
import { u } from "../subst.ts";
import { type Builder, Val } from "./builder.ts";
import { expr, exprTo } from "./expr.ts";
import { callsFirst } from "./order.ts";
import { indexValue } from "./slices.ts";

export function makeChan(b: Builder, e: Call): Val {
	const t = b.typeOf(e);
	const n = e.args.length > 1 ? indexValue(b, e.args[1]).v : b.i64(0);
	b.pos = e.pos;
	return Val.of(b.rt1("makechan", [b.typeWord(t), n]));
}

export function closeChan(b: Builder, e: Call): void {
	const c = expr(b, e.args[0]).one;
	b.pos = e.pos;
	b.rt("closechan", [c]);
}

function elemOf(b: Builder, x: Expr): Type {
	return (u(b.typeOf(x)) as Chan).elem;
}

export function sendStmt(b: Builder, s: Send): void {
	const t = elemOf(b, s.chan);
	callsFirst(b, [s.chan, s.value], [null, t]);
	const c = expr(b, s.chan).one;
	const v = exprTo(b, s.value, t);
	b.pos = s.pos;
	b.rt("chansend1", [c, b.inMemory(t, v)]);
}

/** <-c: the value, and with commaOk whether it was sent. */
export function recvExpr(b: Builder, e: Extract<Expr, { kind: typeof Kind.Unary }>, commaOk: boolean): Val[] {
	const c = expr(b, e.x).one;
	const t = elemOf(b, e.x);
	b.pos = e.pos;
	const tmp = b.temp(t, ".recv");
	b.zero(t, tmp, 0);
	if (!commaOk) {
		b.rt("chanrecv1", [c, tmp]);
		return [stableLoad(b, t, tmp)];
	}
	const ok = b.rt1("chanrecv2", [c, tmp]);
	return [stableLoad(b, t, tmp), Val.of(ok)];
}

/** The content of a temporary that is not written again. */
export function stableLoad(b: Builder, t: Type, tmp: number): Val {
	return b.layout.isSsa(t) ? b.loadVal(t, tmp, 0) : Val.mem(tmp, 0, true);
}

export function recvStmt(b: Builder, e: Extract<Expr, { kind: typeof Kind.Unary }>): void {
	const c = expr(b, e.x).one;
	b.pos = e.pos;
	b.rt("chanrecv1", [c, b.nil()]);
}
