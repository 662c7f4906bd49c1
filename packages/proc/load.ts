// Reading variables: their parts, as deep as a LoadConfig says.

import { Kind, kindName, pointerTo, Type, type Func } from "#bininfo";
import { type Memory, MemoryError } from "./backend.ts";
import { describeConstant } from "./enums.ts";
import { MapIterator } from "./maps.ts";
import type { Program } from "./program.ts";
import { formatTime } from "./time.ts";
import { FAKE_BASE, Flag, type LoadConfig, Variable } from "./variable.ts";

const POINTER = 8;
const MAX_ERRORS = 3;
const MAX_CAPTURED = 1000;
const decoder = new TextDecoder();

/** Reads variables of a program. */
export class Loader {
	readonly program: Program;
	private readonly closures: Map<number, Type> = new Map();

	constructor(program: Program) {
		this.program = program;
	}

	/** A variable at an address. What its header says (length, base) is read; the rest by load(). */
	variable(name: string, address: number, type: Type | null, memory: Memory = this.program.memory, flags: number = 0): Variable {
		const v = new Variable(name, address, type, memory);
		v.flags |= flags & Flag.FakeAddress;
		if (v.real === null || address === 0) {
			if (v.real?.kind === Kind.Array) setArray(v, v.real);
			return v;
		}
		try {
			this.header(v, v.real);
		} catch (e) {
			v.unreadable = reason(e);
		}
		return v;
	}

	private header(v: Variable, real: Type): void {
		switch (real.kind) {
			case Kind.Chan:
				v.base = word(v.memory, v.address);
				break;
			case Kind.String:
				v.stride = 1;
				v.elem = BYTE;
				v.base = word(v.memory, v.address);
				v.len = word(v.memory, v.address + POINTER);
				if (v.len >= 2 ** 63) {
					v.len = -1;
					v.unreadable = `invalid length: ${BigInt.asIntN(64, big(v.memory, v.address + POINTER))}`;
				}
				break;
			case Kind.Slice: {
				const array = real.field("array")?.type.real;
				v.elem = real.elem ?? array?.elem ?? null;
				v.stride = v.elem?.size ?? 0;
				v.base = word(v.memory, v.address);
				v.len = Number(BigInt.asIntN(64, big(v.memory, v.address + POINTER)));
				v.cap = Number(BigInt.asIntN(64, big(v.memory, v.address + 2 * POINTER)));
				break;
			}
			case Kind.Array:
				setArray(v, real);
				break;
		}
	}

	/** Memory behind a pointer of a variable: the program's own, also when the pointer is in a register. */
	behind(): Memory {
		return this.program.memory;
	}

	/** Reads a variable's value. Errors are kept in the variable. */
	load(v: Variable, config: LoadConfig): Variable {
		this.loadAt(v, 0, config);
		return v;
	}

	loadAt(v: Variable, level: number, config: LoadConfig): void {
		if (v.unreadable !== "" || v.loaded || v.real === null || (v.address === 0 && v.base === 0)) return;
		v.loaded = true;
		try {
			this.read(v, v.real, level, config);
		} catch (e) {
			v.unreadable = reason(e);
		}
	}

	private read(v: Variable, real: Type, level: number, config: LoadConfig): void {
		switch (v.kind) {
			case Kind.Pointer:
			case Kind.UnsafePointer:
				this.readPointer(v, level, config);
				return;
			case Kind.Chan:
				this.readChan(v, real);
				return;
			case Kind.Map:
				this.readMap(v, level, config);
				return;
			case Kind.String: {
				const n = Math.min(v.len, config.maxStringLen);
				v.bytes = n === 0 ? new Uint8Array(0) : this.stringBytes(v, n);
				v.value = decoder.decode(v.bytes);
				return;
			}
			case Kind.Slice:
			case Kind.Array:
				this.readElements(v, level, config);
				return;
			case Kind.Struct:
				this.readStruct(v, real, level, config);
				return;
			case Kind.Interface:
				this.readInterface(v, level, config);
				return;
			case Kind.Func:
				this.readFunc(v, level, config);
				return;
			default:
				v.value = this.scalar(v, real);
		}
	}

	private stringBytes(v: Variable, n: number): Uint8Array {
		const memory = v.base >= FAKE_BASE ? v.memory : this.behind();
		try {
			return new Uint8Array(memory.read(v.base, n));
		} catch (e) {
			throw new MemoryError(v.base, n, `could not read string at 0x${v.base.toString(16)} due to ${reason(e)}:`);
		}
	}

	private scalar(v: Variable, real: Type): Variable["value"] {
		const size = real.size;
		if (v.kind === Kind.Invalid) throw new Error('unknown or unsupported kind: "invalid"');
		const bytes = v.memory.read(v.address, size);
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		switch (v.kind) {
			case Kind.Int:
				return size === 8
					? view.getBigInt64(0, true)
					: BigInt(size === 4 ? view.getInt32(0, true) : size === 2 ? view.getInt16(0, true) : view.getInt8(0));
			case Kind.Uint:
				return size === 8
					? view.getBigUint64(0, true)
					: BigInt(size === 4 ? view.getUint32(0, true) : size === 2 ? view.getUint16(0, true) : view.getUint8(0));
			case Kind.Bool:
				return bytes[0] !== 0;
			case Kind.Float32:
				return view.getFloat32(0, true);
			case Kind.Float64:
				return view.getFloat64(0, true);
			case Kind.Complex64:
				return [view.getFloat32(0, true), view.getFloat32(4, true)];
			case Kind.Complex128:
				return [view.getFloat64(0, true), view.getFloat64(8, true)];
			default:
				throw new Error(`unknown or unsupported kind: "${kindName(v.kind)}"`);
		}
	}

	// Pointers.

	/** What a pointer points to, not loaded; other variables are returned as they are. */
	deref(v: Variable): Variable {
		if (v.unreadable !== "" || v.real === null || v.real.kind !== Kind.Pointer) return v;
		if ((v.address === 0 || v.fake) && v.children.length === 1 && v.loaded) return v.children[0];
		let to = 0;
		let failed = "";
		try {
			to = v.address === 0 && typeof v.value === "bigint" ? Number(v.value) : word(v.memory, v.address);
		} catch (e) {
			failed = reason(e);
		}
		const r = this.variable("", to, v.real.elem, this.behind());
		if (failed !== "") r.unreadable = failed;
		return r;
	}

	private readPointer(v: Variable, level: number, config: LoadConfig): void {
		if (v.children.length === 0) {
			v.len = 1;
			const elem = v.real?.elem ?? null;
			let to: number;
			try {
				to = word(v.memory, v.address);
			} catch (e) {
				v.unreadable = reason(e);
				const child = new Variable("", 0, elem, this.behind());
				child.unreadable = `parent pointer unreadable: ${v.unreadable}`;
				v.children = [child];
				return;
			}
			v.children = [this.variable("", to, elem ?? VOID, this.behind())];
			v.value = BigInt(to);
		}
		const child = v.children[0];
		if (!config.followPointers || v.kind === Kind.UnsafePointer) {
			child.onlyAddr = true;
			return;
		}
		let next = level;
		if (child.kind === Kind.Interface) next++;
		else if (child.kind === Kind.Pointer) {
			next++;
			if (level > config.maxVariableRecurse) {
				child.onlyAddr = true;
				return;
			}
		}
		this.loadAt(child, next, config);
	}

	// Structures.

	/** A field by place, not loaded. */
	fieldAt(v: Variable, name: string, offset: number, type: Type): Variable {
		const full = v.name === "" ? "" : `${v.name}.${name.includes(".") ? (name.split(".")[1] ?? name) : name}`;
		return this.variable(full, v.address + offset, type, v.memory, v.flags);
	}

	private readStruct(v: Variable, real: Type, level: number, config: LoadConfig): void {
		v.len = real.fields.length;
		if (level <= config.maxVariableRecurse) {
			for (const f of real.fields) {
				if (config.maxStructFields >= 0 && v.children.length >= config.maxStructFields) break;
				let c = this.fieldAt(v, f.name, f.offset, f.type);
				c.name = f.name;
				if (real.offset < 0 && f.name.startsWith("&") && c.kind === Kind.Pointer) {
					// A closure's variable that it shares with the function around it.
					c = this.deref(c);
					c.flags |= Flag.Escaped;
					c.name = f.name.slice(1);
				}
				v.children.push(c);
				this.loadAt(c, level + 1, config);
			}
		}
		if (v.type?.name === "time.Time") v.value = formatTime(this, v, real);
	}

	// Arrays.

	/** Element i of an array, slice or string, not loaded and not checked. */
	element(v: Variable, i: number): Variable {
		const memory = v.kind === Kind.Array || v.base >= FAKE_BASE ? v.memory : this.behind();
		return this.variable("", v.base + i * v.stride, v.elem, memory, v.kind === Kind.Array ? v.flags : 0);
	}

	private readElements(v: Variable, level: number, config: LoadConfig): void {
		if (v.len < 0) {
			v.unreadable = "Negative array length";
			return;
		}
		if (v.base === 0 && v.len > 0) {
			v.unreadable = "non-zero length array with nil base";
			return;
		}
		const count = v.trustLength ? v.len : Math.min(v.len, config.maxArrayValues);
		let errors = 0;
		for (let i = 0; i < count; i++) {
			const e = this.element(v, i);
			this.loadAt(e, level + 1, config);
			if (e.unreadable !== "") errors++;
			v.children.push(e);
			if (errors > MAX_ERRORS) break;
		}
	}

	// Maps.

	iterator(v: Variable): MapIterator {
		return new MapIterator(this, v);
	}

	private readMap(v: Variable, level: number, config: LoadConfig): void {
		const it = this.iterator(v);
		v.len = it.length;
		v.base = it.address;
		if (level > config.maxVariableRecurse || v.len === 0 || v.mapSkip >= v.len || config.maxArrayValues === 0) return;
		for (let i = 0; i < v.mapSkip; i++) {
			if (!it.next()) {
				v.unreadable = "map index out of bounds";
				return;
			}
		}
		let errors = 0;
		for (let n = 0; n < config.maxArrayValues && n < v.len && it.next(); n++) {
			const key = it.key();
			const value = it.value();
			this.loadAt(key, level + 1, config);
			this.loadAt(value, level + 1, config);
			if (key.unreadable !== "" || value.unreadable !== "") errors++;
			v.children.push(key, value);
			if (errors > MAX_ERRORS) break;
		}
	}

	// Channels.

	private readChan(v: Variable, real: Type): void {
		// The type stands for a pointer to the runtime's structure, whose buffer has an untyped pointer.
		const pointer = real.target?.real ?? null;
		const hchan = pointer?.elem?.real ?? this.program.binary.typeNamed("runtime.hchan")?.real ?? null;
		if (hchan === null) throw new Error("bad channel type");
		v.base = word(v.memory, v.address);
		if (v.base === 0) return;
		const s = this.variable("", v.base, hchan, this.behind());
		v.len = hchan.fields.length;
		const size = hchan.field("dataqsiz");
		const count = size === null ? 0 : word(this.behind(), v.base + size.offset);
		const deep: LoadConfig = { followPointers: true, maxVariableRecurse: 1, maxStringLen: 64, maxArrayValues: 64, maxStructFields: -1 };
		for (const f of hchan.fields) {
			const type = f.name === "buf" && real.elem !== null ? pointerTo(arrayOf(count, real.elem)) : f.type;
			const c = this.fieldAt(s, f.name, f.offset, type);
			c.name = f.name;
			v.children.push(c);
			this.loadAt(c, 1, deep);
		}
	}

	// Interfaces.

	/** Address of the type descriptor of an interface's value (0 = nil) and of its data word. */
	interfaceParts(v: Variable): { descriptor: number; data: number; empty: boolean } {
		const words = v.real?.target?.real;
		const empty = words === undefined || words.field("_type") !== null;
		const first = word(v.memory, v.address);
		const descriptor = empty || first === 0 ? first : word(this.program.memory, first + POINTER);
		return { descriptor, data: v.address + POINTER, empty };
	}

	private readInterface(v: Variable, level: number, config: LoadConfig): void {
		const { descriptor, data } = this.interfaceParts(v);
		if (descriptor === 0) {
			const child = this.variable("", word(v.memory, data), VOID, this.behind());
			v.children = [child];
			this.loadAt(child, level, config);
			return;
		}
		const child = this.interfaceData(v, descriptor, data);
		v.children = [child];
		if (level <= config.maxVariableRecurse) this.loadAt(child, level, config);
		else child.onlyAddr = true;
	}

	/** The value in an interface, typed by its descriptor. */
	interfaceData(v: Variable, descriptor: number, data: number): Variable {
		const type = this.typeOfDescriptor(descriptor);
		if (type === null) throw new Error("could not resolve interface type");
		const r = isDirect(type.real)
			? this.variable("data", data, type, v.memory, v.flags)
			: this.variable("data", word(v.memory, data), type, this.behind());
		return r;
	}

	/** The type with a runtime type descriptor, null when the file does not describe it. */
	typeOfDescriptor(descriptor: number): Type | null {
		const { binary } = this.program;
		return binary.typeOfRuntimeType(descriptor - binary.slide - binary.moduleData.types);
	}

	// Functions.

	private readFunc(v: Variable, level: number, config: LoadConfig): void {
		v.closure = word(v.memory, v.address);
		if (v.closure === 0) {
			v.value = "";
			return;
		}
		v.base = word(this.behind(), v.closure);
		const f = this.program.binary.funcAt(v.base);
		if (f === null) {
			v.unreadable = `could not find function for 0x${v.base.toString(16)}`;
			return;
		}
		v.value = f.name;
		const captured = this.closureType(f);
		v.len = captured.fields.length;
		if (level > config.maxVariableRecurse) return;
		const s = this.variable("", v.closure, captured, this.behind());
		this.loadAt(s, level, config);
		v.children = s.children;
	}

	/** The structure of a function's closure: the variables it captured; without fields when it is not one. */
	closureType(f: Func): Type {
		let t = this.closures.get(f.entry);
		if (t === undefined) {
			const { binary } = this.program;
			const captured = (binary.scope(f)?.variables ?? []).filter((v) => v.closureOffset > 0 && v.type >= 0).slice(0, MAX_CAPTURED);
			captured.sort((a, b) => a.closureOffset - b.closureOffset);
			const fields = captured.map((c) => ({ name: c.name, offset: c.closureOffset, embedded: false, type: binary.types.at(c.type) }));
			const last = fields[fields.length - 1];
			t = new Type({
				name: "",
				kind: Kind.Struct,
				size: last === undefined ? POINTER : last.offset + last.type.size,
				fields: () => fields,
			});
			this.closures.set(f.entry, t);
		}
		return t;
	}

	/** The text of an integer whose type has named constants: " (5)" follows the name. */
	describe(v: Variable): string {
		return describeConstant(this.program, v);
	}
}

const BYTE = new Type({ name: "byte", kind: Kind.Uint8, size: 1 });
/** What unsafe pointers point to. */
const VOID = new Type({ name: "void", kind: Kind.Invalid, size: 0 });

export function arrayOf(count: number, elem: Type): Type {
	return new Type({ name: `[${count}]${elem.name}`, kind: Kind.Array, size: count * elem.size, count, elem: () => elem });
}

function setArray(v: Variable, real: Type): void {
	v.base = v.address;
	v.len = real.count;
	v.cap = real.count;
	v.elem = real.elem;
	v.stride = real.count > 0 ? real.size / real.count : 0;
}

/** Values of the type are in an interface's data word itself: everything that is one pointer. */
export function isDirect(t: Type): boolean {
	switch (t.kind) {
		case Kind.Pointer:
		case Kind.UnsafePointer:
		case Kind.Map:
		case Kind.Chan:
		case Kind.Func:
			return true;
		case Kind.Struct:
			return t.size === POINTER && t.fields.length >= 1 && t.fields.filter((f) => f.type.size > 0).every((f) => isDirect(f.type.real));
		case Kind.Array:
			return t.count === 1 && t.elem !== null && isDirect(t.elem.real);
		default:
			return false;
	}
}

export function word(memory: Memory, address: number): number {
	const b = memory.read(address, 8);
	const v = new DataView(b.buffer, b.byteOffset, 8);
	return v.getUint32(0, true) + v.getUint32(4, true) * 0x1_0000_0000;
}

export function big(memory: Memory, address: number): bigint {
	const b = memory.read(address, 8);
	return new DataView(b.buffer, b.byteOffset, 8).getBigUint64(0, true);
}

/** An exception as a sentence. */
export function reason(e: unknown): string {
	if (e instanceof Error) return e.message;
	return String(e);
}
