// Types in expressions, and conversions to them.

import { Kind, pointerTo, Type } from "#bininfo";
import { exprString, type Expr, Kind as Node, LitKind, Op, unparen } from "#syntax";
import { arrayOf, type Loader } from "./load.ts";
import { isNilConstant, wrapInt } from "./operators.ts";
import { EvalError } from "./parse.ts";
import type { Program } from "./program.ts";
import { decodeRune } from "./quote.ts";
import { fullLoad, type LoadConfig, setText, type Variable } from "./variable.ts";

/** Predeclared names of types that programs describe under another name. */
const ALIASES: Record<string, string> = { byte: "uint8", rune: "int32", any: "interface {}" };
const BASIC = new Map<string, Type>(
	(
		[
			["bool", Kind.Bool, 1],
			["int", Kind.Int, 8],
			["int8", Kind.Int8, 1],
			["int16", Kind.Int16, 2],
			["int32", Kind.Int32, 4],
			["int64", Kind.Int64, 8],
			["uint", Kind.Uint, 8],
			["uint8", Kind.Uint8, 1],
			["uint16", Kind.Uint16, 2],
			["uint32", Kind.Uint32, 4],
			["uint64", Kind.Uint64, 8],
			["uintptr", Kind.Uintptr, 8],
			["float32", Kind.Float32, 4],
			["float64", Kind.Float64, 8],
			["complex64", Kind.Complex64, 8],
			["complex128", Kind.Complex128, 16],
			["string", Kind.String, 16],
			["unsafe.Pointer", Kind.UnsafePointer, 8],
		] as [string, number, number][]
	).map(([name, kind, size]) => [name, new Type({ name, kind, size })]),
);

/** The type an expression names, null when it names none that the program has. */
export function typeOfExpr(program: Program, x: Expr): Type | null {
	const e = unparen(x);
	switch (e.kind) {
		case Node.Unary: {
			if (e.op !== Op.Mul) return null;
			const elem = typeOfExpr(program, e.x);
			return elem === null ? null : (program.binary.typeNamed(`*${elem.name}`) ?? pointerTo(elem));
		}
		case Node.SliceType: {
			const elem = typeOfExpr(program, e.elem);
			if (elem === null) return null;
			return (
				program.binary.typeNamed(`[]${elem.name}`) ?? new Type({ name: `[]${elem.name}`, kind: Kind.Slice, size: 24, elem: () => elem })
			);
		}
		case Node.ArrayType: {
			const elem = typeOfExpr(program, e.elem);
			if (elem === null || e.len?.kind !== Node.BasicLit) return null;
			return arrayOf(Number(e.len.text), elem);
		}
		case Node.BasicLit:
			return e.lit === LitKind.String ? program.binary.typeNamed(JSON.parse(`"${e.text.slice(1, -1)}"`) as string) : null;
		default:
			for (const name of typeNames(program, e)) {
				const t = program.binary.typeNamed(name) ?? BASIC.get(name) ?? null;
				if (t !== null) return t;
			}
			return null;
	}
}

/** How the compiler may have spelled a type: packages by their paths. */
function typeNames(program: Program, e: Expr): string[] {
	switch (e.kind) {
		case Node.Name:
			return [ALIASES[e.name] ?? e.name];
		case Node.Selector: {
			const pkg =
				e.x.kind === Node.Name ? e.x.name : e.x.kind === Node.BasicLit && e.x.lit === LitKind.String ? e.x.text.slice(1, -1) : null;
			if (pkg === null) return [];
			if (pkg === "unsafe") return ["unsafe.Pointer"];
			// Types are written with the path, but for a package whose path's last element has a dot; both are tried.
			return [...program.packagePaths(pkg), pkg].map((path) => `${path}.${e.sel.name}`);
		}
		case Node.Index: {
			const args = e.index.kind === Node.ListExpr ? e.index.list : [e.index];
			let names = typeNames(program, e.x);
			args.forEach((a, i) => {
				const t = typeOfExpr(program, a);
				names = t === null ? [] : names.map((n) => `${n}${i === 0 ? "[" : ","}${t.name}`);
			});
			return names.map((n) => `${n}]`);
		}
		case Node.MapType: {
			const key = typeOfExpr(program, e.key);
			const value = typeOfExpr(program, e.value);
			return key === null || value === null ? [] : [`map[${key.name}]${value.name}`];
		}
		case Node.ChanType: {
			const elem = typeOfExpr(program, e.elem);
			return elem === null ? [] : [`${exprString(e).replace(exprString(e.elem), "")}${elem.name}`];
		}
		case Node.InterfaceType:
			return e.methods.length === 0 ? ["interface {}"] : [exprString(e)];
		case Node.StructType:
			return e.fields.length === 0 ? ["struct {}"] : [exprString(e)];
		case Node.FuncType:
			return [exprString(e)];
		case Node.Unary: {
			const t = typeOfExpr(program, e);
			return t === null ? [] : [t.name];
		}
		default:
			return [];
	}
}

/** Values of the two types look alike in memory. */
function compatible(a: Type | null, b: Type): boolean {
	if (a === null || a.kind !== b.kind) return a?.kind === Kind.UnsafePointer && b.kind === Kind.Pointer;
	switch (a.kind) {
		case Kind.Pointer:
			return a.elem?.real.name === b.elem?.real.name;
		case Kind.Struct:
			return (
				a.offset === b.offset ||
				(a.size === b.size &&
					a.fields.map((f) => `${f.name} ${f.type.name}`).join() === b.fields.map((f) => `${f.name} ${f.type.name}`).join())
			);
		case Kind.Slice:
		case Kind.Array:
			return a.count === b.count && a.elem?.name === b.elem?.name;
		case Kind.Map:
			return a.key?.name === b.key?.name && a.elem?.name === b.elem?.name;
		case Kind.Chan:
			return a.elem?.name === b.elem?.name;
		case Kind.Interface:
		case Kind.Func:
			return a.name === b.name;
		default:
			return a.size === b.size && a.kind !== Kind.String;
	}
}

/** T(x). */
export function convert(loader: Loader, x: Variable, type: Type, text: string, config: LoadConfig): Variable {
	const real = type.real;
	const bad = (): EvalError => new EvalError(`can not convert "${text}" to ${real.name}`);
	if (x.type !== null && compatible(x.real, real)) {
		if (x.kind === Kind.Pointer && x.loaded && x.children.length > 0 && real.elem !== null) {
			x.children = [loader.variable(x.children[0].name, x.children[0].address, real.elem)];
			x.children[0].onlyAddr = true;
		}
		x.type = type;
		x.real = real;
		if (real.kind === Kind.Pointer) x.kind = Kind.Pointer;
		return x;
	}
	const out = loader.variable("", 0, type);
	out.loaded = true;
	const single = (): Variable["value"] => {
		loader.load(x, fullLoad);
		if (x.unreadable !== "") throw new EvalError(x.unreadable);
		return x.value;
	};
	switch (real.kind) {
		case Kind.Pointer: {
			if (x.kind !== Kind.Int && x.kind !== Kind.Uint) {
				if (isNilConstant(x)) return out;
				throw bad();
			}
			const at = Number(BigInt.asUintN(64, single() as bigint));
			const child = loader.variable("", at, real.elem);
			child.onlyAddr = true;
			out.children = [child];
			out.value = BigInt(at);
			return out;
		}
		case Kind.Float32:
		case Kind.Float64: {
			if (x.kind < Kind.Int || x.kind > Kind.Float64) throw bad();
			const n = Number(single());
			out.value = real.kind === Kind.Float32 ? Math.fround(n) : n;
			return out;
		}
		case Kind.Complex64:
		case Kind.Complex128: {
			if (x.kind < Kind.Int || x.kind > Kind.Float64) throw bad();
			out.value = [Number(single()), 0];
			return out;
		}
		case Kind.Slice:
			return toSlice(loader, x, out, bad, config);
		case Kind.String:
			return toText(loader, x, out, bad, config);
	}
	if (out.kind === Kind.Int || out.kind === Kind.Uint) {
		if (x.kind === Kind.Pointer && out.kind === Kind.Uint) {
			loader.load(x, { ...config, followPointers: false });
			out.value = BigInt(x.children[0]?.address ?? 0);
			return out;
		}
		if (x.kind < Kind.Int || x.kind > Kind.Float64) throw bad();
		const v = single();
		out.value = wrapInt(typeof v === "bigint" ? v : BigInt(Math.trunc(Number(v))), out.kind, real.size);
		return out;
	}
	throw bad();
}

function toSlice(loader: Loader, x: Variable, out: Variable, bad: () => EvalError, config: LoadConfig): Variable {
	const elem = out.real?.elem ?? null;
	const kind = elem?.real.kind;
	if (elem === null || x.kind !== Kind.String || (kind !== Kind.Uint8 && kind !== Kind.Int32)) throw bad();
	loader.load(x, kind === Kind.Uint8 ? { ...config, maxStringLen: config.maxArrayValues } : config);
	if (x.unreadable !== "") throw new EvalError(x.unreadable);
	const bytes = x.bytes ?? new Uint8Array(0);
	const add = (value: number, at: number): void => {
		const c = loader.variable("", x.address === 0 ? 0 : x.address + at, elem);
		c.loaded = true;
		c.value = BigInt(value);
		out.children.push(c);
	};
	if (kind === Kind.Uint8) {
		bytes.forEach(add);
		out.len = x.len;
	} else {
		for (let i = 0; i < bytes.length; ) {
			const [rune, size] = decodeRune(bytes, i);
			add(rune < 0 ? 0xfffd : rune, i);
			i += size;
		}
		out.len = out.children.length;
	}
	out.cap = out.len;
	return out;
}

function toText(loader: Loader, x: Variable, out: Variable, bad: () => EvalError, config: LoadConfig): Variable {
	if (x.kind === Kind.String) {
		x.type = out.type;
		x.real = out.real;
		return x;
	}
	if (x.kind === Kind.Int || x.kind === Kind.Uint) {
		loader.load(x, config);
		if (x.unreadable !== "") throw new EvalError(x.unreadable);
		const n = Number(x.value as bigint);
		setText(out, n >= 0 && n <= 0x10ffff && (n < 0xd800 || n > 0xdfff) ? String.fromCodePoint(n) : "\ufffd");
		return out;
	}
	const elem = x.real?.elem?.real;
	if ((x.kind !== Kind.Slice && x.kind !== Kind.Array) || elem === undefined) throw bad();
	if (elem.kind !== Kind.Uint8 && elem.kind !== Kind.Int32) throw bad();
	loader.load(x, { ...config, maxArrayValues: config.maxStringLen });
	if (x.unreadable !== "") throw new EvalError(x.unreadable);
	const values = x.children.map((c) => Number(c.value));
	if (elem.kind === Kind.Uint8) {
		out.bytes = Uint8Array.from(values);
		out.value = new TextDecoder().decode(out.bytes);
		out.len = x.len;
	} else setText(out, String.fromCodePoint(...values));
	return out;
}
