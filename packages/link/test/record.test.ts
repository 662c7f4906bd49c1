// What a link leaves to the next one changes nothing but the time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { constants, deflateRawSync, inflateSync } from "node:zlib";
import { SHF_COMPRESSED } from "#elf";
import { LoadedPack, Names } from "#object";
import { joinPieces, pieceOf } from "../dwarf/parts.ts";
import type { LinkRecord } from "../input.ts";
import { packFragments } from "../packer.ts";
import { addText, FragmentBuilder, linkTest, SymFlag, writeAndExit } from "./program.ts";

const compress = (data: Uint8Array): Uint8Array => deflateRawSync(data, { level: 1, finishFlush: constants.Z_SYNC_FLUSH });

/** The same numbers on every run. */
function random(seed: number): (n: number) => number {
	let x = seed;
	return (n) => {
		x = (Math.imul(x, 1103515245) + 12345) & 0x7fffffff;
		return (x >>> 8) % n;
	};
}

test("pieces that were compressed one by one are one zlib stream", () => {
	const next = random(1);
	for (const sizes of [[], [0], [1], [70000, 3, 0, 200000], [65521, 5552, 5553]]) {
		const parts = sizes.map((n) => Uint8Array.from({ length: n }, () => next(4) * next(60)));
		const section = joinPieces(
			".debug_x",
			parts.map((p) => pieceOf(p, compress)),
			true,
		);
		assert.equal(section.flags, SHF_COMPRESSED);
		assert.ok(inflateSync(section.bytes.subarray(24)).equals(Buffer.concat(parts)), sizes.join(" "));
		const plain = joinPieces(
			".debug_x",
			parts.map((p) => pieceOf(p, null)),
			false,
		);
		assert.ok(Buffer.concat(parts).equals(plain.bytes));
	}
});

/** Packages of which the cache knows the contents: digest. */
function library(names: Names, digest: string, code: number): LoadedPack {
	const rt = new FragmentBuilder("runtime");
	addText(rt, "_rt0_amd64_linux", [0xe8, 0, 0, 0, 0, 0xcc], { calls: [{ off: 1, to: "main.main" }], flags: SymFlag.Nosplit });
	const a = new FragmentBuilder("a");
	addText(a, "a.f", [0x90, code, 0xc3]);
	addText(a, "a.unused", [0xc3]);
	const pack = packFragments([rt.fragment, a.fragment], names).pack;
	return new LoadedPack(pack, names, digest, true);
}

/** A main package with functions of these sizes. */
function program(sizes: readonly number[], message: string): FragmentBuilder {
	const b = new FragmentBuilder("main");
	const last = writeAndExit(b, "main.exit", message);
	assert.ok(last.size > 0);
	sizes.forEach((n, i) => {
		const code = [0xe8, 0, 0, 0, 0, ...Array.from({ length: n }, () => 0x90), 0xe9, 0, 0, 0, 0];
		const to = i + 1 < sizes.length ? `main.f${i + 1}` : "main.exit";
		addText(b, i === 0 ? "main.main" : `main.f${i}`, code, {
			calls: [
				{ off: 1, to: "a.f" },
				{ off: n + 6, to },
			],
			flags: SymFlag.Nosplit,
		});
	});
	return b;
}

function linked(sizes: readonly number[], message: string, digest: string, code: number, record: LinkRecord | undefined): Uint8Array {
	const names = new Names();
	const packs = [library(names, digest, code)];
	const entries = Array.from(packs[0].pack.entRef, (_, i) => i);
	const stored = { names, packs, pack: entries.map(() => 0), entry: entries };
	const packages = ["runtime", "a", "main"].map((path) => ({ path, name: path, imports: [], standard: path !== "main" }));
	const { image, errors } = linkTest([program(sizes, message)], { compressDwarf: compress }, { stored, packages, record, verify: true });
	assert.deepEqual(errors, []);
	return image as Uint8Array;
}

test("after random edits a link with the record of the last one gives what one without gives", () => {
	const next = random(2);
	let earlier: Uint8Array | null = null;
	let kept = 0;
	const record = (): LinkRecord => ({
		earlier,
		keep: (encode) => {
			kept++;
			earlier = encode();
		},
	});
	for (let i = 0; i < 60; i++) {
		const sizes = Array.from({ length: 1 + next(5) }, () => next(i % 10 === 9 ? 100000 : 300));
		const message = "x".repeat(1 + next(40));
		// Now and then the library is another one.
		const version = i >> 4;
		const fresh = linked(sizes, message, `library ${version}`, 0x90 + version, undefined);
		const before: number = kept;
		assert.ok(Buffer.from(fresh).equals(linked(sizes, message, `library ${version}`, 0x90 + version, record())), `edit ${i}`);
		assert.equal(kept - before, i % 16 === 0 ? 1 : 0, `edit ${i}: what is kept is used`);
	}
});

test("a record for other settings, or of a cache that does not know the contents, is not used", () => {
	const encoded: Uint8Array[] = [];
	const keep = (encode: () => Uint8Array): void => void encoded.push(encode());
	linked([1], "m", "", 0x90, { earlier: null, keep });
	assert.equal(encoded.length, 0, "no digest");
	linked([1], "m", "1", 0x90, { earlier: null, keep });
	assert.equal(encoded.length, 1);
	const same = linked([2], "m", "2", 0x91, undefined);
	assert.ok(Buffer.from(same).equals(linked([2], "m", "2", 0x91, { earlier: encoded[0], keep })));
	assert.equal(encoded.length, 2);
});
