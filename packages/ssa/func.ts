// The SSA function as columns. A value is a small integer v; its parts are
// f.op[v], f.type[v], f.auxInt[v], f.aux[v], f.pos[v] and its arguments. Value 0
// is "none". Blocks are small integers b; block 0 is the entry.
//
// A block holds its values in execution order: phis first, then the rest. There
// is no memory value: loads, stores and calls are ordered by their position in
// the block, pure values may be moved by passes as long as definitions dominate
// uses. Passes that delete a value set its op to Nop and leave it to `compact`.

import { BitSet, InternalError } from "#base";
import type { Op } from "./ops.gen.ts";
import type { T } from "./types.ts";

/** Kinds of block ends. */
export const BlockKind = {
	/** Being built. */
	Open: 0,
	/** One successor. */
	Plain: 1,
	/** control is Bool (or Flags after lowering): succs[0] if true, succs[1] if false. */
	If: 2,
	/** Returns; control unused: results are the arguments of a Return value that is the block's last. */
	Ret: 3,
	/** Does not continue (after a call that does not return, or Unreachable). */
	Exit: 4,
	/** control is an I64 index known to be in 0..succs.length-1: jump table. */
	JumpTable: 5,
	/** succs[0] normally; succs[1] is the deferreturn path that is entered by the runtime after recover. */
	Defer: 6,
} as const;
export type BlockKind = (typeof BlockKind)[keyof typeof BlockKind];

/** A function's own stack memory: address-taken or large variables and temporaries. */
export interface Slot {
	/** For dumps and DWARF. */
	name: string;
	size: number;
	align: number;
	/** One bit per pointer-sized word, 1 = pointer; null = no pointers. Length ceil(size/8/8). */
	ptrmask: Uint8Array | null;
	/** Address escapes into values (SlotAddr other than as direct load/store base): must be a stack object or always live. */
	addrTaken: boolean;
	/** Linker symbol of the Go type's GC data for stack objects; "" when unknown (then the slot is always live). */
	gcSym: string;
	/** Must keep its place in the caller-visible frame area: >= 0 is the byte offset in the incoming argument area; -1 = a local. */
	argOffset: number;
	/** Index in Func.vars, -1 = none. */
	dwarfVar: number;
}

/** Reference to a symbol by linker name. */
export interface SymRef {
	name: string;
	abi: 0 | 1;
}

/** How a call passes and returns values; shared by all calls of equal shape. Stack offsets are from SP at the call. */
export interface CallSig {
	/** One entry per scalar argument, in order of the value's arguments (after the target, if indirect or closure). */
	args: ArgLoc[];
	/** One entry per scalar result, in order of Result's auxInt. */
	results: ArgLoc[];
	/** Bytes of stack for arguments, results and the register spill area (what the caller's frame reserves). */
	stackSize: number;
	/** Where the results in memory begin in the argument area: what lies below came from the caller. Absent = no result is in memory but scalars. */
	resultOff?: number;
	/** ABI0: everything on the stack and all registers, R14 and X15 included, are restored by the back end after the call. */
	abi: 0 | 1;
}
/**
 * reg: sequence number in ABIInternal's order of the integer registers, or of the floating ones if the type is F32 or F64;
 * -1 = on the stack. off: byte offset in the argument area of the stack value, or of a register argument's spill
 * place; -1 = a register result, which has none.
 */
export interface ArgLoc {
	type: T;
	reg: number;
	off: number;
}

/** Things that aux can refer to. */
export type Aux = SymRef | CallSig | CallAux | string;
/** Aux of static calls and of Go closures. */
export interface CallAux {
	/** null: closure or indirect call. */
	target: SymRef | null;
	sig: CallSig;
	/** Does not return (panics, throw): the block ends after it. */
	noreturn: boolean;
}

/** A source position with its inlining: pos is a global Pos, inl an index in Func.inlined or -1. Packed per value as two columns. */
export interface InlineSite {
	parent: number;
	/** Linker name of the inlined function. */
	func: string;
	/** Global Pos of its declaration (start line). */
	declPos: number;
	/** Global Pos of the call in the parent. */
	callPos: number;
}

export interface DwarfVarInfo {
	name: string;
	/** Linker name of the type descriptor. */
	type: string;
	kind: "param" | "result" | "local" | "closure";
	declPos: number;
	scope: number;
	inlined: number;
	closureOffset: number;
	/** Bytes. */
	size: number;
	/** What VarValues tell of it: the scalars that make up the type, in order. Empty: it is in a slot, or has no bytes. */
	pieces: readonly DwarfPiece[];
	/** Of a parameter that is put into a slot: the first of the scalars in which it arrives, in CallSig.args; -1 = it is there from the beginning. */
	firstArg: number;
}

export interface DwarfPiece {
	off: number;
	size: number;
}

export class Func {
	/** Linker name. */
	readonly name: string;
	/** Position of the declaration: first line of the function. */
	pos: number;

	// ---- values: columns indexed by value id ----
	op: Uint16Array;
	type: Uint8Array;
	auxInt: BigInt64Array;
	/** The same memory as auxInt in 32-bit words, low word of v at 2*v: for tests of constants that need no BigInt. */
	auxWords: Int32Array;
	/** Index in auxes; 0 = none. */
	aux: Int32Array;
	vpos: Int32Array;
	/** Inline site of the value; index in inlined, -1 = the function itself. */
	inl: Int32Array;
	block: Int32Array;
	private argStart: Int32Array;
	private argCount: Uint16Array;
	private pool: Int32Array;
	private poolLen = 0;
	/** By value id: the I64 is known not to be negative (a length or capacity that was loaded, passed or returned). Builders may set it. */
	readonly nonNegative: BitSet = new BitSet();
	/** Number of value ids handed out; ids are 1..nvals-1. */
	nvals = 1;
	readonly auxes: (Aux | null)[] = [null];

	// ---- blocks: by block id ----
	readonly blocks: BlockData[] = [];

	// ---- function-wide ----
	readonly slots: Slot[] = [];
	readonly inlined: InlineSite[] = [];
	readonly vars: DwarfVarInfo[] = [];
	/**
	 * Blocks of the source that declare variables: code whose position lies in pos..end. Scope 0 is the function, of which nothing
	 * else is said; a call inlined here has a root of its own (parent -1). inl: the inlined call that the positions belong to.
	 */
	readonly scopes: { parent: number; pos: number; end: number; inl: number }[] = [];
	/** How the function receives arguments and gives results (results of Arg and operands of Return follow it). */
	sig: CallSig;
	/** Flags of object.SymFlag for the text symbol. */
	symFlags = 0;
	/** Closure body: the context pointer arrives in the context register (GetClosurePtr). */
	needCtxt = false;
	/** Has `defer` in a form that needs deferreturn at exits. */
	hasDefer = false;
	/** Open-coded defers: slot holding deferBits and slots of the closures in order of index; null = not used. */
	openDefers: { bitsSlot: number; closureSlots: number[] } | null = null;
	/** No write barriers may be emitted here (`go:nowritebarrier...`, runtime rules). */
	noWriteBarrier = false;
	/** No instruction here is an asynchronous safe point (runtime packages by name). */
	unsafePoints = false;
	/** Compiled without optimisation (-N): variables stay in slots. */
	noOpt = false;
	/** Content of FUNCDATA_ArgInfo (what tracebacks print of arguments; bytes as internal/abi says), null = none. */
	argInfo: Uint8Array | null = null;
	/** The function that a wrapper wraps (FUNCDATA_WrapInfo), null = none. */
	wrapInfo: SymRef | null = null;
	/** FuncID of internal/abi when the builder knows it (wrapper = from internal/abi). */
	funcId = 0;

	/** capacity: number of values that there is room for before columns grow. */
	constructor(name: string, sig: CallSig, pos: number, capacity = 256) {
		this.name = name;
		this.sig = sig;
		this.pos = pos;
		this.op = new Uint16Array(capacity);
		this.type = new Uint8Array(capacity);
		this.auxInt = new BigInt64Array(capacity);
		this.auxWords = new Int32Array(this.auxInt.buffer);
		this.aux = new Int32Array(capacity);
		this.vpos = new Int32Array(capacity);
		this.inl = new Int32Array(capacity);
		this.block = new Int32Array(capacity);
		this.argStart = new Int32Array(capacity);
		this.argCount = new Uint16Array(capacity);
		this.pool = new Int32Array(4 * capacity);
	}

	private growValues(): void {
		const n = this.op.length * 2;
		this.op = grow(this.op, new Uint16Array(n));
		this.type = grow(this.type, new Uint8Array(n));
		this.auxInt = grow(this.auxInt, new BigInt64Array(n));
		this.auxWords = new Int32Array(this.auxInt.buffer);
		this.aux = grow(this.aux, new Int32Array(n));
		this.vpos = grow(this.vpos, new Int32Array(n));
		this.inl = grow(this.inl, new Int32Array(n));
		this.block = grow(this.block, new Int32Array(n));
		this.argStart = grow(this.argStart, new Int32Array(n));
		this.argCount = grow(this.argCount, new Uint16Array(n));
	}

	/** A value that is in no block yet. */
	newValueFloating(op: Op, type: T, args: readonly number[], auxInt: bigint, aux: number, pos: number, inl: number): number {
		if (this.nvals === this.op.length) this.growValues();
		const v = this.nvals++;
		this.op[v] = op;
		this.type[v] = type;
		this.auxInt[v] = auxInt;
		this.aux[v] = aux;
		this.vpos[v] = pos;
		this.inl[v] = inl;
		this.block[v] = -1;
		this.argStart[v] = this.poolLen;
		this.argCount[v] = 0;
		this.setArgs(v, args);
		return v;
	}

	/** Appends a new value to block b. */
	newValue(b: number, op: Op, type: T, args: readonly number[], auxInt = 0n, aux = 0, pos = 0, inl = -1): number {
		const v = this.newValueFloating(op, type, args, auxInt, aux, pos, inl);
		this.block[v] = b;
		this.blocks[b].values.push(v);
		return v;
	}

	/** Interns nothing: every call makes a new entry; 0 stands for none. */
	newAux(a: Aux): number {
		this.auxes.push(a);
		return this.auxes.length - 1;
	}

	/** auxInt as a number, exact below 2^53; makes no BigInt. */
	int(v: number): number {
		const low = this.auxWords[2 * v];
		const high = this.auxWords[2 * v + 1];
		return high === low >> 31 ? low : high * 0x1_0000_0000 + (low >>> 0);
	}

	/** Whether auxInt is 0. */
	isZero(v: number): boolean {
		return this.auxWords[2 * v] === 0 && this.auxWords[2 * v + 1] === 0;
	}

	nargs(v: number): number {
		return this.argCount[v];
	}

	arg(v: number, i: number): number {
		return this.pool[this.argStart[v] + i];
	}

	setArg(v: number, i: number, a: number): void {
		if (i >= this.argCount[v]) throw new InternalError(`v${v} has no argument ${i}`);
		this.pool[this.argStart[v] + i] = a;
	}

	/** Replaces all arguments; reuses the place when the count does not grow. */
	setArgs(v: number, args: readonly number[]): void {
		const n = args.length;
		if (n > this.argCount[v]) {
			if (this.poolLen + n > this.pool.length)
				this.pool = grow(this.pool, new Int32Array(Math.max(this.pool.length * 2, this.poolLen + n)));
			this.argStart[v] = this.poolLen;
			this.poolLen += n;
		}
		this.argCount[v] = n;
		const at = this.argStart[v];
		for (let i = 0; i < n; i++) this.pool[at + i] = args[i];
	}

	/** Appends an argument (used for phis). */
	addArg(v: number, a: number): void {
		const n = this.argCount[v];
		const at = this.argStart[v];
		if (at + n === this.poolLen) {
			if (this.poolLen === this.pool.length) this.pool = grow(this.pool, new Int32Array(this.pool.length * 2));
			this.poolLen++;
			this.pool[at + n] = a;
			this.argCount[v] = n + 1;
			return;
		}
		const all: number[] = [];
		for (let i = 0; i < n; i++) all.push(this.pool[at + i]);
		all.push(a);
		this.argCount[v] = 0;
		this.setArgs(v, all);
	}

	newBlock(kind: BlockKind = BlockKind.Open): number {
		this.blocks.push(new BlockData(kind));
		return this.blocks.length - 1;
	}

	/** Adds the edge b -> c. Phis of c must be given their argument by the caller. */
	addEdge(b: number, c: number): void {
		this.blocks[b].succs.push(c);
		this.blocks[c].preds.push(b);
	}

	addSlot(slot: Slot): number {
		this.slots.push(slot);
		return this.slots.length - 1;
	}
}

export class BlockData {
	kind: BlockKind;
	/** Control value of If and JumpTable; 0 = none. */
	control = 0;
	/** Branch prediction: 1 = succs[0] likely, -1 = succs[1] likely, 0 = unknown. */
	likely = 0;
	readonly values: number[] = [];
	readonly succs: number[] = [];
	/** Order matters: phi argument i comes from preds[i]. A predecessor with two edges here appears twice. */
	readonly preds: number[] = [];
	/** Position of the block's end (branch). */
	pos = 0;
	inl = -1;
	/** The block begins inside a sequence without asynchronous safe points: see UnsafeBegin and UnsafeEnd. */
	unsafe = false;
	constructor(kind: BlockKind) {
		this.kind = kind;
	}
}

function grow<A extends Uint8Array | Uint16Array | Int32Array | BigInt64Array>(old: A, to: A): A {
	(to as Uint8Array).set(old as Uint8Array);
	return to;
}
