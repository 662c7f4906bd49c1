// The Program: what compiling one executable shares. Packages and their checker
// results, the work list of symbols that something reached, and the answers that
// builders ask for by notion (a function's symbol, a type's descriptor, an entry of
// the runtime). Parts that others implement come in as interfaces: Planner (escape,
// inlining), Descriptors (type descriptors, itabs, equality and hash), Wrappers,
// StaticInit. Everything reached is a Work item: a symbol and how to make it.

import { InternalError, type SourceSet } from "#base";
import { ABI0, ABIInternal, type Abi, addReloc, FragmentBuilder, type Mark, RelocKind, SymKind, SymFlag } from "#object";
import type { Block, File, For, FuncDecl, FuncLit, Stmt } from "#syntax";
import type { CallSig, Func as SsaFunc, SymRef } from "#ssa";
import {
	type Build,
	type Func,
	lookupFieldOrMethod,
	type MapT,
	ObjKind,
	type Package,
	type Selection,
	type Signature,
	type Struct,
	type Type,
	TypeKind,
	typeOf,
	unalias,
	type Var,
} from "#types";
import { type AbiLayout, callSigOf } from "./abi.ts";
import type { VarFacts } from "./escape/facts.ts";
import { FactRecorder } from "./facts.ts";
import { Algs } from "./algs.ts";
import { Layout } from "./layout.ts";
import { Names } from "./names.ts";
import { isRuntimePkg, type Pragmas, pragmasOf } from "./pragma.ts";
import { isInterface, type Subst, Types } from "./subst.ts";

/** ABIs of a package's assembly, from its symabis: by linker name, a set of 1 (ABI0), 2 (ABIInternal) and 4 (data, not a function). */
export interface AsmAbis {
	defs: Map<string, number>;
	refs: Map<string, number>;
}

/** A package to compile. */
export interface PackageUnit {
	pkg: Package;
	files: File[];
	asm: AsmAbis;
	/** From GOROOT/src. */
	standard: boolean;
	/** Its linkname directives; null = read them from the files. */
	links: LinkRow[] | null;
}

/** A two-argument linkname directive. */
export interface LinkRow {
	local: string;
	remote: string;
	/** What the local object is: a declaration that gives the remote symbol its content, or one that refers to it. */
	role: "push" | "pull-func" | "pull-var";
}

/** Short texts that earlier builds left, for what is expensive to find out. */
export interface Notes {
	getNote(key: string): string | null;
	putNote(key: string, text: string): void;
}

/** A function to compile: declared function or method, function literal, or body of a range-over-func loop; with its type arguments. */
export class FuncInst {
	/** Linker name. */
	readonly name: string;
	readonly unit: PackageUnit;
	/** The declared function or method (origin of instances); null for literals. */
	readonly obj: Func | null;
	readonly decl: FuncDecl | null;
	/** A literal, or the loop whose body is a synthetic function. */
	readonly lit: FuncLit | For | null;
	/** Type parameters in scope and what they stand for; null in non-generic code. */
	readonly subst: Subst | null;
	/** The function that contains the literal. */
	readonly outer: FuncInst | null;
	/** With type arguments substituted; recv included. */
	readonly sig: Signature;
	/** Of literals: before substitution; its variables are those that the body uses. */
	readonly litSig: Signature | null;
	readonly file: File;
	readonly pragmas: Pragmas;
	constructor(o: {
		name: string;
		unit: PackageUnit;
		obj: Func | null;
		decl: FuncDecl | null;
		lit: FuncLit | For | null;
		subst: Subst | null;
		outer: FuncInst | null;
		sig: Signature;
		litSig: Signature | null;
		file: File;
		pragmas: Pragmas;
	}) {
		this.name = o.name;
		this.unit = o.unit;
		this.obj = o.obj;
		this.decl = o.decl;
		this.lit = o.lit;
		this.subst = o.subst;
		this.outer = o.outer;
		this.sig = o.sig;
		this.litSig = o.litSig;
		this.file = o.file;
		this.pragmas = o.pragmas;
	}
}

/**
 * What the planner decided for a function and the calls inlined into it. Sites are node ids: of the Unary of &T{…}, of the
 * Call of new, make, a conversion or a variadic call (the slice), of a FuncLit, of a Binary string concatenation, of a
 * Selector that is a method value; negative: the implicit conversion to an interface of the expression with that id.
 */
export interface Plan {
	readonly fn: FuncInst;
	/** Calls in this body that are inlined, by Call node id. */
	readonly inlined: ReadonlyMap<number, Plan>;
	/** Interface calls in this body whose method is certain, by Call node id. */
	readonly direct: ReadonlyMap<number, DirectMethod>;
	/** The variable must live in a heap cell. Asked only for variables whose address is taken or that are captured by reference. */
	varOnHeap(v: Var): boolean;
	/** The allocation at the site escapes. */
	siteOnHeap(site: number): boolean;
	/** Nothing writes to the memory that the allocation at the site gives, and it does not escape. */
	siteReadOnly(site: number): boolean;
}

/** What a method selection means for concrete types. */
export interface SelectedMethod {
	method: Func;
	/** The declared method; null = a method of an interface. */
	fn: FuncInst | null;
	/** Path from the operand: embedded fields, then the method. */
	index: number[];
	/** Type of the operand. */
	recv: Type;
}

/** The method that an interface call is certain to call, unless the interface is nil. */
export interface DirectMethod {
	/** The dynamic type. */
	type: Type;
	method: Func;
	fn: FuncInst;
	/** Path from a value of the type: embedded fields, then the method. */
	index: readonly number[];
}

/** Escape analysis and inlining decisions. */
export interface Planner {
	plan(fn: FuncInst): Plan;
	/** Calls of function literals that are known are inlined too. */
	readonly inlinesLiterals: boolean;
}

/** Where code or data goes that is made for one symbol: SSA functions to compile and data symbols, one fragment. */
export class Product {
	readonly frag: FragmentBuilder;
	readonly funcs: SsaFunc[] = [];
	/** Relocations without bytes for functions of this product (UseIface, UseIfaceMethod, Keep...): added to the text symbol. */
	readonly marks: Mark[] = [];
	constructor(pkg: string) {
		this.frag = new FragmentBuilder(pkg);
	}
}

/** Type descriptors and what hangs on them. */
export interface Descriptors {
	/** The descriptor `type:…` of t and symbols that belong to it alone. */
	type(t: Type): Product;
	/** `go:itab.T,I`. */
	itab(concrete: Type, iface: Type): Product;
	/** Symbol of the function value (closure object) `func(p, q unsafe.Pointer) bool` that compares two t; queues what it needs. */
	eqClosure(t: Type): SymRef;
	/** Symbol of `func(p unsafe.Pointer, h uintptr) uintptr` as closure object. */
	hashClosure(t: Type): SymRef;
	/** The text symbol of the equality function of a type that memory comparison does not serve, ABIInternal. */
	eqFunc(t: Type): SymRef;
	/** The type of a map's slot groups. */
	groupType(m: MapT): Struct;
	/** Read-only symbol with the pointer mask of t (runtime.gcbits.…). */
	gcMask(t: Type): SymRef;
}

/** Functions that no source text declares. */
export interface Wrappers {
	/** Method m (by objId, e.g. "String" or "pkg/path.name") of t as a function with receiver t first: declared, promoted, through a pointer or an interface. Queued. */
	method(t: Type, id: string): SymRef;
	/** As method, but the receiver is the data word of an interface holding a t: what goes into itabs. Queued. */
	ifaceMethod(t: Type, id: string): SymRef;
	/** The symbols of method and ifaceMethod, without queueing them. */
	methodName(t: Type, id: string): SymRef;
	ifaceMethodName(t: Type, id: string): SymRef;
	/** The code of method values `x.M`: closure whose context holds x; `-fm`. Queued. */
	methodValue(recv: Type, id: string): SymRef;
}

/** Package-level variables whose initial value is data. */
export interface StaticInit {
	/** The definition of the variable's symbol: bss, or data when its initialiser is static. */
	variable(v: Var): Product;
	/** The variable's initialiser was turned into data, nothing is to run. */
	isStatic(v: Var): boolean;
}

/** An object that a linkname directive names. */
interface Linked {
	unit: PackageUnit;
	local: string;
}

/** A symbol that was reached. */
export interface Work {
	readonly name: string;
	readonly abi: Abi;
	/** null: only its name is known so far, from a cached symbol that refers to it. */
	make: (() => Product) | null;
	/** The cached symbol that named it. */
	referrer: Work | null;
	/** How others refer to it. */
	readonly ref: SymRef;
	/** Whether it is, or was, on the work list; those of the store never are. */
	queued: boolean;
}

export function newWork(name: string, abi: Abi, make: (() => Product) | null, referrer: Work | null): Work {
	return { name, abi, make, referrer, ref: { name, abi }, queued: false };
}

/** What was asked for on the way to something that perhaps nobody needs. */
export interface Withheld {
	readonly works: Work[];
	/** Types converted to interfaces. */
	readonly inIface: Type[];
}

/** What making a symbol asked of the program: enough to do the same without making it. */
export interface Trace {
	/** Symbols queued: the one reference to each that the program has. */
	readonly needs: Set<SymRef>;
	/** Types converted to interfaces, by link name. */
	readonly usedInIface: Set<string>;
	/** Interface methods that are called: name and signature. */
	readonly ifaceMethods: Set<string>;
	reflectMethod: boolean;
}

export function newTrace(): Trace {
	return { needs: new Set(), usedInIface: new Set(), ifaceMethods: new Set(), reflectMethod: false };
}

/** A runtime function that the compiler calls by name. */
export interface RuntimeFunc {
	ref: SymRef;
	sig: CallSig;
}

/** What the -gcflags of a package ask of its code. */
export interface CodeFlags {
	/** -N: no optimization, every variable in the frame. */
	noOpt: boolean;
	/** -l: calls in its functions are not inlined. */
	noInline: boolean;
	/** -B: no bounds checks. */
	noBounds: boolean;
}

const plainCode: CodeFlags = { noOpt: false, noInline: false, noBounds: false };

export interface ProgramOptions {
	build: Build;
	sources: SourceSet;
	units: PackageUnit[];
	goarch: string;
	notes?: Notes | undefined;
	/** GOEXPERIMENT=fieldtrack: `//go:nointerface` is in force. */
	fieldTrack?: boolean;
	/** By import path; absent = no flags. Runtime packages are optimized in any case, as gc has it. */
	codeFlags?: ((path: string) => CodeFlags) | undefined;
}

export class Program {
	readonly build: Build;
	readonly sources: SourceSet;
	readonly notes: Notes | null;
	readonly fieldTrack: boolean;
	readonly units: Map<string, PackageUnit> = new Map();
	readonly types: Types;
	readonly layout: Layout;
	readonly algs: Algs;
	readonly names: Names;

	/** Set once by the driver before work starts. */
	planner!: Planner;
	descriptors!: Descriptors;
	wrappers!: Wrappers;
	statics!: StaticInit;
	/** How a function body becomes SSA (build/func.ts); how a package's init becomes code (build/init.ts). */
	compileInst!: (fn: FuncInst) => Product;

	/** Facts about the variables of bodies; names of literals: caches of the builder. */
	readonly bodyFacts: Map<Block, VarFacts> = new Map();
	readonly litNames: Map<FuncInst, Map<FuncLit | For, string>> = new Map();

	private readonly codeFlagsOf: (path: string) => CodeFlags;
	private readonly queue: Work[] = [];
	/** By name: of ABIInternal in knownFuncs, others in known. */
	private readonly known: Map<string, Work> = new Map();
	private readonly knownFuncs: Map<string, Work> = new Map();
	private readonly insts: Map<string, FuncInst> = new Map();
	/** Those without type arguments, by what declares them. */
	private readonly plainInsts: Map<Func, FuncInst> = new Map();
	private readonly rtFuncs: Map<string, RuntimeFunc> = new Map();
	private readonly callSigs: Map<number, AbiLayout> = new Map();
	/** Linker name -> a variable without value that some package gives that name. */
	private readonly pulled: Map<string, Linked> = new Map();
	private readonly interSigs: Map<number, Signature> = new Map();
	/** `//go:linkname` by linker name of the local symbol -> linker name it has, with the package that says so. */
	readonly linknames: Map<string, string> = new Map();
	/** Linker name -> a declaration without body that refers to it: gives the signature of assembly that its own package does not declare. */
	private readonly pulledFuncs: Map<string, Linked> = new Map();
	/** Names of symbols that packages outside GOROOT define for others by linkname. */
	readonly pushedByUser: Set<string> = new Set();
	/** Linker name -> the object that defines it by a linkname push. */
	private readonly pushed: Map<string, Linked> = new Map();

	constructor(o: ProgramOptions) {
		this.build = o.build;
		this.sources = o.sources;
		this.notes = o.notes ?? null;
		this.fieldTrack = o.fieldTrack ?? false;
		const given = o.codeFlags;
		this.codeFlagsOf = given ?? (() => plainCode);
		for (const u of o.units) this.units.set(u.pkg.path, u);
		this.types = new Types(o.build);
		this.layout = new Layout(this.types);
		this.algs = new Algs(this.layout);
		this.names = new Names(this.types, this.linknames);
		for (const u of o.units) this.readLinknames(u);
	}

	/** Flags of the package's code. */
	codeFlags(path: string): CodeFlags {
		const flags = this.codeFlagsOf(path);
		return flags.noOpt && isRuntimePkg(path) ? { ...flags, noOpt: false } : flags;
	}

	// ---- work list ----

	/** Made by the driver: what making the current symbol finds out about others. */
	facts: FactRecorder = new FactRecorder(null);

	/** What making the current symbol asks for; null = nobody listens. */
	trace: Trace | null = null;

	private withheld: Withheld | null = null;

	/** Runs what asks for symbols that are needed only when its result is: queues none of them. */
	withhold<R>(run: () => R): { result: R; withheld: Withheld } {
		const outer = this.withheld;
		const withheld: Withheld = { works: [], inIface: [] };
		this.withheld = withheld;
		try {
			return { result: run(), withheld };
		} finally {
			this.withheld = outer;
		}
	}

	/** Asks for what was withheld. */
	release(w: Withheld): void {
		for (const work of w.works) this.ask(work);
		for (const t of w.inIface) this.convertedToIface(t);
	}

	/** A value of type t is converted to an interface, in code or in data that may be withheld. */
	convertedToIface(t: Type): void {
		if (this.withheld === null) this.usedInIface(t);
		else this.withheld.inIface.push(t);
	}

	/** Queues the symbol unless it was queued before. */
	need(name: string, abi: Abi, make: () => Product): SymRef {
		const known = this.knownOf(abi);
		let work = known.get(name);
		if (work === undefined) {
			work = newWork(name, abi, make, null);
			known.set(name, work);
		} else work.make ??= make;
		this.ask(work);
		return work.ref;
	}

	private ask(work: Work): void {
		if (this.withheld !== null) {
			this.withheld.works.push(work);
			return;
		}
		if (!work.queued) this.enqueue(work);
		this.trace?.needs.add(work.ref);
	}

	/** Queues a symbol of which a cached one knows the name. */
	needByName(name: string, abi: Abi, referrer: Work): void {
		const work = this.knownOf(abi).get(name);
		if (work === undefined) this.enqueue(newWork(name, abi, null, referrer));
		else if (!work.queued) this.enqueue(work);
	}

	private knownOf(abi: Abi): Map<string, Work> {
		return abi === ABIInternal ? this.knownFuncs : this.known;
	}

	private enqueue(work: Work): void {
		work.queued = true;
		this.knownOf(work.abi).set(work.name, work);
		if (!this.isStored(work.name, work.abi)) this.queue.push(work);
	}

	/** The work that makes a symbol, not queued when it was not known. */
	workOf(name: string, abi: Abi, referrer: () => Work | null): Work {
		const known = this.knownOf(abi);
		let work = known.get(name);
		if (work === undefined) {
			work = newWork(name, abi, null, null);
			known.set(name, work);
			work.referrer = referrer();
		}
		return work;
	}

	/** Whether the symbol was taken from the store. Set by the driver. */
	isStored: (name: string, abi: Abi) => boolean = () => false;

	/** Whether something has queued the symbol. */
	isKnown(name: string, abi: Abi): boolean {
		return this.knownOf(abi).get(name)?.queued === true || this.isStored(name, abi);
	}

	next(): Work | null {
		return this.queue.pop() ?? null;
	}

	// ---- functions ----

	unitOf(pkg: Package): PackageUnit {
		const u = this.units.get(pkg.path);
		if (u === undefined) throw new InternalError(`package ${pkg.path} is not part of the program`);
		return u;
	}

	/** The function declared by obj with the type arguments of its receiver and its own (already substituted). */
	inst(obj: Func, targs: readonly Type[]): FuncInst {
		const origin = obj.origin;
		const plain = targs.length === 0 ? this.plainInsts.get(origin) : undefined;
		if (plain !== undefined) return plain;
		const name = this.names.func(origin, targs);
		const old = this.insts.get(name);
		if (old !== undefined && old.obj === origin) return old;
		const unit = this.unitOf(origin.pkg as Package);
		const decl = origin.decl?.fdecl ?? null;
		if (decl === null || origin.decl === null) throw new InternalError(`${name}: no declaration`);
		const sig = typeOf(origin) as Signature;
		const tparams = sig.rparams.length > 0 ? sig.rparams : sig.tparams;
		if (tparams.length !== targs.length)
			throw new InternalError(`${name}: ${targs.length} type arguments for ${tparams.length} parameters`);
		const end = targs.length === 0 ? 0 : (this.build.bodyOf(origin.decl.file, decl)?.rbrace ?? decl.pos);
		const subst = targs.length === 0 ? null : this.types.makeSubst(tparams, targs, decl.pos, end);
		const made = new FuncInst({
			name,
			unit,
			obj: origin,
			decl,
			lit: null,
			subst,
			outer: null,
			sig: this.types.substMethod(sig, subst),
			litSig: null,
			file: origin.decl.file,
			pragmas: pragmasOf(decl.pragma, unit),
		});
		this.insts.set(name, made);
		// `func init()` gets its name later (nameInits).
		if (targs.length === 0 && origin.name !== "init") this.plainInsts.set(origin, made);
		return made;
	}

	/** The method that a selection calls after substitution, with the path to it; fn null = interface method. */
	selectMethod(sel: Selection, subst: Subst | null): SelectedMethod {
		const recv = this.types.subst(sel.recv, subst);
		const r = lookupFieldOrMethod(recv, true, sel.obj.pkg, sel.obj.name);
		if (r.obj === null || r.obj.kind !== ObjKind.Func || r.index === null) {
			throw new InternalError(`no method ${sel.obj.name} in ${this.types.link(recv)}`);
		}
		const m = r.obj;
		const mrecv = (typeOf(m) as Signature).recv;
		const fn = mrecv === null || isInterface(typeOf(mrecv)) ? null : this.methodInst(m);
		return { method: m, fn, index: r.index, recv };
	}

	/** The instance that a method of a (possibly instantiated) type is. */
	methodInst(m: Func): FuncInst {
		const recv = (typeOf(m) as Signature).recv;
		if (recv === null) throw new InternalError(`${m.name} has no receiver`);
		let t = unalias(typeOf(recv));
		if (t.kind === TypeKind.Pointer) t = unalias(t.elem);
		return this.inst(m, t.kind === TypeKind.Named && t.inst !== null ? t.inst.targs : []);
	}

	/** A function literal or loop body inside fn; litSig is its signature before substitution. */
	litInst(outer: FuncInst, lit: FuncLit | For, litSig: Signature, sig: Signature, name: string): FuncInst {
		const old = this.insts.get(name);
		if (old !== undefined && old.lit === lit) return old;
		const made = new FuncInst({
			name,
			unit: outer.unit,
			obj: null,
			decl: null,
			lit,
			subst: outer.subst,
			outer,
			sig,
			litSig,
			file: outer.file,
			pragmas: outer.pragmas.forLiteral(),
		});
		this.insts.set(name, made);
		return made;
	}

	/** The text symbol of a function; queues its compilation. Functions without body refer to assembly or to a linkname. */
	funcRef(fn: FuncInst): SymRef {
		if (fn.decl !== null && !fn.decl.hasBody) return this.externRef(fn);
		return this.need(fn.name, ABIInternal, () => this.compileInst(fn));
	}

	/** A declaration without body: assembly of its package, or the function that some package pushes under that name or declares. */
	private externRef(fn: FuncInst): SymRef {
		const target = this.lookupLinkname(fn.name);
		if (target !== null && target !== fn.obj && target.kind === ObjKind.Func && target.decl?.fdecl?.hasBody === true) {
			return this.funcRef(this.inst(target, []));
		}
		return this.asmRef(fn, target !== null && target.kind === ObjKind.Func ? target : (fn.obj as Func));
	}

	/** Made by the driver: the ABIInternal face of an assembly function (itself, or a wrapper). */
	asmRef: (fn: FuncInst, owner: Func) => SymRef = (fn) => ({ name: fn.name, abi: ABIInternal });

	/** Made by the driver: whether assembly defines the function for the stack ABI only. */
	isStackAsm: (name: string) => boolean = () => false;
	/** Whether assembly defines data of this name. */
	isAsmData: (name: string) => boolean = () => false;

	/** The function or variable that a linker name denotes, if it is declared in Go. */
	lookupLinkname(name: string): Func | Var | null {
		return this.linked(this.pushed, name) ?? this.declaredUnder(name) ?? this.linked(this.pulled, name);
	}

	private declaredUnder(name: string): Func | Var | null {
		const dot = name.indexOf(".", name.lastIndexOf("/") + 1);
		if (dot < 0) return null;
		const unit = this.units.get(this.names.unescapePath(name.slice(0, dot)));
		const rest = name.slice(dot + 1);
		const obj = unit?.pkg.scope.lookup(rest) ?? null;
		if (obj !== null && (obj.kind === ObjKind.Func || obj.kind === ObjKind.Var)) return obj;
		const m = /^\(\*(.+)\)\.(.+)$/.exec(rest) ?? /^([^.]+)\.(.+)$/.exec(rest);
		const tname = m === null ? null : (unit?.pkg.scope.lookup(m[1]) ?? null);
		if (m === null || tname === null || tname.kind !== ObjKind.TypeName) return null;
		return this.types.declaredMethod(typeOf(tname), m[2]);
	}

	/** The static closure object of a function: `name·f`, one word. It belongs to no package: whoever asks first must not matter. */
	funcVal(ref: SymRef): SymRef {
		const name = `${ref.name}·f`;
		return this.need(name, ABI0, () => {
			const p = new Product("");
			const sym = p.frag.data(name, SymKind.Rodata, new Uint8Array(8), { align: 8, flags: SymFlag.Dupok });
			addReloc(sym.relocs, 0, 8, RelocKind.Addr, p.frag.ref(ref.name, ref.abi), 0);
			return p;
		});
	}

	// ---- what reflection and interface calls may reach (reach.ts) ----

	/** A value of type t is converted to an interface: its methods can be called through interfaces or reflection. */
	usedInIface: (t: Type) => void = () => {};
	/** Method `m` of some interface type may be called. */
	ifaceMethodUsed: (m: Func) => void = () => {};
	/** Methods may be looked up by a name that is not known: all exported methods of types in interfaces stay. */
	reflectMethodUsed: () => void = () => {};

	// ---- types, data ----

	/** Types by the name of their descriptor. */
	readonly typeOfSym: Map<string, Type> = new Map();
	private readonly typeSymNames: (string | undefined)[] = [];

	/** The descriptor of t. */
	typeSym(t: Type): SymRef {
		const c = this.types.canon(t);
		return this.need(this.typeSymName(c), ABI0, () => this.descriptors.type(c));
	}

	/** c: canonical. */
	private typeSymName(c: Type): string {
		let name = this.typeSymNames[c.id];
		if (name === undefined) {
			name = this.names.typeSym(c);
			this.typeSymNames[c.id] = name;
			this.typeOfSym.set(name, c);
		}
		return name;
	}

	/** Name of the descriptor of a variable's type: debuggers read it, the program does not. */
	debugType(t: Type): string {
		return this.typeSymName(this.types.canon(t));
	}

	/** Read-only zeroes, at least n bytes. */
	zeroSym(n: number): SymRef {
		const size = 1 << Math.ceil(Math.log2(n));
		const name = `go:zero.${size}`;
		return this.need(name, ABI0, () => {
			const out = new Product("");
			out.frag.data(name, SymKind.Noptrbss, new Uint8Array(0), { size, align: 16, flags: SymFlag.Dupok });
			return out;
		});
	}

	itabSym(concrete: Type, iface: Type): SymRef {
		const c = this.types.canon(concrete);
		const i = this.types.canon(iface);
		return this.need(this.names.itabSym(c, i), ABI0, () => this.descriptors.itab(c, i));
	}

	/** The symbol of a package-level variable. */
	varSym(v: Var): SymRef {
		const name = this.names.variable(v);
		// Declared in Go, defined in assembly.
		if (this.isAsmData(name) && this.reachByName({ name, abi: ABI0 })) return { name, abi: ABI0 };
		const target = this.lookupLinkname(name);
		const def = target !== null && target.kind === ObjKind.Var ? target : v;
		return this.need(name, ABI0, () => this.statics.variable(def));
	}

	/** Register and stack assignment of a Go signature (receiver first), ABIInternal. */
	abiOf(sig: Signature): AbiLayout {
		let a = this.callSigs.get(sig.id);
		if (a === undefined) {
			a = callSigOf(this.layout, sig, ABIInternal);
			this.callSigs.set(sig.id, a);
		}
		return a;
	}

	/** The signature of an interface method as it is called: the receiver is the data word. */
	interSig(sig: Signature): Signature {
		let s = this.interSigs.get(sig.id);
		if (s === undefined) {
			s = this.types.signature(
				[this.types.unsafePtr, ...sig.params.vars.map((v) => typeOf(v))],
				sig.results.vars.map((v) => typeOf(v)),
			);
			this.interSigs.set(sig.id, s);
		}
		return s;
	}

	/** Runtime function `name`, e.g. "mallocgc" (package runtime) or "internal/runtime/maps.rand"; reached by asking. */
	rt(name: string): RuntimeFunc {
		const old = this.rtFuncs.get(name);
		if (old !== undefined) return old;
		const dot = name.lastIndexOf(".");
		const path = dot < 0 ? "runtime" : name.slice(0, dot);
		const made = this.notedRt(name) ?? this.declaredRt(name, path, name.slice(dot + 1));
		this.rtFuncs.set(name, made);
		return made;
	}

	private declaredRt(name: string, path: string, local: string): RuntimeFunc {
		const obj = this.units.get(path)?.pkg.scope.lookup(local) ?? this.linked(this.pulledFuncs, `${path}.${local}`);
		if (obj === null || obj.kind !== ObjKind.Func) throw new InternalError(`${path} declares no function ${name}`);
		const fn = this.inst(obj, []);
		const made: RuntimeFunc = { ref: this.funcRef(fn), sig: this.abiOf(fn.sig).sig };
		this.notes?.putNote(`rt ${name}`, JSON.stringify(made));
		return made;
	}

	/** A runtime function that an earlier build called: found without reading the runtime. */
	private notedRt(name: string): RuntimeFunc | null {
		// Symbols that are being recorded ask for theirs by declaration.
		const text = this.trace === null ? (this.notes?.getNote(`rt ${name}`) ?? null) : null;
		if (text === null) return null;
		const made = JSON.parse(text) as RuntimeFunc;
		return this.reachByName(made.ref) ? made : null;
	}

	/** Made by the driver: queues a symbol by its name, if it can be found by that. */
	reachByName: (ref: SymRef) => boolean = () => false;

	/** Symbol of runtime variable `name`. */
	rtVar(name: string): SymRef {
		const dot = name.lastIndexOf(".");
		const path = dot < 0 ? "runtime" : name.slice(0, dot);
		if (this.trace === null) {
			const local = `${path}.${name.slice(dot + 1)}`;
			const ref: SymRef = { name: this.linknames.get(local) ?? local, abi: ABI0 };
			if (this.reachByName(ref)) return ref;
		}
		const obj = this.units.get(path)?.pkg.scope.lookup(name.slice(dot + 1)) ?? null;
		if (obj === null || obj.kind !== ObjKind.Var) throw new InternalError(`${path} declares no variable ${name}`);
		return this.varSym(obj);
	}

	/** Type declared as `name` in a package of the runtime. */
	rtType(path: string, name: string): Type {
		const obj = this.units.get(path)?.pkg.scope.lookup(name) ?? null;
		if (obj === null || obj.kind !== ObjKind.TypeName) throw new InternalError(`${path} declares no type ${name}`);
		return typeOf(obj);
	}

	/** Bodies of functions that no source text declares: packages' init functions. */
	readonly syntheticBodies: Map<FuncInst, Block> = new Map();
	readonly packageInits: Map<Package, FuncInst | null> = new Map();
	/** Functions that fill package-level maps, and the places in packages' init functions that call them (build/mapinit.ts). */
	readonly mapInits: Map<Var, FuncInst> = new Map();
	readonly mapInitCalls: Map<Stmt, FuncInst> = new Map();

	/** The parsed body of a function to compile. */
	bodyOf(fn: FuncInst): Block | null {
		this.facts.body(fn);
		const synthetic = this.syntheticBodies.get(fn);
		if (synthetic !== undefined) return synthetic;
		if (fn.lit !== null) return fn.lit.body;
		return fn.decl === null ? null : this.build.bodyOf(fn.file, fn.decl);
	}

	private readLinknames(u: PackageUnit): void {
		u.links ??= this.linkRows(u);
		for (const row of u.links) {
			this.linknames.set(`${u.pkg.path}.${row.local}`, row.remote);
			if (row.role === "push" && !u.standard) this.pushedByUser.add(row.remote);
			const table = row.role === "push" ? this.pushed : row.role === "pull-func" ? this.pulledFuncs : this.pulled;
			if (row.role !== "pull-var" || !table.has(row.remote)) table.set(row.remote, { unit: u, local: row.local });
		}
	}

	/** Two-argument directives rename the local symbol; the one-argument form marks it for others to refer to and changes nothing. */
	private linkRows(u: PackageUnit): LinkRow[] {
		const rows: LinkRow[] = [];
		u.pkg.scope.load();
		for (const d of u.files.flatMap((file) => file.directives)) {
			const [local, remote] = d.args;
			if (d.name !== "linkname" || local === undefined || remote === undefined) continue;
			const obj = u.pkg.scope.lookup(local);
			if (obj?.kind === ObjKind.Func) rows.push({ local, remote, role: obj.decl?.fdecl?.hasBody === true ? "push" : "pull-func" });
			else if (obj?.kind === ObjKind.Var) rows.push({ local, remote, role: obj.decl?.init != null ? "push" : "pull-var" });
		}
		return rows;
	}

	private linked(table: ReadonlyMap<string, Linked>, name: string): Func | Var | null {
		const at = table.get(name);
		const obj = at?.unit.pkg.scope.lookup(at.local) ?? null;
		return obj !== null && (obj.kind === ObjKind.Func || obj.kind === ObjKind.Var) ? obj : null;
	}
}
