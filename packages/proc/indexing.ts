// x[i] and x[lo:hi], of maps too.

import { Kind, Type, pointerTo } from "#bininfo";
import { Op } from "#syntax";
import type { Loader } from "./load.ts";
import { compare, convertConstant } from "./operators.ts";
import { EvalError } from "./parse.ts";
import { FAKE_BASE, fullLoad, shallowLoad, Variable } from "./variable.ts";

const MAX_MAP_SCAN = 1 << 24;

function asInt(loader: Loader, v: Variable): number {
	loader.load(v, shallowLoad);
	if (v.unreadable !== "") throw new EvalError(v.unreadable);
	if (typeof v.value !== "bigint") {
		if (typeof v.value === "number" && Number.isInteger(v.value) && v.type === null) return v.value;
		if (v.type === null) throw new EvalError(`can not convert constant ${String(v.value)} to int`);
		throw new EvalError(`can not convert value of type ${v.type.name} to int`);
	}
	return Number(v.value);
}

/** x[i]. */
export function index(loader: Loader, x: Variable, i: Variable, xText: string): Variable {
	if (x.unreadable !== "") throw new EvalError(x.unreadable);
	let of = x;
	const cannot = (): EvalError => new EvalError(`expression "${xText}" (${x.type?.name ?? ""}) does not support indexing`);
	if (of.kind === Kind.Pointer) {
		if (of.real?.elem?.real.kind !== Kind.Array) throw cannot();
		of = loader.deref(of);
		if (of.address === 0) throw new EvalError("nil pointer dereference");
	}
	switch (of.kind) {
		case Kind.Slice:
		case Kind.Array:
		case Kind.String: {
			if (of.base === 0 && !of.loaded) throw new EvalError(`can not index "${xText}"`);
			const n = asInt(loader, i);
			if (n < 0 || n >= of.len) throw new EvalError("index out of bounds");
			if (of.base === 0 || (of.address === 0 && of.loaded && of.kind !== Kind.String)) {
				const c = of.children[n];
				if (c === undefined) throw new EvalError("index out of bounds");
				return c;
			}
			return loader.element(of, n);
		}
		case Kind.Map:
			return mapAt(loader, of, i);
		default:
			throw cannot();
	}
}

function mapAt(loader: Loader, m: Variable, key: Variable): Variable {
	if (m.address === 0) throw new EvalError("key not found");
	const it = loader.iterator(m);
	const keyType = m.real?.key ?? null;
	if (keyType !== null) {
		if (key.type === null) convertConstant(key, keyType);
		else if (key.type.name !== keyType.name) {
			const struct = keyType.kind === Kind.Struct && !keyType.typedef ? "struct " : "";
			throw new EvalError(`can not convert value of type ${key.type.name} to ${struct}${keyType.name}`);
		}
	}
	if (key.kind !== Kind.String) loader.load(key, fullLoad);
	if (key.unreadable !== "") throw new EvalError(key.unreadable);
	for (let n = 0; n < MAX_MAP_SCAN && it.next(); n++) {
		const k = it.key();
		if (k.kind !== Kind.String) loader.load(k, fullLoad);
		if (k.unreadable !== "") throw new EvalError(`can not access unreadable map: ${k.unreadable}`);
		if (compare(loader, Op.Eql, k, key)) return it.value();
	}
	throw new EvalError("key not found");
}

/** x[lo:hi]. */
export function reslice(loader: Loader, x: Variable, lo: Variable | null, hi: Variable | null, xText: string): Variable {
	if (x.unreadable !== "") throw new EvalError(x.unreadable);
	let of = x;
	if (of.kind === Kind.Pointer && of.real?.elem?.real.kind === Kind.Array) of = loader.deref(of);
	switch (of.kind) {
		case Kind.Slice:
		case Kind.Array:
		case Kind.String:
			if (of.base === 0) throw new EvalError(`can not slice "${xText}"`);
			break;
		case Kind.Map: {
			if (hi !== null) throw new EvalError("second slice argument must be empty for maps");
			of.mapSkip = lo === null ? 0 : asInt(loader, lo);
			const it = loader.iterator(of);
			if (of.mapSkip > it.length) throw new EvalError("map index out of bounds");
			return of;
		}
		default:
			throw new EvalError(`can not slice "${xText}" (type ${x.type?.name ?? ""})`);
	}
	const low = lo === null ? 0 : asInt(loader, lo);
	const high = hi === null ? of.len : asInt(loader, hi);
	if (low < 0 || low > of.len || high < 0 || high > (of.kind === Kind.Slice ? of.cap : of.len) || low > high) {
		throw new EvalError("index out of bounds");
	}
	const type =
		of.kind === Kind.Array && of.elem !== null ? (loader.program.binary.typeNamed(`[]${of.elem.name}`) ?? sliceOf(of.elem)) : of.type;
	const out = new Variable("", 0, type, of.base >= FAKE_BASE ? of.memory : loader.program.memory);
	out.base = of.base + low * of.stride;
	out.len = high - low;
	out.cap = of.kind === Kind.String ? out.len : of.cap - low;
	out.stride = of.stride;
	out.elem = of.elem;
	out.trustLength = lo !== null && hi !== null;
	// A value without a place of its own shows as one: it has a base.
	out.address = of.address;
	return out;
}

function sliceOf(elem: Type): Type {
	return new Type({
		name: `[]${elem.name}`,
		kind: Kind.Slice,
		size: 24,
		elem: () => elem,
		fields: () => [{ name: "array", offset: 0, embedded: false, type: pointerTo(elem) }],
	});
}
