// Expressions as flows: where the value of each expression goes. A hole is the
// place that receives it; null discards.

import { unreachable } from "#base";
import { type Call, type CompositeLit, type Expr, type FuncLit, Kind, type Node, Op, type Selector } from "#syntax";
import {
	BasicKind,
	BuiltinId,
	type Obj,
	ObjKind,
	type Selection,
	SelectionKind,
	type Signature,
	type Struct,
	type Tuple,
	type Type,
	TypeKind,
	under,
	type Var,
} from "#types";
import { capturedByValue } from "../build/facts.ts";
import { type Body, type Callee, unparen } from "./body.ts";
import { directMethod } from "./devirtualize.ts";
import type { VarFacts } from "./facts.ts";
import { type Activation, Attr, type Graph, Location, leaksToHeap, type ParamTag } from "./graph.ts";
import type { DirectMethod, FuncInst } from "../program.ts";

/** Bytes above which a declared variable, an implicit allocation is always on the heap (cmd/compile/internal/ir/cfg.go). */
const MaxStackVarSize = 128 * 1024;
const MaxImplicitStackVarSize = 64 * 1024;

/** Receives a value after derefs dereferences (-1: its address). */
export interface Hole {
	readonly dst: Location;
	readonly derefs: number;
}
export type K = Hole | null;

/** The locations through which calls of a literal go. */
export interface Literal {
	params: Location[];
	results: Location[];
}

/** An inlined call's body or a function of the batch. */
/** Most frames have few of the things that they keep in maps: these are theirs until there is one. */
const noSites: Map<number, Location> = new Map();
const noLiterals: Map<FuncLit, Literal> = new Map();
const noFrames: Map<number, Frame> = new Map();
const noMethods: Map<number, DirectMethod> = new Map();

export class Frame {
	readonly body: Body;
	readonly facts: VarFacts;
	readonly vars: Map<Var, Location> = new Map();
	/** Allocation sites, by the numbering of Plan.siteOnHeap. */
	private ownSites: Map<number, Location> = noSites;
	/** Receiver first. */
	params: Location[] = [];
	results: Location[] = [];
	/** Literals whose bodies were flowed. */
	private ownLiterals: Map<FuncLit, Literal> = noLiterals;
	/** Calls inlined here, by Call node id. */
	private ownInlined: Map<number, Frame> = noFrames;
	/** Interface calls whose method is certain, by Call node id. */
	private ownDirect: Map<number, DirectMethod> = noMethods;
	/** The body of the inlined call was flowed. */
	flowed = false;
	/** The call that is inlined here. */
	call: Call | null = null;
	/** The frame that the inlined call is in. */
	readonly caller: Frame | null;
	constructor(body: Body, facts: VarFacts, caller: Frame | null = null) {
		this.body = body;
		this.facts = facts;
		this.caller = caller;
	}

	get sites(): ReadonlyMap<number, Location> {
		return this.ownSites;
	}

	get literals(): ReadonlyMap<FuncLit, Literal> {
		return this.ownLiterals;
	}

	get inlined(): ReadonlyMap<number, Frame> {
		return this.ownInlined;
	}

	get direct(): ReadonlyMap<number, DirectMethod> {
		return this.ownDirect;
	}

	addSite(site: number, l: Location): void {
		if (this.ownSites === noSites) this.ownSites = new Map();
		this.ownSites.set(site, l);
	}

	addLiteral(lit: FuncLit, made: Literal): void {
		if (this.ownLiterals === noLiterals) this.ownLiterals = new Map();
		this.ownLiterals.set(lit, made);
	}

	addInlined(call: number, frame: Frame): void {
		if (this.ownInlined === noFrames) this.ownInlined = new Map();
		this.ownInlined.set(call, frame);
	}

	addDirect(call: number, method: DirectMethod): void {
		if (this.ownDirect === noMethods) this.ownDirect = new Map();
		this.ownDirect.set(call, method);
	}
}

/** What the flow builder needs from the planner. */
export interface FlowHost {
	/** The frame of a function of the batch that is being analysed, or null. */
	inBatch(fn: FuncInst): Frame | null;
	/** Parameter tags (receiver first) of a function outside the batch. */
	tags(fn: FuncInst): readonly ParamTag[];
	/** The frame to inline a call with, or null. */
	inlineFrame(flow: Flow, call: Call, callee: FuncInst): Frame | null;
	/** Flows the statements of a frame that inlineFrame made. */
	inlineBody(flow: Flow, frame: Frame): void;
	/** Flows the statements of a literal's body (a new activation) and gives its parameters and results. */
	literal(flow: Flow, lit: FuncLit, closure: Location): Literal;
}

export class Flow {
	readonly graph: Graph;
	readonly host: FlowHost;
	frame: Frame;
	act: Activation;
	loopDepth = 1;
	/** A call that is not made where it is written. */
	noInline: Call | null = null;
	/** The statements run in a loop that is not in this function: the body of a range-over-func loop. */
	deferInLoop = false;
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

	/** A place without a name that a value goes through. */
	newLocation(what: Var | Node | null = null): Location {
		return this.graph.add(new Location(this.act, this.loopDepth, what));
	}

	/** As newLocation, but its storage lasts. */
	lasting(): Location {
		const l = this.newLocation();
		l.attrs |= Attr.Persists;
		return l;
	}

	/** A local variable's location, made at its declaration. */
	declare(v: Var): Location {
		const old = this.frame.vars.get(v);
		if (old !== undefined) return old;
		const l = this.newLocation(v);
		l.attrs |= Attr.Persists;
		if (this.body.program.layout.size(this.body.varType(v)) > MaxStackVarSize) this.graph.flow(this.graph.heap, l, -1);
		this.frame.vars.set(v, l);
		return l;
	}

	varLocation(v: Var): Location {
		return this.frame.vars.get(v) ?? this.declare(v);
	}

	/** An allocation of size bytes (-1: always on the heap) whose address flows to k. Negative site: the implicit interface conversion of the node. */
	spill(k: K, node: Node, size: number, site: number = node.id): Location {
		let l = this.frame.sites.get(site);
		if (l === undefined) {
			l = this.newLocation(node);
			this.frame.addSite(site, l);
		}
		if (size < 0 || size > MaxImplicitStackVarSize) this.graph.flow(this.graph.heap, l, -1);
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
		if (to !== null && this.needsBox(e, to)) this.expr(this.box(k, e, this.body.typeOf(e)), e);
		else this.expr(k, e);
	}

	private needsBox(e: Expr, to: Type): boolean {
		if (!this.body.isInterface(to)) return false;
		const from = this.body.typeOf(e);
		if (under(from).kind === TypeKind.Interface || under(from).kind === TypeKind.Tuple) return false;
		return !(under(from).kind === TypeKind.Basic && (under(from) as { basic: number }).basic === BasicKind.UntypedNil);
	}

	/** The hole for a value of type t that is stored in an interface which flows to k. */
	box(k: K, e: Expr, t: Type): K {
		if (this.body.program.layout.isDirectIface(t)) return k;
		const l = this.spill(k, e, this.body.program.layout.size(t), -e.id);
		return { dst: l, derefs: 0 };
	}

	/** The value of e flows to k. */
	expr(k: K, e: Expr): void {
		if (this.body.isConst(e)) return;
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
				this.expr(this.dotType(k, this.body.typeOf(e.type)), e.x);
				break;
			case Kind.Unary:
				this.unary(k, e);
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

	/** The hole for an interface whose dynamic value of type t flows to k. */
	dotType(k: K, t: Type): K {
		return this.body.isInterface(t) || this.body.program.layout.isDirectIface(t) ? k : this.deref(k);
	}

	/** Values without pointers carry nothing; a uintptr that came from a pointer hides it, except inside unsafe.Pointer(…). */
	private carriesPointers(e: Expr): boolean {
		const tv = this.body.info.types.get(e);
		if (tv === undefined) return true;
		const t = this.body.subst(tv.type);
		return t.kind === TypeKind.Tuple || this.body.hasPointers(t);
	}

	/** The operand of unsafe.Pointer(x) for a uintptr x: arithmetic on converted pointers is followed, variables are not. */
	unsafeValue(k: K, e: Expr): void {
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
		} else if (x.kind === Kind.Selector && this.isHeaderData(x)) {
			this.expr(this.deref(k), x.x);
		} else {
			this.discard(x);
		}
	}

	/** p.Data of a *reflect.SliceHeader or *reflect.StringHeader: a uintptr that stands for a pointer. */
	isHeaderData(e: Expr): boolean {
		if (e.kind !== Kind.Selector || e.sel.name !== "Data" || this.body.selection(e) === null) return false;
		const p = this.body.under(e.x);
		if (p.kind !== TypeKind.Pointer || p.elem.kind !== TypeKind.Named) return false;
		const obj = p.elem.obj;
		return obj.pkg?.path === "reflect" && (obj.name === "SliceHeader" || obj.name === "StringHeader");
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
			// A method value: the receiver is stored in a closure and passed to the method; results may go anywhere.
			const l = this.spill(k, e, 16 + this.body.program.layout.size(this.body.typeOf(e.x)));
			const m = this.body.program.selectMethod(sel, this.body.fn.subst);
			const param = m.fn === null ? this.heap() : this.argument(m.fn, 0, [this.heap(), this.heap(), this.heap(), this.heap()]);
			this.receiver(this.tee(param, { dst: l, derefs: 0 }), e);
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
		if (u.kind === TypeKind.Signature) return;
		if (u.kind === TypeKind.Map) {
			// What comes out of a map was on the heap before. A lookup does not keep the key, but one of interface type is boxed.
			this.discard(x);
			this.convertTo(null, index, u.key);
			return;
		}
		this.expr(u.kind === TypeKind.Array ? k : this.deref(k), x);
		this.discard(index);
	}

	private slice(k: K, x: Expr): void {
		if (this.body.under(x).kind === TypeKind.Array) this.expr(this.addressOf(k), x);
		else this.expr(k, x);
	}

	private unary(k: K, e: Extract<Expr, { kind: typeof Kind.Unary }>): void {
		const x = e.x;
		switch (e.op) {
			case Op.And: {
				const operand = unparen(x);
				if (operand.kind === Kind.CompositeLit) {
					const l = this.spill(k, e, this.body.program.layout.size(this.body.typeOf(operand)));
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
				this.discard(x);
		}
	}

	private binary(k: K, e: Extract<Expr, { kind: typeof Kind.Binary }>): void {
		if (this.body.isConst(e)) return;
		if (e.op === Op.Add && this.isStringType(this.body.typeOf(e))) {
			// One allocation for a chain; the operands are copied.
			this.spill(k, e, 32);
			for (let x: Expr = e; ; ) {
				if (x.kind !== Kind.Binary || x.op !== Op.Add || this.body.isConst(x)) {
					this.discard(x);
					break;
				}
				this.discard(x.y);
				x = unparen(x.x);
			}
			return;
		}
		const comparison = e.op >= Op.Eql && e.op <= Op.Geq;
		this.convertTo(null, e.x, comparison ? this.body.typeOf(e.y) : null);
		this.convertTo(null, e.y, comparison ? this.body.typeOf(e.x) : null);
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
			const l = this.spill(k, e, this.body.program.layout.size(u.elem));
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
				const l = this.spill(k, e, this.literalLength(e) * this.body.program.layout.size(u.elem));
				for (const x of e.elems) this.convertTo({ dst: l, derefs: 0 }, x.kind === Kind.KeyValue ? x.value : x, u.elem);
				break;
			}
			case TypeKind.Map:
				this.spill(k, e, 0);
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

	private closure(k: K, lit: FuncLit): Literal {
		const l = this.spill(k, lit, 0);
		const old = this.frame.literals.get(lit);
		if (old !== undefined) return old;
		this.capture(l, this.frame.facts.captures.get(lit) ?? []);
		const made = this.host.literal(this, lit, l);
		this.frame.addLiteral(lit, made);
		return made;
	}

	/** Captured variables flow into the closure: their value, or their address when captured by reference. */
	capture(closure: Location, vars: readonly Var[]): void {
		for (const v of vars) this.graph.flow(closure, this.varLocation(v), this.byValue(v) ? 0 : -1);
	}

	/** range over a function value: the loop body's closure is its argument. */
	rangeOver(seq: Expr, closure: Location): void {
		const fun = unparen(seq);
		if (fun.kind === Kind.FuncLit) {
			this.graph.flow(this.closure(null, fun).params[0], closure, -1);
			return;
		}
		this.discard(seq);
		const k = this.rangeCallee(this.staticValue(seq));
		if (k !== null) this.graph.flow(k.dst, closure, k.derefs - 1);
	}

	/** The hole for the argument of a function that iterates. */
	private rangeCallee(fun: Expr): K {
		const made = this.literalOf(fun);
		if (made !== null) return { dst: made.params[0], derefs: 0 };
		const obj = fun.kind === Kind.Name ? this.body.objectOf(fun) : null;
		if (obj === null || obj.kind !== ObjKind.Func || (obj.type as Signature).tparams.length > 0) return this.heap();
		return this.argument(this.body.program.inst(obj, []), 0, []);
	}

	/** The literal that a function value is: written here, or what an inlined call returns. Its body was flowed. */
	private literalOf(fun: Expr): Literal | null {
		if (fun.kind === Kind.FuncLit) return this.frame.literals.get(fun) ?? null;
		const frame = fun.kind === Kind.Call ? this.frame.inlined.get(fun.id) : undefined;
		if (frame === undefined) return null;
		const last = this.body.program.bodyOf(frame.body.fn)?.list.at(-1);
		const { facts, body } = frame;
		// A function that does nothing but return a literal, or does so at its only return.
		if (last === undefined || last.kind !== Kind.Return || last.results === null || facts.returns !== 1) return null;
		const value = unparen(last.results);
		if (value.kind !== Kind.FuncLit || body.fn.sig.results.vars[0]?.name !== "") return null;
		return frame.literals.get(value) ?? null;
	}

	/** The expression that a name stands for, when it names a variable that is never assigned after its definition. */
	private staticValue(e: Expr): Expr {
		for (let x = unparen(e); ; ) {
			const v = this.body.localVar(x);
			if (v === null) return x;
			const facts = this.frame.facts;
			const def = facts.assigned.has(v) || facts.addrTaken.has(v) ? undefined : facts.defs.get(v);
			if (def === undefined) return x;
			x = unparen(def);
		}
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
		const copies =
			(this.isStringType(u) && !this.isStringType(from) && from.kind !== TypeKind.TypeParam) ||
			(u.kind === TypeKind.Slice && this.isStringType(from));
		if (u.kind === TypeKind.Interface && from.kind !== TypeKind.Interface) this.convertTo(k, x, to);
		else if (copies && !this.body.isConst(e)) {
			this.spill(k, e, 32);
			this.discard(x);
		} else if (this.isUnsafePointer(u) && from.kind === TypeKind.Basic && from.basic === BasicKind.Uintptr) this.unsafeValue(k, x);
		else if (u.kind === TypeKind.Array && from.kind === TypeKind.Slice) this.expr(this.deref(k), x);
		else this.expr(k, x);
	}

	private funcCall(ks: readonly K[], e: Call, callee: Exclude<Callee, { kind: "conversion" } | { kind: "builtin" }>): void {
		const sig = this.signature(e);
		switch (callee.kind) {
			case "static":
				this.staticCall(ks, e, sig, callee.inst, callee.recv);
				break;
			case "literal": {
				const made = this.closure(null, callee.lit);
				this.resultsTo(ks, made.results);
				this.args(e, sig, null, (i) => ({ dst: made.params[i], derefs: 0 }));
				break;
			}
			case "interface":
				this.interfaceCall(ks, e, sig, callee.recv);
				break;
			case "dynamic":
				this.dynamicCall(ks, e, sig);
				break;
		}
	}

	private interfaceCall(ks: readonly K[], e: Call, sig: Signature, recv: Selector): void {
		// A call that is made later panics later, too.
		let direct = this.noInline === e ? undefined : this.frame.direct.get(e.id);
		if (direct === undefined && this.noInline !== e) {
			direct = directMethod(this.body.program, this.frame, recv) ?? undefined;
			if (direct !== undefined) this.frame.addDirect(e.id, direct);
		}
		if (direct === undefined) this.args(e, sig, recv, () => this.heap());
		else this.staticCall(ks, e, sig, direct.fn, recv, direct);
	}

	/** The callee is a value: a literal that is known after all, or anything. */
	private dynamicCall(ks: readonly K[], e: Call, sig: Signature): void {
		const fun = this.newLocation();
		this.expr({ dst: fun, derefs: 0 }, e.fun);
		const value = this.staticValue(e.fun);
		const named = value.kind === Kind.Name && value !== unparen(e.fun) ? this.body.objectOf(value) : null;
		if (named !== null && named.kind === ObjKind.Func && (named.type as Signature | null)?.tparams.length === 0) {
			const fn = this.body.program.inst(named, []);
			const batch = this.host.inBatch(fn);
			if (batch !== null) this.resultsTo(ks, batch.results);
			this.args(e, sig, null, (i) => this.argument(fn, i, ks));
			return;
		}
		const made = this.literalOf(value);
		if (made !== null) {
			this.resultsTo(ks, made.results);
			this.args(e, sig, null, (i) => ({ dst: made.params[i], derefs: 0 }));
			return;
		}
		if (ks.some((k) => k !== null)) this.graph.flow(this.graph.callee, fun, 0);
		this.args(e, sig, null, () => this.heap());
	}

	private staticCall(
		ks: readonly K[],
		e: Call,
		sig: Signature,
		fn: FuncInst,
		recv: Selector | null,
		direct: DirectMethod | null = null,
	): void {
		const inlined = this.noInline === e ? null : this.host.inlineFrame(this, e, fn);
		if (inlined !== null) {
			// Arguments come first: they are evaluated before the body.
			this.args(e, sig, recv, (i) => ({ dst: inlined.params[i], derefs: 0 }), direct);
			this.host.inlineBody(this, inlined);
			this.resultsTo(ks, inlined.results);
			return;
		}
		const batch = this.host.inBatch(fn);
		if (batch !== null) this.resultsTo(ks, batch.results);
		const special = fn.obj?.name === "EscapeNonString" && fn.unit.pkg.path === "internal/abi";
		if (fn.pragmas.uintptrescapes) for (const a of e.args) this.escapingUintptr(a);
		const hole = (i: number): K => {
			if (special) return this.hasNonStringPointers(this.body.typeOf(e.args[0])) ? this.heap() : null;
			return this.argument(fn, i, ks);
		};
		this.args(e, sig, recv, hole, direct);
	}

	/** The hole for argument i (receiver first) of a known function that is not inlined. */
	private argument(fn: FuncInst, i: number, ks: readonly K[]): K {
		const batch = this.host.inBatch(fn);
		if (batch !== null) return { dst: batch.params[i], derefs: 0 };
		const tag = this.host.tags(fn)[i] ?? leaksToHeap;
		const holes: K[] = [];
		if (tag.heap >= 0) holes.push(this.heap(tag.heap));
		if (tag.mutator >= 0) holes.push({ dst: this.graph.mutator, derefs: tag.mutator });
		if (tag.callee >= 0) holes.push({ dst: this.graph.callee, derefs: tag.callee });
		for (let r = 0; r < ks.length; r++) {
			const d = tag.results[r] ?? -1;
			const k = ks[r];
			if (d >= 0 && k !== null) holes.push({ dst: k.dst, derefs: k.derefs + d });
		}
		return this.tee(...holes);
	}

	/** //go:uintptrescapes: the pointer in an argument uintptr(p) escapes. */
	private escapingUintptr(a: Expr): void {
		const x = unparen(a);
		if (x.kind !== Kind.Call || x.args.length !== 1 || this.body.callee(x).kind !== "conversion") return;
		if (this.isUnsafePointer(this.body.under(x.args[0]))) this.expr(this.heap(), x.args[0]);
	}

	private hasNonStringPointers(t: Type): boolean {
		const u = under(t);
		if (!this.body.hasPointers(t) || this.isStringType(t)) return false;
		if (u.kind === TypeKind.Struct) return u.fields.some((f) => this.hasNonStringPointers(f.type as Type));
		return u.kind === TypeKind.Array ? this.hasNonStringPointers(u.elem) : true;
	}

	private signature(e: Call): Signature {
		return this.body.under(e.fun) as Signature;
	}

	private resultsTo(ks: readonly K[], results: readonly Location[]): void {
		for (let i = 0; i < ks.length; i++) if (i < results.length) this.flow(ks[i], results[i]);
	}

	/** Arguments flow to holes by parameter index, receiver first; the variadic slice is an allocation at the call's site. */
	args(e: Call, sig: Signature, recv: Selector | null, hole: (i: number) => K, direct: DirectMethod | null = null): void {
		let base = 0;
		if (recv !== null) {
			if (direct === null) this.receiver(hole(0), recv);
			else this.expr(this.dotType(this.receiverHole(hole(0), direct.type, direct.index, direct.method), direct.type), recv.x);
			base = 1;
		}
		const params = sig.params.vars.map((p) => this.body.subst(p.type as Type));
		const spread = sig.variadic && !e.hasDots;
		const fixed = spread ? params.length - 1 : params.length;
		const elem = spread ? ((under(params[fixed]) as { elem?: Type }).elem ?? null) : null;
		const only = e.args.length === 1 ? unparen(e.args[0]) : null;
		const multi = only !== null && only.kind === Kind.Call ? this.body.typeOf(only) : null;
		const n = multi !== null && multi.kind === TypeKind.Tuple ? multi.vars.length : e.args.length;
		const rest = n - fixed;
		let slice: K = null;
		if (spread && rest > 0)
			slice = { dst: this.spill(hole(base + fixed), e, elem === null ? 0 : rest * this.body.program.layout.size(elem)), derefs: 0 };
		const place = (i: number): K => (i < fixed ? hole(base + i) : slice);
		if (multi !== null && multi.kind === TypeKind.Tuple) {
			const ks = multi.vars.map((v, i) =>
				this.boxedResult(place(i), only as Call, this.body.subst(v.type as Type), i < fixed ? params[i] : elem),
			);
			this.call(ks, only as Call);
			return;
		}
		for (let i = 0; i < n; i++) this.convertTo(place(i), e.args[i], i < fixed ? params[i] : elem);
	}

	/** A result of a multi-valued call that is used as a value of type `to`: its box, if it needs one, is always on the heap. */
	boxedResult(k: K, call: Call, from: Type, to: Type | null): K {
		if (to === null || !this.body.isInterface(to) || this.body.isInterface(from) || this.body.program.layout.isDirectIface(from)) return k;
		const l = this.spill(k, call, -1, -call.id);
		return { dst: l, derefs: 0 };
	}

	/** x of the method call x.M(): its value, its address, or what it points to, after the path of embedded fields. */
	private receiver(k: K, recv: Selector): void {
		const sel = this.body.selection(recv) as Selection;
		this.expr(this.receiverHole(k, this.body.subst(sel.recv), sel.index, sel.obj), recv.x);
	}

	/** The hole for an operand of type start whose method, index its path, has a receiver that flows to k. */
	private receiverHole(k: K, start: Type, index: readonly number[], method: Obj): K {
		let hole = k;
		let t = start;
		// Walk the path to the embedded receiver.
		let pointers = 0;
		let last = t;
		for (const i of index.slice(0, -1)) {
			let u = under(t);
			if (u.kind === TypeKind.Pointer) {
				pointers++;
				u = under(u.elem);
			}
			t = (u as Struct).fields[i].type as Type;
			last = t;
		}
		const wantsPointer = this.methodWantsPointer(method);
		const havePointer = under(last).kind === TypeKind.Pointer;
		let adjust = pointers;
		if (wantsPointer === true && !havePointer && under(last).kind !== TypeKind.Interface) adjust--;
		if (wantsPointer === false && havePointer) adjust++;
		for (; adjust > 0; adjust--) hole = this.deref(hole);
		for (; adjust < 0; adjust++) hole = this.addressOf(hole);
		return hole;
	}

	/** Whether the selected method has a pointer receiver; null for interface methods. */
	private methodWantsPointer(method: Obj): boolean | null {
		const sig = method.type as Signature | null;
		if (sig === null || sig.recv === null) return null;
		const u = under(sig.recv.type as Type);
		if (u.kind === TypeKind.Interface) return null;
		return (sig.recv.type as Type).kind === TypeKind.Pointer;
	}

	private builtin(k: K, e: Call, id: BuiltinId): void {
		const args = e.args;
		if (args.length === 1 && this.body.typeOf(unparen(args[0])).kind === TypeKind.Tuple) {
			this.builtinOfTuple(k, e, id, unparen(args[0]) as Call);
			return;
		}
		switch (id) {
			case BuiltinId.Append:
				this.append(k, e);
				break;
			case BuiltinId.Copy: {
				const from = this.body.under(args[1]);
				this.expr(this.mutator(), args[0]);
				const keeps = from.kind === TypeKind.Slice && this.body.hasPointers(from.elem);
				this.expr(keeps ? this.heap(1) : null, args[1]);
				break;
			}
			case BuiltinId.New:
				this.newCall(k, e);
				break;
			case BuiltinId.Make:
				this.make(k, e);
				break;
			case BuiltinId.Panic:
				this.convertTo(this.heap(), args[0], this.body.program.types.anyType());
				break;
			case BuiltinId.Clear:
				this.expr(this.mutator(), args[0]);
				break;
			case BuiltinId.Min:
			case BuiltinId.Max:
				for (const a of args) this.expr(k, a);
				break;
			case BuiltinId.Slice:
			case BuiltinId.String:
			case BuiltinId.SliceData:
			case BuiltinId.StringData:
			case BuiltinId.Add:
				this.expr(k, args[0]);
				for (let i = 1; i < args.length; i++) this.discard(args[i]);
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

	/** append(f()) and the like: a predeclared function with the results of one call for arguments. */
	private builtinOfTuple(k: K, e: Call, id: BuiltinId, from: Call): void {
		const types = (this.body.typeOf(from) as Tuple).vars.map((v) => this.body.subst(v.type as Type));
		const first = under(types[0]);
		const hole = (i: number): K => {
			switch (id) {
				case BuiltinId.Append: {
					const elem = (under(this.body.typeOf(e)) as { elem: Type }).elem;
					if (i === 0) return this.tee(k, this.mutator(), this.body.hasPointers(elem) ? this.heap(1) : null);
					return this.boxedResult(this.heap(), from, types[i], elem);
				}
				case BuiltinId.Copy: {
					const s = under(types[i]);
					if (i === 0) return this.mutator();
					return s.kind === TypeKind.Slice && this.body.hasPointers(s.elem) ? this.heap(1) : null;
				}
				case BuiltinId.Delete:
					return i === 0 ? null : this.boxedResult(null, from, types[i], first.kind === TypeKind.Map ? first.key : null);
				case BuiltinId.Slice:
				case BuiltinId.String:
				case BuiltinId.Add:
					return i === 0 ? k : null;
				case BuiltinId.Min:
				case BuiltinId.Max:
					return k;
				default:
					return null;
			}
		};
		this.call(
			types.map((_, i) => hole(i)),
			from,
		);
		if (id === BuiltinId.Append) this.spill(k, e, 0).loopDepth = 0;
	}

	private newCall(k: K, e: Call): void {
		const x = e.args[0];
		const t = (under(this.body.typeOf(e)) as { elem: Type }).elem;
		const l = this.spill(k, e, this.body.program.layout.size(t));
		if (!this.body.isType(x)) this.convertTo({ dst: l, derefs: 0 }, x, t);
	}

	mutator(): Hole {
		return { dst: this.graph.mutator, derefs: 0 };
	}

	private append(k: K, e: Call): void {
		const u = under(this.body.typeOf(e));
		const elem = u.kind === TypeKind.Slice ? u.elem : null;
		const pointers = elem !== null && this.body.hasPointers(elem);
		// Growing copies the old content to the heap.
		this.expr(this.tee(k, this.mutator(), pointers ? this.heap(1) : null), e.args[0]);
		if (e.hasDots) {
			const from = this.body.under(e.args[1]);
			this.expr(pointers && from.kind === TypeKind.Slice ? this.heap(1) : null, e.args[1]);
		} else for (let i = 1; i < e.args.length; i++) this.convertTo(this.heap(), e.args[i], elem);
		// The backing store that it may make is used once, so that loops do not matter.
		this.spill(k, e, 0).loopDepth = 0;
	}

	private make(k: K, e: Call): void {
		const u = under(this.body.typeOf(e));
		if (u.kind === TypeKind.Slice) {
			const n = this.constLength(e.args[e.args.length - 1]);
			const elem = this.body.program.layout.size(u.elem);
			// Of unknown length: a small one may be on the stack. Nothing is gained by elements without size.
			this.spill(k, e, elem === 0 ? -1 : n === null ? 0 : n * elem);
		} else if (u.kind === TypeKind.Map) {
			this.spill(k, e, 0);
		}
		for (let i = 1; i < e.args.length; i++) this.discard(e.args[i]);
	}

	/** A length that is constant, itself or through variables that never change. */
	private constLength(e: Expr): number | null {
		const n = this.body.constInt(e) ?? this.body.constInt(this.staticValue(e));
		return n !== null && n >= 0 ? n : null;
	}
}
