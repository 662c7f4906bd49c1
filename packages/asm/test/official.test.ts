// Bytes and relocations of the standard library's assembly, compared with what
// the official assembler writes. Files that need go_asm.h are left to the compiler's tests.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SourceSet } from "#base";
import { AsmContext, assemble, symabis } from "#asm";
import { type Fragment, type ObjSym, RelocKind, SymKind } from "#object";
import { goroot } from "./goroot.ts";

const root = goroot();
const skip = root === null ? "no GOROOT" : false;
const defines = { GOOS_linux: "1", GOARCH_amd64: "1", GOAMD64_v1: "1" };
const context = new AsmContext();

const files = [
	"math/exp_amd64.s",
	"math/floor_amd64.s",
	"math/hypot_amd64.s",
	"math/log_amd64.s",
	"math/dim_amd64.s",
	"internal/runtime/atomic/atomic_amd64.s",
	"internal/runtime/syscall/linux/asm_linux_amd64.s",
	"sync/atomic/asm.s",
	"syscall/asm_linux_amd64.s",
	"reflect/asm_amd64.s",
	"runtime/memmove_amd64.s",
	"runtime/preempt_amd64.s",
	"internal/cpu/cpu_x86.s",
	"internal/chacha8rand/chacha8_amd64.s",
	"hash/crc32/crc32_amd64.s",
	"crypto/md5/md5block_amd64.s",
	"crypto/sha1/sha1block_amd64.s",
	"crypto/internal/fips140/aes/gcm/gcm_amd64.s",
	"crypto/internal/fips140/nistec/p256_asm_amd64.s",
	"crypto/internal/fips140/sha512/sha512block_amd64.s",
	"crypto/internal/fips140/bigmod/nat_amd64.s",
];

interface Func {
	bytes: string;
	relocs: string[];
	args: number;
	locals: number;
}

function includeFrom(dirs: string[]) {
	return (name: string): Uint8Array | null => {
		for (const dir of dirs) if (existsSync(join(dir, name))) return readFileSync(join(dir, name));
		return null;
	};
}

/** Functions by name from `go tool asm -S`. */
function official(pkg: string, path: string, dirs: string[], out: string): Map<string, Func> {
	const args = ["tool", "asm", "-S", "-p", pkg, "-o", join(out, "x.o")];
	for (const d of dirs) args.push("-I", d);
	for (const d of Object.keys(defines)) args.push("-D", d);
	const r = spawnSync(join(root ?? "", "bin/go"), [...args, path], { encoding: "utf8", maxBuffer: 1 << 28 });
	assert.equal(r.stderr, "");
	const funcs = new Map<string, Func>();
	let current: Func | null = null;
	for (const line of r.stdout.split("\n")) {
		const head = /^(\S+) (S[A-Z]+)(?:.* args=(\S+) locals=(\S+))?/.exec(line);
		if (head !== null && !line.startsWith("\t")) {
			current = null;
			if (!(head[2] as string).startsWith("STEXT")) continue;
			current = { bytes: "", relocs: [], args: Number(head[3]), locals: Number(head[4]) };
			funcs.set(plain(head[1] as string), current);
			continue;
		}
		if (current === null) continue;
		const dump = /^\t0x[0-9a-f]{4,} ((?:[0-9a-f]{2} )+)/.exec(line);
		if (dump !== null) current.bytes += (dump[1] as string).replaceAll(" ", "");
		const rel = /^\trel (\d+)\+(\d+) t=R_(\S+) (.*)\+(-?\d+)$/.exec(line);
		if (rel !== null) current.relocs.push(`${rel[1]} ${rel[2]} ${rel[3]} ${rel[3] === "CALLIND" ? "" : plain(rel[4] as string)}+${rel[5]}`);
	}
	return funcs;
}

function plain(name: string): string {
	return name.replace(/<\w*>/, "").replace(/^TLS$/, "runtime.tlsg");
}

const relocNames: Record<number, string> = {
	[RelocKind.Addr]: "ADDR",
	[RelocKind.PcRel]: "PCREL",
	[RelocKind.Call]: "CALL",
	[RelocKind.TlsLE]: "TLS_LE",
	[RelocKind.CallInd]: "CALLIND",
};

function ours(f: Fragment, s: ObjSym): Func {
	const r = s.relocs;
	const relocs = r.off.map((off, i) => {
		const kind = relocNames[r.kind[i] as number];
		return `${off} ${r.size[i]} ${kind} ${kind === "CALLIND" ? "" : plain(f.names[r.target[i] as number] as string)}+${r.add[i]}`;
	});
	const args = s.func?.args ?? 0;
	return {
		bytes: Buffer.from(s.data).toString("hex"),
		relocs,
		args: args === -0x8000_0000 ? 0xffff_ffff_8000_0000 : args,
		locals: s.func?.locals ?? 0,
	};
}

test("standard library assembly equals the official assembler's", { skip }, (t) => {
	const out = mkdtempSync(join(tmpdir(), "asm-"));
	const wrong: string[] = [];
	let count = 0;
	try {
		for (const rel of files) {
			const path = join(root ?? "", "src", rel);
			const dir = join(path, "..");
			const dirs = [dir, join(root ?? "", "src/runtime"), join(root ?? "", "pkg/include")];
			const pkg = rel.slice(0, rel.lastIndexOf("/"));
			const src = readFileSync(path);
			if (src.includes('"go_asm.h"')) continue;
			const set = new SourceSet();
			const errors: string[] = [];
			const f = assemble(set.add(path, src), { pkgPath: pkg, includes: includeFrom(dirs), defines, allowAbi: true, context }, (d) =>
				errors.push(d.msg),
			);
			wrong.push(...errors.map((e) => `${rel}: ${e}`));
			const want = official(pkg, path, dirs, out);
			for (const s of f.syms) {
				if (s.kind !== SymKind.Text) continue;
				count++;
				const name = plain(f.names[s.name] as string);
				const got = ours(f, s);
				const expected = want.get(name);
				want.delete(name);
				if (expected === undefined) wrong.push(`${rel}: ${name}: not in the official object`);
				else if (got.bytes !== expected.bytes) wrong.push(`${rel}: ${name}: ${got.bytes} want ${expected.bytes}`);
				else if (got.relocs.sort().join() !== expected.relocs.sort().join())
					wrong.push(`${rel}: ${name}: ${got.relocs} want ${expected.relocs}`);
				else if (got.locals !== expected.locals) wrong.push(`${rel}: ${name}: locals ${got.locals} want ${expected.locals}`);
			}
			for (const name of want.keys()) wrong.push(`${rel}: ${name}: missing`);
		}
	} finally {
		rmSync(out, { recursive: true });
	}
	t.diagnostic(`${count} functions`);
	assert.ok(count > 100);
	assert.deepEqual(wrong, []);
});

test("symabis", () => {
	const src = `
#include "textflag.h"
#define CALLIT(f) CALL f(SB)
TEXT ·f(SB),NOSPLIT,$0-8
	MOVQ g_m(R14), AX
	CALLIT(runtime·g)
	JMP ·h<ABIInternal>(SB)
	CALL local<>(SB)
TEXT local<>(SB),NOSPLIT,$0
	MOVQ $·data+8(SB), AX
	RET
`;
	const set = new SourceSet();
	const file = set.add("a.s", new TextEncoder().encode(src));
	const got = symabis([file], { pkgPath: "example.com/a.b", includes: () => null, defines: {} });
	assert.deepEqual(got.defs, [{ name: "example.com/a%2eb.f", abi: 0 }]);
	assert.deepEqual(got.refs, [
		{ name: "runtime.g", abi: 0 },
		{ name: "example.com/a%2eb.h", abi: 1 },
		{ name: "example.com/a%2eb.data", abi: 0 },
	]);
	assert.ok(got.goAsmNames.includes("g_m"));
});
