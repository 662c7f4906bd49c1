// Maps: the runtime functions for the general case and for keys of 4 and 8 bytes and strings.

import { type Call, type Expr, Kind } from "#syntax";
import { type MapT, type Type } from "#types";
import { OpStoreNoWB, T } from "#ssa";
import { isString, u } from "../subst.ts";
import { builtinArgs } from "./args.ts";
import { type Builder, Val } from "./builder.ts";
import { expr, exprTo } from "./expr.ts";
import { runtimeField } from "./iface.ts";
import { callsFirst } from "./order.ts";
import { indexValue } from "./slices.ts";
import { bytesAsString } from "./strings.ts";

/** Values bigger than this that are absent need a zero value of their own (internal/abi.ZeroValSize). */
const ZeroValSize = 1024;
/** Elements up to this size may use the fast variants (internal/abi.MapMaxElemBytes). */
const MaxElemBytes = 128;

/** "", "fast32", "fast64", "faststr", "fast32ptr", "fast64ptr" of a map type. */
export function mapVariant(b: Builder, m: MapT): string {
	if (b.layout.size(m.elem) > MaxElemBytes) return "";
	const kt = b.layout.of(m.key);
	if (isString(m.key)) return "faststr";
	if (!b.p.algs.isMemory(m.key)) return "";
	if (kt.size === 4) return kt.ptrBytes === 0 ? "fast32" : "";
	if (kt.size === 8) return kt.ptrBytes === 0 ? "fast64" : "fast64ptr";
	return "";
}

/** The key as the variant's functions take it. */
function keyArgs(b: Builder, m: MapT, variant: string, key: Val): number[] {
	if (variant === "") return [b.inMemory(m.key, key)];
	if (variant === "faststr") return [key.part(0), key.part(1)];
	if (key.parts !== null && key.parts.length === 1) {
		const t = b.f.type[key.parts[0]];
		const want = variant === "fast32" ? T.I32 : variant === "fast64" ? T.I64 : T.Ptr;
		if (t === want) return [key.parts[0]];
		if (want === T.I64 && t === T.Addr) return [b.ptrToInt(key.parts[0])];
	}
	const want = variant === "fast32" ? T.I32 : variant === "fast64" ? T.I64 : T.Ptr;
	return [b.load(want, b.inMemory(m.key, key))];
}

/** m[k]; with commaOk also whether it is there. */
export function mapIndex(b: Builder, e: Extract<Expr, { kind: typeof Kind.Index }>, commaOk: boolean): Val[] {
	const mt = b.typeOf(e.x);
	const m = u(mt) as MapT;
	callsFirst(b, [e.x, e.index], [null, m.key]);
	const mv = expr(b, e.x).one;
	const str = isString(m.key) ? bytesAsString(b, e.index) : null;
	const key = str ?? exprTo(b, e.index, m.key);
	b.pos = e.pos;
	const r = mapAccess(b, mt, mv, key, commaOk);
	const val = b.layout.isSsa(m.elem) ? b.loadVal(m.elem, r[0], 0) : b.stabilise(m.elem, Val.mem(r[0], 0, false));
	return commaOk ? [val, Val.of(r[1])] : [val];
}

/** The address of the element for key, or of a zero value; with commaOk also whether it is there. */
export function mapAccess(b: Builder, mt: Type, mv: number, key: Val, commaOk: boolean): number[] {
	const m = u(mt) as MapT;
	let variant = mapVariant(b, m);
	const n = commaOk ? 2 : 1;
	if (variant === "fast64ptr") variant = "fast64";
	const args = [b.typeWord(mt), mv];
	if (variant !== "") {
		const k =
			variant === "fast64" && b.layout.hasPointers(m.key) ? [b.ptrToInt(keyArgs(b, m, "fast64ptr", key)[0])] : keyArgs(b, m, variant, key);
		return b.rt(`mapaccess${n}_${variant}`, [...args, ...k]);
	}
	const ka = keyArgs(b, m, "", key);
	if (b.layout.size(m.elem) > ZeroValSize) {
		const z = b.sym(b.p.zeroSym(b.layout.size(m.elem)));
		return b.rt(`mapaccess${n}_fat`, [...args, ...ka, z]);
	}
	return b.rt(`mapaccess${n}`, [...args, ...ka]);
}

/** The address of the element for key, made if it is not there. */
export function mapAssign(b: Builder, mt: Type, mv: number, key: Val): number {
	const m = u(mt) as MapT;
	const variant = mapVariant(b, m);
	const name = variant === "" ? "mapassign" : `mapassign_${variant}`;
	return b.rt1(name, [b.typeWord(mt), mv, ...keyArgs(b, m, variant, key)]);
}

export function deleteKey(b: Builder, e: Call): void {
	const [of, at] = builtinArgs(b, e);
	const mt = of.type;
	const m = u(mt) as MapT;
	const mv = of.value().one;
	const key = at.to(m.key);
	b.pos = e.pos;
	let variant = mapVariant(b, m);
	let k: number[];
	if (variant === "fast64ptr") {
		k = [b.ptrToInt(keyArgs(b, m, variant, key)[0])];
		variant = "fast64";
	} else k = keyArgs(b, m, variant, key);
	b.rt(variant === "" ? "mapdelete" : `mapdelete_${variant}`, [b.typeWord(mt), mv, ...k]);
}

export function clearMap(b: Builder, mt: Type, mv: number): void {
	b.rt("mapclear", [b.typeWord(mt), mv]);
}

export function makeMap(b: Builder, e: Call): Val {
	const t = b.typeOf(e);
	const hint = e.args.length > 1 ? indexValue(b, e.args[1]).v : b.i64(0);
	b.pos = e.pos;
	return Val.of(newMap(b, t, hint, b.frame.plan.siteOnHeap(e.id)));
}

/** Slots of a group (internal/abi.MapGroupSlots), and a control word of empty ones. */
const GroupSlots = 8n;
const EmptyControl = 0x8080808080808080n;

/** A map that does not outlive the function: its header and first group are on the stack. Others grow from there as usual. */
function stackMap(b: Builder, t: Type): number {
	const group = b.p.descriptors.groupType(u(t) as MapT);
	const g = b.temp(group, ".group");
	b.zero(group, g, 0);
	b.store(g, 0, b.int(T.I64, EmptyControl));
	const header = b.p.rtType("internal/runtime/maps", "Map");
	const m = b.temp(header, ".map");
	b.zero(header, m, 0);
	b.v(OpStoreNoWB, T.Void, [m, g], BigInt(runtimeField(b, "internal/runtime/maps", "Map", "dirPtr")));
	b.store(m, runtimeField(b, "internal/runtime/maps", "Map", "seed"), b.rt1("rand", []));
	return m;
}

/** A map with room for hint elements. */
export function newMap(b: Builder, t: Type, hint: number, onHeap: boolean): number {
	const c = b.constOf(hint);
	if (!onHeap && c !== null && c >= 0n && c <= GroupSlots) return stackMap(b, t);
	if (c !== null && c >= 0n && c <= 8n) return b.rt1("makemap_small", []);
	return b.rt1("makemap", [b.typeWord(t), hint, b.nil()]);
}
