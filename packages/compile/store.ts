// What a cached symbol carries besides its fragment: the outgoing references and
// the effects of making it on the rest of the program, so that the work list runs
// over cached symbols without their source.

import { ByteReader, type ByteWriter } from "#base";
import { type Abi, decodeFragment, encodeFragment, type Fragment } from "#object";
import type { SymRef } from "#ssa";
import type { ParamTag } from "./escape/graph.ts";
import type { TypeReach } from "./reflectdata/reach.ts";

export interface CachedSymbol {
	fragment: Fragment;
	/** Symbols that making it queued. */
	needs: SymRef[];
	/** Link names of types that it converts to interfaces. */
	usedInIface: string[];
	ifaceMethods: string[];
	reflectMethod: boolean;
	/** Descriptors: the type's methods and parts. */
	type: TypeReach | null;
}

/** Where cached symbols are kept, by linker name and ABI. Whoever makes one sees to it that its entries hold for the program's inputs. */
export interface SymbolStore {
	/** Whether the symbol depends on nothing but what the store's key covers. */
	covers(name: string): boolean;
	get(name: string, abi: Abi): CachedSymbol | null;
	/** bytes: the fragment as it is encoded, if that is known already. */
	put(name: string, abi: Abi, symbol: CachedSymbol, bytes: Uint8Array | null): void;
	/** Escape analysis's tags of a function's parameters (escape/planner.ts forms the key). */
	getTags(key: string): readonly ParamTag[] | null;
	putTags(key: string, tags: readonly ParamTag[]): void;
	/** What inlining a function costs (null = it cannot be inlined), by the same key; undefined = not known. */
	getCost(key: string): number | null | undefined;
	putCost(key: string, cost: number | null): void;
}

export function encodeSymbol(s: CachedSymbol, w: ByteWriter, fragment: Uint8Array | null): void {
	const text = (t: string): void => w.text(t);
	const refs = (list: readonly SymRef[]): void => {
		w.uleb(list.length);
		for (const r of list) {
			text(r.name);
			w.u8(r.abi);
		}
	};
	if (fragment === null) encodeFragment(s.fragment, w);
	else w.bytes(fragment);
	refs(s.needs);
	for (const list of [s.usedInIface, s.ifaceMethods]) {
		w.uleb(list.length);
		for (const t of list) text(t);
	}
	w.u8((s.reflectMethod ? 1 : 0) | (s.type === null ? 0 : 2));
	if (s.type === null) return;
	w.uleb(s.type.methods.length);
	for (const m of s.type.methods) {
		text(m.key);
		w.u8(m.exported ? 1 : 0);
		refs(m.needs);
	}
	w.uleb(s.type.parts.length);
	for (const p of s.type.parts) text(p);
}

/** Throws FormatError on malformed input. */
export function decodeSymbol(bytes: Uint8Array): CachedSymbol {
	const r = new ByteReader(bytes);
	const text = (): string => r.str(r.uleb());
	const list = <V>(read: () => V): V[] => {
		const out: V[] = [];
		for (let n = r.uleb(); n > 0; n--) out.push(read());
		return out;
	};
	const ref = (): SymRef => ({ name: text(), abi: r.u8() as Abi });
	const fragment = decodeFragment(r);
	const needs = list(ref);
	const usedInIface = list(text);
	const ifaceMethods = list(text);
	const flags = r.u8();
	let type: TypeReach | null = null;
	if ((flags & 2) !== 0) {
		const methods = list(() => ({ key: text(), exported: r.u8() !== 0, needs: list(ref) }));
		type = { methods, parts: list(text) };
	}
	return { fragment, needs, usedInIface, ifaceMethods, reflectMethod: (flags & 1) !== 0, type };
}
