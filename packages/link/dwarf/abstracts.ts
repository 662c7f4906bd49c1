// Functions that were inlined somewhere, with the variables their instances have. The entry lies in the first package that inlines the
// function; what later packages' instances have besides is theirs alone.

import type { Names } from "#object";
import type { InfoWriter } from "./info.ts";
import { type AbstractFunc, type PlacedFunc, varKey } from "./unit.ts";

/** A function as a record has it: names, and offsets in .debug_info. */
export type AbstractRow = [name: string, offset: number, vars: [name: string, kind: number, line: number, offset: number][]];

export class Abstracts {
	private readonly info: InfoWriter;
	private readonly names: Names;
	/** By the number of the name. */
	private readonly known = new Map<number, AbstractFunc>();
	private readonly earlier = new Map<string, AbstractRow>();
	private fresh: AbstractFunc[] = [];

	constructor(info: InfoWriter, names: Names) {
		this.info = info;
		this.names = names;
	}

	/** Takes functions of an earlier link. */
	restore(rows: readonly AbstractRow[]): void {
		for (const row of rows) this.earlier.set(row[0], row);
	}

	get(name: number): AbstractFunc | undefined {
		const known = this.known.get(name);
		if (known !== undefined || this.earlier.size === 0) return known;
		const row = this.earlier.get(this.names.text(name));
		if (row === undefined) return undefined;
		const a: AbstractFunc = { name, label: this.info.labelAt(row[1]), startLine: 0, vars: new Map() };
		for (const [text, kind, line, offset] of row[2]) {
			const v = this.names.intern(text);
			a.vars.set(varKey(v, kind, line), { label: this.info.labelAt(offset), name: v, kind, line, type: 0 });
		}
		this.known.set(name, a);
		return a;
	}

	/** The functions that the functions of a package are the first to inline. */
	collect(funcs: readonly PlacedFunc[]): AbstractFunc[] {
		const out: AbstractFunc[] = [];
		const own = new Set<AbstractFunc>();
		for (const { from, f } of funcs) {
			const p = from.pack;
			const first = p.fnInlAt[f];
			if (first === p.fnInlAt[f + 1]) continue;
			for (let call = first; call < p.fnInlAt[f + 1]; call++) {
				const name = from.id(p.inlFunc[call]);
				if (p.inlRangeAt[call] === p.inlRangeAt[call + 1] || this.get(name) !== undefined) continue;
				const a: AbstractFunc = { name, label: this.info.newLabel(), startLine: p.inlStart[call], vars: new Map() };
				this.known.set(name, a);
				own.add(a);
				out.push(a);
			}
			for (let v = p.fnVarAt[f]; v < p.fnVarAt[f + 1]; v++) {
				const k = p.varInl[v];
				const a = k < 0 ? undefined : this.known.get(from.id(p.inlFunc[first + k]));
				if (a === undefined || !own.has(a)) continue;
				const name = from.id(p.varName[v]);
				const key = varKey(name, p.varKind[v], p.varLine[v]);
				if (a.vars.has(key)) continue;
				const type = from.symbol(p.varType[v]);
				a.vars.set(key, { label: this.info.newLabel(), name, kind: p.varKind[v], line: p.varLine[v], type });
			}
		}
		this.fresh.push(...out);
		return out;
	}

	/** What was collected since the last time. */
	take(): AbstractRow[] {
		const { info, names } = this;
		const out = this.fresh.map((a): AbstractRow => {
			const vars = [...a.vars.values()].map((v): AbstractRow[2][number] => [names.text(v.name), v.kind, v.line, info.offsetOf(v.label)]);
			return [names.text(a.name), info.offsetOf(a.label), vars];
		});
		this.fresh = [];
		return out;
	}
}
