// Which methods of which types can be called dynamically. A method stays when its
// type was converted to an interface, directly or as a part of such a type, and
// a method of that name and signature is called through an interface somewhere, or
// it is exported and methods are looked up by reflection with unknown names.

import { type Func, isExported, objId, type Signature, type Type, TypeKind, typeOf } from "#types";
import type { Program } from "../program.ts";
import { u } from "../subst.ts";
import type { TableMethod, TypeDescriptors } from "./descriptor.ts";

interface Candidate {
	type: Type;
	method: TableMethod;
}

export class MethodReach {
	private readonly p: Program;
	private readonly descriptors: TypeDescriptors;
	private readonly seen = new Set<Type>();
	/** Methods of types in interfaces that nothing calls so far, by name and signature. */
	private readonly waiting = new Map<string, Candidate[]>();
	private readonly called = new Set<string>();
	private byReflection = false;

	constructor(p: Program, descriptors: TypeDescriptors) {
		this.p = p;
		this.descriptors = descriptors;
	}

	/** Connects the program's hooks. */
	install(): void {
		this.p.usedInIface = (t) => this.usedInIface(t);
		this.p.ifaceMethodUsed = (m) => this.methodUsed(m);
		this.p.reflectMethodUsed = () => this.reflectUsed();
	}

	private key(id: string, sig: Type): string {
		return `${id}\u0000${this.p.types.link(sig)}`;
	}

	usedInIface(root: Type): void {
		const todo = [this.p.types.canon(root)];
		for (let t = todo.pop(); t !== undefined; t = todo.pop()) {
			if (this.seen.has(t)) continue;
			this.seen.add(t);
			for (const method of this.descriptors.methods(t)) this.candidate(t, method);
			for (const part of this.parts(t)) todo.push(this.p.types.canon(part));
		}
	}

	private candidate(type: Type, method: TableMethod): void {
		const key = this.key(method.id, method.type);
		if (this.called.has(key) || (this.byReflection && isExported(method.method.name))) {
			this.descriptors.needMethod(type, method);
			return;
		}
		const list = this.waiting.get(key);
		if (list === undefined) this.waiting.set(key, [{ type, method }]);
		else list.push({ type, method });
	}

	/** Types that reflection reaches from a value of type t. */
	private parts(t: Type): Type[] {
		const x = u(t);
		const pointer = t.kind === TypeKind.Named ? [this.p.types.pointerTo(t)] : [];
		switch (x.kind) {
			case TypeKind.Pointer:
			case TypeKind.Slice:
			case TypeKind.Array:
			case TypeKind.Chan:
				return [x.elem, ...pointer];
			case TypeKind.Map:
				return [x.key, x.elem, ...pointer];
			case TypeKind.Struct:
				return [...x.fields.map((f) => typeOf(f)), ...pointer];
			case TypeKind.Signature:
				return [...x.params.vars, ...x.results.vars].map((v) => typeOf(v)).concat(pointer);
			default:
				return pointer;
		}
	}

	methodUsed(m: Func): void {
		const key = this.key(objId(m.pkg, m.name), this.p.types.withoutRecv(typeOf(m) as Signature));
		if (this.called.has(key)) return;
		this.called.add(key);
		const list = this.waiting.get(key) ?? [];
		this.waiting.delete(key);
		for (const c of list) this.descriptors.needMethod(c.type, c.method);
	}

	reflectUsed(): void {
		if (this.byReflection) return;
		this.byReflection = true;
		for (const [key, list] of this.waiting) {
			const rest: Candidate[] = [];
			for (const c of list) {
				if (isExported(c.method.method.name)) this.descriptors.needMethod(c.type, c.method);
				else rest.push(c);
			}
			this.waiting.set(key, rest);
		}
	}
}
