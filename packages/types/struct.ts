// Struct types.

import { type BasicLit, type Expr, Kind, LitKind, type Name, Op, startPos, type StructType } from "#syntax";
import { type Pos } from "#base";
import { decodeBytes, unquoteBytes } from "#constant";
import { type Checker, later } from "./checker.ts";
import { addAltDecl, addf, errorf, newError, reportError } from "./errors.ts";
import { objId, Var, VarKind } from "./objects.ts";
import { deref, isTypeParam, isValid } from "./predicates.ts";
import { BasicKind, type Struct, type Type, TypeKind } from "./types.ts";
import { varType } from "./typexpr.ts";
import { under } from "./under.ts";
import { Invalid } from "./universe.ts";

/** Fills in t from its syntax. */
export function structType(c: Checker, t: Struct, e: StructType): void {
	const fields: Var[] = [];
	const tags: string[] = [];
	const seen = new Map<string, Var>();
	const add = (pos: Pos, name: string, node: Name | null, type: Type, embedded: boolean, tag: string): void => {
		const f = new Var(VarKind.Field, pos, c.pkg, name, type, embedded);
		if (name !== "_" && !declareField(c, seen, f)) return;
		if (tag !== "") {
			while (tags.length < fields.length) tags.push("");
			tags.push(tag);
		}
		fields.push(f);
		if (node !== null) c.info.defs.set(node, f);
	};
	let prev: Expr | null = null;
	let type: Type = Invalid;
	for (let i = 0; i < e.fields.length; i++) {
		const f = e.fields[i] as StructType["fields"][number];
		if (f.type !== prev) {
			type = varType(c, f.type);
			prev = f.type;
		}
		const tag = fieldTag(c, e.tags[i] ?? null);
		if (f.name !== null) {
			add(f.name.pos, f.name.name, f.name, type, false, tag);
			continue;
		}
		const pos = startPos(f.type);
		const name = embeddedFieldIdent(f.type);
		if (name === null) {
			errorf(c, pos, "InvalidSyntaxTree", "invalid embedded field type %s", f.type);
			add(pos, "_", null, Invalid, true, "");
			continue;
		}
		add(name.pos, name.name, name, type, true, tag);
		const embedded = type;
		later(c, () => checkEmbedded(c, pos, embedded));
	}
	t.fields = fields;
	t.tags = tags;
}

function declareField(c: Checker, seen: Map<string, Var>, f: Var): boolean {
	const id = objId(f.pkg, f.name);
	const alt = seen.get(id);
	if (alt === undefined) {
		seen.set(id, f);
		return true;
	}
	const err = newError(c, "DuplicateDecl");
	addf(err, f.pos, "%s redeclared", f.name);
	addAltDecl(err, alt);
	reportError(err);
	return false;
}

/** An embedded type is T or *T, T not a pointer and *T not an interface. */
function checkEmbedded(c: Checker, pos: Pos, type: Type): void {
	const [t, isPtr] = deref(type);
	const u = under(t);
	if (u.kind === TypeKind.Basic) {
		if (isValid(t) && u.basic === BasicKind.UnsafePointer)
			errorf(c, pos, "InvalidPtrEmbed", "embedded field type cannot be unsafe.Pointer");
	} else if (u.kind === TypeKind.Pointer) {
		errorf(c, pos, "InvalidPtrEmbed", "embedded field type cannot be a pointer");
	} else if (u.kind === TypeKind.Interface) {
		if (isTypeParam(t)) errorf(c, pos, "MisplacedTypeParam", "embedded field type cannot be a (pointer to a) type parameter");
		else if (isPtr) errorf(c, pos, "InvalidPtrEmbed", "embedded field type cannot be a pointer to an interface");
	}
}

const isPtrType = (e: Expr): boolean => e.kind === Kind.Unary && e.op === Op.Mul;

/** The name of an embedded field: the type's name without package, pointer and type arguments. */
function embeddedFieldIdent(e: Expr): Name | null {
	switch (e.kind) {
		case Kind.Name:
			return e;
		case Kind.Unary:
			return e.op === Op.Mul && !isPtrType(e.x) ? embeddedFieldIdent(e.x) : null;
		case Kind.Selector:
			return e.sel;
		case Kind.Index:
			return embeddedFieldIdent(e.x);
		default:
			return null;
	}
}

function fieldTag(c: Checker, t: BasicLit | null): string {
	if (t === null || t.bad) return "";
	if (t.lit === LitKind.String) {
		const bytes = unquoteBytes(t.text);
		if (bytes !== null) return decodeBytes(bytes);
	}
	errorf(c, t, "InvalidSyntaxTree", "incorrect tag syntax: %q", t.text);
	return "";
}
