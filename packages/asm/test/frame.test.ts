// Frames, stack checks, SP deltas, preprocessing and errors, without an oracle.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SourceSet } from "#base";
import { assemble } from "#asm";
import { type Fragment, type ObjSym, SymFlag, SymKind } from "#object";
import { PcValues } from "#pclntab";

function run(src: string, includes: Record<string, string> = {}): { f: Fragment; errors: string[] } {
	const set = new SourceSet();
	const file = set.add("a.s", new TextEncoder().encode(src));
	const errors: string[] = [];
	const f = assemble(
		file,
		{
			pkgPath: "p",
			includes: (name) => (includes[name] === undefined ? null : new TextEncoder().encode(includes[name])),
			defines: { GOARCH_amd64: "1" },
			allowAbi: false,
		},
		(d) => errors.push(`${set.position(d.pos).line}: ${d.msg}`),
	);
	return { f, errors };
}

function text(f: Fragment): ObjSym {
	return f.syms.find((s) => s.kind === SymKind.Text) as ObjSym;
}

function runs(table: Uint8Array): string {
	const it = new PcValues(table);
	const out: string[] = [];
	while (it.step()) out.push(`${it.pc}:${it.value}`);
	return out.join(" ");
}

const frames: { name: string; src: string; code: string; pcsp: string }[] = [
	{ name: "leaf without frame", src: "TEXT ·f(SB),0,$0-0\n\tRET\n", code: "c3", pcsp: "0:0" },
	{
		name: "frame, nosplit",
		src: "TEXT ·f(SB),4,$16-8\n\tMOVQ a-8(SP), AX\n\tMOVQ AX, r+0(FP)\n\tRET\n",
		code: "554889e54883ec10488b442408488944242048" + "83c4105dc3",
		pcsp: "0:0 1:8 8:24 22:8 23:0",
	},
	{
		name: "push and pop move variables",
		src: "TEXT ·f(SB),4,$8-0\n\tPUSHQ AX\n\tMOVQ x-8(SP), BX\n\tPOPQ AX\n\tRET\n",
		code: "554889e54883ec0850488b5c2408584883c4085dc3",
		pcsp: "0:0 1:8 8:16 9:24 15:16 19:8 20:0",
	},
	{
		name: "LEAL alone takes offsets of 32 bits without sign",
		src: "TEXT ·f(SB),4,$0-0\n\tLEAL 3755991008(DX), SI\n\tRET\n",
		code: "8db2e0dfdfdfc3",
		pcsp: "0:0",
	},
	{
		name: "VEX where AVX2 and GFNI have it, not EVEX",
		src: "TEXT ·f(SB),4,$0-0\n\tVPSLLD X1, Y2, Y3\n\tVPSRLQ (AX), Y2, Y3\n\tVGF2P8MULB Y0, Y2, Y3\n\tVGF2P8AFFINEQB $5, (AX), X2, X3\n\tRET\n",
		code: "c5edf2d9" + "c5edd318" + "c4e26dcfd8" + "c4e3e9ce1805" + "c3",
		pcsp: "0:0",
	},
	{
		name: "0xffffffff is a sign-extended -1 where nothing else fits",
		src: "TEXT ·f(SB),4,$0-0\n\tANDQ $0xffffffff, R10\n\tMOVQ $0xffffffff, AX\n\tMOVQ $0xffffffff, (AX)\n\tRET\n",
		code: "4981e2ffffffff" + "b8ffffffff" + "48c700ffffffff" + "c3",
		pcsp: "0:0",
	},
	{
		name: "small stack check",
		src: "TEXT ·f(SB),0,$0-0\n\tCALL ·g(SB)\n\tRET\n",
		code: "644c8b3425000000004" + "93b661076" + "0b554889e5e8000000005dc3e800000000ebdf",
		pcsp: "0:0 16:8 25:0",
	},
];

for (const c of frames) {
	test(c.name, () => {
		const { f, errors } = run(c.src);
		assert.deepEqual(errors, []);
		const s = text(f);
		assert.equal(Buffer.from(s.data).toString("hex"), c.code);
		assert.equal(runs(s.func?.pcsp ?? new Uint8Array(0)), c.pcsp);
	});
}

test("stack check marks itself unsafe", () => {
	const s = text(run("TEXT ·f(SB),0,$0-0\n\tCALL ·g(SB)\n\tRET\n").f);
	assert.match(runs(s.func?.pcdata[0] ?? new Uint8Array(0)), /^0:-1 13:-2 15:-1 /);
});

test("arguments and missing maps refer to the compiler's symbols", () => {
	const { f } = run("TEXT ·f(SB),4,$0-16\n\tRET\n");
	const s = text(f);
	assert.equal(s.func?.args, 16);
	assert.equal(f.names[s.func?.funcdata[0] ?? -1], "p.f.args_stackmap");
	assert.equal(f.names[s.func?.funcdata[5] ?? -1], "p.f.arginfo0");
});

test("an unknown flag after a jump counts as 0", () => {
	const { errors } = run("TEXT ·f(SB),$0-0\nl:\tJMP l\nTEXT ·g(SB),NOSPLIT,$0-0\n\tRET\n");
	assert.deepEqual(errors, []);
	assert.notDeepEqual(run("TEXT ·g(SB),NOSPLIT,$0-0\n\tRET\n").errors, []);
});

test("writing SP is flagged", () => {
	assert.ok((text(run("TEXT ·f(SB),4,$0-0\n\tMOVQ AX, SP\n\tRET\n").f).flags & SymFlag.SPWrite) !== 0);
	assert.ok((text(run("TEXT ·f(SB),4,$0-0\n\tCMPQ AX, SP\n\tRET\n").f).flags & SymFlag.SPWrite) === 0);
});

test("branches grow", () => {
	const body = "\tMOVQ $0x1122334455667788, AX\n".repeat(13);
	const near = text(run(`TEXT ·f(SB),4,$0-0\n\tJEQ end\n${body.slice(body.indexOf("\n") + 1)}end:\n\tRET\n`).f);
	const far = text(run(`TEXT ·f(SB),4,$0-0\n\tJEQ end\n${body}end:\n\tRET\n`).f);
	assert.equal(near.data[0], 0x74);
	assert.equal(far.data[0], 0x0f);
});

test("macros, conditions, includes", () => {
	const src = `#include "a.h"
#define MOVE(x, y) MOVQ x, y \\ // a comment after the backslash
	INCQ y /* and one before it */ \\

#ifdef GOARCH_amd64
#define REG BX
#else
#define REG NONE
#endif
TEXT ·f(SB),4,$0-0
	MOVE($const_five, REG); NOP
#ifndef GOARCH_amd64
	BAD INSTRUCTION
#endif
	RET
`;
	const { f, errors } = run(src, { "a.h": "#define const_five (2+3)\n" });
	assert.deepEqual(errors, []);
	assert.equal(Buffer.from(text(f).data).toString("hex"), "48c7c30500000048ffc3c3");
});

test("data", () => {
	const src =
		'DATA x<>+0(SB)/4, $0x11223344\nDATA x<>+4(SB)/4, $1.5\nDATA x<>+8(SB)/8, $·y(SB)\nDATA x<>+16(SB)/3, $"ab\\n"\nGLOBL x<>(SB), 24, $24\nGLOBL ·z(SB), 16, $8\n';
	const { f, errors } = run(src);
	assert.deepEqual(errors, []);
	const [x, z] = f.syms as [ObjSym, ObjSym];
	assert.equal(f.names[x.name], "x");
	assert.equal(x.kind, SymKind.Rodata);
	assert.equal(x.flags & SymFlag.Local, SymFlag.Local);
	assert.equal(Buffer.from(x.data).toString("hex"), "44332211" + "0000c03f" + "0000000000000000" + "61620a");
	assert.equal(x.size, 24);
	assert.equal(f.names[x.relocs.target[0] as number], "p.y");
	assert.equal(z.kind, SymKind.Noptrbss);
});

const errors: [string, string][] = [
	["TEXT ·f(SB),4,$0\n\tFROB AX\n\tRET\n", '2: unrecognized instruction "FROB"'],
	["TEXT ·f(SB),4,$0\n\tJMP nowhere\n\tRET\n", "2: undefined label nowhere"],
	["TEXT ·f(SB),4,$0\n\tLEAQ 3755991008(DX), SI\n\tRET\n", "2: offset too large"],
	["TEXT ·f(SB),4,$0\n\tPUSHQ AX\n\tRET\n", "1: p.f: unbalanced PUSH/POP"],
	["TEXT ·f(SB),4,$12\n\tRET\n", "1: unaligned stack size 20"],
	["TEXT ·f<ABIInternal>(SB),4,$0\n\tRET\n", '1: ABI selector only permitted when compiling runtime, reference was to ".f"'],
	['#include "none.h"\n', "1: #include: open none.h: no such file or directory"],
	["#ifdef A\n", "2: unclosed #ifdef or #ifndef"],
	["TEXT ·f(SB),4,$0\n\tMOVQ (AX, BX\n", "2: expected"],
	["DATA a(SB)/3, $1\n", "1: bad int size for DATA argument: 3"],
	["DATA a+8(SB)/8, $1\nDATA a(SB)/8, $1\n", "2: overlapping DATA entry for a"],
];

for (const [src, want] of errors) {
	test(`error: ${want}`, () => {
		const got = run(src).errors;
		assert.ok(
			got.some((e) => e.startsWith(want)),
			`got ${JSON.stringify(got)}`,
		);
	});
}
