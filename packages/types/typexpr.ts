// Type expressions and identifiers.

import { Kind as ConstKind, int64Val, kindOf, toInt } from "#constant";
import { type Expr, Kind, type Name, Op, startPos } from "#syntax";
import { use } from "./call.ts";
import { selector } from "./selector.ts";
import { addDeclDep, type Checker, later } from "./checker.ts";
import { representableConst } from "./const.ts";
import { objDecl } from "./decl.ts";
import { errorf, softErrorf } from "./errors.ts";
import { expr } from "./expr.ts";
import { objectKind } from "./format.ts";
import { type GenericType, instantiate, validateTArgLen, verify } from "./instantiate.ts";
import { interfaceType } from "./interface.ts";
import { Mode } from "./mode.ts";
import { recordMonoInstance } from "./mono.ts";
import { type Obj, ObjKind, type TypeName } from "./objects.ts";
import { Operand, unpackList } from "./operand.ts";
import { comparable, isGeneric, isInteger, isTypeParam, isUntyped, isValid, isValidName } from "./predicates.ts";
import { recordInstance, recordTypeAndValue } from "./record.ts";
import { funcType } from "./signature.ts";
import { structType } from "./struct.ts";
import {
	ArrayT,
	type Basic,
	BasicKind,
	Chan,
	type ChanDir,
	Interface,
	MapT,
	Pointer,
	Signature,
	Slice,
	Struct,
	type Type,
	TypeKind,
	type TypeParam,
} from "./types.ts";
import { computeInterfaceTypeSet, isMethodSet } from "./typeset.ts";
import { under } from "./under.ts";
import { emptyTuple, Invalid, Typ, Universe, universeComparable, universeIota } from "./universe.ts";
import { go1_18, verifyVersionf } from "./version.ts";

/** Resolves identifier e into x. wantType: e must denote a type, which gives better errors and detects declaration cycles. */
export function ident(c: Checker, x: Operand, e: Name, wantType: boolean): void {
	x.mode = Mode.Invalid;
	x.expr = e;
	const obj = c.env.scope.find(e.name);
	if (obj === null) {
		if (e.name === "_") errorf(c, e, "InvalidBlank", "cannot use _ as value or type");
		else if (isValidName(e.name)) errorf(c, e, "UndeclaredName", "undefined: %s", e.name);
		return;
	}
	if (obj.type === universeComparable || (obj.name === "any" && obj.parent === Universe)) {
		if (!verifyVersionf(c, e, go1_18, "predeclared %s", e.name)) return;
	}
	c.info.uses.set(e, obj);
	const isType = obj.kind === ObjKind.TypeName;
	if (wantType && !isType) {
		errorf(c, e, "NotAType", "%s (%s) is not a type", obj.name, objectKind(obj));
		if (obj.kind === ObjKind.Var && obj.pkg === c.pkg) obj.used = true;
		return;
	}
	if (obj.kind !== ObjKind.PkgName && (obj.type === null || (isType && wantType && obj.pkg === c.pkg))) objDecl(c, obj);
	if (c.dotImports.size > 0) {
		const scope = c.env.scope.lookupParent(e.name)?.scope;
		const dot = scope === undefined ? undefined : c.dotImports.get(scope)?.get(obj.name);
		if (dot !== undefined) dot.used = true;
	}
	identMode(c, x, e, obj);
}

/** What the use of obj stands for. */
function identMode(c: Checker, x: Operand, e: Name, obj: Obj): void {
	switch (obj.kind) {
		case ObjKind.PkgName:
			errorf(c, e, "InvalidPkgUse", "use of package %s not in selector", obj.name);
			return;
		case ObjKind.Const:
			addDeclDep(c, obj);
			if (!isValid(obj.type as Type)) return;
			x.val = obj.val;
			if (obj === universeIota) {
				if (c.env.iota === null) {
					errorf(c, e, "InvalidIota", "cannot use iota outside constant declaration");
					return;
				}
				x.val = c.env.iota;
			}
			x.mode = Mode.Constant;
			break;
		case ObjKind.TypeName:
			if (c.brokenAliases.has(obj)) {
				errorf(c, e, "InvalidDeclCycle", "invalid use of type alias %s in recursive type (see go.dev/issue/50729)", obj.name);
				return;
			}
			x.mode = Mode.TypExpr;
			break;
		case ObjKind.Var:
			if (obj.pkg === c.pkg) obj.used = true;
			addDeclDep(c, obj);
			if (!isValid(obj.type as Type)) return;
			x.mode = Mode.Variable;
			break;
		case ObjKind.Func:
			addDeclDep(c, obj);
			x.mode = Mode.Value;
			break;
		case ObjKind.Builtin:
			x.id = obj.id;
			x.mode = Mode.Builtin;
			break;
		case ObjKind.Nil:
			x.mode = Mode.NilValue;
			break;
		case ObjKind.Label:
			return; // labels are not in scopes of expressions
	}
	x.type = obj.type as Type;
}

/** The type that e denotes; not generic. Invalid after an error. */
export function typ(c: Checker, e: Expr): Type {
	return declaredType(c, e, null);
}

/** As typ, but not a constraint interface either. */
export function varType(c: Checker, e: Expr): Type {
	const t = typ(c, e);
	validVarType(c, e, t);
	return t;
}

/** Reports an error, later, if t is a constraint interface. */
export function validVarType(c: Checker, e: Expr, t: Type): void {
	const k = t.kind;
	if (k === TypeKind.Basic || k === TypeKind.TypeParam || k === TypeKind.Pointer || k === TypeKind.Slice || k === TypeKind.Struct) return;
	if (isTypeParam(t)) return;
	later(c, () => {
		const u = under(t);
		if (u.kind !== TypeKind.Interface) return;
		const pos = startPos(e);
		const set = computeInterfaceTypeSet(c, pos, u);
		if (isMethodSet(set)) return;
		const why = set.comparable ? "interface is (or embeds) comparable" : "interface contains type constraints";
		softErrorf(c, pos, "MisplacedConstraintIface", "cannot use type %s outside a type constraint: %s", t, why);
	});
}

/** As typ, where e is the right-hand side of the declaration of def. */
export function declaredType(c: Checker, e: Expr, def: TypeName | null): Type {
	let t = typInternal(c, e, def);
	if (isGeneric(t)) {
		errorf(c, e, "WrongTypeArgCount", "cannot use generic type %s without instantiation", t);
		t = Invalid;
	}
	recordTypeAndValue(c, e, Mode.TypExpr, t, null);
	return t;
}

/** The generic type that e denotes; Invalid if it is not one. cause says why if no error was reported. */
export function genericType(c: Checker, e: Expr): { type: Type; cause: Type | null } {
	let t = typInternal(c, e, null);
	let cause: Type | null = null;
	if (isValid(t) && !isGeneric(t)) {
		cause = t;
		t = Invalid;
	}
	recordTypeAndValue(c, e, Mode.TypExpr, t, null);
	return { type: t, cause };
}

function typInternal(c: Checker, e: Expr, def: TypeName | null): Type {
	switch (e.kind) {
		case Kind.BadExpr:
			return Invalid;
		case Kind.Name: {
			const x = new Operand();
			ident(c, x, e, true);
			return typeOperand(c, x);
		}
		case Kind.Selector: {
			const x = new Operand();
			selector(c, x, e, true);
			return typeOperand(c, x);
		}
		case Kind.Index:
			verifyVersionf(c, e, go1_18, "type instantiation");
			return instantiatedType(c, e.x, unpackList(e.index));
		case Kind.Paren:
			return declaredType(c, e.x, def);
		case Kind.ArrayType: {
			const t = new ArrayT(c.ids, Invalid, -1);
			if (e.len !== null) t.len = arrayLength(c, e.len);
			else errorf(c, e, "BadDotDotDotSyntax", "invalid use of [...] array (outside a composite literal)");
			t.elem = varType(c, e.elem);
			if (t.len < 0) return Invalid;
			c.sizedTypes.push(e);
			return t;
		}
		case Kind.SliceType: {
			const t = new Slice(c.ids, Invalid);
			t.elem = varType(c, e.elem);
			return t;
		}
		case Kind.DotsType:
			errorf(c, e, "InvalidSyntaxTree", "invalid use of ...");
			return Invalid;
		case Kind.StructType: {
			const t = new Struct(c.ids, [], []);
			structType(c, t, e);
			return t;
		}
		case Kind.Unary: {
			if (e.op !== Op.Mul) break;
			const t = new Pointer(c.ids, Invalid);
			t.elem = varType(c, e.x);
			return isValid(t.elem) ? t : Invalid;
		}
		case Kind.FuncType: {
			const t = new Signature(c.ids, null, emptyTuple, emptyTuple, false);
			funcType(c, t, null, [], e);
			return t;
		}
		case Kind.InterfaceType: {
			const t = new Interface(c.ids, [], [], c);
			interfaceType(c, t, e, def);
			return t;
		}
		case Kind.MapType: {
			const t = new MapT(c.ids, Invalid, Invalid);
			t.key = varType(c, e.key);
			t.elem = varType(c, e.value);
			later(c, () => {
				if (comparable(t.key)) return;
				errorf(
					c,
					e.key,
					"IncomparableMapKey",
					"invalid map key type %s%s",
					t.key,
					isTypeParam(t.key) ? " (missing comparable constraint)" : "",
				);
			});
			return t;
		}
		case Kind.ChanType: {
			const t = new Chan(c.ids, e.dir as ChanDir, Invalid);
			c.sizedTypes.push(e);
			t.elem = varType(c, e.elem);
			return t;
		}
		default:
			break;
	}
	errorf(c, e, "NotAType", "%s is not a type", e);
	use(c, e);
	return Invalid;
}

function typeOperand(c: Checker, x: Operand): Type {
	switch (x.mode) {
		case Mode.TypExpr:
			return x.type;
		case Mode.Invalid:
			break;
		case Mode.NoValue:
			errorf(c, x, "NotAType", "%s used as type", x);
			break;
		default:
			errorf(c, x, "NotAType", "%s is not a type", x);
	}
	return Invalid;
}

/** x[list] as a type. */
export function instantiatedType(c: Checker, x: Expr, list: Expr[]): Type {
	const g = genericType(c, x);
	if (g.cause !== null) errorf(c, x, "NotAGenericType", "invalid operation: %s%s (%s is not a generic type)", x, list, g.cause);
	if (!isValid(g.type)) return g.type;
	const targs = typeList(c, list);
	if (targs === null) return Invalid;
	const inst = instantiate(c, x.pos, g.type as GenericType, targs);
	if (inst.kind !== TypeKind.Named && inst.kind !== TypeKind.Alias) return Invalid;
	later(c, () => {
		recordInstance(c, x, targs, inst);
		const tparams: TypeParam[] = inst.kind === TypeKind.Named ? (inst.inst?.orig ?? inst).tparams : inst.tparams;
		if (!validateTArgLen(c, x.pos, inst.obj.name, tparams.length, targs.length)) return;
		const bad = verify(c, c.ctx, tparams, targs);
		if (bad === null) {
			recordMonoInstance(c, x.pos, tparams, targs, list);
			return;
		}
		const at = list[bad.index];
		softErrorf(c, at === undefined ? x.pos : startPos(at), "InvalidTypeArg", "%s", bad.cause);
	});
	return inst;
}

/** The length an array type's length expression gives, or -1 after an error. */
function arrayLength(c: Checker, e: Expr): number {
	if (e.kind === Kind.Name) {
		const found = c.env.scope.lookupParent(e.name);
		if (found === null) {
			errorf(c, e, "InvalidArrayLen", "undefined array length %s or missing type constraint", e.name);
			return -1;
		}
		if (found.obj.kind !== ObjKind.Const) {
			errorf(c, e, "InvalidArrayLen", "invalid array length %s", e.name);
			return -1;
		}
	}
	const x = new Operand();
	expr(c, null, x, e);
	if (x.mode !== Mode.Constant || x.val === null) {
		if (x.mode !== Mode.Invalid) errorf(c, x, "InvalidArrayLen", "array length %s must be constant", x);
		return -1;
	}
	if (isUntyped(x.type) || isInteger(x.type)) {
		const v = toInt(x.val);
		if (kindOf(v) === ConstKind.Int && representableConst(v, Typ[BasicKind.Int] as Basic) !== null) {
			const n = Number(int64Val(v));
			if (n >= 0) return n;
		}
	}
	errorf(c, x, "InvalidArrayLen", isInteger(x.type) ? "invalid array length %s" : "array length %s must be integer", x);
	return -1;
}

/** The types of a list; null if one of them is invalid (all are checked). */
export function typeList(c: Checker, list: readonly Expr[]): Type[] | null {
	const types = list.map((x) => varType(c, x));
	return types.every(isValid) ? types : null;
}
