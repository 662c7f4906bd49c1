// Methods that no source text declares: promoted through embedding, called through
// a pointer or an interface; and the code of method values.

import { ABIInternal, SymFlag } from "#object";
import { OpReturn, type SymRef, T } from "#ssa";
import { type Func, methodSet, objId, type Selection, type Signature, type Type, TypeKind, typeOf } from "#types";
import type { AbiLayout } from "../abi.ts";
import { type Builder, Val } from "../build/builder.ts";
import { emitCall, interCall, receiverFrom } from "../build/call.ts";
import { methodValueStruct } from "../build/closure.ts";
import { buildSynthetic, closureContext, describeAs } from "../build/func.ts";
import { Pragmas } from "../pragma.ts";
import { FuncInst, Product, type Program, type SelectedMethod, type Wrappers } from "../program.ts";
import { u } from "../subst.ts";

export class MethodWrappers implements Wrappers {
	private readonly p: Program;
	private readonly sets = new Map<Type, Map<string, Selection>>();

	constructor(p: Program) {
		this.p = p;
	}

	private selection(t: Type, id: string): Selection {
		let set = this.sets.get(t);
		if (set === undefined) {
			set = new Map(methodSet(t).map((s) => [objId(s.obj.pkg, s.obj.name), s]));
			this.sets.set(t, set);
		}
		const s = set.get(id);
		if (s === undefined) throw new Error(`type ${this.p.types.link(t)} has no method ${id}`);
		return s;
	}

	/** The declared method itself when t is its receiver type. */
	private declared(t: Type, m: SelectedMethod): FuncInst | null {
		if (m.fn === null || m.index.length !== 1) return null;
		const recv = m.fn.sig.recv;
		return recv !== null && this.p.types.link(typeOf(recv)) === this.p.types.link(t) ? m.fn : null;
	}

	method(t: Type, id: string): SymRef {
		const c = this.p.types.canon(t);
		const m = this.p.selectMethod(this.selection(c, id), null);
		const own = this.declared(c, m);
		if (own !== null) return this.p.funcRef(own);
		const name = this.p.names.methodOf(c, id);
		return this.p.need(name, ABIInternal, () => this.makeMethod(c, name, m));
	}

	methodName(t: Type, id: string): SymRef {
		const c = this.p.types.canon(t);
		const own = this.declared(c, this.p.selectMethod(this.selection(c, id), null));
		return { name: own !== null ? own.name : this.p.names.methodOf(c, id), abi: ABIInternal };
	}

	/** The type whose method takes what an interface holding a t has in its data word: t itself, or *t. */
	private dataType(t: Type): Type {
		return this.p.layout.isDirectIface(t) ? t : this.p.types.canon(this.p.types.pointerTo(t));
	}

	/** A pointer that is stored indirectly (to memory outside the heap): **T has no method set of its own. */
	private isIndirectPointer(t: Type): boolean {
		return u(t).kind === TypeKind.Pointer && !this.p.layout.isDirectIface(t);
	}

	ifaceMethod(t: Type, id: string): SymRef {
		const c = this.p.types.canon(t);
		if (!this.isIndirectPointer(c)) return this.method(this.dataType(c), id);
		const m = this.p.selectMethod(this.selection(c, id), null);
		const name = this.ifaceMethodName(c, id).name;
		return this.p.need(name, ABIInternal, () => this.makeMethod(c, name, m, true));
	}

	ifaceMethodName(t: Type, id: string): SymRef {
		const c = this.p.types.canon(t);
		if (this.isIndirectPointer(c)) return { name: this.p.names.methodOf(this.dataType(c), id), abi: ABIInternal };
		return this.methodName(this.dataType(c), id);
	}

	/** A function without source, in the method's package. */
	private inst(name: string, m: Func, sig: Signature): FuncInst {
		const unit = this.p.units.get(m.pkg?.path ?? "") ?? this.p.units.get("runtime");
		if (unit === undefined) throw new Error("the program has no package runtime");
		return new FuncInst({
			name,
			unit,
			obj: null,
			decl: null,
			lit: null,
			subst: null,
			outer: null,
			sig,
			litSig: null,
			file: unit.files[0],
			pragmas: new Pragmas(),
		});
	}

	/** indirect: the receiver that is passed points to the t. */
	private makeMethod(t: Type, name: string, m: SelectedMethod, indirect = false): Product {
		const out = new Product(m.method.pkg?.path ?? "");
		const msig = (m.fn?.sig ?? typeOf(m.method)) as Signature;
		const first = indirect ? this.p.types.pointerTo(t) : t;
		const sig = this.p.types.signature(
			[first, ...msig.params.vars.map((v) => typeOf(v))],
			msig.results.vars.map((v) => typeOf(v)),
		);
		const made = buildSynthetic(
			this.p,
			out,
			{ name, fn: this.inst(name, m.method, sig), sig, pos: 0, wrapper: true, frame: null },
			(b, args, abi) => {
				const self = indirect ? b.loadVal(t, args[0].one, 0) : args[0];
				this.panicOnNil(b, t, m, self);
				const recv = receiverFrom(b, { k: "val", val: self, type: t }, m.index, m.fn, m.method);
				this.forward(b, m, recv, args.slice(1), msig, abi);
			},
		);
		made.symFlags |= SymFlag.Dupok;
		return out;
	}

	/** (*T).M of a value method M: a nil receiver is reported with the method's name. */
	private panicOnNil(b: Builder, t: Type, m: SelectedMethod, recv: Val): void {
		if (u(t).kind !== TypeKind.Pointer || m.index.length !== 1 || m.fn === null) return;
		b.when(
			b.isNil(recv.one),
			() => {
				b.rt("panicwrap", []);
				b.exit();
			},
			-1,
		);
	}

	/** Calls the method with its receiver and the other arguments, and returns what it returns. */
	private forward(
		b: Builder,
		m: SelectedMethod,
		recv: { val: Val; type: Type },
		args: readonly Val[],
		msig: Signature,
		abi: AbiLayout,
	): void {
		let vals: Val[];
		if (m.fn !== null) {
			vals = emitCall(b, { k: "static", ref: this.p.funcRef(m.fn) }, this.p.abiOf(m.fn.sig), [recv.val, ...args]);
		} else {
			vals = interCall(
				b,
				recv.val,
				recv.type,
				m.method,
				[...args],
				msig.params.vars.map((v) => typeOf(v)),
			).run();
		}
		returnVals(b, abi, vals);
	}

	methodValue(recv: Type, id: string): SymRef {
		const c = this.p.types.canon(recv);
		const m = this.p.selectMethod(this.selection(c, id), null);
		const own = this.declared(c, m);
		const name = `${own !== null ? own.name : this.p.names.methodOf(c, id)}-fm`;
		return this.p.need(name, ABIInternal, () => {
			const out = new Product(m.method.pkg?.path ?? "");
			const msig = (m.fn?.sig ?? typeOf(m.method)) as Signature;
			const sig = this.p.types.withoutRecv(msig);
			const made = buildSynthetic(
				this.p,
				out,
				{ name, fn: this.inst(name, m.method, sig), sig, pos: 0, wrapper: true, frame: null },
				(b, args, abi) => {
					const ctx = closureContext(b);
					const off = b.layout.fieldOffset(methodValueStruct(b, c), 1);
					// debuggers read it from the closure object
					describeAs(b, ".this", "closure", 0, { k: "ssa", vars: [], type: c }, off);
					const base = { k: "val" as const, val: b.layout.isSsa(c) ? b.loadVal(c, ctx, off) : Val.mem(ctx, off, true), type: c };
					this.forward(b, m, receiverFrom(b, base, m.index, m.fn, m.method), args, msig, abi);
				},
			);
			made.symFlags |= SymFlag.Dupok;
			return out;
		});
	}
}

/** Returns vals as the function's results. */
function returnVals(b: Builder, abi: AbiLayout, vals: readonly Val[]): void {
	if (b.dead) return;
	const scalars: number[] = [];
	abi.results.forEach((r, i) => {
		if (r.mem >= 0) {
			const slot = b.newSlot(r.type, "~r");
			b.f.slots[slot].argOffset = r.mem;
			b.storeVal(r.type, b.slotAddr(slot), 0, vals[i], true);
		} else {
			scalars.push(...b.scalars(r.type, vals[i]));
		}
	});
	b.v(OpReturn, T.Void, scalars);
	b.endRet();
}
