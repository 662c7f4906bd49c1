// Assembles one function: frame, stack check, encoding, branch sizes, tables.

import { ByteWriter } from "#base";
import { EncodeError, encodeErrorText, nop, Operand, OperandKind, Reg, RIP, TableEncoder, type FormTable } from "#obj";
import {
	ABI0,
	addReloc,
	type DwarfFunc,
	type FragmentBuilder,
	type FuncInfo,
	newRelocs,
	type ObjSym,
	RelocKind,
	type Relocs,
	SymFlag,
	SymKind,
} from "#object";
import { Item, Jump, Kind } from "./item.ts";
import { functionTables } from "./tables.ts";
import { resolveAddress, rewrite } from "./rewrite.ts";

const StackSmall = 128;
const StackBig = 4096;
const PcdataUnsafePoint = 0;
const PcdataStackMapIndex = 1;
const funcFlagTopFrame = 1;
const funcFlagSPWrite = 2;
const funcFlagAsm = 4;
/** Runtime calls without arguments that do not make a function need a stack check. */
const zeroArgCalls = new Set([
	"runtime.panicdivide",
	"runtime.panicwrap",
	"runtime.panicshift",
	"runtime.panicBounds",
	"runtime.panicExtend",
]);

export interface TextHeader {
	/** Name index of the function. */
	sym: number;
	name: string;
	abiInternal: boolean;
	/** SymFlag bits. */
	flags: number;
	frame: number;
	/** Bytes of arguments, -0x80000000 = unknown. */
	args: number;
	pos: number;
	file: number;
	line: number;
}

export type ErrorAt = (message: string, pos: number) => void;

const pushes: Readonly<Record<string, number>> = {
	PUSHL: 4,
	PUSHFL: 4,
	PUSHQ: 8,
	PUSHFQ: 8,
	PUSHW: 2,
	PUSHFW: 2,
	POPL: -4,
	POPFL: -4,
	POPQ: -8,
	POPFQ: -8,
	POPW: -2,
	POPFW: -2,
};

/** Operations whose last register operand is only read. */
const reads = /^(CMP[LQ]|PUSH|CALL|JMP)/;

function register(reg: number): Operand {
	const a = new Operand();
	a.kind = OperandKind.Reg;
	a.reg = reg;
	return a;
}

function immediate(value: number): Operand {
	const a = new Operand();
	a.kind = OperandKind.Imm;
	a.value = value;
	return a;
}

function memory(base: number, value: number): Operand {
	const a = new Operand();
	a.kind = OperandKind.Mem;
	a.base = base;
	a.value = value;
	return a;
}

export class TextAssembler {
	private readonly builder: FragmentBuilder;
	private readonly encoder: TableEncoder;
	private readonly files: readonly string[];
	private readonly error: ErrorAt;
	private readonly code: ByteWriter = new ByteWriter(4096);
	private relocs: Relocs = newRelocs();
	private head!: TextHeader;
	private out: Item[] = [];
	private spWrite = false;
	/** Last instruction of the prologue: breakpoints on the function go there. */
	private prologueEnd: Item | null = null;
	private align = 32;

	constructor(builder: FragmentBuilder, table: FormTable, files: readonly string[], error: ErrorAt) {
		this.builder = builder;
		this.encoder = new TableEncoder(table);
		this.files = files;
		this.error = error;
	}

	/** Assembles a function from its items (the first is its Text) and defines its symbol. */
	assemble(head: TextHeader, items: readonly Item[], labels: ReadonlyMap<string, Item>): void {
		this.head = head;
		this.out = [];
		this.relocs = newRelocs();
		this.code.len = 0;
		this.spWrite = false;
		this.prologueEnd = null;
		this.align = 32;
		this.link(items, labels);
		const frame = this.frame(items);
		this.encodeAll();
		this.layout();
		const bytes = this.emit();
		this.define(bytes, frame);
	}

	private link(items: readonly Item[], labels: ReadonlyMap<string, Item>): void {
		for (let i = 0; i < items.length; i++) {
			const item = items[i] as Item;
			if (item.kind !== Kind.Branch) continue;
			if (item.label !== "") {
				item.target = labels.get(item.label) ?? null;
				if (item.target === null) this.error(`undefined label ${item.label}`, item.pos);
			} else {
				item.target = items[i + item.distance] ?? null;
				if (item.target === null) this.error("branch target outside of function", item.pos);
			}
			item.target ??= item;
		}
	}

	private at(kind: Kind, op: string, args: Operand[], like: { pos: number; file: number; line: number } = this.head): Item {
		const item = new Item(kind, op, args, like.pos, like.file, like.line);
		this.out.push(item);
		return item;
	}

	private pcdata(index: number, value: number): void {
		const item = this.at(Kind.Pcdata, "PCDATA", []);
		item.index = index;
		item.value = value;
	}

	/** Lays out the frame: fills out with prologue, body, epilogues and the call of morestack. Returns the size of locals. */
	private frame(items: readonly Item[]): number {
		const head = this.head;
		let size = Math.max(head.frame, 0);
		const hasCall = items.some((i) => i.op === "CALL");
		let bp = 0;
		let locals = head.frame;
		if ((head.flags & SymFlag.NoFrame) === 0 && !(size === 0 && !hasCall)) {
			bp = 8;
			size += 8;
			locals += 8;
		} else head.flags |= SymFlag.NoFrame;
		if (size < StackSmall && (head.flags & SymFlag.Nosplit) === 0 && this.isLeaf(items, size)) head.flags |= SymFlag.Nosplit;
		const split = (head.flags & SymFlag.Nosplit) === 0;
		const start = this.out.length;
		const checks = split ? this.stackCheck(size) : [];
		if (bp > 0) {
			this.at(Kind.Inst, "PUSHQ", [register(5)]).spadj = 8;
			this.at(Kind.Inst, "MOVQ", [register(4), register(5)]);
		}
		if (size % 8 !== 0) this.error(`unaligned stack size ${size}`, head.pos);
		const local = size - bp;
		if (local !== 0) this.adjustSP(local, head);
		if (size !== 0) this.prologueEnd = this.out[this.out.length - 1] as Item;
		this.body(items, size, bp);
		if (split) this.morestack(size, this.out[start] as Item, checks);
		return locals;
	}

	private isLeaf(items: readonly Item[], size: number): boolean {
		for (const item of items) {
			if (item.op !== "CALL") continue;
			const name = item.kind === Kind.ToSymbol ? (this.builder.fragment.names[(item.args[0] as Operand).sym] as string) : "";
			if (!zeroArgCalls.has(name) || size >= StackSmall - 8) return false;
		}
		return true;
	}

	private adjustSP(by: number, like: { pos: number; file: number; line: number }): Item {
		// $-0x80 is shorter than $0x80.
		const flip = by === 0x80 || (by < 0 && by !== -0x80);
		const item = this.at(Kind.Inst, flip ? "ADDQ" : "SUBQ", [immediate(flip ? -by : by), register(4)], like);
		item.spadj = by;
		return item;
	}

	/** Body with frame addresses resolved and every RET expanded. */
	private body(items: readonly Item[], size: number, bp: number): void {
		let delta = 0;
		for (const item of this.out) delta += item.spadj;
		const entry = delta;
		for (let i = 1; i < items.length; i++) {
			const item = items[i] as Item;
			if (item.kind === Kind.Ret) {
				if (delta !== entry) this.error(`${this.head.name}: unbalanced PUSH/POP`, this.head.pos);
				this.epilogue(item, size, bp);
				continue;
			}
			if (item.kind === Kind.Inst) rewrite(item, this.builder);
			for (const a of item.args) {
				const wrong = resolveAddress(item.op, a, delta, bp);
				if (wrong !== "") this.error(wrong, item.pos);
			}
			this.out.push(item);
			if (item.kind === Kind.AdjSP) {
				item.spadj = item.value;
				delta += item.value;
			} else if (item.kind === Kind.Inst || item.kind === Kind.Nop) {
				const push = pushes[item.op] ?? 0;
				item.spadj = push;
				delta += push;
				const last = item.args[item.args.length - 1];
				if (push === 0 && last !== undefined && last.kind === OperandKind.Reg && last.reg === 4 && !reads.test(item.op))
					this.spWrite = true;
			}
		}
	}

	/** RET becomes: release locals, restore BP, RET or a jump. The item itself stays first: labels point to it. */
	private epilogue(item: Item, size: number, bp: number): void {
		const target = item.args[0];
		let current = item;
		this.out.push(item);
		const then = (): Item => {
			const next = new Item(Kind.Inst, "", [], item.pos, item.file, item.line);
			this.out.push(next);
			return next;
		};
		if (size - bp !== 0) {
			const by = -(size - bp);
			const flip = by !== -0x80;
			current.kind = Kind.Inst;
			current.op = flip ? "ADDQ" : "SUBQ";
			current.args = [immediate(flip ? -by : by), register(4)];
			current.spadj = by;
			current = then();
		}
		if (bp > 0) {
			current.kind = Kind.Inst;
			current.op = "POPQ";
			current.args = [register(5)];
			current.spadj = -8;
			current = then();
		}
		current.spadj = size;
		if (target !== undefined) {
			current.kind = Kind.ToSymbol;
			current.op = "JMP";
			current.cond = Jump.Jmp;
			current.args = [target];
		} else {
			current.kind = Kind.Inst;
			current.op = "RET";
			current.args = [];
		}
	}

	/** Compares SP with the stack guard; returns the branches to be aimed at the call of morestack. */
	private stackCheck(size: number): Item[] {
		const branches: Item[] = [];
		const g = 14;
		const temp = 12;
		if (!this.head.abiInternal) {
			const tls = memory(-1, 0);
			tls.seg = Reg.Seg + 4;
			tls.sym = this.builder.ref("runtime.tlsg", ABI0);
			this.at(Kind.Inst, "MOVQ", [tls, register(g)]);
		}
		const guard = memory(g, 16);
		if (size <= StackSmall) {
			this.at(Kind.Inst, "CMPQ", [register(4), guard]);
			this.pcdata(PcdataUnsafePoint, -2);
		} else if (size <= StackBig) {
			this.at(Kind.Inst, "LEAQ", [memory(4, StackSmall - size), register(temp)]);
			this.at(Kind.Inst, "CMPQ", [register(temp), guard]);
			this.pcdata(PcdataUnsafePoint, -2);
		} else {
			this.at(Kind.Inst, "MOVQ", [register(4), register(temp)]);
			this.pcdata(PcdataUnsafePoint, -2);
			this.at(Kind.Inst, "SUBQ", [immediate(size - StackSmall), register(temp)]);
			const carry = this.at(Kind.Branch, "JCS", []);
			carry.cond = 2;
			branches.push(carry);
			this.at(Kind.Inst, "CMPQ", [register(temp), guard]);
		}
		const below = this.at(Kind.Branch, "JLS", []);
		below.cond = 6;
		branches.push(below);
		this.pcdata(PcdataUnsafePoint, -1);
		return branches;
	}

	private morestack(size: number, start: Item, branches: readonly Item[]): void {
		this.at(Kind.Nop, "NOP", []).spadj = -size;
		this.pcdata(PcdataStackMapIndex, -1);
		const spill = this.out.length;
		this.pcdata(PcdataUnsafePoint, -2);
		const name = (this.head.flags & SymFlag.NeedCtxt) !== 0 ? "runtime.morestack" : "runtime.morestack_noctxt";
		const target = memory(Reg.SB, 0);
		target.sym = this.builder.ref(name, ABI0);
		const call = this.at(Kind.ToSymbol, "CALL", [target]);
		call.cond = Jump.Call;
		this.pcdata(PcdataUnsafePoint, -1);
		const back = this.at(Kind.Branch, "JMP", []);
		back.cond = Jump.Jmp;
		back.target = start;
		back.spadj = size;
		for (const b of branches) b.target = this.out[spill] as Item;
	}

	private encodeAll(): void {
		for (const item of this.out) {
			item.start = this.code.len;
			item.relocFrom = this.relocs.off.length;
			if (item.kind === Kind.Inst) this.encode(item);
			else if (item.kind === Kind.Data) this.data(item);
			else if (item.kind === Kind.AdjSP) this.encodeAdjSP(item);
			else if (item.kind === Kind.ToSymbol) this.toSymbol(item);
			if (item.kind !== Kind.Branch) item.size = this.code.len - item.start;
			item.relocTo = this.relocs.off.length;
		}
	}

	private encodeAdjSP(item: Item): void {
		const by = item.value;
		if (by === 0) return;
		const flip = by === 0x80 || (by < 0 && by !== -0x80);
		item.op = flip ? "ADDQ" : "SUBQ";
		item.args = [immediate(flip ? -by : by), register(4)];
		this.encode(item);
	}

	private encode(item: Item): void {
		const w = this.code;
		if (item.op === "UNDEF") {
			w.u16(0x0b0f);
			return;
		}
		const args = item.args;
		if (!this.encoder.encode(w, item.op, item.suffix, args, args.length)) {
			const error = this.encoder.out.error;
			if (error === EncodeError.Unknown) this.error(`unrecognized instruction "${item.op}"`, item.pos);
			else this.error(encodeErrorText[error] as string, item.pos);
			return;
		}
		const out = this.encoder.out;
		if (item.op === "CALL") {
			const rex = ((w.buf[item.start] as number) & 0xf0) === 0x40 ? 1 : 0;
			addReloc(this.relocs, rex, 0, RelocKind.CallInd, this.head.sym, 0);
		}
		if (out.disp >= 0) {
			const m = args[out.memArg] as Operand;
			if (m.sym >= 0) this.relocateMemory(m, out.disp, item.start);
		}
		if (out.imm >= 0) {
			const imm = args[out.immArg] as Operand;
			if (imm.kind === OperandKind.Addr) addReloc(this.relocs, out.imm - item.start, out.immSize, RelocKind.Addr, imm.sym, imm.value);
		}
	}

	private relocateMemory(m: Operand, disp: number, start: number): void {
		const w = this.code;
		w.view.setInt32(disp, 0, true);
		if (m.seg >= 0) addReloc(this.relocs, disp - start, 4, RelocKind.TlsLE, m.sym, m.value);
		else if (m.base === RIP) addReloc(this.relocs, disp - start, 4, RelocKind.PcRel, m.sym, m.value - (w.len - disp - 4));
		else addReloc(this.relocs, disp - start, 4, RelocKind.Addr, m.sym, m.value);
	}

	private data(item: Item): void {
		const w = this.code;
		const a = item.args[0] as Operand;
		const size = { BYTE: 1, WORD: 2, LONG: 4, QUAD: 8 }[item.op] as number;
		if (a.kind === OperandKind.Addr && size >= 4) {
			addReloc(this.relocs, 0, size, RelocKind.Addr, a.sym, a.value);
			w.zeros(size);
			return;
		}
		if (a.kind !== OperandKind.Imm) {
			this.error("invalid instruction", item.pos);
			return;
		}
		if (size === 1) w.u8(a.value & 0xff);
		else if (size === 2) w.u16(a.value & 0xffff);
		else if (size === 4) w.u32(a.value);
		else if (a.big !== null) w.big64(a.big);
		else w.u64(a.value);
	}

	private toSymbol(item: Item): void {
		const w = this.code;
		const a = item.args[0] as Operand;
		if (item.cond === Jump.Call) w.u8(0xe8);
		else if (item.cond === Jump.Jmp) w.u8(0xe9);
		else if (item.cond < 16) {
			w.u8(0x0f);
			w.u8(0x80 | item.cond);
		} else {
			this.error("invalid instruction", item.pos);
			return;
		}
		addReloc(this.relocs, w.len - item.start, 4, RelocKind.Call, a.sym, a.value);
		w.u32(0);
	}

	private branchSize(item: Item): number {
		if (item.cond === Jump.Xbegin) return 6;
		if (item.cond === Jump.Call) return 5;
		if (item.cond === Jump.Jcxzl) return 3;
		if (item.cond > Jump.Jmp) return 2;
		if (!item.long) return 2;
		return item.cond === Jump.Jmp ? 5 : 6;
	}

	/** Branches start short and grow until all reach. */
	private layout(): void {
		for (;;) {
			let pc = 0;
			for (const item of this.out) {
				item.pc = pc;
				if (item.kind === Kind.Branch) item.size = this.branchSize(item);
				else if (item.kind === Kind.Align) {
					const pad = -pc & (item.index - 1);
					item.size = pad <= item.value ? pad : 0;
					this.align = Math.max(this.align, item.index);
				}
				pc += item.size;
			}
			let grew = false;
			for (const item of this.out) {
				if (item.kind !== Kind.Branch || item.long || item.cond >= Jump.Call) continue;
				const distance = (item.target as Item).pc - item.pc - item.size;
				if (distance >= -128 && distance <= 127) continue;
				if (item.cond > Jump.Jmp) this.error("loop too far", item.pos);
				item.long = true;
				grew = true;
			}
			if (!grew) return;
		}
	}

	private branch(w: ByteWriter, item: Item): void {
		const distance = (item.target as Item).pc - item.pc - item.size;
		const cond = item.cond;
		if (cond === Jump.Xbegin) w.u16(0xf8c7);
		else if (cond === Jump.Call) w.u8(0xe8);
		else if (item.long && cond === Jump.Jmp) w.u8(0xe9);
		else if (item.long) {
			w.u8(0x0f);
			w.u8(0x80 | cond);
		} else {
			if (cond === Jump.Jcxzl) w.u8(0x67);
			if (cond < 16) w.u8(0x70 | cond);
			else if (cond === Jump.Jmp) w.u8(0xeb);
			else if (cond >= Jump.Jcxzl) w.u8(0xe3);
			else w.u8(0xe0 + cond - Jump.Loopne);
			w.u8(distance & 0xff);
			return;
		}
		w.u32(distance);
	}

	/** Concatenates the items' bytes and moves relocations to their final offsets. */
	private emit(): Uint8Array {
		const w = new ByteWriter(this.code.len + 64);
		for (const item of this.out) {
			if (item.kind === Kind.Branch) this.branch(w, item);
			else if (item.kind === Kind.Align) nop(w, item.size);
			else if (item.size > 0) w.bytes(this.code.buf.subarray(item.start, item.start + item.size));
			for (let r = item.relocFrom; r < item.relocTo; r++) (this.relocs.off[r] as number) += item.pc;
		}
		return w.take();
	}

	private debugInfo(size: number): DwarfFunc {
		const stmts: number[] = [];
		let line = -1;
		for (const item of this.out) {
			if (item.size > 0 && item.line !== line) {
				stmts.push(item.pc);
				line = item.line;
			}
		}
		return { scopes: [{ parent: -1, ranges: [[0, size]] }], vars: [], stmts, prologueEnd: this.prologueEnd?.pc ?? 0 };
	}

	private define(bytes: Uint8Array, locals: number): void {
		const head = this.head;
		let funcFlag = funcFlagAsm;
		if ((head.flags & SymFlag.TopFrame) !== 0) funcFlag |= funcFlagTopFrame;
		if (this.spWrite) {
			funcFlag |= funcFlagSPWrite;
			head.flags |= SymFlag.SPWrite;
		}
		const tables = functionTables(this.out, bytes.length, head.line, this.files, this.builder, head);
		const func: FuncInfo = {
			args: head.args,
			locals,
			funcId: 0,
			funcFlag,
			startLine: head.line,
			deferReturn: 0,
			...tables,
			pcinline: new Uint8Array(0),
			inlined: [],
			dwarf: this.debugInfo(bytes.length),
		};
		const sym: ObjSym = {
			name: head.sym,
			kind: SymKind.Text,
			flags: head.flags | SymFlag.Asm,
			align: this.align,
			size: bytes.length,
			data: bytes,
			relocs: this.relocs,
			gotype: -1,
			func,
		};
		this.builder.define(sym);
	}
}
