// Names for integers of types that have constants.

import { Kind, packageOf } from "#bininfo";
import type { Program } from "./program.ts";
import type { Variable } from "./variable.ts";
import { Flag } from "./variable.ts";

interface Named {
	name: string;
	value: bigint;
}

/** Constants by the offset of their type, for one program. */
const tables: WeakMap<Program, Map<string, Map<number, Named[]>>> = new WeakMap();

/** The name of an integer's value, or its bits' names joined by "|"; "" when it has none. */
export function describeConstant(program: Program, v: Variable): string {
	if (v.type === null || (v.flags & Flag.Constant) !== 0 || typeof v.value !== "bigint") return "";
	if (v.kind !== Kind.Int && v.kind !== Kind.Uint) return "";
	// Names of predeclared types' constants would only mislead: every 1 would be io.SeekCurrent.
	if (!v.type.name.includes(".") || v.type.name.startsWith("C.")) return "";
	const values = constantsOf(program, packageOf(v.type.name)).get(v.type.offset);
	if (values === undefined) return "";
	const n = BigInt.asIntN(64, v.value);
	const exact = values.find((c) => c.value === n);
	if (exact !== undefined) return exact.name;
	if (n === 0n) return "";
	let left = n;
	const names: string[] = [];
	for (const c of values) {
		const single = c.value !== 0n && (c.value & (c.value - 1n)) === 0n;
		if (!single || (left & c.value) === 0n) continue;
		names.push(c.name);
		left &= ~c.value;
	}
	return left === 0n ? names.join("|") : "";
}

function constantsOf(program: Program, pkg: string): Map<number, Named[]> {
	let byPackage = tables.get(program);
	if (byPackage === undefined) {
		byPackage = new Map();
		tables.set(program, byPackage);
	}
	let out = byPackage.get(pkg);
	if (out === undefined) {
		out = new Map();
		byPackage.set(pkg, out);
		for (const c of program.binary.constantsIn(pkg)) {
			const type = program.binary.variableType(c);
			if (type === null) continue;
			const name = c.name.slice(c.name.lastIndexOf(".") + 1);
			const named = { name, value: BigInt(program.binary.constantValue(c)) };
			const old = out.get(type.offset);
			if (old === undefined) out.set(type.offset, [named]);
			else old.push(named);
		}
		for (const list of out.values()) list.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
	}
	return out;
}
