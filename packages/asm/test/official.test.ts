// Bytes and relocations of the standard library's assembly, compared with what
// the official assembler writes. Files that need go_asm.h are left to the compiler's tests.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SourceSet } from "#base";
import { symabis } from "#asm";
import { goroot } from "./goroot.ts";
import { compareFile } from "./oracle.ts";

const root = goroot();
const skip = root === null ? "no GOROOT" : false;

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

test("standard library assembly equals the official assembler's", { skip }, (t) => {
	const out = mkdtempSync(join(tmpdir(), "asm-"));
	const wrong: string[] = [];
	let count = 0;
	try {
		for (const rel of files) {
			const path = join(root ?? "", "src", rel);
			if (readFileSync(path).includes('"go_asm.h"')) continue;
			const r = compareFile(root ?? "", rel.slice(0, rel.lastIndexOf("/")), path, out);
			count += r.count;
			wrong.push(...r.wrong.map((w) => `${rel}: ${w}`));
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
