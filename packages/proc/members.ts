// Fields, promoted fields and methods: x.f.

import { Kind, packageOf, pointerTo, type Type } from "#bininfo";
import type { Loader } from "./load.ts";
import { EvalError } from "./parse.ts";
import { registerLanes } from "./registers.ts";
import { NilVariable } from "./operators.ts";
import { Flag, fullLoad, Variable } from "./variable.ts";

const MAX_DEPTH = 20;

/** x.name; text is what x was written as. Throws EvalError. */
export function select(loader: Loader, x: Variable, name: string, text: string): Variable {
	if (x.unreadable !== "") throw new EvalError(x.unreadable);
	if ((x.flags & Flag.Register) !== 0) {
		const lanes = registerLanes(x, name);
		if (lanes !== null) return lanes;
	}
	if (x instanceof NilVariable) throw new EvalError("nil is not a struct");
	if ((x.flags & Flag.Constant) !== 0 && x.type === null) throw new EvalError(`${String(x.value)} (type ${x.type}) is not a struct`);
	// Interfaces stand for what is in them.
	let of = x;
	if (of.kind === Kind.Interface) {
		const { descriptor, data } = loader.interfaceParts(of);
		if (descriptor === 0) throw new EvalError(`${displayName(of, text)} (type void) has no member ${name}`);
		const inner = loader.interfaceData(of, descriptor, data);
		of = inner;
	}
	if (of.kind === Kind.Chan) {
		// A channel's parts are those of the runtime's structure.
		loader.load(of, fullLoad);
		const part = of.children.find((c) => c.name === name);
		if (part !== undefined) return part;
	}
	const own = findMethod(loader, of, name);
	if (own !== null && of.real?.kind === Kind.Pointer && loader.deref(of).address === 0) return own;
	const base = throughPointer(loader, of, text);
	const method = own ?? promotedMethod(loader, base, name);
	if (base.real === null || base.real.kind !== Kind.Struct) {
		if (method !== null) return method;
		if (x.kind === Kind.Func && typeof x.value === "string") {
			throw new EvalError(`package ${packageOf(x.value)} has no function ${name}`);
		}
		throw new EvalError(`${displayName(x, text)} (type ${of.type?.name ?? ""}) has no member ${name}`);
	}
	const found = findField(loader, base, name);
	if (found !== null) return found;
	if (method !== null) return method;
	throw new EvalError(`${displayName(x, text)} has no member ${name}`);
}

function displayName(v: Variable, text: string): string {
	return v.name !== "" ? v.name : text;
}

/** What a pointer to a structure points to. */
function throughPointer(loader: Loader, v: Variable, text: string): Variable {
	if (v.real?.kind !== Kind.Pointer) return v;
	if (v.real.elem?.real.kind !== Kind.Struct) return v;
	const to = loader.deref(v);
	if (to.unreadable !== "") throw new EvalError(to.unreadable);
	if (to.address === 0) throw new EvalError(`${displayName(v, text)} is nil`);
	to.name = v.name;
	return to;
}

/** A method of an embedded field, where the linker left no wrapper for the outer type. */
function promotedMethod(loader: Loader, base: Variable, name: string): Variable | null {
	let level: Variable[] = [base];
	for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
		const next: Variable[] = [];
		for (const v of level) {
			for (const f of v.real?.kind === Kind.Struct ? v.real.fields : []) {
				if (!f.embedded) continue;
				let inner = loader.fieldAt(v, f.name, f.offset, f.type);
				if (inner.kind === Kind.Interface) {
					const { descriptor, data } = loader.interfaceParts(inner);
					if (descriptor === 0) continue;
					inner = loader.interfaceData(inner, descriptor, data);
				}
				inner.name = base.name;
				const found = findMethod(loader, inner, name);
				if (found !== null) return found;
				if (inner.real?.kind === Kind.Pointer) inner = loader.deref(inner);
				inner.name = base.name;
				if (inner.unreadable === "" && inner.address !== 0) next.push(inner);
			}
		}
		level = next;
	}
	return null;
}

/** A field, or one that embedded fields promote; breadth first, as Go does. */
export function findField(loader: Loader, base: Variable, name: string): Variable | null {
	let level: Variable[] = [base];
	for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
		const next: Variable[] = [];
		for (const v of level) {
			for (const f of v.real?.fields ?? []) {
				if (f.name === name || (f.embedded && lastPart(f.type.name) === name)) return loader.fieldAt(v, f.name, f.offset, f.type);
				if (!f.embedded) continue;
				let inner = loader.fieldAt(v, f.name, f.offset, f.type);
				if (inner.real?.kind === Kind.Pointer) inner = loader.deref(inner);
				if (inner.unreadable === "" && inner.address !== 0 && inner.real?.kind === Kind.Struct) {
					inner.name = v.name;
					next.push(inner);
				}
			}
		}
		level = next;
	}
	return null;
}

function lastPart(name: string): string {
	const plain = name.replace(/^\*/, "").replace(/\[.*$/, "");
	return plain.slice(plain.lastIndexOf(".") + 1);
}

/** A method as a function value with its receiver bound: what calls need. Null when the type has none of the name. */
function findMethod(loader: Loader, v: Variable, name: string): Variable | null {
	const type = v.type;
	if (type === null) return null;
	const value: Type = v.real?.kind === Kind.Pointer && v.real.elem !== null ? v.real.elem : type;
	const dot = value.name.lastIndexOf(".", value.name.indexOf("[") < 0 ? value.name.length : value.name.indexOf("["));
	if (dot < 0) return null;
	const pkg = value.name.slice(0, dot);
	const short = value.name.slice(dot + 1);
	const { binary } = loader.program;
	for (const [symbol, pointer] of [
		[`${pkg}.${short}.${name}`, false],
		[`${pkg}.(*${short}).${name}`, true],
	] as [string, boolean][]) {
		const [f] = binary.funcs.named(symbol);
		if (f === undefined) continue;
		const out = new Variable(symbol, f.entry, METHOD, loader.program.memory);
		out.kind = Kind.Func;
		out.value = f.name;
		out.base = f.entry;
		out.loaded = true;
		out.children = [receiver(loader, v, pointer)];
		return out;
	}
	return null;
}

const METHOD = null;

/** The receiver as the method wants it. */
function receiver(loader: Loader, v: Variable, pointer: boolean): Variable {
	const isPointer = v.real?.kind === Kind.Pointer;
	if (pointer === isPointer) return v;
	if (isPointer) return loader.deref(v);
	const out = new Variable("", 0, v.type === null ? null : pointerTo(v.type), loader.program.memory);
	out.children = [v];
	out.value = BigInt(v.address);
	out.loaded = true;
	return out;
}
