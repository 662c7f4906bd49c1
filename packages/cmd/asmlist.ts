// -gcflags=-S: the machine code of functions in a form near the one of `go tool
// compile -S`: Go's names of instructions and registers, operands in its order.

import { Decoder, DecoderOptions, Formatter, FormatterSyntax, type Instruction, OpKind } from "iced-x86";
import { type Fragment, type ObjSym, RelocKind, SymFlag } from "#object";
import { pcValueAt } from "#pclntab";

const relocNames: Readonly<Record<number, string>> = {
	[RelocKind.Addr]: "R_ADDR",
	[RelocKind.PcRel]: "R_PCREL",
	[RelocKind.Call]: "R_CALL",
	[RelocKind.TypeOff]: "R_ADDROFF",
	[RelocKind.TlsLE]: "R_TLS_LE",
	[RelocKind.CallInd]: "R_CALLIND",
	[RelocKind.UseIface]: "R_USEIFACE",
	[RelocKind.UseIfaceMethod]: "R_USEIFACEMETHOD",
	[RelocKind.UseNamedMethod]: "R_USENAMEDMETHOD",
	[RelocKind.Keep]: "R_KEEP",
	[RelocKind.WeakCall]: "R_CALL",
};

/** Conditions as Go spells them. */
const conditions: Readonly<Record<string, string>> = {
	o: "OS",
	no: "OC",
	b: "CS",
	ae: "CC",
	e: "EQ",
	ne: "NE",
	be: "LS",
	a: "HI",
	s: "MI",
	ns: "PL",
	p: "PS",
	np: "PC",
	l: "LT",
	ge: "GE",
	le: "LE",
	g: "GT",
};
const extensions: Readonly<Record<string, string>> = {
	movzbl: "MOVBLZX",
	movzbq: "MOVBQZX",
	movzwl: "MOVWLZX",
	movzwq: "MOVWQZX",
	movsbl: "MOVBLSX",
	movsbq: "MOVBQSX",
	movswl: "MOVWLSX",
	movswq: "MOVWQSX",
	movslq: "MOVLQSX",
	cqto: "CQO",
	cltd: "CDQ",
	ud2: "UNDEF",
	int3: "INT $3",
	retq: "RET",
	movabsq: "MOVQ",
};

function register(name: string): string {
	const r = /^r(\d+)[dwb]?$/.exec(name);
	if (r !== null) return `R${r[1]}`;
	const x = /^[xyz]mm(\d+)$/.exec(name);
	if (x !== null) return `${name[0].toUpperCase()}${x[1]}`;
	const g = /^[re]?([abcd]x|[sd]i|[sb]p)$/.exec(name) ?? /^([abcd])l$/.exec(name) ?? /^(si|di|sp|bp)l$/.exec(name);
	if (g !== null) return g[1].length === 1 ? `${g[1].toUpperCase()}X` : g[1].toUpperCase();
	return name.toUpperCase();
}

function number(text: string): string {
	return String(text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text));
}

/** An operand of the AT&T form in Go's. sym: what stands for a displacement that a relocation fills in. */
function operand(text: string, sym: string): string {
	if (text.startsWith("$")) return `$${sym !== "" && /^\$0x0$/.test(text) ? sym : number(text.slice(1))}`;
	if (text.startsWith("%") && !text.includes("(")) return register(text.slice(1));
	const m = /^(?:%(\w+):)?(-?0x[0-9a-f]+|-?\d+)?(?:\((?:%(\w+))?(?:,%(\w+)(?:,(\d+))?)?\))?$/.exec(text.replaceAll(" ", ""));
	if (m === null) return text;
	const [, segment, disp, base, index, scale] = m;
	if (base === "rip") return sym === "" ? `${number(disp ?? "0")}(IP)` : sym;
	let out = disp === undefined || BigInt(disp.replace("-", "")) === 0n ? "" : number(disp);
	if (segment !== undefined) return `${out}(${segment === "fs" ? "TLS" : segment.toUpperCase()})`;
	if (base !== undefined) out += `(${register(base)})`;
	if (index !== undefined) out += `(${register(index)}*${scale ?? "1"})`;
	return out;
}

/** Splits operands at commas outside of parentheses. */
function operands(text: string): string[] {
	return text === "" ? [] : text.split(/,(?![^(]*\))/).map((s) => s.trim());
}

function mnemonic(name: string): string {
	if (Object.hasOwn(extensions, name)) return extensions[name];
	const c = /^(j|set|cmov)([a-z]+)$/.exec(name);
	if (c !== null) {
		const bare = Object.hasOwn(conditions, c[2]);
		const cond = conditions[bare ? c[2] : c[2].slice(0, -1)];
		const size = bare ? "q" : c[2].slice(-1);
		if (cond !== undefined) return c[1] === "j" ? `J${cond}` : c[1] === "set" ? `SET${cond}` : `CMOV${size.toUpperCase()}${cond}`;
	}
	return name.toUpperCase().replace(/^(CALL|RET|JMP|PUSH|POP)Q?$/, (_, op: string) => (/PUSH|POP/.test(op) ? `${op}Q` : op));
}

function instruction(f: Formatter, i: Instruction, sym: string): string {
	const name = mnemonic(f.formatMnemonic(i));
	const near = i.opCount > 0 && (i.op0Kind === OpKind.NearBranch64 || i.op0Kind === OpKind.NearBranch32);
	if (near) return `${name}\t${sym === "" ? Number(i.nearBranchTarget) : sym}`;
	if (/^NOP/.test(name)) return "NOP";
	const list = operands(f.formatAllOperands(i)).map((o) => operand(o.replace(/^\*/, ""), sym));
	if (/^(CMP[BWLQ]|U?COMIS[SD])$/.test(name)) list.reverse();
	return list.length === 0 ? name : `${name}\t${list.join(", ")}`;
}

function hex(n: number, digits: number): string {
	return n.toString(16).padStart(digits, "0");
}

function dump(data: Uint8Array): string[] {
	const out: string[] = [];
	for (let at = 0; at < data.length; at += 16) {
		const row = data.subarray(at, at + 16);
		const bytes = [...row].map((b) => hex(b, 2)).join(" ");
		const text = [...row].map((b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : ".")).join("");
		out.push(`\t0x${hex(at, 4)} ${bytes.padEnd(48)} ${text}`);
	}
	return out;
}

/** The lines of a function. */
export function listFunction(frag: Fragment, s: ObjSym): string[] {
	const info = s.func;
	if (info === null) return [];
	const name = frag.names[s.name];
	const abi = frag.abis[s.name] === 0 ? "ABI0" : "ABIInternal";
	const flags = `${(s.flags & SymFlag.Dupok) !== 0 ? "dupok " : ""}${(s.flags & SymFlag.Nosplit) !== 0 ? "nosplit " : ""}`;
	const out = [
		`${name} STEXT ${flags}size=${s.size} args=0x${hex(Math.max(info.args, 0), 1)} locals=0x${hex(info.locals, 1)} funcid=0x${hex(info.funcId, 1)} align=0x0`,
	];
	const where = (pc: number): string =>
		`\t0x${hex(pc, 4)} ${String(pc).padStart(5, "0")} (${info.files[pcValueAt(info.pcfile, 0, pc)]}:${pcValueAt(info.pcln, 0, pc) + info.startLine})`;
	out.push(`${where(0)}\tTEXT\t${name}(SB), ${abi}, $${info.locals}-${Math.max(info.args, 0)}`);
	const relocs = s.relocs;
	const text = (k: number): string => {
		const add = relocs.add[k];
		return `${frag.names[relocs.target[k]]}${add === 0 ? "" : add > 0 ? `+${add}` : add}(SB)`;
	};
	const decoder = new Decoder(64, s.data, DecoderOptions.None);
	const formatter = new Formatter(FormatterSyntax.Gas);
	formatter.hexPrefix = "0x";
	formatter.hexSuffix = "";
	formatter.smallHexNumbersInDecimal = false;
	formatter.showBranchSize = false;
	formatter.ripRelativeAddresses = true;
	formatter.gasShowMnemonicSizeSuffix = true;
	try {
		while (decoder.canDecode) {
			const pc = Number(decoder.ip);
			const i = decoder.decode();
			const end = pc + i.length;
			const k = relocs.off.findIndex((off, r) => off >= pc && off < end && relocs.size[r] > 0);
			out.push(`${where(pc)}\t${instruction(formatter, i, k < 0 ? "" : text(k))}`);
			i.free();
		}
	} finally {
		decoder.free();
		formatter.free();
	}
	out.push(...dump(s.data));
	relocs.kind.forEach((kind, k) => {
		const add = relocs.add[k];
		out.push(
			`\trel ${relocs.off[k]}+${relocs.size[k]} t=${relocNames[kind] ?? `R_${kind}`} ${frag.names[relocs.target[k]]}${add < 0 ? add : `+${add}`}`,
		);
	});
	return out;
}

/** What -S prints of a package's fragments, functions in order of name. */
export function listing(fragments: readonly Fragment[]): string {
	const funcs = fragments.flatMap((frag) => frag.syms.filter((s) => s.func !== null).map((s) => ({ frag, s, name: frag.names[s.name] })));
	funcs.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
	return funcs.map(({ frag, s }) => `${listFunction(frag, s).join("\n")}\n`).join("");
}
