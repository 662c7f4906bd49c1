// Package initialisation: the function that runs a package's initialisers that are
// not data, and the task that tells the runtime what to run.

import { ABI0, ABIInternal, addReloc, newRelocs, RelocKind, SymKind } from "#object";
import { Assign, Block, Empty, type Expr, type FuncLit, Kind, ListExpr, Name, type NodeIds, type Stmt } from "#syntax";
import { checkInit, type Func, Mode, ObjKind, type Package, type Signature, TypeAndValue, TypeKind, typeOf, type Var } from "#types";
import type { SymRef } from "#ssa";
import { Pragmas } from "../pragma.ts";
import { FuncInst, type PackageUnit, Product, type Program } from "../program.ts";
import { pkgPrefix } from "../typename.ts";
import { u } from "../subst.ts";
import { litNames } from "./litnames.ts";
import { isOutlined } from "./mapinit.ts";

/** Gives the `func init()` declarations of a package their names: pkg.init.0, pkg.init.1, … in source order. */
export function nameInits(p: Program, u: PackageUnit): Func[] {
	const inits: Func[] = [];
	for (const obj of u.pkg.checker?.objList ?? []) {
		if (obj.kind !== ObjKind.Func || obj.name !== "init" || obj.decl?.fdecl == null || obj.decl.fdecl.recv !== null) continue;
		p.names.inits.set(obj, `${pkgPrefix(u.pkg)}.init.${inits.length}`);
		inits.push(obj);
	}
	return inits;
}

/** Linker name of a package's init task. */
export function initTaskName(u: PackageUnit): string {
	return `${pkgPrefix(u.pkg)}..inittask`;
}

/** Queues `pkg..inittask`; a package with nothing to run has a task without functions. */
export function initTask(p: Program, u: PackageUnit, ids: NodeIds): SymRef {
	const inits = nameInits(p, u);
	const name = initTaskName(u);
	const make = (): Product => {
		const funcs: SymRef[] = [];
		const init = packageInit(p, u, ids);
		if (init !== null && (p.bodyOf(init) as Block).list.some((s) => !isStaticInit(p, s))) funcs.push(p.funcRef(init));
		for (const f of inits) funcs.push(p.funcRef(p.inst(f, [])));
		const out = new Product(u.pkg.path);
		const data = new Uint8Array(8 + 8 * funcs.length);
		new DataView(data.buffer).setUint32(4, funcs.length, true);
		const relocs = newRelocs();
		funcs.forEach((f, i) => addReloc(relocs, 8 + 8 * i, 8, RelocKind.Addr, out.frag.ref(f.name, ABIInternal), 0));
		for (const dep of u.pkg.imports) {
			if (dep.path !== "unsafe") addReloc(relocs, 0, 0, RelocKind.InitOrder, out.frag.ref(`${pkgPrefix(dep)}..inittask`), 0);
		}
		out.frag.data(name, SymKind.Inittask, data, { align: 8, relocs });
		return out;
	};
	return p.need(name, ABI0, () => p.facts.initial(u.pkg.path, make));
}

/** The function `pkg.init`; its body is the assignments of all initialisers in their order. Null without initialisers. */
export function packageInit(p: Program, unit: PackageUnit, ids: NodeIds): FuncInst | null {
	const known = p.packageInits.get(unit.pkg);
	if (known !== undefined) return known;
	// The package's init task may have come from the cache, its initialisers unseen.
	checkInit(unit.pkg);
	const order = unit.pkg.checker?.initOrder ?? [];
	let made: FuncInst | null = null;
	if (order.length > 0) {
		const prefix = pkgPrefix(unit.pkg);
		let outlined = 0;
		const stmts: Stmt[] = order.map(({ lhs, rhs }) => {
			const names = lhs.map((v) => varName(p, v, ids));
			const pos = names[0].pos;
			const s = new Assign(ids, pos, false, 0, names.length === 1 ? names[0] : new ListExpr(ids, pos, names), rhs);
			if (lhs.length !== 1 || !isOutlined(p.build.info, lhs[0], rhs)) return s;
			const fill = synthetic(p, unit, `${prefix}.map.init.${outlined++}`, new Block(ids, pos, [s], rhs.pos));
			p.mapInits.set(lhs[0], fill);
			const call = new Empty(ids, pos);
			p.mapInitCalls.set(call, fill);
			return call;
		});
		made = synthetic(p, unit, `${prefix}.init`, new Block(ids, order[0].rhs.pos, stmts, order[order.length - 1].rhs.pos));
	}
	p.packageInits.set(unit.pkg, made);
	return made;
}

/** The function that fills a package-level map when something else refers to the map; null for other variables. */
export function mapInitOf(p: Program, v: Var, ids: NodeIds): FuncInst | null {
	if (v.pkg === null || u(typeOf(v)).kind !== TypeKind.Map) return null;
	packageInit(p, p.unitOf(v.pkg), ids);
	return p.mapInits.get(v) ?? null;
}

/** A function that no source text declares. */
function synthetic(p: Program, unit: PackageUnit, name: string, body: Block): FuncInst {
	const made = new FuncInst({
		name,
		unit,
		obj: null,
		decl: null,
		lit: null,
		subst: null,
		outer: null,
		sig: p.types.signature([], []),
		litSig: null,
		file: unit.files[0],
		pragmas: new Pragmas(),
	});
	p.syntheticBodies.set(made, body);
	return made;
}

/** A name that refers to a package-level variable. */
function varName(p: Program, v: Var, ids: NodeIds): Name {
	const n = new Name(ids, v.pos, v.name);
	if (v.name !== "_") p.build.info.uses.set(n, v);
	p.build.info.types.set(n, new TypeAndValue(Mode.Variable, typeOf(v), null));
	return n;
}

/** An assignment in a package's init function whose variable was initialised as data. */
export function isStaticInit(p: Program, s: Stmt): boolean {
	if (s.kind !== Kind.Assign || s.lhs.kind !== Kind.Name) return false;
	const obj = p.build.info.uses.get(s.lhs);
	return obj !== undefined && obj.kind === ObjKind.Var && p.statics.isStatic(obj);
}

/** The closure object of a literal in the initialiser of a package-level variable. */
export function staticClosure(p: Program, lit: FuncLit, v: Var, ids: NodeIds): SymRef | null {
	const u = p.unitOf(v.pkg as Package);
	const init = packageInit(p, u, ids);
	const name = init === null ? undefined : litNames(p, init).get(lit);
	if (init === null || name === undefined) return null;
	const sig = p.build.info.typeOf(lit as Expr) as Signature;
	return p.funcVal(p.funcRef(p.litInst(init, lit, sig, sig, name)));
}
