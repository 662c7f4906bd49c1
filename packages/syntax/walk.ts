// Generic traversal.

import { Kind, type Node } from "./nodes.ts";

/** Calls visit for n and, in source order, for all nodes below it; visit returns false to leave out those below its node. */
export function walk(n: Node, visit: (n: Node) => boolean | void): void {
	const stack: Node[] = [n];
	const push = (child: Node): void => {
		stack.push(child);
	};
	for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
		if (visit(next) === false) continue;
		const from = stack.length;
		forEachChild(next, push);
		for (let i = from, j = stack.length - 1; i < j; i++, j--) {
			const swap = stack[i] as Node;
			stack[i] = stack[j] as Node;
			stack[j] = swap;
		}
	}
}

function each(list: readonly (Node | null)[], f: (child: Node) => void): void {
	for (let i = 0; i < list.length; i++) {
		const n = list[i];
		if (n !== null && n !== undefined) f(n);
	}
}

function maybe(n: Node | null, f: (child: Node) => void): void {
	if (n !== null) f(n);
}

/** Calls f for the direct children of n in source order. The shared type of `a, b T` is a child of each of its fields. */
export function forEachChild(n: Node, f: (child: Node) => void): void {
	switch (n.kind) {
		case Kind.BadExpr:
		case Kind.Name:
		case Kind.BasicLit:
		case Kind.Empty:
			return;
		case Kind.CompositeLit:
			maybe(n.type, f);
			return each(n.elems, f);
		case Kind.KeyValue:
		case Kind.MapType:
			f(n.key);
			return f(n.value);
		case Kind.FuncLit:
			f(n.type);
			return f(n.body);
		case Kind.Paren:
		case Kind.Unary:
		case Kind.ExprStmt:
			return f(n.x);
		case Kind.Selector:
			f(n.x);
			return f(n.sel);
		case Kind.Index:
			f(n.x);
			return f(n.index);
		case Kind.SliceExpr:
			f(n.x);
			maybe(n.lo, f);
			maybe(n.hi, f);
			return maybe(n.max, f);
		case Kind.Assert:
			f(n.x);
			return f(n.type);
		case Kind.TypeSwitchGuard:
		case Kind.RangeClause:
			maybe(n.lhs, f);
			return f(n.x);
		case Kind.Binary:
			f(n.x);
			return f(n.y);
		case Kind.Call:
			f(n.fun);
			return each(n.args, f);
		case Kind.ListExpr:
		case Kind.Block:
			return each(n.list, f);
		case Kind.ArrayType:
			maybe(n.len, f);
			return f(n.elem);
		case Kind.SliceType:
		case Kind.DotsType:
		case Kind.ChanType:
			return f(n.elem);
		case Kind.StructType:
			for (let i = 0; i < n.fields.length; i++) {
				f(n.fields[i] as Node);
				maybe(n.tags[i] ?? null, f);
			}
			return;
		case Kind.InterfaceType:
			return each(n.methods, f);
		case Kind.FuncType:
			each(n.params, f);
			return each(n.results, f);
		case Kind.Field:
			maybe(n.name, f);
			return f(n.type);
		case Kind.Labeled:
			f(n.label);
			return f(n.stmt);
		case Kind.Send:
			f(n.chan);
			return f(n.value);
		case Kind.DeclStmt:
			return each(n.decls, f);
		case Kind.Assign:
			f(n.lhs);
			return maybe(n.rhs, f);
		case Kind.Branch:
			return maybe(n.label, f);
		case Kind.CallStmt:
			return f(n.call);
		case Kind.Return:
			return maybe(n.results, f);
		case Kind.If:
			maybe(n.init, f);
			f(n.cond);
			f(n.thenBlock);
			return maybe(n.elseStmt, f);
		case Kind.For:
			maybe(n.init, f);
			maybe(n.cond, f);
			maybe(n.post, f);
			return f(n.body);
		case Kind.Switch:
			maybe(n.init, f);
			maybe(n.tag, f);
			return each(n.body, f);
		case Kind.Select:
			return each(n.body, f);
		case Kind.CaseClause:
			maybe(n.cases, f);
			return each(n.body, f);
		case Kind.CommClause:
			maybe(n.comm, f);
			return each(n.body, f);
		case Kind.ImportDecl:
			maybe(n.localName, f);
			return f(n.path);
		case Kind.ConstDecl:
		case Kind.VarDecl:
			each(n.names, f);
			maybe(n.type, f);
			return maybe(n.values, f);
		case Kind.TypeDecl:
			f(n.name);
			each(n.tparams, f);
			return f(n.type);
		case Kind.FuncDecl:
			maybe(n.recv, f);
			f(n.name);
			each(n.tparams, f);
			f(n.type);
			return maybe(n.body, f);
		case Kind.File:
			f(n.pkgName);
			return each(n.decls, f);
	}
}
