// Labels and branch statements of a function body: resolves the targets of
// break, continue and goto, and reports what is wrong with them.
//
// Gotos that precede their label wait in `pending`. A scope's own pending gotos
// are the tail of that array from where it stood when the scope was entered;
// what is unresolved when a scope ends thereby becomes the outer scope's.

import { formatPosition, NoPos, type Pos, type SourceFile } from "#base";
import { type Block, type Branch, type CaseClause, type Expr, type For, Kind, type Labeled, type Stmt } from "./nodes.ts";
import { exprString } from "./printer.ts";

/** Where the branch check reports. */
export type BranchReport = (pos: Pos, code: string, msg: string, soft: boolean) => void;

interface Scope {
	parent: Scope | null;
	start: Pos;
	/** The label of the statement that this is a block of. */
	label: Labeled | null;
	/** Where its pending gotos begin, and up to where they precede the latest variable declaration. */
	first: number;
	beforeVar: number;
	varPos: Pos;
	varName: Expr | null;
}

interface Label {
	stmt: Labeled;
	scope: Scope;
	used: boolean;
}

/** The statements that a plain break, continue or fallthrough is about. */
interface Targets {
	breaks: Stmt | null;
	continues: For | null;
	/** The clauses of the switch whose clause list is directly around, and the index in them; null elsewhere. */
	clauses: readonly CaseClause[] | null;
	index: number;
}

export function checkBranches(body: Block, file: SourceFile, report: BranchReport): void {
	new BranchCheck(file, report).body(body);
}

class BranchCheck {
	private readonly file: SourceFile;
	private readonly report: BranchReport;
	private readonly labels = new Map<string, Label>();
	private readonly pending: Branch[] = [];

	constructor(file: SourceFile, report: BranchReport) {
		this.file = file;
		this.report = report;
	}

	body(body: Block): void {
		this.block(null, { breaks: null, continues: null, clauses: null, index: -1 }, null, body.pos, body.list);
		for (const b of this.pending) {
			const { name, pos } = b.label as NonNullable<Branch["label"]>;
			const label = this.labels.get(name);
			if (label === undefined) this.report(pos, "UndeclaredLabel", `label ${name} not defined`, false);
			else {
				label.used = true;
				this.report(pos, "JumpIntoBlock", `goto ${name} jumps into block starting at ${this.show(label.scope.start)}`, false);
			}
		}
		for (const label of this.labels.values()) {
			const { name, pos } = label.stmt.label;
			if (!label.used) this.report(pos, "UnusedLabel", `label ${name} defined and not used`, true);
		}
	}

	/** A position inside a message: where `//line` directives put it, and where it really is if that differs. */
	private show(pos: Pos): string {
		const reported = formatPosition(this.file.position(pos));
		const real = formatPosition(this.file.physical(pos));
		return reported === real ? reported : `${reported}[${real}]`;
	}

	private block(parent: Scope | null, around: Targets, label: Labeled | null, start: Pos, list: readonly Stmt[]): void {
		const first = this.pending.length;
		const scope: Scope = { parent, start, label, first, beforeVar: first, varPos: NoPos, varName: null };
		let count = list.length;
		while (count > 0 && (list[count - 1] as Stmt).kind === Kind.Empty) count--;
		for (let i = 0; i < count; i++) this.stmt(scope, around, list[i] as Stmt, i + 1 === count);
	}

	private stmt(scope: Scope, around: Targets, s: Stmt, isLast: boolean): void {
		let label: Labeled | null = null;
		while (s.kind === Kind.Labeled) {
			if (s.label.name !== "_") {
				this.label(scope, s);
				label = s;
			}
			s = s.stmt;
		}
		switch (s.kind) {
			case Kind.DeclStmt:
				for (const d of s.decls) {
					if (d.kind !== Kind.VarDecl) continue;
					this.declareVar(scope, d.pos, d.names[0] ?? null);
					break;
				}
				break;
			case Kind.Assign:
				if (s.def) this.declareVar(scope, s.pos, s.lhs);
				break;
			case Kind.Branch:
				if (s.label === null) this.plainBranch(around, s, isLast);
				else this.labeledBranch(scope, s, s.label.name, s.label.pos);
				break;
			case Kind.Block:
				this.block(scope, nested(around), label, s.pos, s.list);
				break;
			case Kind.If: {
				const inner = nested(around);
				let next: Stmt | null = s;
				while (next !== null && next.kind === Kind.If) {
					this.block(scope, inner, label, next.thenBlock.pos, next.thenBlock.list);
					next = next.elseStmt;
				}
				if (next !== null && next.kind === Kind.Block) this.block(scope, inner, label, next.pos, next.list);
				break;
			}
			case Kind.For:
				this.block(scope, { breaks: s, continues: s, clauses: null, index: -1 }, label, s.body.pos, s.body.list);
				break;
			case Kind.Switch:
				for (let i = 0; i < s.body.length; i++) {
					const c = s.body[i] as CaseClause;
					this.block(scope, { breaks: s, continues: around.continues, clauses: s.body, index: i }, label, c.pos, c.body);
				}
				break;
			case Kind.Select:
				for (const c of s.body) {
					this.block(scope, { breaks: s, continues: around.continues, clauses: null, index: -1 }, label, c.pos, c.body);
				}
				break;
		}
	}

	/** Every goto that waits in this scope would jump over the variable, if its label follows in this scope. */
	private declareVar(scope: Scope, pos: Pos, name: Expr | null): void {
		scope.varPos = pos;
		scope.varName = name;
		scope.beforeVar = this.pending.length;
	}

	private label(scope: Scope, s: Labeled): void {
		const name = s.label.name;
		let label = this.labels.get(name);
		if (label === undefined) {
			label = { stmt: s, scope, used: false };
			this.labels.set(name, label);
		} else {
			this.report(s.label.pos, "DuplicateLabel", `label ${name} already defined at ${this.show(label.stmt.label.pos)}`, false);
		}
		// resolve the gotos of this scope that wait for it
		const pending = this.pending;
		let kept = scope.first;
		let keptBeforeVar = scope.first;
		for (let i = scope.first; i < pending.length; i++) {
			const b = pending[i] as Branch;
			const at = b.label as NonNullable<Branch["label"]>;
			if (at.name !== name) {
				pending[kept++] = b;
				if (i < scope.beforeVar) keptBeforeVar = kept;
				continue;
			}
			b.target = s;
			label.used = true;
			if (i < scope.beforeVar) {
				const shown = scope.varName === null ? "_" : exprString(scope.varName);
				this.report(at.pos, "JumpOverDecl", `goto ${name} jumps over declaration of ${shown} at ${this.show(scope.varPos)}`, false);
			}
		}
		pending.length = kept;
		scope.beforeVar = keptBeforeVar;
	}

	private plainBranch(around: Targets, s: Branch, isLast: boolean): void {
		if (s.tok === "break") {
			s.target = around.breaks;
			if (s.target === null) this.report(s.pos, "MisplacedBreak", "break is not in a loop, switch, or select", false);
		} else if (s.tok === "continue") {
			s.target = around.continues;
			if (s.target === null) this.report(s.pos, "MisplacedContinue", "continue is not in a loop", false);
		} else if (s.tok === "fallthrough") {
			const msg = fallthroughError(around, isLast);
			if (msg !== "") this.report(s.pos, "MisplacedFallthrough", msg, false);
		}
	}

	private labeledBranch(scope: Scope, s: Branch, name: string, pos: Pos): void {
		const label = this.labels.get(name);
		if (label !== undefined) label.used = true; // even if it cannot be the target
		if (s.tok === "goto") {
			// a label of this block or one around it; else it may follow
			for (let b: Scope | null = scope; b !== null && label !== undefined; b = b.parent) {
				if (b !== label.scope) continue;
				s.target = label.stmt;
				return;
			}
			this.pending.push(s);
			return;
		}
		if (label === undefined) {
			this.report(pos, "UndeclaredLabel", `${s.tok} label not defined: ${name}`, false);
			return;
		}
		let encloses = false;
		for (let b: Scope | null = scope; b !== null && !encloses; b = b.parent) encloses = b.label === label.stmt;
		const stmt = label.stmt.stmt;
		const breakable = stmt.kind === Kind.Switch || stmt.kind === Kind.Select;
		if (encloses && (stmt.kind === Kind.For || (breakable && s.tok === "break"))) s.target = stmt;
		else this.report(pos, "MisplacedLabel", `invalid ${s.tok} label ${name}`, false);
	}
}

/** What a nested block leaves valid: not fallthrough. */
function nested(around: Targets): Targets {
	return { breaks: around.breaks, continues: around.continues, clauses: null, index: -1 };
}

function fallthroughError(around: Targets, isLast: boolean): string {
	const s = around.breaks;
	if (s !== null && s.kind === Kind.Switch) {
		if (s.tag !== null && s.tag.kind === Kind.TypeSwitchGuard) return "cannot fallthrough in type switch";
		if (around.clauses !== null && isLast) {
			return around.index + 1 === around.clauses.length ? "cannot fallthrough final case in switch" : "";
		}
	}
	return "fallthrough statement out of place";
}
