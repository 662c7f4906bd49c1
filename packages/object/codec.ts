// Fragments as bytes: what the function cache stores and what travels between
// processes. All numbers are LEB128; strings are length-prefixed UTF-8.

import { ByteReader, ByteWriter, FormatError } from "#base";
import type { Abi, DwarfFunc, DwarfVar, Fragment, FuncInfo, ObjSym, RelocKind, Relocs, SymKind } from "./object.ts";

/** Changes whenever the layout below does. */
export const CodecVersion = 2;

const varKinds: readonly DwarfVar["kind"][] = ["param", "result", "local", "closure"];

class Encoder {
	readonly w: ByteWriter;
	constructor(w: ByteWriter) {
		this.w = w;
	}

	text(s: string): void {
		this.w.text(s);
	}

	bytes(b: Uint8Array): void {
		this.w.uleb(b.length);
		this.w.bytes(b);
	}

	fragment(f: Fragment): void {
		const { w } = this;
		this.text(f.pkg);
		w.uleb(f.names.length);
		f.names.forEach((n, i) => {
			this.text(n);
			w.u8(f.abis[i]);
		});
		w.uleb(f.syms.length);
		for (const s of f.syms) this.sym(s);
	}

	private sym(s: ObjSym): void {
		const { w } = this;
		w.uleb(s.name);
		w.uleb(s.kind);
		w.uleb(s.flags);
		w.uleb(s.align);
		w.uleb(s.size);
		this.bytes(s.data);
		this.relocs(s.relocs);
		w.sleb(s.gotype);
		w.u8(s.func === null ? 0 : 1);
		if (s.func !== null) this.func(s.func);
	}

	private relocs(r: Relocs): void {
		const { w } = this;
		w.uleb(r.off.length);
		let last = 0;
		for (let i = 0; i < r.off.length; i++) {
			w.sleb(r.off[i] - last);
			last = r.off[i];
			w.u8(r.size[i]);
			w.uleb(r.kind[i]);
			w.uleb(r.target[i]);
			w.sleb(r.add[i]);
		}
	}

	private func(f: FuncInfo): void {
		const { w } = this;
		w.sleb(f.args);
		w.sleb(f.locals);
		w.uleb(f.funcId);
		w.uleb(f.funcFlag);
		w.sleb(f.startLine);
		w.sleb(f.deferReturn);
		w.uleb(f.files.length);
		for (const name of f.files) this.text(name);
		this.bytes(f.pcfile);
		this.bytes(f.pcln);
		this.bytes(f.pcsp);
		this.bytes(f.pcinline);
		w.uleb(f.inlined.length);
		for (const c of f.inlined) {
			w.sleb(c.parent);
			this.text(c.func);
			w.uleb(c.startLine);
			w.uleb(c.file);
			w.uleb(c.line);
			w.uleb(c.parentPc);
		}
		w.uleb(f.pcdata.length);
		for (let i = 0; i < f.pcdata.length; i++) this.bytes(f.pcdata[i] ?? new Uint8Array(0));
		w.uleb(f.funcdata.length);
		for (let i = 0; i < f.funcdata.length; i++) w.sleb(f.funcdata[i] ?? -1);
		w.u8(f.dwarf === null ? 0 : 1);
		if (f.dwarf !== null) this.dwarf(f.dwarf);
	}

	private dwarf(d: DwarfFunc): void {
		const { w } = this;
		w.uleb(d.scopes.length);
		for (const s of d.scopes) {
			w.sleb(s.parent);
			w.uleb(s.ranges.length);
			for (const [from, to] of s.ranges) {
				w.uleb(from);
				w.uleb(to);
			}
		}
		w.uleb(d.vars.length);
		for (const v of d.vars) {
			this.text(v.name);
			w.sleb(v.type);
			w.u8(varKinds.indexOf(v.kind));
			w.uleb(v.declLine);
			w.uleb(v.scope);
			w.sleb(v.inlined);
			w.uleb(v.locs.length);
			for (const l of v.locs) {
				w.uleb(l.from);
				w.uleb(l.to);
				this.bytes(l.expr);
				w.uleb(l.syms.length);
				for (const s of l.syms) {
					w.uleb(s.off);
					w.uleb(s.sym);
					w.sleb(s.add);
				}
			}
			w.sleb(v.closureOffset);
		}
		w.uleb(d.stmts.length);
		let last = 0;
		for (const s of d.stmts) {
			w.uleb(s - last);
			last = s;
		}
		w.uleb(d.prologueEnd);
	}
}

class Decoder {
	readonly r: ByteReader;
	constructor(r: ByteReader) {
		this.r = r;
	}

	/** A count of things that take at least one byte each. */
	private count(): number {
		const n = this.r.uleb();
		if (n > this.r.left) throw new FormatError(`count ${n} is larger than what is left`, this.r.pos);
		return n;
	}

	text(): string {
		return this.r.str(this.r.uleb());
	}

	private bytes(): Uint8Array {
		return this.r.bytes(this.r.uleb());
	}

	fragment(): Fragment {
		const { r } = this;
		const f: Fragment = { pkg: this.text(), names: [], abis: [], syms: [] };
		const names = this.count();
		for (let i = 0; i < names; i++) {
			f.names.push(this.text());
			f.abis.push(r.u8() as Abi);
		}
		const syms = this.count();
		for (let i = 0; i < syms; i++) f.syms.push(this.sym(f.names.length));
		return f;
	}

	private sym(names: number): ObjSym {
		const { r } = this;
		const s: ObjSym = {
			name: r.uleb(),
			kind: r.uleb() as SymKind,
			flags: r.uleb(),
			align: r.uleb(),
			size: r.uleb(),
			data: this.bytes(),
			relocs: this.relocs(names),
			gotype: r.sleb(),
			func: null,
		};
		if (r.u8() !== 0) s.func = this.func();
		return s;
	}

	private relocs(names: number): Relocs {
		const { r } = this;
		const out: Relocs = { off: [], size: [], kind: [], target: [], add: [] };
		const n = this.count();
		let last = 0;
		for (let i = 0; i < n; i++) {
			last += r.sleb();
			out.off.push(last);
			out.size.push(r.u8());
			out.kind.push(r.uleb() as RelocKind);
			const target = r.uleb();
			if (target >= names) throw new FormatError("relocation target out of range", r.pos);
			out.target.push(target);
			out.add.push(r.sleb());
		}
		return out;
	}

	private list<V>(read: () => V): V[] {
		const n = this.count();
		const out: V[] = [];
		for (let i = 0; i < n; i++) out.push(read());
		return out;
	}

	private func(): FuncInfo {
		const { r } = this;
		return {
			args: r.sleb(),
			locals: r.sleb(),
			funcId: r.uleb(),
			funcFlag: r.uleb(),
			startLine: r.sleb(),
			deferReturn: r.sleb(),
			files: this.list(() => this.text()),
			pcfile: this.bytes(),
			pcln: this.bytes(),
			pcsp: this.bytes(),
			pcinline: this.bytes(),
			inlined: this.list(() => ({
				parent: r.sleb(),
				func: this.text(),
				startLine: r.uleb(),
				file: r.uleb(),
				line: r.uleb(),
				parentPc: r.uleb(),
			})),
			pcdata: this.list(() => this.bytes()),
			funcdata: this.list(() => r.sleb()),
			dwarf: r.u8() !== 0 ? this.dwarf() : null,
		};
	}

	private dwarf(): DwarfFunc {
		const { r } = this;
		const scopes = this.list(() => ({ parent: r.sleb(), ranges: this.list((): [number, number] => [r.uleb(), r.uleb()]) }));
		const vars = this.list(() => ({
			name: this.text(),
			type: r.sleb(),
			kind: varKinds[r.u8()] ?? "local",
			declLine: r.uleb(),
			scope: r.uleb(),
			inlined: r.sleb(),
			locs: this.list(() => ({
				from: r.uleb(),
				to: r.uleb(),
				expr: this.bytes(),
				syms: this.list(() => ({ off: r.uleb(), sym: r.uleb(), add: r.sleb() })),
			})),
			closureOffset: r.sleb(),
		}));
		let last = 0;
		const stmts = this.list(() => {
			last += r.uleb();
			return last;
		});
		return { scopes, vars, stmts, prologueEnd: r.uleb() };
	}
}

/** Appends the fragment to w. */
export function encodeFragment(f: Fragment, w: ByteWriter): void {
	new Encoder(w).fragment(f);
}

/** Reads a fragment at r; throws FormatError on malformed input. Symbol data are views of r's bytes. */
export function decodeFragment(r: ByteReader): Fragment {
	return new Decoder(r).fragment();
}
