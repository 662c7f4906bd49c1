// What the linker is given.

import type { Diagnostic } from "#base";
import type { Fragment, LoadedPack, Names } from "#object";

export interface StructField {
	name: string;
	off: number;
	size: number;
}

/** A Go struct's layout, as the type checker computes it. */
export interface StructLayout {
	size: number;
	fields: readonly StructField[];
}

/**
 * Layout of a struct type of the GOROOT by `importpath.Name`. The linker asks for runtime.moduledata,
 * runtime.pcHeader, runtime._func, runtime.inlinedCall, runtime.textsect and internal/abi's Type,
 * UncommonType, Method, Imethod, ITab and the *Type structs. Throws for a name it does not know.
 */
export type StructLookup = (name: string) => StructLayout;

/** A package of the program, for the order of initialisation. */
export interface LinkPackage {
	/** Import path; `main` for the main package. */
	path: string;
	/** Package name, for debuggers; "" = the last element of path. */
	name: string;
	/** Of GOROOT, and no variant for a test. */
	standard?: boolean;
	/** Import paths as resolved (vendored and test variants already mapped). */
	imports: readonly string[];
	/** Compiler flags that debuggers should know of, each followed by a space (`-N -l `); absent = none. */
	flags?: string;
}

export interface LinkFlags {
	/** -s: no symbol table, no DWARF. */
	stripSymbols: boolean;
	/** -w: no DWARF. */
	stripDwarf: boolean;
	/** -X importpath.name=value, in order; the last one for a name wins. */
	defines: readonly (readonly [name: string, value: string])[];
	/** Only "exe" so far. */
	buildmode: string;
	/** -buildid, "" = no note. One that ends in a slash is completed by the content's hash (20 characters). */
	buildId: string;
	/** SHA-256 of the image, where something faster than the linker's own is at hand. */
	sha256: ((data: Uint8Array) => Uint8Array) | null;
	/** -B: "gobuildid" (default), "none" or "0x" and hex digits. */
	hostBuildId: string;
	/**
	 * -compressdwarf: makes deflate blocks that end at a byte and of which none is the last (a "sync flush"; the linker itself has no
	 * compressor); null = sections stay as they are.
	 */
	compressDwarf: ((data: Uint8Array) => Uint8Array) | null;
	/** -E: the entry symbol, "" = _rt0_amd64_linux. */
	entry: string;
}

/** Entries of packs: index of the pack, and of the entry in it. */
export interface StoredInput {
	/** The packs' numbers of names. */
	names: Names;
	packs: readonly LoadedPack[];
	pack: readonly number[];
	entry: readonly number[];
}

/** A record decides on speed only: the image is the same with any or none. */
export interface LinkRecord {
	/** Its bytes must be those that keep was given. */
	earlier: Uint8Array | null;
	/** Is called when there is something new to keep. */
	keep: (encode: () => Uint8Array) => void;
}

export interface LinkInput {
	/** All fragments, in an order that does not depend on scheduling. */
	fragments: Iterable<Fragment>;
	/** Entries of packs besides. Then all are ordered: by package as `packages` has them, name and ABI. */
	stored?: StoredInput | null;
	flags: LinkFlags;
	/** `go1.26.8`, with experiments appended as runtime.Version shows them. */
	goVersion: string;
	/** What runtime.GOROOT answers without $GOROOT; "" under -trimpath. */
	defaultGoroot: string;
	/** runtime/debug.BuildInfo text, without markers; "" = none. */
	modInfo: string;
	/** `k=v,k=v` for runtime.godebugDefault. */
	godebugDefault: string;
	/** Import graph; may be empty when init tasks carry InitOrder relocations. */
	packages: readonly LinkPackage[];
	structLayout: StructLookup;
	/** Receives errors; their msg is worded as the official linker's line. */
	report: (d: Diagnostic) => void;
	/** What an earlier link of the same program left, and what takes that of this one; without, nothing is reused. */
	record?: LinkRecord | undefined;
	/** Reads the image back and checks it (tests, debug mode). */
	verify: boolean;
}

export const defaultFlags: LinkFlags = {
	stripSymbols: false,
	stripDwarf: false,
	defines: [],
	buildmode: "exe",
	buildId: "",
	sha256: null,
	hostBuildId: "gobuildid",
	compressDwarf: null,
	entry: "",
};
