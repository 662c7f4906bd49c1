// Constants of the pclntab of Go 1.20 and later: runtime/symtab.go, runtime/runtime2.go
// (_func), runtime/symtabinl.go and internal/abi/symtab.go of the GOROOT.

export const PCLN_MAGIC = 0xfffffff1;
export const HEADER_SIZE = 72;
export const FUNC_SIZE = 44;
export const INLINED_CALL_SIZE = 16;

export const PCDATA_UnsafePoint = 0;
export const PCDATA_StackMapIndex = 1;
export const PCDATA_InlTreeIndex = 2;
export const PCDATA_ArgLiveIndex = 3;
export const PCDATA_PanicBounds = 4;

export const FUNCDATA_ArgsPointerMaps = 0;
export const FUNCDATA_LocalsPointerMaps = 1;
export const FUNCDATA_StackObjects = 2;
export const FUNCDATA_InlTree = 3;
export const FUNCDATA_OpenCodedDeferInfo = 4;
export const FUNCDATA_ArgInfo = 5;
export const FUNCDATA_ArgLiveInfo = 6;
export const FUNCDATA_WrapInfo = 7;

export const FuncFlagTopFrame = 1;
export const FuncFlagSPWrite = 2;
export const FuncFlagAsm = 4;

/** The lookup table of runtime.findfunc: buckets of 4096 bytes of text, 16 sub-buckets each. */
export const BUCKET_SIZE = 4096;
export const SUB_BUCKETS = 16;

/** FuncIDs in internal/abi's order; the index is the number. */
const FUNC_IDS = [
	"",
	"abort",
	"asmcgocall",
	"asyncPreempt",
	"cgocallback",
	"corostart",
	"debugCallV2",
	"gcBgMarkWorker",
	"goexit",
	"gogo",
	"gopanic",
	"handleAsyncEvent",
	"mcall",
	"morestack",
	"mstart",
	"panicwrap",
	"rt0_go",
	"main",
	"runFinalizers",
	"runCleanups",
	"sigpanic",
	"systemstack",
	"systemstack_switch",
];
export const FuncIDWrapper: number = FUNC_IDS.length;

/** FuncIDs of functions that have one of their own, by linker name (cmd/internal/objabi/funcid.go). */
export const funcIds: ReadonlyMap<string, number> = new Map([
	...FUNC_IDS.map((name, id): [string, number] => [`runtime.${name}`, id]).slice(1),
	["runtime.deferreturn", FUNC_IDS.length],
]);
