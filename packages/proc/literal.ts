// Structure literals: T{1, 2}, T{f: x}.
import { Kind, type Type } from "#bininfo";
import { type CompositeLit, exprString, Kind as Node } from "#syntax";
import { type Allocate, encode } from "./assign.ts";
import { typeOfExpr } from "./convert.ts";
import { findField } from "./members.ts";
import type { EvalHooks, Program1 } from "./eval.ts";
import { OverlayMemory } from "./memory.ts";
import { EvalError } from "./parse.ts";
import { FAKE_BASE, Flag, type Variable } from "./variable.ts";

const NO_ALLOCATION = "literal can not be allocated because function calls are not allowed without using 'call'";

interface Part {
	key: string;
	value: Program1;
	text: string;
}

/** Compiles a literal; `compile` compiles its elements. Throws EvalError at once when the elements cannot be. */
export function compileLiteralOf(x: CompositeLit, compile: (e: CompositeLit["elems"][number]) => Program1): Program1 {
	const { type } = x;
	if (type === null) throw new EvalError("composite literal without a type");
	const parts = x.elems.map((e): Part => {
		if (e.kind !== Node.KeyValue) return { key: "", value: compile(e), text: exprString(e) };
		if (e.key.kind !== Node.Name) throw new EvalError(`expression ${exprString(e.key)} not supported as field name`);
		return { key: e.key.name, value: compile(e.value), text: exprString(e.value) };
	});
	return (s, h, c) => {
		const t = typeOfExpr(s.program, type);
		if (t === null) throw new EvalError(`could not find type ${exprString(type)}`);
		const { fields } = t.real;
		if (t.real.kind !== Kind.Struct) throw new EvalError("expression *ast.CompositeLit not implemented");
		const bytes = new Uint8Array(Math.max(t.size, 1));
		const memory = new OverlayMemory(s.program.memory, FAKE_BASE, bytes);
		const made = (): Variable => s.loader.variable("", FAKE_BASE, t, memory, Flag.FakeAddress);
		parts.forEach((p, i) => {
			const f = fields[i];
			const whole = made();
			const to =
				p.key !== "" ? findField(s.loader, whole, p.key) : f === undefined ? null : s.loader.fieldAt(whole, f.name, f.offset, f.type);
			if (to === null || to.type === null) {
				throw new EvalError(p.key === "" ? "wrong number of elements in composite literal" : `${t.name} has no member ${p.key}`);
			}
			bytes.set(encode(s.loader, to.type, p.value(s, h, c), p.text, h.allocate ?? null), to.address - FAKE_BASE);
		});
		return made();
	};
}

/** Memory of the program with a literal's value, for &T{}. Throws EvalError when nothing may be allocated here. */
export function materialize(v: Variable, type: Type, hooks: EvalHooks): number {
	const allocate: Allocate | undefined = hooks.allocate;
	if (allocate === undefined) throw new EvalError(NO_ALLOCATION);
	return allocate(new Uint8Array(v.memory.read(v.address, type.size)), type.runtimeType);
}
