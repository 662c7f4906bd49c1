// String variables whose value the linker sets: -X, and the runtime's own.

import { ABI0, SymKind } from "#object";
import { type Layout, Sec } from "./layout.ts";
import type { Symbols } from "./symbols.ts";

export interface StringVar {
	variable: number;
	/** Bytes of the value, in read-only data. */
	bytes: number;
	value: Uint8Array;
}

const STRING_SIZE = 16;

/** Parses `importpath.name=value` into the variable's linker name and the value; null when malformed. */
export function parseDefine(arg: string): [string, string] | null {
	const eq = arg.indexOf("=");
	const dot = eq < 0 ? -1 : arg.slice(0, eq).lastIndexOf(".");
	return dot < 0 ? null : [arg.slice(0, eq), arg.slice(eq + 1)];
}

/**
 * Takes over the variables that exist, are strings and are reached: they become writable data with
 * pointers and get their value after layout.
 */
export function defineStrings(syms: Symbols, values: ReadonlyMap<string, Uint8Array>, reached: (id: number) => boolean): StringVar[] {
	const out: StringVar[] = [];
	for (const [name, value] of values) {
		const variable = syms.lookup(name, ABI0);
		const type = variable === 0 ? 0 : syms.gotype[variable];
		if (variable === 0 || !syms.isDefined(variable) || type === 0) continue;
		if (syms.name(type) !== "type:string") {
			syms.error(`${name}: cannot set with -X: not a var of type string (${syms.name(type)})`);
			continue;
		}
		if (!reached(variable)) continue;
		syms.blank(variable, SymKind.Data, STRING_SIZE);
		out.push({ variable, bytes: syms.define(`${name}.str`, SymKind.Rodata, value.length), value });
	}
	return out;
}

export function placeStrings(layout: Layout, vars: readonly StringVar[]): void {
	for (const v of vars) layout.place(Sec.rodata, v.bytes, 1);
}

export function writeStrings(layout: Layout, vars: readonly StringVar[], image: Uint8Array): void {
	const view = new DataView(image.buffer, image.byteOffset, image.length);
	for (const v of vars) {
		image.set(v.value, layout.fileOffset(v.bytes));
		const at = layout.fileOffset(v.variable);
		view.setBigUint64(at, BigInt(layout.addr[v.bytes]), true);
		view.setBigUint64(at + 8, BigInt(v.value.length), true);
	}
}
