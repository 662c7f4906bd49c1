// Merges pure values that compute the same: a value is replaced by an equal one
// that dominates it. Blocks are visited in reverse postorder, so that arguments are
// replaced before their users are looked at (a loop's phi operands excepted).

import { DomTree } from "../dom.ts";
import type { Func, SymRef } from "../func.ts";
import * as o from "../ops.gen.ts";
import { T } from "../types.ts";
import { removeCopies } from "./simplify/pass.ts";

export function gvn(f: Func): void {
	const dom = new DomTree(f);
	let size = 64;
	while (size < f.nvals) size *= 2;
	const head = new Int32Array(size);
	const next = new Int32Array(f.nvals);
	const symbols = new SymbolIds(f);
	let merged = false;
	for (let i = 0; i < dom.order.length; i++) {
		const b = dom.order[i];
		const values = f.blocks[b].values;
		for (let k = 0; k < values.length; k++) {
			const v = values[k];
			const op = f.op[v];
			for (let j = 0, n = f.nargs(v); j < n; j++) {
				const a = f.arg(v, j);
				if (f.op[a] === o.OpCopy) f.setArg(v, j, f.arg(a, 0));
			}
			if (op >= 256 || (o.opFlags[op] & o.OpFlag.Pure) === 0 || op === o.OpNop || op === o.OpCopy) continue;
			if ((o.opFlags[op] & o.OpFlag.Commutative) !== 0 && f.arg(v, 0) > f.arg(v, 1) && f.op[f.arg(v, 1)] !== o.OpConst) {
				const x = f.arg(v, 0);
				f.setArg(v, 0, f.arg(v, 1));
				f.setArg(v, 1, x);
			}
			if (op === o.OpSymAddr) f.aux[v] = symbols.of(f.aux[v]);
			const h = hash(f, v) & (size - 1);
			let x = head[h];
			while (x !== 0 && !(same(f, x, v) && canReplace(f, dom, x, v, b))) x = next[x];
			if (x === 0) {
				next[v] = head[h];
				head[h] = v;
				continue;
			}
			f.op[v] = o.OpCopy;
			f.auxInt[v] = 0n;
			f.aux[v] = 0;
			f.setArgs(v, [x]);
			merged = true;
		}
	}
	if (merged) removeCopies(f);
}

function hash(f: Func, v: number): number {
	let h = f.op[v] * 31 + f.type[v];
	h = Math.imul(h ^ f.auxWords[2 * v] ^ Math.imul(f.auxWords[2 * v + 1], 0x85ebca6b), 0x9e3779b1) ^ f.aux[v];
	for (let i = 0, n = f.nargs(v); i < n; i++) h = Math.imul(h ^ f.arg(v, i), 0x9e3779b1) ^ (h >>> 15);
	return h ^ (h >>> 13);
}

function same(f: Func, x: number, v: number): boolean {
	const n = f.nargs(v);
	const w = f.auxWords;
	if (f.op[x] !== f.op[v] || f.type[x] !== f.type[v] || f.aux[x] !== f.aux[v] || f.nargs(x) !== n) return false;
	if (w[2 * x] !== w[2 * v] || w[2 * x + 1] !== w[2 * v + 1]) return false;
	for (let i = 0; i < n; i++) if (f.arg(x, i) !== f.arg(v, i)) return false;
	return true;
}

/** Phis mean the edges of their block; Results stay in the block of their tuple. */
function canReplace(f: Func, dom: DomTree, x: number, v: number, b: number): boolean {
	if (f.block[x] === b) return true;
	if (f.op[v] === o.OpPhi || f.type[v] === T.Tuple || f.op[v] === o.OpResult) return false;
	return dom.dominates(f.block[x], b);
}

/** One aux index for all references to a symbol. */
class SymbolIds {
	private readonly f: Func;
	private readonly ids = new Map<string, number>();
	private readonly known: Int32Array;

	constructor(f: Func) {
		this.f = f;
		this.known = new Int32Array(f.auxes.length);
	}

	of(aux: number): number {
		if (this.known[aux] !== 0) return this.known[aux];
		const s = this.f.auxes[aux] as SymRef;
		const key = `${s.abi}${s.name}`;
		const id = this.ids.get(key) ?? aux;
		this.ids.set(key, id);
		this.known[aux] = id;
		return id;
	}
}
