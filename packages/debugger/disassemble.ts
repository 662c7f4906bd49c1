// Disassembly in Delve's three spellings.
import type { Formatter, Instruction } from "iced-x86";
import { callsIn, visitInstructions, x86 } from "#proc/live";
import type { Registers } from "#proc";
import type { ApiLocation, AsmInstruction } from "./api.ts";
import type { Debuggee } from "./debuggee.ts";
import { functionView } from "./views.ts";

export const INTEL_FLAVOUR = 1;
export const GO_FLAVOUR = 2;

/** Instructions of [start, end). `regs`: of the thread whose pc is marked and whose indirect calls are resolved, or null. */
export function disassemble(d: Debuggee, regs: Registers | null, start: number, end: number, flavour: number): AsmInstruction[] {
	if (end < start || end - start > 1 << 20) throw new Error("invalid range to disassemble");
	const bytes = d.program.memory.read(start, end - start).slice();
	const formatter = makeFormatter(flavour);
	const out: AsmInstruction[] = [];
	try {
		visitInstructions(bytes, start, (i) => {
			const pc = Number(i.ip);
			const length = Math.max(i.length, 1);
			const code = bytes.subarray(pc - start, pc - start + length);
			const atPc = regs !== null && regs.pc === pc;
			out.push({
				Loc: place(d, pc),
				DestLoc: destination(d, i, atPc ? regs : null),
				Text: text(d, formatter, i, flavour),
				Bytes: Buffer.from(code).toString("base64"),
				Breakpoint: d.target?.memory.at(pc) !== undefined,
				AtPC: atPc,
			});
		});
	} finally {
		formatter.free();
	}
	return out;
}

function place(d: Debuggee, pc: number): ApiLocation {
	const at = d.binary.position(pc);
	if (at === null) return { pc, file: "", line: 0 };
	return { pc, file: at.file, line: at.line, function: functionView(d.binary, at.func) };
}

function isJump(i: Instruction): boolean {
	const { FlowControl } = x86();
	return i.flowControl === FlowControl.UnconditionalBranch || i.flowControl === FlowControl.IndirectBranch;
}

function isCall(i: Instruction): boolean {
	const { FlowControl } = x86();
	return i.flowControl === FlowControl.Call || i.flowControl === FlowControl.IndirectCall;
}

function destination(d: Debuggee, i: Instruction, regs: Registers | null): ApiLocation | null {
	if (!isJump(i) && !isCall(i)) return null;
	const near = Number(i.nearBranchTarget);
	if (near > 0) return place(d, near);
	if (regs === null || !isCall(i)) return null;
	try {
		const call = callsIn(d.program.memory, Number(i.ip), Number(i.ip) + i.length)[0];
		return call === undefined ? null : place(d, call.resolve(regs, d.program.memory));
	} catch {
		return null;
	}
}

function makeFormatter(flavour: number): Formatter {
	const { Formatter, FormatterSyntax, MemorySizeOptions } = x86();
	const f = new Formatter(flavour === INTEL_FLAVOUR ? FormatterSyntax.Intel : FormatterSyntax.Gas);
	f.hexPrefix = "0x";
	f.hexSuffix = "";
	f.uppercaseHex = false;
	f.addLeadingZeroToHexNumbers = false;
	f.smallHexNumbersInDecimal = false;
	f.branchLeadingZeros = false;
	f.spaceAfterOperandSeparator = flavour === INTEL_FLAVOUR;
	f.memorySizeOptions = MemorySizeOptions.Always;
	f.ripRelativeAddresses = true;
	f.showBranchSize = false;
	return f;
}

function symbol(d: Debuggee, address: number): string | null {
	const f = d.binary.funcAt(address);
	if (f === null) return null;
	return f.entry === address ? f.name : `${f.name}+${address - f.entry}`;
}

function text(d: Debuggee, formatter: Formatter, i: Instruction, flavour: number): string {
	if (i.isInvalid) return "?";
	const near = isCall(i) || isJump(i) || i.flowControl === x86().FlowControl.ConditionalBranch ? Number(i.nearBranchTarget) : 0;
	if (near > 0) {
		const mnemonic = formatter.formatMnemonic(i);
		const name = symbol(d, near);
		if (flavour === GO_FLAVOUR) return `${mnemonic.toUpperCase()} ${name !== null && isCall(i) ? `${name}(SB)` : `0x${near.toString(16)}`}`;
		return `${mnemonic} ${isCall(i) && name !== null ? `$${name}` : `0x${near.toString(16)}`}`;
	}
	const plain = formatter.format(i);
	return flavour === INTEL_FLAVOUR ? plain : plain;
}
