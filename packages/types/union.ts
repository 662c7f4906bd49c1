// Unions of constraint elements: A | ~B | ...

import { type Expr, Kind, Op } from "#syntax";
import { type Checker, later } from "./checker.ts";
import { errorf, softErrorf } from "./errors.ts";
import { sprintf } from "./format.ts";
import { Mode } from "./mode.ts";
import { identical, isTypeParam, isValid } from "./predicates.ts";
import { recordTypeAndValue } from "./record.ts";
import { type Type, TypeKind, Union, type UnionTerm } from "./types.ts";
import { maxTermCount, overlappingTerm, typeSetOf } from "./typeset.ts";
import { typ } from "./typexpr.ts";
import { under } from "./under.ts";
import { Invalid, universeComparable } from "./universe.ts";

/** An embedded element: the type itself if it is a single one, else a Union. */
export function parseUnion(c: Checker, e: Expr): Type {
	const ops: Expr[] = [];
	const list: Expr[] = [];
	flatten(e, ops, list);
	const terms: UnionTerm[] = [];
	let u: Type = Invalid;
	let tooMany = false;
	for (let i = 0; i < list.length; i++) {
		const x = list[i] as Expr;
		const term = parseTilde(c, x);
		if (list.length === 1 && !term.tilde) return term.type;
		if (terms.length >= maxTermCount) {
			if (!tooMany) errorf(c, x, "InvalidUnion", "cannot handle more than %d union terms (implementation limitation)", maxTermCount);
			tooMany = true;
			u = Invalid;
		} else {
			terms.push(term);
			u = new Union(c.ids, terms.slice());
		}
		if (i > 0) recordTypeAndValue(c, ops[i - 1] as Expr, Mode.TypExpr, u, null);
	}
	if (!tooMany) later(c, () => checkTerms(c, terms, list));
	return u;
}

/** Collects the operands of | from left to right, and the operators. */
function flatten(e: Expr, ops: Expr[], list: Expr[]): void {
	if (e.kind === Kind.Binary && e.op === Op.Or) {
		flatten(e.x, ops, list);
		ops.push(e);
		list.push(e.y);
	} else list.push(e);
}

function parseTilde(c: Checker, e: Expr): UnionTerm {
	const tilde = e.kind === Kind.Unary && e.op === Op.Tilde;
	const x = tilde ? e.x : e;
	let type = typ(c, x);
	if (isTypeParam(type)) {
		if (tilde) errorf(c, x, "MisplacedTypeParam", "type in term %s cannot be a type parameter", e);
		else errorf(c, x, "MisplacedTypeParam", "term cannot be a type parameter");
		type = Invalid;
	}
	const term = { tilde, type };
	if (tilde) recordTypeAndValue(c, e, Mode.TypExpr, new Union(c.ids, [term]), null);
	return term;
}

/** Reports terms that do not make sense; runs when types are complete. */
function checkTerms(c: Checker, terms: readonly UnionTerm[], list: readonly Expr[]): void {
	for (let i = 0; i < terms.length; i++) {
		const t = terms[i] as UnionTerm;
		const at = list[i] as Expr;
		if (!isValid(t.type)) continue;
		const u = under(t.type);
		if (t.tilde) {
			if (u.kind === TypeKind.Interface) {
				errorf(c, at, "InvalidUnion", "invalid use of ~ (%s is an interface)", t.type);
				continue;
			}
			if (!identical(u, t.type)) {
				errorf(c, at, "InvalidUnion", "invalid use of ~ (underlying type of %s is %s)", t.type, u);
				continue;
			}
		}
		const text = (x: UnionTerm): string => (x.tilde ? "~" : "") + sprintf(null, "%s", x.type);
		if (u.kind === TypeKind.Interface) {
			const set = typeSetOf(u);
			if (set.methods.length > 0) errorf(c, at, "InvalidUnion", "cannot use %s in union (%s contains methods)", text(t), text(t));
			else if (t.type === universeComparable) errorf(c, at, "InvalidUnion", "cannot use comparable in union");
			else if (set.comparable) errorf(c, at, "InvalidUnion", "cannot use %s in union (%s embeds comparable)", text(t), text(t));
			continue;
		}
		const j = overlappingTerm(terms.slice(0, i), t);
		if (j >= 0) softErrorf(c, at, "InvalidUnion", "overlapping terms %s and %s", text(t), text(terms[j] as UnionTerm));
	}
}
