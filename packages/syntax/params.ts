// Parameter lists: parameters, results, receivers and type parameters. A list
// is read as entries with a name, a type or both; which of them are names is
// known at its end.

import { NoPos, type Pos } from "#base";
import type { Parser } from "./core.ts";
import { BadExpr, DotsType, type Expr, Field, Index, Name, Op } from "./nodes.ts";
import { startPos } from "./positions.ts";
import * as T from "./tokens.ts";
import { arrayOrInstance, moreTerms, qualifiedName, term, typeOrNull } from "./typexprs.ts";

/** One entry between commas. At least one of name and type is set. */
interface Entry {
	pos: Pos;
	name: Name | null;
	type: Expr | null;
}

/**
 * The list after its opening token, with the closing one. `name` and `type` are those of the first entry if they were
 * consumed already. Type parameters require names; `dots`: the last entry may be ...T.
 */
export function params(p: Parser, name: Name | null, type: Expr | null, close: number, requireNames: boolean, dots: boolean): Field[] {
	const entries: Entry[] = [];
	let first: Entry | null = name !== null && type !== null ? { pos: name.pos, name, type } : null;
	let end: Pos;
	if (first !== null && p.tok === close) {
		entries.push(first);
		end = p.pos();
		p.next();
	} else {
		let closed = true;
		while (p.tok !== T.EOF && p.tok !== close && closed) {
			const e: Entry | null = first ?? entry(p, name, close);
			first = null;
			name = null;
			if (e !== null) entries.push(e);
			closed = p.separated("parameter list", T.COMMA, close);
		}
		end = p.pos();
		if (closed) p.want(close);
	}
	if (entries.length === 0) return [];
	settleNames(p, entries, end, requireNames);
	checkDots(p, entries, dots);
	return entries.map((e) => new Field(p.ids, e.pos, e.name, e.type as Expr));
}

/** One entry; null after an error. */
function entry(p: Parser, name: Name | null, close: number): Entry | null {
	const constraint = close === T.RBRACK; // ~T and unions are possible
	const pos = name !== null ? name.pos : p.pos();
	if (name === null && constraint && isOp(p, Op.Tilde)) return { pos, name, type: moreTerms(p, term(p)) };
	const union = (t: Expr): Expr => (constraint && isOp(p, Op.Or) ? moreTerms(p, t) : t);
	if (name === null && p.tok === T.NAME) name = p.ident();
	if (name !== null) {
		if (p.tok === T.LBRACK) {
			const t = arrayOrInstance(p, name);
			return { pos, name: t instanceof Index ? null : name, type: union(t) };
		}
		if (p.tok === T.DOT) return { pos, name: null, type: union(qualifiedName(p, name)) };
		if (constraint && isOp(p, Op.Or)) return { pos, name: null, type: moreTerms(p, name) };
	}
	if (p.tok === T.DOTDOTDOT) {
		const dots = p.pos();
		p.next();
		const elem = typeOrNull(p);
		if (elem !== null) return { pos, name, type: new DotsType(p.ids, dots, elem) };
		const bad = p.bad();
		p.syntaxError("... is missing type");
		return { pos, name, type: bad };
	}
	if (constraint && isOp(p, Op.Tilde)) return { pos, name, type: moreTerms(p, term(p)) };
	const t = typeOrNull(p);
	if (t !== null) return { pos, name, type: union(t) };
	if (name !== null) return { pos, name, type: null };
	p.syntaxError(`expected ${T.describeToken(close)}`);
	p.skipTo(T.COMMA, close);
	return null;
}

function isOp(p: Parser, op: Op): boolean {
	return p.tok === T.OPERATOR && p.op === op;
}

/** Decides which entries are names, and gives a type to every entry. */
function settleNames(p: Parser, entries: Entry[], end: Pos, requireNames: boolean): void {
	let full = 0;
	let typed = 0;
	for (const e of entries) {
		if (e.type === null) continue;
		typed++;
		if (e.name !== null) full++;
	}
	if (full === 0 && !requireNames) {
		for (const e of entries) {
			if (e.name === null) continue;
			e.type = e.name;
			e.name = null;
		}
		return;
	}
	if (full === entries.length) return;
	// names share the type that follows them
	let wrong = NoPos;
	let current: Expr | null = null;
	for (let i = entries.length - 1; i >= 0; i--) {
		const e = entries[i] as Entry;
		if (e.type !== null) {
			current = e.type;
			if (e.name === null) {
				wrong = startPos(e.type);
				e.name = new Name(p.ids, wrong, "_");
			}
		} else if (current !== null) e.type = current;
		else {
			wrong = (e.name as Name).pos;
			e.type = new BadExpr(p.ids, wrong);
		}
	}
	if (wrong === NoPos) return;
	if (full === typed) p.syntaxErrorAt(end, requireNames ? "missing type constraint" : "missing parameter type");
	else if (!requireNames) p.syntaxErrorAt(wrong, "missing parameter name");
	else p.syntaxErrorAt(wrong, `missing type parameter name${entries.length === 1 ? " or invalid array length" : ""}`);
}

function checkDots(p: Parser, entries: Entry[], allowed: boolean): void {
	let reported = false;
	for (let i = 0; i < entries.length; i++) {
		const e = entries[i] as Entry;
		if (!(e.type instanceof DotsType) || (allowed && i + 1 === entries.length)) continue;
		if (!reported) p.error(e.type.pos, allowed ? "can only use ... with final parameter" : "invalid use of ...");
		reported = true;
		e.type = e.type.elem;
	}
}
