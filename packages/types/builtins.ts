// Calls of the predeclared functions and of those of package unsafe.

import {
	binaryOp,
	compare,
	imag,
	kindOf,
	boolVal,
	makeImag,
	makeInt,
	real,
	sign,
	stringVal,
	toFloat,
	unknown,
	type Value,
} from "#constant";
import { type Call, type Expr, exprString, Kind } from "#syntax";
import { assignment } from "./assign.ts";
import { exprList, passArguments, use } from "./call.ts";
import type { Checker } from "./checker.ts";
import { assignableTo, tparamTerms } from "./conversion.ts";
import { errorf, softErrorf } from "./errors.ts";
import { exclude, expr, exprOrType, rawExpr } from "./expr.ts";
import { formatFault } from "./format.ts";
import { index, isValidIndex } from "./index.ts";
import { SelectionKind } from "./info.ts";
import { derefStructPtr, lookupFieldOrMethod } from "./lookup.ts";
import { Mode } from "./mode.ts";
import { BuiltinId, ObjKind, TypeName, Var, VarKind } from "./objects.ts";
import { isNil, Operand, unparen } from "./operand.ts";
import {
	allOrdered,
	allString,
	asNamed,
	asTypeParam,
	defaultType,
	identical,
	isBoolean,
	isNumeric,
	isString,
	isTypeParam,
	isUntyped,
	isValid,
} from "./predicates.ts";
import { arrayPtrDeref } from "./range.ts";
import { record, recordBuiltinType, recordSelection } from "./record.ts";
import { typeOf } from "./resolve.ts";
import { alignof, offsetof, sizeof } from "./sizes.ts";
import { newTypeParam } from "./typeparam.ts";
import {
	type Basic,
	BasicKind,
	ChanDir,
	Interface,
	type MapT,
	type Named,
	Pointer,
	Signature,
	Slice,
	Tuple,
	type Type,
	TypeKind,
	Union,
	type UnionTerm,
} from "./types.ts";
import { validVarType, varType } from "./typexpr.ts";
import { commonUnder, type TypeFault, typeErrorf, typesetOf, under, underIs } from "./under.ts";
import { emptyInterface, emptyTuple, Invalid, predeclaredFuncs, Typ, universeByte } from "./universe.ts";
import { convertUntyped, matchTypes, updateExprType } from "./untyped.ts";
import { go1_17, go1_20, go1_21, go1_26, verifyVersionf } from "./version.ts";

const B = BuiltinId;
const typ = (k: BasicKind): Basic => Typ[k] as Basic;

/** A call of built-in id; x is the result. False if it is invalid. */
export function builtin(c: Checker, x: Operand, call: Call, id: number): boolean {
	const bin = predeclaredFuncs[id] as (typeof predeclaredFuncs)[number];
	if (call.hasDots && id !== B.Append) {
		errorf(c, call, "InvalidDotDotDot", "invalid operation: invalid use of ... with built-in %s", bin.name);
		use(c, ...call.args);
		return false;
	}
	// For len(x) and cap(x) it matters whether x contains calls or receives; such a call itself is none.
	const isLen = id === B.Len || id === B.Cap;
	const saved = c.env.hasCallOrRecv;
	if (isLen) c.env.hasCallOrRecv = false;

	let args: Operand[] = [];
	let nargs = call.args.length;
	if (id !== B.Make && id !== B.New && id !== B.Offsetof && id !== B.Trace) {
		args = exprList(c, call.args);
		nargs = args.length;
		const invalid = args.some((a) => a.mode === Mode.Invalid);
		if (!invalid && nargs > 0) x.copy(args[0] as Operand);
		if (invalid) {
			if (isLen) c.env.hasCallOrRecv = saved;
			return false;
		}
	}
	let ok = true;
	const fault = nargs < bin.nargs ? "not enough" : !bin.variadic && nargs > bin.nargs ? "too many" : "";
	if (fault !== "") {
		const text = "invalid operation: %s arguments for %v (expected %d, found %d)";
		errorf(c, call, "WrongArgCount", text, fault, call as Expr, bin.nargs, nargs);
		ok = false;
	} else {
		ok = (checks[id] as Check)({ c, x, call, id, name: bin.name, args });
	}
	if (isLen) c.env.hasCallOrRecv = saved;
	return ok;
}

/** What a built-in's check gets. */
interface Env {
	c: Checker;
	/** The first argument, if arguments were evaluated; becomes the result. */
	x: Operand;
	call: Call;
	id: number;
	name: string;
	args: Operand[];
}

type Check = (b: Env) => boolean;

/** The signature of this call for Info, unless it is constant. */
function recordSig(b: Env, res: Type | null, ...params: Type[]): void {
	recordBuiltinType(b.c, b.call.fun, makeSig(b.c, res, params));
}

function makeSig(c: Checker, res: Type | null, params: readonly Type[]): Signature {
	const vars = params.map((t) => new Var(VarKind.Param, 0, null, "", defaultType(t)));
	const results = res === null ? emptyTuple : new Tuple(c.ids, [new Var(VarKind.Result, 0, null, "", res)]);
	return new Signature(c.ids, null, vars.length === 0 ? emptyTuple : new Tuple(c.ids, vars), results, false);
}

const bytes = (c: Checker): Slice => new Slice(c.ids, universeByte);

function noValue(b: Env, ...params: Type[]): boolean {
	b.x.mode = Mode.NoValue;
	recordSig(b, null, ...params);
	return true;
}

function value(b: Env, type: Type, ...params: Type[]): boolean {
	b.x.mode = Mode.Value;
	b.x.type = type;
	recordSig(b, type, ...params);
	return true;
}

/** Whether all types of t's type set are byte slices or strings, and whether there is a string. */
function bytesOrString(t: Type): { ok: boolean; hasString: boolean } {
	let hasString = false;
	for (const [, u] of typesetOf(t)) {
		if (u !== null && u.kind === TypeKind.Slice && identical(u.elem, universeByte)) continue;
		if (u === null || !isString(u)) return { ok: false, hasString };
		hasString = true;
	}
	return { ok: true, hasString };
}

/** The element type common to all slice types of x's type set, or why there is none. */
function sliceElem(x: Operand): { elem: Type; err: null } | { elem: null; err: TypeFault } {
	let elem: Type | null = null;
	for (const [, u] of typesetOf(x.type)) {
		if (u === null || u.kind !== TypeKind.Slice) {
			const err = isNil(x) ? typeErrorf("argument must be a slice; have untyped nil") : typeErrorf("argument must be a slice; have %s", x);
			return { elem: null, err };
		}
		if (elem === null) elem = u.elem;
		else if (!identical(elem, u.elem)) {
			return { elem: null, err: typeErrorf("mismatched slice element types %s and %s in %s", elem, u.elem, x) };
		}
	}
	return { elem: elem ?? Invalid, err: null };
}

/** append(s S, x ...E) S, and append([]byte, string...) */
function checkAppend(b: Env): boolean {
	const { c, x, args } = b;
	const S = x.type;
	const { elem, err } = sliceElem(x);
	if (err !== null) {
		errorf(c, x, "InvalidAppend", "invalid append: %s", formatFault(c, err));
		return false;
	}
	const y = args[1];
	let sig: Signature | null = null;
	if (args.length === 2 && b.call.hasDots && y !== undefined && assignableTo(c, x, bytes(c), null) === "") {
		const kind = bytesOrString(y.type);
		if (kind.ok && kind.hasString) {
			sig = makeSig(c, S, [S, y.type]);
			sig.variadic = true;
		}
	}
	if (sig === null) {
		sig = makeSig(c, S, [S, new Slice(c.ids, elem)]);
		sig.variadic = true;
		passArguments(c, b.call, sig, [], [], args);
	}
	recordBuiltinType(c, b.call.fun, sig);
	x.mode = Mode.Value;
	x.type = S;
	return true;
}

/** Whether values of type u have a length (or capacity). */
function measurable(u: Type | null, id: number): boolean {
	if (u === null) return false;
	const t = arrayPtrDeref(u);
	switch (t.kind) {
		case TypeKind.Basic:
			return isString(t) && id === B.Len;
		case TypeKind.Array:
		case TypeKind.Slice:
		case TypeKind.Chan:
			return true;
		case TypeKind.Map:
			return id === B.Len;
		default:
			return false;
	}
}

/** len(x), cap(x) */
function checkLen(b: Env): boolean {
	const { c, x, id } = b;
	const u = under(x.type);
	const t = arrayPtrDeref(u);
	const ok = isTypeParam(x.type) ? underIs(x.type, (v) => measurable(v, id)) : measurable(u, id);
	if (!ok) {
		if (isValid(u)) errorf(c, x, id === B.Len ? "InvalidLen" : "InvalidCap", "invalid argument: %s for built-in %s", x, b.name);
		return false;
	}
	const argType = x.type;
	let val: Value | null = null;
	if (t.kind === TypeKind.Basic && x.mode === Mode.Constant) val = makeInt(stringVal(x.val as Value).length);
	// spec: "The expressions len(s) and cap(s) are constants if the type of s is an array or pointer to an array and
	// the expression s does not contain channel receives or function calls."
	if (t.kind === TypeKind.Array && !isTypeParam(argType) && !c.env.hasCallOrRecv) val = t.len >= 0 ? makeInt(t.len) : unknown;
	x.mode = val === null ? Mode.Value : Mode.Constant;
	x.type = typ(BasicKind.Int);
	x.val = val;
	if (val === null) recordSig(b, typ(BasicKind.Int), argType);
	return true;
}

function checkClear(b: Env): boolean {
	const { c, x } = b;
	verifyVersionf(c, b.call.fun, go1_21, "clear");
	const ok = underIs(x.type, (u) => {
		if (u !== null && (u.kind === TypeKind.Map || u.kind === TypeKind.Slice)) return true;
		errorf(c, x, "InvalidClear", "invalid argument: cannot clear %s: argument must be (or constrained by) map or slice", x);
		return false;
	});
	return ok && noValue(b, x.type);
}

function checkClose(b: Env): boolean {
	const { c, x } = b;
	const ok = underIs(x.type, (u) => {
		if (u === null || u.kind !== TypeKind.Chan) {
			errorf(c, x, "InvalidClose", "invalid operation: cannot close non-channel %s", x);
			return false;
		}
		if (u.dir === ChanDir.RecvOnly) {
			errorf(c, x, "InvalidClose", "invalid operation: cannot close receive-only channel %s", x);
			return false;
		}
		return true;
	});
	return ok && noValue(b, x.type);
}

/** f applied to x's type, or to all types of its type set; null if f is not defined for one. */
function applyTypeFunc(b: Env, f: (t: Type) => Type | null): Type | null {
	const { c, x } = b;
	const tp = asTypeParam(x.type);
	if (tp === null) return f(x.type);
	const terms: UnionTerm[] = [];
	const ok = tparamTerms(tp, (t) => {
		const r = t === null ? null : f(t.type);
		if (t === null || r === null) return false;
		terms.push({ tilde: t.tilde, type: r });
		return true;
	});
	if (!ok) return null;
	const code = b.id === B.Real ? "InvalidReal" : b.id === B.Imag ? "InvalidImag" : "InvalidComplex";
	softErrorf(c, x, code, "%s not supported as argument to built-in %s for go1.18 (see go.dev/issue/50937)", x, b.name);
	// A type parameter with the resulting types stands for the result.
	const obj = new TypeName(0, c.pkg, tp.obj.name, null);
	const bound = new Interface(c.ids, [], [new Union(c.ids, terms)]);
	bound.complete = true;
	const p = newTypeParam(c.ids, obj, bound);
	p.index = tp.index;
	return p;
}

function mapBasic(pairs: readonly (readonly [BasicKind, BasicKind])[]): (t: Type) => Type | null {
	return (t) => {
		const u = under(t);
		if (u.kind !== TypeKind.Basic) return null;
		const found = pairs.find(([from]) => from === u.basic);
		return found === undefined ? null : typ(found[1]);
	};
}

const complexOf = mapBasic([
	[BasicKind.Float32, BasicKind.Complex64],
	[BasicKind.Float64, BasicKind.Complex128],
	[BasicKind.UntypedFloat, BasicKind.UntypedComplex],
]);
const partOf = mapBasic([
	[BasicKind.Complex64, BasicKind.Float32],
	[BasicKind.Complex128, BasicKind.Float64],
	[BasicKind.UntypedComplex, BasicKind.UntypedFloat],
]);

/** complex(x, y F) C */
function checkComplex(b: Env): boolean {
	const { c, x } = b;
	const y = b.args[1] as Operand;
	const ux = isUntyped(x.type);
	const uy = isUntyped(y.type);
	if (ux && !uy) convertUntyped(c, x, y.type);
	else if (!ux && uy) convertUntyped(c, y, x.type);
	else if (ux && uy) {
		if (x.mode === Mode.Constant && y.mode === Mode.Constant) {
			// Untyped constants without imaginary part are floats.
			for (const z of [x, y]) if (isNumeric(z.type) && sign(imag(z.val as Value)) === 0) z.type = typ(BasicKind.UntypedFloat);
		} else {
			// Untyped but not constant: shifts, which become float64 (and are refused).
			convertUntyped(c, x, typ(BasicKind.Float64));
			convertUntyped(c, y, typ(BasicKind.Float64));
		}
	}
	if (x.mode === Mode.Invalid || y.mode === Mode.Invalid) return false;
	if (!identical(x.type, y.type)) {
		errorf(c, x, "InvalidComplex", "invalid operation: %v (mismatched types %s and %s)", b.call as Expr, x.type, y.type);
		return false;
	}
	const res = applyTypeFunc(b, complexOf);
	if (res === null) {
		errorf(c, x, "InvalidComplex", "invalid argument: arguments have type %s, expected floating-point", x.type);
		return false;
	}
	const argType = x.type;
	if (x.mode === Mode.Constant && y.mode === Mode.Constant) {
		x.val = binaryOp(toFloat(x.val as Value), "+", makeImag(toFloat(y.val as Value)));
	} else {
		x.mode = Mode.Value;
		recordSig(b, res, argType, argType);
	}
	x.type = res;
	return true;
}

/** real(x), imag(x) */
function checkPart(b: Env): boolean {
	const { c, x, id } = b;
	if (isUntyped(x.type)) {
		if (x.mode === Mode.Constant) {
			if (isNumeric(x.type)) x.type = typ(BasicKind.UntypedComplex);
		} else {
			convertUntyped(c, x, typ(BasicKind.Complex128));
			if ((x.mode as Mode) === Mode.Invalid) return false;
		}
	}
	const res = applyTypeFunc(b, partOf);
	if (res === null) {
		errorf(c, x, id === B.Real ? "InvalidReal" : "InvalidImag", "invalid argument: argument has type %s, expected complex type", x.type);
		return false;
	}
	if (x.mode === Mode.Constant) x.val = id === B.Real ? real(x.val as Value) : imag(x.val as Value);
	else {
		x.mode = Mode.Value;
		recordSig(b, res, x.type);
	}
	x.type = res;
	return true;
}

/** copy(dst, src []E) int, copy([]byte, string) int */
function checkCopy(b: Env): boolean {
	const { c, x } = b;
	const y = b.args[1] as Operand;
	const special = assignableTo(c, x, bytes(c), null) === "" && bytesOrString(y.type).ok;
	if (!special) {
		const dst = sliceElem(x);
		if (dst.err !== null) {
			errorf(c, x, "InvalidCopy", "invalid copy: %s", formatFault(c, dst.err));
			return false;
		}
		const src = sliceElem(y);
		if (src.err !== null && !allString(y.type)) {
			errorf(c, y, "InvalidCopy", "invalid copy: %s", formatFault(c, src.err));
			return false;
		}
		const srcElem = src.elem ?? universeByte;
		if (!identical(dst.elem, srcElem)) {
			const text = "invalid copy: arguments %s and %s have different element types %s and %s";
			errorf(c, x, "InvalidCopy", text, x, y, dst.elem, srcElem);
			return false;
		}
	}
	return value(b, typ(BasicKind.Int), x.type, y.type);
}

/** delete(map, key) */
function checkDelete(b: Env): boolean {
	const { c, x } = b;
	const map = x.type;
	let key: Type | null = null;
	const ok = underIs(map, (u) => {
		if (u === null || u.kind !== TypeKind.Map) {
			errorf(c, x, "InvalidDelete", "invalid argument: %s is not a map", x);
			return false;
		}
		if (key !== null && !identical(u.key, key)) {
			errorf(c, x, "InvalidDelete", "invalid argument: maps of %s must have identical key types", x);
			return false;
		}
		key = (u as MapT).key;
		return true;
	});
	if (!ok || key === null) return false;
	x.copy(b.args[1] as Operand);
	assignment(c, x, key, "argument to delete");
	return x.mode !== Mode.Invalid && noValue(b, map, key);
}

/** make(T, sizes…) */
function checkMake(b: Env): boolean {
	const { c, x, call } = b;
	const arg0 = call.args[0] as Expr;
	const T = varType(c, arg0);
	if (!isValid(T)) return false;
	const { type: u, err } = commonUnder(T, (_, t) => {
		if (t === null) return typeErrorf("no specific type");
		if (t.kind === TypeKind.Slice || t.kind === TypeKind.Map || t.kind === TypeKind.Chan) return null;
		return typeErrorf("type must be slice, map, or channel");
	});
	if (err !== null) {
		errorf(c, arg0, "InvalidMake", "invalid argument: cannot make %s: %s", arg0, formatFault(c, err));
		return false;
	}
	const min = u.kind === TypeKind.Slice ? 2 : 1;
	const n = call.args.length;
	if (n < min || min + 1 < n) {
		const text = "invalid operation: %v expects %d or %d arguments; found %d";
		errorf(c, call, "WrongArgCount", text, call as Expr, min, min + 1, n);
		return false;
	}
	const types: Type[] = [T];
	const sizes: number[] = [];
	for (const arg of call.args.slice(1)) {
		const { type, val } = index(c, arg, -1);
		types.push(type);
		if (val >= 0) sizes.push(val);
	}
	const [len, cap] = sizes;
	if (len !== undefined && cap !== undefined && len > cap) {
		errorf(c, call.args[1] as Expr, "SwappedMakeArgs", "invalid argument: length and capacity swapped");
		// The call is valid otherwise.
	}
	x.expr = null;
	return value(b, T, ...types);
}

/** min(x, y…), max(x, y…) */
function checkMinMax(b: Env): boolean {
	const { c, x, args } = b;
	verifyVersionf(c, b.call.fun, go1_21, "built-in %s", b.name);
	const op = b.id === B.Max ? ">" : "<";
	for (let i = 0; i < args.length; i++) {
		const a = args[i] as Operand;
		if (a.mode === Mode.Invalid) return false;
		if (!allOrdered(a.type)) {
			errorf(c, a, "InvalidMinMaxOperand", "invalid argument: %s cannot be ordered", a);
			return false;
		}
		if (i === 0) continue;
		matchTypes(c, x, a);
		if (x.mode === Mode.Invalid) return false;
		if (!identical(x.type, a.type)) {
			const text = "invalid argument: mismatched types %s (previous argument) and %s (type of %s)";
			errorf(c, a, "MismatchedTypes", text, x.type, a.type, a.expr);
			return false;
		}
		if (x.mode === Mode.Constant && (a.mode as Mode) === Mode.Constant) {
			if (compare(a.val as Value, op, x.val as Value)) x.copy(a);
		} else {
			x.mode = Mode.Value;
		}
	}
	// Without a constant result, untyped operands (shifts) get their default type.
	if (x.mode !== Mode.Constant) {
		x.mode = Mode.Value;
		assignment(c, x, emptyInterface, `argument to built-in ${b.name}`);
		if ((x.mode as Mode) === Mode.Invalid) return false;
	}
	for (const a of args) updateExprType(c, a.expr, x.type, true);
	if (x.mode !== Mode.Constant) recordSig(b, x.type, ...args.map(() => x.type));
	return true;
}

/** new(T), new(value) */
function checkNew(b: Env): boolean {
	const { c, x } = b;
	const arg = b.call.args[0] as Expr;
	exprOrType(c, x, arg, false);
	exclude(c, x, (1 << Mode.NoValue) | (1 << Mode.Builtin));
	if (x.mode === Mode.Invalid) return false;
	if (x.mode === Mode.TypExpr) validVarType(c, arg, x.type);
	else {
		if (isUntyped(x.type)) {
			assignment(c, x, null, "argument to new");
			if ((x.mode as Mode) === Mode.Invalid) return false;
		}
		verifyVersionf(c, b.call.fun, go1_26, "new(%s)", arg);
	}
	const T = x.type;
	return value(b, new Pointer(c.ids, T), T);
}

function checkPanic(b: Env): boolean {
	const { c, x } = b;
	// Calls of panic are terminating statements.
	if (c.env.sig !== null && c.env.sig.results.vars.length > 0) {
		c.env.isPanic ??= new Set();
		c.env.isPanic.add(b.call);
	}
	assignment(c, x, emptyInterface, "argument to panic");
	return (x.mode as Mode) !== Mode.Invalid && noValue(b, emptyInterface);
}

function checkPrint(b: Env): boolean {
	for (const a of b.args) {
		assignment(b.c, a, null, `argument to built-in ${b.name}`);
		if (a.mode === Mode.Invalid) return false;
	}
	return noValue(b, ...b.args.map((a) => a.type));
}

// ---- package unsafe ----

/** unsafe.Add(ptr Pointer, len IntegerType) Pointer */
function checkAdd(b: Env): boolean {
	const { c, x } = b;
	verifyVersionf(c, b.call.fun, go1_17, "unsafe.Add");
	assignment(c, x, typ(BasicKind.UnsafePointer), "argument to unsafe.Add");
	if ((x.mode as Mode) === Mode.Invalid) return false;
	const y = b.args[1] as Operand;
	if (!isValidIndex(c, y, "InvalidUnsafeAdd", "length", true)) return false;
	return value(b, typ(BasicKind.UnsafePointer), typ(BasicKind.UnsafePointer), y.type);
}

/** Whether the size of t depends on a type parameter. */
function hasVarSize(t: Type, seen: Map<Named, boolean>): boolean {
	const named = asNamed(t);
	if (named !== null) {
		const known = seen.get(named);
		if (known !== undefined) return known;
		seen.set(named, true); // possibly cyclic until proven otherwise
	}
	const u = under(t);
	let result = false;
	if (u.kind === TypeKind.Array) result = hasVarSize(u.elem, seen);
	else if (u.kind === TypeKind.Struct) result = u.fields.some((f) => hasVarSize(typeOf(f), seen));
	else if (u.kind === TypeKind.Interface) result = isTypeParam(t);
	if (named !== null) seen.set(named, result);
	return result;
}

/** A uintptr, constant unless the size of `sized` varies. */
function uintptr(b: Env, sized: Type, param: Type, compute: () => number): boolean {
	const { c, x } = b;
	if (hasVarSize(sized, new Map())) return value(b, typ(BasicKind.Uintptr), param);
	const n = compute();
	if (n < 0) {
		errorf(c, x, "TypeTooLarge", "%s is too large", x);
		return false;
	}
	x.mode = Mode.Constant;
	x.val = makeInt(n);
	x.type = typ(BasicKind.Uintptr);
	return true;
}

/** unsafe.Alignof(x), unsafe.Sizeof(x) */
function checkSizeof(b: Env): boolean {
	const { c, x } = b;
	assignment(c, x, null, `argument to unsafe.${b.name}`);
	if ((x.mode as Mode) === Mode.Invalid) return false;
	const t = x.type;
	return uintptr(b, t, t, () => (b.id === B.Sizeof ? sizeof(t) : alignof(t)));
}

/** unsafe.Offsetof(x.f) */
function checkOffsetof(b: Env): boolean {
	const { c, x } = b;
	const arg = b.call.args[0] as Expr;
	const sel = unparen(arg);
	if (sel.kind !== Kind.Selector) {
		errorf(c, arg, "BadOffsetofSyntax", "invalid argument: %s is not a selector expression", arg);
		use(c, arg);
		return false;
	}
	expr(c, null, x, sel.x);
	if (x.mode === Mode.Invalid) return false;
	const base = derefStructPtr(x.type);
	const name = sel.sel.name;
	const { obj, index: path, indirect } = lookupFieldOrMethod(base, false, c.pkg, name, false);
	if (obj === null) {
		errorf(c, x, "MissingFieldOrMethod", "invalid argument: %s has no single field %s", base, name);
		return false;
	}
	if (obj.kind === ObjKind.Func) {
		errorf(c, arg, "InvalidOffsetof", "invalid argument: %s is a method value", arg);
		return false;
	}
	if (indirect) {
		errorf(c, x, "InvalidOffsetof", "invalid argument: field %s is embedded via a pointer in %s", name, base);
		return false;
	}
	recordSelection(c, sel, SelectionKind.FieldVal, base, obj, path as number[], false);
	const field = new Operand();
	field.mode = x.mode === Mode.Variable ? Mode.Variable : Mode.Value;
	field.expr = sel;
	field.type = typeOf(obj);
	record(c, field);
	return uintptr(b, base, typeOf(obj), () => offsetof(base, path as number[]));
}

/** unsafe.Slice(ptr *T, len IntegerType) []T */
function checkUnsafeSlice(b: Env): boolean {
	const { c, x } = b;
	verifyVersionf(c, b.call.fun, go1_17, "unsafe.Slice");
	const ptr = commonUnder(x.type, null).type;
	if (ptr === null || ptr.kind !== TypeKind.Pointer) {
		errorf(c, x, "InvalidUnsafeSlice", "invalid argument: %s is not a pointer", x);
		return false;
	}
	const y = b.args[1] as Operand;
	if (!isValidIndex(c, y, "InvalidUnsafeSlice", "length", false)) return false;
	return value(b, new Slice(c.ids, ptr.elem), ptr, y.type);
}

/** unsafe.SliceData(slice []T) *T */
function checkSliceData(b: Env): boolean {
	const { c, x } = b;
	verifyVersionf(c, b.call.fun, go1_20, "unsafe.SliceData");
	const s = commonUnder(x.type, null).type;
	if (s === null || s.kind !== TypeKind.Slice) {
		errorf(c, x, "InvalidUnsafeSliceData", "invalid argument: %s is not a slice", x);
		return false;
	}
	return value(b, new Pointer(c.ids, s.elem), s);
}

/** unsafe.String(ptr *byte, len IntegerType) string */
function checkUnsafeString(b: Env): boolean {
	const { c, x } = b;
	verifyVersionf(c, b.call.fun, go1_20, "unsafe.String");
	const ptr = new Pointer(c.ids, universeByte);
	assignment(c, x, ptr, "argument to unsafe.String");
	if ((x.mode as Mode) === Mode.Invalid) return false;
	const y = b.args[1] as Operand;
	if (!isValidIndex(c, y, "InvalidUnsafeString", "length", false)) return false;
	return value(b, typ(BasicKind.String), ptr, y.type);
}

/** unsafe.StringData(str string) *byte */
function checkStringData(b: Env): boolean {
	const { c, x } = b;
	verifyVersionf(c, b.call.fun, go1_20, "unsafe.StringData");
	assignment(c, x, typ(BasicKind.String), "argument to unsafe.StringData");
	if ((x.mode as Mode) === Mode.Invalid) return false;
	return value(b, new Pointer(c.ids, universeByte), typ(BasicKind.String));
}

// ---- testing support ----

/** assert(pred) */
function checkAssert(b: Env): boolean {
	const { c, x } = b;
	if (x.mode !== Mode.Constant || !isBoolean(x.type)) {
		errorf(c, x, "Test", "invalid argument: %s is not a boolean constant", x);
		return false;
	}
	const val = x.val as Value;
	if (kindOf(val) !== 1) {
		errorf(c, x, "Test", "internal error: value of %s should be a boolean constant", x);
		return false;
	}
	if (!boolVal(val)) errorf(c, b.call, "Test", "%s failed", exprString(b.call));
	return true;
}

/** trace(x, y…) is x. */
function checkTrace(b: Env): boolean {
	const { c, x, call } = b;
	if (call.args.length === 0) {
		x.mode = Mode.NoValue;
		return true;
	}
	call.args.forEach((arg, i) => rawExpr(c, null, i === 0 ? x : new Operand(), arg, null, false));
	return x.mode !== Mode.Invalid;
}

const checks: Readonly<Record<number, Check>> = {
	[B.Append]: checkAppend,
	[B.Cap]: checkLen,
	[B.Clear]: checkClear,
	[B.Close]: checkClose,
	[B.Complex]: checkComplex,
	[B.Copy]: checkCopy,
	[B.Delete]: checkDelete,
	[B.Imag]: checkPart,
	[B.Len]: checkLen,
	[B.Make]: checkMake,
	[B.Max]: checkMinMax,
	[B.Min]: checkMinMax,
	[B.New]: checkNew,
	[B.Panic]: checkPanic,
	[B.Print]: checkPrint,
	[B.Println]: checkPrint,
	[B.Real]: checkPart,
	[B.Recover]: (b) => value(b, emptyInterface),
	[B.Add]: checkAdd,
	[B.Alignof]: checkSizeof,
	[B.Offsetof]: checkOffsetof,
	[B.Sizeof]: checkSizeof,
	[B.Slice]: checkUnsafeSlice,
	[B.SliceData]: checkSliceData,
	[B.String]: checkUnsafeString,
	[B.StringData]: checkStringData,
	[B.Assert]: checkAssert,
	[B.Trace]: checkTrace,
};
