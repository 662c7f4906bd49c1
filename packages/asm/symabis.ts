// Which functions a file defines and refers to, with their ABIs: the compiler
// needs it to make wrappers. Also which names of go_asm.h it uses.

import { Interner, type SourceFile } from "#base";
import { ABI0, type Abi, ABIInternal } from "#object";
import { plainName } from "./operands.ts";
import { LineReader } from "./parse.ts";
import { AsmError, type Includes, Preprocessor } from "./preprocess.ts";
import { escapePath } from "./tables.ts";
import { Scanner, ScanError, Tok, type Token } from "./token.ts";

export interface SymAbi {
	/** Linker name. */
	name: string;
	abi: Abi;
}

export interface SymAbis {
	defs: SymAbi[];
	refs: SymAbi[];
	/** Linker names of data that GLOBL defines. */
	data: string[];
	/** Identifiers that look like go_asm.h's: constants `const_x`, sizes `T__size`, offsets `T_f`. */
	goAsmNames: string[];
}

export interface SymAbisOptions {
	pkgPath: string;
	includes: Includes;
	defines: Readonly<Record<string, string>>;
}

/**
 * Scans files of one package without assembling them. go_asm.h may be missing: an
 * include that cannot be found counts as empty. Files that do not preprocess give what precedes the error.
 */
export function symabis(files: readonly SourceFile[], opt: SymAbisOptions): SymAbis {
	const defs = new Map<string, SymAbi>();
	const refs = new Map<string, SymAbi>();
	const data = new Set<string>();
	const words = new Set<string>();
	const prefix = escapePath(opt.pkgPath);
	const names = new Interner();
	const empty = new Uint8Array(0);
	const includes: Includes = (name) => opt.includes(name) ?? empty;
	for (const file of files) {
		collectWords(file, words, names);
		const reader = new LineReader(new Preprocessor(file, includes, opt.defines, names));
		try {
			for (let line = reader.next(); line !== null; line = reader.next()) {
				const word = line.word.text;
				if (word === "GLOBL") {
					const sym = symbolOf(line.tokens, line.starts[0] as number, line.ends[0] as number, prefix);
					if (sym !== null) data.add(sym.name);
				}
				if (word === "GLOBL" || word === "PCDATA") continue;
				const from = word === "DATA" || word === "FUNCDATA" ? 1 : 0;
				for (let i = from; i < line.starts.length; i++) {
					const sym = symbolOf(line.tokens, line.starts[i] as number, line.ends[i] as number, prefix);
					if (sym !== null) (word === "TEXT" ? defs : refs).set(`${sym.abi}${sym.name}`, sym);
					if (word === "TEXT") break;
				}
			}
		} catch (e) {
			if (!(e instanceof AsmError)) throw e;
		}
	}
	return { defs: [...defs.values()], refs: [...refs.values()], data: [...data], goAsmNames: [...words].sort() };
}

/** name[<ABI>][+offset](SB), not file-local. */
function symbolOf(tokens: readonly Token[], from: number, end: number, prefix: string): SymAbi | null {
	let at = from;
	if (tokens[at]?.kind === 36 || tokens[at]?.kind === 42) at++;
	const first = tokens[at];
	if (first === undefined || first.kind !== Tok.Ident) return null;
	let name = plainName(first.text);
	let abi: Abi = ABI0;
	at++;
	if (tokens[at]?.kind === 60) {
		if (tokens[at + 1]?.kind === 62) return null;
		if (tokens[at + 1]?.text === "ABIInternal") abi = ABIInternal;
		at += 3;
	}
	if (tokens[at]?.kind === 43 && tokens[at + 1]?.kind === Tok.Int) at += 2;
	if (tokens[at]?.kind !== 40 || tokens[at + 1]?.text !== "SB" || at + 3 !== end) return null;
	if (name.startsWith(".")) name = prefix + name;
	return { name, abi };
}

/** Identifiers with an underscore inside: candidates for go_asm.h names. */
function collectWords(file: SourceFile, out: Set<string>, names: Interner): void {
	const s = new Scanner(file.src, names);
	try {
		while (s.next() !== Tok.EOF) {
			if (s.kind !== Tok.Ident) continue;
			const text = s.text();
			if (text.indexOf("_") > 0) out.add(text);
		}
	} catch (e) {
		if (!(e instanceof ScanError)) throw e;
	}
}
