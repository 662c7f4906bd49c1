// Compiling a program: the work list from the entry point to fragments. Every
// fragment's name table says what it refers to; names that nothing has defined
// yet are found in Go declarations or in assembly, and queued.

import { InternalError, type Report } from "#base";
import { ABI0, ABIInternal, type Abi, addMarks, type Fragment, isMapInit, isWeak, Names, type ObjSym } from "#object";
import { newOptimizeContext, optimize, type OptimizeContext, type Func as SsaFunc, type SymRef } from "#ssa";
import type { NodeIds } from "#syntax";
import { checkBody, checkInit, type Func, ObjKind, type Signature, type Type, TypeKind, typeOf } from "#types";
import { initTask, initTaskName, mapInitOf, packageInit, staticClosure } from "./build/init.ts";
import { compileInst } from "./build/func.ts";
import type { Backend, Packed } from "./backend.ts";
import { frameFault } from "./build/framesize.ts";
import { argMap, argMapSuffix } from "./argmap.ts";
import { decisions } from "./decisions.ts";
import { EscapePlanner } from "./escape/planner.ts";
import { FactRecorder } from "./facts.ts";
import type { Line } from "./escape/report.ts";
import { type FuncInst, newTrace, newWork, type PackageUnit, Product, Program, type ProgramOptions, type Work } from "./program.ts";
import { Inliner } from "./inline/inliner.ts";
import { TypeDescriptors } from "./reflectdata/descriptor.ts";
import { MethodReach, type TypeReach } from "./reflectdata/reach.ts";
import { type EmbedOf, partOfInitialValue, StaticData } from "./static/static.ts";
import type { PackedEntry, StoredSymbol, SymbolStore, TracedSymbol } from "./store.ts";
import { type StoredEntries, StoredWork } from "./storedwork.ts";
import { abiWrapper } from "./wrap/abi.ts";
import { pkgPrefix } from "./typename.ts";
import { MethodWrappers } from "./wrap/methods.ts";

/** The assembly of a package, assembled when one of its symbols is reached. kept: entries of the store will do. */
export type Assemble = (pkgPath: string, program: Program, kept: boolean) => readonly (Fragment | StoredSymbol)[];

/** Machine code from optimised SSA: adds the function's symbols to the product's fragment. */
export type Emit = (f: SsaFunc, out: Product) => void;

export interface CompileOptions extends ProgramOptions {
	ids: NodeIds;
	assemble: Assemble;
	emit: Emit;
	embedOf: EmbedOf;
	optimize?: OptimizeContext | undefined;
	debug?: CompileDebug;
	/** Other threads for passes and emission. Not with `debug` or `optimize`. */
	backend?: Backend | undefined;
	/** Symbols of earlier builds. */
	store?: SymbolStore;
	/** Inline calls of small functions. */
	inline?: boolean;
	/** Packages, by import path, whose inlining and escape decisions are wanted. */
	explain?: ((path: string) => boolean) | undefined;
	/** Types that debuggers look up by name, `importpath.Name`; null = nothing is described to debuggers. */
	debugTypes?: readonly string[] | null;
	/** Symbols to start from besides the packages' init tasks. */
	entry: string;
	/** Receives errors in the source that only compiling finds. */
	report?: Report;
	/** Import paths of packages whose functions and methods are all compiled, reached or not (generic ones where instantiated). */
	whole?: ReadonlySet<string>;
}

/** Hooks for tools that look into a compilation. */
export interface CompileDebug {
	/** Receives a defect in making a symbol; the work goes on without it. */
	error?: (name: string, err: unknown) => void;
	/** Receives each function as the builder made it. */
	built?: (f: SsaFunc) => void;
	/** Receives each function after the passes. */
	optimized?: (f: SsaFunc) => void;
}

export interface Compiled {
	program: Program;
	/** Made in this build; by package and name. */
	fragments: Fragment[];
	/** Of earlier builds, null = none. */
	stored: StoredEntries | null;
	/** Names that nothing defines: the linker knows some of them and reports the others. */
	unresolved: string[];
	/** What was decided about the functions of packages that were to be explained. */
	decisions: Map<string, Line[]>;
}

/** Compiles everything that the program reaches. */
export function compileProgram(o: CompileOptions): Compiled {
	try {
		return new Driver(o).run();
	} catch (err) {
		if (!(err instanceof LostSymbol)) throw err;
		return new Driver({ ...o, store: undefined }).run();
	}
}

/** The store refers to a symbol that it has lost, and nothing tells how to make it, or what was to go there is lost: the store is of no use. */
class LostSymbol extends InternalError {}

class Driver {
	private readonly o: CompileOptions;
	readonly p: Program;
	private readonly descriptors: TypeDescriptors;
	private readonly passes: OptimizeContext;
	private readonly fragments: Fragment[] = [];
	private readonly unresolved = new Set<string>();
	/** Import path of the package whose assembly defines a text symbol, by ABI and name. */
	private readonly asmOwner: ByAbi<string> = [new Map(), new Map()];
	/** Linker names of data that assembly defines. */
	private readonly asmData = new Set<string>();
	private readonly assembled = new Set<string>();
	private readonly asmSyms: ByAbi<AsmSym> = [new Map(), new Map()];
	/** Those of kept assembly by number. */
	private readonly storedAsm = new Map<number, StoredAsm>();
	private readonly asmQueue: { name: string; abi: Abi }[] = [];
	private readonly asmSeen: ByAbi<true> = [new Map(), new Map()];
	private readonly followed = new Set<ObjSym | StoredAsm>();
	private readonly reach: MethodReach;
	private readonly decisions: (u: PackageUnit) => Line[];
	/** Strings that functions in the store refer to: kept with them. */
	private readonly storedStrings = new Set<string>();
	/** null = no store. */
	private readonly kept: StoredWork | null;
	private readonly names: Names;

	constructor(o: CompileOptions) {
		this.o = o;
		const p = new Program(o);
		this.p = p;
		p.facts = new FactRecorder(o.store ?? null);
		this.passes = o.optimize ?? newOptimizeContext();
		for (const u of o.units) {
			for (const [name, bits] of u.asm.defs) {
				if ((bits & 4) !== 0) this.asmData.add(name);
				if ((bits & 5) !== 0) this.asmOwner[ABI0].set(name, u.pkg.path);
				if ((bits & 2) !== 0) this.asmOwner[ABIInternal].set(name, u.pkg.path);
			}
		}
		const descriptors = new TypeDescriptors(p);
		this.descriptors = descriptors;
		p.descriptors = descriptors;
		this.reach = new MethodReach(
			p,
			descriptors,
			(link) => this.cachedType(link),
			(ref, type) =>
				this.needFrom(
					ref,
					newWork(`type:${type}`, ABI0, () => this.remakeMethod(type, ref.name), null),
				),
		);
		this.reach.install();
		p.wrappers = new MethodWrappers(p);
		const inliner = o.inline === true ? new Inliner(p, (fn) => this.checkedBody(fn), o.store) : null;
		p.statics = new StaticData(p, {
			closure: (lit, v) => staticClosure(p, lit, v, o.ids),
			embedOf: o.embedOf,
			mapInit: (v) => mapInitOf(p, v, o.ids),
			inlineBody: (fn) => (inliner === null || inliner.verdict(fn).cost === null ? null : this.checkedBody(fn)),
		});
		const planner = new EscapePlanner(p, (fn) => this.checkedBody(fn), inliner, o.store);
		p.planner = planner;
		this.decisions = (u) => decisions(p, u, planner, p.codeFlags(u.pkg.path).noInline ? null : inliner);
		p.isStackAsm = (name) => this.asmOwner[ABI0].has(name) && !this.asmOwner[ABIInternal].has(name);
		p.isAsmData = (name) => this.asmData.has(name);
		p.reachByName = (ref) => this.reachByName(ref);
		p.asmRef = (fn, owner) => this.asmRef(fn, owner);
		p.compileInst = (fn) => {
			this.checkedBody(fn);
			const out = compileInst(p, fn);
			if (fn.outer === null && o.explain?.(fn.unit.pkg.path) !== true) planner.release(fn);
			return out;
		};
		this.names = o.store?.names ?? new Names();
		o.store?.asks({
			cost: (path, name) => this.answer(path, name, (fn) => inliner?.verdict(fn).cost),
			tags: (path, name) => this.answer(path, name, (fn) => planner.functionTags(fn) ?? undefined),
		});
		this.kept = o.store === undefined ? null : this.storedWork(o.store);
		p.isStored = (name, abi) => this.kept?.isTaken(name, abi) === true;
	}

	/** What is found out now about a declared function. */
	private answer<A>(path: string, name: string, ask: (fn: FuncInst) => A): A | undefined {
		const dot = name.lastIndexOf(".");
		const obj = this.p.lookupLinkname(name) ?? this.p.units.get(path)?.pkg.scope.lookup(name.slice(dot + 1)) ?? null;
		if (obj === null || obj.kind !== ObjKind.Func || obj.decl?.fdecl == null) return undefined;
		const sig = typeOf(obj) as Signature;
		if (sig.tparams.length + sig.rparams.length > 0) return undefined;
		const fn = this.p.inst(obj, []);
		return fn.name === name && fn.unit.pkg.path === path ? this.p.facts.record(() => ask(fn)).result : undefined;
	}

	private storedWork(store: SymbolStore): StoredWork {
		return new StoredWork(store, {
			allowed: this.p.pushedByUser.size === 0 ? null : (name) => !this.isPushed(name),
			need: (name, abi, from) => {
				if (name.startsWith("go:string.")) this.storedStrings.add(name);
				this.p.needByName(name, abi, this.workOf(from));
			},
			follow: (name, abi) => this.needName(name, abi),
			usedInIface: (link) => this.reach.usedInIface(link),
			ifaceMethod: (key) => this.reach.methodUsed(key),
			reflectMethod: () => this.reach.reflectUsed(),
		});
	}

	/** The work that a kept symbol stands for, with those that led to it. */
	private workOf(id: number): Work {
		const kept = this.kept as StoredWork;
		const parent = kept.parentOf(id);
		const { name, abi } = kept.symbol(id);
		return this.p.workOf(name, abi, () => (parent === 0 ? null : this.workOf(parent)));
	}

	private checkedBody(fn: FuncInst): ReturnType<Program["bodyOf"]> {
		if (fn.obj !== null) checkBody(fn.obj);
		return this.p.bodyOf(fn);
	}

	run(): Compiled {
		const p = this.p;
		for (const u of this.o.units) {
			const name = initTaskName(u);
			if (this.stored(name, ABI0) >= 0) p.needByName(name, ABI0, newWork(name, ABI0, null, null));
			else this.initOf(u);
		}
		this.needName(this.o.entry, ABI0);
		for (const u of this.o.units) if (this.o.whole?.has(u.pkg.path)) this.needAll(u);
		for (let steps = 0; ; steps++) {
			const work = p.next();
			if (work !== null) {
				this.perform(work);
				if ((steps & 15) === 0) this.collect(false);
			} else if (!this.nextAsm() && !this.collect(true)) break;
		}
		const packed = this.packed.length > 0 ? this.o.backend : undefined;
		packed?.seal();
		if (this.o.debugTypes != null) this.describeTypes(this.o.debugTypes);
		const packs = packed?.packs() ?? [];
		if (packs === null) throw new LostSymbol("packs have died with their thread");
		for (const { pack, entry } of this.o.store?.takeFresh(packs, this.packed) ?? []) {
			this.kept?.out.pack.push(pack);
			this.kept?.out.entry.push(entry);
		}
		const explained = new Map<string, Line[]>();
		for (const u of this.o.units) if (this.o.explain?.(u.pkg.path) === true) explained.set(u.pkg.path, this.decisions(u));
		return {
			program: p,
			fragments: this.inOrder(),
			stored: this.kept?.out ?? null,
			unresolved: [...this.unresolved].sort(),
			decisions: explained,
		};
	}

	/** The order of work depends on threads and on what the store has; that of the fragments must not. */
	private inOrder(): Fragment[] {
		const rank = new Map<string, number>();
		for (const u of this.o.units) rank.set(u.pkg.path, rank.size + 1);
		const rows = this.fragments.map((frag) => {
			// What goes with a function (stack maps) may go with others as well.
			const first = (frag.syms.find((s) => s.func !== null) ?? frag.syms[0])?.name ?? -1;
			return { frag, rank: rank.get(frag.pkg) ?? 0, name: first < 0 ? "" : frag.names[first], abi: first < 0 ? 0 : frag.abis[first] };
		});
		rows.sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : a.name > b.name ? 1 : a.abi - b.abi));
		return rows.map((r) => r.frag);
	}

	private initOf(u: PackageUnit): void {
		checkInit(u.pkg);
		initTask(this.p, u, this.o.ids);
	}

	/** Asks for every function and method that a package declares with a body and without type parameters. */
	private needAll(u: PackageUnit): void {
		const need = (obj: Func): void => {
			const sig = typeOf(obj) as Signature;
			if (obj.decl?.fdecl?.hasBody !== true || sig.tparams.length + sig.rparams.length > 0) return;
			this.p.funcRef(this.p.inst(obj, []));
		};
		for (const obj of u.pkg.scope.elems.values()) {
			if (obj.kind === ObjKind.Func) need(obj);
			if (obj.kind !== ObjKind.TypeName) continue;
			const t = typeOf(obj);
			if (t.kind === TypeKind.Named && t.obj === obj) for (const m of t.methods) if (m !== null) need(m);
		}
	}

	private perform(work: Work): void {
		const report = this.o.debug?.error;
		if (report === undefined) {
			this.produce(work);
			return;
		}
		try {
			this.produce(work);
		} catch (err) {
			report(work.name, err);
		}
	}

	// ---- cached symbols ----

	private covers(name: string): boolean {
		const { store } = this.o;
		if (store === undefined || this.isPushed(name)) return false;
		return name.startsWith("go:string.") ? this.storedStrings.has(name) : store.covers(name);
	}

	private stored(name: string, abi: Abi): StoredSymbol {
		return this.kept === null || this.isPushed(name) ? -1 : this.kept.find(name, abi);
	}

	/** Whether a linkname directive outside GOROOT gives the symbol its content: its name does not tell where that comes from. */
	private isPushed(name: string): boolean {
		for (const remote of this.p.pushedByUser) {
			if (!name.startsWith(remote)) continue;
			const next = name[remote.length];
			if (next === undefined || next === "." || next === "·" || next === "-") return true;
		}
		return false;
	}

	private cachedType(link: string): TypeReach | null {
		const at = this.stored(`type:${link}`, ABI0);
		return at < 0 || this.kept === null ? null : this.kept.typeReach(at);
	}

	/** Makes a symbol, or takes it from the store with all that making it would ask for. */
	private produce(work: Work): void {
		const at = this.stored(work.name, work.abi);
		if (at >= 0) {
			this.kept?.take(work.name, work.abi, at);
			return;
		}
		this.resurrect(work);
		if (work.make === null) throw new LostSymbol(`nothing makes ${work.name}`);
		if (work.name.startsWith("type:")) this.reach.madeType(work.name.slice(5));
		if (this.covers(work.name)) {
			const { out, symbol } = this.makeForStore(work, work.make);
			this.finish(out, symbol);
		} else this.finish(work.make(), null);
	}

	/** Makes a symbol that the store covers. */
	private makeForStore(work: Work, make: () => Product): { out: Product; symbol: TracedSymbol } {
		const outer = this.p.trace;
		const trace = newTrace();
		this.p.trace = trace;
		const { result: out, facts } = this.p.facts.record(make);
		this.p.trace = outer;
		for (const r of trace.needs) if (r.name.startsWith("go:string.")) this.storedStrings.add(r.name);
		const t = work.name.startsWith("type:") ? this.p.typeOfSym.get(work.name) : undefined;
		const symbol = {
			name: work.name,
			abi: work.abi,
			needs: [...trace.needs],
			usedInIface: [...trace.usedInIface],
			ifaceMethods: [...trace.ifaceMethods],
			reflectMethod: trace.reflectMethod,
			facts,
			type: t === undefined ? null : this.reach.reachOf(t),
		};
		return { out, symbol };
	}

	/** Queues a symbol that assembly or an earlier build defines. */
	private reachByName(ref: SymRef): boolean {
		if (this.p.isKnown(ref.name, ref.abi)) return true;
		if (this.asmOwner[ref.abi].has(ref.name)) this.needName(ref.name, ref.abi);
		else if (this.stored(ref.name, ref.abi) >= 0) this.p.needByName(ref.name, ref.abi, newWork(ref.name, ref.abi, null, null));
		else return false;
		return true;
	}

	private needFrom(ref: SymRef, referrer: Work): void {
		if (ref.name.startsWith("go:string.")) this.storedStrings.add(ref.name);
		this.p.needByName(ref.name, ref.abi, referrer);
	}

	/**
	 * Finds out how to make a symbol of which only the name is known, since the store has lost it: from its declaration, or by
	 * making the symbol that referred to it once more.
	 */
	private resurrect(work: Work): void {
		const chain: Work[] = [];
		for (let w: Work | null = work; w !== null && w.make === null; w = w.referrer) {
			if (this.makeFromDeclaration(w)) break;
			chain.push(w);
		}
		for (let w = chain.pop(); w !== undefined && work.make === null; w = chain.pop()) {
			const source = w.referrer;
			if (source?.make == null) throw new LostSymbol(`nothing makes ${w.name}, which ${source?.name ?? "nothing"} refers to`);
			source.make();
		}
	}

	/** Queues a symbol of a method of a cached type once more: the store has the type's descriptor but not the method. */
	private remakeMethod(link: string, sym: string): Product {
		const t = this.declaredType(link) ?? this.remadeType(link);
		if (t === null) throw new LostSymbol(`nothing makes ${sym}, a method of ${link}`);
		for (const method of this.descriptors.methods(t)) {
			const s = this.descriptors.methodSyms(t, method);
			if ([s.mtyp, s.ifn, s.tfn].some((x) => x.name === sym)) this.descriptors.needMethod(t, method);
		}
		return new Product("");
	}

	/** A declared type, or a pointer to one, by its link name. */
	private declaredType(link: string): Type | null {
		const m = /^(\**)([^[\]{}() ]+)\.([^.[\]{}() ]+)$/.exec(link);
		const unit = m === null ? undefined : this.p.units.get(this.p.names.unescapePath(m[2]));
		const obj = m === null ? null : (unit?.pkg.scope.lookup(m[3]) ?? null);
		if (m === null || obj === null || obj.kind !== ObjKind.TypeName) return null;
		let t = typeOf(obj);
		for (let i = 0; i < m[1].length; i++) t = this.p.types.pointerTo(t);
		return this.p.types.canon(t);
	}

	/** A type whose kept descriptor was taken: known once what led to the descriptor is made again. */
	private remadeType(link: string): Type | null {
		const name = `type:${link}`;
		if (!this.p.typeOfSym.has(name) && this.kept?.isTaken(name, ABI0) === true) this.resurrect(this.workOf(2 * this.names.lookup(name)));
		return this.p.typeOfSym.get(name) ?? null;
	}

	/** Queues a symbol by its declaration; tells whether it has one. */
	private makeFromDeclaration(work: Work): boolean {
		const u = this.unitOf(work.name);
		if (u !== null && /^\.(\.inittask$|init)/.test(work.name.slice(pkgPrefix(u.pkg).length))) this.initOf(u);
		if (work.make !== null || this.needArgMap(work.name)) return true;
		if (isMapInit(work.name)) return this.mapInitFromDeclaration(work);
		if (work.name.endsWith("·f")) return this.closureFromDeclaration(work);
		const obj = this.p.lookupLinkname(work.name);
		if (obj === null) return false;
		if (obj.kind === ObjKind.Var) this.p.varSym(obj);
		else if (work.abi === ABIInternal && obj.decl?.fdecl?.hasBody === true) this.p.funcRef(this.p.inst(obj, []));
		else if (work.abi === ABI0) this.wrap(obj, work.name, ABI0, ABIInternal);
		else this.wrap(obj, work.name, ABIInternal, ABI0);
		return work.make !== null;
	}

	/** The function that fills a package-level map. */
	private mapInitFromDeclaration(work: Work): boolean {
		const u = this.unitOf(work.name);
		if (u === null) return false;
		packageInit(this.p, u, this.o.ids);
		for (const fill of this.p.mapInits.values()) if (fill.name === work.name) this.p.funcRef(fill);
		return work.make !== null;
	}

	private unitsByPrefix: Map<string, PackageUnit> | null = null;

	/** The package whose prefix a symbol's name has: up to the first dot after the last slash. */
	private unitOf(name: string): PackageUnit | null {
		this.unitsByPrefix ??= new Map(this.o.units.map((u) => [pkgPrefix(u.pkg), u]));
		const dot = name.indexOf(".", name.lastIndexOf("/") + 1);
		return dot < 0 ? null : (this.unitsByPrefix.get(name.slice(0, dot)) ?? null);
	}

	/** The closure object of a declared function. */
	private closureFromDeclaration(work: Work): boolean {
		const obj = this.p.lookupLinkname(work.name.slice(0, -"·f".length));
		if (obj === null || obj.kind !== ObjKind.Func || obj.decl?.fdecl?.hasBody !== true) return false;
		const sig = typeOf(obj) as Signature;
		if (sig.tparams.length + sig.rparams.length > 0) return false;
		const fn = this.p.inst(obj, []);
		this.p.funcVal(this.p.funcRef(fn));
		return work.make !== null;
	}

	// ---- fragments ----

	/** Products whose functions another thread compiles, by ticket. */
	private readonly pending = new Map<number, { out: Product; symbol: TracedSymbol | null }>();
	/** Symbols that other threads have packed for the store. */
	private readonly packed: PackedEntry[] = [];

	/** Compiles a product's functions, here or elsewhere; symbol: what the store is told of it, null = it is not for the store. */
	private finish(out: Product, symbol: TracedSymbol | null): void {
		const { backend, store } = this.o;
		const sound = out.funcs.filter((f) => {
			const fault = frameFault(f);
			if (fault !== "") this.o.report?.({ pos: f.pos, code: "FrameTooLarge", msg: fault, soft: false });
			return fault === "";
		});
		if (backend !== undefined && sound.length > 0 && sound.length === out.funcs.length) {
			const ticket = backend.submit(out, symbol, symbol === null ? null : (store?.place(symbol.name) ?? null));
			if (ticket >= 0) {
				this.pending.set(ticket, { out, symbol });
				return;
			}
		}
		this.compileHere(sound, out, symbol);
	}

	private compileHere(funcs: readonly SsaFunc[], out: Product, symbol: TracedSymbol | null): void {
		const { debug } = this.o;
		for (const f of funcs) {
			debug?.built?.(f);
			optimize(f, this.passes);
			debug?.optimized?.(f);
			this.o.emit(f, out);
		}
		this.complete(out, out.frag.fragment, symbol);
	}

	/** Takes what other threads have finished; tells whether there was anything. */
	private collect(wait: boolean): boolean {
		const { backend } = this.o;
		if (backend === undefined || this.pending.size === 0) return false;
		const done = backend.collect(wait);
		for (const { ticket, made, packed } of done) {
			const job = this.pending.get(ticket);
			// A driver that found its store lacking left it behind, and this one began anew.
			if (job === undefined) continue;
			this.pending.delete(ticket);
			if (made !== null) this.complete(job.out, made, job.symbol);
			else if (packed !== null) this.completePacked(packed);
			else this.compileHere(job.out.funcs, job.out, job.symbol);
		}
		return done.length > 0;
	}

	private completePacked(packed: Packed): void {
		this.packed.push(packed);
		if (this.o.debugTypes != null) {
			for (const name of packed.described) this.describedTypes.add(this.typeNumber(name));
			for (const name of packed.types) this.typesOfVars.add(this.typeNumber(name));
		}
		for (const { name, abi } of packed.needs) this.needName(name, abi);
	}

	/** frag: the product's fragment with the code of its functions. */
	private complete(out: Product, frag: Fragment, symbol: TracedSymbol | null): void {
		addMarks(frag, out.marks);
		if (this.o.debugTypes != null) this.noteTypes(frag);
		this.keep(frag, symbol);
		this.follow(frag);
	}

	/** What the store has taken the linker finds there: nothing else of it is held. */
	private keep(frag: Fragment, symbol: TracedSymbol | null): void {
		if (symbol === null || this.o.store?.put(symbol, frag) !== true) this.fragments.push(frag);
	}

	/** Asks for what a fragment refers to. */
	private follow(frag: Fragment): void {
		const defined = new Set(frag.syms.map((s) => s.name));
		const needed = new Set<number>();
		for (const s of frag.syms) this.targets(s, needed);
		for (const i of needed) if (!defined.has(i)) this.needName(frag.names[i], frag.abis[i]);
	}

	/** Names that a symbol's relocations keep alive. Weak ones and method table entries wait for something else to reach them. */
	private targets(s: ObjSym, into: Set<number>): void {
		const r = s.relocs;
		for (let i = 0; i < r.kind.length; i++) {
			const k = r.kind[i];
			if (!isWeak(k)) into.add(r.target[i]);
		}
		for (const f of s.func?.funcdata ?? []) if (f >= 0) into.add(f);
	}

	/** Makes sure that a name which some fragment refers to gets defined, if Go or assembly can define it. */
	private needName(name: string, abi: Abi): void {
		if (this.p.isKnown(name, abi)) return;
		if (this.asmOwner[abi].has(name) || this.asmSyms[abi].has(name)) {
			if (!this.asmSeen[abi].has(name)) {
				this.asmSeen[abi].set(name, true);
				this.asmQueue.push({ name, abi });
			}
			return;
		}
		const at = this.stored(name, abi);
		if (at >= 0) {
			this.kept?.take(name, abi, at);
			return;
		}
		const covered = this.covers(name);
		if (covered && this.p.notes?.getNote(`absent ${name}`) != null) {
			this.unresolved.add(name);
			return;
		}
		if (this.needArgMap(name)) return;
		const part = name.lastIndexOf(partOfInitialValue);
		if (part > 0) {
			this.needName(name.slice(0, part), abi);
			return;
		}
		const obj = this.p.lookupLinkname(name);
		if (obj !== null && obj.kind === ObjKind.Func && obj.decl?.fdecl?.hasBody === true) {
			const ref = this.p.funcRef(this.p.inst(obj, []));
			if (ref.name === name && abi === ABI0) this.wrap(obj, name, ABI0, ABIInternal);
		} else if (obj !== null && obj.kind === ObjKind.Func && this.asmOwner[abi === ABI0 ? ABIInternal : ABI0].has(name)) {
			this.wrap(obj, name, abi, abi === ABI0 ? ABIInternal : ABI0);
		} else if (obj !== null && obj.kind === ObjKind.Var) {
			this.p.varSym(obj);
		} else {
			this.unresolved.add(name);
			if (covered) this.p.notes?.putNote(`absent ${name}`, "");
		}
	}

	/** Queues the argument map of an assembly function that is declared in Go. */
	private needArgMap(name: string): boolean {
		const asm = name.endsWith(argMapSuffix) ? this.p.lookupLinkname(name.slice(0, -argMapSuffix.length)) : null;
		if (asm === null || asm.kind !== ObjKind.Func) return false;
		this.p.need(name, ABI0, () => argMap(this.p, asm.pkg?.path ?? "", name, typeOf(asm) as Signature));
		return true;
	}

	private wrap(obj: Func, name: string, from: Abi, to: Abi): void {
		const sig = typeOf(obj) as Signature;
		this.p.need(name, from, () => abiWrapper(this.p, obj.pkg?.path ?? "", name, sig, from, to));
		this.needName(name, to);
	}

	/** The ABIInternal face of a function that is declared without body. */
	private asmRef(fn: FuncInst, owner: Func): { name: string; abi: Abi } {
		this.needName(fn.name, ABIInternal);
		if (!this.p.isKnown(fn.name, ABIInternal) && this.p.isStackAsm(fn.name)) {
			this.wrap(owner, fn.name, ABIInternal, ABI0);
		}
		return { name: fn.name, abi: ABIInternal };
	}

	// ---- what debuggers read ----

	/** Descriptors that fragments define, and types that their variables have, by number. */
	private readonly describedTypes = new Set<number>();
	private readonly typesOfVars = new Set<number>();
	/** Where a type comes from that kept symbols mention: the number of a symbol with a variable of it, or minus that of a type it is part of. */
	private readonly typeOrigin = new Map<number, number>();

	private typeNumber(name: string): number {
		return 2 * this.names.intern(name);
	}

	private noteTypes(frag: Fragment): void {
		for (const sym of frag.syms) {
			const name = frag.names[sym.name];
			if (name.startsWith("type:")) this.describedTypes.add(this.typeNumber(name));
			if (sym.gotype >= 0) this.typesOfVars.add(this.typeNumber(frag.names[sym.gotype]));
			if (sym.func?.dwarf != null) for (const v of sym.func.dwarf.vars) this.typesOfVars.add(this.typeNumber(frag.names[v.type]));
		}
	}

	/**
	 * Adds descriptors of the types of variables, and of those they consist of, where the program itself has no use for them:
	 * the linker makes debugging entries from their bytes and drops them. Nothing else that they refer to is made.
	 */
	private describeTypes(wanted: readonly string[]): void {
		const made = this.describedTypes;
		const work: number[] = [];
		for (const name of wanted) {
			const dot = name.lastIndexOf(".");
			const unit = this.p.units.get(name.slice(0, dot));
			if (unit === undefined) continue;
			// By its name where the store has it: the package need not be read.
			const stored = this.stored(`type:${name}`, ABI0) >= 0;
			work.push(this.typeNumber(stored ? `type:${name}` : this.p.debugType(this.p.rtType(name.slice(0, dot), name.slice(dot + 1)))));
		}
		for (const id of this.typesOfVars) work.push(id);
		for (const { type, owner } of this.kept?.debugTypes((x) => made.add(x)) ?? []) {
			work.push(type);
			if (owner !== 0 && !this.typeOrigin.has(type)) this.typeOrigin.set(type, owner);
		}
		for (let id = work.pop(); id !== undefined; id = work.pop()) {
			if (made.has(id)) continue;
			made.add(id);
			this.describe(id, work, made);
		}
		// the names of fields that descriptors asked for just now
		for (let w = this.p.next(); w !== null; w = this.p.next()) {
			if (!isFieldName(w.name) || made.has(this.typeNumber(w.name)) || w.make === null) continue;
			made.add(this.typeNumber(w.name));
			this.makeData(w, w.make);
		}
	}

	/**
	 * A type by the number of its descriptor. Fresh code tells it; if only kept code mentions it and the store has lost the descriptor, what
	 * mentions it is made once more.
	 */
	private lostType(id: number): Type {
		const name = this.names.text(id >> 1);
		const known = this.p.typeOfSym.get(name);
		if (known !== undefined) return known;
		const origin = this.typeOrigin.get(id) ?? 0;
		if (origin < 0) this.descriptors.type(this.lostType(-origin));
		else if (origin > 0) {
			const owner = this.workOf(origin);
			this.resurrect(owner);
			owner.make?.();
		}
		const t = this.p.typeOfSym.get(name);
		if (t === undefined) throw new LostSymbol(`nothing describes ${name}`);
		return t;
	}

	/** Adds the descriptor of a type; work receives the types that it consists of. */
	private describe(id: number, work: number[], made: Set<number>): void {
		const name = this.names.text(id >> 1);
		const at = this.stored(name, ABI0);
		if (at >= 0 && this.kept !== null) {
			const { kept } = this;
			kept.describe(
				at,
				(part) => {
					work.push(part);
					if (!this.typeOrigin.has(part)) this.typeOrigin.set(part, -id);
				},
				(part, find) => {
					if (made.has(part)) return;
					const field = find();
					if (field < 0) {
						// Making the descriptor asks for the names of its fields.
						this.descriptors.type(this.lostType(id));
						return;
					}
					made.add(part);
					kept.add(field);
				},
			);
			return;
		}
		const t = this.lostType(id);
		const make = (): Product => this.descriptors.type(t);
		const frag = this.makeData(newWork(name, ABI0, make, null), make);
		for (const sym of frag.syms) {
			if (frag.names[sym.name] !== name) continue;
			const r = sym.relocs;
			for (let i = 0; i < r.target.length; i++) {
				const target = frag.names[r.target[i]];
				// Whether somebody happens to have named a weak one must not show.
				if (!isWeak(r.kind[i]) && isTypeName(target)) work.push(2 * this.names.intern(target));
			}
		}
		for (const part of frag.names) {
			const id = 2 * this.names.intern(part);
			if (!isFieldName(part) || made.has(id)) continue;
			const field = this.stored(part, ABI0);
			if (field < 0) continue;
			made.add(id);
			this.kept?.add(field);
		}
	}

	/** Makes a symbol without code, for the store if that takes it. */
	private makeData(work: Work, make: () => Product): Fragment {
		const { out, symbol } = this.covers(work.name) ? this.makeForStore(work, make) : { out: make(), symbol: null };
		const { fragment } = out.frag;
		this.keep(fragment, symbol);
		return fragment;
	}

	// ---- assembly ----

	/** Takes one reached assembly symbol; its fragment comes along whole, but only what it refers to is followed. */
	private nextAsm(): boolean {
		const next = this.asmQueue.pop();
		if (next === undefined) return false;
		const { name, abi } = next;
		const owner = this.asmOwner[abi].get(name);
		if (owner !== undefined) this.assemblePackage(owner);
		const found = this.asmSyms[abi].get(name);
		if (found === undefined) {
			this.unresolved.add(name);
			return true;
		}
		if ("at" in found) this.followStoredAsm(found);
		else this.followAsm(found.frag, found.sym);
		return true;
	}

	private assemblePackage(path: string): void {
		if (this.assembled.has(path)) return;
		this.assembled.add(path);
		for (const frag of this.o.assemble(path, this.p, this.o.store !== undefined)) {
			if (typeof frag === "number") {
				for (const { id, sym } of this.kept?.asmSymbols(frag) ?? []) {
					const { name, abi } = (this.kept as StoredWork).symbol(id);
					const found = { at: frag, sym };
					this.asmSyms[abi].set(name, found);
					this.storedAsm.set(id, found);
				}
				continue;
			}
			this.fragments.push(frag);
			for (const sym of frag.syms) this.asmSyms[frag.abis[sym.name]].set(frag.names[sym.name], { frag, sym });
		}
	}

	private followStoredAsm(found: StoredAsm): void {
		this.followed.add(found);
		this.kept?.followAsm(
			found.at,
			found.sym,
			(id) => {
				const own = this.storedAsm.get(id);
				if (own?.at !== found.at) return false;
				if (!this.followed.has(own)) this.followStoredAsm(own);
				return true;
			},
			(name, abi) => this.needName(name, abi),
		);
	}

	private followAsm(frag: Fragment, sym: ObjSym): void {
		this.followed.add(sym);
		const needed = new Set<number>();
		this.targets(sym, needed);
		for (const i of needed) {
			const own = frag.syms.find((s) => s.name === i);
			if (own === undefined) this.needName(frag.names[i], frag.abis[i]);
			else if (!this.followed.has(own)) this.followAsm(frag, own);
		}
	}
}

/** A symbol of assembly that an earlier build assembled: the fragment's entry, and the symbol's index in the pack. */
interface StoredAsm {
	at: StoredSymbol;
	sym: number;
}

type AsmSym = { frag: Fragment; sym: ObjSym } | StoredAsm;

/** By ABI, then by name. */
type ByAbi<V> = readonly [Map<string, V>, Map<string, V>];

/** Names and tags of fields, and the import paths of those that are not exported. */
function isFieldName(name: string): boolean {
	return name.startsWith("type:.namedata.") || name.startsWith("type:.importpath.");
}

/** `type:T`, not what hangs on a type. */
function isTypeName(name: string): boolean {
	return name.startsWith("type:") && name[5] !== ".";
}
