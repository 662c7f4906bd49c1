// Each line: what Emit wrote, as iced-x86 reads it back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteWriter } from "#base";
import { Decoder, DecoderOptions, Formatter, FormatterSyntax } from "iced-x86";
import { Emit, NoReg, ops as o } from "#obj";

function disassemble(bytes: Uint8Array): string {
	const d = new Decoder(64, bytes, DecoderOptions.None);
	const f = new Formatter(FormatterSyntax.Intel);
	const out: string[] = [];
	while (d.canDecode) {
		const i = d.decode();
		out.push(f.format(i));
		i.free();
	}
	d.free();
	f.free();
	return out.join("; ");
}

const cases: [string, (e: Emit) => void][] = [
	["add rax,rcx", (e) => e.rr(o.ADD, 8, 0, 1)],
	["cmp sil,dil", (e) => e.rr(o.CMP, 1, 6, 7)],
	["xor r8w,ax", (e) => e.rr(o.XOR, 2, 8, 0)],
	["mov r9,r15", (e) => e.rr(o.MOV, 8, 9, 15)],
	["test eax,eax", (e) => e.rr(o.TEST, 4, 0, 0)],
	["imul r10,rbx", (e) => e.rr(o.IMUL, 8, 10, 3)],
	["movzx eax,sil", (e) => e.rr(o.MOVZX8, 4, 0, 6)],
	["movsxd rax,ecx", (e) => e.rr(o.MOVSX32, 8, 0, 1)],
	["movsx rax,cx", (e) => e.rr(o.MOVSX16, 8, 0, 1)],
	["popcnt rdx,r9", (e) => e.rr(o.POPCNT, 8, 2, 9)],
	["bsr rdx,r9", (e) => e.rr(o.BSR, 8, 2, 9)],
	["bt rdx,r9", (e) => e.rr(o.BT, 8, 2, 9)],
	["bts edx,5", (e) => e.btI(o.BTS, 4, 2, 5)],
	["add rsp,8", (e) => e.ri(o.ADD, 8, 4, 8)],
	["sub rax,1000h", (e) => e.ri(o.SUB, 8, 0, 0x1000)],
	["and r12b,7Fh", (e) => e.ri(o.AND, 1, 12, 127)],
	["cmp word ptr [rcx],1234h", (e) => e.mi(o.CMP, 2, 1, NoReg, 1, 0, 0x1234)],
	["mov rax,[rsp+10h]", (e) => e.load(o.MOV, 8, 0, 4, NoReg, 1, 16)],
	["mov [rbp],al", (e) => e.store(o.MOV, 1, 0, 5, NoReg, 1, 0)],
	["mov [r13+rcx*8],dil", (e) => e.store(o.MOV, 1, 7, 13, 1, 8, 0)],
	["add eax,[r12+r9*4+12345678h]", (e) => e.load(o.ADD, 4, 0, 12, 9, 4, 0x12345678)],
	["mov qword ptr [rax+rcx*2-4],0FFFFFFFFFFFFFFFFh", (e) => e.movMI(8, 0, 1, 2, -4, -1)],
	["mov word ptr [rax],0FFFFh", (e) => e.movMI(2, 0, NoReg, 1, 0, -1)],
	["lea r11,[rax+rax]", (e) => e.lea(8, 11, 0, 0, 1, 0)],
	["xor eax,eax", (e) => e.zero(0)],
	["mov r8d,0FFFFFFFFh", (e) => e.movI(8, 0xffffffff)],
	["mov rax,0FFFFFFFFFFFFFFFFh", (e) => e.movI(0, -1)],
	["mov rbx,1ABCDEF98h", (e) => e.movI(3, 0x1_abcd_ef98)],
	["mov rbx,0FFFFFFFEABCDEF98h", (e) => e.movI(3, -0x1_5432_1068)],
	["mov rbx,123456789ABCDEFh", (e) => e.movI64(3, 0x89abcdef, 0x1234567)],
	["imul eax,ecx,3E8h", (e) => e.imulI(4, 0, 1, 1000)],
	["neg r9", (e) => e.unary(o.NEG, 8, 9)],
	["idiv rcx", (e) => e.unary(o.IDIV, 8, 1)],
	["inc dword ptr [rax+8]", (e) => e.unaryMem(o.INC, 4, 0, NoReg, 1, 8)],
	["cqo", (e) => e.signExtendAX(8)],
	["shl rax,cl", (e) => e.shiftCL(o.SHL, 8, 0)],
	["sar sil,3", (e) => e.shiftI(o.SAR, 1, 6, 3)],
	["shl r8,1", (e) => e.shiftI(o.SHL, 8, 8, 1)],
	["shld rax,rdx,5", (e) => e.shiftDoubleI(false, 8, 0, 2, 5)],
	["shlx rax,rcx,r9", (e) => e.shiftX(o.SHL, 8, 0, 1, 9)],
	["bswap r12d", (e) => e.bswap(4, 12)],
	["seta dil", (e) => e.setcc(o.CondA, 7)],
	["cmovl rax,r9", (e) => e.cmov(o.CondL, 8, 0, 9)],
	["call r12", (e) => e.callReg(12)],
	["call qword ptr [rdx]", (e) => e.callMem(2, NoReg, 1, 0)],
	["jmp qword ptr [rax+rcx*8]", (e) => e.jmpMem(0, 1, 8, 0)],
	["push rbp; pop r15", (e) => (e.push(5), e.pop(15))],
	["movsd xmm1,[rax+8]", (e) => e.load(o.MOVSD, 4, 1, 0, NoReg, 1, 8)],
	["movss [r9],xmm15", (e) => e.store(o.MOVSS, 4, 15, 9, NoReg, 1, 0)],
	["movups xmm0,[rsp]", (e) => e.load(o.MOVUPS, 4, 0, 4, NoReg, 1, 0)],
	["movups xmm3,xmm9", (e) => e.rr(o.MOVUPS, 4, 3, 9)],
	["movq xmm3,rax", (e) => e.rr(o.MOVD, 8, 3, 0)],
	["movd eax,xmm3", (e) => e.rr(o.MOVD_STORE, 4, 0, 3)],
	["movq xmm2,[rax]", (e) => e.load(o.MOVQ_X, 4, 2, 0, NoReg, 1, 0)],
	["addsd xmm8,xmm1", (e) => e.rr(o.ADDSD, 4, 8, 1)],
	["sqrtss xmm8,xmm1", (e) => e.rr(o.SQRTSS, 4, 8, 1)],
	["ucomisd xmm8,xmm1", (e) => e.rr(o.UCOMISD, 4, 8, 1)],
	["cvtsi2sd xmm8,rcx", (e) => e.rr(o.CVTSI2SD, 8, 8, 1)],
	["cvttss2si ecx,xmm9", (e) => e.rr(o.CVTTSS2SI, 4, 1, 9)],
	["cvtsd2ss xmm1,xmm2", (e) => e.rr(o.CVTSD2SS, 4, 1, 2)],
	["roundsd xmm1,xmm9,3", (e) => e.rri8(o.ROUNDSD, 4, 1, 9, 3)],
	["pshufd xmm1,xmm9,0", (e) => e.rri8(o.PSHUFD, 4, 1, 9, 0)],
	["xorps xmm1,xmm1", (e) => e.rr(o.XORPS, 4, 1, 1)],
	["andnpd xmm1,xmm2", (e) => e.rr(o.ANDNPD, 4, 1, 2)],
	["pmovmskb eax,xmm9", (e) => e.rr(o.PMOVMSKB, 4, 0, 9)],
	["vfmadd231sd xmm1,xmm2,xmm9", (e) => e.vex3(o.VFMADD231SD, 1, 2, 9)],
	["vfmadd231ss xmm1,xmm2,xmm3", (e) => e.vex3(o.VFMADD231SS, 1, 2, 3)],
	["lock xadd [rax],rcx", (e) => (e.lock(), e.store(o.XADD, 8, 1, 0, NoReg, 1, 0))],
	["lock cmpxchg [rax],sil", (e) => (e.lock(), e.store(o.CMPXCHG, 1, 6, 0, NoReg, 1, 0))],
	["xchg [rax],r8d", (e) => e.store(o.XCHG, 4, 8, 0, NoReg, 1, 0)],
	["lock and [rax],ecx", (e) => (e.lock(), e.store(o.AND, 4, 1, 0, NoReg, 1, 0))],
	["mov rcx,fs:[0FFFFFFFFFFFFFFF8h]", (e) => e.loadFS(1, -8)],
	["pause; mfence; ud2; int3", (e) => (e.pause(), e.mfence(), e.ud2(), e.int3())],
	["prefetcht0 [rax]", (e) => e.prefetch(1, 0, NoReg, 1, 0)],
	["movbe eax,[rcx]; movbe [rcx],rdx", (e) => (e.load(o.MOVBE, 4, 0, 1, NoReg, 1, 0), e.store(o.MOVBE, 8, 2, 1, NoReg, 1, 0))],
	["crc32 rax,rcx", (e) => e.rr(o.CRC32, 8, 0, 1)],
	["tzcnt r9d,r8d", (e) => e.rr(o.TZCNT, 4, 9, 8)],
];

test("Emit writes what it is asked", () => {
	const wrong: string[] = [];
	for (const [want, f] of cases) {
		const w = new ByteWriter(16);
		f(new Emit(w));
		const got = disassemble(w.take()).replaceAll(/\s+/g, " ");
		if (got !== want) wrong.push(`${got} want ${want}`);
	}
	assert.deepEqual(wrong, []);
});

test("relocation fields", () => {
	const w = new ByteWriter(64);
	const e = new Emit(w);
	assert.equal(e.call(), 1);
	assert.equal(e.leaRip(9), 8);
	assert.equal(e.miRip(o.CMP, 4, 0), 14);
	assert.equal(e.movMIRip(8, 5), 22);
	assert.equal(e.jcc32(o.CondE), 32);
	e.nop(23);
	assert.equal(w.len, 59);
});
