// Terminating statements: whether control can reach the end of a statement.

import { type Block, type Call, type CaseClause, Kind, type Stmt } from "#syntax";
import { unparen } from "./operand.ts";

/** Whether s is a terminating statement; panics are the calls of panic in the function, label that of s. */
export function isTerminating(s: Stmt, label: string, panics: ReadonlySet<Call> | null): boolean {
	switch (s.kind) {
		case Kind.Labeled:
			return isTerminating(s.stmt, s.label.name, panics);
		case Kind.ExprStmt: {
			// Calling panic (if it is the predeclared one) terminates.
			const call = unparen(s.x);
			return call.kind === Kind.Call && panics !== null && panics.has(call);
		}
		case Kind.Return:
			return true;
		case Kind.Branch:
			return s.tok === "goto" || s.tok === "fallthrough";
		case Kind.Block:
			return isTerminatingList(s.list, panics);
		case Kind.If:
			return s.elseStmt !== null && isTerminating(s.thenBlock, "", panics) && isTerminating(s.elseStmt, "", panics);
		case Kind.Switch:
			return isTerminatingSwitch(s.body, label, panics);
		case Kind.Select:
			return s.body.every((clause) => isTerminatingList(clause.body, panics) && !hasBreakList(clause.body, label, true));
		case Kind.For:
			if (s.init !== null && s.init.kind === Kind.RangeClause) return false;
			return s.cond === null && !hasBreak(s.body, label, true);
		default:
			return false;
	}
}

function isTerminatingList(list: readonly Stmt[], panics: ReadonlySet<Call> | null): boolean {
	// Trailing empty statements are permitted.
	for (let i = list.length - 1; i >= 0; i--) {
		const s = list[i] as Stmt;
		if (s.kind !== Kind.Empty) return isTerminating(s, "", panics);
	}
	return false;
}

function isTerminatingSwitch(body: readonly CaseClause[], label: string, panics: ReadonlySet<Call> | null): boolean {
	let hasDefault = false;
	for (const clause of body) {
		if (clause.cases === null) hasDefault = true;
		if (!isTerminatingList(clause.body, panics) || hasBreakList(clause.body, label, true)) return false;
	}
	return hasDefault;
}

/** Whether s contains a break that refers to the statement labeled label or, if implicit, to the enclosing one. */
function hasBreak(s: Stmt | Block, label: string, implicit: boolean): boolean {
	switch (s.kind) {
		case Kind.Labeled:
			return hasBreak(s.stmt, label, implicit);
		case Kind.Branch:
			if (s.tok !== "break") return false;
			return s.label === null ? implicit : s.label.name === label;
		case Kind.Block:
			return hasBreakList(s.list, label, implicit);
		case Kind.If:
			return hasBreak(s.thenBlock, label, implicit) || (s.elseStmt !== null && hasBreak(s.elseStmt, label, implicit));
		case Kind.Switch:
		case Kind.Select:
			if (label === "") return false;
			for (const clause of s.body) if (hasBreakList(clause.body, label, false)) return true;
			return false;
		case Kind.For:
			return label !== "" && hasBreak(s.body, label, false);
		default:
			return false;
	}
}

function hasBreakList(list: readonly Stmt[], label: string, implicit: boolean): boolean {
	for (const s of list) if (hasBreak(s, label, implicit)) return true;
	return false;
}
