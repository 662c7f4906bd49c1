// Runs compiled functions natively: a tiny static executable is made of the
// functions of a fragment, stubs for what they call, and a start routine that
// calls cases one after the other and writes their results to standard output.

import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ByteWriter } from "#base";
import { Emit, NoReg, ops as X } from "#obj";
import { type Fragment, FragmentBuilder, RelocKind, SymKind } from "#object";
import { compileFunc } from "../../arch/amd64/function.ts";
import { floatArgReg, intArgRegs } from "../../arch/amd64/regs.ts";
import type { CallAux, CallSig, Func } from "../../func.ts";
import { isFloat, sizeOfT, T } from "../../types.ts";

const TextBase = 0x400000;
const DataBase = 0x800000;
const DataSize = 0x100000;

export interface Case {
	func: string;
	sig: CallSig;
	args: bigint[];
}

export class Native {
	readonly fb: FragmentBuilder = new FragmentBuilder("test");
	private readonly stubs = new Map<string, CallSig>();

	add(f: Func): void {
		compileFunc(f, { position: (pos) => ({ file: "test.go", line: 1 + (pos >> 4) }) }, this.fb);
		for (const a of f.auxes) {
			if (a !== null && typeof a === "object" && "sig" in a && (a as CallAux).target !== null) {
				const c = a as CallAux;
				const name = (c.target as { name: string }).name;
				if (!this.fb.fragment.syms.some((s) => this.fb.fragment.names[s.name] === name && s.kind === SymKind.Text))
					this.stubs.set(name, c.sig);
			}
		}
	}

	/** Bytes of a function. */
	code(name: string): Uint8Array {
		const fr = this.fb.fragment;
		const s = fr.syms.find((x) => fr.names[x.name] === name && x.kind === SymKind.Text);
		if (s === undefined) throw new Error(`no ${name}`);
		return s.data;
	}

	/** Results of the cases in registers, in order of sig.results; `ints` of 64 bits each. */
	run(cases: readonly Case[]): bigint[][] {
		const image = link(this.fb.fragment, this.stubs, cases);
		const dir = mkdtempSync(join(tmpdir(), "native-"));
		try {
			const exe = join(dir, "a.out");
			writeFileSync(exe, image);
			chmodSync(exe, 0o755);
			const out = execFileSync(exe, { maxBuffer: 1 << 28, timeout: 60000 });
			return decode(out, cases);
		} finally {
			rmSync(dir, { recursive: true });
		}
	}
}

function decode(out: Buffer, cases: readonly Case[]): bigint[][] {
	let at = 0;
	return cases.map((c) =>
		c.sig.results.map((r) => {
			const raw = out.readBigInt64LE(at);
			at += 8;
			switch (r.type) {
				case T.Bool:
					return raw & 1n;
				case T.F32:
					return BigInt.asUintN(32, raw);
				default:
					return BigInt.asIntN(sizeOfT[r.type] * 8, raw);
			}
		}),
	);
}

/** A callee: results from the call count, the name's length and the arguments, as the interpreter computes them; all registers destroyed. */
function stub(e: Emit, w: ByteWriter, name: string, sig: CallSig, counter: number, area: number): void {
	// spill the arguments, sign-extended
	let k = 0;
	const at = (n: number): number => area + 8 * n;
	for (const a of sig.args) {
		if (a.reg < 0) {
			e.load(X.MOV, 8, 12, 4, NoReg, 1, 8 + a.off);
			extend(e, a.type, 12);
			e.store(X.MOV, 8, 12, NoReg, NoReg, 1, at(k++));
			continue;
		}
		if (isFloat(a.type)) e.rr(X.MOVD_STORE, sizeOfT[a.type], 12, floatArgReg(a.reg) & 15);
		else e.rr(X.MOV, 8, 12, intArgRegs[a.reg]);
		extend(e, a.type, 12);
		e.store(X.MOV, 8, 12, NoReg, NoReg, 1, at(k++));
	}
	e.load(X.MOV, 8, 12, NoReg, NoReg, 1, counter);
	e.ri(X.ADD, 8, 12, 1);
	e.store(X.MOV, 8, 12, NoReg, NoReg, 1, counter);
	for (let i = 0; i < sig.results.length; i++) {
		e.load(X.MOV, 8, 0, NoReg, NoReg, 1, counter);
		e.imulI(8, 0, 0, 31);
		e.ri(X.ADD, 8, 0, i + name.length);
		e.movI64(1, 0x7f4a7c15, 0x9e3779b9);
		for (let j = 0; j < k; j++) {
			e.rr(X.IMUL, 8, 0, 1);
			e.load(X.ADD, 8, 0, NoReg, NoReg, 1, at(j));
		}
		e.zero(2);
		e.movI(1, 1000);
		e.unary(X.DIV, 8, 1);
		e.store(X.MOV, 8, 2, NoReg, NoReg, 1, at(32 + i));
	}
	// garbage everywhere
	for (const r of [0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 15]) e.movI64(r, 0x5a5a0000 + r, -0x5a5a5a5a);
	for (let x = 0; x < 15; x++) e.rr(X.MOVD, 8, x, 0);
	for (let i = 0; i < sig.results.length; i++) {
		const r = sig.results[i];
		if (r.reg < 0) {
			e.load(X.MOV, 8, 12, NoReg, NoReg, 1, at(32 + i));
			e.store(X.MOV, sizeOfT[r.type], 12, 4, NoReg, 1, 8 + r.off);
		}
	}
	for (let i = 0; i < sig.results.length; i++) {
		const r = sig.results[i];
		if (r.reg < 0) continue;
		if (isFloat(r.type)) e.load(r.type === T.F32 ? X.MOVSS : X.MOVSD, 4, floatArgReg(r.reg) & 15, NoReg, NoReg, 1, at(32 + i));
		else if (r.type === T.Bool) {
			// upper bits are garbage
			e.load(X.MOV, 8, intArgRegs[r.reg], NoReg, NoReg, 1, at(32 + i));
			e.ri(X.AND, 4, intArgRegs[r.reg], 1);
		} else e.load(X.MOV, 8, intArgRegs[r.reg], NoReg, NoReg, 1, at(32 + i));
	}
	e.ret();
	void w;
}

function extend(e: Emit, t: number, r: number): void {
	if (t === T.Bool) e.ri(X.AND, 4, r, 1);
	else if (t === T.I8) e.rr(X.MOVSX8, 8, r, r);
	else if (t === T.I16) e.rr(X.MOVSX16, 8, r, r);
	else if (t === T.I32) e.rr(X.MOVSX32, 8, r, r);
	else if (t === T.F32) e.rr(X.MOV, 4, r, r);
}

function link(frag: Fragment, stubs: Map<string, CallSig>, cases: readonly Case[]): Uint8Array {
	const w = new ByteWriter(1 << 16);
	const e = new Emit(w);
	w.zeros(0x1000);
	const addr = new Map<string, number>();
	// data: g at DataBase, result buffer, then areas and symbols
	const counter = DataBase + 0x100;
	const area = DataBase + 0x200;
	let data = DataBase + 0x1000;
	const init: { at: number; bytes: Uint8Array }[] = [];
	for (const s of frag.syms) {
		if (s.kind === SymKind.Text) {
			while (w.len % 16 !== 0) w.u8(0xcc);
			addr.set(frag.names[s.name], TextBase + w.len);
			w.bytes(s.data);
		} else if (s.kind === SymKind.Rodata || s.kind === SymKind.Noptrdata || s.kind === SymKind.Data) {
			data = (data + 15) & ~15;
			addr.set(frag.names[s.name], data);
			init.push({ at: data, bytes: s.data });
			data += s.size;
		}
	}
	const define = (name: string, gen: () => void): void => {
		while (w.len % 16 !== 0) w.u8(0xcc);
		addr.set(name, TextBase + w.len);
		gen();
	};
	for (const [name, sig] of stubs) if (!addr.has(name)) define(name, () => stub(e, w, name, sig, counter, area));
	define("runtime.panicBounds", () => exit(e, 77));
	// other symbols: 256 bytes of memory each, or code that stops
	for (const s of frag.syms) {
		const r = s.relocs;
		for (let i = 0; i < r.off.length; i++) {
			const name = frag.names[r.target[i]];
			if (addr.has(name)) continue;
			if (r.kind[i] === RelocKind.Call) define(name, () => exit(e, 78));
			else if (r.kind[i] === RelocKind.PcRel) {
				data = (data + 15) & ~15;
				addr.set(name, data);
				data += 256;
			}
		}
	}
	for (const s of frag.syms) {
		const at = addr.get(frag.names[s.name]);
		if (at === undefined) continue;
		const r = s.relocs;
		for (let i = 0; i < r.off.length; i++) {
			const to = addr.get(frag.names[r.target[i]]);
			if (to === undefined) continue;
			if (r.kind[i] === RelocKind.Call || r.kind[i] === RelocKind.PcRel) {
				w.view.setInt32(at - TextBase + r.off[i], to + r.add[i] - (at + r.off[i] + 4), true);
			} else if (r.kind[i] === RelocKind.Addr) {
				const d = init.find((x) => x.at === at);
				if (d !== undefined) new DataView(d.bytes.buffer, d.bytes.byteOffset).setBigInt64(r.off[i], BigInt(to + r.add[i]), true);
			}
		}
	}
	const results = (data + 0xfff) & ~0xfff;
	const start = TextBase + w.len;
	const total = startCode(e, w, addr, cases, counter, results);
	const textEnd = w.len;
	return elf(w, start, textEnd, init, results + total + 0x1000 - DataBase);
}

function exit(e: Emit, code: number): void {
	e.movI(7, code);
	e.movI(0, 60);
	e.w.u16(0x050f);
}

function startCode(e: Emit, w: ByteWriter, addr: Map<string, number>, cases: readonly Case[], counter: number, results: number): number {
	let out = results;
	for (const c of cases) {
		const space = (c.sig.stackSize + 64 + 15) & ~15;
		e.ri(X.SUB, 8, 4, space);
		e.movMI(8, NoReg, NoReg, 1, counter, 0);
		e.movI(14, DataBase);
		e.rr(X.XORPS, 4, 15, 15);
		for (let i = 0; i < c.sig.args.length; i++) {
			const a = c.sig.args[i];
			const x = c.args[i];
			const lo = Number(BigInt.asIntN(32, x));
			const hi = Number(BigInt.asIntN(32, x >> 32n));
			if (a.reg < 0) {
				e.movI64(12, lo, hi);
				e.store(X.MOV, sizeOfT[a.type], 12, 4, NoReg, 1, a.off);
			} else if (isFloat(a.type)) {
				e.movI64(12, lo, hi);
				e.rr(X.MOVD, 8, floatArgReg(a.reg) & 15, 12);
			}
		}
		for (let i = 0; i < c.sig.args.length; i++) {
			const a = c.sig.args[i];
			if (a.reg < 0 || isFloat(a.type)) continue;
			const x = c.args[i];
			e.movI64(intArgRegs[a.reg], Number(BigInt.asIntN(32, x)), Number(BigInt.asIntN(32, x >> 32n)));
		}
		const at = e.call();
		w.view.setInt32(at, (addr.get(c.func) as number) - (TextBase + at + 4), true);
		for (const r of c.sig.results) {
			if (r.reg < 0) {
				e.load(X.MOV, 8, 12, 4, NoReg, 1, r.off);
				e.store(X.MOV, 8, 12, NoReg, NoReg, 1, out);
			} else if (isFloat(r.type)) e.store(X.MOVSD, 4, floatArgReg(r.reg) & 15, NoReg, NoReg, 1, out);
			else e.store(X.MOV, 8, intArgRegs[r.reg], NoReg, NoReg, 1, out);
			out += 8;
		}
		e.ri(X.ADD, 8, 4, space);
	}
	// write(1, results, n)
	e.movI(0, 1);
	e.movI(7, 1);
	e.movI(6, results);
	e.movI(2, out - results);
	w.u16(0x050f);
	exit(e, 0);
	return out - results;
}

function elf(w: ByteWriter, start: number, textEnd: number, init: { at: number; bytes: Uint8Array }[], dataSize: number): Uint8Array {
	const pad = (textEnd + 0xfff) & ~0xfff;
	const size = Math.max(dataSize, DataSize);
	let fileData = 0;
	for (const d of init) fileData = Math.max(fileData, d.at - DataBase + d.bytes.length);
	const out = new Uint8Array(pad + fileData);
	out.set(w.buf.subarray(0, textEnd));
	for (const d of init) out.set(d.bytes, pad + d.at - DataBase);
	const h = new ByteWriter(256);
	h.bytes(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0));
	h.u16(2);
	h.u16(62);
	h.u32(1);
	h.u64(start);
	h.u64(64);
	h.u64(0);
	h.u32(0);
	h.u16(64);
	h.u16(56);
	h.u16(2);
	h.u16(0);
	h.u16(0);
	h.u16(0);
	const ph = (flags: number, off: number, va: number, fsz: number, msz: number): void => {
		h.u32(1);
		h.u32(flags);
		h.u64(off);
		h.u64(va);
		h.u64(va);
		h.u64(fsz);
		h.u64(msz);
		h.u64(0x1000);
	};
	ph(5, 0, TextBase, textEnd, textEnd);
	ph(6, pad, DataBase, fileData, size);
	out.set(h.view8());
	return out;
}
