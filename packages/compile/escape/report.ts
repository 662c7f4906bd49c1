// What escape analysis decided, in the words of gc's -m.

import type { Pos } from "#base";
import { type Call, type CompositeLit, type Expr, exprString, Kind, type Node, Op } from "#syntax";
import { BuiltinId, relativeTo, type Type, TypeKind, typeString, under, type Var } from "#types";
import { bodyVars } from "../build/facts.ts";
import type { FuncInst } from "../program.ts";
import { type Body, unparen } from "./body.ts";
import type { Frame } from "./flow.ts";
import { type Location, type ParamTag, tagOf } from "./graph.ts";

export interface Line {
	pos: Pos;
	text: string;
}

/** The lines about one declared function and the literals inside it. at: of an inlined call, where the outermost call is. */
export function reportFrame(frame: Frame, at = 0): Line[] {
	const out: Line[] = [];
	const inParams = new Set<Location>(frame.params);
	const { results } = bodyVars(frame.body.fn);
	frame.params.forEach((l) => {
		param(out, frame, l, results);
	});
	for (const [lit, made] of frame.literals) {
		const sig = frame.body.info.types.get(lit)?.type as { results?: { vars: Var[] } } | undefined;
		for (const l of made.params) {
			inParams.add(l);
			param(out, frame, l, sig?.results?.vars ?? []);
		}
	}
	for (const [v, l] of frame.vars) if (l.escapes) out.push({ pos: v.pos, text: `moved to heap: ${v.name}` });
	for (const [site, l] of frame.sites) {
		const text = siteText(frame.body, site, l.what as Node);
		if (text !== null)
			out.push({ pos: sitePos(frame.body, l.what as Node, site), text: `${text} ${l.escapes ? "escapes to heap" : "does not escape"}` });
	}
	for (const inner of frame.inlined.values()) out.push(...reportFrame(inner, at !== 0 ? at : (inner.call?.pos ?? 0)));
	return at === 0 ? out : out.filter((l) => !/param|^\w+ does not escape$/.test(l.text)).map((l) => ({ pos: at, text: l.text }));
}

/** The tags of a function without a body. */
export function reportExtern(fn: FuncInst, tags: readonly ParamTag[], hasPointers: (t: Type) => boolean): Line[] {
	const out: Line[] = [];
	bodyVars(fn).params.forEach((v, i) => {
		if (v.name !== "" && v.name !== "_" && v.type !== null && hasPointers(v.type)) tagLines(out, v, tags[i], []);
	});
	return out;
}

function param(out: Line[], frame: Frame, l: Location, results: readonly Var[]): void {
	const v = l.what as Var;
	if (v.name === "" || v.name === "_" || l.escapes || !frame.body.hasPointers(frame.body.varType(v))) return;
	tagLines(out, v, tagOf(l), results);
}

function tagLines(out: Line[], v: Var, tag: ParamTag, results: readonly Var[]): void {
	let any = false;
	if (tag.heap >= 0) {
		out.push({ pos: v.pos, text: tag.heap === 0 ? `leaking param: ${v.name}` : `leaking param content: ${v.name}` });
		any = true;
	}
	tag.results.forEach((d, i) => {
		if (d < 0) return;
		const name = results[i] === undefined || results[i].name === "" || results[i].name === "_" ? `~r${i}` : results[i].name;
		out.push({ pos: v.pos, text: `leaking param: ${v.name} to result ${name} level=${d}` });
		any = true;
	});
	if (!any) out.push({ pos: v.pos, text: `${v.name} does not escape` });
}

/** Conversions are where their operand is. */
function sitePos(body: Body, n: Node, site: number): Pos {
	if (n.kind !== Kind.Call || site < 0 || body.callee(n).kind !== "conversion") return n.pos;
	return n.args[0].pos;
}

/** An allocation as gc prints its expression; null: gc says nothing about it. */
function siteText(body: Body, site: number, n: Node): string | null {
	if (site < 0) return valueText(body, n as Expr);
	switch (n.kind) {
		case Kind.FuncLit:
			return "func literal";
		case Kind.CompositeLit:
			return literalText(body, n);
		case Kind.Unary:
			return n.op === Op.And && unparen(n.x).kind === Kind.CompositeLit ? `&${literalText(body, unparen(n.x) as CompositeLit)}` : null;
		case Kind.Call: {
			const callee = body.callee(n);
			if (callee.kind === "builtin") return callee.id === BuiltinId.Append ? "append" : makeText(body, n);
			if (callee.kind !== "conversion") return "... argument";
			return conversionText(body, callee.to, n.args[0]);
		}
		case Kind.Selector:
		case Kind.Binary:
			return exprString(n);
		default:
			return null;
	}
}

function typeText(body: Body, t: Type): string {
	return typeString(t, relativeTo(body.fn.unit.pkg));
}

function literalText(body: Body, e: CompositeLit): string {
	const t = body.typeOf(e);
	const u = under(t);
	const elided = u.kind === TypeKind.Pointer ? `&${typeText(body, u.elem)}` : typeText(body, t);
	return `${elided}{${e.elems.length > 0 ? "..." : ""}}`;
}

/** Pointer-like types are set apart in conversions. */
function conversionText(body: Body, to: Type, x: Expr): string {
	const t = typeText(body, to);
	return `${to.kind === TypeKind.Named || to.kind === TypeKind.Basic ? t : `(${t})`}(${exprString(x)})`;
}

/** new and make: sizes are shown as values. */
function makeText(body: Body, n: Call): string {
	const name = exprString(n.fun);
	const args = n.args.map((a) => (body.isType(a) ? typeText(body, body.typeOf(a)) : (body.constInt(a)?.toString() ?? exprString(a))));
	return `${name}(${args.join(", ")})`;
}

function valueText(body: Body, e: Expr): string {
	const x = unparen(e);
	if (x.kind === Kind.CompositeLit) return literalText(body, x);
	return body.constInt(x)?.toString() ?? exprString(x);
}
