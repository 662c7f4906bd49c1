// ABI wrappers: the same function under the other calling convention. Go code calls
// assembly through an ABIInternal wrapper, assembly calls Go through an ABI0 one.

import { ABI0, type Abi, SymFlag } from "#object";
import { BlockKind, Func, OpArg, OpCall, OpMove, OpOutArgAddr, OpResult, OpReturn, OpSlotAddr, OpTailCall, T } from "#ssa";
import type { Signature } from "#types";
import { type AbiLayout, callSigOf, type ParamLoc } from "../abi.ts";
import { Product, type Program } from "../program.ts";

/** The function `name` with ABI `from` that calls the one with ABI `to`. */
export function abiWrapper(p: Program, pkg: string, name: string, sig: Signature, from: Abi, to: Abi): Product {
	const out = new Product(pkg);
	const own = callSigOf(p.layout, sig, from);
	const callee = callSigOf(p.layout, sig, to);
	const f = new Func(name, own.sig, 0);
	f.symFlags = SymFlag.Dupok | SymFlag.Nosplit | SymFlag.Wrapper;
	const b = f.newBlock();
	out.funcs.push(f);
	// Code of the internal ABI wants its fixed registers back from ABI0 functions, so only the other direction can jump.
	if (from === ABI0 && own.params.length === 0 && own.results.length === 0) {
		f.newValue(b, OpTailCall, T.Void, [], 0n, f.newAux({ target: { name, abi: to }, sig: callee.sig, noreturn: true }));
		f.blocks[b].kind = BlockKind.Exit;
		return out;
	}
	const args: number[] = [];
	callee.params.forEach((to, i) => {
		const at = own.params[i];
		for (let k = 0; k < to.count; k++) args.push(f.newValue(b, OpArg, own.sig.args[at.first + k].type, [], BigInt(at.first + k)));
	});
	callee.params.forEach((to, i) => {
		if (to.mem >= 0) copy(p, f, b, to, outgoing(f, b, to.mem), incoming(p, f, b, own.params[i]));
	});
	const aux = f.newAux({ target: { name, abi: to }, sig: callee.sig, noreturn: false });
	const call = f.newValue(b, OpCall, callee.sig.results.length > 0 ? T.Tuple : T.Void, args, 0n, aux);
	const results = callee.sig.results.map((r, i) => f.newValue(b, OpResult, r.type, [call], BigInt(i)));
	copyResults(p, f, b, own, callee);
	f.newValue(b, OpReturn, T.Void, results);
	f.blocks[b].kind = BlockKind.Ret;
	return out;
}

function copyResults(p: Program, f: Func, b: number, own: AbiLayout, callee: AbiLayout): void {
	callee.results.forEach((from, i) => {
		if (from.mem >= 0) copy(p, f, b, from, incoming(p, f, b, own.results[i]), outgoing(f, b, from.mem));
	});
}

function outgoing(f: Func, b: number, off: number): number {
	return f.newValue(b, OpOutArgAddr, T.Addr, [], BigInt(off));
}

/** Address of a value in this function's own argument area. */
function incoming(p: Program, f: Func, b: number, at: ParamLoc): number {
	const l = p.layout.of(at.type);
	const slot = f.addSlot({
		name: `arg+${at.mem}`,
		size: l.size,
		align: l.align,
		ptrmask: p.layout.ptrmask(at.type),
		addrTaken: true,
		gcSym: "",
		argOffset: at.mem,
		dwarfVar: -1,
	});
	return f.newValue(b, OpSlotAddr, T.Ptr, [], BigInt(slot));
}

function copy(p: Program, f: Func, b: number, loc: ParamLoc, to: number, from: number): void {
	f.newValue(b, OpMove, T.Void, [to, from], BigInt(p.layout.size(loc.type)));
}
