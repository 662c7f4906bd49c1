// Calls that become operations instead of calls. Some functions of the runtime
// have no other body; for the others this is speed. Names are import path and function.

import { type Call, Kind, unparen } from "#syntax";
import { Mode, ObjKind } from "#types";
import {
	OpAbsF,
	OpAddC,
	OpAtomicAdd,
	OpAtomicAnd,
	OpAtomicCas,
	OpAtomicExchange,
	OpAtomicLoad,
	OpAtomicOr,
	OpAtomicStore,
	OpBitLen,
	OpBswap,
	OpCeil,
	OpCondSelect,
	OpCopysign,
	OpCtz,
	OpDivU2,
	OpEq,
	OpFMA,
	OpFloor,
	OpGetCallerPC,
	OpGetCallerSP,
	OpGetClosurePtr,
	OpGetG,
	OpKeepAlive,
	OpLeU,
	OpMulU2,
	OpNe,
	OpPopCount,
	OpPrefetch,
	OpPtrToInt,
	OpPublish,
	OpResult,
	OpRotL,
	OpRoundEven,
	OpSqrt,
	OpSubB,
	OpTruncF,
	OpZeroExt,
	type Op,
	T,
} from "#ssa";
import type { FuncInst } from "../program.ts";
import { type Builder, Val } from "./builder.ts";
import { callFunc } from "./call.ts";
import { expr } from "./expr.ts";

type Make = (b: Builder, a: number[], fn: FuncInst) => number[];

const effect = (_v: number): number[] => [];
const ptrOp =
	(op: Op, t: T): Make =>
	(b, a) => [b.v(op, t, a)];
const load = (t: T): Make => ptrOp(OpAtomicLoad, t);
const store: Make = (b, a) => {
	b.v(OpAtomicStore, T.Void, a);
	return [];
};
const swap = (t: T): Make => ptrOp(OpAtomicExchange, t);
const add = (t: T): Make => ptrOp(OpAtomicAdd, t);
const cas: Make = (b, a) => [b.v(OpAtomicCas, T.Bool, a)];
const quiet =
	(op: Op, t: T): Make =>
	(b, a) => {
		b.v(op, t, a);
		return [];
	};
const and = (t: T): Make => ptrOp(OpAtomicAnd, t);
const or = (t: T): Make => ptrOp(OpAtomicOr, t);
const unary =
	(op: Op, t: T): Make =>
	(b, a) => [b.v(op, t, a)];
/** A bit count: the operation has the argument's width, the result is an int. */
const count =
	(op: Op, t: T): Make =>
	(b, a) => {
		const n = b.v(op, t, a);
		return [t === T.I64 ? n : b.v(OpZeroExt, T.I64, [n])];
	};
const pair =
	(op: Op): Make =>
	(b, a) => {
		const t = b.v(op, T.Tuple, a);
		return [b.v(OpResult, T.I64, [t], 0n), b.v(OpResult, T.I64, [t], 1n)];
	};

/** Behind a test of a processor feature; without it, the function is called. */
const guarded =
	(feature: string, t: T, op: (b: Builder, a: number[]) => number): Make =>
	(b, a, fn) =>
		b.choose(
			b.load(T.Bool, b.sym(b.p.rtVar(feature))),
			[t],
			() => [op(b, a)],
			() => {
				const r = callFunc(
					b,
					fn,
					a.map((x) => Val.of(x)),
				);
				return [r[0].one];
			},
			1,
		);
const sse41 = (op: Op): Make => guarded("x86HasSSE41", T.F64, (b, a) => b.v(op, T.F64, a));
const popcount = (t: T): Make =>
	guarded("x86HasPOPCNT", T.I64, (b, a) => {
		let x = a[0];
		if (t === T.I8 || t === T.I16) x = b.v(OpZeroExt, T.I32, [x]);
		const wide = t === T.I64;
		const n = b.v(OpPopCount, wide ? T.I64 : T.I32, [x]);
		return wide ? n : b.v(OpZeroExt, T.I64, [n]);
	});

const div64: Make = (b, a) => {
	b.when(b.cmp(OpEq, a[2], b.i64(0)), () => void b.rt("panicdivide", []), -1);
	b.when(b.cmp(OpLeU, a[2], a[0]), () => void b.rt("panicoverflow", []), -1);
	const t = b.v(OpDivU2, T.Tuple, a);
	return [b.v(OpResult, T.I64, [t], 0n), b.v(OpResult, T.I64, [t], 1n)];
};

const mulUintptr: Make = (b, a) => {
	const t = b.v(OpMulU2, T.Tuple, a);
	const hi = b.v(OpResult, T.I64, [t], 0n);
	return [b.v(OpResult, T.I64, [t], 1n), b.cmp(OpNe, hi, b.i64(0))];
};

const word =
	(op: Op): Make =>
	(b) => [b.v(OpPtrToInt, T.I64, [b.v(op, T.Addr, [])])];

const closurePtr: Make = (b) => {
	b.f.needCtxt = true;
	const v = b.f.newValueFloating(OpGetClosurePtr, T.Ptr, [], 0n, 0, b.pos, -1);
	b.f.block[v] = 0;
	b.f.blocks[0].values.unshift(v);
	return [b.v(OpPtrToInt, T.I64, [v])];
};

/** A call that tells the escape analysis something; its argument may be of any size. */
const escapeOnly = "internal/abi.EscapeNonString";
const table = new Map<string, Make>();
const atomic = "internal/runtime/atomic.";
function def(names: string, make: Make, prefix = ""): void {
	for (const n of names.split(" ")) table.set(prefix + n, make);
}

def("Load Loadint32 LoadAcq", load(T.I32), atomic);
def("Load8", load(T.I8), atomic);
def("Load64 Loadint64 Loaduintptr Loaduint LoadAcq64 LoadAcquintptr", load(T.I64), atomic);
def("Loadp", load(T.Ptr), atomic);
def("Store Store8 Store64 StorepNoWB StoreRel StoreRel64 Storeint32 Storeint64 Storeuintptr StoreReluintptr", store, atomic);
def("Xchg8", swap(T.I8), atomic);
def("Xchg Xchgint32", swap(T.I32), atomic);
def("Xchg64 Xchgint64 Xchguintptr", swap(T.I64), atomic);
def("Xadd Xaddint32", add(T.I32), atomic);
def("Xadd64 Xaddint64 Xadduintptr", add(T.I64), atomic);
def("Cas Cas64 CasRel Casint32 Casint64 Casuintptr Casp1", cas, atomic);
def("And8", quiet(OpAtomicAnd, T.I8), atomic);
def("And", quiet(OpAtomicAnd, T.I32), atomic);
def("Or8", quiet(OpAtomicOr, T.I8), atomic);
def("Or", quiet(OpAtomicOr, T.I32), atomic);
def("And32", and(T.I32), atomic);
def("And64 Anduintptr", and(T.I64), atomic);
def("Or32", or(T.I32), atomic);
def("Or64 Oruintptr", or(T.I64), atomic);

const sa = "sync/atomic.";
def("LoadInt32 LoadUint32", load(T.I32), sa);
def("LoadInt64 LoadUint64 LoadUintptr", load(T.I64), sa);
def("LoadPointer", load(T.Ptr), sa);
def("StoreInt32 StoreUint32 StoreInt64 StoreUint64 StoreUintptr", store, sa);
def("SwapInt32 SwapUint32", swap(T.I32), sa);
def("SwapInt64 SwapUint64 SwapUintptr", swap(T.I64), sa);
def("CompareAndSwapInt32 CompareAndSwapUint32 CompareAndSwapInt64 CompareAndSwapUint64 CompareAndSwapUintptr", cas, sa);
def("AddInt32 AddUint32", add(T.I32), sa);
def("AddInt64 AddUint64 AddUintptr", add(T.I64), sa);
def("AndInt32 AndUint32", and(T.I32), sa);
def("AndInt64 AndUint64 AndUintptr", and(T.I64), sa);
def("OrInt32 OrUint32", or(T.I32), sa);
def("OrInt64 OrUint64 OrUintptr", or(T.I64), sa);
def("sync.runtime_LoadAcquintptr", load(T.I64));
def("sync.runtime_StoreReluintptr", (b, a) => {
	b.v(OpAtomicStore, T.Void, a);
	return [b.i64(0)];
});

const sys = "internal/runtime/sys.";
def("GetCallerPC", word(OpGetCallerPC), sys);
def("GetCallerSP", word(OpGetCallerSP), sys);
def("GetClosurePtr", closurePtr, sys);
def("Prefetch", (b, a) => effect(b.v(OpPrefetch, T.Void, a, 0n)), sys);
def("PrefetchStreamed", (b, a) => effect(b.v(OpPrefetch, T.Void, a, 1n)), sys);
def(`${sys}Bswap32 math/bits.ReverseBytes32`, unary(OpBswap, T.I32));
def(`${sys}Bswap64 math/bits.ReverseBytes64`, unary(OpBswap, T.I64));
def("math/bits.ReverseBytes16", unary(OpBswap, T.I16));
def(`${sys}TrailingZeros8 math/bits.TrailingZeros8`, count(OpCtz, T.I8));
def("math/bits.TrailingZeros16", count(OpCtz, T.I16));
def(`${sys}TrailingZeros32 math/bits.TrailingZeros32`, count(OpCtz, T.I32));
def(`${sys}TrailingZeros64 math/bits.TrailingZeros64 math/bits.TrailingZeros`, count(OpCtz, T.I64));
def(`${sys}Len8 math/bits.Len8`, count(OpBitLen, T.I8));
def("math/bits.Len16", count(OpBitLen, T.I16));
def("math/bits.Len32", count(OpBitLen, T.I32));
def(`${sys}Len64 math/bits.Len64 math/bits.Len`, count(OpBitLen, T.I64));
def("math/bits.RotateLeft8", unary(OpRotL, T.I8));
def("math/bits.RotateLeft16", unary(OpRotL, T.I16));
def("math/bits.RotateLeft32", unary(OpRotL, T.I32));
def("math/bits.RotateLeft64 math/bits.RotateLeft", unary(OpRotL, T.I64));
def("math/bits.OnesCount8", popcount(T.I8));
def("math/bits.OnesCount16", popcount(T.I16));
def("math/bits.OnesCount32", popcount(T.I32));
def(`math/bits.OnesCount64 math/bits.OnesCount ${sys}OnesCount64`, popcount(T.I64));
def("math/bits.Mul64 math/bits.Mul internal/runtime/math.Mul64 math/big.mulWW", pair(OpMulU2));
def("math/bits.Add64 math/bits.Add internal/runtime/math.Add64", pair(OpAddC));
def("math/bits.Sub64 math/bits.Sub", pair(OpSubB));
def("math/bits.Div64 math/bits.Div", div64);
def("internal/runtime/math.MulUintptr", mulUintptr);

def("math.sqrt", unary(OpSqrt, T.F64));
def("math.Abs", unary(OpAbsF, T.F64));
def("math.Copysign", unary(OpCopysign, T.F64));
def("math.Floor", sse41(OpFloor));
def("math.Ceil", sse41(OpCeil));
def("math.Trunc", sse41(OpTruncF));
def("math.RoundToEven", sse41(OpRoundEven));
def(
	"math.FMA",
	guarded("x86HasFMA", T.F64, (b, a) => b.v(OpFMA, T.F64, a)),
);

def("runtime.getg", (b) => [b.v(OpGetG, T.Ptr, [])]);
def("runtime.publicationBarrier", (b) => effect(b.v(OpPublish, T.Void, [])));
def("runtime.slicebytetostringtmp", (_b, a) => [a[0], a[1]]);
def("runtime.KeepAlive", (b, a) => effect(b.v(OpKeepAlive, T.Void, [a[1]])));
// what it does is escape analysis
def(escapeOnly, () => []);
def("crypto/internal/constanttime.Select", (b, a) => [b.v(OpCondSelect, T.I64, [a[1], a[2], b.cmp(OpNe, a[0], b.i64(0))])]);
def("crypto/internal/constanttime.boolToUint8", (b, a) => [b.v(OpZeroExt, T.I8, a)]);

/** Whether calls of fn are operations. */
export function isIntrinsicFunc(fn: FuncInst): boolean {
	return fn.obj !== null && fn.obj.pkg !== null && fn.sig.recv === null && table.has(`${fn.obj.pkg.path}.${fn.obj.name}`);
}

/** How to do the call without a call, or null. */
export function intrinsic(b: Builder, fn: FuncInst, _e: Call, args: readonly Val[]): (() => Val[]) | null {
	if (fn.obj === null || fn.obj.pkg === null || fn.sig.recv !== null) return null;
	const key = `${fn.obj.pkg.path}.${fn.obj.name}`;
	const make = table.get(key);
	// Inside the function itself (its fallback body) the call stays a call.
	if (make === undefined || b.frame.fn.obj === fn.obj) return null;
	if (key === escapeOnly) return () => [];
	return () => {
		const abi = b.p.abiOf(fn.sig);
		const scalars = args.flatMap((v, i) => [...b.scalars(abi.params[i].type, v)]);
		const out = make(b, scalars, fn);
		return abi.results.map((r) => Val.list(out.slice(r.first, r.first + r.count)));
	};
}

/** abi.FuncPCABI0(f) and abi.FuncPCABIInternal(f): the entry address of a function; null for other calls. */
export function funcPC(b: Builder, fn: FuncInst, e: Call): Val | null {
	if (fn.obj === null || fn.obj.pkg?.path !== "internal/abi") return null;
	const zero = fn.obj.name === "FuncPCABI0";
	if (!zero && fn.obj.name !== "FuncPCABIInternal") return null;
	const x = unparen(e.args[0]);
	const name = x.kind === Kind.Selector ? x.sel : x;
	const obj = name.kind === Kind.Name ? b.p.build.info.objectOf(name) : null;
	if (obj !== null && obj.kind === ObjKind.Func && b.p.build.info.types.get(x)?.mode === Mode.Value) {
		const target = b.p.inst(obj, []);
		const ref = zero ? { name: target.name, abi: 0 as const } : b.p.funcRef(target);
		return Val.of(b.v(OpPtrToInt, T.I64, [b.sym(ref)]));
	}
	const f = expr(b, x).one;
	b.nilCheck(f);
	return Val.of(b.load(T.I64, f, 0));
}
