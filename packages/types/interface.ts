// Interface types.

import { startPos, type InterfaceType } from "#syntax";
import { type Checker, later } from "./checker.ts";
import { errorf } from "./errors.ts";
import { compareObjs, Func, type TypeName, Var, VarKind } from "./objects.ts";
import { asNamed, isValid } from "./predicates.ts";
import { type Interface, type Type, TypeKind } from "./types.ts";
import { computeInterfaceTypeSet } from "./typeset.ts";
import { typ } from "./typexpr.ts";
import { parseUnion } from "./union.ts";

/** Fills in t from its syntax. Methods have def's type as receiver if the interface is its declaration. */
export function interfaceType(c: Checker, t: Interface, e: InterfaceType, def: TypeName | null): void {
	for (const f of e.methods) {
		if (f.name === null) {
			t.embeddeds.push(parseUnion(c, f.type));
			t.embedPos.push(startPos(f.type));
			continue;
		}
		const name = f.name.name;
		if (name === "_") {
			errorf(c, f.name, "BlankIfaceMethod", "methods must have a unique non-blank name");
			continue;
		}
		const sig = typ(c, f.type);
		if (sig.kind !== TypeKind.Signature) {
			if (isValid(sig)) errorf(c, f.type, "InvalidSyntaxTree", "%s is not a method signature", sig);
			continue;
		}
		const recv: Type = (def === null ? null : asNamed(def.type)) ?? t;
		sig.recv = new Var(VarKind.Recv, f.name.pos, c.pkg, "", recv);
		const m = new Func(f.name.pos, c.pkg, name, sig);
		c.info.defs.set(f.name, m);
		t.methods.push(m);
	}
	t.complete = true;
	if (t.methods.length === 0 && t.embeddeds.length === 0) {
		t.tset = { methods: [], terms: null, comparable: false };
		return;
	}
	t.methods.sort(compareObjs);
	c.interfaces.push(e);
	later(c, () => {
		computeInterfaceTypeSet(c, e.pos, t);
	});
}
