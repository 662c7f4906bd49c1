// The back end's Emit and the assembler's table must write the same bytes for the same instruction.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteWriter } from "#base";
import { Emit, FormTable, NoReg, Operand, OperandKind, ops as o, Reg, TableEncoder } from "#obj";

const encoder = new TableEncoder(new FormTable());

function reg(n: number): Operand {
	const a = new Operand();
	a.reg = n;
	return a;
}

function imm(v: number): Operand {
	const a = new Operand();
	a.kind = OperandKind.Imm;
	a.value = v;
	return a;
}

function mem(base: number, index: number, scale: number, disp: number): Operand {
	const a = new Operand();
	a.kind = OperandKind.Mem;
	a.base = base;
	a.index = index;
	a.scale = scale;
	a.value = disp;
	return a;
}

const suffix: Record<number, string> = { 1: "B", 2: "W", 4: "L", 8: "Q" };
const wrong: string[] = [];
let count = 0;

function check(what: string, args: Operand[], f: (e: Emit) => void): void {
	count++;
	const a = new ByteWriter(32);
	f(new Emit(a));
	const b = new ByteWriter(32);
	const ok = encoder.encode(b, what, 0, args, args.length);
	const hex = (w: ByteWriter): string => Buffer.from(w.take()).toString("hex");
	const [x, y] = [hex(a), hex(b)];
	if (!ok || x !== y) wrong.push(`${what} ${args.map((p) => `${p.kind}:${p.reg}:${p.base}:${p.index}:${p.value}`)}: emit ${x} table ${y}`);
}

const regs = [0, 1, 3, 4, 5, 6, 8, 12, 13, 15];
const sizes = [1, 2, 4, 8];
const addresses: [number, number, number, number][] = [
	[0, NoReg, 1, 0],
	[4, NoReg, 1, 8],
	[5, NoReg, 1, 0],
	[12, NoReg, 1, 0],
	[13, 1, 8, 0],
	[3, 9, 4, -129],
	[8, 15, 2, 127],
	[14, NoReg, 1, 0x1000],
];
const alu: [string, number][] = [
	["ADD", o.ADD],
	["OR", o.OR],
	["ADC", o.ADC],
	["SBB", o.SBB],
	["AND", o.AND],
	["SUB", o.SUB],
	["XOR", o.XOR],
];

test("integer operations", () => {
	for (const size of sizes) {
		const s = suffix[size] as string;
		for (const dst of regs) {
			for (const src of regs) {
				for (const [name, op] of alu) check(name + s, [reg(src), reg(dst)], (e) => e.rr(op, size, dst, src));
				check(`CMP${s}`, [reg(dst), reg(src)], (e) => e.rr(o.CMP, size, dst, src));
				check(`MOV${s}`, [reg(src), reg(dst)], (e) => e.rr(o.MOV, size, dst, src));
				check(`TEST${s}`, [reg(src), reg(dst)], (e) => e.rr(o.TEST, size, dst, src));
			}
			for (const v of size === 1 ? [1, -5, 127] : size === 2 ? [1, -128, 300] : [1, 127, 128, -129, 0x12345678]) {
				for (const [name, op] of alu) check(name + s, [imm(v), reg(dst)], (e) => e.ri(op, size, dst, v));
				check(`CMP${s}`, [reg(dst), imm(v)], (e) => e.ri(o.CMP, size, dst, v));
				check(`TEST${s}`, [imm(v), reg(dst)], (e) => e.testI(size, dst, v));
				for (const [b, i, k, d] of addresses) {
					check(`ADD${s}`, [imm(v), mem(b, i, k, d)], (e) => e.mi(o.ADD, size, b, i, k, d, v));
					check(`MOV${s}`, [imm(v), mem(b, i, k, d)], (e) => e.movMI(size, b, i, k, d, v));
				}
			}
			for (const [b, i, k, d] of addresses) {
				check(`XOR${s}`, [mem(b, i, k, d), reg(dst)], (e) => e.load(o.XOR, size, dst, b, i, k, d));
				check(`XOR${s}`, [reg(dst), mem(b, i, k, d)], (e) => e.store(o.XOR, size, dst, b, i, k, d));
				check(`MOV${s}`, [mem(b, i, k, d), reg(dst)], (e) => e.load(o.MOV, size, dst, b, i, k, d));
				check(`MOV${s}`, [reg(dst), mem(b, i, k, d)], (e) => e.store(o.MOV, size, dst, b, i, k, d));
				check(`CMPXCHG${s}`, [reg(dst), mem(b, i, k, d)], (e) => e.store(o.CMPXCHG, size, dst, b, i, k, d));
				check(`XADD${s}`, [reg(dst), mem(b, i, k, d)], (e) => e.store(o.XADD, size, dst, b, i, k, d));
				if (size >= 4) check(`LEA${s}`, [mem(b, i, k, d), reg(dst)], (e) => e.lea(size, dst, b, i, k, d));
			}
			check(`NEG${s}`, [reg(dst)], (e) => e.unary(o.NEG, size, dst));
			check(`IDIV${s}`, [reg(dst)], (e) => e.unary(o.IDIV, size, dst));
			check(`SHL${s}`, [imm(3), reg(dst)], (e) => e.shiftI(o.SHL, size, dst, 3));
			check(`SAR${s}`, [imm(1), reg(dst)], (e) => e.shiftI(o.SAR, size, dst, 1));
			check(`SHR${s}`, [reg(1), reg(dst)], (e) => e.shiftCL(o.SHR, size, dst));
			check("SETLT", [reg(dst)], (e) => e.setcc(o.CondL, dst));
		}
	}
	assert.deepEqual(wrong.splice(0), []);
});

test("vector operations", () => {
	const list: [string, number][] = [
		["MOVUPS", o.MOVUPS],
		["MOVUPD", o.MOVUPD],
		["MOVSS", o.MOVSS],
		["MOVSD", o.MOVSD],
		["MOVOU", o.MOVDQU],
		["MOVO", o.MOVDQA],
		["ADDSD", o.ADDSD],
		["ADDSS", o.ADDSS],
		["SUBSD", o.SUBSD],
		["MULSS", o.MULSS],
		["DIVSD", o.DIVSD],
		["SQRTSD", o.SQRTSD],
		["SQRTSS", o.SQRTSS],
		["MINSD", o.MINSD],
		["MAXSS", o.MAXSS],
		["CVTSS2SD", o.CVTSS2SD],
		["CVTSD2SS", o.CVTSD2SS],
		["ANDPS", o.ANDPS],
		["ANDPD", o.ANDPD],
		["ANDNPS", o.ANDNPS],
		["ANDNPD", o.ANDNPD],
		["ORPS", o.ORPS],
		["ORPD", o.ORPD],
		["XORPS", o.XORPS],
		["XORPD", o.XORPD],
		["PXOR", o.PXOR],
		["PAND", o.PAND],
		["POR", o.POR],
		["PADDL", o.PADDD],
		["PADDQ", o.PADDQ],
		["PSUBL", o.PSUBD],
		["PSUBQ", o.PSUBQ],
		["PCMPEQB", o.PCMPEQB],
		["PCMPEQL", o.PCMPEQD],
		["PSHUFB", o.PSHUFB],
		["PUNPCKLBW", o.PUNPCKLBW],
		["PUNPCKLQDQ", o.PUNPCKLQDQ],
		["AESENC", o.AESENC],
	];
	for (const [name, op] of list) {
		const rmFirst = ((op >> 8) & 0xff) === 0;
		for (const dst of [0, 7, 9, 15]) {
			// Between registers Emit may store where the table loads: the same operation.
			for (const src of [1, 8]) if (rmFirst) check(name, [reg(Reg.X + src), reg(Reg.X + dst)], (e) => e.rr(op, 4, dst, src));
			for (const [b, i, k, d] of addresses) {
				check(name, [mem(b, i, k, d), reg(Reg.X + dst)], (e) => e.load(op, 4, dst, b, i, k, d));
				if (!rmFirst) check(name, [reg(Reg.X + dst), mem(b, i, k, d)], (e) => e.store(op, 4, dst, b, i, k, d));
			}
		}
	}
	check("CVTSQ2SD", [reg(9), reg(Reg.X + 3)], (e) => e.rr(o.CVTSI2SD, 8, 3, 9));
	check("CVTSL2SS", [reg(9), reg(Reg.X + 3)], (e) => e.rr(o.CVTSI2SS, 4, 3, 9));
	check("CVTTSD2SQ", [reg(Reg.X + 3), reg(9)], (e) => e.rr(o.CVTTSD2SI, 8, 9, 3));
	check("ROUNDSD", [imm(3), reg(Reg.X + 3), reg(Reg.X + 9)], (e) => e.rri8(o.ROUNDSD, 4, 9, 3, 3));
	check("PSHUFD", [imm(3), reg(Reg.X + 3), reg(Reg.X + 9)], (e) => e.rri8(o.PSHUFD, 4, 9, 3, 3));
	check("VFMADD231SD", [reg(Reg.X + 3), reg(Reg.X + 9), reg(Reg.X + 1)], (e) => e.vex3(o.VFMADD231SD, 1, 9, 3));
	check("SHLXQ", [reg(9), reg(1), reg(3)], (e) => e.shiftX(o.SHL, 8, 3, 1, 9));
	check("BSFQ", [reg(1), reg(9)], (e) => e.rr(o.BSF, 8, 9, 1));
	check("POPCNTL", [reg(1), reg(9)], (e) => e.rr(o.POPCNT, 4, 9, 1));
	check("BTQ", [imm(40), reg(9)], (e) => e.btI(o.BT, 8, 9, 40));
	check("BSWAPQ", [reg(9)], (e) => e.bswap(8, 9));
	check("CMOVQLT", [reg(1), reg(9)], (e) => e.cmov(o.CondL, 8, 9, 1));
	check("MOVBLZX", [reg(6), reg(9)], (e) => e.rr(o.MOVZX8, 4, 9, 6));
	check("MOVLQSX", [reg(6), reg(9)], (e) => e.rr(o.MOVSX32, 8, 9, 6));
	assert.deepEqual(wrong.splice(0), []);
});

test("the table is well formed", () => {
	const table = new FormTable();
	const names = table.names();
	assert.ok(names.length > 1500);
	for (const name of names) {
		for (const form of table.get(name) ?? []) {
			assert.equal(form.classes.length, form.roles.length, name);
			assert.ok(Number.isInteger(form.one) && Number.isInteger(form.two), name);
			for (const role of form.roles) assert.ok("gebvon4k-".includes(String.fromCharCode(role)), `${name} role ${role}`);
		}
	}
	assert.ok(count > 5000);
});
