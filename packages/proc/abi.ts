// Go's register ABI (cmd/compile/abi-internal.md) on amd64: which registers or stack words hold arguments and results.
import { Kind, type Type } from "#bininfo";

/** DWARF numbers of the registers for integers and pointers, in order; rax rbx rcx rdi rsi r8..r11. */
export const INTEGER_REGISTERS: readonly number[] = [0, 3, 2, 5, 4, 8, 9, 10, 11];
const FLOATS = 15;
export const FIRST_XMM = 17;
const POINTER = 8;
/** Bytes of a value that are in a register (DWARF number). */
export interface Part {
	offset: number;
	size: number;
	register: number;
}

/** Hands out registers to values, one after the other. */
export class Assigner {
	private ints = 0;
	private floats = 0;
	/** Bytes of the argument area in use. */
	stack: number = 0;

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
		const register = INTEGER_REGISTERS[this.ints++];
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
