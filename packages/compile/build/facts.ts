// Variable facts of function bodies (escape/facts.ts), cached by body, and what
// follows from them: how literals capture variables.

import { type Block, type Expr, type File, type For, type FuncLit, Kind, type Node } from "#syntax";
import { type Info, Mode, SelectionKind, type Signature, TypeKind, typeOf as objType, type Var, VarKind } from "#types";
import { VarFacts, varFacts } from "../escape/facts.ts";
import type { FuncInst, Program } from "../program.ts";
import { u } from "../subst.ts";

/** Variables of up to this size that never change are captured by value. */
const MaxByValue = 128;

/** The declared function that fn is or is inside of. */
export function topOf(fn: FuncInst): FuncInst {
	let top = fn;
	while (top.outer !== null) top = top.outer;
	return top;
}

/** Parameters (receiver first) and results as the body refers to them. */
export function bodyVars(fn: FuncInst): { params: Var[]; results: Var[] } {
	const sig = declaredSignature(fn);
	return { params: sig.recv === null ? sig.params.vars : [sig.recv, ...sig.params.vars], results: sig.results.vars };
}

/** The signature whose variables the body uses: unsubstituted. */
export function declaredSignature(fn: FuncInst): Signature {
	return (fn.obj !== null ? objType(fn.obj) : (fn.litSig ?? fn.sig)) as Signature;
}

export function factsOf(p: Program, fn: FuncInst): VarFacts {
	const top = topOf(fn);
	const body = p.bodyOf(top);
	if (body === null) return new VarFacts();
	let f = p.bodyFacts.get(body);
	if (f === undefined) {
		const { params, results } = bodyVars(top);
		const info = p.build.info;
		const at = (x: Expr): ReturnType<typeof u> => u(p.types.subst(info.typeOf(x) ?? objType(info.objectOf(x) as Var), top.subst));
		f = varFacts(body, [...params, ...results], info, {
			isRangeFunc: (x) => at(x).kind === TypeKind.Signature,
			isPtrMethodCall: (x) => takesAddress(p, top, info, x),
			isArray: (x) => info.types.get(x)?.mode !== Mode.TypExpr && at(x).kind === TypeKind.Array,
			perIteration: perIterationLoopVars(info, top.file),
		});
		p.bodyFacts.set(body, f);
	}
	return f;
}

/** Whether loop variables of a file are made anew for each iteration. */
export function perIterationLoopVars(info: Info, file: File): boolean {
	const version = /^go1\.(\d+)/.exec(info.fileVersions.get(file) ?? "");
	return version === null || Number(version[1]) >= 22;
}

function takesAddress(p: Program, fn: FuncInst, info: Info, x: Node): boolean {
	if (x.kind !== Kind.Selector) return false;
	const sel = info.selections.get(x);
	if (sel === undefined || sel.kind !== SelectionKind.MethodVal) return false;
	const m = p.selectMethod(sel, fn.subst);
	if (m.fn === null || m.fn.sig.recv === null || u(objType(m.fn.sig.recv)).kind !== TypeKind.Pointer) return false;
	return u(p.types.subst(sel.recv, fn.subst)).kind !== TypeKind.Pointer;
}

/** Outer variables that a literal (or the body of a range-over-func loop) uses, in order of first use. */
export function capturesOf(facts: VarFacts, lit: FuncLit | For): readonly Var[] {
	const key: FuncLit | Block = lit.kind === Kind.For ? lit.body : lit;
	return facts.captures.get(key) ?? [];
}

/** Captured as a copy: the variable never changes after its declaration and nothing points to it. */
export function capturedByValue(facts: VarFacts, v: Var, size: number): boolean {
	return v.varKind !== VarKind.Result && !facts.reassigned.has(v) && !facts.addrTaken.has(v) && size <= MaxByValue;
}
