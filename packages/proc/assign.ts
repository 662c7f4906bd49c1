// set x = value.

import { type Binary, Kind, kindName, type Type } from "#bininfo";
import { isDirect, type Loader } from "./load.ts";
import { constantText, convertConstant, isNilConstant } from "./operators.ts";
import { EvalError } from "./parse.ts";
import { apiKind, fullLoad, type Variable } from "./variable.ts";

const POINTER = 8;
const FAKE = "can not assign to a value that is not in memory";

export const NO_ALLOCATION: string = "literal string can not be allocated because function calls are not allowed without using 'call'";

/** Gives memory of the program to a value that has none; returns its address. `descriptor`: of its type (offset), 0 = no pointers in it. */
export type Allocate = (bytes: Uint8Array, descriptor: number) => number;

/** Stores a value into a variable of the program. Throws EvalError. */
export function assign(loader: Loader, to: Variable, from: Variable, text: string, allocate: Allocate | null = null): void {
	if (to.fake) throw new EvalError(FAKE);
	if (to.type === null || to.real === null) throw new EvalError(`can not assign to ${to.name}`);
	loader.program.memory.write(to.address, encode(loader, to.type, from, text, allocate));
}

/** The bytes of a value as a type. Throws EvalError when it cannot become one. */
export function encode(loader: Loader, type: Type, from: Variable, text: string, allocate: Allocate | null): Uint8Array {
	const real = type.real;
	const kind = apiKind(real.kind);
	loader.load(from, fullLoad);
	if (from.unreadable !== "") throw new EvalError(`Expression ${JSON.stringify(text)} is unreadable: ${from.unreadable}`);
	const bytes = new Uint8Array(real.size);
	const view = new DataView(bytes.buffer);
	if (kind === Kind.Interface && !isNilConstant(from) && from.type?.name !== type.name) return toInterface(loader, type, from);
	convertConstant(from, type);
	const value = from.value;
	if (isNilConstant(from)) return bytes;
	switch (kind) {
		case Kind.Int:
		case Kind.Uint:
			putInt(view, BigInt(value as bigint), real.size);
			return bytes;
		case Kind.Float32:
			view.setFloat32(0, Number(value), true);
			return bytes;
		case Kind.Float64:
			view.setFloat64(0, Number(value), true);
			return bytes;
		case Kind.Bool:
			bytes[0] = value === true ? 1 : 0;
			return bytes;
		case Kind.Complex64:
		case Kind.Complex128: {
			const [re, im] = Array.isArray(value) ? (value as unknown as [number, number]) : [Number(value), 0];
			if (kind === Kind.Complex64) {
				view.setFloat32(0, re, true);
				view.setFloat32(4, im, true);
			} else {
				view.setFloat64(0, re, true);
				view.setFloat64(8, im, true);
			}
			return bytes;
		}
		case Kind.Pointer:
		case Kind.UnsafePointer:
			putInt(view, BigInt(from.children[0]?.address ?? 0), POINTER);
			return bytes;
		case Kind.Func:
			if (from.closure === 0 && from.address !== 0 && from.type !== null && from.base === 0) return bytes;
			if (from.closure === 0) throw new EvalError(`can not set variables of type ${kindName(kind)} (not implemented)`);
			putInt(view, BigInt(from.closure), POINTER);
			return bytes;
		case Kind.String: {
			if (from.len === 0) return bytes;
			let { base } = from;
			if (base === 0 || from.address === 0) {
				// A literal, or text that the evaluator put together.
				if (allocate === null) throw new EvalError(NO_ALLOCATION);
				base = allocate(from.bytes ?? new Uint8Array(0), 0);
			}
			putInt(view, BigInt(base), POINTER);
			view.setBigUint64(POINTER, BigInt(from.len), true);
			return bytes;
		}
		case Kind.Slice:
			if (from.base === 0 && from.len > 0) throw new EvalError(`can not set variables of type ${kindName(kind)} (not implemented)`);
			putInt(view, BigInt(from.base), POINTER);
			view.setBigUint64(POINTER, BigInt(from.len), true);
			view.setBigUint64(2 * POINTER, BigInt(from.cap), true);
			return bytes;
		default:
			if (from.address === 0) throw new EvalError(`can not set variables of type ${kindName(kind)} (not implemented)`);
			return new Uint8Array(from.memory.read(from.address, real.size));
	}
}

/** A value in an empty interface: another interface's, or one that is a pointer and has a descriptor in the program. */
function toInterface(loader: Loader, type: Type, from: Variable): Uint8Array {
	const refused = (): EvalError => new EvalError(`can not convert value of type ${from.type?.name ?? ""} to ${type.real.name}`);
	if (from.type === null) throw new EvalError(`can not convert ${constantText(from)} constant to ${type.name}`);
	if (type.real.name !== "interface {}") throw refused();
	const bytes = new Uint8Array(2 * POINTER);
	const view = new DataView(bytes.buffer);
	if (from.kind === Kind.Interface) {
		const { descriptor, data } = loader.interfaceParts(from);
		putInt(view, BigInt(descriptor), POINTER);
		bytes.set(from.memory.read(data, POINTER), POINTER);
		return bytes;
	}
	const { binary } = loader.program;
	if (from.type.runtimeType === 0 || !isDirect(from.type.real)) throw refused();
	putInt(view, BigInt(descriptorAddress(binary, from.type.runtimeType)), POINTER);
	if (from.address !== 0) bytes.set(from.memory.read(from.address, POINTER), POINTER);
	else view.setBigUint64(POINTER, BigInt(from.children[0]?.address ?? 0), true);
	return bytes;
}

/** Address of a type descriptor, from what the debugging information says: an offset, or (some linkers) an address. */
export function descriptorAddress(binary: Binary, runtimeType: number): number {
	const { types } = binary.moduleData;
	return binary.slide + (runtimeType >= types ? runtimeType : types + runtimeType);
}

function putInt(view: DataView, v: bigint, size: number): void {
	switch (size) {
		case 1:
			view.setInt8(0, Number(BigInt.asIntN(8, v)));
			break;
		case 2:
			view.setInt16(0, Number(BigInt.asIntN(16, v)), true);
			break;
		case 4:
			view.setInt32(0, Number(BigInt.asIntN(32, v)), true);
			break;
		default:
			view.setBigInt64(0, BigInt.asIntN(64, v), true);
	}
}
