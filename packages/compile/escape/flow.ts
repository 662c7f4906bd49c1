// Expressions as flows: where the value of each expression goes. A hole is the
// place that receives it; null discards.

import { unreachable } from "#base";
import { type Call, type CompositeLit, type Expr, type FuncLit, Kind, Op, type Selector } from "#syntax";
import { BasicKind, BuiltinId, ObjKind, type Selection, SelectionKind, type Signature, type Struct, type Type, TypeKind, under, type Var } from "#types";
import { capturedByValue } from "../build/facts.ts";
import { type Body, type Callee, unparen } from "./body.ts";
import type { VarFacts } from "./facts.ts";
import { type Activation, type Graph, Location, leaksToHeap, type ParamTag } from "./graph.ts";
import type { FuncInst } from "../program.ts";

/** Bytes above which a declared variable, an implicit allocation is always on the heap (cmd/compile/internal/ir/cfg.go). */
const MaxStackVarSize = 128 * 1024;
const MaxImplicitStackVarSize = 64 * 1024;

/** Receives a value after derefs dereferences (-1: its address). */
export interface Hole {
	readonly dst: Location;
	readonly derefs: number;
}
export type K = Hole | null;

/** An inlined call's body or a function of the batch. */
export class Frame {
	readonly body: Body;
	readonly facts: VarFacts;
	readonly vars: Map<Var, Location> = new Map();
	/** Allocation sites, by the numbering of Plan.siteOnHeap. */
	readonly sites: Map<number, Location> = new Map();
	/** Receiver first. */
	params: Location[] = [];
	results: Location[] = [];
	/** Calls inlined here, by Call node id. */
	readonly inlined: Map<number, Frame> = new Map();
	constructor(body: Body, facts: VarFacts) {
		this.body = body;
		this.facts = facts;
	}
}

/** What the flow builder needs from the planner. */
export interface FlowHost {
	/** The frame of a function of the batch that is being analysed, or null. */
	inBatch(fn: FuncInst): Frame | null;
	/** Parameter tags (receiver first) of a function outside the batch. */
	tags(fn: FuncInst): readonly ParamTag[];
	/** The frame to inline a call with, or null. Its statements are flowed by the host. */
	inlineFrame(flow: Flow, call: Call, callee: FuncInst): Frame | null;
	/** Flows the statements of a literal's body (a new activation) and gives its parameters and results. */
	literal(flow: Flow, lit: FuncLit, direct: boolean): { params: Location[]; results: Location[] };
}

export class Flow {
	readonly graph: Graph;
	readonly host: FlowHost;
	frame: Frame;
	act: Activation;
	loopDepth = 1;
	/** Results of the function whose statements are being flowed. */
	results: Location[] = [];

	constructor(graph: Graph, host: FlowHost, frame: Frame, act: Activation) {
		this.graph = graph;
		this.host = host;
		this.frame = frame;
		this.act = act;
	}

	get body(): Body {
		return this.frame.body;
	}

	heap(derefs = 0): Hole {
		return { dst: this.graph.heap, derefs };
	}

	newLocation(): Location {
		return this.graph.add(new Location(this.act, this.loopDepth));
	}

	/** A local variable's location, made at its declaration. */
	declare(v: Var): Location {
		const l = this.newLocation();
		if (this.body.program.layout.size(this.body.varType(v)) > MaxStackVarSize) l.escapes = true;
		this.frame.vars.set(v, l);
		return l;
	}

	varLocation(v: Var): Location {
		return this.frame.vars.get(v) ?? this.declare(v);
	}

	/** An allocation of size bytes (-1: unknown, always on the heap) whose address flows to k. */
	spill(k: K, site: number, size: number): Location {
		const l = this.newLocation();
		this.frame.sites.set(site, l);
		if (size < 0 || size > MaxImplicitStackVarSize) {
			l.escapes = true;
		}
		if (k !== null) this.graph.flow(k.dst, l, k.derefs - 1);
		return l;
	}

	private flow(k: K, src: Location): void {
		if (k !== null) this.graph.flow(k.dst, src, k.derefs);
	}

	deref(k: K): K {
		return k === null ? null : { dst: k.dst, derefs: k.derefs + 1 };
	}

	/** The hole for an operand whose address flows to k. Addresses of addresses do not exist. */
	private addressOf(k: K): K {
		return k === null ? null : { dst: k.dst, derefs: k.derefs - 1 };
	}

	/** Several receivers of one value: a location in between. */
	tee(...ks: K[]): K {
		const live = ks.filter((k) => k !== null);
		if (live.length <= 1) return live[0] ?? null;
		const l = this.newLocation();
		for (const k of live) this.graph.flow(k.dst, l, k.derefs);
		return { dst: l, derefs: 0 };
	}

	discard(e: Expr | null): void {
		if (e !== null) this.expr(null, e);
	}

	/** The value of e flows to k, converted to type `to` (an interface box is made when e is not an interface). */
	convertTo(k: K, e: Expr, to: Type | null): void {
		if (to !== null && this.needsBox(e, to)) this.expr(this.box(k, -e.id, this.body.typeOf(e)), e);
		else this.expr(k, e);
	}

	private needsBox(e: Expr, to: Type): boolean {
		if (!this.body.isInterface(to)) return false;
		const from = this.body.typeOf(e);
		if (under(from).kind === TypeKind.Interface || under(from).kind === TypeKind.Tuple) return false;
		return !(under(from).kind === TypeKind.Basic && (under(from) as { basic: number }).basic === BasicKind.UntypedNil);
	}

	/** The hole for a value of type t that is stored in an interface which flows to k. */
	box(k: K, site: number, t: Type): K {
		if (this.body.program.layout.isDirectIface(t)) return k;
		const l = this.spill(k, site, this.body.program.layout.size(t));
		return { dst: l, derefs: 0 };
	}

	/** The value of e flows to k. */
	expr(k: K, e: Expr): void {
		if (k !== null && k.derefs >= 0 && !this.carriesPointers(e)) k = null;
		switch (e.kind) {
			case Kind.Name: {
				const v = this.body.localVar(e);
				if (v !== null && k !== null) this.flow(k, this.varLocation(v));
				break;
			}
			case Kind.Paren:
				this.expr(k, e.x);
				break;
			case Kind.Selector:
				this.selector(k, e);
				break;
			case Kind.Index:
				this.index(k, e.x, e.index);
				break;
			case Kind.SliceExpr:
				this.slice(k, e.x);
				this.discard(e.lo);
				this.discard(e.hi);
				this.discard(e.max);
				break;
			case Kind.Assert:
				this.expr(this.body.isInterface(this.body.typeOf(e.type)) || this.body.program.layout.isDirectIface(this.body.typeOf(e.type)) ? k : this.deref(k), e.x);
				break;
			case Kind.Unary:
				this.unary(k, e.op, e.x, e.id);
				break;
			case Kind.Binary:
				this.binary(k, e);
				break;
			case Kind.Call:
				this.call([k], e);
				break;
			case Kind.CompositeLit:
				this.composite(k, e);
				break;
			case Kind.FuncLit:
				this.closure(k, e);
				break;
			case Kind.ListExpr:
				for (const x of e.list) this.discard(x);
				break;
			case Kind.TypeSwitchGuard:
				this.expr(k, e.x);
				break;
			default:
				break;
		}
	}

	/** Values without pointers carry nothing; a uintptr that came from a pointer hides it, except inside unsafe.Pointer(…). */
	private carriesPointers(e: Expr): boolean {
		const tv = this.body.info.types.get(e);
		if (tv === undefined) return true;
		const t = this.body.subst(tv.type);
		return t.kind === TypeKind.Tuple || this.body.hasPointers(t);
	}

	/** The operand of unsafe.Pointer(x) for a uintptr x: arithmetic on converted pointers is followed, variables are not. */
	private unsafeValue(k: K, e: Expr): void {
		const x = unparen(e);
		if (x.kind === Kind.Binary) {
			this.unsafeValue(k, x.x);
			if (x.op === Op.Shl || x.op === Op.Shr) this.discard(x.y);
			else this.unsafeValue(k, x.y);
		} else if (x.kind === Kind.Unary && x.op !== Op.Mul && x.op !== Op.And) {
			this.unsafeValue(k, x.x);
		} else if (x.kind === Kind.Call) {
			const callee = this.body.callee(x);
			if (callee.kind === "conversion" && this.isUnsafePointer(this.body.under(x.args[0]))) this.expr(k, x.args[0]);
			else if (callee.kind === "conversion") this.unsafeValue(k, x.args[0]);
			else this.discard(x);
		} else {
			this.discard(x);
		}
	}

	private isUnsafePointer(u: Type): boolean {
		return u.kind === TypeKind.Basic && u.basic === BasicKind.UnsafePointer;
	}

	private selector(k: K, e: Selector): void {
		const sel = this.body.selection(e);
		if (sel === null) return;
		if (sel.kind === SelectionKind.FieldVal) {
			this.expr(this.fieldHole(k, sel), e.x);
		} else if (sel.kind === SelectionKind.MethodVal) {
			// A method value: the receiver is stored in a closure that may be called from anywhere.
			const l = this.spill(k, e.id, 16 + this.body.program.layout.size(this.body.typeOf(e.x)));
			this.expr(this.tee({ dst: l, derefs: 0 }, this.heap()), e.x);
		}
	}

	/** The hole for x given that x.f flows to k: one dereference per pointer on the path. */
	private fieldHole(k: K, sel: Selection): K {
		let t = this.body.subst(sel.recv);
		for (const i of sel.index) {
			let u = under(t);
			if (u.kind === TypeKind.Pointer) {
				k = this.deref(k);
				u = under(u.elem);
			}
			t = (u as Struct).fields[i].type as Type;
		}
		return k;
	}

	private index(k: K, x: Expr, index: Expr): void {
		if (this.body.isType(index) || index.kind === Kind.ListExpr) return;
		const u = this.body.under(x);
		if (u.kind === TypeKind.Array) this.expr(k, x);
		else if (u.kind === TypeKind.Signature) return;
		else this.expr(this.deref(k), x);
		// A map lookup does not keep the key, but a key of interface type is boxed.
		if (u.kind === TypeKind.Map) this.convertTo(null, index, u.key);
		else this.discard(index);
	}

	private slice(k: K, x: Expr): void {
		if (this.body.under(x).kind === TypeKind.Array) this.expr(this.addressOf(k), x);
		else this.expr(k, x);
	}

	private unary(k: K, op: Op, x: Expr, site: number): void {
		switch (op) {
			case Op.And: {
				const operand = unparen(x);
				if (operand.kind === Kind.CompositeLit) {
					const l = this.spill(k, site, this.body.program.layout.size(this.body.typeOf(operand)));
					this.composite({ dst: l, derefs: 0 }, operand);
				} else {
					this.expr(this.addressOf(k), operand);
				}
				break;
			}
			case Op.Mul:
				this.expr(this.deref(k), x);
				break;
			case Op.Recv:
				// What comes out of a channel was on the heap before.
				this.discard(x);
				break;
			default:
				this.expr(k, x);
		}
	}

	private binary(k: K, e: Extract<Expr, { kind: typeof Kind.Binary }>): void {
		const isString = !this.body.isConst(e) && this.isStringType(this.body.typeOf(e));
		if (e.op === Op.Add && isString) this.spill(k, e.id, 32);
		const comparison = e.op >= Op.Eql && e.op <= Op.Geq;
		const operands = comparison || isString ? null : k;
		const other = comparison ? [this.body.typeOf(e.y), this.body.typeOf(e.x)] : [null, null];
		this.convertTo(operands, e.x, other[0]);
		this.convertTo(operands, e.y, other[1]);
	}

	isStringType(t: Type): boolean {
		const u = under(t);
		return u.kind === TypeKind.Basic && (u.basic === BasicKind.String || u.basic === BasicKind.UntypedString);
	}

	composite(k: K, e: CompositeLit): void {
		const t = this.body.typeOf(e);
		let u = under(t);
		if (u.kind === TypeKind.Pointer) {
			// An elided &T{…} inside an outer literal.
			const l = this.spill(k, e.id, this.body.program.layout.size(u.elem));
			k = { dst: l, derefs: 0 };
			u = under(u.elem);
		}
		switch (u.kind) {
			case TypeKind.Struct:
				e.elems.forEach((x, i) => {
					const keyed = x.kind === Kind.KeyValue;
					const field = keyed ? this.body.objectOf(x.key as Extract<Expr, { kind: typeof Kind.Name }>) : u.fields[i];
					this.convertTo(k, keyed ? x.value : x, field === null ? null : this.body.subst(field.type as Type));
				});
				break;
			case TypeKind.Array:
				for (const x of e.elems) this.convertTo(k, x.kind === Kind.KeyValue ? x.value : x, u.elem);
				break;
			case TypeKind.Slice: {
				const l = this.spill(k, this.sliceSite(e), this.literalLength(e) * this.body.program.layout.size(u.elem));
				for (const x of e.elems) this.convertTo({ dst: l, derefs: 0 }, x.kind === Kind.KeyValue ? x.value : x, u.elem);
				break;
			}
			case TypeKind.Map:
				this.spill(k, e.id, 0);
				for (const x of e.elems) {
					if (x.kind !== Kind.KeyValue) continue;
					this.convertTo(this.heap(), x.key, u.key);
					this.convertTo(this.heap(), x.value, u.elem);
				}
				break;
			default:
				unreachable(`composite literal of kind ${u.kind}`);
		}
	}

	/** The backing array of a slice literal. An elided &[]T{…} has its pointer at the literal's id and shares the decision. */
	private sliceSite(e: CompositeLit): number {
		return e.id;
	}

	private literalLength(e: CompositeLit): number {
		let n = 0;
		let next = 0;
		for (const x of e.elems) {
			if (x.kind === Kind.KeyValue) next = this.body.constInt(x.key) ?? next;
			next++;
			if (next > n) n = next;
		}
		return n;
	}

	private closure(k: K, lit: FuncLit): void {
		const l = this.spill(k, lit.id, 0);
		this.capture(l, this.frame.facts.captures.get(lit) ?? []);
		this.host.literal(this, lit, false);
	}

	/** Captured variables flow into the closure: their value, or their address when captured by reference. */
	capture(closure: Location, vars: readonly Var[]): void {
		for (const v of vars) this.graph.flow(closure, this.varLocation(v), this.byValue(v) ? 0 : -1);
	}

	/** range over a function value: the loop body's closure is its argument. */
	rangeOver(seq: Expr, closure: Location): void {
		const fun = unparen(seq);
		if (fun.kind === Kind.FuncLit) {
			const site = this.spill(null, fun.id, 0);
			this.capture(site, this.frame.facts.captures.get(fun) ?? []);
			const made = this.host.literal(this, fun, true);
			this.graph.flow(made.params[0], closure, -1);
			return;
		}
		const obj = fun.kind === Kind.Name ? this.body.objectOf(fun) : null;
		const inst = obj !== null && obj.kind === ObjKind.Func && obj.type !== null && (obj.type as Signature).tparams.length === 0 ? this.body.program.inst(obj, []) : null;
		const tag = inst === null ? leaksToHeap : (this.host.tags(inst)[0] ?? leaksToHeap);
		if (inst === null) this.discard(seq);
		if (tag.heap >= 0) this.graph.flow(this.graph.heap, closure, tag.heap - 1);
	}

	byValue(v: Var): boolean {
		return capturedByValue(this.frame.facts, v, this.body.program.layout.size(this.body.varType(v)));
	}

	// ---- calls ----

	/** ks: a hole per result. */
	call(ks: readonly K[], e: Call): void {
		const callee = this.body.callee(e);
		switch (callee.kind) {
			case "conversion":
				this.conversion(ks[0] ?? null, e, callee.to);
				break;
			case "builtin":
				this.builtin(ks[0] ?? null, e, callee.id);
				break;
			default:
				this.funcCall(ks, e, callee);
		}
	}

	private conversion(k: K, e: Call, to: Type): void {
		const x = e.args[0];
		const from = this.body.under(x);
		const u = under(to);
		if (u.kind === TypeKind.Interface && from.kind !== TypeKind.Interface) {
			this.convertTo(k, x, to);
		} else if (this.isStringType(u) && !this.isStringType(from)) {
			this.spill(k, e.id, 32);
			this.discard(x);
		} else if (u.kind === TypeKind.Slice && this.isStringType(from)) {
			this.spill(k, e.id, 32);
			this.discard(x);
		} else if (this.isUnsafePointer(u) && from.kind === TypeKind.Basic && from.basic === BasicKind.Uintptr) {
			this.unsafeValue(k, x);
		} else if (u.kind === TypeKind.Array && from.kind === TypeKind.Slice) {
			this.expr(this.deref(k), x);
		} else {
			this.expr(k, x);
		}
	}

	private funcCall(ks: readonly K[], e: Call, callee: Exclude<Callee, { kind: "conversion" } | { kind: "builtin" }>): void {
		const sig = this.signature(e);
		switch (callee.kind) {
			case "static": {
				const inlined = this.host.inlineFrame(this, e, callee.inst);
				const frame = inlined ?? this.host.inBatch(callee.inst);
				if (frame !== null) {
					this.args(e, sig, callee.recv, (i) => ({ dst: frame.params[i], derefs: 0 }));
					this.resultsTo(ks, frame.results);
				} else {
					this.taggedCall(ks, e, sig, callee.recv, this.host.tags(callee.inst));
				}
				break;
			}
			case "literal": {
				const site = this.spill(null, callee.lit.id, 0);
				this.capture(site, this.frame.facts.captures.get(callee.lit) ?? []);
				const made = this.host.literal(this, callee.lit, true);
				this.args(e, sig, null, (i) => ({ dst: made.params[i], derefs: 0 }));
				this.resultsTo(ks, made.results);
				break;
			}
			case "interface":
				this.args(e, sig, callee.recv, () => this.heap());
				break;
			case "dynamic":
				this.discard(e.fun);
				this.args(e, sig, null, () => this.heap());
				break;
		}
	}

	private signature(e: Call): Signature {
		return this.body.under(e.fun) as Signature;
	}

	private resultsTo(ks: readonly K[], results: readonly Location[]): void {
		for (let i = 0; i < ks.length; i++) if (i < results.length) this.flow(ks[i], results[i]);
	}

	private taggedCall(ks: readonly K[], e: Call, sig: Signature, recv: Selector | null, tags: readonly ParamTag[]): void {
		this.args(e, sig, recv, (i) => {
			const tag = tags[i] ?? leaksToHeap;
			const holes: K[] = [];
			if (tag.heap >= 0) holes.push(this.heap(tag.heap));
			for (let r = 0; r < ks.length; r++) {
				const d = tag.results[r] ?? -1;
				const k = ks[r];
				if (d >= 0 && k !== null) holes.push({ dst: k.dst, derefs: k.derefs + d });
			}
			return this.tee(...holes);
		});
	}

	/** Arguments flow to holes by parameter index, receiver first; the variadic slice is an allocation at the call's site. */
	args(e: Call, sig: Signature, recv: Selector | null, hole: (i: number) => K): void {
		let base = 0;
		if (recv !== null) {
			this.receiver(hole(0), recv);
			base = 1;
		}
		const params = sig.params.vars;
		const only = e.args.length === 1 && params.length > 1 ? unparen(e.args[0]) : null;
		if (e.args.length === 1 && only !== null && only.kind === Kind.Call && this.body.typeOf(only).kind === TypeKind.Tuple) {
			this.call(params.map((p, i) => this.boxedResult(hole(base + i), only, i, this.body.subst(p.type as Type))), only);
			return;
		}
		const fixed = sig.variadic && !e.hasDots ? params.length - 1 : params.length;
		for (let i = 0; i < fixed && i < e.args.length; i++) this.convertTo(hole(base + i), e.args[i], this.body.subst(params[i].type as Type));
		if (!sig.variadic || e.hasDots || e.args.length <= fixed) return;
		const elem = (under(this.body.subst(params[fixed].type as Type)) as { elem?: Type }).elem ?? null;
		const n = e.args.length - fixed;
		const l = this.spill(hole(base + fixed), e.id, elem === null ? 0 : n * this.body.program.layout.size(elem));
		for (let i = fixed; i < e.args.length; i++) this.convertTo({ dst: l, derefs: 0 }, e.args[i], elem);
	}

	/** Result i of a multi-valued call passed on as an argument: boxes of such results share the site of the call. */
	private boxedResult(k: K, call: Call, i: number, to: Type): K {
		const from = (this.body.typeOf(call) as { vars: Var[] }).vars[i]?.type ?? null;
		if (from === null || !this.body.isInterface(to) || this.body.isInterface(this.body.subst(from))) return k;
		return this.box(this.tee(k, this.heap()), -call.id, this.body.subst(from));
	}

	/** x of the method call x.M(): its value, its address, or what it points to, after the path of embedded fields. */
	private receiver(k: K, recv: Selector): void {
		const sel = this.body.selection(recv) as Selection;
		let hole = k;
		let t = this.body.subst(sel.recv);
		// Walk the path to the embedded receiver.
		const path = sel.index.slice(0, -1);
		let pointers = 0;
		let last = t;
		for (const i of path) {
			let u = under(t);
			if (u.kind === TypeKind.Pointer) {
				pointers++;
				u = under(u.elem);
			}
			t = (u as Struct).fields[i].type as Type;
			last = t;
		}
		const wantsPointer = this.methodWantsPointer(sel);
		const havePointer = under(last).kind === TypeKind.Pointer;
		let adjust = pointers;
		if (wantsPointer === true && !havePointer && under(last).kind !== TypeKind.Interface) adjust--;
		if (wantsPointer === false && havePointer) adjust++;
		for (; adjust > 0; adjust--) hole = this.deref(hole);
		for (; adjust < 0; adjust++) hole = this.addressOf(hole);
		this.expr(hole, recv.x);
	}

	/** Whether the selected method has a pointer receiver; null for interface methods. */
	private methodWantsPointer(sel: Selection): boolean | null {
		const sig = sel.obj.type as Signature | null;
		if (sig === null || sig.recv === null) return null;
		const u = under(sig.recv.type as Type);
		if (u.kind === TypeKind.Interface) return null;
		return (sig.recv.type as Type).kind === TypeKind.Pointer;
	}

	private builtin(k: K, e: Call, id: BuiltinId): void {
		const args = e.args;
		switch (id) {
			case BuiltinId.Append:
				this.append(k, e);
				break;
			case BuiltinId.Copy: {
				const from = this.body.under(args[1]);
				this.discard(args[0]);
				const keeps = from.kind === TypeKind.Slice && this.body.hasPointers(from.elem);
				this.expr(keeps ? this.heap(1) : null, args[1]);
				break;
			}
			case BuiltinId.New:
				if (this.body.isType(args[0])) {
					this.spill(k, e.id, this.body.program.layout.size(this.body.typeOf(args[0])));
				} else {
					const l = this.spill(k, e.id, this.body.program.layout.size(this.body.typeOf(args[0])));
					this.expr({ dst: l, derefs: 0 }, args[0]);
				}
				break;
			case BuiltinId.Make:
				this.make(k, e);
				break;
			case BuiltinId.Panic:
				this.convertTo(this.heap(), args[0], this.body.program.types.anyType());
				break;
			case BuiltinId.Min:
			case BuiltinId.Max:
			case BuiltinId.Slice:
			case BuiltinId.String:
			case BuiltinId.SliceData:
			case BuiltinId.StringData:
			case BuiltinId.Add:
				for (const a of args) this.expr(k, a);
				break;
			case BuiltinId.Delete: {
				const m = this.body.under(args[0]);
				this.discard(args[0]);
				this.convertTo(null, args[1], m.kind === TypeKind.Map ? m.key : null);
				break;
			}
			default:
				for (const a of args) if (!this.body.isType(a)) this.discard(a);
		}
	}

	private append(k: K, e: Call): void {
		const u = this.body.under(e.args[0]);
		const elem = u.kind === TypeKind.Slice ? u.elem : null;
		const pointers = elem !== null && this.body.hasPointers(elem);
		// Growing copies the old content to the heap.
		this.expr(pointers ? this.tee(k, this.heap(1)) : k, e.args[0]);
		const kept = pointers ? this.heap() : null;
		if (e.hasDots) {
			this.expr(pointers ? this.heap(1) : null, e.args[1]);
			return;
		}
		for (let i = 1; i < e.args.length; i++) this.convertTo(kept, e.args[i], elem);
	}

	private make(k: K, e: Call): void {
		const u = this.body.under(e.args[0]);
		let size = 0;
		if (u.kind === TypeKind.Slice) {
			const n = this.body.constInt(e.args[e.args.length - 1]);
			size = n === null ? -1 : n * this.body.program.layout.size(u.elem);
		} else if (u.kind === TypeKind.Chan) {
			size = -1;
		}
		this.spill(k, e.id, size);
		for (let i = 1; i < e.args.length; i++) this.discard(e.args[i]);
	}
}
