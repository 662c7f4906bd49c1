// An interpreter of SSA, to test passes with: what a function does before a pass
// and after must be the same. Integers are BigInts sign-extended from their width,
// floats are their bits. It is slow and checks a lot.
//
// Memory is one array of bytes; the first page is not there (a fault). Slots and
// symbols get addresses at the start. Calls return numbers made from the name
// and the arguments and are recorded, as is what memory holds at the end.

import { InternalError } from "#base";
import { BlockKind, type CallAux, type Func, type SymRef } from "./func.ts";
import * as o from "./ops.gen.ts";
import { valueText } from "./text.ts";
import { isFloat, sizeOfT, T } from "./types.ts";

export interface RunResult {
	/** "return", "panic <what>", "exit", or "timeout". */
	end: string;
	results: bigint[];
	/** Calls and faults in order, with arguments. */
	trace: string[];
	/** Content of symbols by name, hexadecimal. */
	memory: string;
}

const zeroPage = 4096;
const symbolSize = 256;

class Panic extends Error {}

/** Runs f with the given arguments for at most `limit` blocks. */
export function interpret(f: Func, args: readonly bigint[], limit = 2000): RunResult {
	const m = new Machine(f, args);
	let end = "timeout";
	try {
		end = m.run(limit);
	} catch (e) {
		if (!(e instanceof Panic)) throw e;
		end = `panic ${e.message}`;
	}
	return { end, results: m.results, trace: m.trace, memory: m.memory() };
}

class Machine {
	readonly f: Func;
	readonly args: readonly bigint[];
	readonly val: bigint[] = [];
	results: bigint[] = [];
	readonly trace: string[] = [];
	private readonly mem = new DataView(new ArrayBuffer(1 << 18));
	private brk = zeroPage;
	private readonly slots = new Map<number, number>();
	private readonly symbols = new Map<string, number>();
	private readonly tuples = new Map<number, bigint[]>();
	private calls = 0;

	constructor(f: Func, args: readonly bigint[]) {
		this.f = f;
		this.args = args;
		// Addresses do not depend on the order of use.
		for (let s = 0; s < f.slots.length; s++) this.slots.set(s, this.allocate(f.slots[s].size + 16));
		const names = f.auxes.flatMap((a) => (a !== null && typeof a === "object" && "name" in a ? [a.name] : []));
		for (const name of [...new Set(names)].sort()) this.symbols.set(name, (1 << 16) + symbolSize * this.symbols.size);
	}

	run(limit: number): string {
		const f = this.f;
		let from = -1;
		let b = 0;
		for (let steps = 0; steps < limit; steps++) {
			const blk = f.blocks[b];
			this.phis(b, from);
			for (const v of blk.values) if (f.op[v] !== o.OpPhi && f.op[v] !== o.OpNop) this.exec(v);
			if (blk.kind === BlockKind.Ret) return "return";
			if (blk.kind === BlockKind.Exit) return "exit";
			let k = 0;
			if (blk.kind === BlockKind.If) k = this.get(blk.control) !== 0n ? 0 : 1;
			else if (blk.kind === BlockKind.JumpTable) k = Number(this.get(blk.control));
			if (k >= blk.succs.length) throw new InternalError(`jump table in b${b} runs over`);
			const next = blk.succs[k];
			from = edgeIndex(f, b, k);
			b = next;
		}
		return "timeout";
	}

	memory(): string {
		const names = [...this.symbols.keys()].sort();
		return names
			.map((name) => {
				const at = this.symbols.get(name) as number;
				let hex = "";
				for (let i = 0; i < symbolSize; i++)
					hex += this.mem
						.getUint8(at + i)
						.toString(16)
						.padStart(2, "0");
				return `${name}=${hex.replace(/(00)+$/, "")}`;
			})
			.filter((s) => !s.endsWith("="))
			.join(" ");
	}

	private phis(b: number, from: number): void {
		const f = this.f;
		const phis = f.blocks[b].values.filter((v) => f.op[v] === o.OpPhi);
		const now = phis.map((v) => this.get(f.arg(v, from)));
		phis.forEach((v, i) => {
			this.val[v] = now[i];
		});
	}

	private get(v: number): bigint {
		const x = this.val[v];
		if (x === undefined) throw new InternalError(`${this.f.name}: v${v} is used before its definition`);
		return x;
	}

	private exec(v: number): void {
		const f = this.f;
		const a = (i: number): bigint => this.get(f.arg(v, i));
		const x = pureOp(f, v, a);
		this.val[v] = x === null ? this.effect(v, a) : x;
		if (x !== null && f.type[v] === T.Tuple) this.tuples.set(v, tupleOp(f, v, a));
	}

	private allocate(size: number): number {
		this.brk = (this.brk + 15) & ~15;
		const at = this.brk;
		this.brk += size;
		if (this.brk > this.mem.byteLength) throw new InternalError("interpreter memory is full");
		return at;
	}

	private slotAt(s: number): number {
		return this.slots.get(s) as number;
	}

	private symbolAt(v: number): bigint {
		const name = (this.f.auxes[this.f.aux[v]] as SymRef).name;
		return BigInt(this.symbols.get(name) as number) + this.f.auxInt[v];
	}

	private at(addr: bigint, size: number): number {
		if (addr < BigInt(zeroPage) || addr + BigInt(size) > BigInt(this.mem.byteLength)) throw new Panic("nil dereference");
		return Number(addr);
	}

	private load(t: number, addr: bigint): bigint {
		const at = this.at(addr, sizeOfT[t]);
		switch (sizeOfT[t]) {
			case 1:
				return BigInt(t === T.Bool ? this.mem.getUint8(at) & 1 : this.mem.getInt8(at));
			case 2:
				return BigInt(this.mem.getInt16(at, true));
			case 4:
				return BigInt(t === T.F32 ? this.mem.getUint32(at, true) : this.mem.getInt32(at, true));
		}
		return this.mem.getBigInt64(at, true);
	}

	private store(t: number, addr: bigint, x: bigint): void {
		const at = this.at(addr, sizeOfT[t]);
		for (let i = 0; i < sizeOfT[t]; i++) this.mem.setUint8(at + i, Number((x >> BigInt(8 * i)) & 0xffn));
	}

	private effect(v: number, a: (i: number) => bigint): bigint {
		const f = this.f;
		const aux = f.auxInt[v];
		switch (f.op[v]) {
			case o.OpArg:
				return this.args[Number(aux)] ?? 0n;
			case o.OpSymAddr:
				return this.symbolAt(v);
			case o.OpSlotAddr:
				return BigInt(this.slotAt(Number(aux)));
			case o.OpGetG:
			case o.OpGetClosurePtr:
			case o.OpGetCallerSP:
			case o.OpGetCallerPC:
				return 1n << 17n;
			case o.OpLoad:
			case o.OpAtomicLoad:
				return this.load(f.type[v], a(0) + aux);
			case o.OpStore:
			case o.OpStoreNoWB:
			case o.OpAtomicStore:
				this.store(f.type[f.arg(v, 1)], a(0) + aux, a(1));
				return 0n;
			case o.OpZero:
				for (let i = 0n; i < aux; i++) this.store(T.I8, a(0) + i, 0n);
				return 0n;
			case o.OpMove: {
				const bytes: bigint[] = [];
				for (let i = 0n; i < aux; i++) bytes.push(this.load(T.I8, a(1) + i));
				for (let i = 0n; i < aux; i++) this.store(T.I8, a(0) + i, bytes[Number(i)]);
				return 0n;
			}
			case o.OpSlotDef:
				for (let i = 0; i < f.slots[Number(aux)].size; i++) this.store(T.I8, BigInt(this.slotAt(Number(aux)) + i), 0xaan);
				return 0n;
			case o.OpNilCheck:
				if (a(0) < BigInt(zeroPage) && a(0) >= 0n) throw new Panic("nil dereference");
				return 0n;
			case o.OpBoundsCheck: {
				const [i, n] = [BigInt.asUintN(64, a(0)), BigInt.asUintN(64, a(1))];
				if ((aux & 0xffn) === 0n ? i >= n : i > n) throw new Panic(`bounds ${aux} ${a(0)} ${a(1)}`);
				return 0n;
			}
			case o.OpMemequal: {
				for (let i = 0n; i < a(2); i++) if (this.load(T.I8, a(0) + i) !== this.load(T.I8, a(1) + i)) return 0n;
				return 1n;
			}
			case o.OpAtomicExchange:
			case o.OpAtomicAdd:
			case o.OpAtomicAnd:
			case o.OpAtomicOr:
			case o.OpAtomicCas:
				return this.atomic(v, a);
			case o.OpCall:
			case o.OpCallClosure:
			case o.OpCallInter:
				return this.call(v);
			case o.OpResult: {
				const x = this.tuples.get(f.arg(v, 0))?.[Number(aux)];
				if (x === undefined) throw new InternalError(`${valueText(f, v)}: no such result`);
				return wrap(f.type[v], x);
			}
			case o.OpReturn:
				for (let i = 0; i < f.nargs(v); i++) this.results.push(a(i));
				return 0n;
			case o.OpWB:
				// The words are reported by the trace of what is stored there: here they go to a place of their own.
				return BigInt(this.allocate(8 * Number(aux)));
			case o.OpKeepAlive:
			case o.OpSlotKill:
			case o.OpVarValue:
			case o.OpInlMark:
			case o.OpPrefetch:
			case o.OpPause:
			case o.OpPublish:
			case o.OpUnsafeBegin:
			case o.OpUnsafeEnd:
				return 0n;
		}
		throw new InternalError(`interpreter: ${valueText(f, v)}`);
	}

	private atomic(v: number, a: (i: number) => bigint): bigint {
		const f = this.f;
		const t = f.type[f.arg(v, 1)];
		const old = this.load(t, a(0));
		switch (f.op[v]) {
			case o.OpAtomicExchange:
				this.store(t, a(0), a(1));
				return old;
			case o.OpAtomicAdd:
				this.store(t, a(0), old + a(1));
				return wrap(t, old + a(1));
			case o.OpAtomicAnd:
				this.store(t, a(0), old & a(1));
				return old;
			case o.OpAtomicOr:
				this.store(t, a(0), old | a(1));
				return old;
		}
		if (old !== a(1)) return 0n;
		this.store(t, a(0), a(2));
		return 1n;
	}

	private call(v: number): bigint {
		const f = this.f;
		const aux = f.auxes[f.aux[v]] as CallAux;
		const name = aux.target?.name ?? "closure";
		const args: bigint[] = [];
		for (let i = 0; i < f.nargs(v); i++) args.push(this.get(f.arg(v, i)));
		if (name.startsWith("runtime.wb")) return 0n;
		this.trace.push(`${name}(${args.join(",")}) ${this.memory()}`);
		this.calls++;
		this.tuples.set(
			v,
			aux.sig.results.map((r, i) => {
				let h = BigInt(this.calls * 31 + i + name.length);
				for (const x of args) h = BigInt.asUintN(64, h * 0x9e3779b97f4a7c15n + x);
				if (r.type === T.Ptr) return 1n << 17n;
				return h % 1000n;
			}),
		);
		return 0n;
	}
}

function edgeIndex(f: Func, b: number, k: number): number {
	const c = f.blocks[b].succs[k];
	let nth = 0;
	for (let i = 0; i < k; i++) if (f.blocks[b].succs[i] === c) nth++;
	const preds = f.blocks[c].preds;
	for (let i = 0; i < preds.length; i++) if (preds[i] === b && nth-- === 0) return i;
	throw new InternalError(`edge from b${b} is not known in b${c}`);
}

/** The value of the type nearest to the low bits of x. */
export function wrap(t: number, x: bigint): bigint {
	if (t === T.Bool) return x & 1n;
	if (t === T.F32) return BigInt.asUintN(32, x);
	return BigInt.asIntN(sizeOfT[t] * 8, x);
}

const cell = new DataView(new ArrayBuffer(8));

function toNumber(t: number, bits: bigint): number {
	cell.setBigUint64(0, BigInt.asUintN(64, bits), true);
	return t === T.F32 ? cell.getFloat32(0, true) : cell.getFloat64(0, true);
}

/** Bits of x as a float of type t; all NaNs are one. */
function fromNumber(t: number, x: number): bigint {
	if (t === T.F32) {
		cell.setFloat32(0, x, true);
		return BigInt(cell.getUint32(0, true));
	}
	cell.setFloat64(0, x, true);
	return cell.getBigInt64(0, true);
}

function tupleOp(f: Func, v: number, a: (i: number) => bigint): bigint[] {
	const u = (i: number): bigint => BigInt.asUintN(64, a(i));
	switch (f.op[v]) {
		case o.OpMulU2:
			return [(u(0) * u(1)) >> 64n, u(0) * u(1)];
		case o.OpDivU2:
			return [((u(0) << 64n) | u(1)) / u(2), ((u(0) << 64n) | u(1)) % u(2)];
		case o.OpAddC:
			return [u(0) + u(1) + u(2), (u(0) + u(1) + u(2)) >> 64n];
		default:
			return [u(0) - u(1) - u(2), u(0) - u(1) - u(2) < 0n ? 1n : 0n];
	}
}

/** The value of an operation without effect; null = it has one. */
export function pureOp(f: Func, v: number, a: (i: number) => bigint): bigint | null {
	const t = f.type[v];
	if (isFloat(t) || (f.nargs(v) > 0 && isFloat(f.type[f.arg(v, 0)]))) return floatOp(f, v, a);
	const w = BigInt(t === T.Bool ? 1 : sizeOfT[t] * 8);
	const at = f.nargs(v) > 0 ? f.type[f.arg(v, 0)] : t;
	const aw = at === T.Bool ? 1 : sizeOfT[at] * 8;
	const u = (i: number): bigint => BigInt.asUintN(aw, a(i));
	const bool = (x: boolean): bigint => (x ? 1n : 0n);
	const count = (): bigint => {
		const n = BigInt.asUintN(sizeOfT[f.type[f.arg(v, 1)]] * 8, a(1));
		// A promise that does not hold: the value must not matter (it was moved in front of the test).
		if (f.auxInt[v] === 1n && n >= w) return n % w;
		return n > w ? w : n;
	};
	const nonzero = (): bigint => {
		if (a(1) === 0n) throw new Panic("divide");
		return a(1);
	};
	switch (f.op[v]) {
		case o.OpCopy:
		case o.OpPtrToInt:
		case o.OpIntToPtr:
			return a(0);
		case o.OpConst:
			return f.auxInt[v];
		case o.OpAdd:
		case o.OpPtrAdd:
			return wrap(t, a(0) + a(1));
		case o.OpOffPtr:
			return wrap(t, a(0) + f.auxInt[v]);
		case o.OpSub:
			return wrap(t, a(0) - a(1));
		case o.OpMul:
			return wrap(t, a(0) * a(1));
		case o.OpHMul:
			return wrap(t, (a(0) * a(1)) >> w);
		case o.OpHMulU:
			return wrap(t, (u(0) * u(1)) >> w);
		case o.OpDiv:
			return wrap(t, a(0) / nonzero());
		case o.OpMod:
			return wrap(t, a(0) % nonzero());
		case o.OpDivU:
			return nonzero() && wrap(t, u(0) / u(1));
		case o.OpModU:
			return nonzero() && wrap(t, u(0) % u(1));
		case o.OpNeg:
			return wrap(t, -a(0));
		case o.OpCom:
			return wrap(t, ~a(0));
		case o.OpAnd:
			return a(0) & a(1);
		case o.OpOr:
			return a(0) | a(1);
		case o.OpXor:
			return a(0) ^ a(1);
		case o.OpShl:
			return wrap(t, a(0) << count());
		case o.OpShr:
			return wrap(t, u(0) >> count());
		case o.OpSar:
			return wrap(t, a(0) >> count());
		case o.OpRotL: {
			const n = BigInt.asUintN(64, a(1)) % w;
			return wrap(t, (u(0) << n) | (u(0) >> (w - n)));
		}
		case o.OpMulU2:
		case o.OpDivU2:
		case o.OpAddC:
		case o.OpSubB:
			return 0n;
		case o.OpEq:
			return bool(a(0) === a(1));
		case o.OpNe:
			return bool(a(0) !== a(1));
		case o.OpLt:
			return bool(a(0) < a(1));
		case o.OpLe:
			return bool(a(0) <= a(1));
		case o.OpLtU:
			return bool(u(0) < u(1));
		case o.OpLeU:
			return bool(u(0) <= u(1));
		case o.OpNot:
			return a(0) ^ 1n;
		case o.OpCondSelect:
			return a(2) !== 0n ? a(0) : a(1);
		case o.OpSignExt:
		case o.OpTrunc:
			return wrap(t, a(0));
		case o.OpZeroExt:
			return wrap(t, u(0));
		case o.OpCtz: {
			for (let i = 0n; i < w; i++) if (((a(0) >> i) & 1n) === 1n) return i;
			return wrap(t, w);
		}
		case o.OpBitLen:
			return u(0) === 0n ? 0n : BigInt(u(0).toString(2).length);
		case o.OpPopCount:
			return BigInt(u(0).toString(2).replaceAll("0", "").length);
		case o.OpBswap: {
			let x = 0n;
			for (let i = 0n; i < w; i += 8n) x = (x << 8n) | ((u(0) >> i) & 0xffn);
			return wrap(t, x);
		}
	}
	return null;
}

function floatOp(f: Func, v: number, a: (i: number) => bigint): bigint | null {
	const t = f.type[v];
	const at = f.nargs(v) > 0 ? f.type[f.arg(v, 0)] : t;
	const n = (i: number): number => toNumber(at, a(i));
	const num = (x: number): bigint => fromNumber(t, x);
	const bool = (x: boolean): bigint => (x ? 1n : 0n);
	switch (f.op[v]) {
		case o.OpCopy:
			return a(0);
		case o.OpConstF:
			return f.auxInt[v];
		case o.OpNeg:
			return num(-n(0));
		case o.OpAddF:
			return num(n(0) + n(1));
		case o.OpSubF:
			return num(n(0) - n(1));
		case o.OpMulF:
			return num(n(0) * n(1));
		case o.OpDivF:
			return num(n(0) / n(1));
		case o.OpSqrt:
			return num(Math.sqrt(n(0)));
		case o.OpFloor:
			return num(Math.floor(n(0)));
		case o.OpCeil:
			return num(Math.ceil(n(0)));
		case o.OpTruncF:
			return num(Math.trunc(n(0)));
		case o.OpAbsF:
			return num(Math.abs(n(0)));
		case o.OpMinF:
			return num(Math.min(n(0), n(1)));
		case o.OpMaxF:
			return num(Math.max(n(0), n(1)));
		case o.OpEq:
			return bool(n(0) === n(1));
		case o.OpNe:
			return bool(n(0) !== n(1));
		case o.OpLt:
			return bool(n(0) < n(1));
		case o.OpLe:
			return bool(n(0) <= n(1));
		case o.OpCondSelect:
			return a(2) !== 0n ? a(0) : a(1);
		case o.OpCvtFF:
			return num(n(0));
		case o.OpCvtIF:
			return num(Number(a(0)));
		case o.OpCvtUF:
			return num(Number(BigInt.asUintN(64, a(0))));
		case o.OpCvtFI: {
			const x = Math.trunc(n(0));
			const limit = 2 ** (sizeOfT[t] * 8 - 1);
			return x >= -limit && x < limit ? BigInt(x) : wrap(t, 1n << BigInt(sizeOfT[t] * 8 - 1));
		}
		case o.OpBitsFI:
		case o.OpBitsIF:
			return wrap(t === T.F64 ? T.I64 : t, a(0));
	}
	return null;
}
