// The name of a type in symbol names (what gc calls its link string): packages by
// escaped path, instances by their type arguments, so that identical types have
// equal names and different ones different names.

import { InternalError } from "#base";
import {
	BasicKind,
	isExported,
	type Func,
	type Package,
	type Signature,
	type Struct,
	Typ,
	type Type,
	TypeKind,
	type TypeName,
	type Tuple,
	typeOf,
	typeSetOf,
	unalias,
	universeError,
	type Var,
} from "#types";
import { Kind, type Node, walk } from "#syntax";

/** Import path as it stands in symbol names: `%`-escapes for dots after the last slash and for odd bytes. */
export function escapePath(path: string): string {
	const slash = path.lastIndexOf("/");
	let plain = true;
	for (let i = 0; i < path.length && plain; i++) plain = !mustEscape(path.charCodeAt(i), i > slash);
	if (plain) return path;
	const bytes = new TextEncoder().encode(path);
	const lastSlash = bytes.lastIndexOf(0x2f);
	let out = "";
	for (let i = 0; i < bytes.length; i++) {
		const c = bytes[i];
		out += mustEscape(c, i > lastSlash) ? `%${c.toString(16).padStart(2, "0")}` : String.fromCharCode(c);
	}
	return out;
}

function mustEscape(c: number, last: boolean): boolean {
	return c <= 0x20 || (c === 0x2e && last) || c === 0x25 || c === 0x22 || c >= 0x7f;
}

export function unescapePath(path: string): string {
	if (!path.includes("%")) return path;
	const bytes: number[] = [];
	for (let i = 0; i < path.length; i++) {
		if (path[i] === "%") {
			bytes.push(Number.parseInt(path.slice(i + 1, i + 3), 16));
			i += 2;
		} else bytes.push(path.charCodeAt(i));
	}
	return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** Names of types that functions declare, made unique: see localTypeSuffix. */
export function linkString(t: Type): string {
	switch (t.kind) {
		case TypeKind.Basic:
			return t.basic === BasicKind.UnsafePointer ? "unsafe.Pointer" : Typ[t.basic].name;
		case TypeKind.Alias:
			return linkString(unalias(t));
		case TypeKind.Named:
			if (t === universeError) return "error";
			return linkTypeName(t.obj, t.inst === null ? [] : t.inst.targs);
		case TypeKind.Pointer:
			return `*${linkString(t.elem)}`;
		case TypeKind.Slice:
			return `[]${linkString(t.elem)}`;
		case TypeKind.Array:
			return `[${t.len}]${linkString(t.elem)}`;
		case TypeKind.Map:
			return `map[${linkString(t.key)}]${linkString(t.elem)}`;
		case TypeKind.Chan: {
			const e = unalias(t.elem);
			if (t.dir === 2) return `<-chan ${linkString(e)}`;
			if (t.dir === 1) return `chan<- ${linkString(e)}`;
			return e.kind === TypeKind.Chan && e.dir === 2 ? `chan (${linkString(e)})` : `chan ${linkString(e)}`;
		}
		case TypeKind.Signature:
			return `func${linkSignature(t)}`;
		case TypeKind.Tuple:
			return linkTuple(t, false);
		case TypeKind.Struct:
			return linkStruct(t);
		case TypeKind.Interface: {
			const ms = typeSetOf(t).methods;
			if (ms.length === 0) return "interface {}";
			return `interface { ${ms.map((m) => qualified(m) + linkSignature(typeOf(m) as Signature)).join("; ")} }`;
		}
		case TypeKind.TypeParam:
			return `${t.obj.name}$${t.id}`;
		case TypeKind.Union:
			throw new InternalError("union type has no symbol");
	}
}

/** Parameters and results, without "func". */
export function linkSignature(t: Signature): string {
	const params = linkTuple(t.params, t.variadic);
	const rs = t.results.vars;
	if (rs.length === 0) return params;
	if (rs.length === 1) return `${params} ${linkString(typeOf(rs[0]))}`;
	return `${params} ${linkTuple(t.results, false)}`;
}

function linkTuple(t: Tuple, variadic: boolean): string {
	const parts = t.vars.map((v, i) => {
		const vt = typeOf(v);
		if (variadic && i === t.vars.length - 1) {
			const s = unalias(vt);
			if (s.kind === TypeKind.Slice) return `...${linkString(s.elem)}`;
		}
		return linkString(vt);
	});
	return `(${parts.join(", ")})`;
}

function linkStruct(t: Struct): string {
	if (t.fields.length === 0) return "struct {}";
	const parts = t.fields.map((f, i) => {
		const tag = t.tags[i] ?? "";
		return fieldText(f) + (tag === "" ? "" : ` ${goQuote(tag)}`);
	});
	return `struct { ${parts.join("; ")} }`;
}

function fieldText(f: Var): string {
	const t = typeOf(f);
	if (!f.embedded) return `${qualified(f)} ${linkString(t)}`;
	let base = unalias(t);
	if (base.kind === TypeKind.Pointer) base = unalias(base.elem);
	const name = base.kind === TypeKind.Named ? base.obj.name : base.kind === TypeKind.Basic ? base.name : "";
	const pkg = base.kind === TypeKind.Named ? base.obj.pkg : null;
	if (name !== "" && f.name === name && (isExported(name) || pkg === f.pkg)) return linkString(t);
	return `${qualified(f)} = ${linkString(t)}`;
}

function qualified(o: Var | Func): string {
	return isExported(o.name) || o.pkg === null ? o.name : `${pkgPrefix(o.pkg)}.${o.name}`;
}

/** The package's path as it begins symbol names. */
export function pkgPrefix(pkg: Package): string {
	return escapePath(pkg.path);
}

export function linkTypeName(obj: TypeName, targs: readonly Type[]): string {
	const args = targs.length === 0 ? "" : `[${targs.map(linkString).join(",")}]`;
	const pkg = obj.pkg;
	if (pkg === null) return obj.name + args;
	return `${pkgPrefix(pkg)}.${obj.name}${args}${localTypeSuffix(obj)}`;
}

/** Types declared inside functions get "·" and a number: gc counts them over the package, in source order. */
export function localTypeSuffix(obj: TypeName): string {
	const { pkg } = obj;
	if (pkg === null || obj.parent === null || obj.parent === pkg.scope) return "";
	pkg.localTypes ??= numberLocalTypes(pkg);
	return `·${pkg.localTypes.get(obj.pos) ?? obj.pos - pkg.posBase}`;
}

/** Numbers by the position of the declaring name. */
function numberLocalTypes(pkg: Package): Map<number, number> {
	const found = new Map<number, number>();
	const c = pkg.checker;
	const count = (n: Node): boolean => {
		if (n.kind === Kind.DeclStmt) for (const d of n.decls) if (d.kind === Kind.TypeDecl && !d.alias) found.set(d.name.pos, found.size + 1);
		return true;
	};
	for (const file of c?.files ?? []) {
		for (const d of file.decls) {
			const body = d.kind === Kind.FuncDecl ? (c?.build.bodyOf(file, d) ?? null) : d.kind === Kind.VarDecl ? d : null;
			if (body !== null) walk(body, count);
		}
	}
	return found;
}

function goQuote(s: string): string {
	let out = '"';
	for (const c of s) {
		if (c === '"' || c === "\\") out += `\\${c}`;
		else if (c === "\n") out += "\\n";
		else if (c === "\t") out += "\\t";
		else out += c;
	}
	return `${out}"`;
}
