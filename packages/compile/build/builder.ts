// The state of building one SSA function, and the smallest steps: constants,
// arithmetic, loads and stores, blocks. A Go value is a Val: scalars, or a place
// in memory. Everything else in this folder is functions that take the Builder `b`.

import { InternalError, type Pos } from "#base";
import {
	BlockKind,
	type CallAux,
	type CallSig,
	Func,
	isFloat,
	OpAdd,
	OpAnd,
	OpCall,
	OpConst,
	OpConstF,
	OpEq,
	OpIntToPtr,
	OpLoad,
	OpMove,
	OpMul,
	OpNe,
	OpNilCheck,
	OpOffPtr,
	OpPtrAdd,
	OpPtrToInt,
	OpResult,
	OpSlotAddr,
	OpSlotDef,
	OpStore,
	OpStoreNoWB,
	OpSub,
	OpSymAddr,
	OpZero,
	type Op,
	SsaBuilder,
	type SymRef,
	sizeOfT,
	T,
} from "#ssa";
import { type Type, typeOf as objType, type Var } from "#types";
import type { Expr } from "#syntax";
import type { FuncInst, Product, Program } from "../program.ts";
import type { Layout } from "../layout.ts";
import type { DeferState } from "./defer.ts";
import type { Frame } from "./frame.ts";
import { MaxFrame } from "./framesize.ts";

/** A Go value while it is used: its scalars, or where it lies in memory. */
export class Val {
	/** By scalar; null = in memory at ptr + off. */
	readonly parts: readonly number[] | null;
	readonly ptr: number;
	readonly off: number;
	/** In memory that no later evaluation can change. */
	readonly stable: boolean;
	constructor(parts: readonly number[] | null, ptr: number, off: number, stable: boolean) {
		this.parts = parts;
		this.ptr = ptr;
		this.off = off;
		this.stable = stable;
	}

	static of(...parts: number[]): Val {
		return new Val(parts, 0, 0, true);
	}

	static list(parts: readonly number[]): Val {
		return new Val(parts, 0, 0, true);
	}

	static mem(ptr: number, off: number, stable: boolean): Val {
		return new Val(null, ptr, off, stable);
	}

	/** The only scalar. */
	get one(): number {
		if (this.parts === null || this.parts.length !== 1) throw new InternalError("value is not one scalar");
		return this.parts[0];
	}

	part(i: number): number {
		if (this.parts === null || i >= this.parts.length) throw new InternalError("value has no such scalar");
		return this.parts[i];
	}
}

/** An address: pointer value and byte offset. */
export interface Addr {
	ptr: number;
	off: number;
}

/** Whether each of the runtime functions that never return does so: their call ends the block. */
const noreturn: ReadonlySet<string> = new Set([
	"gopanic",
	"panicdivide",
	"panicshift",
	"panicmakeslicelen",
	"panicmakeslicecap",
	"panicunsafeslicelen",
	"panicunsafeslicenilptr",
	"panicunsafestringlen",
	"panicunsafestringnilptr",
	"panicdottypeE",
	"panicdottypeI",
	"panicnildottype",
	"panicwrap",
	"panicrangestate",
	"panicSliceConvert",
	"goPanicSliceConvert",
	"throw",
	"fatal",
	"block",
	"throwinit",
]);

/** Offsets that instructions can hold are below it. */
const MaxOffset = 1 << 30;

export class Builder {
	readonly p: Program;
	readonly layout: Layout;
	readonly f: Func;
	readonly ssa: SsaBuilder;
	readonly out: Product;
	/** The function being compiled: names of things made here start with its name. */
	readonly fn: FuncInst;
	frame!: Frame;
	/** The current block. Code that cannot be reached goes to a block without edges, limbo. */
	cur: number;
	private limbo = -1;
	pos: Pos = 0;
	inl = -1;
	/** Index in f.scopes of the innermost block around what is being built. */
	scope = 0;
	/** Variables stay in slots, for debuggers (-N). */
	readonly noOpt: boolean;
	/** -B. */
	readonly noBounds: boolean;
	readonly slotTypes: (Type | null)[] = [];
	/** By name: of ABI0, of ABIInternal. */
	private readonly symAux: readonly [Map<string, number>, Map<string, number>] = [new Map(), new Map()];
	/** Deferred calls of the function; null = none. */
	defers: DeferState | null = null;
	/** Counters of generated names. */
	readonly counters: Map<string, number> = new Map();

	constructor(p: Program, out: Product, fn: FuncInst, name: string, sig: CallSig, pos: Pos) {
		this.p = p;
		this.layout = p.layout;
		this.out = out;
		this.fn = fn;
		this.f = new Func(name, sig, pos);
		const flags = p.codeFlags(fn.unit.pkg.path);
		this.noOpt = flags.noOpt;
		this.noBounds = flags.noBounds;
		this.f.noOpt = this.noOpt;
		this.f.scopes.push({ parent: -1, pos: 0, end: 0, inl: -1 });
		this.ssa = new SsaBuilder(this.f);
		this.cur = this.f.newBlock();
		this.ssa.sealBlock(this.cur);
		this.pos = pos;
	}

	// ---- types ----

	/** The type of an expression in the current frame. */
	typeOf(e: Expr): Type {
		const t = this.p.build.info.typeOf(e);
		if (t === null) throw new InternalError(`${this.f.name}: expression without type at ${this.where(e.pos)}`);
		return this.p.types.subst(t, this.frame.fn.subst);
	}

	varType(v: Var): Type {
		return this.p.types.subst(objType(v), this.frame.fn.subst);
	}

	subst(t: Type): Type {
		return this.p.types.subst(t, this.frame.fn.subst);
	}

	where(pos: Pos): string {
		const at = this.p.sources.position(pos);
		return `${at.file}:${at.line}:${at.col}`;
	}

	fail(what: string): never {
		throw new InternalError(`${this.f.name}: ${what} at ${this.where(this.pos)}`);
	}

	unique(kind: string): number {
		const n = (this.counters.get(kind) ?? 0) + 1;
		this.counters.set(kind, n);
		return n;
	}

	// ---- scopes ----

	/** Builds what lies in a block of the source, from pos to before end. */
	inScope(pos: Pos, end: Pos, body: () => void): void {
		const outer = this.scope;
		this.scope = this.f.scopes.push({ parent: outer, pos, end, inl: this.inl }) - 1;
		body();
		this.scope = outer;
	}

	// ---- blocks ----

	get dead(): boolean {
		return this.cur === this.limbo;
	}

	newBlock(): number {
		return this.f.newBlock();
	}

	/** Continues in block blk, whose predecessors are all there if `seal`. A block that nothing jumps to is not entered. */
	start(blk: number, seal = true): void {
		if (seal) this.ssa.sealBlock(blk);
		if (seal && this.f.blocks[blk].preds.length === 0 && blk !== 0) {
			this.f.blocks[blk].kind = BlockKind.Exit;
			this.die();
			return;
		}
		this.cur = blk;
	}

	/** What follows cannot be reached. */
	die(): void {
		if (this.limbo < 0) {
			this.limbo = this.f.newBlock();
			this.ssa.sealBlock(this.limbo);
		}
		this.cur = this.limbo;
	}

	/** Forgets the code that cannot be reached; call when the function is done. */
	dropLimbo(): void {
		if (this.limbo >= 0) this.f.blocks[this.limbo].values.length = 0;
	}

	private end(kind: BlockKind, control: number): void {
		const blk = this.f.blocks[this.cur];
		blk.kind = kind;
		blk.control = control;
		blk.pos = this.pos;
		blk.inl = this.inl;
	}

	jump(to: number): void {
		if (!this.dead) {
			this.end(BlockKind.Plain, 0);
			this.f.addEdge(this.cur, to);
		}
		this.die();
	}

	/** likely: 1 = yes, -1 = no. */
	branch(cond: number, yes: number, no: number, likely = 0): void {
		if (!this.dead) {
			if (yes === no) {
				this.jump(yes);
				return;
			}
			this.end(BlockKind.If, cond);
			this.f.blocks[this.cur].likely = likely;
			this.f.addEdge(this.cur, yes);
			this.f.addEdge(this.cur, no);
		}
		this.die();
	}

	/** Ends the block after a call that does not return. */
	exit(): void {
		if (!this.dead) this.end(BlockKind.Exit, 0);
		this.die();
	}

	endRet(): void {
		if (!this.dead) this.end(BlockKind.Ret, 0);
		this.die();
	}

	/** Runs body where cond holds; continues after it. */
	when(cond: number, body: () => void, likely = 0): void {
		const yes = this.newBlock();
		const after = this.newBlock();
		this.branch(cond, yes, after, likely);
		this.start(yes);
		body();
		this.jump(after);
		this.start(after);
	}

	/** The scalars of `types` that one of two branches gives. */
	choose(cond: number, types: readonly T[], yes: () => readonly number[], no: () => readonly number[], likely = 0): number[] {
		const vars = types.map((t) => this.ssa.newVar(t));
		const a = this.newBlock();
		const c = this.newBlock();
		const after = this.newBlock();
		this.branch(cond, a, c, likely);
		this.start(a);
		this.writeVars(vars, yes());
		this.jump(after);
		this.start(c);
		this.writeVars(vars, no());
		this.jump(after);
		this.start(after);
		return vars.map((v) => this.ssa.read(v, this.cur));
	}

	writeVars(vars: readonly number[], vals: readonly number[]): void {
		for (let i = 0; i < vars.length; i++) this.ssa.write(vars[i], this.cur, vals[i]);
	}

	readVars(vars: readonly number[]): number[] {
		return vars.map((v) => this.ssa.read(v, this.cur));
	}

	// ---- values ----

	v(op: Op, type: T, args: readonly number[], auxInt = 0n, aux = 0): number {
		return this.f.newValue(this.cur, op, type, args, auxInt, aux, this.pos, this.inl);
	}

	int(t: T, n: number | bigint): number {
		const bits = t === T.Bool ? 8 : sizeOfT[t] * 8;
		return this.v(OpConst, t, [], BigInt.asIntN(bits, BigInt(n)));
	}

	i64(n: number | bigint): number {
		return this.int(T.I64, n);
	}

	bool(x: boolean): number {
		return this.v(OpConst, T.Bool, [], x ? 1n : 0n);
	}

	nil(): number {
		return this.v(OpConst, T.Ptr, [], 0n);
	}

	/** Floating constant by its bits. */
	floatBits(t: T, bits: bigint): number {
		return this.v(OpConstF, t, [], bits);
	}

	zeroOf(t: T): number {
		return isFloat(t) ? this.floatBits(t, 0n) : this.v(OpConst, t, [], 0n);
	}

	/** The value of an integer constant, or null. */
	constOf(v: number): bigint | null {
		const r = this.ssa.resolve(v);
		return this.f.op[r] === OpConst ? this.f.auxInt[r] : null;
	}

	sym(ref: SymRef, off = 0): number {
		return this.v(OpSymAddr, T.Ptr, [], BigInt(off), this.symAuxOf(ref));
	}

	symAuxOf(ref: SymRef): number {
		const known = this.symAux[ref.abi];
		let a = known.get(ref.name);
		if (a === undefined) {
			a = this.f.newAux(ref);
			known.set(ref.name, a);
		}
		return a;
	}

	add(t: T, x: number, y: number): number {
		return this.v(OpAdd, t, [x, y]);
	}

	sub(t: T, x: number, y: number): number {
		return this.v(OpSub, t, [x, y]);
	}

	mul(t: T, x: number, y: number): number {
		return this.v(OpMul, t, [x, y]);
	}

	and(t: T, x: number, y: number): number {
		return this.v(OpAnd, t, [x, y]);
	}

	cmp(op: Op, x: number, y: number): number {
		return this.v(op, T.Bool, [x, y]);
	}

	isNil(ptr: number): number {
		return this.cmp(OpEq, ptr, this.v(OpConst, this.f.type[ptr] as T, [], 0n));
	}

	notNil(ptr: number): number {
		return this.cmp(OpNe, ptr, this.v(OpConst, this.f.type[ptr] as T, [], 0n));
	}

	ptrAdd(ptr: number, n: number): number {
		return this.v(OpPtrAdd, T.Ptr, [ptr, n]);
	}

	offPtr(ptr: number, off: number): number {
		if (off >= MaxOffset) return this.ptrAdd(ptr, this.i64(off));
		return off === 0 ? ptr : this.v(OpOffPtr, T.Ptr, [ptr], BigInt(off));
	}

	ptrToInt(ptr: number): number {
		return this.v(OpPtrToInt, T.I64, [ptr]);
	}

	intToPtr(n: number): number {
		return this.v(OpIntToPtr, T.Ptr, [n]);
	}

	nilCheck(ptr: number): void {
		const op = this.f.op[this.ssa.resolve(ptr)];
		if (op === OpSlotAddr || op === OpSymAddr) return;
		this.v(OpNilCheck, T.Void, [ptr]);
	}

	// ---- slots ----

	newSlot(type: Type, name: string): number {
		const l = this.layout.of(type);
		const n = this.f.addSlot({
			name,
			size: l.size,
			align: Math.max(l.align, 1),
			ptrmask: l.size < MaxFrame ? this.layout.ptrmask(type) : null,
			addrTaken: false,
			gcSym: "",
			argOffset: -1,
			dwarfVar: -1,
		});
		this.slotTypes[n] = type;
		return n;
	}

	slotAddr(slot: number): number {
		return this.v(OpSlotAddr, T.Ptr, [], BigInt(slot));
	}

	slotDef(slot: number): void {
		this.v(OpSlotDef, T.Void, [], BigInt(slot));
	}

	/** A temporary in memory; its content is undefined. */
	temp(type: Type, name = ".tmp"): number {
		const s = this.newSlot(type, name);
		this.slotDef(s);
		return this.slotAddr(s);
	}

	/** A temporary filled with val: for passing by address. */
	spill(type: Type, val: Val, name = ".tmp"): number {
		const ptr = this.temp(type, name);
		this.storeVal(type, ptr, 0, val, true);
		return ptr;
	}

	// ---- memory ----

	load(t: T, ptr: number, off = 0): number {
		if (off >= MaxOffset) return this.load(t, this.offPtr(ptr, off), 0);
		return this.v(OpLoad, t, [ptr], BigInt(off));
	}

	store(ptr: number, off: number, val: number): void {
		if (off >= MaxOffset) {
			this.store(this.offPtr(ptr, off), 0, val);
			return;
		}
		this.v(OpStore, T.Void, [ptr, val], BigInt(off));
	}

	loadVal(type: Type, ptr: number, off: number): Val {
		const l = this.layout.of(type);
		if (!l.ssa || l.leaves === null) return Val.mem(ptr, off, false);
		return Val.list(
			l.leaves.map((p) => {
				const v = this.load(p.t, ptr, off + p.off);
				if (p.len) this.f.nonNegative.add(v);
				return v;
			}),
		);
	}

	/** Tells the optimizer which of the scalars of a value that came from elsewhere are lengths. */
	markLengths(type: Type, scalars: readonly number[]): void {
		const leaves = this.layout.of(type).leaves;
		if (leaves === null || leaves.length !== scalars.length) return;
		for (let i = 0; i < leaves.length; i++) if (leaves[i].len) this.f.nonNegative.add(scalars[i]);
	}

	/** noWB: the destination is the function's own frame or fresh memory. */
	storeVal(type: Type, ptr: number, off: number, val: Val, noWB = false): void {
		if (val.parts === null) {
			this.move(type, { ptr, off }, { ptr: val.ptr, off: val.off });
			return;
		}
		const { leaves, size } = this.layout.of(type);
		if (size === 0) return;
		if (leaves === null || leaves.length !== val.parts.length) {
			this.fail(`storing ${val.parts.length} scalars as ${this.p.types.link(type)}`);
		}
		if (off >= MaxOffset) {
			this.storeVal(type, this.offPtr(ptr, off), 0, val, noWB);
			return;
		}
		for (let i = 0; i < leaves.length; i++) {
			this.v(noWB || leaves[i].t === T.Addr ? OpStoreNoWB : OpStore, T.Void, [ptr, val.parts[i]], BigInt(off + leaves[i].off));
		}
	}

	/** Symbol of the type for Zero and Move, 0 when it has no pointers. */
	private typeAux(type: Type): number {
		return this.layout.hasPointers(type) ? this.symAuxOf(this.p.typeSym(type)) : 0;
	}

	move(type: Type, to: Addr, from: Addr): void {
		const n = this.layout.size(type);
		if (n === 0) return;
		this.v(OpMove, T.Void, [this.offPtr(to.ptr, to.off), this.offPtr(from.ptr, from.off)], BigInt(n), this.typeAux(type));
	}

	zero(type: Type, ptr: number, off: number): void {
		const l = this.layout.of(type);
		if (l.size === 0) return;
		if (l.ssa && l.leaves !== null && l.leaves.length <= 2) {
			for (const p of l.leaves) this.store(ptr, off + p.off, this.zeroOf(p.t));
			return;
		}
		this.v(OpZero, T.Void, [this.offPtr(ptr, off)], BigInt(l.size), this.typeAux(type));
	}

	/** The zero value; in memory: a fresh temporary. */
	zeroVal(type: Type): Val {
		const l = this.layout.of(type);
		if (l.ssa && l.leaves !== null) return Val.list(l.leaves.map((p) => this.zeroOf(p.t)));
		const ptr = this.temp(type, ".zero");
		this.zero(type, ptr, 0);
		return Val.mem(ptr, 0, true);
	}

	/** val as scalars: loads them if it is in memory (types of up to 32 scalars). */
	scalars(type: Type, val: Val): readonly number[] {
		if (val.parts !== null) return val.parts;
		const leaves = this.layout.of(type).leaves;
		if (leaves === null) this.fail(`no scalars: ${this.p.types.link(type)}`);
		return leaves.map((p) => this.load(p.t, val.ptr, val.off + p.off));
	}

	/** Where val lies in memory: its place, or a temporary made for it. */
	inMemory(type: Type, val: Val): number {
		return val.parts === null ? this.offPtr(val.ptr, val.off) : this.spill(type, val);
	}

	/** A copy of val that later assignments do not change. */
	stabilise(type: Type, val: Val): Val {
		if (val.parts !== null || val.stable) return val;
		const ptr = this.temp(type, ".copy");
		this.storeVal(type, ptr, 0, val, true);
		return Val.mem(ptr, 0, true);
	}

	// ---- calls of the runtime ----

	/** Calls a runtime function with scalar arguments; gives its scalar results. */
	rt(name: string, args: readonly number[]): number[] {
		const fn = this.p.rt(name);
		if (args.length !== fn.sig.args.length) this.fail(`runtime.${name} takes ${fn.sig.args.length} scalars, not ${args.length}`);
		const aux: CallAux = { target: fn.ref, sig: fn.sig, noreturn: noreturn.has(name) };
		const call = this.v(OpCall, fn.sig.results.length === 0 ? T.Void : T.Tuple, args, 0n, this.f.newAux(aux));
		const out = fn.sig.results.map((r, i) => this.v(OpResult, r.type, [call], BigInt(i)));
		if (aux.noreturn) this.exit();
		return out;
	}

	/** As rt, for functions with one scalar result. */
	rt1(name: string, args: readonly number[]): number {
		return this.rt(name, args)[0];
	}

	/** Address of the descriptor of t. */
	typeWord(t: Type): number {
		return this.sym(this.p.typeSym(t));
	}
}
