// What a frame's code can see: parameters, locals, captured variables, package variables, constants and functions.

import { Kind, packageOf, parseFuncName, type Scope as CodeScope, type ScopeVariable, Type, inlinedAt, variablesAt } from "#bininfo";
import { evalLocation, type ExprContext, type Piece } from "#dwarf";
import { MemoryError } from "./backend.ts";
import { describeExpr } from "./locexpr.ts";
import type { Goroutine } from "./goroutines.ts";
import { type Loader, reason, word } from "./load.ts";
import { OverlayMemory } from "./memory.ts";
import type { Program } from "./program.ts";
import type { Frame } from "./stack.ts";
import { FAKE_BASE, Flag, type LoadConfig, Variable } from "./variable.ts";

const DICTIONARY = ".dict";
/** The register that functions get their closure in (rdx). */
const CONTEXT_REGISTER = 1;
const CLOSURE = ".closureptr";
const HIDDEN: ReadonlySet<string> = new Set([DICTIONARY, CLOSURE]);

/** The function whose range-over-func loop a function is the body of, "" when it is none. */
export function rangeParent(name: string): string {
	const m = /^(.+?)(-range\d+)+$/.exec(name);
	return m === null ? "" : m[1];
}

/** A place in the program that expressions are evaluated in. */
export class EvalScope {
	readonly program: Program;
	readonly loader: Loader;
	readonly goroutine: Goroutine | null;
	/** The frame and those that called it; empty = no frame, package variables only. */
	readonly frames: readonly Frame[];
	private dict: number | undefined = undefined;
	private around: EvalScope[] | null = null;

	/** All frames of the goroutine, when they are known: what runtime.frame(N) counts from. */
	private readonly whole: readonly Frame[];

	constructor(loader: Loader, goroutine: Goroutine | null, frames: readonly Frame[], whole: readonly Frame[] = frames) {
		this.program = loader.program;
		this.loader = loader;
		this.goroutine = goroutine;
		this.frames = frames;
		this.whole = whole;
	}

	get frame(): Frame | null {
		return this.frames[0] ?? null;
	}

	/** The scope of a frame of the goroutine by number, 0 = the innermost; null when there is none. */
	outer(n: number): EvalScope | null {
		return n < this.whole.length ? new EvalScope(this.loader, this.goroutine, this.whole.slice(n), this.whole) : null;
	}

	/** The scope of debugging entries that the frame is in, null when they describe none. */
	private codeScope(): CodeScope | null {
		const f = this.frame;
		if (f === null || f.func === null) return null;
		const scope = this.program.binary.scope(f.func);
		if (scope === null || f.inlineDepth === 0) return scope;
		const calls = inlinedAt(scope, f.callPc - this.program.binary.slide).reverse();
		const call = calls[f.inlineDepth - 1];
		if (call !== undefined && call.name === f.name) return call.scope;
		return calls.find((c) => c.name === f.name)?.scope ?? null;
	}

	/**
	 * Variables the frame's code sees, in the order of their declaration; inner ones come later and shadow outer ones. Not
	 * loaded. In the body of a range-over-func loop those of the functions around it come first, unless own is set. Throws
	 * Error when nothing describes the frame.
	 */
	variables(own: boolean = false): Variable[] {
		const f = this.frame;
		if (f === null || f.func === null) throw new Error("unable to find function context");
		if (!this.program.binary.hasDwarf) throw new Error("unable to find locals: no debug information present in binary");
		const all = own
			? []
			: this.enclosing()
					.reverse()
					.flatMap((s) => s.variables(true));
		const scope = this.codeScope();
		if (scope !== null) {
			const body = this.isRangeBody;
			const seen = variablesAt(scope, f.callPc - this.program.binary.slide)
				.filter((v) => v.type >= 0 && v.name !== "" && !HIDDEN.has(v.name) && !v.name.replace(/^&/, "").startsWith("#yield"))
				.filter((v) => !body || (!v.name.startsWith("~") && v.closureOffset === 0))
				.filter((v) => v.param || v.declLine === 0 || f.line >= v.declLine + (v.closureOffset > 0 ? 0 : 1));
			const rank = (v: ScopeVariable): number => (v.param && v.depth === 0 && !body ? 0 : v.depth + 1);
			const order = seen.map((v, i) => ({ v, i })).sort((x, y) => rank(x.v) - rank(y.v) || x.v.declLine - y.v.declLine || x.i - y.i);
			for (const { v } of order) all.push(this.make(v));
		}
		const last = new Map<string, Variable>();
		for (const made of all) {
			const hidden = last.get(made.name);
			if (hidden !== undefined) hidden.flags |= Flag.Shadowed;
			last.set(made.name, made);
		}
		return all;
	}

	/** The frame is the body of a range-over-func loop, which is a function of its own. */
	get isRangeBody(): boolean {
		return rangeParent(this.frame?.func?.name ?? "") !== "";
	}

	/** Scopes of the functions around a range-over-func body, inner first; empty for other functions. */
	private enclosing(): EvalScope[] {
		const parent = rangeParent(this.frame?.func?.name ?? "");
		if (parent === "") return [];
		this.around ??= this.findEnclosing(parent);
		return this.around;
	}

	private findEnclosing(parent: string): EvalScope[] {
		const out: EvalScope[] = [];
		let closure = this.closurePointer();
		for (let i = 1; i < this.frames.length; i++) {
			const f = this.frames[i];
			if (f.inlined || f.systemStack || f.func === null) continue;
			const whole = f.func.name === parent;
			if (!whole && rangeParent(f.func.name) !== parent) continue;
			const scope = new EvalScope(this.loader, this.goroutine, this.frames.slice(i));
			if (closure !== 0 && !scope.madeClosure(closure)) continue;
			out.push(scope);
			if (whole) return out;
			closure = scope.closurePointer();
		}
		return [];
	}

	/** Address of the closure that the frame's function runs with, 0 = not known. */
	private closurePointer(): number {
		const v = this.codeScope()?.variables.find((x) => x.name === CLOSURE);
		return v === undefined ? 0 : this.wordOf(v);
	}

	/** The frame made the closure at an address: it is in the frame, or one of the frame's loop bodies is it. */
	private madeClosure(address: number): boolean {
		const f = this.frame as Frame;
		const g = this.goroutine;
		if (g !== null && address >= g.stackLo && address < g.stackHi) return address >= f.regs.sp && address < f.cfa;
		const scope = this.codeScope();
		if (scope === null) return true;
		const bodies = variablesAt(scope, f.callPc - this.program.binary.slide).filter((v) => v.name.replace(/^&/, "").startsWith("#yield"));
		return bodies.length === 0 || bodies.some((v) => this.wordOf(v) === address);
	}

	/** The word a variable holds, 0 when it cannot be read. */
	private wordOf(v: ScopeVariable): number {
		const at = this.make(v);
		if (at.unreadable !== "") return 0;
		try {
			return word(at.memory, at.address);
		} catch {
			return 0;
		}
	}

	private make(v: ScopeVariable): Variable {
		let made = this.locate(v);
		if (made.name.length > 1 && made.name.startsWith("&")) {
			const name = made.name.slice(1);
			const expr = made.locationExpr;
			made = this.loader.deref(made);
			if (made.address === 0 && made.unreadable === "") made.unreadable = "no address for escaped variable";
			made.name = name;
			made.flags |= Flag.Escaped;
			made.locationExpr = expr === "" ? "" : `${expr} (escaped)`;
			made.declLine = v.declLine;
		}
		if (v.param && !this.isRangeBody) made.flags |= v.result ? Flag.ReturnArgument : Flag.Argument;
		return made;
	}

	/** Parameters and results. */
	arguments(own: boolean = false): Variable[] {
		return this.variables(own).filter((v) => (v.flags & (Flag.Argument | Flag.ReturnArgument)) !== 0);
	}

	/** Other variables. */
	locals(own: boolean = false): Variable[] {
		return this.variables(own).filter((v) => (v.flags & (Flag.Argument | Flag.ReturnArgument)) === 0);
	}

	/** A variable of the frame by name, the innermost one; null when there is none. */
	local(name: string): Variable | null {
		const v = this.resolve(name);
		if (v !== null) return this.make(v);
		for (const scope of this.enclosing()) {
			const found = scope.resolve(name);
			if (found !== null) return scope.make(found);
		}
		return null;
	}

	/** What a name means in the frame: how debugging information describes the innermost variable of it. */
	resolve(name: string): ScopeVariable | null {
		const f = this.frame;
		if (f === null || f.func === null || !this.program.binary.hasDwarf) return null;
		const scope = this.codeScope();
		if (scope === null) return null;
		const body = this.isRangeBody;
		let best: ScopeVariable | null = null;
		for (const v of variablesAt(scope, f.callPc - this.program.binary.slide)) {
			if ((v.name !== name && v.name !== `&${name}`) || v.type < 0) continue;
			if (body && v.closureOffset > 0) continue;
			if (!v.param && v.declLine !== 0 && f.line < v.declLine + (v.closureOffset > 0 ? 0 : 1)) continue;
			const rank = (x: ScopeVariable): number => (x.param && x.depth === 0 ? 0 : x.depth + 1);
			if (best === null || rank(v) > rank(best) || (rank(v) === rank(best) && v.declLine >= best.declLine)) best = v;
		}
		return best;
	}

	/** CFA of the function around a range-over-func body, minus the end of the stack; 0 for others. */
	get parentOffset(): number {
		const enclosing = this.enclosing();
		const f = enclosing[enclosing.length - 1]?.frame ?? null;
		return f === null ? 0 : f.cfa - f.stackHi;
	}

	/** Address of the closure while its function has not copied it to its variables yet; 0 elsewhere. */
	private freshClosure(v: ScopeVariable, frame: Frame): number {
		const { func, regs } = frame;
		if (v.closureOffset === 0 || v.declLine !== frame.line || func === null || regs.thread === null) return 0;
		const unit = this.program.binary.unitOfFunc(func);
		const slide = this.program.binary.slide;
		const rows = unit === null ? [] : this.program.binary.lines.rowsIn(unit, func.entry - slide, func.end - slide);
		const end = (rows.find((r) => r.prologueEnd)?.address ?? func.entry - slide) + slide;
		return frame.pc <= end ? Number(regs.thread.get(CONTEXT_REGISTER) ?? 0n) : 0;
	}

	/** A variable where it is now. */
	private locate(v: ScopeVariable): Variable {
		const { binary, memory } = this.program;
		const frame = this.frame as Frame;
		const type = this.actualType(binary.types.at(v.type));
		const closure = this.freshClosure(v, frame);
		if (closure !== 0) {
			const early = this.loader.variable(v.name, closure + v.closureOffset, type);
			early.declLine = v.declLine;
			return early;
		}
		const fail = (text: string): Variable => {
			const bad = new Variable(v.name, 0, type, memory);
			bad.unreadable = text;
			bad.declLine = v.declLine;
			return bad;
		};
		const pc = frame.pc - binary.slide;
		const at = v.locations.find((l) => pc >= l.low && pc < l.high);
		if (at === undefined) {
			if (v.list < 0) return fail("no location attribute Location");
			return fail(`could not find loclist entry at 0x${v.list.toString(16)} for address 0x${frame.pc.toString(16)}`);
		}
		const expr = describeExpr(at.expr, v.everywhere ? null : { list: v.list, pc: frame.pc });
		let out: Variable;
		try {
			out = this.place(v.name, type, evalLocation(at.expr, this.context(frame)), at.expr);
		} catch (e) {
			out = fail(reason(e));
		}
		out.locationExpr = expr;
		out.declLine = v.declLine;
		return out;
	}

	private context(frame: Frame): ExprContext {
		const memory = this.program.memory;
		return {
			cfa: frame.cfa,
			frameBase: frame.cfa,
			slide: this.program.binary.slide,
			register: (n) => this.register(frame, n),
			read: (address, size) => BigInt(memory.uint(address, size)),
		};
	}

	/** A register of a frame: all of them in the innermost, in others those that unwinding gave back. */
	register(frame: Frame, n: number): bigint | undefined {
		switch (n) {
			case 6:
				return BigInt(frame.regs.bp);
			case 7:
				return BigInt(frame.regs.sp);
			case 16:
				return BigInt(frame.regs.pc);
			default:
				return frame.regs.thread?.get(n);
		}
	}

	private place(name: string, type: Type, pieces: Piece[], expr: Uint8Array): Variable {
		const [only] = pieces;
		if (expr.length === 0 || only === undefined) throw new Error("empty OP stack");
		if (pieces.length === 1 && only.size < 0 && only.place.kind === "address") {
			return this.loader.variable(name, only.place.address, type);
		}
		const bytes = this.gather(pieces, type.size);
		const v = this.loader.variable(name, FAKE_BASE, type, new OverlayMemory(this.program.memory, FAKE_BASE, bytes), Flag.FakeAddress);
		return v;
	}

	/** The bytes of a value that is in registers, or in parts. */
	private gather(pieces: Piece[], size: number): Uint8Array {
		const frame = this.frame as Frame;
		const out = new Uint8Array(size);
		let at = 0;
		pieces.forEach((p, i) => {
			const want = p.size < 0 ? size : p.size;
			let bytes: Uint8Array;
			switch (p.place.kind) {
				case "address":
					bytes = this.program.memory.read(p.place.address, want);
					break;
				case "register": {
					const n = p.place.register;
					const vector = n >= 17 && n <= 32 ? frame.regs.thread?.vector(n) : undefined;
					const value = vector === undefined ? this.register(frame, n) : undefined;
					if (vector === undefined && value === undefined) throw new Error(`could not read ${want} bytes from register ${n} (size: 0)`);
					bytes = vector ?? wordBytes(value as bigint);
					break;
				}
				case "value":
					bytes = wordBytes(p.place.value);
					break;
				case "bytes":
					bytes = p.place.bytes;
					break;
				case "none":
					if (i === 0 && pieces.length === 1) throw new Error("empty OP stack");
					bytes = new Uint8Array(want);
					break;
			}
			out.set(bytes.subarray(0, Math.min(want, size - at)), at);
			at += want;
		});
		return out;
	}

	/** The type that a type parameter's shape stands for in this call. */
	private actualType(type: Type): Type {
		if (type.dictIndex < 0) return type;
		this.dict ??= this.dictionary();
		if (this.dict === 0) return type.target ?? type;
		try {
			const descriptor = this.program.memory.word(this.dict + type.dictIndex * 8);
			return this.loader.typeOfDescriptor(descriptor) ?? type.target ?? type;
		} catch (e) {
			if (!(e instanceof MemoryError)) throw e;
			return type.target ?? type;
		}
	}

	private dictionary(): number {
		const v = this.codeScope()?.variables.find((x) => x.name === DICTIONARY);
		return v === undefined ? 0 : this.wordOf(v);
	}

	// Package level.

	/** A package variable, constant or function by its full name, null when there is none. */
	global(name: string): Variable | null {
		const { binary, memory } = this.program;
		const found = binary.variableNamed(name);
		if (found !== null) {
			const type = binary.variableType(found);
			const v = this.loader.variable(name, binary.variableAddress(found), type);
			return v;
		}
		const [f] = binary.funcs.named(name);
		if (f !== undefined) {
			const v = new Variable(name, f.entry, FUNC_TYPE, memory);
			v.value = f.name;
			v.base = f.entry;
			v.loaded = true;
			return v;
		}
		const constant = binary.constantNamed(name);
		if (constant !== null) {
			const type = binary.variableType(constant);
			const v = new Variable(name, 0, type, memory);
			v.value = BigInt(binary.constantValue(constant));
			v.loaded = true;
			v.flags |= Flag.Constant;
			return v;
		}
		return null;
	}

	/** A name after a package's name or path. */
	packageMember(pkg: string, name: string): Variable | null {
		for (const path of this.program.packagePaths(pkg)) {
			const v = this.global(`${path}.${name}`);
			if (v !== null) {
				v.name = `${path}.${name}`;
				return v;
			}
		}
		return null;
	}

	/** Import path of the function's package; "" without a frame. */
	get packagePath(): string {
		const f = this.frame;
		return f === null || f.func === null ? "" : parseFuncName(f.name).pkg;
	}

	/** All package variables, loaded, in the order of debugging information. Names that the compiler made up are left out. */
	packageVariables(config: LoadConfig, filter: RegExp | null): Variable[] {
		const out: Variable[] = [];
		const entries = this.program.binary.entries("variable").sort((a, b) => a.entry - b.entry);
		for (const entry of entries) {
			if (filter !== null && !filter.test(entry.name)) continue;
			if (packageOf(entry.name) === "" && !entry.name.includes(".")) continue;
			const v = this.global(entry.name);
			if (v !== null) out.push(this.loader.load(v, config));
		}
		return out;
	}
}

const FUNC_TYPE = new Type({ name: "", kind: Kind.Func, size: 8 });

function wordBytes(v: bigint): Uint8Array {
	const b = new Uint8Array(8);
	new DataView(b.buffer).setBigUint64(0, BigInt.asUintN(64, v), true);
	return b;
}
