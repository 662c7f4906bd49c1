// Nil checks that cannot fail. Along the dominator tree the pass knows pointers
// that are not nil: addresses, new objects, what was checked or dereferenced, the
// right side of a comparison with nil. Comparisons of such pointers with nil become
// constants. `lateNilCheck` leaves checks to the fault of a following access.

import { DomTree } from "../dom.ts";
import { BlockKind, type CallAux, type Func } from "../func.ts";
import * as o from "../ops.gen.ts";
import { T } from "../types.ts";

/** An access of the page at address 0 faults, so far as offsets stay below this. */
const zeroPage = 4096n;

/** Runtime functions that never return nil. */
const notNil: ReadonlySet<string> = new Set([
	"runtime.newobject",
	"runtime.makeslice",
	"runtime.makemap",
	"runtime.makemap_small",
	"runtime.makechan",
	"runtime.mallocgc",
]);

export function nilCheck(f: Func): void {
	new NilChecks(f).run();
}

class NilChecks {
	private readonly f: Func;
	private readonly dom: DomTree;
	/** By value: 1 = known not nil here. */
	private readonly known: Uint8Array;
	private readonly trail: number[] = [];

	constructor(f: Func) {
		this.f = f;
		this.dom = new DomTree(f);
		this.known = new Uint8Array(f.nvals);
	}

	run(): void {
		const { dom, trail, known } = this;
		// Down the tree; a negative entry means: leave, and forget what was learned.
		const stack: number[] = [0];
		const marks: number[] = [];
		while (stack.length > 0) {
			const b = stack.pop() as number;
			if (b < 0) {
				const mark = marks.pop() as number;
				while (trail.length > mark) known[trail.pop() as number] = 0;
				continue;
			}
			marks.push(trail.length);
			stack.push(-1);
			this.edge(b);
			this.block(b);
			for (let c = dom.child[b]; c >= 0; c = dom.sibling[c]) stack.push(c);
		}
	}

	private learn(p: number): void {
		// p + constant does not tell about p: only the pointer itself was tested.
		if (this.known[p] === 1) return;
		this.known[p] = 1;
		this.trail.push(p);
	}

	/** What the branch into b tells. */
	private edge(b: number): void {
		const { f } = this;
		const { preds } = f.blocks[b];
		if (preds.length !== 1) return;
		const p = f.blocks[preds[0]];
		if (p.kind !== BlockKind.If || p.succs[0] === p.succs[1]) return;
		this.condition(p.control, p.succs[0] === b);
	}

	private condition(c: number, holds: boolean): void {
		const { f } = this;
		const op = f.op[c];
		if (op === o.OpNot) this.condition(f.arg(c, 0), !holds);
		else if (op === (holds ? o.OpAnd : o.OpOr)) {
			this.condition(f.arg(c, 0), holds);
			this.condition(f.arg(c, 1), holds);
		} else if (op === (holds ? o.OpNe : o.OpEq)) {
			const [x, y] = [f.arg(c, 0), f.arg(c, 1)];
			if (f.op[y] === o.OpConst && f.isZero(y) && (f.type[x] === T.Ptr || f.type[x] === T.Addr)) this.learn(x);
		}
	}

	private isNotNil(v: number): boolean {
		const { f } = this;
		if (this.known[v] === 1) return true;
		switch (f.op[v]) {
			case o.OpSlotAddr:
			case o.OpSymAddr:
			case o.OpGetG:
			case o.OpGetClosurePtr:
				return true;
			case o.OpOffPtr:
			case o.OpCopy:
				return this.isNotNil(f.arg(v, 0));
			case o.OpCondSelect:
				return this.isNotNil(f.arg(v, 0)) && this.isNotNil(f.arg(v, 1));
			case o.OpResult: {
				const c = f.arg(v, 0);
				if (f.op[c] !== o.OpCall || !f.isZero(v)) return false;
				const name = (f.auxes[f.aux[c]] as CallAux).target?.name;
				return name !== undefined && notNil.has(name);
			}
		}
		return false;
	}

	private block(b: number): void {
		const { f } = this;
		const { values } = f.blocks[b];
		let n = 0;
		for (let i = 0; i < values.length; i++) {
			const v = values[i];
			const op = f.op[v];
			if (op === o.OpNilCheck) {
				if (this.isNotNil(f.arg(v, 0))) {
					f.op[v] = o.OpNop;
					f.setArgs(v, []);
					continue;
				}
				this.learn(f.arg(v, 0));
			} else if (op === o.OpPhi) {
				let all = true;
				for (let k = 0, m = f.nargs(v); k < m && all; k++) all = f.arg(v, k) !== v && this.isNotNil(f.arg(v, k));
				if (all && f.nargs(v) > 0 && f.type[v] === T.Ptr) this.learn(v);
			} else if ((op === o.OpEq || op === o.OpNe) && f.op[f.arg(v, 1)] === o.OpConst && f.isZero(f.arg(v, 1))) {
				const t = f.type[f.arg(v, 0)];
				if ((t === T.Ptr || t === T.Addr) && this.isNotNil(f.arg(v, 0))) {
					f.op[v] = o.OpConst;
					f.auxInt[v] = op === o.OpNe ? 1n : 0n;
					f.setArgs(v, []);
				}
			}
			values[n++] = v;
		}
		values.length = n;
	}
}

/** Removes a check that is followed by an access to the same page that faults instead, with no effect between. */
export function lateNilCheck(f: Func): void {
	/** By value: 1 = accessed further down in this block, before any effect. */
	const faults = new Uint8Array(f.nvals);
	let marked: number[] = [];
	for (let b = 0; b < f.blocks.length; b++) {
		const { values } = f.blocks[b];
		let removed = false;
		for (let i = values.length - 1; i >= 0; i--) {
			const v = values[i];
			const op = f.op[v];
			if (op === o.OpNilCheck && faults[f.arg(v, 0)] === 1) {
				f.op[v] = o.OpNop;
				f.setArgs(v, []);
				removed = true;
				continue;
			}
			const flags = op < 256 ? o.opFlags[op] : o.OpFlag.Writes;
			if ((flags & o.OpFlag.Writes) !== 0 && op !== o.OpVarValue) {
				for (const p of marked) faults[p] = 0;
				marked = [];
			}
			if (op !== o.OpLoad && op !== o.OpStore && op !== o.OpStoreNoWB) continue;
			const p = f.arg(v, 0);
			if (f.type[p] !== T.Ptr || f.auxInt[v] < 0n || f.auxInt[v] >= zeroPage || faults[p] === 1) continue;
			faults[p] = 1;
			marked.push(p);
		}
		for (const p of marked) faults[p] = 0;
		marked = [];
		if (removed) {
			let n = 0;
			for (let i = 0; i < values.length; i++) if (f.op[values[i]] !== o.OpNop) values[n++] = values[i];
			values.length = n;
		}
	}
}
