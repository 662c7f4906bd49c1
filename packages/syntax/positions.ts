// Extents of nodes: where a node starts and (about) where it ends.

import type { Pos } from "#base";
import { Kind, type Node } from "./nodes.ts";

/** Where the leftmost token of n is. */
export function startPos(n: Node): Pos {
	for (;;) {
		switch (n.kind) {
			case Kind.CompositeLit:
				if (n.type === null) return n.pos;
				n = n.type;
				break;
			case Kind.KeyValue:
				n = n.key;
				break;
			case Kind.Selector:
			case Kind.Index:
			case Kind.Assert:
			case Kind.Binary: // not SliceExpr, in gc either
				n = n.x;
				break;
			case Kind.TypeSwitchGuard:
				n = n.lhs ?? n.x;
				break;
			case Kind.Call:
				n = n.fun;
				break;
			case Kind.ListExpr: {
				const first = n.list[0];
				if (first === undefined) return n.pos;
				n = first;
				break;
			}
			case Kind.Send:
				n = n.chan;
				break;
			case Kind.Assign:
				n = n.lhs;
				break;
			case Kind.RangeClause:
				n = n.lhs ?? n.x;
				break;
			default:
				return n.pos;
		}
	}
}

function last<E>(list: readonly E[]): E | null {
	return list.length > 0 ? (list[list.length - 1] as E) : null;
}

/**
 * About where n ends, as gc has it: after a name or literal, at the closing brace of what is braced, and otherwise where
 * the last child ends, so that closing parentheses and brackets are not counted.
 */
export function endPos(n: Node): Pos {
	for (;;) {
		let next: Node | null = null;
		switch (n.kind) {
			case Kind.File:
				return n.eof;
			case Kind.ImportDecl:
				next = n.path;
				break;
			case Kind.ConstDecl:
			case Kind.VarDecl:
				next = n.values ?? n.type ?? last(n.names);
				break;
			case Kind.TypeDecl:
				next = n.type;
				break;
			case Kind.FuncDecl:
				if (n.hasBody && n.body === null) return n.type.end + (n.bodyEnd - n.bodyStart);
				next = n.body ?? n.type;
				break;
			case Kind.Name:
				return n.pos + byteLength(n.name);
			case Kind.BasicLit:
				return n.pos + n.len;
			case Kind.CompositeLit:
			case Kind.Block:
			case Kind.Switch:
			case Kind.Select:
				return n.rbrace;
			case Kind.KeyValue:
			case Kind.MapType:
			case Kind.Send:
				next = n.value;
				break;
			case Kind.FuncLit:
			case Kind.For:
				next = n.body;
				break;
			case Kind.Paren:
			case Kind.TypeSwitchGuard:
			case Kind.Unary:
			case Kind.ExprStmt:
			case Kind.RangeClause:
				next = n.x;
				break;
			case Kind.Selector:
				next = n.sel;
				break;
			case Kind.Index:
				next = n.index;
				break;
			case Kind.SliceExpr:
				next = n.x; // as in gc
				break;
			case Kind.Assert:
				next = n.type;
				break;
			case Kind.Binary:
				next = n.y;
				break;
			case Kind.Call:
				next = last(n.args) ?? n.fun;
				break;
			case Kind.ListExpr:
				next = last(n.list);
				break;
			case Kind.ArrayType:
			case Kind.SliceType:
			case Kind.DotsType:
			case Kind.ChanType:
				next = n.elem;
				break;
			case Kind.StructType:
				next = last(n.fields);
				break;
			case Kind.Field:
				next = n.type;
				break;
			case Kind.InterfaceType:
				next = last(n.methods);
				break;
			case Kind.FuncType:
				next = last(n.results) ?? last(n.params);
				break;
			case Kind.Labeled:
				next = n.stmt;
				break;
			case Kind.DeclStmt:
				next = last(n.decls);
				break;
			case Kind.Assign:
				if (n.rhs === null) return endPos(n.lhs) + 2;
				next = n.rhs;
				break;
			case Kind.Branch:
				next = n.label;
				break;
			case Kind.CallStmt:
				next = n.call;
				break;
			case Kind.Return:
				next = n.results;
				break;
			case Kind.If:
				next = n.elseStmt ?? n.thenBlock;
				break;
			case Kind.CaseClause:
			case Kind.CommClause:
				next = last(n.body);
				if (next === null) return n.colon;
				break;
			case Kind.BadExpr:
			case Kind.Empty:
				return n.pos;
		}
		if (next === null) return n.pos;
		n = next;
	}
}

/** UTF-8 length of a name. */
function byteLength(s: string): number {
	let n = s.length;
	for (let i = 0; i < s.length; i++) {
		const c = s.charCodeAt(i);
		if (c >= 0x80) n += c >= 0x800 && (c < 0xd800 || c > 0xdfff) ? 2 : 1;
	}
	return n;
}
