// The verifier. What holds between passes:
//
//   blocks   the kind fits the number of successors and the control value; edges
//            are known at both ends, equally often; the entry has no predecessors.
//   order    phis come first; a value is in one block only and f.block names it;
//            Arg and GetClosurePtr are in the entry block.
//   values   the number of arguments is the op's; a phi has one per predecessor;
//            types of arguments and result are those of the op's line in ops.table;
//            constants are sign-extended from their width; slots, symbols, calls,
//            inline sites and variables that are named exist.
//   SSA      a definition dominates its uses (a phi's: the end of the predecessor).
//   calls    arguments are those of the signature; Results follow their call, with
//            only Results and VarValues between; a call that does not return ends an
//            Exit block; Return ends a Ret block and fits Func.sig.

import { InternalError } from "#base";
import { DomTree } from "./dom.ts";
import { type ArgLoc, BlockKind, type CallAux, type Func } from "./func.ts";
import * as o from "./ops.gen.ts";
import { valueText } from "./text.ts";
import { nameOfT, sizeOfT, T } from "./types.ts";

export interface VerifyOptions {
	/** Name of a target operation, for messages. */
	opName?: (op: o.Op) => string;
}

const isInt = (t: number): boolean => t >= T.I8 && t <= T.I64;
const isFloat = (t: number): boolean => t === T.F32 || t === T.F64;
const isPtr = (t: number): boolean => t === T.Ptr || t === T.Addr;
const alike = (a: number, b: number): boolean => a === b || (isPtr(a) && isPtr(b));

/** All violations of the rules above, each with its place; empty = well formed. */
export function verify(f: Func, opt: VerifyOptions = {}): string[] {
	const v = new Verifier(f, opt);
	v.run();
	return v.errors;
}

/** Throws an InternalError that lists the violations. */
export function mustVerify(f: Func, where: string, opt: VerifyOptions = {}): void {
	const errors = verify(f, opt);
	if (errors.length > 0) throw new InternalError(`${f.name}: not well formed ${where}:\n\t${errors.slice(0, 10).join("\n\t")}`);
}

class Verifier {
	readonly f: Func;
	readonly errors: string[] = [];
	private readonly opt: VerifyOptions;
	/** By value: place in its block plus 1; 0 = in no block. */
	private readonly place: Int32Array;

	constructor(f: Func, opt: VerifyOptions) {
		this.f = f;
		this.opt = opt;
		this.place = new Int32Array(f.nvals);
	}

	run(): void {
		const f = this.f;
		if (f.blocks.length === 0) {
			this.errors.push("no blocks");
			return;
		}
		for (let b = 0; b < f.blocks.length; b++) this.edges(b);
		for (let b = 0; b < f.blocks.length; b++) this.order(b);
		if (this.errors.length > 0) return;
		const dom = new DomTree(f);
		for (let b = 0; b < f.blocks.length; b++) {
			for (const v of f.blocks[b].values) {
				if (f.op[v] === o.OpNop) continue;
				this.value(b, v);
				this.uses(dom, b, v);
			}
			this.end(dom, b);
		}
	}

	private bad(b: number, v: number, why: string): void {
		this.errors.push(`b${b}: ${v > 0 ? `${valueText(this.f, v, this.opt)}: ` : ""}${why}`);
	}

	private edges(b: number): void {
		const { blocks } = this.f;
		const blk = blocks[b];
		if (b === 0 && blk.preds.length > 0) this.bad(b, 0, "the entry has predecessors");
		const want = [-1, 1, 2, 0, 0, -1, 2][blk.kind];
		if (blk.kind === BlockKind.Open) this.bad(b, 0, "has no end");
		else if (want >= 0 && blk.succs.length !== want) this.bad(b, 0, `has ${blk.succs.length} successors, kind ${blk.kind}`);
		else if (blk.kind === BlockKind.JumpTable && blk.succs.length === 0) this.bad(b, 0, "jump table without targets");
		for (const c of blk.succs) {
			if (c < 0 || c >= blocks.length) this.bad(b, 0, `successor b${c} does not exist`);
			else if (count(blk.succs, c) !== count(blocks[c].preds, b)) this.bad(b, 0, `edge to b${c} is not known there as often`);
		}
		for (const p of blk.preds) {
			if (p < 0 || p >= blocks.length) this.bad(b, 0, `predecessor b${p} does not exist`);
			else if (count(blk.preds, p) !== count(blocks[p].succs, b)) this.bad(b, 0, `edge from b${p} is not known there as often`);
		}
	}

	private order(b: number): void {
		const f = this.f;
		let phis = true;
		let at = 0;
		for (const v of f.blocks[b].values) {
			at++;
			if (v <= 0 || v >= f.nvals) {
				this.bad(b, 0, `v${v} does not exist`);
				continue;
			}
			if (f.op[v] === o.OpNop) continue;
			if (this.place[v] !== 0) this.bad(b, v, "is in two places");
			this.place[v] = at;
			if (f.block[v] !== b) this.bad(b, v, `is recorded in b${f.block[v]}`);
			if (f.op[v] !== o.OpPhi) phis = false;
			else if (!phis) this.bad(b, v, "phi after other values");
		}
	}

	private uses(dom: DomTree, b: number, v: number): void {
		const f = this.f;
		if (!dom.reachable(b)) return;
		for (let i = 0, n = f.nargs(v); i < n; i++) {
			const a = f.arg(v, i);
			if (this.unplaced(b, v, a)) continue;
			if (f.op[v] === o.OpPhi) {
				const p = f.blocks[b].preds[i];
				if (dom.reachable(p) && !dom.dominates(f.block[a], p)) this.bad(b, v, `v${a} does not dominate the end of b${p}`);
			} else if (f.block[a] === b ? this.place[a] >= this.place[v] : !dom.dominates(f.block[a], b)) {
				this.bad(b, v, `v${a} does not dominate this use`);
			}
		}
	}

	private unplaced(b: number, v: number, a: number): boolean {
		if (a > 0 && a < this.f.nvals && this.place[a] !== 0) return false;
		this.bad(b, v, `argument v${a} is in no block${a > 0 && a < this.f.nvals ? ` (${valueText(this.f, a, this.opt)})` : ""}`);
		return true;
	}

	private end(dom: DomTree, b: number): void {
		const f = this.f;
		const blk = f.blocks[b];
		const c = blk.control;
		const t = c > 0 && c < f.nvals ? f.type[c] : -1;
		if (blk.kind === BlockKind.If) {
			if (t !== T.Bool && t !== T.Flags) this.bad(b, 0, `branch on v${c}, which is no Bool`);
		} else if (blk.kind === BlockKind.JumpTable) {
			if (t !== T.I64) this.bad(b, 0, `jump table on v${c}, which is no I64`);
		} else if (c !== 0) this.bad(b, 0, `has control v${c} but is of kind ${blk.kind}`);
		if (c !== 0 && !this.unplaced(b, 0, c) && dom.reachable(b) && !dom.dominates(f.block[c], b))
			this.bad(b, 0, `control v${c} does not dominate the end`);
		const last = this.last(b);
		if ((blk.kind === BlockKind.Ret) !== (last > 0 && f.op[last] === o.OpReturn)) {
			if (!(last > 0 && f.op[last] >= 256)) this.bad(b, 0, "Return and a block of kind Ret go together");
		}
	}

	private last(b: number): number {
		const values = this.f.blocks[b].values;
		for (let i = values.length - 1; i >= 0; i--) if (this.f.op[values[i]] !== o.OpNop) return values[i];
		return 0;
	}

	private value(b: number, v: number): void {
		const f = this.f;
		const op = f.op[v];
		if (f.inl[v] < -1 || f.inl[v] >= f.inlined.length) this.bad(b, v, `inline site ${f.inl[v]} does not exist`);
		if (f.aux[v] < 0 || f.aux[v] >= f.auxes.length) this.bad(b, v, `aux ${f.aux[v]} does not exist`);
		if (op >= 256) return;
		if (op === o.OpInvalid || op >= o.opNames.length) return this.bad(b, v, "invalid operation");
		const n = f.nargs(v);
		const want = op === o.OpPhi ? f.blocks[b].preds.length : o.opArgs[op];
		if (want >= 0 && n !== want) return this.bad(b, v, `has ${n} arguments, wants ${want}`);
		for (let i = 0; i < n; i++) if (f.arg(v, i) <= 0 || f.arg(v, i) >= f.nvals) return this.bad(b, v, `argument ${i} is none`);
		if (op === o.OpCall || op === o.OpCallClosure || op === o.OpCallInter || op === o.OpTailCall) return this.call(b, v);
		const why = this.typeError(b, v, op);
		if (why !== "") this.bad(b, v, why);
	}

	/** What is wrong with the types or the aux of v; "" = nothing. */
	private typeError(b: number, v: number, op: number): string {
		const f = this.f;
		const t = f.type[v];
		const ai = f.auxInt[v];
		const a = (i: number): number => f.type[f.arg(v, i)];
		const is = (cond: boolean): string =>
			cond ? "" : `types: (${Array.from({ length: f.nargs(v) }, (_, i) => nameOfT[a(i)]).join(", ")}) -> ${nameOfT[t]}`;
		switch (op) {
			case o.OpPhi:
				for (let i = 0; i < f.nargs(v); i++) if (!alike(a(i), t)) return `argument ${i} is of type ${nameOfT[a(i)]}`;
				return "";
			case o.OpCopy:
				return is(alike(a(0), t));
			case o.OpArg:
				if (b !== 0) return "not in the entry block";
				if (ai < 0n || ai >= BigInt(f.sig.args.length)) return "no such argument";
				return is(alike(f.sig.args[Number(ai)].type, t));
			case o.OpConst:
				if (t === T.Bool) return ai === 0n || ai === 1n ? "" : "Bool constant is not 0 or 1";
				if (!isInt(t) && !isPtr(t)) return is(false);
				return BigInt.asIntN(sizeOfT[t] * 8, ai) === ai ? "" : "constant is not sign-extended from its width";
			case o.OpConstF:
				return is(isFloat(t));
			case o.OpSymAddr: {
				const x = f.auxes[f.aux[v]];
				return x != null && typeof x === "object" && "name" in x ? is(isPtr(t)) : "aux is no symbol";
			}
			case o.OpSlotAddr:
			case o.OpSlotDef:
			case o.OpSlotKill:
				if (ai < 0n || ai >= BigInt(f.slots.length)) return "no such slot";
				return is(op === o.OpSlotAddr ? t === T.Ptr : t === T.Void);
			case o.OpGetG:
				return is(isPtr(t));
			case o.OpGetClosurePtr:
				return b !== 0 ? "not in the entry block" : is(t === T.Ptr);
			case o.OpGetCallerSP:
			case o.OpGetCallerPC:
				return is(t === T.Addr || t === T.I64);
			case o.OpAnd:
			case o.OpOr:
			case o.OpXor:
				return is((isInt(t) || t === T.Bool || t === T.Addr) && a(0) === t && a(1) === t);
			case o.OpAdd:
			case o.OpSub:
				return is((isInt(t) || t === T.Addr) && alike(a(0), t) && alike(a(1), t));
			case o.OpMul:
			case o.OpHMul:
			case o.OpHMulU:
			case o.OpDiv:
			case o.OpDivU:
			case o.OpMod:
			case o.OpModU:
				return is(isInt(t) && a(0) === t && a(1) === t);
			case o.OpNeg:
				return is((isInt(t) || isFloat(t)) && a(0) === t);
			case o.OpCom:
			case o.OpCtz:
			case o.OpBitLen:
			case o.OpPopCount:
			case o.OpBswap:
				return is(isInt(t) && a(0) === t);
			case o.OpShl:
			case o.OpShr:
			case o.OpSar:
			case o.OpRotL:
				return is((isInt(t) || t === T.Addr) && a(0) === t && isInt(a(1)));
			case o.OpMulU2:
			case o.OpDivU2:
			case o.OpAddC:
			case o.OpSubB:
				for (let i = 0; i < f.nargs(v); i++) if (a(i) !== T.I64) return is(false);
				return is(t === T.Tuple);
			case o.OpPtrAdd:
				return is(isPtr(t) && isPtr(a(0)) && a(1) === T.I64);
			case o.OpOffPtr:
				return is(isPtr(t) && isPtr(a(0)));
			case o.OpPtrToInt:
				return is((t === T.I64 || t === T.Addr) && isPtr(a(0)));
			case o.OpIntToPtr:
				return is(isPtr(t) && (a(0) === T.I64 || a(0) === T.Addr));
			case o.OpEq:
			case o.OpNe:
				return is(t === T.Bool && alike(a(0), a(1)) && a(0) >= T.Bool && a(0) <= T.Addr);
			case o.OpLt:
			case o.OpLe:
				return is(t === T.Bool && a(0) === a(1) && (isInt(a(0)) || isFloat(a(0))));
			case o.OpLtU:
			case o.OpLeU:
				return is(t === T.Bool && alike(a(0), a(1)) && (isInt(a(0)) || isPtr(a(0))));
			case o.OpNot:
				return is(t === T.Bool && a(0) === T.Bool);
			case o.OpCondSelect:
				return is(alike(a(0), t) && alike(a(1), t) && a(2) === T.Bool);
			case o.OpSignExt:
				return is(isInt(t) && isInt(a(0)) && sizeOfT[t] > sizeOfT[a(0)]);
			case o.OpZeroExt:
				return is(isInt(t) && ((isInt(a(0)) && sizeOfT[t] > sizeOfT[a(0)]) || a(0) === T.Bool));
			case o.OpTrunc:
				return is(isInt(t) && (isInt(a(0)) || a(0) === T.Addr) && sizeOfT[t] < sizeOfT[a(0)]);
			case o.OpCvtIF:
				return is(isFloat(t) && (a(0) === T.I32 || a(0) === T.I64));
			case o.OpCvtUF:
				return is(isFloat(t) && a(0) === T.I64);
			case o.OpCvtFI:
				return is((t === T.I32 || t === T.I64) && isFloat(a(0)));
			case o.OpCvtFU:
				return is(t === T.I64 && isFloat(a(0)));
			case o.OpCvtFF:
				return is(isFloat(t) && isFloat(a(0)));
			case o.OpBitsFI:
				return is(isInt(t) && isFloat(a(0)) && sizeOfT[t] === sizeOfT[a(0)]);
			case o.OpBitsIF:
				return is(isFloat(t) && isInt(a(0)) && sizeOfT[t] === sizeOfT[a(0)]);
			case o.OpAddF:
			case o.OpSubF:
			case o.OpMulF:
			case o.OpDivF:
			case o.OpCopysign:
			case o.OpMinF:
			case o.OpMaxF:
				return is(isFloat(t) && a(0) === t && a(1) === t);
			case o.OpSqrt:
			case o.OpFloor:
			case o.OpCeil:
			case o.OpTruncF:
			case o.OpRoundEven:
			case o.OpAbsF:
				return is(isFloat(t) && a(0) === t);
			case o.OpFMA:
				return is(isFloat(t) && a(0) === t && a(1) === t && a(2) === t);
			default:
				return this.memoryError(b, v, op, is);
		}
	}

	private memoryError(b: number, v: number, op: number, is: (cond: boolean) => string): string {
		const f = this.f;
		const t = f.type[v];
		const ai = f.auxInt[v];
		const a = (i: number): number => f.type[f.arg(v, i)];
		const data = (x: number): boolean => x >= T.Bool && x <= T.Addr;
		const x = f.auxes[f.aux[v]];
		switch (op) {
			case o.OpLoad:
			case o.OpAtomicLoad:
				return is(data(t) && isPtr(a(0)));
			case o.OpStore:
			case o.OpStoreNoWB:
			case o.OpAtomicStore:
				return is(t === T.Void && isPtr(a(0)) && data(a(1)));
			case o.OpZero:
			case o.OpMove:
				if (ai < 0n) return "negative size";
				if (x != null && (typeof x !== "object" || !("name" in x))) return "aux is no type descriptor";
				return is(t === T.Void && isPtr(a(0)) && (op === o.OpZero || isPtr(a(1))));
			case o.OpNilCheck:
				return is(t === T.Void && isPtr(a(0)));
			case o.OpBoundsCheck:
				return is(t === T.Void && a(0) === T.I64 && a(1) === T.I64);
			case o.OpAtomicExchange:
			case o.OpAtomicAdd:
			case o.OpAtomicAnd:
			case o.OpAtomicOr:
				return is((t === T.Void || alike(t, a(1))) && isPtr(a(0)) && data(a(1)));
			case o.OpAtomicCas:
				return is(t === T.Bool && isPtr(a(0)) && alike(a(1), a(2)));
			case o.OpMemequal:
				return is(t === T.Bool && isPtr(a(0)) && isPtr(a(1)) && a(2) === T.I64);
			case o.OpWB:
				return ai >= 1n && ai <= 8n ? is(t === T.Addr) : "1 to 8 words";
			case o.OpResult:
				return this.resultError(b, v, is);
			case o.OpReturn:
				return this.last(b) === v ? this.locsError(v, 0, f.sig.results) : "is not the last value";
			case o.OpInlMark:
				return ai >= 0n && ai < BigInt(f.inlined.length) ? "" : "no such inlined call";
			case o.OpVarValue:
				if (f.nargs(v) > 1) return "more than one value";
				return ai >= 0n && ai >> 8n < BigInt(f.vars.length) ? "" : "no such variable";
			default:
				return "";
		}
	}

	private call(b: number, v: number): void {
		const f = this.f;
		const x = f.auxes[f.aux[v]];
		if (x == null || typeof x !== "object" || !("sig" in x)) return this.bad(b, v, "aux is no call");
		const op = f.op[v];
		const direct = op === o.OpCall || op === o.OpTailCall;
		if (direct !== (x.target !== null)) return this.bad(b, v, "target and operation do not fit");
		const skip = direct ? 0 : op === o.OpCallClosure ? 2 : 1;
		for (let i = 0; i < skip; i++) {
			if (i >= f.nargs(v) || !isPtr(f.type[f.arg(v, i)])) return this.bad(b, v, "no code or context pointer");
		}
		if (op !== o.OpTailCall) {
			const why = this.locsError(v, skip, x.sig.args);
			if (why !== "") this.bad(b, v, why);
		}
		const ends = x.noreturn || op === o.OpTailCall;
		if (ends && (f.blocks[b].kind !== BlockKind.Exit || this.last(b) !== v))
			this.bad(b, v, "does not return but is not the end of an Exit block");
	}

	private locsError(v: number, skip: number, locs: readonly ArgLoc[]): string {
		const f = this.f;
		if (f.nargs(v) - skip !== locs.length) return `has ${f.nargs(v) - skip} operands, the signature has ${locs.length}`;
		for (let i = 0; i < locs.length; i++) {
			const t = f.type[f.arg(v, i + skip)];
			if (!alike(t, locs[i].type)) return `operand ${i} is ${nameOfT[t]}, the signature has ${nameOfT[locs[i].type]}`;
		}
		return "";
	}

	private resultError(b: number, v: number, is: (cond: boolean) => string): string {
		const f = this.f;
		const c = f.arg(v, 0);
		const ai = f.auxInt[v];
		if (f.block[c] !== b) return "is not in the block of its call";
		if (f.op[c] >= 256) return "";
		if (f.type[c] === T.Tuple && (o.opFlags[f.op[c]] & o.OpFlag.Call) === 0)
			return ai === 0n || ai === 1n ? is(f.type[v] === T.I64) : "no such element";
		if ((o.opFlags[f.op[c]] & o.OpFlag.Call) === 0) return "argument is no call";
		const results = (f.auxes[f.aux[c]] as CallAux).sig.results;
		if (ai < 0n || ai >= BigInt(results.length)) return "no such result";
		if (!alike(results[Number(ai)].type, f.type[v])) return `the signature has ${nameOfT[results[Number(ai)].type]}`;
		const values = f.blocks[b].values;
		for (let i = this.place[c]; i < this.place[v] - 1; i++) {
			const op = f.op[values[i]];
			if (op !== o.OpResult && op !== o.OpNop && op !== o.OpVarValue) return "does not follow its call";
		}
		return "";
	}
}

function count(list: readonly number[], x: number): number {
	let n = 0;
	for (const y of list) if (y === x) n++;
	return n;
}
