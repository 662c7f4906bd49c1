// Evaluating expressions: text is parsed and compiled once to closures over a scope, which conditions run at every hit.

import { Kind, kindName, pointerTo } from "#bininfo";
import { makeFromLiteral, type Value as Constant, Kind as ConstKind, kindOf, bigVal, float64Val, stringVal, real, imag } from "#constant";
import { type Expr, exprString, Kind as Node, LitKind, Op, opText, unparen } from "#syntax";
import { type Allocate, assign, NO_ALLOCATION } from "./assign.ts";
import { builtin } from "./builtins.ts";
import { convert, typeOfExpr } from "./convert.ts";
import { index, reslice } from "./indexing.ts";
import { compileLiteralOf, materialize } from "./literal.ts";
import { isDirect, type Loader, reason } from "./load.ts";
import { select } from "./members.ts";
import { binaryOp, NilVariable, unaryOp, untyped } from "./operators.ts";
import { EvalError, EvalInterrupt, parseExpression } from "./parse.ts";
import { registerVariable } from "./registers.ts";
import type { EvalScope } from "./scope.ts";
import { type LoadConfig, setText, shallowLoad, Variable } from "./variable.ts";

/** What expressions may ask of the debugger beyond the program. */
export interface EvalHooks {
	/** Hits of a breakpoint by name or number: delve.bphitcount["x"]. */
	hitCounts?: (name: string) => bigint | undefined;
	threadId?: number;
	/** Calls a function of the program; absent = not allowed here. */
	call?: (f: Variable, args: readonly Argument[], funText: string) => Variable[];
	/** Gives memory of the program to literals; absent = not allowed here. */
	allocate?: Allocate;
}

export interface Argument {
	value: Variable;
	text: string;
}

/** What a call of a function with none or several results gives: they are its parts. */
export class Results extends Variable {}

/** A compiled expression. */
export type Program1 = (scope: EvalScope, hooks: EvalHooks, config: LoadConfig) => Variable;

const NO_CALLS = "function calls not allowed without using 'call'";
const PSEUDO = "delve";

/** An expression to be evaluated in many scopes. Throws EvalError when it cannot be parsed. */
export class Expression {
	readonly text: string;
	private readonly code: Program1;

	constructor(text: string) {
		this.text = text;
		this.code = compile(parseExpression(text));
	}

	/** The value, loaded as deep as config says. Throws EvalError. */
	evaluate(scope: EvalScope, config: LoadConfig, hooks: EvalHooks = {}): Variable {
		const v = this.run(scope, config, hooks);
		if (!v.loaded) scope.loader.load(v, config);
		if (v.name === "") v.name = this.text;
		return v;
	}

	/** The value, not loaded deeper than it had to be. */
	run(scope: EvalScope, config: LoadConfig, hooks: EvalHooks = {}): Variable {
		try {
			return this.code(scope, hooks, config);
		} catch (e) {
			if (e instanceof EvalError || e instanceof EvalInterrupt) throw e;
			throw new EvalError(reason(e));
		}
	}
}

/** Evaluates text once. Throws EvalError. */
export function evaluate(text: string, scope: EvalScope, config: LoadConfig, hooks: EvalHooks = {}): Variable {
	return new Expression(text).evaluate(scope, config, hooks);
}

/** Sets a variable to the value of an expression. Throws EvalError. */
export function setVariable(target: string, value: string, scope: EvalScope, hooks: EvalHooks = {}): void {
	const to = new Expression(target).run(scope, shallowLoad, hooks);
	const from = new Expression(value).run(scope, shallowLoad, hooks);
	if (to.address === 0) throw new EvalError(`Can not assign to ${JSON.stringify(target)}`);
	if (from.kind === Kind.String && from.type === null && from.len > 0 && hooks.allocate === undefined) throw new EvalError(NO_ALLOCATION);
	if (to.unreadable !== "") throw new EvalError(`Expression ${JSON.stringify(target)} is unreadable: ${to.unreadable}`);
	assign(scope.loader, to, from, value, hooks.allocate ?? null);
}

function compile(x: Expr): Program1 {
	switch (x.kind) {
		case Node.Paren:
			return compile(x.x);
		case Node.Name:
			return compileName(x.name);
		case Node.BasicLit:
			return compileLiteral(x.lit, x.text);
		case Node.Selector:
			return compileSelector(x.x, x.sel.name, exprString(x.x));
		case Node.Index: {
			const of = compile(x.x);
			if (x.x.kind === Node.Selector && x.x.x.kind === Node.Name && x.x.x.name === PSEUDO && x.x.sel.name === "bphitcount") {
				return hitCount(compile(x.index));
			}
			const by = compile(x.index);
			return (s, h, c) => index(s.loader, of(s, h, c), by(s, h, c), exprString(x.x));
		}
		case Node.SliceExpr: {
			if (x.full) throw new EvalError("3-index slice expressions not supported");
			const of = compile(x.x);
			const lo = x.lo === null ? null : compile(x.lo);
			const hi = x.hi === null ? null : compile(x.hi);
			return (s, h, c) => reslice(s.loader, of(s, h, c), lo?.(s, h, c) ?? null, hi?.(s, h, c) ?? null, exprString(x.x));
		}
		case Node.Assert:
			return compileAssert(x.x, x.type);
		case Node.Unary:
			return compileUnary(x.op, x.x);
		case Node.Binary:
			return compileBinary(x.op, x.x, x.y);
		case Node.Call:
			return compileCall(x.fun, x.args);
		case Node.CompositeLit:
			return compileLiteralOf(x, compile);
		case Node.FuncLit:
			throw new EvalError("expression *ast.FuncLit not implemented");
		case Node.ArrayType:
		case Node.SliceType:
			throw new EvalError("expression *ast.ArrayType not implemented");
		case Node.StructType:
			throw new EvalError("expression *ast.StructType not implemented");
		case Node.MapType:
			throw new EvalError("expression *ast.MapType not implemented");
		case Node.FuncType:
			throw new EvalError("expression *ast.FuncType not implemented");
		case Node.ChanType:
			throw new EvalError("expression *ast.ChanType not implemented");
		case Node.InterfaceType:
			throw new EvalError("expression *ast.InterfaceType not implemented");
		default:
			throw new EvalError(`expression ${exprString(x)} not implemented`);
	}
}

// Names and literals.

function compileName(name: string): Program1 {
	return (s) => {
		const local = s.local(name);
		if (local !== null) return local;
		if (s.frame !== null && s.packagePath !== "") {
			const v = s.global(`${s.packagePath}.${name}`);
			if (v !== null) {
				v.name = name;
				return v;
			}
		}
		switch (name) {
			case "true":
			case "false":
				return untyped(s.loader, name === "true");
			case "nil":
				return nil(s.loader);
		}
		const register = registerVariable(s, name);
		if (register !== null) return register;
		throw new EvalError(`could not find symbol value for ${name}`);
	};
}

function nil(loader: Loader): Variable {
	const v = new NilVariable("nil", 0, null, loader.program.memory);
	v.kind = Kind.Pointer;
	v.loaded = true;
	return v;
}

function compileLiteral(lit: LitKind, text: string): Program1 {
	const value = makeFromLiteral(text, lit);
	return (s) => {
		const v = untyped(s.loader, constantValue(value));
		if (typeof v.value === "string") setText(v, v.value);
		v.name = text;
		return v;
	};
}

function constantValue(c: Constant): Variable["value"] {
	switch (kindOf(c)) {
		case ConstKind.Int:
			return bigVal(c);
		case ConstKind.Float:
			return float64Val(c);
		case ConstKind.Complex:
			return [float64Val(real(c)), float64Val(imag(c))];
		case ConstKind.String: {
			const bytes = Uint8Array.from(stringVal(c), (x) => x.charCodeAt(0));
			return new TextDecoder().decode(bytes);
		}
		default:
			throw new EvalError("malformed literal");
	}
}

// Selectors.

function compileSelector(x: Expr, sel: string, text: string): Program1 {
	if (x.kind === Node.Name) {
		const pseudo = pseudoVariable(x.name, sel);
		if (pseudo !== null) return pseudo;
		const of = compileName(x.name);
		return (s, h, c) => {
			// A variable hides a package of its name.
			const local = s.local(x.name);
			if (local === null) {
				const member = s.packageMember(x.name, sel);
				if (member !== null) return member;
			}
			return select(s.loader, local ?? found(() => of(s, h, c), `${x.name}.${sel}`), sel, text);
		};
	}
	if (x.kind === Node.BasicLit && x.lit === LitKind.String) {
		const path = JSON.parse(`"${x.text.slice(1, -1)}"`) as string;
		return (s) => {
			const v = s.packageMember(path, sel);
			if (v === null) throw new EvalError(`could not find symbol ${path}.${sel}`);
			return v;
		};
	}
	const frame = frameCall(x);
	if (frame >= 0) {
		return (s) => {
			const outer = s.outer(frame);
			const v = outer?.local(sel) ?? null;
			if (v === null) throw new EvalError(`could not find symbol value for ${sel}`);
			return v;
		};
	}
	const of = compile(x);
	return (s, h, c) => select(s.loader, of(s, h, c), sel, text);
}

/** What a name stands for; the error is about all of the expression. */
function found(get: () => Variable, whole: string): Variable {
	try {
		return get();
	} catch (e) {
		if (e instanceof EvalError) throw new EvalError(`could not find symbol ${whole}`);
		throw e;
	}
}

/** N of runtime.frame(N), -1 for anything else. */
function frameCall(x: Expr): number {
	if (x.kind !== Node.Call || x.fun.kind !== Node.Selector || x.fun.x.kind !== Node.Name) return -1;
	if (x.fun.x.name !== "runtime" || x.fun.sel.name !== "frame") return -1;
	if (x.args.length !== 1) throw new EvalError("wrong number of arguments for runtime.frame");
	const [n] = x.args;
	if (n.kind !== Node.BasicLit || !/^\d+$/.test(n.text)) throw new EvalError(`expected integer value for frame, got ${exprString(n)}`);
	return Number(n.text);
}

function pseudoVariable(pkg: string, name: string): Program1 | null {
	if (pkg === PSEUDO && name === "bphitcount") return () => untyped(null as never, 0n);
	if (pkg !== "runtime") return null;
	switch (name) {
		case "curg":
			return (s) => {
				const type = s.program.binary.typeNamed("runtime.g");
				if (type === null) throw new EvalError("could not find runtime.g: could not find type");
				const v = s.loader.variable("curg", s.goroutine?.address ?? 0, type);
				if (s.goroutine === null) v.unreadable = "no goroutine";
				return v;
			};
		case "frameoff":
			return (s) => untyped(s.loader, BigInt((s.frame?.cfa ?? 0) - (s.frame?.stackHi ?? 0)));
		case "threadid":
			return (s, h) => untyped(s.loader, BigInt(h.threadId ?? s.goroutine?.thread?.id ?? 0));
		case "rangeParentOffset":
			return (s) => untyped(s.loader, BigInt(s.parentOffset));
		default:
			return null;
	}
}

function hitCount(by: Program1): Program1 {
	return (s, h, c) => {
		const key = by(s, h, c);
		const name = String(key.value);
		const n = h.hitCounts?.(name);
		if (n === undefined) throw new EvalError(`could not find breakpoint named ${JSON.stringify(name)}`);
		return untyped(s.loader, n);
	};
}

// Operators.

function compileUnary(op: Op, x: Expr): Program1 {
	const text = exprString(x);
	const of = compile(x);
	switch (op) {
		case Op.Mul:
			return (s, h, c) => dereference(s.loader, of(s, h, c), text);
		case Op.And:
			return (s, h, c) => {
				const v = of(s, h, c);
				if (unparen(x).kind !== Node.CompositeLit || v.type === null) return addressOf(s.loader, v, text);
				return addressOf(s.loader, s.loader.variable("", materialize(v, v.type, h), v.type), text);
			};
		case Op.Recv:
			return () => {
				throw new EvalError(`operator <- can not be applied to "${text}"`);
			};
		default:
			return (s, h, c) => unaryOp(s.loader, op, of(s, h, c), text);
	}
}

/** *x. */
export function dereference(loader: Loader, v: Variable, text: string): Variable {
	if (v.kind !== Kind.Pointer || v.type === null) {
		if (v instanceof NilVariable) throw new EvalError("nil can not be dereferenced");
		throw new EvalError(`expression "${text}" (${v.type?.name ?? kindName(v.kind)}) can not be dereferenced`);
	}
	if (v.unreadable !== "") throw new EvalError(`couldn't read pointer: ${v.unreadable}`);
	if (v.children.length === 1 && v.loaded) {
		const [child] = v.children;
		child.onlyAddr = false;
		return child;
	}
	const out = loader.deref(v);
	if (out.unreadable !== "") throw new EvalError(`couldn't read pointer: ${out.unreadable}`);
	if (out.address === 0) throw new EvalError("nil pointer dereference");
	return out;
}

/** &x. */
function addressOf(loader: Loader, v: Variable, text: string): Variable {
	if (v.address === 0 || v.type === null) throw new EvalError(`can not take address of "${text}"`);
	v.onlyAddr = true;
	const type = loader.program.binary.typeNamed(`*${v.type.name}`) ?? pointerTo(v.type);
	const out = new Variable("", 0, type, loader.program.memory);
	out.children = [v];
	out.value = BigInt(v.address);
	out.loaded = true;
	out.len = 1;
	return out;
}

function compileBinary(op: Op, x: Expr, y: Expr): Program1 {
	const a = compile(x);
	const b = compile(y);
	const xText = exprString(x);
	const yText = exprString(y);
	if (op === Op.AndAnd || op === Op.OrOr) {
		return (s, h, c) => {
			const left = truth(s.loader, a(s, h, c), xText);
			if (left === (op === Op.OrOr)) return untyped(s.loader, left);
			return untyped(s.loader, truth(s.loader, b(s, h, c), yText));
		};
	}
	if (opText[op] === undefined || op < Op.OrOr) throw new EvalError(`operator ${opText[op] ?? ""} not supported`);
	return (s, h, c) => binaryOp(s.loader, op, a(s, h, c), b(s, h, c), xText, yText);
}

/** A boolean. */
export function truth(loader: Loader, v: Variable, text: string): boolean {
	loader.load(v, shallowLoad);
	if (v.unreadable !== "") throw new EvalError(v.unreadable);
	if (typeof v.value !== "boolean") throw new EvalError(`expression "${text}" should be boolean not ${kindName(v.kind)}`);
	return v.value;
}

// Type assertions, conversions, calls.

function compileAssert(x: Expr, type: Expr): Program1 {
	const of = compile(x);
	const text = exprString(x);
	const wanted = exprString(type);
	return (s, h, c) => {
		const v = of(s, h, c);
		if (v.kind !== Kind.Interface) throw new EvalError(`expression "${text}" not an interface`);
		if (v.unreadable !== "") throw new EvalError(v.unreadable);
		const { descriptor, data } = s.loader.interfaceParts(v);
		if (descriptor === 0) throw new EvalError(`interface conversion: ${v.type?.name} is nil, not ${wanted}`);
		const value = s.loader.interfaceData(v, descriptor, data);
		if (value.unreadable !== "") throw new EvalError(value.unreadable);
		// x.(data) is whatever is in it.
		if (type.kind === Node.Name && type.name === "data") return value;
		const t = typeOfExpr(s.program, type);
		if (t === null) throw new EvalError(`could not find type ${wanted}`);
		if (value.type?.name !== t.name) throw new EvalError(`interface conversion: ${v.type?.name} is ${value.type?.name}, not ${t.name}`);
		if (value.address === 0 && isDirect(t.real)) throw new EvalError("nil pointer dereference");
		return value;
	};
}

function compileCall(fun: Expr, args: Expr[]): Program1 {
	const f = unparen(fun);
	const call = f.kind === Node.Name ? builtin(f.name) : null;
	const compiled = args.map(compile);
	const texts = args.map(exprString);
	let callee: Program1 | null = null;
	let calleeError: unknown = null;
	try {
		callee = compile(fun);
	} catch (e) {
		calleeError = e;
	}
	return (s, h, c) => {
		if (call !== null && s.local(f.kind === Node.Name ? f.name : "") === null) {
			return call(
				s.loader,
				compiled.map((a) => a(s, h, c)),
				texts,
			);
		}
		const [first] = compiled;
		if (compiled.length === 1 && first !== undefined) {
			const t = typeOfExpr(s.program, f);
			if (t !== null) return convert(s.loader, first(s, h, c), t, texts[0] ?? "", c);
		}
		if (callee === null) throw calleeError instanceof EvalError ? calleeError : new EvalError(reason(calleeError));
		if (h.call === undefined) throw new EvalError(NO_CALLS);
		const target = callee(s, h, c);
		const results = h.call(
			target,
			compiled.map((a, i) => ({ value: a(s, h, c), text: texts[i] ?? "" })),
			exprString(fun),
		);
		const [only] = results;
		if (only !== undefined && results.length === 1) return only;
		const several = new Results("", 0, null, s.program.memory);
		several.loaded = true;
		several.children = results;
		if (only === undefined) several.unreadable = "no return values";
		return several;
	};
}
