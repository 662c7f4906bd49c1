// Which rule lowers which operation.

import { ops as X } from "#obj";
import * as O from "../../../ops.gen.ts";
import { T } from "../../../types.ts";
import type { Lower } from "../lower.ts";
import { LInlMark, LSlotDef, LSlotKill, LUnsafe, LVar } from "../ops.ts";
import { argRule, callerPCRule, callerSPRule, callRule, returnRule, tailCallRule, wbRule } from "./call.ts";
import { compareRule, notRule, selectRule } from "./compare.ts";
import * as F from "./float.ts";
import * as I from "./int.ts";
import * as M from "./mem.ts";

export type Rule = (lo: Lower, v: number) => void;

/** By operation; null = none. */
export const rules: (Rule | null)[] = new Array<Rule | null>(O.opNames.length).fill(null);
/** 1 = an effect across which a later access still serves as an earlier nil check. */
export const keepsFaults: Uint8Array = new Uint8Array(O.opNames.length);

const nothing: Rule = () => {};

function set(ops: readonly number[], rule: Rule): void {
	for (const op of ops) rules[op] = rule;
}

set([O.OpConst, O.OpConstF, O.OpSymAddr, O.OpSlotAddr, O.OpGetG, O.OpOutArgAddr, O.OpGetClosurePtr, O.OpResult, O.OpPublish], nothing);
set([O.OpArg], argRule);
set([O.OpGetCallerSP], callerSPRule);
set([O.OpGetCallerPC], callerPCRule);
set([O.OpAdd, O.OpSub, O.OpMul, O.OpAnd, O.OpOr, O.OpXor], I.aluRule);
set([O.OpHMul, O.OpHMulU], I.highMulRule);
set([O.OpDiv, O.OpMod], (lo, v) => I.divRule(lo, v, true));
set([O.OpDivU, O.OpModU], (lo, v) => I.divRule(lo, v, false));
set([O.OpNeg], (lo, v) => {
	const t = lo.f.type[v];
	if (t === T.F32 || t === T.F64) F.negFloat(lo, v);
	else I.unaryInt(lo, v, X.NEG);
});
set([O.OpCom], (lo, v) => I.unaryInt(lo, v, X.NOT));
set([O.OpShl], (lo, v) => I.shiftRule(lo, v, X.SHL));
set([O.OpShr], (lo, v) => I.shiftRule(lo, v, X.SHR));
set([O.OpSar], (lo, v) => I.shiftRule(lo, v, X.SAR));
set([O.OpRotL], I.rotateRule);
set([O.OpMulU2], I.mul2Rule);
set([O.OpDivU2], I.div2Rule);
set([O.OpAddC], (lo, v) => I.carryRule(lo, v, X.ADC));
set([O.OpSubB], (lo, v) => I.carryRule(lo, v, X.SBB));
set([O.OpPtrAdd], I.ptrAddRule);
set([O.OpOffPtr], I.offPtrRule);
set([O.OpPtrToInt, O.OpIntToPtr, O.OpTrunc, O.OpCopy], I.moveRule);
set([O.OpEq, O.OpNe, O.OpLt, O.OpLe, O.OpLtU, O.OpLeU], compareRule);
set([O.OpNot], notRule);
set([O.OpCondSelect], selectRule);
set([O.OpSignExt], (lo, v) => I.extendRule(lo, v, true));
set([O.OpZeroExt], (lo, v) => I.extendRule(lo, v, false));
set([O.OpCvtIF], F.intToFloat);
set([O.OpCvtUF], F.uintToFloat);
set([O.OpCvtFI], F.floatToInt);
set([O.OpCvtFU], F.floatToUint);
set([O.OpCvtFF], F.floatToFloat);
set([O.OpBitsFI], F.bitsToInt);
set([O.OpBitsIF], F.bitsToFloat);
set([O.OpAddF], (lo, v) => F.floatAlu(lo, v, X.ADDSS, X.ADDSD));
set([O.OpSubF], (lo, v) => F.floatAlu(lo, v, X.SUBSS, X.SUBSD));
set([O.OpMulF], (lo, v) => F.floatAlu(lo, v, X.MULSS, X.MULSD));
set([O.OpDivF], (lo, v) => F.floatAlu(lo, v, X.DIVSS, X.DIVSD));
set([O.OpSqrt], (lo, v) => F.floatUnary(lo, v, lo.f.type[v] === T.F32 ? X.SQRTSS : X.SQRTSD));
set([O.OpFMA], F.fmaRule);
set([O.OpFloor], (lo, v) => F.roundRule(lo, v, 9));
set([O.OpCeil], (lo, v) => F.roundRule(lo, v, 10));
set([O.OpTruncF], (lo, v) => F.roundRule(lo, v, 11));
set([O.OpRoundEven], (lo, v) => F.roundRule(lo, v, 8));
set([O.OpAbsF], F.absRule);
set([O.OpCopysign], F.copysignRule);
set([O.OpMinF], (lo, v) => F.minMaxRule(lo, v, 0));
set([O.OpMaxF], (lo, v) => F.minMaxRule(lo, v, 1));
set([O.OpCtz], I.ctzRule);
set([O.OpBitLen], I.bitLenRule);
set([O.OpPopCount], I.popCountRule);
set([O.OpBswap], I.bswapRule);
set([O.OpLoad, O.OpAtomicLoad], M.loadRule);
set([O.OpStore, O.OpStoreNoWB], M.storeRule);
set([O.OpZero], M.zeroRule);
set([O.OpMove], M.moveMemRule);
set([O.OpSlotDef], (lo, v) => {
	lo.emitSym(lo.f.int(v), LSlotDef, 8, 0, 0, 0, 0);
});
set([O.OpSlotKill], (lo, v) => {
	lo.emitSym(lo.f.int(v), LSlotKill, 8, 0, 0, 0, 0);
});
set([O.OpNilCheck], M.nilCheckRule);
set([O.OpBoundsCheck], M.boundsRule);
set([O.OpKeepAlive], M.keepAliveRule);
set([O.OpAtomicStore, O.OpAtomicExchange], M.exchangeRule);
set([O.OpAtomicAdd], M.atomicAddRule);
set([O.OpAtomicCas], M.casRule);
set([O.OpAtomicAnd], (lo, v) => M.atomicLogicRule(lo, v, X.AND));
set([O.OpAtomicOr], (lo, v) => M.atomicLogicRule(lo, v, X.OR));
set([O.OpPrefetch], M.prefetchRule);
set([O.OpPause], M.pauseRule);
set([O.OpMemequal], M.memequalRule);
set([O.OpCall, O.OpCallClosure, O.OpCallInter], callRule);
set([O.OpTailCall], tailCallRule);
set([O.OpReturn], returnRule);
set([O.OpInlMark], (lo, v) => {
	lo.emitImm(lo.f.int(v), LInlMark, 8, 0, 0, 0, 0);
});
set([O.OpVarValue], (lo) => void lo.emit(LVar, 8, 0, 0, 0, 0));
set([O.OpWB], wbRule);
set([O.OpUnsafeBegin], (lo) => void lo.emit(LUnsafe, 8, 1, 0, 0, 0));
set([O.OpUnsafeEnd], (lo) => void lo.emit(LUnsafe, 8, 0, 0, 0, 0));

for (const op of [O.OpNilCheck, O.OpSlotDef, O.OpSlotKill, O.OpUnsafeBegin, O.OpUnsafeEnd, O.OpPublish]) keepsFaults[op] = 1;
