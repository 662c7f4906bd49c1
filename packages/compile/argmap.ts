// Pointer maps of the arguments of assembly functions, from their Go declarations:
// `name.args_stackmap`, in the format of runtime.stackmap.

import { ByteWriter } from "#base";
import { ABI0, SymFlag, SymKind } from "#object";
import type { Signature } from "#types";
import { callSigOf, type ParamLoc } from "./abi.ts";
import { Product, type Program } from "./program.ts";

export const argMapSuffix = ".args_stackmap";

/** The map before the results are set, and if there are results, the one after. */
export function argMap(p: Program, pkg: string, name: string, sig: Signature): Product {
	const abi = callSigOf(p.layout, sig, ABI0);
	const words = abi.argBytes >> 3;
	const bits = new Uint8Array((words + 7) >> 3);
	const mark = (locs: readonly ParamLoc[]): void => {
		for (const l of locs) {
			const mask = p.layout.ptrmask(l.type);
			if (mask === null) continue;
			const n = p.layout.size(l.type) >> 3;
			for (let w = 0; w < n; w++) {
				if ((mask[w >> 3] & (1 << (w & 7))) === 0) continue;
				const at = (l.home >> 3) + w;
				bits[at >> 3] |= 1 << (at & 7);
			}
		}
	};
	const w = new ByteWriter();
	const both = abi.results.length > 0;
	w.u32(both ? 2 : 1);
	w.u32(words);
	mark(abi.params);
	w.bytes(bits);
	if (both) {
		mark(abi.results);
		w.bytes(bits);
	}
	const out = new Product(pkg);
	out.frag.data(name, SymKind.Funcdata, w.take(), { align: 4, flags: SymFlag.Dupok });
	return out;
}
