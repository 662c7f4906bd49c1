// Predeclared functions.

import { Kind } from "#bininfo";
import { Op } from "#syntax";
import type { Loader } from "./load.ts";
import { binaryOp, untyped } from "./operators.ts";
import { EvalError } from "./parse.ts";
import { fullLoad, shallowLoad, type Variable } from "./variable.ts";

type Builtin = (loader: Loader, args: Variable[], texts: string[]) => Variable;

const ALL: Record<string, Builtin> = {
	cap: (l, a, t) => size(l, a, t, "cap"),
	len: (l, a, t) => size(l, a, t, "len"),
	complex: (l, a, t) => {
		if (a.length !== 2) throw new EvalError(`wrong number of arguments to complex: ${a.length}`);
		const parts = a.map((v, i) => {
			l.load(v, fullLoad);
			if (v.unreadable !== "") throw new EvalError(v.unreadable);
			if (typeof v.value !== "number" && typeof v.value !== "bigint") {
				throw new EvalError(`invalid argument ${i + 1} ${t[i]} (type ${v.type?.name ?? ""}) to complex`);
			}
			return Number(v.value);
		});
		return untyped(l, [parts[0], parts[1]]);
	},
	real: (l, a, t) => part(l, a, t, "real", 0),
	imag: (l, a, t) => part(l, a, t, "imag", 1),
	min: (l, a, t) => extreme(l, a, t, "min", Op.Lss),
	max: (l, a, t) => extreme(l, a, t, "max", Op.Gtr),
};

/** The predeclared function of a name, null when there is none that expressions may use. */
export function builtin(name: string): Builtin | null {
	return Object.hasOwn(ALL, name) ? ALL[name] : null;
}

function size(loader: Loader, args: Variable[], texts: string[], name: "cap" | "len"): Variable {
	if (args.length !== 1) throw new EvalError(`wrong number of arguments to ${name}: ${args.length}`);
	let [v] = args;
	const typeText = v.type?.name ?? "";
	const bad = (): EvalError => new EvalError(`invalid argument ${texts[0]} (type ${typeText}) for ${name}`);
	if (v.kind === Kind.Pointer) {
		if (v.real?.elem?.real.kind !== Kind.Array) throw bad();
		v = loader.deref(v);
	}
	if (v.unreadable !== "") throw new EvalError(v.unreadable);
	switch (v.kind) {
		case Kind.Slice:
		case Kind.Array:
			return untyped(loader, BigInt(name === "cap" ? v.cap : v.len));
		case Kind.String:
			if (name === "cap") throw bad();
			return untyped(loader, BigInt(v.len));
		case Kind.Map:
			if (name === "cap") throw bad();
			return untyped(loader, BigInt(v.address === 0 ? 0 : loader.iterator(v).length));
		case Kind.Chan: {
			loader.load(v, shallowLoad);
			if (v.unreadable !== "") throw new EvalError(v.unreadable);
			const field = v.children.find((c) => c.name === (name === "cap" ? "dataqsiz" : "qcount"));
			return untyped(loader, typeof field?.value === "bigint" ? field.value : 0n);
		}
		default:
			throw bad();
	}
}

function part(loader: Loader, args: Variable[], texts: string[], name: string, i: 0 | 1): Variable {
	if (args.length !== 1) throw new EvalError(`wrong number of arguments to ${name}: ${args.length}`);
	const [v] = args;
	loader.load(v, fullLoad);
	if (v.unreadable !== "") throw new EvalError(v.unreadable);
	if (Array.isArray(v.value)) return untyped(loader, (v.value as unknown as [number, number])[i]);
	if (v.type === null && (typeof v.value === "bigint" || typeof v.value === "number")) return untyped(loader, i === 0 ? v.value : 0n);
	throw new EvalError(`invalid argument ${texts[0]} (type ${v.type?.name ?? ""}) to ${name}`);
}

function extreme(loader: Loader, args: Variable[], texts: string[], name: string, op: Op): Variable {
	if (args.length === 0) throw new EvalError(`not enough arguments to ${name}`);
	let best = args[0];
	let text = texts[0];
	args.forEach((v, i) => {
		loader.load(v, fullLoad);
		if (v.unreadable !== "") throw new EvalError(`could not load "${texts[i]}": ${v.unreadable}`);
		if (i === 0) return;
		if (binaryOp(loader, op, v, best, texts[i], text).value === true) {
			best = v;
			text = texts[i];
		}
	});
	return best;
}
