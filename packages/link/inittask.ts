// The order in which packages initialise: imports first, and among packages that
// are ready the one whose init task has the smallest name.

import { ABI0, RelocKind } from "#object";
import type { LinkPackage } from "./input.ts";
import type { Symbols } from "./symbols.ts";

/** state and nfns; a task of this size has nothing to run. */
const HEADER = 8;

/** Escaping of import paths in linker names, as cmd/internal/objabi.PathToPrefix does it. */
export function pathToPrefix(path: string): string {
	const bytes = new TextEncoder().encode(path);
	const slash = path.lastIndexOf("/");
	const lastSlash = slash < 0 ? -1 : new TextEncoder().encode(path.slice(0, slash)).length;
	let out = "";
	bytes.forEach((c, i) => {
		if (c <= 0x20 || (c === 0x2e && i > lastSlash) || c === 0x25 || c === 0x22 || c >= 0x7f) {
			out += `%${c.toString(16).padStart(2, "0")}`;
		} else out += String.fromCharCode(c);
	});
	return out;
}

interface Node {
	/** Name of the init task symbol; the sort key. */
	name: string;
	imports: Set<Node>;
	importers: Node[];
	pending: number;
}

function compareNames(a: Node, b: Node): number {
	return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Ids of the init tasks that run something, in order, starting from root's task (`main..inittask`). */
export function orderInitTasks(syms: Symbols, packages: readonly LinkPackage[], root: string): number[] {
	const nodes = new Map<string, Node>();
	const node = (name: string): Node => {
		let n = nodes.get(name);
		if (n === undefined) {
			n = { name, imports: new Set(), importers: [], pending: 0 };
			nodes.set(name, n);
		}
		return n;
	};
	const graph = new Map(packages.map((p) => [taskName(p.path), p]));
	const order: Node[] = [node(root)];
	for (let i = 0; i < order.length; i++) {
		const n = order[i];
		const add = (name: string): void => {
			const isNew = !nodes.has(name);
			const to = node(name);
			if (isNew) order.push(to);
			n.imports.add(to);
		};
		for (const path of graph.get(n.name)?.imports ?? []) if (path !== "C" && path !== "unsafe") add(taskName(path));
		for (const name of orderedAfter(syms, n.name)) add(name);
	}
	return schedule(syms, prune(syms, order, root));
}

/** Whether the task exists and has functions to run. */
function runs(syms: Symbols, n: Node): number {
	const id = syms.lookup(n.name, ABI0);
	return id !== 0 && syms.isDefined(id) && syms.size[id] > HEADER ? id : 0;
}

/**
 * Drops packages with nothing to initialise in them or below them: gc gives them no
 * task, so they must not delay the packages that import them.
 */
function prune(syms: Symbols, order: Node[], root: string): Node[] {
	const kept = new Set<Node>();
	const seen = new Set<Node>();
	const visit = (n: Node): boolean => {
		if (seen.has(n)) return kept.has(n);
		seen.add(n);
		for (const to of [...n.imports]) if (!visit(to)) n.imports.delete(to);
		if (n.imports.size > 0 || n.name === root || n.name === "runtime..inittask" || runs(syms, n) !== 0) kept.add(n);
		return kept.has(n);
	};
	for (const n of order) visit(n);
	return order.filter((n) => kept.has(n));
}

function schedule(syms: Symbols, order: Node[]): number[] {
	const ready: Node[] = [];
	for (const n of order) {
		n.pending = n.imports.size;
		for (const to of n.imports) to.importers.push(n);
		if (n.pending === 0) ready.push(n);
	}
	ready.sort(compareNames);
	const out: number[] = [];
	let done = 0;
	while (ready.length > 0) {
		const n = ready.shift() as Node;
		done++;
		const id = runs(syms, n);
		if (id !== 0) out.push(id);
		for (const user of n.importers) if (--user.pending === 0) insertSorted(ready, user);
	}
	if (done < order.length) {
		for (const n of order) if (n.pending > 0) syms.error(`inittask for ${n.name} is not schedulable ${n.pending}`);
	}
	return out;
}

function insertSorted(list: Node[], n: Node): void {
	let lo = 0;
	let hi = list.length;
	while (lo < hi) {
		const mid = (lo + hi) >> 1;
		if (compareNames(list[mid], n) < 0) lo = mid + 1;
		else hi = mid;
	}
	list.splice(lo, 0, n);
}

/** Names of the tasks that must run before this one, from its InitOrder relocations. */
function orderedAfter(syms: Symbols, name: string): string[] {
	const id = syms.lookup(name, ABI0);
	const out: string[] = [];
	for (let i = syms.relFrom[id]; i < syms.relTo[id]; i++)
		if (syms.relKind[i] === RelocKind.InitOrder) out.push(syms.name(syms.relTarget[i]));
	return out;
}

export function taskName(path: string): string {
	return `${pathToPrefix(path)}..inittask`;
}
