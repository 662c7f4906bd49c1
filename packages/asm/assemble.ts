// Assembles a file: directives and functions to a fragment.

import { type Diagnostic, Interner, type Report, type SourceFile } from "#base";
import { FormTable, OperandKind, Reg, Suffix, type Operand } from "#obj";
import { ABI0, ABIInternal, addReloc, FragmentBuilder, type Fragment, newRelocs, type Relocs, RelocKind, SymFlag, SymKind } from "#object";
import { Item, Jump, jumpCode, Kind } from "./item.ts";
import { OperandParser, type Symbols } from "./operands.ts";
import { type Line, LineReader } from "./parse.ts";
import { AsmError, type Includes, Preprocessor } from "./preprocess.ts";
import { canonical } from "./rewrite.ts";
import { escapePath } from "./tables.ts";
import { TextAssembler, type TextHeader } from "./text.ts";
import { Tok, type Token } from "./token.ts";

/** The parsed encoding table and interned names. Share one between the files of a build. */
export class AsmContext {
	readonly table: FormTable = new FormTable();
	readonly names: Interner = new Interner();
}

export interface AsmOptions {
	/** Import path of the package. */
	pkgPath: string;
	/** Text of an included file, or null: textflag.h, funcdata.h, go_asm.h, go_tls.h, asm_amd64.h, the package's own. */
	includes: Includes;
	/** Predefined macros: GOOS_linux, GOARCH_amd64, GOAMD64_v1, ... */
	defines: Readonly<Record<string, string>>;
	/** Are ABI selectors (`f<ABIInternal>`) allowed: runtime packages. */
	allowAbi: boolean;
	/** What files may share; made for this file if absent. */
	context?: AsmContext;
	/** File name as line tables record it; default is the file's name. */
	recordedName?: string;
}

/** Bits of textflag.h. */
const flag = {
	Dupok: 2,
	Nosplit: 4,
	Rodata: 8,
	Noptr: 16,
	Wrapper: 32,
	NeedCtxt: 64,
	Tlsbss: 256,
	NoFrame: 512,
	ReflectMethod: 1024,
	TopFrame: 2048,
} as const;

const suffixBits: Readonly<Record<string, number>> = {
	Z: Suffix.Z,
	BCST: Suffix.Bcst,
	SAE: Suffix.Sae,
	RN_SAE: Suffix.Round,
	RD_SAE: Suffix.Round | (1 << Suffix.ModeShift),
	RU_SAE: Suffix.Round | (2 << Suffix.ModeShift),
	RZ_SAE: Suffix.Round | (3 << Suffix.ModeShift),
};

interface DataSymbol {
	id: number;
	bytes: Uint8Array;
	used: number;
	relocs: Relocs;
	/** End of the last DATA, for the overlap check. */
	last: number;
	globl: { size: number; flags: number } | null;
	isStatic: boolean;
}

class FileAssembler implements Symbols {
	readonly allowAbi: boolean;
	readonly prefix: string;
	private readonly builder: FragmentBuilder;
	private readonly pp: Preprocessor;
	private readonly lines: LineReader;
	private readonly operands: OperandParser;
	private readonly texts: TextAssembler;
	private readonly table: FormTable;
	private readonly file: SourceFile;
	private readonly report: Report;
	private readonly statics = new Set<number>();
	private readonly data = new Map<number, DataSymbol>();
	private readonly opt: AsmOptions;
	private head: TextHeader | null = null;
	private items: Item[] = [];
	private labels = new Map<string, Item>();
	private errors = 0;

	constructor(file: SourceFile, opt: AsmOptions, report: Report) {
		this.file = file;
		this.opt = opt;
		this.report = report;
		this.allowAbi = opt.allowAbi;
		this.prefix = escapePath(opt.pkgPath);
		this.builder = new FragmentBuilder(opt.pkgPath);
		const context = opt.context ?? new AsmContext();
		this.pp = new Preprocessor(file, opt.includes, opt.defines, context.names);
		if (opt.recordedName !== undefined) this.pp.files[0] = opt.recordedName;
		this.lines = new LineReader(this.pp);
		this.operands = new OperandParser(this);
		this.table = context.table;
		this.texts = new TextAssembler(this.builder, this.table, this.pp.files, (m, pos) => this.error(m, pos));
	}

	/** The last instruction was a jump or a call. */
	private afterJump = false;

	error(msg: string, pos: number): void {
		this.errors++;
		const d: Diagnostic = { pos: this.file.base + pos, code: "AsmError", msg, soft: false };
		this.report(d);
	}

	symbol(name: string, isStatic: boolean, abiInternal: boolean): number {
		if (!isStatic) return this.builder.ref(name, abiInternal ? ABIInternal : ABI0);
		const id = this.builder.ref(`${name}<>`, ABI0);
		this.statics.add(id);
		return id;
	}

	run(): Fragment {
		for (;;) {
			let line: Line | null = null;
			try {
				line = this.lines.next();
				if (line === null) break;
				this.line(line);
			} catch (e) {
				if (!(e instanceof AsmError)) throw e;
				this.error(e.message, e.pos);
				if (line === null && !this.skipLine()) break;
			}
			if (this.errors > 10 && this.opt.pkgPath !== "") break;
		}
		this.finishText();
		this.finishData();
		this.nameStatics();
		return this.builder.fragment;
	}

	/** After a syntax error: drops the rest of the line. */
	private skipLine(): boolean {
		for (;;) {
			try {
				const t = this.pp.next();
				if (t.kind === Tok.EOF) return false;
				if (t.kind === 10) return true;
			} catch (e) {
				if (!(e instanceof AsmError)) throw e;
				return false;
			}
		}
	}

	private finishText(): void {
		const head = this.head;
		if (head !== null) this.texts.assemble(head, this.items, this.labels);
		this.head = null;
	}

	private line(line: Line): void {
		const word = line.word;
		switch (word.text) {
			case "TEXT":
				return this.text(line);
			case "DATA":
				return this.dataLine(line);
			case "GLOBL":
				return this.globl(line);
			default:
		}
		if (this.head === null) {
			// The official assembler drops instructions outside of a function.
			if (jumpCode(word.text) < 0 && !this.known(canonical(word.text))) this.error(`unrecognized instruction "${word.text}"`, word.pos);
			return;
		}
		const item = this.instruction(line);
		for (const label of line.labels) {
			if (this.labels.has(label)) this.error(`label "${label}" multiply defined`, word.pos);
			this.labels.set(label, item);
		}
		this.items.push(item);
	}

	private known(op: string): boolean {
		return (
			this.table.has(op) ||
			["PCDATA", "FUNCDATA", "PCALIGN", "PCALIGNMAX", "NOP", "RET", "UNDEF", "ADJSP", "BYTE", "WORD", "LONG", "QUAD"].includes(op)
		);
	}

	private operand(line: Line, i: number, isJump = false): Operand {
		return this.operands.parse(line.tokens, line.starts[i] as number, line.ends[i] as number, isJump);
	}

	private allOperands(line: Line, isJump = false): Operand[] {
		const out: Operand[] = [];
		for (let i = 0; i < line.starts.length; i++) out.push(this.operand(line, i, isJump));
		return out;
	}

	private item(kind: Kind, line: Line, args: Operand[] = []): Item {
		const w = line.word;
		return new Item(kind, canonical(w.text), args, w.pos, w.file, w.line);
	}

	private instruction(line: Line): Item {
		const op = line.word.text;
		const jump = jumpCode(op);
		this.afterJump = jump >= 0;
		switch (op) {
			case "PCDATA":
				return this.pcdata(line);
			case "FUNCDATA":
				return this.funcdata(line);
			case "PCALIGN":
			case "PCALIGNMAX":
				return this.pcalign(line);
			case "RET":
				return this.ret(line);
			case "NOP":
				return this.item(Kind.Nop, line);
			case "ADJSP": {
				const item = this.item(Kind.AdjSP, line);
				item.value = this.constant("ADJSP", line, 0);
				return item;
			}
			case "BYTE":
			case "WORD":
			case "LONG":
			case "QUAD":
				if (line.starts.length !== 1) this.error(`wrong number of arguments to ${op} instruction`, line.word.pos);
				return this.item(Kind.Data, line, [this.operand(line, 0)]);
			default:
		}
		if (jump >= 0) return this.jump(line, jump);
		const item = this.item(Kind.Inst, line, this.allOperands(line));
		for (const s of line.suffixes) {
			const bits = suffixBits[s];
			if (bits === undefined) this.error(`unrecognized suffix .${JSON.stringify(s)}`, line.word.pos);
			else item.suffix |= bits;
		}
		return item;
	}

	private jump(line: Line, code: number): Item {
		const op = line.word.text;
		const args = this.allOperands(line, true);
		if (args.length < 1 || args.length > 2) {
			this.error(`wrong number of arguments to ${op} instruction`, line.word.pos);
			return this.item(Kind.Nop, line);
		}
		const target = args[args.length - 1] as Operand;
		const item = this.item(Kind.Inst, line, [target]);
		item.cond = code;
		if (target.kind === OperandKind.Branch) {
			item.kind = Kind.Branch;
			item.args = [];
			item.label = target.label;
			item.distance = target.target;
		} else if (target.kind === OperandKind.Mem && target.base === Reg.SB && target.index < 0) item.kind = Kind.ToSymbol;
		else if (code !== Jump.Jmp && code !== Jump.Call) this.error("invalid instruction", line.word.pos);
		return item;
	}

	private ret(line: Line): Item {
		const item = this.item(Kind.Ret, line, this.allOperands(line));
		const target = item.args[0];
		if (target !== undefined && !(target.kind === OperandKind.Mem && target.base === Reg.SB))
			this.error("invalid instruction", line.word.pos);
		return item;
	}

	/** Operand i as an immediate integer. */
	private constant(what: string, line: Line, i: number): number {
		if (i >= line.starts.length) throw new AsmError(`expect operands for ${what}`, line.word.pos);
		const a = this.operand(line, i);
		if (a.kind !== OperandKind.Imm) throw new AsmError(`${what}: expected immediate constant`, line.word.pos);
		return a.value;
	}

	private tableIndex(what: string, line: Line): number {
		const index = this.constant(what, line, 0);
		if (!(index >= 0 && index < 64)) throw new AsmError(`${what} index ${index} out of range`, line.word.pos);
		return index;
	}

	private pcdata(line: Line): Item {
		if (line.starts.length !== 2) throw new AsmError("expect two operands for PCDATA", line.word.pos);
		const item = this.item(Kind.Pcdata, line);
		item.index = this.tableIndex("PCDATA", line);
		item.value = this.constant("PCDATA", line, 1);
		return item;
	}

	private funcdata(line: Line): Item {
		if (line.starts.length !== 2) throw new AsmError("expect two operands for FUNCDATA", line.word.pos);
		const item = this.item(Kind.Funcdata, line);
		item.index = this.tableIndex("FUNCDATA", line);
		const a = this.operand(line, 1);
		if (a.base !== Reg.SB) throw new AsmError("FUNCDATA symbol must be a symbol(SB)", line.word.pos);
		item.value = a.sym;
		return item;
	}

	private pcalign(line: Line): Item {
		const item = this.item(Kind.Align, line);
		item.index = this.constant("PCALIGN", line, 0);
		item.value = line.word.text === "PCALIGNMAX" ? this.constant("PCALIGNMAX", line, 1) : item.index;
		if (item.index < 8 || item.index > 2048 || (item.index & (item.index - 1)) !== 0) {
			this.error(`alignment value of an instruction must be a power of two and in the range [8, 2048], got ${item.index}`, line.word.pos);
			item.index = 8;
		}
		return item;
	}

	/** The symbol of a directive's first operand. */
	private defined(what: string, line: Line, offsetOk: boolean, end: number): Operand {
		const a = this.operands.parse(line.tokens, line.starts[0] as number, end, false);
		const name = line.tokens[line.starts[0] as number]?.text ?? "";
		if (a.kind !== OperandKind.Mem || a.base !== Reg.SB || a.index >= 0)
			throw new AsmError(`${what} symbol "${name}" must be a symbol(SB)`, line.word.pos);
		if (!offsetOk && a.value !== 0) throw new AsmError(`${what} symbol "${name}" must not be offset from SB`, line.word.pos);
		return a;
	}

	private integerOperand(line: Line, i: number): number {
		const from = line.starts[i] as number;
		const end = line.ends[i] as number;
		// The official assembler takes an undefined NOSPLIT for a label, whose value is 0, when a jump came last; generated code relies on it.
		if (this.afterJump && end === from + 1 && line.tokens[from]?.kind === Tok.Ident) return 0;
		this.operands.start(line.tokens, from, end);
		return Number(this.operands.expr());
	}

	private text(line: Line): void {
		this.finishText();
		const n = line.starts.length;
		const pos = line.word.pos;
		if (n !== 2 && n !== 3) throw new AsmError("expect two or three operands for TEXT", pos);
		const a = this.defined("TEXT", line, false, line.ends[0] as number);
		const bits = n === 3 ? this.integerOperand(line, 1) : 0;
		const name = this.builder.fragment.names[a.sym] as string;
		const abiInternal = this.builder.fragment.abis[a.sym] === ABIInternal;
		if (abiInternal && (bits & flag.Nosplit) === 0) this.error(`TEXT "${name}": ABIInternal requires NOSPLIT`, pos);
		const { frame, args } = this.frameSize(line, n - 1, name);
		let flags = this.statics.has(a.sym) ? SymFlag.Local : 0;
		if (bits & flag.Dupok) flags |= SymFlag.Dupok;
		if (bits & flag.Nosplit) flags |= SymFlag.Nosplit;
		if (bits & flag.Wrapper) flags |= SymFlag.Wrapper;
		if (bits & flag.NeedCtxt) flags |= SymFlag.NeedCtxt;
		if (bits & flag.NoFrame) flags |= SymFlag.NoFrame;
		if (bits & flag.ReflectMethod) flags |= SymFlag.ReflectMethod;
		if (bits & flag.TopFrame) flags |= SymFlag.TopFrame;
		this.head = { sym: a.sym, name, abiInternal, flags, frame, args, pos, file: line.word.file, line: line.word.line };
		this.items = [this.item(Kind.Text, line)];
		this.labels = new Map();
	}

	/** $frame-args: two literals, not a subtraction. */
	private frameSize(line: Line, i: number, name: string): { frame: number; args: number } {
		const tokens = line.tokens.slice(line.starts[i], line.ends[i]);
		const fail = (): never => {
			throw new AsmError(`TEXT ${name}: frame size must be an immediate constant`, line.word.pos);
		};
		let at = 0;
		if (tokens[at++]?.kind !== 36) fail();
		let sign = 1;
		if (tokens[at]?.kind === 45) {
			sign = -1;
			at++;
		}
		const size = tokens[at++] as Token | undefined;
		if (size === undefined || size.kind !== Tok.Int) return fail();
		let args = -0x8000_0000;
		if (at < tokens.length) {
			const value = tokens[at + 1];
			if (tokens[at]?.kind !== 45 || value?.kind !== Tok.Int || at + 2 !== tokens.length) {
				throw new AsmError(`TEXT ${name}: argument size must be of form -integer`, line.word.pos);
			}
			args = Number(value.text);
			if (args === 0x8000_0000) args = -0x8000_0000;
		}
		return { frame: sign * Number(size.text), args };
	}

	private dataSymbol(id: number): DataSymbol {
		let d = this.data.get(id);
		if (d === undefined) {
			d = { id, bytes: new Uint8Array(16), used: 0, relocs: newRelocs(), last: 0, globl: null, isStatic: this.statics.has(id) };
			this.data.set(id, d);
		}
		return d;
	}

	private dataLine(line: Line): void {
		const pos = line.word.pos;
		if (line.starts.length !== 2) throw new AsmError("expect two operands for DATA", pos);
		const end = line.ends[0] as number;
		const sizeToken = line.tokens[end - 1] as Token;
		if (end - (line.starts[0] as number) < 3 || line.tokens[end - 2]?.kind !== 47 || sizeToken.kind !== Tok.Int) {
			throw new AsmError("expect /size for DATA argument", pos);
		}
		const size = Number(sizeToken.text);
		const a = this.defined("DATA", line, true, end - 2);
		const value = this.operand(line, 1);
		const d = this.dataSymbol(a.sym);
		const name = this.builder.fragment.names[a.sym] as string;
		if (a.value < 0 || a.value > 1 << 28 || size > 1 << 28) throw new AsmError(`DATA offset out of range for ${name}`, pos);
		if (a.value < d.last) throw new AsmError(`overlapping DATA entry for ${name}`, pos);
		d.last = a.value + size;
		if (d.bytes.length < d.last) {
			const grown = new Uint8Array(Math.max(d.bytes.length * 2, d.last));
			grown.set(d.bytes);
			d.bytes = grown;
		}
		d.used = Math.max(d.used, d.last);
		this.writeData(d, a.value, size, value, pos);
	}

	private writeData(d: DataSymbol, at: number, size: number, value: Operand, pos: number): void {
		const view = new DataView(d.bytes.buffer);
		switch (value.kind) {
			case OperandKind.Imm: {
				if (![1, 2, 4, 8].includes(size)) throw new AsmError(`bad int size for DATA argument: ${size}`, pos);
				if (size <= 4 && value.big === null) {
					for (let i = 0; i < size; i++) d.bytes[at + i] = (value.value >> (8 * i)) & 0xff;
					return;
				}
				const v = value.big ?? BigInt(value.value);
				for (let i = 0; i < size; i++) d.bytes[at + i] = Number((v >> BigInt(8 * i)) & 0xffn);
				return;
			}
			case OperandKind.Float:
				if (size === 4) view.setFloat32(at, value.float, true);
				else if (size === 8) view.setFloat64(at, value.float, true);
				else throw new AsmError(`bad float size for DATA argument: ${size}`, pos);
				return;
			case OperandKind.Str: {
				const bytes = value.bytes as Uint8Array;
				if (bytes.length > size) throw new AsmError(`DATA string longer than ${size}`, pos);
				d.bytes.set(bytes, at);
				return;
			}
			case OperandKind.Addr:
				if (size !== 8) throw new AsmError(`bad addr size for DATA argument: ${size}`, pos);
				addReloc(d.relocs, at, 8, RelocKind.Addr, value.sym, value.value);
				return;
			default:
				throw new AsmError("DATA value must be an immediate constant or address", pos);
		}
	}

	private globl(line: Line): void {
		const n = line.starts.length;
		if (n !== 2 && n !== 3) throw new AsmError("expect two or three operands for GLOBL", line.word.pos);
		const a = this.defined("GLOBL", line, false, line.ends[0] as number);
		const flags = n === 3 ? this.integerOperand(line, 1) : 0;
		const size = this.constant("GLOBL", line, n - 1);
		this.dataSymbol(a.sym).globl = { size, flags };
	}

	private finishData(): void {
		for (const d of this.data.values()) {
			// DATA without GLOBL defines nothing.
			if (d.globl === null) continue;
			const { size, flags } = d.globl;
			let bits = d.isStatic ? SymFlag.Local : 0;
			if (flags & flag.Dupok) bits |= SymFlag.Dupok;
			if (flags & flag.Noptr) bits |= SymFlag.Noptr;
			this.builder.define({
				name: d.id,
				kind: this.dataKind(d, flags),
				flags: bits,
				align: alignment(Math.max(size, d.used)),
				size: Math.max(size, d.used),
				data: d.bytes.slice(0, d.used),
				relocs: d.relocs,
				gotype: -1,
				func: null,
			});
		}
	}

	private dataKind(d: DataSymbol, flags: number): SymKind {
		const pkg = this.opt.pkgPath;
		const module = "crypto/internal/fips140";
		const name = this.builder.fragment.names[d.id] as string;
		const inModule = (s: string, ends: string): boolean =>
			s.startsWith(module) &&
			(s.length === module.length ? ends === "" : s[module.length] === "/" || (ends !== "" && s[module.length] === ends));
		const fips = !pkg.endsWith("_test") && (d.isStatic ? inModule(pkg, "") : inModule(name, "."));
		if (flags & flag.Rodata) return fips ? SymKind.RodataFips : SymKind.Rodata;
		if (flags & flag.Tlsbss) return SymKind.Tls;
		if (flags & flag.Noptr) return d.used === 0 ? SymKind.Noptrbss : fips ? SymKind.NoptrdataFips : SymKind.Noptrdata;
		return d.used === 0 ? SymKind.Bss : fips ? SymKind.DataFips : SymKind.Data;
	}

	/** `name<>` loses its mark where no other symbol of the fragment has the name. */
	private nameStatics(): void {
		const names = this.builder.fragment.names;
		const taken = new Set(names);
		for (const id of this.statics) {
			const plain = (names[id] as string).slice(0, -2);
			if (!taken.has(plain)) names[id] = plain;
		}
	}
}

/** Natural alignment of data by size, at most 32. */
function alignment(size: number): number {
	let align = 32;
	while (align > size && align > 1) align >>= 1;
	return align;
}

/** Assembles one file. User errors go to report; the fragment holds what could be assembled. */
export function assemble(file: SourceFile, opt: AsmOptions, report: Report): Fragment {
	return new FileAssembler(file, opt, report).run();
}
