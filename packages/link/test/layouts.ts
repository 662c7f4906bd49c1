// Struct layouts of Go 1.26 for tests that run without a GOROOT. Each entry is a list of
// `field:type`; sizes follow from the types. layouts.test.ts compares them with a GOROOT.

import type { StructField, StructLayout, StructLookup } from "../input.ts";

export const STRUCTS: Record<string, string> = {
	"runtime.moduledata":
		"NotInHeap:sys.NotInHeap pcHeader:* funcnametab:[] cutab:[] filetab:[] pctab:[] pclntable:[] ftab:[] findfunctab:uintptr minpc:uintptr maxpc:uintptr " +
		"text:uintptr etext:uintptr noptrdata:uintptr enoptrdata:uintptr data:uintptr edata:uintptr bss:uintptr ebss:uintptr " +
		"noptrbss:uintptr enoptrbss:uintptr covctrs:uintptr ecovctrs:uintptr end:uintptr gcdata:uintptr gcbss:uintptr " +
		"types:uintptr etypes:uintptr rodata:uintptr gofunc:uintptr epclntab:uintptr textsectmap:[] typelinks:[] itablinks:[] " +
		"ptab:[] pluginpath:string pkghashes:[] inittasks:[] modulename:string modulehashes:[] hasmain:uint8 bad:bool " +
		"gcdatamask:bitvector gcbssmask:bitvector typemap:map next:*",
	"runtime.textsect": "vaddr:uintptr end:uintptr baseaddr:uintptr",
	"runtime.bitvector": "n:int32 bytedata:*",
	"runtime.pcHeader":
		"magic:uint32 pad1:uint8 pad2:uint8 minLC:uint8 ptrSize:uint8 nfunc:int nfiles:uint _:uintptr funcnameOffset:uintptr cuOffset:uintptr " +
		"filetabOffset:uintptr pctabOffset:uintptr pclnOffset:uintptr",
	"internal/abi.Type":
		"Size_:uintptr PtrBytes:uintptr Hash:uint32 TFlag:uint8 Align_:uint8 FieldAlign_:uint8 Kind_:uint8 Equal:func GCData:* Str:int32 PtrToThis:int32",
	"internal/abi.Method": "Name:int32 Mtyp:int32 Ifn:int32 Tfn:int32",
	"internal/abi.Imethod": "Name:int32 Typ:int32",
	"internal/abi.UncommonType": "PkgPath:int32 Mcount:uint16 Xcount:uint16 Moff:uint32 _:uint32",
	"internal/abi.ArrayType": "Type:Type Elem:* Slice:* Len:uintptr",
	"internal/abi.ChanType": "Type:Type Elem:* Dir:int",
	"internal/abi.FuncType": "Type:Type InCount:uint16 OutCount:uint16",
	"internal/abi.InterfaceType": "Type:Type PkgPath:Name Methods:[]",
	"internal/abi.MapType": "Type:Type Key:* Elem:* Group:* Hasher:func GroupSize:uintptr SlotSize:uintptr ElemOff:uintptr Flags:uint32",
	"internal/abi.PtrType": "Type:Type Elem:*",
	"internal/abi.SliceType": "Type:Type Elem:*",
	"internal/abi.StructType": "Type:Type PkgPath:Name Fields:[]",
	"internal/abi.StructField": "Name:Name Typ:* Offset:uintptr",
	"internal/abi.Name": "Bytes:*",
	"internal/abi.ITab": "Inter:* Type:* Hash:uint32 Fun:[1]uintptr",
};

const SIZES: Record<string, [size: number, align: number]> = {
	"*": [8, 8],
	"[]": [24, 8],
	string: [16, 8],
	map: [8, 8],
	func: [8, 8],
	uintptr: [8, 8],
	"[1]uintptr": [8, 8],
	int: [8, 8],
	uint: [8, 8],
	int32: [4, 4],
	uint32: [4, 4],
	uint16: [2, 2],
	uint8: [1, 1],
	bool: [1, 1],
	"sys.NotInHeap": [0, 1],
	bitvector: [16, 8],
	Type: [48, 8],
	Name: [8, 8],
};

function layout(spec: string): StructLayout {
	const fields: StructField[] = [];
	let at = 0;
	let max = 1;
	for (const item of spec.split(" ")) {
		const colon = item.indexOf(":");
		const [size, align] = SIZES[item.slice(colon + 1)];
		at = Math.ceil(at / align) * align;
		fields.push({ name: item.slice(0, colon), off: at, size });
		at += size;
		max = Math.max(max, align);
	}
	return { size: Math.ceil(at / max) * max, fields };
}

export const structLayout: StructLookup = (name) => {
	const spec = STRUCTS[name];
	if (spec === undefined) throw new Error(`no layout for ${name}`);
	return layout(spec);
};
