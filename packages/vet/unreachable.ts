// unreachable: statements behind others that never let control through.

import { type Block, Kind, type Stmt, walk } from "#syntax";
import { type Pass, startPos } from "./pass.ts";

class Flow {
	private readonly pass: Pass;
	private readonly broken: Set<Stmt> = new Set();
	private readonly wanted: Set<string> = new Set();
	private readonly labels: Map<string, Stmt> = new Map();
	private reachable = true;

	constructor(pass: Pass, body: Block) {
		this.pass = pass;
		for (const s of body.list) this.branches(s, null);
		for (const s of body.list) this.visit(s);
	}

	/** Notes which statements are left by break, and where goto leads. */
	private branches(s: Stmt, target: Stmt | null): void {
		const all = (list: readonly Stmt[], to: Stmt | null): void => {
			for (const x of list) this.branches(x, to);
		};
		switch (s.kind) {
			case Kind.Block:
				all(s.list, target);
				break;
			case Kind.Branch:
				if (s.tok === "goto" && s.label !== null) this.wanted.add(s.label.name);
				if (s.tok === "break") {
					const left = s.label === null ? target : (this.labels.get(s.label.name) ?? null);
					if (left !== null) this.broken.add(left);
				}
				break;
			case Kind.If:
				all(s.thenBlock.list, target);
				if (s.elseStmt !== null) this.branches(s.elseStmt, target);
				break;
			case Kind.Labeled:
				this.labels.set(s.label.name, s.stmt);
				this.branches(s.stmt, target);
				break;
			case Kind.For:
				all(s.body.list, s);
				break;
			case Kind.Switch:
			case Kind.Select:
				for (const c of s.body) all(c.body, s);
				break;
		}
	}

	private all(list: readonly Stmt[]): void {
		for (const s of list) this.visit(s);
	}

	private visit(s: Stmt): void {
		if (s.kind === Kind.Labeled && this.wanted.has(s.label.name)) this.reachable = true;
		if (!this.reachable && s.kind !== Kind.Empty) {
			this.pass.report(startOf(s), "unreachable code");
			this.reachable = true;
		}
		switch (s.kind) {
			case Kind.Block:
				this.all(s.list);
				break;
			case Kind.Branch:
			case Kind.Return:
				this.reachable = false;
				break;
			case Kind.ExprStmt:
				if (s.x.kind === Kind.Call && s.x.fun.kind === Kind.Name && s.x.fun.name === "panic") {
					const obj = this.pass.info.uses.get(s.x.fun) ?? null;
					if (obj === null || obj.pkg === null) this.reachable = false;
				}
				break;
			case Kind.For:
				this.all(s.body.list);
				this.reachable = s.cond !== null || s.init?.kind === Kind.RangeClause || this.broken.has(s);
				break;
			case Kind.If: {
				this.all(s.thenBlock.list);
				const then = this.reachable;
				this.reachable = true;
				if (s.elseStmt !== null) {
					this.visit(s.elseStmt);
					this.reachable ||= then;
				}
				break;
			}
			case Kind.Labeled:
				this.visit(s.stmt);
				break;
			case Kind.Switch:
			case Kind.Select: {
				let any = false;
				let fallback = s.kind === Kind.Select;
				for (const c of s.body) {
					if (c.kind === Kind.CaseClause && c.cases === null) fallback = true;
					this.reachable = true;
					this.all(c.body);
					any ||= this.reachable;
				}
				this.reachable = any || this.broken.has(s) || !fallback;
				break;
			}
		}
	}
}

function startOf(s: Stmt): number {
	switch (s.kind) {
		case Kind.ExprStmt:
			return startPos(s.x);
		case Kind.Assign:
			return startPos(s.lhs);
		case Kind.Send:
			return startPos(s.chan);
		case Kind.Labeled:
			return s.label.pos;
		default:
			return s.pos;
	}
}

export function unreachable(pass: Pass): void {
	for (const file of pass.files)
		walk(file, (n) => {
			if (n.kind === Kind.FuncDecl && n.body !== null) new Flow(pass, n.body);
			else if (n.kind === Kind.FuncLit) new Flow(pass, n.body);
		});
}
