// The results of a function that has just returned: where Go's register ABI (cmd/compile/abi-internal.md) puts them.
import { Kind, type Func, type Type } from "#bininfo";
import { Flag, OverlayMemory, type Registers, type Variable } from "#proc";
import type { Debuggee } from "./debuggee.ts";
import { loaderOf } from "./evaluate.ts";

/** DWARF numbers of the registers for integers and pointers, in order; rax rbx rcx rdi rsi r8..r11. */
const INTEGER = [0, 3, 2, 5, 4, 8, 9, 10, 11];
const FLOATS = 15;
const FIRST_XMM = 17;
const POINTER = 8;
/** Where values that are in registers seem to be, as the evaluator has it. */
const FAKE_BASE = 0x8_0000_0000_0000;

interface Part {
	offset: number;
	size: number;
	register: number;
}

/** Hands out registers to values, one after the other. */
class Assigner {
	private ints = 0;
	private floats = 0;
	/** Bytes of the argument area in use. */
	stack = 0;

	/** The registers of a value; null when it goes to the stack. */
	assign(t: Type): Part[] | null {
		const saved = [this.ints, this.floats] as const;
		const parts: Part[] = [];
		if (this.place(t, 0, parts)) return parts;
		[this.ints, this.floats] = saved;
		return null;
	}

	private take(offset: number, size: number, float: boolean, parts: Part[]): boolean {
		if (float) {
			if (this.floats >= FLOATS) return false;
			parts.push({ offset, size, register: FIRST_XMM + this.floats++ });
			return true;
		}
		const register = INTEGER[this.ints++];
		if (register === undefined) return false;
		parts.push({ offset, size, register });
		return true;
	}

	private place(t: Type, offset: number, parts: Part[]): boolean {
		const real = t.real;
		const words = (n: number): boolean => {
			for (let i = 0; i < n; i++) if (!this.take(offset + i * POINTER, POINTER, false, parts)) return false;
			return true;
		};
		switch (real.kind) {
			case Kind.Float32:
			case Kind.Float64:
				return this.take(offset, real.size, true, parts);
			case Kind.Complex64:
			case Kind.Complex128:
				return this.take(offset, real.size / 2, true, parts) && this.take(offset + real.size / 2, real.size / 2, true, parts);
			case Kind.String:
			case Kind.Interface:
				return words(2);
			case Kind.Slice:
				return words(3);
			case Kind.Struct:
				return real.fields.every((f) => this.place(f.type, offset + f.offset, parts));
			case Kind.Array:
				if (real.count === 0) return true;
				return real.count === 1 && real.elem !== null && this.place(real.elem, offset, parts);
			default:
				return real.size === 0 || this.take(offset, real.size, false, parts);
		}
	}

	/** Room in the argument area; its offset. */
	push(t: Type): number {
		const align = Math.min(Math.max(alignment(t), 1), POINTER);
		this.stack = Math.ceil(this.stack / align) * align;
		const at = this.stack;
		this.stack += t.size;
		return at;
	}

	/** Results use the registers from the first one on again. */
	beginResults(): void {
		this.ints = 0;
		this.floats = 0;
		this.stack = Math.ceil(this.stack / POINTER) * POINTER;
	}
}

function alignment(t: Type): number {
	const real = t.real;
	if (real.kind === Kind.Struct) return Math.max(1, ...real.fields.map((f) => alignment(f.type)));
	if (real.kind === Kind.Array) return real.elem === null ? 1 : alignment(real.elem);
	return Math.min(real.size, POINTER);
}

/** Results of a function, with a thread's registers right after (or at) its return. `cfa`: SP before the call. Not loaded. */
export function returnValues(d: Debuggee, f: Func, regs: Registers, cfa: number): Variable[] {
	const scope = d.binary.scope(f);
	if (scope === null) return [];
	const loader = loaderOf(d);
	const assigner = new Assigner();
	const typed = (v: { type: number; name: string }): { name: string; type: Type } => {
		const type = d.binary.types.at(v.type);
		// A result that lives on the heap is described as a pointer to it.
		if (v.name.startsWith("&") && type.real.elem !== null) return { name: v.name.slice(1), type: type.real.elem };
		return { name: v.name, type };
	};
	const params = scope.variables.filter((v) => v.param && v.type >= 0);
	for (const v of params.filter((x) => !x.result)) {
		const { type } = typed(v);
		if (assigner.assign(type) === null) assigner.push(type);
	}
	assigner.beginResults();
	const out: Variable[] = [];
	for (const v of params.filter((x) => x.result)) {
		const { name, type } = typed(v);
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
