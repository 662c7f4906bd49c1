// Which methods of which types can be called dynamically. A method stays when its
// type was converted to an interface, directly or as a part of such a type, and
// a method of that name and signature is called through an interface somewhere, or
// it is exported and methods are looked up by reflection with unknown names.

import type { SymRef } from "#ssa";
import { isExported, objId, type Signature, type Type, TypeKind, typeOf, typeSetOf } from "#types";
import type { Program } from "../program.ts";
import { u } from "../subst.ts";
import { hasPointerDescriptor, type TypeDescriptors } from "./descriptor.ts";

/** What reach must know of a type: its methods and the types that reflection gets to from it, all by symbol name. */
export interface TypeReach {
	methods: MethodRow[];
	/** Link names. */
	parts: string[];
}

export interface MethodRow {
	/** Name and signature: what an interface's method must equal. */
	key: string;
	exported: boolean;
	/** Symbols that the row of the method table refers to. */
	needs: SymRef[];
}

/** Finds what is known of a type by its link name: from a cached descriptor. */
export type KnownType = (link: string) => TypeReach | null;

export class MethodReach {
	private readonly p: Program;
	private readonly descriptors: TypeDescriptors;
	private readonly knownType: KnownType;
	private readonly needByName: (ref: SymRef, type: string) => void;
	/** Types that were asked about as types, by link name. */
	private readonly types = new Map<string, Type>();
	private readonly seen = new Set<string>();
	/** Those whose methods are known from the store. */
	private readonly fromStore = new Set<string>();
	/** Types, by link name, that a value in an interface leads to and that were not looked at yet. */
	private readonly todo: string[] = [];
	/** Those of which nothing was known then. */
	private readonly unknown = new Set<string>();
	private draining = false;
	/** Methods of types in interfaces that nothing calls so far, by name and signature. */
	private readonly waiting = new Map<string, { type: string; row: MethodRow }[]>();
	private readonly called = new Set<string>();
	private byReflection = false;

	constructor(p: Program, descriptors: TypeDescriptors, knownType: KnownType, needByName: (ref: SymRef, type: string) => void) {
		this.p = p;
		this.descriptors = descriptors;
		this.knownType = knownType;
		this.needByName = needByName;
	}

	/** Connects the program's hooks. */
	install(): void {
		this.p.usedInIface = (t) => {
			const c = this.p.types.canon(t);
			const link = this.p.types.link(c);
			this.types.set(link, c);
			this.p.trace?.usedInIface.add(link);
			this.usedInIface(link);
		};
		this.p.ifaceMethodUsed = (m) => {
			const key = this.key(objId(m.pkg, m.name), this.p.types.withoutRecv(typeOf(m) as Signature));
			this.p.trace?.ifaceMethods.add(key);
			this.methodUsed(key);
		};
		this.p.reflectMethodUsed = () => {
			if (this.p.trace !== null) this.p.trace.reflectMethod = true;
			this.reflectUsed();
		};
	}

	private key(id: string, sig: Type): string {
		return `${id}\u0000${this.p.types.link(sig)}`;
	}

	/** What reach knows of a type; its descriptor's cached entry stores it. */
	reachOf(t: Type): TypeReach {
		const parts = this.parts(t).map((x) => {
			const c = this.p.types.canon(x);
			const link = this.p.types.link(c);
			this.types.set(link, c);
			return link;
		});
		const methods = this.descriptors.methods(t).map((m) => {
			const syms = this.descriptors.methodSyms(t, m);
			return { key: this.key(m.id, m.type), exported: isExported(m.method.name), needs: [syms.mtyp, syms.ifn, syms.tfn] };
		});
		return { methods, parts };
	}

	/** A type's descriptor was made: nothing may have been known of the type when it was used in an interface, its cached entry lost. */
	madeType(link: string): void {
		if (this.unknown.delete(link)) this.usedInIface(link);
	}

	usedInIface(link: string): void {
		this.todo.push(link);
		this.drain();
	}

	private drain(): void {
		if (this.draining) return;
		this.draining = true;
		for (let link = this.todo.pop(); link !== undefined; link = this.todo.pop()) {
			if (this.seen.has(link)) continue;
			// What is kept costs no look at the sources of the methods' types.
			const kept = this.knownType(link);
			const t = this.types.get(link) ?? this.p.typeOfSym.get(`type:${link}`);
			const reach = kept ?? (t !== undefined ? this.reachOf(t) : null);
			if (kept !== null) this.fromStore.add(link);
			if (reach === null) {
				this.unknown.add(link);
				continue;
			}
			this.seen.add(link);
			if (t !== undefined) this.types.set(link, t);
			for (const row of reach.methods) this.candidate(link, row);
			this.todo.push(...reach.parts);
		}
		this.draining = false;
	}

	private candidate(type: string, row: MethodRow): void {
		if (this.called.has(row.key) || (this.byReflection && row.exported)) {
			this.needMethod(type, row);
			return;
		}
		const list = this.waiting.get(row.key);
		if (list === undefined) this.waiting.set(row.key, [{ type, row }]);
		else list.push({ type, row });
	}

	/** Queues what a row of a method table refers to; from the method's type reflection gets to its parameters' types. */
	private needMethod(link: string, row: MethodRow): void {
		const t = this.fromStore.has(link) ? undefined : this.types.get(link);
		const m = t === undefined ? undefined : this.descriptors.methods(t).find((x) => this.key(x.id, x.type) === row.key);
		const sig = row.key.slice(row.key.indexOf("\u0000") + 1);
		if (t !== undefined && m !== undefined) {
			this.types.set(sig, this.p.types.canon(m.type));
			this.descriptors.needMethod(t, m);
		} else for (const ref of row.needs) this.needByName(ref, link);
		this.todo.push(sig);
	}

	/** Types that reflection reaches from a value of type t. */
	private parts(t: Type): Type[] {
		const x = u(t);
		const pointer = hasPointerDescriptor(this.p, t) ? [this.p.types.pointerTo(t)] : [];
		switch (x.kind) {
			case TypeKind.Array:
				return [x.elem, this.p.types.sliceOf(x.elem), ...pointer];
			case TypeKind.Pointer:
			case TypeKind.Slice:
			case TypeKind.Chan:
				return [x.elem, ...pointer];
			case TypeKind.Interface:
				return [...typeSetOf(x).methods.map((m) => this.p.types.withoutRecv(typeOf(m) as Signature)), ...pointer];
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

	methodUsed(key: string): void {
		if (this.called.has(key)) return;
		this.called.add(key);
		const list = this.waiting.get(key) ?? [];
		this.waiting.delete(key);
		for (const c of list) this.needMethod(c.type, c.row);
		this.drain();
	}

	reflectUsed(): void {
		if (this.byReflection) return;
		this.byReflection = true;
		for (const [key, list] of this.waiting) {
			const rest: { type: string; row: MethodRow }[] = [];
			for (const c of list) {
				if (c.row.exported) this.needMethod(c.type, c.row);
				else rest.push(c);
			}
			this.waiting.set(key, rest);
		}
		this.drain();
	}
}
