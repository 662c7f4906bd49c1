// The results of a function that has just returned: where Go's register ABI puts them.
import type { Func, Type } from "#bininfo";
import { Assigner, FAKE_BASE, FIRST_XMM, Flag, OverlayMemory, type Registers, type Variable } from "#proc";
import type { Debuggee } from "./debuggee.ts";
import { loaderOf } from "./evaluate.ts";

export interface Parameter {
	name: string;
	type: Type;
}

/** Parameters and results of a function, as debugging information has them. */
export function parameters(d: Debuggee, f: Func): { arguments: Parameter[]; results: Parameter[] } {
	const out = { arguments: [] as Parameter[], results: [] as Parameter[] };
	for (const v of d.binary.scope(f)?.variables ?? []) {
		if (!v.param || v.type < 0) continue;
		const type = d.binary.types.at(v.type);
		// What lives on the heap is described as a pointer to it.
		const moved = v.name.startsWith("&") && type.real.elem !== null ? type.real.elem : null;
		const p = moved === null ? { name: v.name, type } : { name: v.name.slice(1), type: moved };
		(v.result ? out.results : out.arguments).push(p);
	}
	return out;
}

/** Results of a function, with a thread's registers right after (or at) its return. `cfa`: SP before the call. Not loaded. */
export function returnValues(d: Debuggee, f: Func, regs: Registers, cfa: number): Variable[] {
	const { arguments: args, results } = parameters(d, f);
	const loader = loaderOf(d);
	const assigner = new Assigner();
	for (const { type } of args) if (assigner.assign(type) === null) assigner.push(type);
	assigner.beginResults();
	const out: Variable[] = [];
	for (const { name, type } of results) {
		const parts = assigner.assign(type);
		let made: Variable;
		if (parts === null) made = loader.variable(name, cfa + assigner.push(type), type);
		else {
			const bytes = new Uint8Array(Math.max(type.size, 1));
			for (const p of parts) bytes.set(registerBytes(regs, p.register).subarray(0, p.size), p.offset);
			made = loader.variable(name, FAKE_BASE, type, new OverlayMemory(d.program.memory, FAKE_BASE, bytes), Flag.FakeAddress);
		}
		made.flags |= Flag.ReturnArgument;
		out.push(made);
	}
	return out;
}

function registerBytes(regs: Registers, register: number): Uint8Array {
	if (register >= FIRST_XMM) return regs.vector(register) ?? new Uint8Array(16);
	const b = new Uint8Array(8);
	new DataView(b.buffer).setBigUint64(0, regs.get(register) ?? 0n, true);
	return b;
}
