// Generates packages/obj/amd64/forms.gen.ts, the assembler's encoding table.
//
//   node tools/gen-x86.ts X86CSV XEDDIR GOROOT
//
// X86CSV  x86/x86.v0.2.csv of Go module golang.org/x/arch (BSD-3-Clause): legacy and VEX instructions
//         with Plan 9 mnemonics and operand order
// XEDDIR  xed/datafiles of crate xed-sys (Apache-2.0): EVEX instructions, mask registers, gathers
// GOROOT  for the list of mnemonics that Go's assembler knows (cmd/internal/obj/x86/aenum.go)
// tools/data/x86-extra.txt holds what the sources lack, in the CSV's notation.
//
// The line format is described in packages/obj/amd64/forms.ts, which reads it.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Form {
	args: string;
	kind: number;
	opcode: number;
	map: number;
	pp: number;
	w: number;
	l: number;
	digit: number;
	fixed: number;
	imm: number;
	disp8: number;
	bcst: number;
	flags: number;
}

const Zeroing = 1 << 19;
const Round = 1 << 20;
const Sae = 1 << 21;
const Op16 = 1 << 22;
const MaskNeeded = 1 << 26;

const [csvPath, xedDir, goroot] = process.argv.slice(2) as [string, string, string];
const table = new Map<string, Form[]>();
const known = new Set<string>();

function newForm(): Form {
	return { args: "", kind: 0, opcode: -1, map: 0, pp: 0, w: 0, l: 0, digit: -1, fixed: -1, imm: 0, disp8: 0, bcst: 0, flags: 0 };
}

function readNames(): void {
	const src = readFileSync(join(goroot, "src/cmd/internal/obj/x86/aenum.go"), "utf8");
	for (const m of src.matchAll(/^\tA([A-Z0-9]+)\b/gm)) known.add(m[1] as string);
	for (const generic of ["NOP", "RET", "CALL", "JMP", "TEXT", "XXX"]) known.add(generic);
}

// ---- x86.csv

const fixedArgs: Record<string, string> = {
	AL: "A-",
	AX: "a-",
	EAX: "a-",
	RAX: "a-",
	CL: "C-",
	DX: "D-",
	"1": "1-",
	"3": "3-",
	"0": "0-",
	"<XMM0>": "h-",
	"ST(0)": "F-",
	FS: "p-",
	GS: "P-",
	Sreg: "Sg",
	"CR0-CR7": "cg",
	"DR0-DR7": "Gg",
	"ST(i)": "fo",
};

/** The token (class and role) of one operand, or "" when the form is not one of ours. */
function csvArg(arg: string, form: Form): string {
	const fixed = fixedArgs[arg];
	if (fixed !== undefined) return fixed;
	if (/^(rel|moffs|bnd|mib)/.test(arg)) return "";
	if (/^r(8|16|32|64)op$/.test(arg)) return arg === "r8op" ? "bo" : "ro";
	if (/^r(32|64)V$/.test(arg)) return "rv";
	if (/^rmr/.test(arg)) return "re";
	if (/^r\/m8$/.test(arg)) return "Be";
	if (/^r\/m|^r(32|64)\/m/.test(arg)) return "Re";
	if (/^r(16|32|64)both$/.test(arg)) return "rb";
	if (/^r8$/.test(arg)) return "bg";
	if (/^r(16|32|64)$/.test(arg)) return "rg";
	let m = /^([xy])mm(1|2|V|IH)(\/m\d+)?$/.exec(arg);
	if (m !== null) {
		if (m[3] !== undefined) return `${(m[1] as string).toUpperCase()}e`;
		return m[1] + ({ 1: "g", 2: "e", V: "v", IH: "4" } as Record<string, string>)[m[2] as string];
	}
	m = /^mm([12])(\/m\d+)?$/.exec(arg);
	if (m !== null) return m[2] !== undefined ? "Ne" : m[1] === "1" ? "mg" : "me";
	if (/^vm\d\d[xyz]$/.test(arg)) return `${{ x: "u", y: "v", z: "w" }[arg.at(-1) as string]}e`;
	if (/^m/.test(arg)) return "Me";
	if (arg === "imm8" || arg === "imm8u" || arg === "imm8b") return form.map === 0 && [0x83, 0x6a, 0x6b].includes(form.opcode) ? "in" : "jn";
	if (arg === "imm16" || arg === "imm16u") return "sn";
	if (arg === "imm32") return form.w ? "dn" : "en";
	if (arg === "imm64") return "on";
	throw new Error(`operand ${arg}`);
}

const immBytes: Record<string, number> = { ib: 1, iw: 2, id: 3, io: 4 };

function parseVex(token: string, form: Form): void {
	form.kind = 1;
	form.map = 1;
	for (const part of token.split(".")) {
		if (part === "256") form.l = 1;
		else if (part === "66") form.pp = 1;
		else if (part === "F3") form.pp = 2;
		else if (part === "F2") form.pp = 3;
		else if (part === "0F38") form.map = 2;
		else if (part === "0F3A") form.map = 3;
		else if (part === "W1") form.w = 1;
	}
}

function parseEncoding(text: string, form: Form): boolean {
	for (const token of text.split(/\s+/)) {
		if (token === "REX.W") form.w = 1;
		else if (token.startsWith("REX") || token === "+") return false;
		else if (token.startsWith("VEX")) parseVex(token, form);
		else if (token === "/r") form.digit = -1;
		else if (/^\/[0-7]$/.test(token)) form.digit = Number(token[1]);
		else if (token === "/is4") continue;
		else if (/^c[bwdmop]$/.test(token)) return false;
		else if (token in immBytes) form.imm = form.imm !== 0 ? 5 : (immBytes[token] as number);
		else {
			const byte = Number.parseInt(token.slice(0, 2), 16);
			if (!/^[0-9A-F]{2}(\+.*)?$/.test(token)) throw new Error(`encoding ${text}`);
			if (form.opcode < 0) {
				if (form.kind === 0 && form.map === 0 && form.pp === 0 && [0x66, 0xf2, 0xf3].includes(byte))
					form.pp = byte === 0x66 ? 1 : byte === 0xf3 ? 2 : 3;
				else if (form.kind === 0 && byte === 0x0f && form.map === 0) form.map = 1;
				else if (form.kind === 0 && form.map === 1 && (byte === 0x38 || byte === 0x3a)) form.map = byte === 0x38 ? 2 : 3;
				else form.opcode = byte;
			} else if (form.fixed < 0) form.fixed = byte;
			else throw new Error(`encoding ${text}`);
		}
	}
	if (form.opcode < 0) {
		// A prefix by itself (REP).
		form.opcode = form.pp === 3 ? 0xf2 : 0xf3;
		form.pp = 0;
	}
	return true;
}

function addCsv(go: string, encoding: string, tags: string[]): void {
	const space = go.indexOf(" ");
	const names = (space < 0 ? go : go.slice(0, space)).split("/");
	const args =
		space < 0
			? []
			: go
					.slice(space + 1)
					.split(",")
					.map((a) => a.trim());
	if (encoding.startsWith("9B ") && encoding.length > 2) return;
	const form = newForm();
	if (!parseEncoding(encoding, form)) return;
	if (tags.includes("operand16") && !tags.includes("operand32") && !tags.includes("operand64")) form.flags |= Op16;
	// The manual's width prefixes of MMX shifts by immediate are in the operand's class.
	for (const arg of args) {
		const token = csvArg(arg, form);
		if (token === "") return;
		// Go's assembler checks the range of this one.
		form.args += token === "jn" && names[0] === "EXTRACTPS" ? "qn" : token;
	}
	for (let name of names) {
		if (/^CVTT?S[SD]2SL$/.test(name) && args.at(-1) === "r64") name = `${name.slice(0, -1)}Q`;
		add(name, { ...form });
	}
}

function add(name: string, form: Form): void {
	if (!known.has(name)) return;
	const list = table.get(name);
	if (list === undefined) table.set(name, [form]);
	else list.push(form);
}

function readCsv(): void {
	for (const line of readFileSync(csvPath, "utf8").split("\n")) {
		if (line === "" || line.startsWith("#")) continue;
		const cols = line.slice(1, -1).split('","') as string[];
		const [, go, , encoding, , mode64, , tags] = cols as [string, string, string, string, string, string, string, string];
		if (mode64 !== "V") continue;
		const tagList = tags.split(",");
		if (tagList.includes("pseudo64") || (tagList.includes("pseudo") && /^(MOV|FCOM|FADD|FSUB|FMUL|FDIV|SYS)/.test(go))) continue;
		// Go's operand order of these differs, or it always takes the long form.
		if (/^(CMP[PS][SD] |INT 3$|MOVLQSX r\/m32, r32$|LEAVE|F(ADD|SUB|MUL|DIV|COM|ST|LD|SAVE|RSTOR)|VPEXTRW imm8, xmm2)/.test(go)) continue;
		if (/^P(USH|OP)W\//.test(go) && tagList.includes("operand16") && !encoding.startsWith("68")) continue;
		addCsv(go, encoding, tagList);
	}
}

function readExtra(): void {
	for (const line of readFileSync(join(import.meta.dirname, "data/x86-extra.txt"), "utf8").split("\n")) {
		const text = line.replace(/#.*/, "").trim();
		if (text === "") continue;
		const alias = /^(\w+) = (\w+)$/.exec(text);
		if (alias !== null) {
			for (const form of table.get(alias[2] as string) ?? []) add(alias[1] as string, { ...form });
			continue;
		}
		const [go, encoding, tags] = text.split("|").map((s) => s.trim());
		addCsv(go as string, encoding as string, (tags ?? "").split(","));
	}
}

// ---- XED

const xedFiles = [
	"avx512f/avx512-foundation-isa.xed.txt",
	"avx512-skx/skx-isa.xed.txt",
	"avx512cd/vconflict-isa.xed.txt",
	"avx512ifma/ifma-isa.xed.txt",
	"avx512vbmi/vbmi-isa.xed.txt",
	"vbmi2/vbmi2-isa.xed.txt",
	"vnni/vnni-isa.xed.txt",
	"bitalg/bitalg-isa.xed.txt",
	"vpopcntdq-512/vpopcntdq-512-isa.xed.txt",
	"vpopcntdq-vl/vpopcntdq-vl-isa.xed.txt",
	"gfni-vaes-vpcl/gfni-evex-isa.xed.txt",
	"gfni-vaes-vpcl/vaes-evex-isa.xed.txt",
	"knl/knl-isa.xed.txt",
	"4fmaps-512/4fmaps-512-isa.xed.txt",
	"4vnniw-512/4vnniw-512-isa.xed.txt",
	"hswavx/gather-isa.txt",
	"gfni-vaes-vpcl/vaes-vex-isa.xed.txt",
];

const sizedByLength = new Set(["VCVTPD2DQ", "VCVTPD2PS", "VCVTPD2UDQ", "VCVTQQ2PS", "VCVTTPD2DQ", "VCVTTPD2UDQ", "VCVTUQQ2PS"]);

/** Plan 9 mnemonic: operand sizes that the operands do not tell become a suffix. */
function xedName(iclass: string, form: Form): string {
	if (/^VFPCLASSP[SD]$/.test(iclass)) return iclass + "XYZ"[form.l];
	if (sizedByLength.has(iclass)) return iclass + ["X", "Y", ""][form.l];
	if (/^VCVTT?S[SD]2U?SI$/.test(iclass)) return iclass + (form.w ? "Q" : iclass.includes("2U") ? "L" : "");
	if (/^VCVTU?SI2S[SD]$/.test(iclass)) return iclass + (form.w ? "Q" : "L");
	return iclass;
}

/** Bytes that a memory operand's displacement is counted in, and of a broadcast element. */
function dispScale(pattern: string, form: Form): void {
	const esize = Number(/ESIZE_(\d+)_BITS/.exec(pattern)?.[1] ?? 0) / 8;
	const vl = 16 << form.l;
	const kind = /NELEM_(\w+)\(\)/.exec(pattern)?.[1] ?? "";
	const bcast = /BCRC=1/.test(pattern);
	let n: number;
	switch (kind) {
		case "FULL":
			n = bcast ? esize : vl;
			break;
		case "HALF":
			n = bcast ? esize : vl / 2;
			break;
		case "FULLMEM":
			n = vl;
			break;
		case "HALFMEM":
			n = vl / 2;
			break;
		case "QUARTERMEM":
			n = vl / 4;
			break;
		case "EIGHTHMEM":
			n = vl / 8;
			break;
		case "MEM128":
		case "TUPLE1_4X":
			n = 16;
			break;
		case "MOVDDUP":
			n = form.l === 0 ? 8 : vl;
			break;
		case "TUPLE2":
			n = 2 * esize;
			break;
		case "TUPLE4":
			n = 4 * esize;
			break;
		case "TUPLE8":
			n = 8 * esize;
			break;
		case "TUPLE1_BYTE":
			n = 1;
			break;
		case "TUPLE1_WORD":
			n = 2;
			break;
		case "":
			n = 1;
			break;
		default:
			n = esize;
	}
	if (bcast) form.bcst = Math.log2(n) + 1;
	else form.disp8 = Math.log2(n);
}

function xedArg(operand: string, pattern: string, form: Form): string {
	const [head, ...attributes] = operand.split(":") as [string, ...string[]];
	if (attributes.includes("SUPP") || attributes.includes("IMPL") || head.startsWith("EMX_BROADCAST") || head.startsWith("BCAST="))
		return "";
	if (attributes.includes("TXT=BCASTSTR")) form.bcst = Math.log2(Number(/ESIZE_(\d+)_BITS/.exec(pattern)?.[1]) / 8) + 1;
	if (attributes.includes("TXT=ZEROSTR")) form.flags |= Zeroing;
	if (attributes.includes("TXT=ROUNDC")) form.flags |= Round | Sae;
	if (attributes.includes("TXT=SAESTR")) form.flags |= Sae;
	if (head.startsWith("IMM")) return "jn";
	if (head.startsWith("MEM0")) {
		if (/VMODRM_XMM/.test(pattern)) return "ue";
		if (/VMODRM_YMM/.test(pattern)) return "ve";
		if (/VMODRM_ZMM/.test(pattern)) return "we";
		return "Me";
	}
	const m = /^REG\d=(\w+?)(\(\))?$/.exec(head);
	if (m === null) throw new Error(`operand ${operand} in ${pattern}`);
	const reg = m[1] as string;
	if (reg === "MASK1") return "Kk";
	if (reg === "MASKNOT0") {
		form.flags |= MaskNeeded;
		return "Kk";
	}
	const parts = /^V?(XMM|YMM|ZMM|MASK|GPR32|GPR64|GPRy)_(R|B|N|SE)3?(_32|_64)?$/.exec(reg);
	if (parts === null) throw new Error(`register ${reg} in ${pattern}`);
	let cls = { XMM: "x", YMM: "y", ZMM: "z", MASK: "k", GPR32: "r", GPR64: "r", GPRy: "r" }[parts[1] as string] as string;
	if (attributes.some((a) => a.startsWith("MULTISOURCE"))) cls = cls === "x" ? "T" : "t";
	return cls + { R: "g", B: "e", N: "v", SE: "4" }[parts[2] as string];
}

function addXed(iclass: string, pattern: string, operands: string): void {
	if (/not64|mode32|MODE=[01]/.test(pattern)) return;
	const form = newForm();
	const words = pattern.split(/\s+/);
	if (words[0] !== "EVV" && words[0] !== "VV1") return;
	form.kind = words[0] === "EVV" ? 2 : 1;
	form.opcode = Number(words[1]);
	for (const word of words) {
		if (word === "V66") form.pp = 1;
		else if (word === "VF3") form.pp = 2;
		else if (word === "VF2") form.pp = 3;
		else if (word === "V0F") form.map = 1;
		else if (word === "V0F38") form.map = 2;
		else if (word === "V0F3A") form.map = 3;
		else if (word === "W1" || word === "REXW=1" || word === "norexw_prefix=0" || word === "rexw_prefix") form.w = 1;
		else if (word === "VL256" || word === "VL=1") form.l = 1;
		else if (word === "VL512" || word === "VL=2" || word === "FIX_ROUND_LEN512()") form.l = 2;
		else if (/^REG\[0b[01]+\]$/.test(word)) form.digit = Number(word.slice(4, -1));
		else if (/^RM\[0b100\]$/.test(word)) continue;
		else if (/^(U|S)IMM8\(\)$/.test(word)) form.imm = 1;
	}
	if (form.map === 0 || form.map > 3) return;
	if (form.kind === 2) dispScale(pattern, form);
	const tokens = operands
		.trim()
		.split(/\s+/)
		.map((o) => xedArg(o, pattern, form))
		.filter((t) => t !== "");
	if (form.imm === 0 && tokens.includes("jn")) form.imm = 1;
	form.args = tokens.reverse().join("");
	// Plan 9 order: sources reversed, then mask, then destination. A mask is written second in Intel's order already.
	let name = xedName(iclass, form);
	if (!known.has(name) && known.has(iclass)) name = iclass;
	if (!known.has(name) && process.env.VERBOSE) console.error(`unknown ${name}`);
	if (form.kind === 1 && /^V(AES|PCLMUL)/.test(name) && form.l === 0) return;
	merge(name, form);
}

const memClass: Record<string, string> = { x: "X", y: "Y", z: "Z", k: "Q", r: "R" };

/** Joins register, memory, broadcast and rounding rows of one instruction into one form. */
function merge(name: string, form: Form): void {
	const pos = form.args.indexOf("e");
	const shape = (f: Form): string => `${f.kind}.${f.opcode}.${f.map}.${f.pp}.${f.w}.${f.digit}.${f.imm}.${f.flags & MaskNeeded}`;
	for (const old of table.get(name) ?? []) {
		if (shape(old) !== shape(form) || old.args.length !== form.args.length) continue;
		const sameLength = old.l === form.l || (form.flags & (Round | Sae)) !== 0;
		if (!sameLength) continue;
		let equal = true;
		for (let i = 0; i < form.args.length; i++) if (i !== pos - 1 && old.args[i] !== form.args[i]) equal = false;
		if (!equal) continue;
		const a = old.args[pos - 1] as string;
		const b = form.args[pos - 1] as string;
		const reg = a === "M" ? b : a;
		if (a !== b) {
			if (a === "M" && memClass[b] !== undefined) old.args = old.args.slice(0, pos - 1) + memClass[b] + old.args.slice(pos);
			else if (b === "M" && memClass[a] !== undefined) old.args = old.args.slice(0, pos - 1) + memClass[a] + old.args.slice(pos);
			else if (!(b === "M" && "XYZQR".includes(a)) && memClass[b] !== a) continue;
		}
		if (reg !== "M") old.flags |= form.flags;
		if (form.disp8 !== 0) old.disp8 = form.disp8;
		if (form.bcst !== 0) old.bcst = form.bcst;
		old.flags |= form.flags;
		return;
	}
	add(name, form);
}

function readXed(): void {
	for (const file of xedFiles) {
		const path = join(xedDir, file);
		if (!existsSync(path)) throw new Error(`${path}: missing; have ${readdirSync(join(path, ".."))}`);
		const text = readFileSync(path, "utf8").replaceAll(/#.*/g, "").replaceAll("\\\n", "");
		for (const block of text.match(/\{[^}]*\}/g) ?? []) {
			const iclass = /^ICLASS\s*:\s*(\S+)/m.exec(block)?.[1];
			if (iclass === undefined) continue;
			let pattern = "";
			for (const line of block.split("\n")) {
				const m = /^(PATTERN|OPERANDS)\s*:\s*(.*?)\s*$/.exec(line.trim());
				if (m === null) continue;
				if (m[1] === "PATTERN") pattern = m[2] as string;
				else addXed(iclass, pattern, m[2] as string);
			}
		}
	}
}

// ---- output

function encode(f: Form): string {
	const one = f.opcode | (f.map << 8) | (f.pp << 11) | (f.w << 13) | (f.l << 14) | (f.kind << 16) | ((f.digit + 1) << 18);
	const two = f.imm | (f.fixed >= 0 ? 8 | (f.fixed << 4) : 0) | (f.disp8 << 12) | (f.bcst << 16) | f.flags;
	return `${f.args}:${one.toString(36)}${two === 0 ? "" : `.${two.toString(36)}`}`;
}

/** The encoder takes the first form that fits: sign-extended bytes, then short register forms, EVEX last. */
function rank(name: string, f: Form): number {
	// Vector moves between registers are stores.
	if (f.kind !== 0 && name.startsWith("VMOV") && f.args.endsWith("e")) return f.kind === 2 ? 9 : 1;
	if (name === "VMOVQ" && f.kind === 1 && f.args === "Rexg") return 1;
	if (f.kind === 2) return 10;
	if (f.args.includes("in")) return 0;
	if (name === "MOVQ") {
		if (f.args.includes("on")) return 6;
		if (f.args.startsWith("en")) return 5;
		if (/[XxN]/.test(f.args) && f.args.includes("Re")) return 4;
		if (f.args.includes("N") || f.args.includes("m")) return 3;
		return 2;
	}
	if (/[aA]-/.test(f.args) || /[rb]o/.test(f.args)) return 1;
	return 2;
}

readNames();
readCsv();
readXed();
readExtra();
const lines: string[] = [];
let count = 0;
for (const name of [...table.keys()].sort()) {
	const forms = table.get(name) as Form[];
	forms.sort((a, b) => rank(name, a) - rank(name, b));
	const texts = [...new Set(forms.map(encode))];
	count += texts.length;
	lines.push(`${name} ${texts.join(" ")}`);
}
const out = `// Generated by tools/gen-x86.ts; do not edit.
// Derived from x86.v0.2.csv of golang.org/x/arch (BSD-3-Clause) and from Intel XED's data files (Apache-2.0).

/** One line per mnemonic; see forms.ts for the notation. */
export const formTable: string = \`
${lines.join("\n")}
\`;
`;
writeFileSync(join(import.meta.dirname, "../packages/obj/amd64/forms.gen.ts"), out);
console.log(
	`${lines.length} mnemonics, ${count} forms, ${out.length} bytes; missing: ${[...known].filter((n) => !table.has(n)).join(" ")}`,
);
