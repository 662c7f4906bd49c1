// Location expressions as text.

import { ByteReader } from "#base";

const NAMES: ReadonlyMap<number, string> = new Map([
	[0x03, "DW_OP_addr"],
	[0x06, "DW_OP_deref"],
	[0x10, "DW_OP_constu"],
	[0x11, "DW_OP_consts"],
	[0x12, "DW_OP_dup"],
	[0x1c, "DW_OP_minus"],
	[0x1e, "DW_OP_mul"],
	[0x22, "DW_OP_plus"],
	[0x23, "DW_OP_plus_uconst"],
	[0x90, "DW_OP_regx"],
	[0x91, "DW_OP_fbreg"],
	[0x92, "DW_OP_bregx"],
	[0x93, "DW_OP_piece"],
	[0x9c, "DW_OP_call_frame_cfa"],
	[0x9e, "DW_OP_implicit_value"],
	[0x9f, "DW_OP_stack_value"],
]);

const REGISTERS = ["Rax", "Rdx", "Rcx", "Rbx", "Rsi", "Rdi", "Rbp", "Rsp", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15", "Rip"];

function registerName(n: number): string {
	if (n >= 17 && n <= 32) return `XMM${n - 17}`;
	return REGISTERS[n] ?? `unknown${n}`;
}

function signed(n: number): string {
	return n < 0 ? `-0x${(-n).toString(16)}` : `+0x${n.toString(16)}`;
}

/** An expression's operators; list tells which list it is from, null = it holds everywhere. */
export function describeExpr(expr: Uint8Array, from: { list: number; pc: number } | null): string {
	let out = from === null ? "[block] " : `[0x${from.list.toString(16)}:0x${from.pc.toString(16)}] `;
	const r = new ByteReader(expr);
	try {
		while (r.left > 0) out += `${operator(r)} `;
	} catch {
		out += "?";
	}
	return out;
}

function operator(r: ByteReader): string {
	const op = r.u8();
	if (op >= 0x50 && op <= 0x6f) return `DW_OP_reg${op - 0x50}(${registerName(op - 0x50)})`;
	if (op >= 0x70 && op <= 0x8f) return `DW_OP_breg${op - 0x70}(${registerName(op - 0x70)}) ${signed(r.sleb())}`;
	if (op >= 0x30 && op <= 0x4f) return `DW_OP_lit${op - 0x30}`;
	const name = NAMES.get(op) ?? `DW_OP_0x${op.toString(16)}`;
	switch (op) {
		case 0x03:
			return `${name} 0x${r.u64().toString(16)}`;
		case 0x10:
		case 0x23:
		case 0x93:
			return `${name} 0x${r.uleb().toString(16)}`;
		case 0x90: {
			const n = r.uleb();
			return `${name} 0x${n.toString(16)}(${registerName(n)})`;
		}
		case 0x11:
		case 0x91:
			return `${name} ${signed(r.sleb())}`;
		case 0x92: {
			const n = r.uleb();
			return `${name} 0x${n.toString(16)}(${registerName(n)}) ${signed(r.sleb())}`;
		}
		case 0x9e:
			return `${name} ${Array.from(r.bytes(r.uleb()), (b) => b.toString(16).padStart(2, "0")).join("")}`;
		default:
			return name;
	}
}
