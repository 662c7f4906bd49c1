// What passes do to VarValues, which tell debuggers the values of variables. They must
// not change the code: passes see through them. They must not lie either: where one
// has to go, or its value goes, the variable's value is unknown from there on.

import type { Func } from "./func.ts";
import * as o from "./ops.gen.ts";
import { T } from "./types.ts";

/** Whether a value is no more than a note. */
export function isNote(op: number): boolean {
	return op === o.OpNop || op === o.OpVarValue;
}

/** Forgets the notes of block b, whose code is reached in another way or not at all: at the head of block `to` their variables are unknown. */
export function dropNotes(f: Func, b: number, to: number): void {
	const tags = new Set<bigint>();
	for (const v of f.blocks[b].values) {
		if (f.op[v] !== o.OpVarValue) continue;
		tags.add(f.auxInt[v]);
		f.op[v] = o.OpNop;
		f.setArgs(v, []);
	}
	forget(f, to, tags);
}

/** Variables are unknown at the head of block b, unless the block says itself what they are. */
export function forget(f: Func, b: number, tags: ReadonlySet<bigint>): void {
	if (tags.size === 0) return;
	const values = f.blocks[b].values;
	let at = 0;
	while (at < values.length && (f.op[values[at]] === o.OpPhi || f.op[values[at]] === o.OpNop)) at++;
	const said = new Set<bigint>();
	for (let i = at; i < values.length && isNote(f.op[values[i]]); i++) if (f.op[values[i]] === o.OpVarValue) said.add(f.auxInt[values[i]]);
	const made: number[] = [];
	for (const tag of tags) {
		if (said.has(tag)) continue;
		const v = f.newValueFloating(o.OpVarValue, T.Void, [], tag, 0, 0, -1);
		f.block[v] = b;
		made.push(v);
	}
	values.splice(at, 0, ...made);
}

/** A value that needs no register. Sizes are the reader's business: constants are sign-extended, floating ones are their bits. */
export type Described = { k: "const"; bits: bigint } | { k: "slot"; slot: number } | { k: "sym"; name: string; add: number };

/** What value v is, if it needs no register. */
export function describe(f: Func, v: number): Described | null {
	switch (f.op[v]) {
		case o.OpConst:
		case o.OpConstF:
			return { k: "const", bits: f.auxInt[v] };
		case o.OpSlotAddr:
			return { k: "slot", slot: f.auxWords[2 * v] };
		case o.OpSymAddr: {
			const sym = f.auxes[f.aux[v]];
			return sym !== null && typeof sym === "object" && "name" in sym ? { k: "sym", name: sym.name, add: f.int(v) } : null;
		}
		default:
			return null;
	}
}

/** The value of a note is about to go: keeps in its aux what can be said without it. */
export function detach(f: Func, note: number): void {
	const d = describe(f, f.arg(note, 0));
	f.setArgs(note, []);
	if (d === null) return;
	const text = d.k === "const" ? `const ${d.bits}` : d.k === "slot" ? `slot ${d.slot}` : `sym ${d.add} ${d.name}`;
	f.aux[note] = f.newAux(text);
}

/** What a note of a detached value says; null = nothing. */
export function described(f: Func, note: number): Described | null {
	const text = f.auxes[f.aux[note]];
	if (typeof text !== "string") return null;
	const [kind, n, ...rest] = text.split(" ");
	if (kind === "const") return { k: "const", bits: BigInt(n) };
	if (kind === "slot") return { k: "slot", slot: Number(n) };
	return { k: "sym", name: rest.join(" "), add: Number(n) };
}
