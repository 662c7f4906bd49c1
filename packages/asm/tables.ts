// The tables of a function that the runtime reads: line, file, SP delta,
// PCDATA, and references to FUNCDATA.

import { encodePcValues } from "#pclntab";
import { ABI0, type FragmentBuilder, SymFlag, SymKind } from "#object";
import { type Item, Kind } from "./item.ts";

const FuncdataArgs = 0;
const FuncdataArgInfo = 5;

export interface FunctionTables {
	files: string[];
	pcfile: Uint8Array;
	pcln: Uint8Array;
	pcsp: Uint8Array;
	pcdata: Uint8Array[];
	funcdata: number[];
}

interface Named {
	name: string;
	abiInternal: boolean;
}

/** Collects runs of equal values. */
class Runs {
	readonly values: number[] = [];
	readonly ends: number[] = [];

	/** value holds from the end of the previous run to end. */
	add(value: number, end: number): void {
		this.values.push(value);
		this.ends.push(end);
	}

	encode(): Uint8Array {
		return encodePcValues(this.values, this.ends);
	}
}

export function functionTables(
	items: readonly Item[],
	size: number,
	startLine: number,
	files: readonly string[],
	builder: FragmentBuilder,
	head: Named,
): FunctionTables {
	const used: string[] = [];
	const fileIndex = new Map<number, number>();
	const file = new Runs();
	const line = new Runs();
	const sp = new Runs();
	let delta = 0;
	for (const item of items) {
		if (item.size > 0) {
			const end = item.pc + item.size;
			let index = fileIndex.get(item.file);
			if (index === undefined) {
				index = used.push(files[item.file] as string) - 1;
				fileIndex.set(item.file, index);
			}
			file.add(index, end);
			line.add(item.line - startLine, end);
			sp.add(delta, end);
		}
		delta += item.spadj;
	}
	return {
		files: used,
		pcfile: file.encode(),
		pcln: line.encode(),
		pcsp: sp.encode(),
		pcdata: pcdataTables(items, size),
		funcdata: funcdataSymbols(items, builder, head),
	};
}

function pcdataTables(items: readonly Item[], size: number): Uint8Array[] {
	const runs: Runs[] = [];
	const current: number[] = [];
	for (const item of items) {
		if (item.kind !== Kind.Pcdata) continue;
		while (runs.length <= item.index) {
			runs.push(new Runs());
			current.push(-1);
		}
		const r = runs[item.index] as Runs;
		r.add(current[item.index] as number, item.pc);
		current[item.index] = item.value;
	}
	return runs.map((r, i) => {
		r.add(current[i] as number, size);
		return r.values.every((v) => v === -1) ? new Uint8Array(0) : r.encode();
	});
}

/** FUNCDATA by index; ABI0 functions of the package refer to what the compiler derives from their Go declaration. */
function funcdataSymbols(items: readonly Item[], builder: FragmentBuilder, head: Named): number[] {
	const out: number[] = [];
	const set = (index: number, sym: number): void => {
		while (out.length <= index) out.push(-1);
		out[index] = sym;
	};
	for (const item of items) {
		if (item.kind !== Kind.Funcdata) continue;
		const name = builder.fragment.names[item.value];
		if (name === "go_args_stackmap") set(item.index, builder.ref(`${head.name}.args_stackmap`, ABI0));
		else if (name === "no_pointers_stackmap") set(item.index, noPointers(builder));
		else set(item.index, item.value);
	}
	const own = head.name.startsWith(`${builder.fragment.pkg === "" ? "" : escapePath(builder.fragment.pkg)}.`);
	if (own && !head.abiInternal && head.name !== "runtime.addmoduledata") {
		if ((out[FuncdataArgs] ?? -1) < 0) set(FuncdataArgs, builder.ref(`${head.name}.args_stackmap`, ABI0));
		if ((out[FuncdataArgInfo] ?? -1) < 0) set(FuncdataArgInfo, builder.ref(`${head.name}.arginfo0`, ABI0));
	}
	return out;
}

/** Two empty bitmaps: no local holds a pointer. */
function noPointers(builder: FragmentBuilder): number {
	const name = "gclocals·no_pointers";
	const id = builder.ref(name, ABI0);
	if (!builder.fragment.syms.some((s) => s.name === id)) {
		builder.data(name, SymKind.Funcdata, Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0), {
			align: 4,
			flags: SymFlag.Dupok | SymFlag.ContentAddressable,
		});
	}
	return id;
}

/** An import path as it appears in linker names: the last element's dots and odd bytes are escaped. */
export function escapePath(path: string): string {
	const slash = new TextEncoder().encode(path).lastIndexOf(47);
	let out = "";
	const bytes = new TextEncoder().encode(path);
	for (let i = 0; i < bytes.length; i++) {
		const byte = bytes[i] as number;
		const c = String.fromCharCode(byte);
		const odd = byte <= 32 || c === "%" || c === '"' || byte >= 0x7f;
		const dot = c === "." && i > slash;
		out += odd || dot ? `%${byte.toString(16).padStart(2, "0")}` : c;
	}
	return out;
}
