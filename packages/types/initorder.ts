// The order in which package-level variables are initialised: repeatedly the first
// one, in source order, that depends on no uninitialised variable. Dependencies go
// through functions; of packages whose bodies are checked on demand, those bodies
// are checked that initialisers reach.

import { type Checker, processDelayed } from "./checker.ts";
import { checkFuncBody, objDecl } from "./decl.ts";
import { addf, errorf, newError, reportError } from "./errors.ts";
import type { Initializer } from "./info.ts";
import { type Const, type DeclInfo, type Obj, ObjKind, type Var } from "./objects.ts";
import type { Expr } from "#syntax";

interface Node {
	obj: Const | Var;
	/** Variables and constants that obj depends on, also through functions. */
	deps: Set<Node>;
	users: Node[];
	ndeps: number;
	done: boolean;
}

/** Determines c.initOrder; reports initialisation cycles. */
export function initOrder(c: Checker): void {
	const nodes: Node[] = [];
	const byObj = new Map<Obj, Node>();
	const depth = c.depth++;
	for (const obj of c.objList) {
		if (obj.kind !== ObjKind.Var && obj.kind !== ObjKind.Const) continue;
		if (obj.kind === ObjKind.Const && !c.checkBodies) continue; // cannot be part of a valid cycle
		if (obj.type === null) objDecl(c, obj);
		const n: Node = { obj, deps: new Set(), users: [], ndeps: 0, done: false };
		nodes.push(n);
		byObj.set(obj, n);
	}
	if (depth === 0) processDelayed(c, 0);
	for (const n of nodes) collectDeps(c, n, byObj);
	if (depth === 0) processDelayed(c, 0);
	c.depth = depth;
	for (const n of nodes) {
		n.ndeps = n.deps.size;
		for (const d of n.deps) d.users.push(n);
	}
	emit(c, nodes);
}

function collectDeps(c: Checker, n: Node, byObj: ReadonlyMap<Obj, Node>): void {
	const seen = new Set<Obj>();
	const visit = (d: DeclInfo): void => {
		for (const o of d.deps) {
			const node = byObj.get(o);
			if (node !== undefined) n.deps.add(node);
			else if (o.kind === ObjKind.Func && !seen.has(o) && o.decl !== null) {
				seen.add(o);
				if (o.type === null) objDecl(c, o);
				checkFuncBody(c, o);
				visit(o.decl);
			}
		}
	};
	visit(n.obj.decl as DeclInfo);
}

/** Constants come first, then by number of missing dependencies, then by source order. */
function before(a: Node, b: Node): boolean {
	const ac = a.obj.kind === ObjKind.Const;
	if (ac !== (b.obj.kind === ObjKind.Const)) return ac;
	return a.ndeps < b.ndeps || (a.ndeps === b.ndeps && a.obj.order < b.obj.order);
}

function emit(c: Checker, nodes: readonly Node[]): void {
	const emitted = new Set<DeclInfo>();
	const ready: Node[] = []; // a heap by source order
	const less = (a: Node, b: Node): boolean => before(a, b);
	for (const n of nodes) if (n.ndeps === 0) heapPush(ready, n, less);
	let left = nodes.length;
	while (left > 0) {
		let n = heapPop(ready, less);
		while (n !== null && n.done) n = heapPop(ready, less);
		if (n === null) {
			// only cycles are left
			for (const m of nodes) if (!m.done && (n === null || before(m, n))) n = m;
			if (n === null) return;
			const cycle = findPath(n.obj, n.obj, new Set());
			if (cycle !== null) reportCycle(c, cycle);
		}
		n.done = true;
		left--;
		for (const u of n.users) {
			u.ndeps--;
			if (u.ndeps === 0 && !u.done) heapPush(ready, u, less);
		}
		const d = n.obj.decl as DeclInfo;
		if (n.obj.kind !== ObjKind.Var || d.init === null || emitted.has(d)) continue;
		emitted.add(d);
		const init: Initializer = { lhs: d.lhs ?? [n.obj], rhs: d.init as Expr };
		c.initOrder.push(init);
	}
}

function heapPush(heap: Node[], n: Node, less: (a: Node, b: Node) => boolean): void {
	let i = heap.push(n) - 1;
	while (i > 0) {
		const p = (i - 1) >> 1;
		if (!less(n, heap[p] as Node)) break;
		heap[i] = heap[p] as Node;
		i = p;
	}
	heap[i] = n;
}

function heapPop(heap: Node[], less: (a: Node, b: Node) => boolean): Node | null {
	const top = heap[0];
	if (top === undefined) return null;
	const n = heap.pop() as Node;
	if (heap.length === 0) return top;
	let i = 0;
	for (;;) {
		let k = 2 * i + 1;
		if (k >= heap.length) break;
		if (k + 1 < heap.length && less(heap[k + 1] as Node, heap[k] as Node)) k++;
		if (!less(heap[k] as Node, n)) break;
		heap[i] = heap[k] as Node;
		i = k;
	}
	heap[i] = n;
	return top;
}

/** The objects on a path of dependencies from `from` to `to`, last first. */
function findPath(from: Obj, to: Obj, seen: Set<Obj>): Obj[] | null {
	if (seen.has(from)) return null;
	seen.add(from);
	const deps = [...(from.decl?.deps ?? [])].sort((a, b) => a.order - b.order);
	for (const d of deps) {
		if (d === to) return [d];
		const path = findPath(d, to, seen);
		if (path !== null) {
			path.push(d);
			return path;
		}
	}
	return null;
}

function reportCycle(c: Checker, cycle: readonly Obj[]): void {
	let obj = cycle[0] as Obj;
	if (cycle.length === 1) {
		errorf(c, obj, "InvalidInitCycle", "initialization cycle: %s refers to itself", obj.name);
		return;
	}
	const err = newError(c, "InvalidInitCycle");
	addf(err, obj, "initialization cycle for %s", obj.name);
	for (let j = cycle.length - 1; j >= 0; j--) {
		const next = cycle[j] as Obj;
		addf(err, obj, "%s refers to %s", obj.name, next.name);
		obj = next;
	}
	reportError(err);
}
