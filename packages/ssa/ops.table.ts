// The target-independent operations of SSA, declared once. `npm run gen` turns
// this table into ops.gen.ts. `a` is the number of arguments (-1 = variable).
// Flags: p pure (no effect, may be moved, merged and dropped) · c commutative ·
// r reads memory · w writes memory or has another effect · x a call: clobbers all
// registers, is a safe point · f may fault or panic · 1 rematerialisable constant.
// Integer operations work on the width of their result type; comparisons on the
// width of their arguments. Arguments are of equal type unless said otherwise.

export interface OpRow {
	name: string;
	a: number;
	flags: string;
	doc: string;
}

const row = (name: string, a: number, flags: string, doc: string): OpRow => ({ name, a, flags, doc });

export const opTable: readonly OpRow[] = [
	row("Invalid", 0, "", "never in a function"),
	row("Nop", 0, "p", "deleted value"),
	row("Phi", -1, "p", "one argument per predecessor"),
	row("Copy", 1, "p", "its argument"),
	row("Arg", 0, "p", "incoming scalar argument auxInt (index in Func.sig.args); entry block only"),
	row("Const", 0, "p1", "integer, Bool, nil Ptr or Addr constant auxInt, sign-extended from its width"),
	row("ConstF", 0, "p1", "floating constant; auxInt holds the IEEE bits of the type's width"),
	row("SymAddr", 0, "p1", "address (Ptr) of symbol aux: SymRef, plus auxInt"),
	row("SlotAddr", 0, "p1", "address (Ptr) of slot auxInt"),
	row("GetG", 0, "p", "the current g (Ptr)"),
	row("GetClosurePtr", 0, "p", "closure context (Ptr); first value of the entry block"),
	row("GetCallerSP", 0, "p", "SP of the caller at the call (Addr)"),
	row("GetCallerPC", 0, "p", "return address (Addr)"),
	// integer and pointer arithmetic
	row("Add", 2, "pc", ""),
	row("Sub", 2, "p", ""),
	row("Mul", 2, "pc", ""),
	row("HMul", 2, "pc", "high half of the signed product"),
	row("HMulU", 2, "pc", "high half of the unsigned product"),
	row("Div", 2, "p", "signed quotient; divisor known not 0; min/-1 = min"),
	row("DivU", 2, "p", "unsigned quotient; divisor known not 0"),
	row("Mod", 2, "p", "signed remainder; divisor known not 0; min%-1 = 0"),
	row("ModU", 2, "p", "unsigned remainder; divisor known not 0"),
	row("Neg", 1, "p", "integers and floats"),
	row("Com", 1, "p", "bitwise complement"),
	row("And", 2, "pc", "also Bool"),
	row("Or", 2, "pc", "also Bool"),
	row("Xor", 2, "pc", "also Bool"),
	row("Shl", 2, "p", "count: any integer type, unsigned; counts >= width give 0; auxInt 1: count known < width"),
	row("Shr", 2, "p", "logical; as Shl"),
	row("Sar", 2, "p", "arithmetic; counts >= width give the sign; as Shl"),
	row("RotL", 2, "p", "rotate left by count modulo width"),
	row("MulU2", 2, "p", "Tuple(hi, lo) of the unsigned 64x64 product"),
	row("DivU2", 3, "pf", "Tuple(quo, rem) of hi:lo / y, unsigned; y > hi known"),
	row("AddC", 3, "p", "Tuple(sum, carry out 0/1) of x + y + carry in 0/1"),
	row("SubB", 3, "p", "Tuple(difference, borrow out) of x - y - borrow in"),
	row("PtrAdd", 2, "p", "Ptr + I64 -> Ptr"),
	row("OffPtr", 1, "p", "Ptr + constant auxInt -> Ptr"),
	row("PtrToInt", 1, "p", "Ptr or Addr -> I64"),
	row("IntToPtr", 1, "p", "I64 or Addr -> Ptr (unsafe)"),
	// comparisons -> Bool
	row("Eq", 2, "pc", "integers, pointers, Bool, floats"),
	row("Ne", 2, "pc", ""),
	row("Lt", 2, "p", "signed integers, floats"),
	row("Le", 2, "p", "signed integers, floats"),
	row("LtU", 2, "p", "unsigned integers, pointers"),
	row("LeU", 2, "p", "unsigned integers, pointers"),
	row("Not", 1, "p", "Bool"),
	row("CondSelect", 3, "p", "(x, y, Bool c): c ? x : y"),
	// conversions
	row("SignExt", 1, "p", "to a wider integer type"),
	row("ZeroExt", 1, "p", "to a wider integer type; also Bool -> integer"),
	row("Trunc", 1, "p", "to a narrower integer type"),
	row("CvtIF", 1, "p", "signed I32 or I64 -> float"),
	row("CvtUF", 1, "p", "unsigned I64 -> float"),
	row("CvtFI", 1, "p", "float -> signed I32 or I64, toward zero; out of range as the processor does"),
	row("CvtFU", 1, "p", "float -> unsigned I64"),
	row("CvtFF", 1, "p", "F32 <-> F64"),
	row("BitsFI", 1, "p", "float -> integer of equal width, same bits"),
	row("BitsIF", 1, "p", "integer -> float of equal width, same bits"),
	// floating arithmetic: Neg Eq Ne Lt Le above
	row("AddF", 2, "pc", ""),
	row("SubF", 2, "p", ""),
	row("MulF", 2, "pc", ""),
	row("DivF", 2, "p", ""),
	row("Sqrt", 1, "p", ""),
	row("FMA", 3, "p", "x*y+z rounded once; only behind a CPU feature test"),
	row("Floor", 1, "p", "behind a CPU feature test (SSE4.1), as Ceil, TruncF, RoundEven"),
	row("Ceil", 1, "p", ""),
	row("TruncF", 1, "p", ""),
	row("RoundEven", 1, "p", ""),
	row("AbsF", 1, "p", ""),
	row("Copysign", 2, "p", ""),
	row("MinF", 2, "pc", "Go's min builtin on floats: NaN and -0 as the specification says"),
	row("MaxF", 2, "pc", ""),
	// bits
	row("Ctz", 1, "p", "trailing zeros; width for 0; result has the argument's type"),
	row("BitLen", 1, "p", "minimum bits to represent; result has the argument's type"),
	row("PopCount", 1, "p", "behind a CPU feature test"),
	row("Bswap", 1, "p", "I16, I32, I64"),
	// memory; auxInt is a byte offset added to the address
	row("Load", 1, "rf", "load of the result type from arg0 + auxInt"),
	row("Store", 2, "wf", "store arg1 at arg0 + auxInt; a Ptr store gets a write barrier where the writebarrier pass finds it needed"),
	row("StoreNoWB", 2, "wf", "as Store, the builder knows that no barrier is needed"),
	row("Zero", 1, "wf", "zero auxInt bytes at arg0; aux: SymRef of the type descriptor if it has pointers that may need barriers, else 0"),
	row("Move", 2, "rwf", "copy auxInt bytes from arg1 to arg0 (no partial overlap); aux as Zero"),
	row("SlotDef", 0, "w", "slot auxInt starts a new lifetime: old content is dead, pointers are not yet valid"),
	row("SlotKill", 0, "w", "slot auxInt's lifetime ends"),
	row("NilCheck", 1, "wf", "arg0 (Ptr), known not nil after; panics by fault or explicitly"),
	row(
		"BoundsCheck",
		2,
		"wf",
		"panics unless the condition of code auxInt&0xff holds for (index, length), I64 both; auxInt&0x100: index is signed",
	),
	row("KeepAlive", 1, "w", "arg0 is live up to here"),
	row("AtomicLoad", 1, "rwf", "of the result type"),
	row("AtomicStore", 2, "wf", "sequentially consistent; never a write barrier"),
	row("AtomicExchange", 2, "rwf", "old value"),
	row("AtomicAdd", 2, "rwf", "new value"),
	row("AtomicCas", 3, "rwf", "(ptr, old, new) -> Bool"),
	row("AtomicAnd", 2, "rwf", "old value; Nop-result form when unused"),
	row("AtomicOr", 2, "rwf", "old value"),
	row("Prefetch", 1, "w", "auxInt 0: to all levels, 1: non-temporal"),
	row("Pause", 1, "w", "arg0 (I32) times PAUSE"),
	row("Publish", 0, "w", "store-store barrier (nothing on amd64 but order)"),
	row(
		"Memequal",
		3,
		"r",
		"(ptr, ptr, I64 size) -> Bool; inline for small constant sizes, else a call to runtime.memequal made by lowering",
	),
	// calls; aux: CallAux
	row("Call", -1, "wx", "static call; results by Result"),
	row("CallClosure", -1, "wxf", "(Addr code, Ptr context, args...)"),
	row("CallInter", -1, "wxf", "(Addr code, args...)"),
	row("TailCall", -1, "wx", "jump to aux target with the arguments of this function in place; last value of an Exit block (wrappers)"),
	row("Result", 1, "p", "result auxInt of the call, or element of a Tuple"),
	row("Return", -1, "w", "last value of a Ret block: the scalar results in order of sig.results"),
	row("InlMark", 0, "w", "start of inlined call auxInt (index in Func.inlined): an instruction of the parent for unwinding"),
	row(
		"VarValue",
		-1,
		"w",
		"debug: piece auxInt&255 of variable auxInt>>8 (index in Func.vars) has from here on the value arg0, or the one that aux describes (varvalue.ts), or none that is known",
	),
	// made by the writebarrier pass
	row(
		"WB",
		0,
		"w",
		"CALL runtime.gcWriteBarrier<auxInt> (1..8): address (Addr, in the register the runtime fixes; nothing else is clobbered) of auxInt free words of the barrier buffer; no safe point",
	),
	row("UnsafeBegin", 0, "w", "no code: from here on no asynchronous safe point, over block ends (BlockData.unsafe), until UnsafeEnd"),
	row("UnsafeEnd", 0, "w", "no code: ends what UnsafeBegin began"),
	row(
		"OutArgAddr",
		0,
		"p1",
		"address (Addr) of byte auxInt of the outgoing argument area (SP at calls): arguments that are passed in memory are stored there just before the call, results in memory are moved from there just after; nothing between may call",
	),
];
