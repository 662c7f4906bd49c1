// Machine code as -S prints it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ABI0, ABIInternal, addReloc, FragmentBuilder, newRelocs, RelocKind, SymKind } from "#object";
import { encodePcValues } from "#pclntab";
import { listFunction } from "../asmlist.ts";

/** Machine code and what the listing says of it, symbol included where a relocation lies in the instruction. */
const cases: [code: string, text: string, reloc?: [number, RelocKind, string]][] = [
	["49 3b 66 10", "CMPQ	SP, 16(R14)"],
	["76 02", "JLS	4"],
	["eb fe", "JMP	0"],
	["55", "PUSHQ	BP"],
	["48 89 e5", "MOVQ	SP, BP"],
	["48 83 ec 08", "SUBQ	$8, SP"],
	["48 8d 04 8b", "LEAQ	(BX)(CX*4), AX"],
	["0f b6 44 08 01", "MOVBLZX	1(AX)(CX*1), AX"],
	["48 63 c1", "MOVLQSX	CX, AX"],
	["f2 0f 10 44 24 18", "MOVSD	24(SP), X0"],
	["44 0f 11 7c 24 20", "MOVUPS	X15, 32(SP)"],
	["0f 94 c0", "SETEQ	AX"],
	["48 0f 4c c1", "CMOVQLT	CX, AX"],
	["41 ff d0", "CALL	R8"],
	["e8 00 00 00 00", "CALL	runtime.f(SB)", [1, RelocKind.Call, "runtime.f"]],
	["48 8d 05 00 00 00 00", 'LEAQ	go:string."a"(SB), AX', [3, RelocKind.PcRel, 'go:string."a"']],
	["c3", "RET"],
	["cc", "INT $3"],
];

test("instructions in Go's spelling", () => {
	for (const [code, text, reloc] of cases) {
		const data = Uint8Array.from(code.split(" "), (b) => Number.parseInt(b, 16));
		const b = new FragmentBuilder("main");
		const relocs = newRelocs();
		if (reloc !== undefined) addReloc(relocs, reloc[0], 4, reloc[1], b.ref(reloc[2], ABI0), 0);
		const table = (value: number): Uint8Array => encodePcValues([value], [data.length]);
		b.define({
			name: b.ref("main.f", ABIInternal),
			kind: SymKind.Text,
			flags: 0,
			align: 16,
			size: data.length,
			data,
			relocs,
			gotype: -1,
			func: {
				args: 0,
				locals: 16,
				funcId: 0,
				funcFlag: 0,
				startLine: 3,
				deferReturn: 0,
				files: ["a.go"],
				pcfile: table(0),
				pcln: table(0),
				pcsp: table(0),
				pcinline: new Uint8Array(0),
				inlined: [],
				pcdata: [],
				funcdata: [],
				dwarf: null,
			},
		});
		const lines = listFunction(b.fragment, b.fragment.syms[0]);
		assert.equal(lines[0], `main.f STEXT size=${data.length} args=0x0 locals=0x10 funcid=0x0 align=0x0`);
		assert.equal(lines[1], "	0x0000 00000 (a.go:3)	TEXT	main.f(SB), ABIInternal, $16-0");
		assert.equal(lines[2], `	0x0000 00000 (a.go:3)	${text}`, code);
	}
});
