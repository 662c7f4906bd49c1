// Object files of the official compiler as fragments: lets the linker be tested on real
// programs without our compiler (cmd/internal/goobj of the GOROOT describes the format).

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ByteReader } from "#base";
import { type Abi, addReloc, FragmentBuilder, type Fragment, type FuncInfo, newRelocs, RelocKind, SymFlag, SymKind } from "#object";
import { encodePcValues, PcValues } from "#pclntab";
import { pathToPrefix } from "../inittask.ts";
import type { LinkPackage } from "../input.ts";

const MAGIC = [0x00, 0x67, 0x6f, 0x31, 0x32, 0x30, 0x6c, 0x64];
const PkgNone = 0x7fffffff;
const PkgHashed64 = PkgNone - 1;
const PkgHashed = PkgNone - 2;
const PkgBuiltin = PkgNone - 3;
const PkgSelf = PkgNone - 4;
const STATIC = 0xffff;
const SYM_SIZE = 21;

const KINDS: Record<number, SymKind> = {
	1: SymKind.Text,
	2: SymKind.Text,
	3: SymKind.Rodata,
	4: SymKind.RodataFips,
	5: SymKind.Noptrdata,
	6: SymKind.NoptrdataFips,
	7: SymKind.Data,
	8: SymKind.DataFips,
	9: SymKind.Bss,
	10: SymKind.Noptrbss,
	11: SymKind.Tls,
};

const RELOCS: Record<number, RelocKind> = {
	1: RelocKind.Addr,
	5: RelocKind.TypeOff,
	6: RelocKind.Size,
	7: RelocKind.Call,
	10: RelocKind.CallInd,
	14: RelocKind.PcRel,
	15: RelocKind.TlsLE,
	23: RelocKind.UseIface,
	24: RelocKind.UseIfaceMethod,
	25: RelocKind.UseNamedMethod,
	26: RelocKind.MethodOff,
	27: RelocKind.Keep,
	0x8001: RelocKind.WeakAddr,
	0x8005: RelocKind.WeakTypeOff,
	0x8007: RelocKind.WeakCall,
};

interface Sym {
	name: string;
	abi: number;
	type: number;
	flag: number;
	flag2: number;
	size: number;
	align: number;
}

class GoObject {
	readonly pkg: string;
	readonly asm: boolean;
	readonly syms: Sym[] = [];
	/** Symbol counts: package, hashed64, hashed, non-package definitions, references. */
	private readonly counts: number[] = [];
	private readonly bytes: Uint8Array;
	private readonly view: DataView;
	private readonly blocks: number[] = [];
	readonly pkgs: string[] = [];
	readonly files: string[] = [];

	constructor(bytes: Uint8Array, pkg: string) {
		this.bytes = bytes;
		this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		this.pkg = pkg;
		const r = new ByteReader(bytes, 16);
		this.asm = (r.u32() & 4) !== 0;
		for (let i = 0; i < 19; i++) this.blocks.push(r.u32());
		for (let at = this.blocks[1]; at < this.blocks[2]; at += 8) this.pkgs.push(this.string(at));
		for (let at = this.blocks[2]; at < this.blocks[3]; at += 8) this.files.push(this.string(at));
		for (let b = 3; b < 8; b++) {
			this.counts.push((this.blocks[b + 1] - this.blocks[b]) / SYM_SIZE);
			for (let at = this.blocks[b]; at < this.blocks[b + 1]; at += SYM_SIZE) this.syms.push(this.readSym(at));
		}
		this.nameHashed();
	}

	private u32(at: number): number {
		return this.view.getUint32(at, true);
	}

	private string(at: number): string {
		const off = this.u32(at + 4);
		return new TextDecoder().decode(this.bytes.subarray(off, off + this.u32(at)));
	}

	private readSym(at: number): Sym {
		const b = this.bytes;
		const abi = b[at + 8] | (b[at + 9] << 8);
		return {
			name: this.string(at),
			abi,
			type: b[at + 10],
			flag: b[at + 11],
			flag2: b[at + 12],
			size: this.u32(at + 13),
			align: this.u32(at + 17),
		};
	}

	/** Content-addressed symbols are named by their hash. */
	private nameHashed(): void {
		const hex = (at: number, n: number): string => Buffer.from(this.bytes.subarray(at, at + n)).toString("hex");
		for (let i = 0; i < this.counts[1]; i++) {
			const s = this.syms[this.counts[0] + i];
			s.name = `${s.name}#${hex(this.blocks[9] + 8 * i, 8)}`;
		}
		for (let i = 0; i < this.counts[2]; i++) {
			const s = this.syms[this.counts[0] + this.counts[1] + i];
			s.name = `${s.name}#${hex(this.blocks[10] + 16 * i, 16)}`;
		}
	}

	/** Number of defined symbols. */
	get defined(): number {
		return this.counts[0] + this.counts[1] + this.counts[2] + this.counts[3];
	}

	isHashed(i: number): boolean {
		return i >= this.counts[0] && i < this.counts[0] + this.counts[1] + this.counts[2];
	}

	/** Index in syms of a reference, or -1 for other packages' symbols. */
	local(pkg: number, sym: number): number {
		switch (pkg) {
			case PkgSelf:
				return sym;
			case PkgHashed64:
				return this.counts[0] + sym;
			case PkgHashed:
				return this.counts[0] + this.counts[1] + sym;
			case PkgNone:
				return this.counts[0] + this.counts[1] + this.counts[2] + sym;
			default:
				return -1;
		}
	}

	data(i: number): Uint8Array {
		const from = this.u32(this.blocks[13] + 4 * i);
		return this.bytes.subarray(this.blocks[16] + from, this.blocks[16] + this.u32(this.blocks[13] + 4 * i + 4));
	}

	relocs(i: number): { off: number; size: number; type: number; add: number; pkg: number; sym: number }[] {
		const out: { off: number; size: number; type: number; add: number; pkg: number; sym: number }[] = [];
		for (let k = this.u32(this.blocks[11] + 4 * i); k < this.u32(this.blocks[11] + 4 * i + 4); k++) {
			const at = this.blocks[14] + 23 * k;
			const v = this.view;
			const add = Number(v.getBigInt64(at + 7, true));
			out.push({
				off: v.getInt32(at, true),
				size: v.getUint8(at + 4),
				type: v.getUint16(at + 5, true),
				add,
				pkg: this.u32(at + 15),
				sym: this.u32(at + 19),
			});
		}
		return out;
	}

	aux(i: number): { type: number; pkg: number; sym: number }[] {
		const out: { type: number; pkg: number; sym: number }[] = [];
		for (let k = this.u32(this.blocks[12] + 4 * i); k < this.u32(this.blocks[12] + 4 * i + 4); k++) {
			const at = this.blocks[15] + 9 * k;
			out.push({ type: this.bytes[at], pkg: this.u32(at + 1), sym: this.u32(at + 5) });
		}
		return out;
	}
}

class Converter {
	private readonly main = new Map<string, GoObject>();
	private readonly builtins: [string, number][];
	private readonly initOrder: number;

	constructor(goroot: string) {
		const list = readFileSync(join(goroot, "src/cmd/internal/goobj/builtinlist.go"), "utf8");
		this.builtins = [...list.matchAll(/\{"([^"]+)", (\d)\}/g)].map((m) => [m[1], Number(m[2])]);
		const names = readFileSync(join(goroot, "src/cmd/internal/objabi/reloctype_string.go"), "utf8");
		this.initOrder = Number(/R_INITORDER-(\d+)/.exec(names)?.[1]);
	}

	addMain(o: GoObject): void {
		this.main.set(pathToPrefix(o.pkg), o);
	}

	private nameOf(o: GoObject, pkg: number, sym: number): [string, number] {
		if (pkg === PkgBuiltin) return this.builtins[sym];
		const i = o.local(pkg, sym);
		const from = i >= 0 ? o : this.main.get(o.pkgs[pkg]);
		if (from === undefined) throw new Error(`no package ${o.pkgs[pkg]}`);
		const s = from.syms[i >= 0 ? i : sym];
		return [s.name, s.abi === STATIC ? 0 : s.abi];
	}

	convert(o: GoObject): Fragment {
		const b = new FragmentBuilder(o.pkg);
		const ref = (pkg: number, sym: number): number => {
			if (pkg === 0) return b.ref("");
			const [name, abi] = this.nameOf(o, pkg, sym);
			return b.ref(name, abi as Abi);
		};
		for (let i = 0; i < o.defined; i++) {
			const s = o.syms[i];
			const kind = KINDS[s.type];
			if (kind === undefined || (s.name === "" && !o.isHashed(i))) continue;
			const relocs = newRelocs();
			let methodOffs = 0;
			for (const r of o.relocs(i)) {
				let k = r.type === this.initOrder ? RelocKind.InitOrder : RELOCS[r.type];
				if (k === undefined) {
					if (r.size > 0) throw new Error(`${s.name}: relocation type ${r.type}`);
					continue;
				}
				// Of each method's three our compiler makes the first, the type, a weak reference.
				if (k === RelocKind.MethodOff && methodOffs++ % 3 === 0) k = RelocKind.WeakTypeOff;
				addReloc(relocs, r.off, r.size, k, ref(r.pkg, r.sym), r.add);
			}
			const gotype = o.aux(i).find((a) => a.type === 0);
			b.define({
				name: b.ref(s.name, (s.abi === STATIC ? 0 : s.abi) as Abi),
				kind: kindOf(s, kind),
				flags: flagsOf(o, s, i),
				align: s.align,
				size: s.size,
				data: o.data(i),
				relocs,
				gotype: gotype === undefined ? -1 : ref(gotype.pkg, gotype.sym),
				func: kind === SymKind.Text ? this.funcInfo(o, i, ref) : null,
			});
		}
		return b.fragment;
	}

	private funcInfo(o: GoObject, i: number, ref: (pkg: number, sym: number) => number): FuncInfo | null {
		const aux = o.aux(i);
		const info = aux.find((a) => a.type === 1);
		if (info === undefined) return null;
		const r = new ByteReader(o.data(o.local(info.pkg, info.sym)));
		const table = (type: number): Uint8Array => {
			const a = aux.find((x) => x.type === type);
			return a === undefined || a.pkg === 0 ? new Uint8Array(0) : o.data(o.local(a.pkg, a.sym));
		};
		const args = r.i32();
		const locals = r.i32();
		const funcId = r.u8();
		const funcFlag = r.u8();
		r.u16();
		const startLine = r.i32();
		const fileIndex: number[] = [];
		for (let n = r.u32(); n > 0; n--) fileIndex.push(r.u32());
		const inlined: FuncInfo["inlined"] = [];
		for (let n = r.u32(); n > 0; n--) {
			const parent = r.i32();
			const file = r.u32();
			const line = r.i32();
			const pkg = r.u32();
			const [func] = this.nameOf(o, pkg, r.u32());
			inlined.push({ parent, func, startLine: 0, file, line, parentPc: r.i32() });
		}
		// The object's file indices count through the unit's whole list; ours are the function's own.
		const files: string[] = [];
		const values: number[] = [];
		const ends: number[] = [];
		const runs = new PcValues(table(8));
		while (runs.step()) {
			const name = o.files[runs.value];
			let k = files.indexOf(name);
			if (k < 0) k = files.push(name) - 1;
			values.push(k);
			ends.push(runs.next);
		}
		const deferReturn = o.relocs(i).find((x) => x.type === 7 && x.pkg !== 0 && this.nameOf(o, x.pkg, x.sym)[0] === "runtime.deferreturn");
		return {
			args,
			locals,
			funcId,
			funcFlag,
			startLine,
			deferReturn: deferReturn === undefined ? 0 : deferReturn.off - 1,
			files,
			pcfile: encodePcValues(values, ends),
			pcln: rebase(table(9), -startLine),
			pcsp: table(7),
			pcinline: table(10),
			inlined,
			pcdata: aux.filter((a) => a.type === 11).map((a) => (a.pkg === 0 ? new Uint8Array(0) : o.data(o.local(a.pkg, a.sym)))),
			funcdata: aux.filter((a) => a.type === 2).map((a) => (a.pkg === 0 ? -1 : ref(a.pkg, a.sym))),
			dwarf: null,
		};
	}
}

/** Makes absolute lines relative. */
function rebase(table: Uint8Array, base: number): Uint8Array {
	if (table.length === 0) return table;
	const r = new ByteReader(table);
	const z = r.uleb();
	let v = ((z & 1) === 0 ? z / 2 : -(z + 1) / 2) + base;
	v = v >= 0 ? v * 2 : -v * 2 - 1;
	const head: number[] = [];
	for (; v >= 0x80; v = Math.floor(v / 0x80)) head.push((v % 0x80) | 0x80);
	head.push(v);
	const out = new Uint8Array(head.length + table.length - r.pos);
	out.set(head);
	out.set(table.subarray(r.pos), head.length);
	return out;
}

function kindOf(s: Sym, kind: SymKind): SymKind {
	if ((s.flag2 & 2) !== 0) return SymKind.Itab;
	if (s.name.endsWith("..inittask")) return SymKind.Inittask;
	if (kind !== SymKind.Rodata) return kind;
	if (s.name.startsWith("runtime.gcbits.") || s.name.startsWith("type:.gcprog.")) return SymKind.Gcbits;
	if (s.name.startsWith("type:")) return SymKind.Type;
	if (s.name.startsWith("go:string.")) return SymKind.String;
	return kind;
}

function flagsOf(o: GoObject, s: Sym, i: number): number {
	let flags = o.asm && s.type <= 2 ? SymFlag.Asm : 0;
	if ((s.flag & 1) !== 0) flags |= SymFlag.Dupok;
	if (s.abi === STATIC) flags |= SymFlag.Local;
	if ((s.flag & 4) !== 0) flags |= SymFlag.Typelink;
	if ((s.flag & 16) !== 0) flags |= SymFlag.Nosplit;
	if ((s.flag & 32) !== 0) flags |= SymFlag.ReflectMethod;
	if ((s.flag2 & 1) !== 0) flags |= SymFlag.UsedInIface;
	if (o.isHashed(i)) flags |= SymFlag.Dupok | SymFlag.ContentAddressable;
	return flags;
}

/** What the official compiler counts in bytes, we count in methods. */
function fixInterfaceMethods(fragments: Fragment[]): void {
	const types = new Map<string, Uint8Array>();
	for (const f of fragments) for (const s of f.syms) if (s.kind === SymKind.Type) types.set(f.names[s.name], s.data);
	for (const f of fragments) {
		for (const s of f.syms) {
			s.relocs.kind.forEach((k, i) => {
				if (k !== RelocKind.UseIfaceMethod) return;
				const data = types.get(f.names[s.relocs.target[i]]);
				if (data === undefined) throw new Error(`${f.names[s.name]}: no type ${f.names[s.relocs.target[i]]}`);
				const uncommon = (data[20] & 1) !== 0 ? 16 : 0;
				s.relocs.add[i] = (s.relocs.add[i] - 80 - uncommon) / 8;
			});
		}
	}
}

function* archiveMembers(bytes: Uint8Array): Generator<Uint8Array> {
	const text = (from: number, to: number): string => Buffer.from(bytes.subarray(from, to)).toString("latin1").trim();
	for (let at = 8; at + 60 <= bytes.length; ) {
		const name = text(at, at + 16);
		const size = Number(text(at + 48, at + 58));
		const data = bytes.subarray(at + 60, at + 60 + size);
		at += 60 + size + (size & 1);
		if (name.startsWith("__.PKGDEF")) continue;
		const start = Buffer.from(data.buffer, data.byteOffset, data.length).indexOf(Uint8Array.from(MAGIC));
		if (start >= 0) yield data.subarray(start);
	}
}

export interface OfficialProgram {
	fragments: Fragment[];
	packages: LinkPackage[];
	goroot: string;
}

/** Compiles a program with the official compiler and returns its objects; null without \`go\` 1.26. */
export function compileOfficial(source: string, tags = ""): OfficialProgram | null {
	const dir = mkdtempSync(join(tmpdir(), "goobj-"));
	const env = { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "", CGO_ENABLED: "0" };
	const go = (...args: string[]): string =>
		execFileSync("go", args, { cwd: dir, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
	try {
		try {
			if (!go("version").includes("go1.26")) return null;
		} catch {
			return null;
		}
		const goroot = go("env", "GOROOT").trim();
		writeFileSync(join(dir, "main.go"), source);
		const listed = go("list", "-tags", tags, "-deps", "-export", "-f", '{{.ImportPath}}|{{.Export}}|{{join .Imports ","}}', "main.go");
		const converter = new Converter(goroot);
		const objects: GoObject[] = [];
		const packages: LinkPackage[] = [];
		for (const line of listed.trim().split("\n")) {
			const [path, file, imports] = line.split("|");
			const pkg = path === "command-line-arguments" ? "main" : path;
			packages.push({ path: pkg, name: "", imports: imports === "" ? [] : imports.split(",") });
			if (file === "") continue;
			let first = true;
			for (const member of archiveMembers(new Uint8Array(readFileSync(file)))) {
				const o = new GoObject(member.slice(), pkg);
				if (first) converter.addMain(o);
				first = false;
				objects.push(o);
			}
		}
		const fragments = objects.map((o) => converter.convert(o));
		fixInterfaceMethods(fragments);
		return { fragments, packages, goroot };
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
}
