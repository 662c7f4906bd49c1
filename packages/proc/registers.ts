// Registers by name in expressions.

import { Kind, Type } from "#bininfo";
import type { EvalScope } from "./scope.ts";
import { Flag, Variable } from "./variable.ts";

const NAMES: Record<string, number> = {
	rax: 0,
	rdx: 1,
	rcx: 2,
	rbx: 3,
	rsi: 4,
	rdi: 5,
	rbp: 6,
	rsp: 7,
	rip: 16,
	eflags: 49,
	rflags: 49,
	es: 50,
	cs: 51,
	ss: 52,
	ds: 53,
	fs: 54,
	gs: 55,
	fs_base: 58,
	gs_base: 59,
};
for (let i = 8; i < 16; i++) NAMES[`r${i}`] = i;
for (let i = 0; i < 16; i++) NAMES[`xmm${i}`] = 17 + i;

const UINT64 = new Type({ name: "uint64", kind: Kind.Uint64, size: 8 });
const STRING = new Type({ name: "string", kind: Kind.String, size: 16 });

/** DWARF number of a register's name in any case, with or without an underscore before it; -1 = none. */
export function registerNumber(name: string): number {
	return NAMES[name.replace(/^_+/, "").toLowerCase()] ?? -1;
}

/** A register of the scope's frame, null when the name is not one's. */
export function registerVariable(s: EvalScope, name: string): Variable | null {
	const n = registerNumber(name);
	const frame = s.frame;
	// Capital letters, or an underscore, so that names of variables that do not exist are not taken for registers.
	if (n < 0 || frame === null || !/^(_+\w+|[A-Z0-9_]+)$/.test(name)) return null;
	const vector = n >= 17 && n <= 32 ? frame.regs.thread?.vector(n) : undefined;
	if (vector !== undefined) {
		const v = new Variable(name, 0, STRING, s.program.memory);
		v.flags |= Flag.Register;
		v.loaded = true;
		v.bytes = new Uint8Array(vector);
		// The lowest byte last, as a number is written.
		v.value = `0x${Array.from(vector, (b) => b.toString(16).padStart(2, "0"))
			.reverse()
			.join("")}`;
		v.len = v.value.length;
		v.bytes = new TextEncoder().encode(v.value);
		lanes.set(v, new Uint8Array(vector));
		return v;
	}
	const value = s.register(frame, n);
	if (value === undefined) return null;
	const v = new Variable(name, 0, UINT64, s.program.memory);
	v.flags |= Flag.Register;
	v.value = value;
	v.loaded = true;
	lanes.set(v, bytesOf(value));
	return v;
}

/** The bytes of variables that are registers. */
const lanes: WeakMap<Variable, Uint8Array> = new WeakMap();

function bytesOf(v: bigint): Uint8Array {
	const b = new Uint8Array(8);
	new DataView(b.buffer).setBigUint64(0, v, true);
	return b;
}

/** REG.uint8 and the like: the register as an array of smaller numbers; null when it is not such a name. */
export function registerLanes(v: Variable, name: string): Variable | null {
	const bytes = lanes.get(v);
	const m = /^(u?int|float)(8|16|32|64)?$/.exec(name);
	if (bytes === undefined || m === null) return null;
	const size = Number(m[2] ?? 64) / 8;
	const float = m[1] === "float";
	if (float && size < 4) return null;
	const kind = float
		? size === 4
			? Kind.Float32
			: Kind.Float64
		: ({ 1: Kind.Int8, 2: Kind.Int16, 4: Kind.Int32, 8: Kind.Int64 }[size] ?? Kind.Int64) + (m[1] === "uint" ? Kind.Uint8 - Kind.Int8 : 0);
	const elem = new Type({ name, kind, size });
	const count = bytes.length / size;
	const out = new Variable(
		"",
		0,
		new Type({ name: `[${count}]${name}`, kind: Kind.Array, size: bytes.length, count, elem: () => elem }),
		v.memory,
	);
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	for (let i = 0; i < count; i++) {
		const c = new Variable("", 0, elem, v.memory);
		const at = i * size;
		if (float) c.value = size === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true);
		else {
			let n = 0n;
			for (let k = size - 1; k >= 0; k--) n = n * 256n + BigInt(bytes[at + k]);
			c.value = m[1] === "int" ? BigInt.asIntN(size * 8, n) : n;
		}
		c.loaded = true;
		out.children.push(c);
	}
	out.len = count;
	out.loaded = true;
	out.flags |= Flag.Register;
	return out;
}
