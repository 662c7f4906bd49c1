// What a frame's code can see: parameters, locals, captured variables, package variables, constants and functions.

import { Kind, packageOf, parseFuncName, type Scope as CodeScope, type ScopeVariable, Type, inlinedAt, variablesAt } from "#bininfo";
import { evalLocation, type ExprContext, type Piece } from "#dwarf";
import { MemoryError } from "./backend.ts";
import { describeExpr } from "./locexpr.ts";
import type { Goroutine } from "./goroutines.ts";
import { type Loader, reason } from "./load.ts";
import { OverlayMemory } from "./memory.ts";
import type { Program } from "./program.ts";
import type { Frame } from "./stack.ts";
import { FAKE_BASE, Flag, type LoadConfig, Variable } from "./variable.ts";

const DICTIONARY = ".dict";
const HIDDEN: ReadonlySet<string> = new Set([DICTIONARY, ".closureptr"]);

/** A place in the program that expressions are evaluated in. */
export class EvalScope {
	readonly program: Program;
	readonly loader: Loader;
	readonly goroutine: Goroutine | null;
	/** The frame and those that called it; empty = no frame, package variables only. */
	readonly frames: readonly Frame[];
	private dict: number | undefined = undefined;

	constructor(loader: Loader, goroutine: Goroutine | null, frames: readonly Frame[]) {
		this.program = loader.program;
		this.loader = loader;
		this.goroutine = goroutine;
		this.frames = frames;
	}

	get frame(): Frame | null {
		return this.frames[0] ?? null;
	}

	/** The scope of a frame further out; null when there is none. */
	outer(n: number): EvalScope | null {
		return n < this.frames.length ? new EvalScope(this.loader, this.goroutine, this.frames.slice(n)) : null;
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

	/** Variables the frame's code sees, in the order of their declaration; inner ones come later and shadow outer ones. Not loaded. Throws Error when nothing describes the frame. */
	variables(): Variable[] {
		const f = this.frame;
		if (f === null || f.func === null) throw new Error("unable to find function context");
		if (!this.program.binary.hasDwarf) throw new Error("unable to find locals: no debug information present in binary");
		const scope = this.codeScope();
		if (scope === null) return [];
		const seen = variablesAt(scope, f.callPc - this.program.binary.slide)
			.filter((v) => v.type >= 0 && v.name !== "" && !HIDDEN.has(v.name) && !v.name.replace(/^&/, "").startsWith("#yield"))
			.filter((v) => v.param || v.declLine === 0 || f.line >= v.declLine + (v.closureOffset > 0 ? 0 : 1));
		const rank = (v: ScopeVariable): number => (v.param && v.depth === 0 ? 0 : v.depth + 1);
		const order = seen.map((v, i) => ({ v, i })).sort((a, b) => rank(a.v) - rank(b.v) || a.v.declLine - b.v.declLine || a.i - b.i);
		const out: Variable[] = [];
		const last = new Map<string, Variable>();
		for (const { v } of order) {
			const made = this.make(v);
			const hidden = last.get(made.name);
			if (hidden !== undefined) hidden.flags |= Flag.Shadowed;
			last.set(made.name, made);
			out.push(made);
		}
		return out;
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
		if (v.param) made.flags |= v.result ? Flag.ReturnArgument : Flag.Argument;
		return made;
	}

	/** Parameters and results. */
	arguments(): Variable[] {
		return this.variables().filter((v) => (v.flags & (Flag.Argument | Flag.ReturnArgument)) !== 0);
	}

	/** Other variables. */
	locals(): Variable[] {
		return this.variables().filter((v) => (v.flags & (Flag.Argument | Flag.ReturnArgument)) === 0);
	}

	/** A variable of the frame by name, the innermost one; null when there is none. */
	local(name: string): Variable | null {
		const v = this.resolve(name);
		return v === null ? null : this.make(v);
	}

	/** What a name means in the frame: how debugging information describes the innermost variable of it. */
	resolve(name: string): ScopeVariable | null {
		const f = this.frame;
		if (f === null || f.func === null || !this.program.binary.hasDwarf) return null;
		const scope = this.codeScope();
		if (scope === null) return null;
		let best: ScopeVariable | null = null;
		for (const v of variablesAt(scope, f.callPc - this.program.binary.slide)) {
			if ((v.name !== name && v.name !== `&${name}`) || v.type < 0) continue;
			if (!v.param && v.declLine !== 0 && f.line < v.declLine + (v.closureOffset > 0 ? 0 : 1)) continue;
			const rank = (x: ScopeVariable): number => (x.param && x.depth === 0 ? 0 : x.depth + 1);
			if (best === null || rank(v) > rank(best) || (rank(v) === rank(best) && v.declLine >= best.declLine)) best = v;
		}
		return best;
	}

	/** A variable where it is now. */
	private locate(v: ScopeVariable): Variable {
		const { binary, memory } = this.program;
		const frame = this.frame as Frame;
		const type = this.actualType(binary.types.at(v.type));
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
		const scope = this.codeScope();
		const v = scope?.variables.find((x) => x.name === DICTIONARY);
		if (v === undefined) return 0;
		const at = this.locate(v);
		if (at.unreadable !== "") return 0;
		try {
			return Number(
				this.loader.load(at, { followPointers: false, maxVariableRecurse: 0, maxStringLen: 0, maxArrayValues: 0, maxStructFields: 0 })
					.value ?? 0n,
			);
		} catch {
			return 0;
		}
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

	/** All package variables, loaded, by name. Names that the compiler made up are left out. */
	packageVariables(config: LoadConfig, filter: RegExp | null): Variable[] {
		const out: Variable[] = [];
		for (const entry of this.program.binary.entries("variable")) {
			if (filter !== null && !filter.test(entry.name)) continue;
			if (packageOf(entry.name) === "" && !entry.name.includes(".")) continue;
			const v = this.global(entry.name);
			if (v !== null) out.push(this.loader.load(v, config));
		}
		return out.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
	}
}

const FUNC_TYPE = new Type({ name: "", kind: Kind.Func, size: 8 });

function wordBytes(v: bigint): Uint8Array {
	const b = new Uint8Array(8);
	new DataView(b.buffer).setBigUint64(0, BigInt.asUintN(64, v), true);
	return b;
}
