// A Context gives out type ids and keeps one Named per generic type and list of
// identical type arguments. One per build.

import { identical } from "./predicates.ts";
import { type Alias, type Named, type Signature, type Type, TypeIds } from "./types.ts";
import { typeHash } from "./typestring.ts";

export class Context {
	readonly ids: TypeIds = new TypeIds();
	private readonly instances: Map<string, { orig: Named | Alias | Signature; targs: readonly Type[]; inst: Type }[]> = new Map();

	/** The instance of orig with identical type arguments, if there is one. */
	lookup(orig: Named | Alias | Signature, targs: readonly Type[]): Type | null {
		const found = this.instances.get(instanceKey(orig, targs));
		if (found === undefined) return null;
		for (const e of found) if (e.orig === orig && sameTypes(e.targs, targs)) return e.inst;
		return null;
	}

	add(orig: Named | Alias | Signature, targs: readonly Type[], inst: Type): void {
		const key = instanceKey(orig, targs);
		const list = this.instances.get(key);
		if (list === undefined) this.instances.set(key, [{ orig, targs, inst }]);
		else list.push({ orig, targs, inst });
	}
}

function instanceKey(orig: { id: number }, targs: readonly Type[]): string {
	let key = `${orig.id}`;
	for (const t of targs) key += `,${typeHash(t)}`;
	return key;
}

function sameTypes(a: readonly Type[], b: readonly Type[]): boolean {
	if (a.length !== b.length) return false;
	for (let i = 0; i < a.length; i++) if (!identical(a[i] as Type, b[i] as Type)) return false;
	return true;
}
