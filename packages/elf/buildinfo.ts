// The build information blob that `go version -m` prints, as debug/buildinfo of
// the GOROOT describes it: 32-byte header, then two length-prefixed strings.

import { ByteReader, ByteWriter } from "#base";
import { PF_W, PF_X, PT_LOAD } from "./constants.ts";
import { ElfFile } from "./file.ts";

/** "\xff Go buildinf:" */
const MAGIC = Uint8Array.of(0xff, 0x20, 0x47, 0x6f, 0x20, 0x62, 0x75, 0x69, 0x6c, 0x64, 0x69, 0x6e, 0x66, 0x3a);
const HEADER_SIZE = 32;
const ALIGN = 16;

/** Markers that enclose modinfo in the runtime variable and in the blob (16 bytes each). */
const INFO_START = Uint8Array.of(0x30, 0x77, 0xaf, 0x0c, 0x92, 0x74, 0x08, 0x02, 0x41, 0xe1, 0xc1, 0x07, 0xe6, 0xd6, 0x18, 0xe6);
const INFO_END = Uint8Array.of(0xf9, 0x32, 0x43, 0x31, 0x86, 0x18, 0x20, 0x72, 0x00, 0x82, 0x42, 0x10, 0x41, 0x16, 0xd8, 0xf2);

export interface BuildInfo {
	goVersion: string;
	/** Tab-separated lines (`path`, `mod`, `dep`, `build`), "" when absent. */
	modInfo: string;
}

/** modinfo text with the markers that runtime/debug.ReadBuildInfo cuts off; empty text stays empty. */
export function wrapModInfo(text: string): Uint8Array {
	if (text === "") return new Uint8Array(0);
	const w = new ByteWriter(text.length + 64);
	w.bytes(INFO_START);
	w.str(text);
	w.bytes(INFO_END);
	return w.take();
}

/** The contents of section .go.buildinfo for a 64-bit little-endian target; modInfo is already wrapped. */
export function encodeBuildInfo(goVersion: string, modInfo: Uint8Array): Uint8Array {
	const w = new ByteWriter(256);
	w.bytes(MAGIC);
	w.u8(8);
	w.u8(2); // strings follow inline
	w.zeros(HEADER_SIZE - w.len);
	const version = new TextEncoder().encode(goVersion);
	w.uleb(version.length);
	w.bytes(version);
	w.uleb(modInfo.length);
	w.bytes(modInfo);
	w.align(ALIGN);
	return w.take();
}

/** What `go version -m` reads from an executable, or null when it is not a Go executable of version 1.18 or later. */
export function readBuildInfo(exe: Uint8Array | ElfFile): BuildInfo | null {
	const elf = exe instanceof ElfFile ? exe : new ElfFile(exe);
	const section = elf.section(".go.buildinfo");
	if (section !== null) return decode(elf.data(section));
	for (const p of elf.segments) {
		if (p.type !== PT_LOAD || (p.flags & (PF_X | PF_W)) !== PF_W) continue;
		const found = decode(elf.source.read(p.offset, Math.max(Math.min(p.filesz, elf.source.size - p.offset), 0)));
		if (found !== null) return found;
	}
	return null;
}

function decode(data: Uint8Array): BuildInfo | null {
	for (let at = 0; at + HEADER_SIZE <= data.length; at += ALIGN) {
		if (!MAGIC.every((b, i) => data[at + i] === b)) continue;
		if (((data[at + 15] as number) & 2) === 0) return null;
		const r = new ByteReader(data, at + HEADER_SIZE);
		const goVersion = r.str(r.uleb());
		const mod = r.bytes(r.uleb());
		// A text with markers is at least 33 bytes and has a newline before the end marker.
		const text = mod.length >= 33 && mod[mod.length - 17] === 10 ? mod.subarray(16, mod.length - 16) : new Uint8Array(0);
		return { goVersion, modInfo: new TextDecoder().decode(text) };
	}
	return null;
}

/** The lines `go version -m FILE` prints. */
export function formatBuildInfo(file: string, info: BuildInfo, withModules: boolean): string {
	let out = `${file}: ${info.goVersion}\n`;
	if (withModules && info.modInfo !== "") {
		for (const line of info.modInfo.replace(/\n$/, "").split("\n")) out += `\t${line}\n`;
	}
	return out;
}
