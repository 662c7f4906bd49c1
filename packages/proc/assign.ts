// set x = value.

import { Kind, kindName } from "#bininfo";
import type { Loader } from "./load.ts";
import { convertConstant, isNilConstant } from "./operators.ts";
import { EvalError } from "./parse.ts";
import { fullLoad, type Variable } from "./variable.ts";

const POINTER = 8;
const FAKE = "can not assign to a value that is not in memory";

/** Stores a value into a variable of the program. Throws EvalError. */
export function assign(loader: Loader, to: Variable, from: Variable, text: string): void {
	if (to.fake) throw new EvalError(FAKE);
	const type = to.type;
	const real = to.real;
	if (type === null || real === null) throw new EvalError(`can not assign to ${to.name}`);
	loader.load(from, fullLoad);
	if (from.unreadable !== "") throw new EvalError(`Expression ${JSON.stringify(text)} is unreadable: ${from.unreadable}`);
	if (to.kind === Kind.Interface && from.kind === Kind.Interface && from.address !== 0) {
		copy(loader, to, from.address, 2 * POINTER, from);
		return;
	}
	convertConstant(from, type);
	const bytes = new Uint8Array(real.size);
	const view = new DataView(bytes.buffer);
	const value = from.value;
	switch (to.kind) {
		case Kind.Int:
		case Kind.Uint:
			putInt(view, BigInt(value as bigint), real.size);
			break;
		case Kind.Float32:
			view.setFloat32(0, Number(value), true);
			break;
		case Kind.Float64:
			view.setFloat64(0, Number(value), true);
			break;
		case Kind.Bool:
			bytes[0] = value === true ? 1 : 0;
			break;
		case Kind.Complex64:
		case Kind.Complex128: {
			const [re, im] = Array.isArray(value) ? (value as unknown as [number, number]) : [Number(value), 0];
			if (to.kind === Kind.Complex64) {
				view.setFloat32(0, re, true);
				view.setFloat32(4, im, true);
			} else {
				view.setFloat64(0, re, true);
				view.setFloat64(8, im, true);
			}
			break;
		}
		case Kind.Pointer:
		case Kind.UnsafePointer:
			if (!isNilConstant(from)) putInt(view, BigInt(from.children[0]?.address ?? 0), POINTER);
			break;
		case Kind.Func:
			if (!isNilConstant(from)) {
				if (from.closure === 0) throw new EvalError(`can not set variables of type ${kindName(to.kind)} (not implemented)`);
				putInt(view, BigInt(from.closure), POINTER);
			}
			break;
		case Kind.String:
			if (from.len === 0) break;
			if (from.address === 0)
				throw new EvalError("literal string can not be allocated because function calls are not allowed without using 'call'");
			putInt(view, BigInt(from.base), POINTER);
			view.setBigUint64(POINTER, BigInt(from.len), true);
			break;
		case Kind.Slice:
			if (isNilConstant(from)) break;
			if (from.base === 0 && from.len > 0) throw new EvalError(`can not set variables of type ${kindName(to.kind)} (not implemented)`);
			putInt(view, BigInt(from.base), POINTER);
			view.setBigUint64(POINTER, BigInt(from.len), true);
			view.setBigUint64(2 * POINTER, BigInt(from.cap), true);
			break;
		default:
			if (isNilConstant(from)) break;
			if (from.address === 0) throw new EvalError(`can not set variables of type ${kindName(to.kind)} (not implemented)`);
			copy(loader, to, from.address, real.size, from);
			return;
	}
	loader.program.memory.write(to.address, bytes);
}

function copy(loader: Loader, to: Variable, from: number, size: number, source: Variable): void {
	loader.program.memory.write(to.address, new Uint8Array(source.memory.read(from, size)));
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
