// What happens to an instruction between the parser and the encoder: spellings
// with one meaning, addresses of frame variables and symbols, constants that
// live in memory, thread-local storage.

import { ABI0, SymFlag, SymKind, type FragmentBuilder } from "#object";
import { Operand, OperandKind, Reg, RIP } from "#obj";
import { type Item, Kind } from "./item.ts";

const aliases: Readonly<Record<string, string>> = {
	MASKMOVDQU: "MASKMOVOU",
	MOVD: "MOVQ",
	MOVDQ2Q: "MOVQ",
	MOVNTDQ: "MOVNTO",
	MOVOA: "MOVO",
	PSLLDQ: "PSLLO",
	PSRLDQ: "PSRLO",
	PADDD: "PADDL",
	MOVBELL: "MOVBEL",
	MOVBEQQ: "MOVBEQ",
	MOVBEWW: "MOVBEW",
};

export function canonical(op: string): string {
	return aliases[op] ?? op;
}

const float32Ops = new Set([
	"FMOVF",
	"FADDF",
	"FSUBF",
	"FSUBRF",
	"FMULF",
	"FDIVF",
	"FDIVRF",
	"FCOMF",
	"FCOMFP",
	"MOVSS",
	"VMOVSS",
	"ADDSS",
	"SUBSS",
	"MULSS",
	"DIVSS",
	"COMISS",
	"UCOMISS",
]);
const compares = new Set(["CMPPD", "CMPPS", "CMPSD", "CMPSS"]);
const float64Ops = new Set([
	"FMOVD",
	"FADDD",
	"FSUBD",
	"FSUBRD",
	"FMULD",
	"FDIVD",
	"FDIVRD",
	"FCOMD",
	"FCOMDP",
	"MOVSD",
	"VMOVSD",
	"ADDSD",
	"SUBSD",
	"MULSD",
	"DIVSD",
	"COMISD",
	"UCOMISD",
]);

/** Changes an instruction's operation and operands to what the table has. Frame addresses stay symbolic. */
export function rewrite(item: Item, builder: FragmentBuilder): void {
	const args = item.args;
	const first = args[0];
	const last = args[args.length - 1];
	for (const a of args) threadLocal(a, builder);
	if ((item.op === "MOVQ" || item.op === "MOVL") && first !== undefined) {
		if (first.kind === OperandKind.Reg && first.reg === Reg.TLS) {
			// On linux the base of thread-local storage is FS, named in the access itself.
			item.kind = Kind.Nop;
			return;
		}
		if (first.kind === OperandKind.Addr) {
			item.op = item.op === "MOVQ" ? "LEAQ" : "LEAL";
			first.kind = OperandKind.Mem;
		}
	}
	if (first !== undefined && first.kind === OperandKind.Float) floatConstant(item, first, last as Operand, builder);
	if (args.length === 3 && compares.has(item.op) && (last as Operand).kind === OperandKind.Mem) {
		const imm = last as Operand;
		if (imm.base < 0 && imm.index < 0 && imm.sym < 0) imm.kind = OperandKind.Imm;
	}
}

function threadLocal(a: Operand, builder: FragmentBuilder): void {
	if (a.kind !== OperandKind.Mem) return;
	if (a.base === Reg.TLS || a.index === Reg.TLS) {
		a.base = -1;
		a.index = -1;
		a.scale = 1;
		a.seg = Reg.Seg + 4;
		a.sym = builder.ref("runtime.tlsg", ABI0);
		return;
	}
	if (a.index >= Reg.Seg && a.index < Reg.CR) {
		a.seg = a.index;
		a.index = -1;
	} else if (a.base >= Reg.Seg && a.base < Reg.CR) {
		a.seg = a.base;
		a.base = -1;
	}
}

function floatConstant(item: Item, first: Operand, last: Operand, builder: FragmentBuilder): void {
	const single = float32Ops.has(item.op);
	if (!single && !float64Ops.has(item.op)) return;
	const view = new DataView(new ArrayBuffer(8));
	if (single) view.setFloat32(0, first.float, true);
	else view.setFloat64(0, first.float, true);
	const move = item.op.endsWith("MOVSS") || item.op.endsWith("MOVSD");
	if (move && Object.is(first.float, 0) && last.kind === OperandKind.Reg && last.reg >= Reg.X && last.reg < Reg.X + 16) {
		item.op = "XORPS";
		first.kind = OperandKind.Reg;
		first.reg = last.reg;
		return;
	}
	const hex = single ? view.getUint32(0, true).toString(16).padStart(8, "0") : view.getBigUint64(0, true).toString(16).padStart(16, "0");
	const name = `$f${single ? 32 : 64}.${hex}`;
	const size = single ? 4 : 8;
	const id = builder.ref(name, ABI0);
	if (!builder.fragment.syms.some((s) => s.name === id)) {
		const bytes = new Uint8Array(view.buffer.slice(0, size));
		builder.data(name, SymKind.Rodata, bytes, { align: size, flags: SymFlag.Dupok | SymFlag.ContentAddressable });
	}
	first.kind = OperandKind.Mem;
	first.base = Reg.SB;
	first.sym = id;
	first.value = 0;
}

/**
 * Turns FP, SP and SB addresses into hardware ones. delta is the distance from
 * the SP to the return address, bp the bytes of the saved frame pointer.
 * Returns an error text or "".
 */
export function resolveAddress(op: string, a: Operand, delta: number, bp: number): string {
	if (a.kind !== OperandKind.Mem) return "";
	if (a.base === Reg.PseudoSP) {
		a.base = 4;
		a.value += delta - bp;
	} else if (a.base === Reg.FP) {
		a.base = 4;
		a.value += delta + 8;
	} else if (a.base === Reg.SB) a.base = a.index < 0 ? RIP : -1;
	if (a.value > 0x7fff_ffff || a.value < -0x8000_0000) {
		if (op !== "LEAL") return "offset too large";
		// Hashes add constants so: only the low 32 bits count.
		a.value |= 0;
	}
	const badIndex = a.index === 4 || (a.index >= 16 && a.index < Reg.X) || a.index >= Reg.Z + 32;
	const badBase = a.base >= 16 && a.base !== RIP;
	if (badIndex || badBase || (a.index >= 0 && a.scale === 0)) return "invalid instruction";
	return "";
}
