// Hand-made fragments for tests.

import type { Diagnostic } from "#base";
import { addReloc, FragmentBuilder, type FuncInfo, newRelocs, type ObjSym, type Relocs, RelocKind, SymFlag, SymKind } from "#object";
import { encodePcValues } from "#pclntab";
import { defaultFlags, type LinkFlags, type LinkInput } from "../input.ts";
import { link } from "../link.ts";
import { structLayout } from "./layouts.ts";

export { addReloc, newRelocs, RelocKind, SymFlag, SymKind };

export interface TextOptions {
	abi?: 0 | 1;
	flags?: number;
	calls?: { off: number; to: string; abi?: 0 | 1 }[];
	relocs?: Relocs;
	frame?: number;
	info?: Partial<FuncInfo>;
	size?: number;
}

/** Adds a function; its pcsp says frame bytes throughout. */
export function addText(b: FragmentBuilder, name: string, code: number[], opt: TextOptions = {}): ObjSym {
	const data = Uint8Array.from(code);
	const relocs = opt.relocs ?? newRelocs();
	for (const c of opt.calls ?? []) addReloc(relocs, c.off, 4, RelocKind.Call, b.ref(c.to, c.abi ?? 0), 0);
	const flat = (v: number): Uint8Array => encodePcValues([v], [Math.max(data.length, 1)]);
	const sym: ObjSym = {
		name: b.ref(name, opt.abi ?? 0),
		kind: SymKind.Text,
		flags: opt.flags ?? 0,
		align: 16,
		size: opt.size ?? data.length,
		data,
		relocs,
		gotype: -1,
		func: {
			args: 0,
			locals: opt.frame ?? 0,
			funcId: 0,
			funcFlag: 0,
			startLine: 10,
			deferReturn: 0,
			files: ["test.go"],
			pcfile: flat(0),
			pcln: flat(2),
			pcsp: flat(opt.frame ?? 0),
			pcinline: new Uint8Array(0),
			inlined: [],
			pcdata: [],
			funcdata: [],
			dwarf: null,
			...opt.info,
		},
	};
	b.define(sym);
	return sym;
}

/** write(1, msg, n); exit(code): machine code with a PC-relative reference to msg. */
export function writeAndExit(b: FragmentBuilder, name: string, message: string, code = 0): ObjSym {
	const text = new TextEncoder().encode(message);
	b.data(`go:string."${message}"`, SymKind.String, text, { flags: SymFlag.Dupok });
	// mov eax,1; mov edi,1; lea rsi,[rip+msg]; mov edx,n; syscall; mov eax,231; mov edi,code; syscall
	const bytes = [0xb8, 1, 0, 0, 0, 0xbf, 1, 0, 0, 0, 0x48, 0x8d, 0x35, 0, 0, 0, 0, 0xba, text.length, 0, 0, 0, 0x0f, 0x05];
	bytes.push(0xb8, 231, 0, 0, 0, 0xbf, code, 0, 0, 0, 0x0f, 0x05);
	const relocs = newRelocs();
	addReloc(relocs, 13, 4, RelocKind.PcRel, b.ref(`go:string."${message}"`), 0);
	return addText(b, name, bytes, { relocs, flags: SymFlag.Nosplit | SymFlag.TopFrame | SymFlag.Asm });
}

/** Links and collects what was reported. */
export function linkTest(
	builders: FragmentBuilder[],
	flags: Partial<LinkFlags> = {},
	more: Partial<LinkInput> = {},
): { image: Uint8Array | null; errors: string[] } {
	const errors: string[] = [];
	const image = link({
		fragments: builders.map((b) => b.fragment),
		flags: { ...defaultFlags, buildId: "test/id", ...flags },
		goVersion: "go1.26.8",
		defaultGoroot: "",
		modInfo: "path\ttest\n",
		godebugDefault: "",
		packages: [],
		structLayout,
		report: (d: Diagnostic) => errors.push(d.msg),
		verify: true,
		...more,
	});
	return { image, errors };
}

export { FragmentBuilder };
