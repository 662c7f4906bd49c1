// Parses one operand from the tokens of a line.

import { Operand, OperandKind, Reg } from "#obj";
import { AsmError } from "./preprocess.ts";
import { isPseudo, registers } from "./registers.ts";
import { Tok, type Token, unquote } from "./token.ts";

/** Gives the fragment's name index of a symbol. */
export interface Symbols {
	symbol(name: string, isStatic: boolean, abiInternal: boolean): number;
	readonly allowAbi: boolean;
	/** Import path with gc's escaping, to qualify names that start with a dot. */
	readonly prefix: string;
}

const mask64 = (1n << 64n) - 1n;

export function integer(text: string): bigint | null {
	const clean = text.replaceAll("_", "");
	try {
		if (/^0[0-7]+$/.test(clean)) return BigInt(`0o${clean.slice(1)}`);
		return BigInt(clean);
	} catch {
		return null;
	}
}

/** A name as the linker spells it: `·` is a dot, `∕` a slash. */
export function plainName(text: string): string {
	return text.includes("·") || text.includes("∕") ? text.replaceAll("·", ".").replaceAll("∕", "/") : text;
}

export class OperandParser {
	private readonly symbols: Symbols;
	private tokens: readonly Token[] = [];
	private at = 0;
	private end = 0;
	private linePos = 0;

	constructor(symbols: Symbols) {
		this.symbols = symbols;
	}

	private fail(message: string): never {
		throw new AsmError(message, this.tokens[Math.min(this.at, this.end - 1)]?.pos ?? this.linePos);
	}

	private peek(): number {
		return this.at < this.end ? (this.tokens[this.at] as Token).kind : Tok.EOF;
	}

	private nextToken(): Token {
		if (this.at >= this.end) this.fail("unexpected end of operand");
		return this.tokens[this.at++] as Token;
	}

	private expect(kind: number): Token {
		const t = this.tokens[this.at];
		if (this.at >= this.end || t === undefined || t.kind !== kind) {
			const found = this.at < this.end && t !== undefined ? t.text : "EOF";
			this.fail(`expected ${kind < 256 ? `'${String.fromCharCode(kind)}'` : "identifier"}, found ${found}`);
		}
		this.at++;
		return t;
	}

	private registerAt(t: Token | undefined): number {
		if (t === undefined || t.kind !== Tok.Ident) return -1;
		return registers.get(t.text) ?? -1;
	}

	start(tokens: readonly Token[], from: number, end: number): void {
		this.tokens = tokens;
		this.at = from;
		this.end = end;
		this.linePos = tokens[from]?.pos ?? 0;
	}

	/** Parses tokens[from:end]. Jump operands may be bare labels. */
	parse(tokens: readonly Token[], from: number, end: number, isJump: boolean): Operand {
		this.start(tokens, from, end);
		const a = new Operand();
		a.kind = OperandKind.Mem;
		let prefix = 0;
		if (this.peek() === 36 || this.peek() === 42) prefix = this.nextToken().kind;
		const first = this.tokens[this.at];
		if (this.at >= this.end || first === undefined) this.fail("missing operand");
		const reg = this.registerAt(first);
		if (first.kind === Tok.Ident && reg < 0) {
			this.at++;
			this.symbolReference(a, first, prefix, isJump);
			if (this.at < this.end) this.indirect(a, prefix);
		} else if (first.kind === 91) this.registerList(a, prefix);
		else if (reg >= 0) {
			this.at++;
			if (prefix === 36) this.fail(`prefix $ not allowed for register: $${first.text}`);
			if (isPseudo(reg)) this.fail(`illegal use of pseudo-register in operand`);
			a.kind = OperandKind.Reg;
			a.reg = reg;
		} else this.constantOrIndirect(a, first, prefix);
		if (this.at < this.end) this.fail(`expected end of operand, found ${(this.tokens[this.at] as Token).text}`);
		return a;
	}

	private constantOrIndirect(a: Operand, first: Token, prefix: number): void {
		const paren = first.kind === 40 && this.registerAt(this.tokens[this.at + 1]) >= 0;
		if (!paren) {
			if (this.hasToken(Tok.Float)) {
				if (prefix !== 36) this.fail("floating-point constant must be an immediate");
				a.kind = OperandKind.Float;
				a.float = this.floatExpr();
				return;
			}
			if (first.kind === Tok.String) {
				if (prefix !== 36) this.fail("string constant must be an immediate");
				const bytes = unquote(this.nextToken().text);
				if (bytes === null) this.fail("string parse error: invalid syntax");
				a.kind = OperandKind.Str;
				a.bytes = bytes;
				return;
			}
			const value = this.expr();
			if (this.peek() !== 40) {
				if (prefix === 36) {
					a.kind = OperandKind.Imm;
					setImmediate64(a, value);
				} else this.setOffset(a, value);
				return;
			}
			this.setOffset(a, value);
		}
		this.indirect(a, prefix);
	}

	private setOffset(a: Operand, value: number | bigint): void {
		a.value = Number(value);
	}

	private hasToken(kind: number): boolean {
		for (let i = this.at; i < this.end; i++) if ((this.tokens[i] as Token).kind === kind) return true;
		return false;
	}

	private symbolReference(a: Operand, token: Token, prefix: number, isJump: boolean): void {
		let name = plainName(token.text);
		let isStatic = false;
		let abiInternal = false;
		if (this.peek() === 60) {
			this.at++;
			if (this.peek() === Tok.Ident) {
				const abi = this.nextToken().text;
				if (!this.symbols.allowAbi) this.fail(`ABI selector only permitted when compiling runtime, reference was to "${name}"`);
				if (abi !== "ABIInternal" && abi !== "ABI0") this.fail(`malformed ABI selector "${abi}" in reference to "${name}"`);
				abiInternal = abi === "ABIInternal";
			} else isStatic = true;
			this.expect(62);
		}
		if (this.peek() === 43 || this.peek() === 45) this.setOffset(a, this.expr());
		if (this.at >= this.end) {
			if (prefix !== 0 || !isJump) this.fail(`illegal or missing addressing mode for symbol ${name}`);
			a.kind = OperandKind.Branch;
			a.label = name;
			return;
		}
		this.expect(40);
		const reg = this.expect(Tok.Ident).text;
		this.expect(41);
		if (prefix === 36) a.kind = OperandKind.Addr;
		switch (reg) {
			case "SB":
				if (name.startsWith(".")) name = this.symbols.prefix + name;
				a.base = Reg.SB;
				a.sym = this.symbols.symbol(name, isStatic, abiInternal);
				break;
			case "FP":
				a.base = Reg.FP;
				break;
			case "SP":
				a.base = Reg.PseudoSP;
				break;
			case "PC":
				if (prefix !== 0) this.fail("illegal addressing mode for PC");
				a.kind = OperandKind.Branch;
				a.target = a.value;
				break;
			default:
				this.fail(`expected pseudo-register; found ${reg}`);
		}
	}

	/** (R), (R)(R*scale) or (R*scale), on the opening parenthesis; a symbol may have set the base. */
	private indirect(a: Operand, prefix: number): void {
		this.expect(40);
		const token = this.nextToken();
		const reg = this.registerAt(token);
		if (reg < 0) this.fail(`indirect through non-register ${token.text}`);
		const scale = this.scale();
		this.expect(41);
		if (prefix === 36) a.kind = OperandKind.Addr;
		if (isPseudo(reg) && scale === 0) {
			if (reg !== Reg.PC) this.fail(`cannot reference ${token.text} without a symbol`);
			if (prefix !== 0) this.fail("illegal addressing mode for PC");
			a.kind = OperandKind.Branch;
			a.target = a.value;
			return;
		}
		if (scale !== 0) {
			a.index = reg;
			a.scale = scale;
			return;
		}
		if (a.base >= 0) this.fail("invalid instruction");
		a.base = reg;
		if (this.peek() !== 40) return;
		this.at++;
		const second = this.nextToken();
		const index = this.registerAt(second);
		if (index < 0) this.fail(`indirect through non-register ${second.text}`);
		a.index = index;
		a.scale = this.scale();
		this.expect(41);
	}

	private scale(): number {
		if (this.peek() !== 42) return 0;
		this.at++;
		const t = this.expect(Tok.Int);
		if (!/^[1248]$/.test(t.text)) this.fail(`bad scale: ${t.text}`);
		return Number(t.text);
	}

	private registerList(a: Operand, prefix: number): void {
		if (prefix !== 0) this.fail("illegal use of register list");
		this.expect(91);
		const low = this.registerAt(this.nextToken());
		this.expect(45);
		const high = this.registerAt(this.nextToken());
		this.expect(93);
		a.kind = OperandKind.RegList;
		a.reg = low >= 0 && high === low + 3 ? low : -1;
	}

	// ---- Expressions: 64-bit integers; numbers while that is exact.

	expr(): number | bigint {
		const start = this.at;
		const n = this.smallSum();
		if (Number.isSafeInteger(n)) return n;
		this.at = start;
		const v = BigInt.asIntN(64, this.sum());
		return v >= -0x1f_ffff_ffff_ffffn && v <= 0x1f_ffff_ffff_ffffn ? Number(v) : v;
	}

	/** As sum, in numbers; NaN when that would not be exact, or on an error: sum then computes or reports it. */
	private smallSum(): number {
		let v = this.smallProduct();
		for (;;) {
			const op = this.peek();
			if (op !== 43 && op !== 45 && op !== 124) return v;
			this.at++;
			const r = this.smallProduct();
			if (op === 43) v += r;
			else if (op === 45) v -= r;
			else v = v >= 0 && r >= 0 && v <= 0x7fff_ffff && r <= 0x7fff_ffff ? v | r : Number.NaN;
			if (!Number.isSafeInteger(v)) return Number.NaN;
		}
	}

	private smallProduct(): number {
		let v = this.smallFactor();
		for (;;) {
			const op = this.peek();
			if (op !== 42 && op !== Tok.Shl && op !== 47 && op !== 37 && op !== Tok.Shr && op !== 38) return v;
			if (op !== 42 && op !== Tok.Shl) return Number.NaN;
			this.at++;
			const r = this.smallFactor();
			if (op === 42) v *= r;
			else v = v >= 0 && r >= 0 && r < 53 ? v * 2 ** r : Number.NaN;
			if (!Number.isSafeInteger(v)) return Number.NaN;
		}
	}

	private smallFactor(): number {
		if (this.at >= this.end) return Number.NaN;
		const t = this.tokens[this.at++] as Token;
		switch (t.kind) {
			case Tok.Int:
				// Old octal is left to the exact way.
				return t.text.length > 1 && t.text.charCodeAt(0) === 48 && t.text.charCodeAt(1) <= 57 ? Number.NaN : Number(t.text);
			case 43:
				return this.smallFactor();
			case 45:
				return -this.smallFactor();
			case 40: {
				const v = this.smallSum();
				return this.at < this.end && (this.tokens[this.at++] as Token).kind === 41 ? v : Number.NaN;
			}
			default:
				return Number.NaN;
		}
	}

	private sum(): bigint {
		let v = this.product();
		for (;;) {
			switch (this.peek()) {
				case 43:
					this.at++;
					v = (v + this.product()) & mask64;
					break;
				case 45:
					this.at++;
					v = (v - this.product()) & mask64;
					break;
				case 124:
					this.at++;
					v |= this.product();
					break;
				case 94:
					this.at++;
					v ^= this.product();
					break;
				default:
					return v;
			}
		}
	}

	private product(): bigint {
		let v = this.factor();
		for (;;) {
			const op = this.peek();
			if (op !== 42 && op !== 47 && op !== 37 && op !== Tok.Shl && op !== Tok.Shr && op !== 38) return v;
			this.at++;
			const r = this.factor();
			if (op === 42) v = (v * r) & mask64;
			else if (op === 38) v &= r;
			else if (op === Tok.Shl) {
				if (r >> 63n !== 0n) this.fail("negative left shift count");
				v = r > 63n ? 0n : (v << r) & mask64;
			} else if (op === Tok.Shr) {
				if (r >> 63n !== 0n) this.fail("negative right shift count");
				if (v >> 63n !== 0n) this.fail("right shift of value with high bit set");
				v >>= r;
			} else {
				const what = op === 47 ? "divide" : "modulo";
				if (v >> 63n !== 0n || r >> 63n !== 0n) this.fail(`${what} of value with high bit set`);
				if (r === 0n) this.fail(op === 47 ? "division by zero" : "modulo by zero");
				v = op === 47 ? v / r : v % r;
			}
		}
	}

	private factor(): bigint {
		const t = this.nextToken();
		switch (t.kind) {
			case Tok.Int: {
				const v = integer(t.text);
				if (v === null) this.fail(`invalid integer ${t.text}`);
				if (v > mask64) this.fail(`${t.text} overflows uint64`);
				return v;
			}
			case Tok.Char: {
				const bytes = unquote(t.text);
				if (bytes === null) this.fail("illegal character constant");
				return BigInt(new TextDecoder().decode(bytes).codePointAt(0) ?? 0);
			}
			case 43:
				return this.factor();
			case 45:
				return -this.factor() & mask64;
			case 126:
				return ~this.factor() & mask64;
			case 40: {
				const v = this.sum();
				if (this.peek() !== 41) this.fail("missing closing paren");
				this.at++;
				return v;
			}
			default:
				return this.fail(`unexpected ${t.text} evaluating expression`);
		}
	}

	private floatExpr(): number {
		const t = this.nextToken();
		if (t.kind === 40) {
			const v = this.floatExpr();
			this.expect(41);
			return v;
		}
		if (t.kind === 43) return this.floatExpr();
		if (t.kind === 45) return -this.floatExpr();
		if (t.kind === Tok.Int || t.kind === Tok.Float) return Number(t.text.replaceAll("_", ""));
		return this.fail(`unexpected ${t.text} evaluating float expression`);
	}
}

export function setImmediate64(a: Operand, value: number | bigint): void {
	if (typeof value === "number") a.value = value;
	else {
		a.big = value;
		a.value = Number(value);
	}
}
