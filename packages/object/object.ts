// What the compiler and the assembler hand to the linker, and what the function
// cache stores: fragments. A fragment is a set of symbols with their bytes and
// relocations; symbols refer to each other through the fragment's name table.

/** ABI of a symbol's text: the register ABI or the stack ABI of assembly. Data symbols have ABI0. */
export const ABI0 = 0;
export const ABIInternal = 1;
export type Abi = typeof ABI0 | typeof ABIInternal;

/** Symbol kinds; they decide the output section. */
export const SymKind = {
	/** Machine code. */
	Text: 1,
	/** Read-only data without relocations that need GC or writing. */
	Rodata: 2,
	/** Initialised data without pointers. */
	Noptrdata: 3,
	/** Initialised data with pointers (GC mask derived from `gotype`). */
	Data: 4,
	/** Zeroed data with pointers. */
	Bss: 5,
	/** Zeroed data without pointers. */
	Noptrbss: 6,
	/** Thread-local storage (runtime.tlsg). */
	Tls: 7,
	/** Type descriptors (`type:*`), packed between runtime.types and runtime.etypes. */
	Type: 8,
	/** Itabs (`go:itab.*`). */
	Itab: 9,
	/** `go:string.*` bytes. */
	String: 10,
	/** `go:func.*`: funcdata (stack maps, stack objects, inline trees, open-coded defer info). */
	Funcdata: 11,
	/** GC masks and programs (`runtime.gcbits.*`). */
	Gcbits: 12,
	/** FIPS-grouped counterparts of Rodata, Noptrdata, Data (text is told by its name's package). */
	RodataFips: 13,
	NoptrdataFips: 14,
	DataFips: 15,
	/** An init task (`pkg..inittask`): data; the linker orders them. */
	Inittask: 16,
} as const;
export type SymKind = (typeof SymKind)[keyof typeof SymKind];

/** Symbol flags, a bit set. */
export const SymFlag = {
	/** Duplicate definitions are equal; any one is kept (generic instances, type descriptors, wrappers, strings). */
	Dupok: 0x1,
	/** Visible in this fragment only (assembly `name<>`, compiler statics). */
	Local: 0x2,
	/** Text: no stack check in the prologue. */
	Nosplit: 0x4,
	/** Text: a wrapper that tracebacks hide (FuncID wrapper). */
	Wrapper: 0x8,
	/** Text: top of a stack (TOPFRAME): unwinding stops here. */
	TopFrame: 0x10,
	/** Text: uses reflect's Method or MethodByName with a name that is not constant. */
	ReflectMethod: 0x20,
	/** Data: has no pointers whatever gotype says (NOPTR). */
	Noptr: 0x40,
	/** Text: a closure body that needs the context register (NEEDCTXT). */
	NeedCtxt: 0x80,
	/** Text written in assembly (marks FuncFlag ASM). */
	Asm: 0x100,
	/** Text has no frame by declaration (NOFRAME). */
	NoFrame: 0x200,
	/** Text changes SP in ways the unwinder must not follow (FuncFlag SPWrite). */
	SPWrite: 0x400,
	/** Type descriptor whose methods may be reached by reflection: it was converted to an interface. */
	UsedInIface: 0x800,
	/** Equal bytes may be merged with any symbol of equal content. */
	ContentAddressable: 0x1000,
	/** Linker must keep it though nothing refers to it. */
	Keep: 0x2000,
	/** Type descriptor that appears in typelinks. */
	Typelink: 0x4000,
	/** DUPOK-like: package-level definition from //go:linkname push that overrides nothing. */
	Linkname: 0x8000,
	/** Text: runs on a system stack only (go:systemstack): its prologue must not grow the stack. */
	SystemStack: 0x10000,
	/** Text: neither it nor what it calls may have write barriers (go:nowritebarrierrec), checked by the linker. */
	NoWriteBarrierRec: 0x20000,
	/** Text: may have write barriers whoever calls it (go:yeswritebarrierrec). */
	YesWriteBarrierRec: 0x40000,
} as const;

/** Relocation kinds. S = target address, A = addend, P = address of the relocated place. */
export const RelocKind = {
	/** S+A, size 8 or 4. */
	Addr: 1,
	/** S+A-(P+4), size 4: operand of a RIP-relative instruction whose last byte is the place's (A adjusts otherwise). */
	PcRel: 2,
	/** S+A-(P+4), size 4: CALL or JMP. The linker's nosplit check follows these. */
	Call: 3,
	/** 32-bit S+A minus runtime.types; 0 target stays 0. Keeps its target alive. */
	TypeOff: 4,
	/** As TypeOff, but does not keep its target: unresolved gives 0. */
	WeakTypeOff: 5,
	/** 32-bit S+A minus runtime.text. Type-to-method: unreached targets give -1 (all bits set). */
	MethodOff: 6,
	/** 32-bit S+A minus runtime.text; keeps its target. */
	TextOff: 7,
	/** S+A where S is an offset in the thread-local block: size 4, the offset of g from FS (always -8 on linux). */
	TlsLE: 8,
	/** No bytes: the target is kept alive when this symbol is. */
	Keep: 9,
	/** No bytes: marks the target type as converted to an interface (UsedInIface). */
	UseIface: 10,
	/** No bytes: interface method `add` (index) of interface type target may be called. */
	UseIfaceMethod: 11,
	/** No bytes: a method named by the string symbol is used through a generic interface or MethodByName. */
	UseNamedMethod: 12,
	/** No bytes, an indirect call here (nosplit check). */
	CallInd: 13,
	/** S+A, weak: 0 when the target is not otherwise reached; size 8. */
	WeakAddr: 14,
	/** No bytes: init task of target (a package) must run before this one's. */
	InitOrder: 15,
	/** 32-bit offset of a DWARF symbol in its section. */
	DwarfSecRef: 16,
	/** Byte size of the target symbol, size 8 or 4 (assembly `$sym_size`-like uses, FIPS info). */
	Size: 17,
	/**
	 * As Call, but does not keep its target: calls runtime.mapinitnoop when nothing else reaches it. For calls from a package's
	 * init to the function that fills one global map, kept alive by the map's users with Keep (gc's outlined map inits).
	 */
	WeakCall: 18,
} as const;
export type RelocKind = (typeof RelocKind)[keyof typeof RelocKind];

/** Whether a relocation leaves it to others to reach its target. */
export function isWeak(kind: number): boolean {
	switch (kind) {
		case RelocKind.WeakTypeOff:
		case RelocKind.WeakAddr:
		case RelocKind.WeakCall:
		case RelocKind.MethodOff:
		case RelocKind.InitOrder:
			return true;
	}
	return false;
}

/** Whether a function is called by WeakCall: the one that fills a package-level map. */
export function isMapInit(name: string): boolean {
	return /\.map\.init\.[0-9]+$/.test(name);
}

/** Relocations of one symbol as columns; all arrays have the same length. */
export interface Relocs {
	/** Byte offset in the symbol. */
	off: number[];
	/** Bytes patched: 0, 1, 2, 4 or 8. */
	size: number[];
	kind: RelocKind[];
	/** Index in the fragment's name table. */
	target: number[];
	add: number[];
}

export function newRelocs(): Relocs {
	return { off: [], size: [], kind: [], target: [], add: [] };
}

export function addReloc(r: Relocs, off: number, size: number, kind: RelocKind, target: number, add: number): void {
	r.off.push(off);
	r.size.push(size);
	r.kind.push(kind);
	r.target.push(target);
	r.add.push(add);
}

/**
 * One node of a function's inline tree. Files are indices in FuncInfo.files.
 * parent is an index in the tree or -1 for the function itself.
 */
export interface InlinedCall {
	parent: number;
	/** Linker name of the inlined function, and its FuncID and first line. */
	func: string;
	startLine: number;
	/** Where the call is: in the parent. */
	file: number;
	line: number;
	/** Byte offset of an instruction of the parent just before the inlined code (unwinding names the parent by it). */
	parentPc: number;
}

/**
 * Pc-value tables are in pclntab's encoding (runtime/symtab.go step): pairs of
 * zig-zag varint value delta and varint pc delta, value starting at -1, ended by 0.
 */
export interface FuncInfo {
	/** Bytes of arguments and results on the stack; -0x80000000 = unknown (variadic assembly). */
	args: number;
	/** Frame size in bytes, without return address (saved frame pointer included). */
	locals: number;
	/** FuncID of internal/abi, 0 = normal; the linker also derives it from well-known names. */
	funcId: number;
	/** FuncFlag bits of internal/abi. */
	funcFlag: number;
	startLine: number;
	/** Byte offset of the deferreturn call's instruction, 0 = none. */
	deferReturn: number;
	/** File names as line tables record them. */
	files: string[];
	/** Values are indices in files. */
	pcfile: Uint8Array;
	/** Values are line - startLine. */
	pcln: Uint8Array;
	/** Values are SP deltas. */
	pcsp: Uint8Array;
	/** Values are indices in inlined, -1 = none; empty array when nothing was inlined. Goes to PCDATA_InlTreeIndex. */
	pcinline: Uint8Array;
	inlined: InlinedCall[];
	/** PCDATA tables by index (0 UnsafePoint, 1 StackMapIndex, 2 InlTreeIndex: left empty here, 3 ArgLiveIndex, 4 PanicBounds); empty = absent. */
	pcdata: Uint8Array[];
	/** FUNCDATA symbols by index, indices in the name table, -1 = absent. Slot 3 (InlTree) is made by the linker. */
	funcdata: number[];
	/** Debug information, null when -w or not produced. */
	dwarf: DwarfFunc | null;
}

export interface VarLoc {
	from: number;
	to: number;
	expr: Uint8Array;
	/** Eight bytes of the expression that hold the address of a symbol (index in the name table); without the symbol there is no location. */
	syms: { off: number; sym: number; add: number }[];
}

/** A variable as DWARF shows it. */
export interface DwarfVar {
	name: string;
	/** Index in the name table of the type's descriptor symbol (`type:T`). */
	type: number;
	kind: "param" | "result" | "local" | "closure";
	declLine: number;
	/** Index in DwarfFunc.scopes. */
	scope: number;
	/** Index in inlined of the call it belongs to, -1 = the function itself. */
	inlined: number;
	/** Location list: byte offsets from, to in the function and a DWARF expression. One entry over the whole function = exprloc. */
	locs: VarLoc[];
	/** Byte offset in the closure context, -1 = not captured. */
	closureOffset: number;
}

/**
 * The linker makes the debugging entries of types from the bytes of their descriptors, whether or not the program keeps them: a
 * fragment that has variables (or package variables with a gotype) should define `type:T` of their types and of what these refer to.
 * What is missing shows as an unspecified type. Descriptors that debuggers want even when unused: link/dwarf/types.ts WANTED_TYPES.
 */
export interface DwarfFunc {
	/** Scope 0 is the function; ranges are byte offsets. */
	scopes: { parent: number; ranges: [number, number][] }[];
	vars: DwarfVar[];
	/** Statement starts: byte offsets whose line-table row has is_stmt; sorted. */
	stmts: number[];
	/** Byte offset after the prologue, where a breakpoint on the function goes. */
	prologueEnd: number;
}

/** A defined symbol. */
export interface ObjSym {
	/** Index in the fragment's name table. */
	name: number;
	kind: SymKind;
	flags: number;
	align: number;
	/** Bytes in memory; data may be shorter, the rest is zero. */
	size: number;
	data: Uint8Array;
	relocs: Relocs;
	/** Go type of a variable: index in the name table of `type:T`; -1 = none. GC masks and DWARF come from it. */
	gotype: number;
	/** Text only. */
	func: FuncInfo | null;
}

/**
 * Symbols compiled together. Names are linker names: package path with gc's escaping and a dot
 * (`runtime.mallocgc`, `net/http.(*Server).Serve`, `main.f.func1`, `type:*int`, `go:string."x"`).
 * A Text symbol's identity is (name, abi); everything else has abi 0.
 */
export interface Fragment {
	/** Import path of the package that owns the definitions. */
	pkg: string;
	names: string[];
	abis: Abi[];
	syms: ObjSym[];
}

/** Builds a fragment; ref interns a name and gives its index in the name table. */
/** A relocation without bytes of a function's text symbol, to a symbol of ABI0. */
export interface Mark {
	func: string;
	kind: number;
	sym: string;
	add: number;
}

/** Adds marks to the functions of a fragment. */
export function addMarks(frag: Fragment, marks: readonly Mark[]): void {
	for (const m of marks) {
		const sym = frag.syms.find((s) => frag.names[s.name] === m.func && s.func !== null);
		if (sym !== undefined) addReloc(sym.relocs, 0, 0, m.kind as RelocKind, refIn(frag, m.sym), m.add);
	}
}

/** The index of a name of ABI0 in a fragment's name table. */
function refIn(frag: Fragment, name: string): number {
	for (let i = 0; i < frag.names.length; i++) if (frag.names[i] === name && frag.abis[i] === ABI0) return i;
	frag.names.push(name);
	frag.abis.push(ABI0);
	return frag.names.length - 1;
}

export class FragmentBuilder {
	readonly fragment: Fragment;
	/** Index in the name table by name: those of ABI0, and the others. */
	private readonly index = new Map<string, number>();
	private funcs: Map<string, number> | null = null;

	constructor(pkg: string) {
		this.fragment = { pkg, names: [], abis: [], syms: [] };
	}

	/** Goes on building a fragment. */
	static of(f: Fragment): FragmentBuilder {
		const b = new FragmentBuilder(f.pkg);
		f.names.forEach((name, i) => b.ref(name, f.abis[i]));
		b.fragment.syms.push(...f.syms);
		return b;
	}

	ref(name: string, abi: Abi = ABI0): number {
		let { index } = this;
		if (abi !== ABI0) {
			this.funcs ??= new Map();
			index = this.funcs;
		}
		const old = index.get(name);
		if (old !== undefined) return old;
		const id = this.fragment.names.length;
		this.fragment.names.push(name);
		this.fragment.abis.push(abi);
		index.set(name, id);
		return id;
	}

	define(sym: ObjSym): void {
		this.fragment.syms.push(sym);
	}

	/** Defines a data symbol; size defaults to the data's length. */
	data(
		name: string,
		kind: SymKind,
		data: Uint8Array,
		opt: { flags?: number; align?: number; size?: number; relocs?: Relocs; gotype?: number } = {},
	): ObjSym {
		const sym: ObjSym = {
			name: this.ref(name),
			kind,
			flags: opt.flags ?? 0,
			align: opt.align ?? 1,
			size: opt.size ?? data.length,
			data,
			relocs: opt.relocs ?? newRelocs(),
			gotype: opt.gotype ?? -1,
			func: null,
		};
		this.define(sym);
		return sym;
	}
}
