// A process that is a file: ELF cores of the kernel, gcore and `dump`. Pages that a core leaves out because the
// executable has them are taken from there; a core that was cut off opens too and says what it lacks.

import { ByteReader, type ByteSource, FormatError } from "#base";
import { ET_CORE, PHDR_SIZE, PT_LOAD, PT_NOTE } from "#elf";
import { type Memory, MemoryError, type ProcessView, type Registers, type ThreadView } from "../backend.ts";

export interface CoreSegment {
	address: number;
	/** Bytes in memory and in the file. */
	memory: number;
	file: number;
	offset: number;
	flags: number;
}

/** A file that was mapped. */
export interface MappedFile {
	start: number;
	end: number;
	/** Offset in the file, in bytes. */
	offset: number;
	path: string;
}

const NT_PRSTATUS = 1;
const NT_FPREGSET = 2;
const NT_PRPSINFO = 3;
const NT_AUXV = 6;
const NT_X86_XSTATE = 0x202;
const NT_FILE = 0x46494c45;
const NT_SIGINFO = 0x53494749;
const AT_ENTRY = 9;
const PN_XNUM = 0xffff;
const MAX_NOTES = 256 << 20;
const PRSTATUS_PID = 32;
const PRSTATUS_REGS = 112;
const REGS = 27;

/** DWARF numbers of the words of user_regs_struct; -1 = orig_rax, which DWARF does not number. */
const USER_REGS = [15, 14, 13, 12, 6, 3, 11, 10, 9, 8, 0, 2, 1, 4, 5, -1, 16, 51, 49, 7, 52, 58, 59, 53, 50, 54, 55];
const FXSAVE_XMM = 160;
const XSAVE_HEADER = 512;
/** Where the upper halves of ymm lie in the standard format. */
const XSAVE_YMM = 576;

class CoreRegisters implements Registers {
	private readonly words: Map<number, bigint> = new Map();
	private readonly fp: Uint8Array | null;
	readonly pc: number;
	readonly sp: number;
	readonly bp: number;
	readonly fsBase: number;

	constructor(regs: Uint8Array, fp: Uint8Array | null) {
		const r = new ByteReader(regs);
		for (const n of USER_REGS) {
			const v = r.big64();
			if (n >= 0) this.words.set(n, v);
		}
		this.fp = fp;
		this.pc = Number(this.words.get(16));
		this.sp = Number(this.words.get(7));
		this.bp = Number(this.words.get(6));
		this.fsBase = Number(this.words.get(58));
	}

	get(dwarf: number): bigint | undefined {
		return this.words.get(dwarf);
	}

	vector(dwarf: number): Uint8Array | undefined {
		const fp = this.fp;
		const i = dwarf - 17;
		if (fp === null || i < 0 || i > 15 || fp.length < FXSAVE_XMM + 16 * (i + 1)) return undefined;
		const low = fp.subarray(FXSAVE_XMM + 16 * i, FXSAVE_XMM + 16 * (i + 1));
		const avx = fp.length >= XSAVE_YMM + 256 && ((fp[XSAVE_HEADER] as number) & 4) !== 0;
		if (!avx) return low;
		const out = new Uint8Array(32);
		out.set(low);
		out.set(fp.subarray(XSAVE_YMM + 16 * i, XSAVE_YMM + 16 * (i + 1)), 16);
		return out;
	}
}

class CoreThread implements ThreadView {
	readonly id: number;
	/** Signal the thread had when it stopped, 0 = none. */
	readonly signal: number;
	private readonly regs: Uint8Array;
	fp: Uint8Array | null = null;
	private made: Registers | null = null;

	constructor(id: number, signal: number, regs: Uint8Array) {
		this.id = id;
		this.signal = signal;
		this.regs = regs;
	}

	registers(): Registers {
		this.made ??= new CoreRegisters(this.regs, this.fp);
		return this.made;
	}
}

/** What the executable has at an address: bytes that a core may leave out. */
export type FileBytes = (address: number, length: number) => Uint8Array | null;

class CoreMemory implements Memory {
	private readonly source: ByteSource;
	private readonly segments: readonly CoreSegment[];
	/** Set once the executable is known. */
	fallback: FileBytes | null = null;

	constructor(source: ByteSource, segments: readonly CoreSegment[]) {
		this.source = source;
		this.segments = segments;
	}

	private find(address: number): CoreSegment | null {
		const s = this.segments;
		let lo = 0;
		let hi = s.length;
		while (hi - lo > 1) {
			const mid = (lo + hi) >> 1;
			if (s[mid].address <= address) lo = mid;
			else hi = mid;
		}
		const hit = s[lo];
		return hit !== undefined && address >= hit.address && address < hit.address + hit.memory ? hit : null;
	}

	read(address: number, length: number): Uint8Array {
		const whole = this.part(address, length);
		if (whole.length === length) return whole;
		const out = new Uint8Array(length);
		out.set(whole);
		let got = whole.length;
		while (got < length) {
			const part = this.part(address + got, length - got);
			out.set(part, got);
			got += part.length;
		}
		return out;
	}

	/** Bytes from one place, at least one. */
	private part(address: number, length: number): Uint8Array {
		const s = this.find(address);
		if (s !== null) {
			const at = address - s.address;
			const inFile = Math.min(s.file - at, length);
			if (inFile > 0) {
				const bytes = this.source.read(s.offset + at, inFile);
				if (bytes.length > 0) return bytes;
			}
		}
		for (let n = length; n > 0; n = n > 1 ? n >> 1 : 0) {
			const bytes = this.fallback?.(address, n) ?? null;
			if (bytes !== null) return bytes;
		}
		throw new MemoryError(address, length);
	}

	write(address: number, bytes: Uint8Array): void {
		throw new MemoryError(address, bytes.length, "can not write to a core file:");
	}
}

/** A core file as a process. Throws FormatError when it is not one. */
export class CoreProcess implements ProcessView {
	readonly memory: CoreMemory;
	readonly segments: readonly CoreSegment[];
	readonly pid: number;
	readonly commandLine: string;
	readonly files: readonly MappedFile[];
	/** The program's entry as loaded, 0 = not recorded; minus the executable's own it is the slide. */
	readonly entry: number;
	/** What is missing from the file, in words; empty when it is whole. */
	readonly problems: readonly string[];
	private readonly threadList: CoreThread[] = [];

	constructor(source: ByteSource) {
		const { segments, notes, problems } = readHeaders(source);
		this.segments = segments;
		this.memory = new CoreMemory(source, segments);
		this.problems = problems;
		let pid = 0;
		let commandLine = "";
		let files: MappedFile[] = [];
		let entry = 0;
		for (const { type, desc } of notes) {
			const last = this.threadList[this.threadList.length - 1];
			switch (type) {
				case NT_PRSTATUS: {
					if (desc.length < PRSTATUS_REGS + REGS * 8) throw new FormatError("thread status note is too short", 0);
					const r = new ByteReader(desc, 12);
					const signal = r.u16();
					r.pos = PRSTATUS_PID;
					this.threadList.push(new CoreThread(r.i32(), signal, desc.subarray(PRSTATUS_REGS)));
					break;
				}
				case NT_FPREGSET:
					if (last !== undefined) last.fp ??= desc;
					break;
				case NT_X86_XSTATE:
					if (last !== undefined) last.fp = desc;
					break;
				case NT_PRPSINFO:
					if (desc.length < 136) break;
					pid = new ByteReader(desc, 24).i32();
					commandLine = new TextDecoder().decode(desc.subarray(56, 136)).replace(/\0.*$/, "").trim();
					break;
				case NT_AUXV:
					for (const r = new ByteReader(desc); r.left >= 16; ) {
						const key = r.u64();
						const value = r.u64();
						if (key === AT_ENTRY) entry = value;
					}
					break;
				case NT_FILE:
					files = readFiles(desc);
					break;
				case NT_SIGINFO:
					break;
			}
		}
		if (this.threadList.length === 0) throw new FormatError("core file has no threads", 0);
		this.pid = pid !== 0 ? pid : this.threadList[0].id;
		this.commandLine = commandLine;
		this.files = files;
		this.entry = entry;
	}

	/** Threads; the one that made the process dump comes first. */
	threads(): readonly ThreadView[] {
		return this.threadList;
	}

	/** Takes bytes that the core leaves out from the executable. */
	useFile(bytes: FileBytes): void {
		this.memory.fallback = bytes;
	}

	/** Signal that ended the process, 0 when none is recorded. */
	get signal(): number {
		return this.threadList[0].signal;
	}
}

interface CoreHeaders {
	segments: CoreSegment[];
	notes: { type: number; desc: Uint8Array }[];
	problems: string[];
}

function readHeaders(source: ByteSource): CoreHeaders {
	const head = source.read(0, 64);
	const r = new ByteReader(head);
	if (head.length < 64 || r.u32() !== 0x464c457f) throw new FormatError("not a core file: no ELF header", 0);
	if (r.u8() !== 2 || r.u8() !== 1) throw new FormatError("not a 64-bit little-endian core file", 4);
	r.pos = 16;
	if (r.u16() !== ET_CORE) throw new FormatError("not a core file: ELF type is not ET_CORE", 16);
	if (r.u16() !== 62) throw new FormatError("core file of another machine", 18);
	r.pos = 32;
	const phoff = r.u64();
	const shoff = r.u64();
	r.pos = 56;
	let count = r.u16();
	if (count === PN_XNUM) count = new ByteReader(source.read(shoff, 64), 44).u32();
	const table = source.read(phoff, Math.min(count * PHDR_SIZE, source.size));
	const problems: string[] = [];
	const whole = Math.floor(table.length / PHDR_SIZE);
	if (whole < count) problems.push(`the table of segments is cut off: ${whole} of ${count}`);
	const p = new ByteReader(table);
	const segments: CoreSegment[] = [];
	const notes: { type: number; desc: Uint8Array }[] = [];
	let missing = 0;
	let lacking = 0;
	let end = 0;
	for (let i = 0; i < whole; i++) {
		p.pos = i * PHDR_SIZE;
		const type = p.u32();
		const flags = p.u32();
		const offset = p.u64();
		const address = p.u64();
		p.u64();
		const file = p.u64();
		const memory = p.u64();
		end = Math.max(end, offset + file);
		const here = Math.max(0, Math.min(file, source.size - offset));
		if (here < file) {
			missing += file - here;
			lacking++;
		}
		if (type === PT_LOAD) segments.push({ address, memory, file: here, offset, flags });
		else if (type === PT_NOTE) {
			if (file > MAX_NOTES) throw new FormatError(`notes of ${file} bytes`, offset);
			readNotes(source.read(offset, here), notes, problems);
		}
	}
	if (missing > 0) {
		problems.push(
			`the file is cut off: ${source.size} of ${end} bytes are there (a larger limit: ulimit -c unlimited); ${lacking} of ${segments.length} pieces of memory are not whole, reading what is missing fails`,
		);
	}
	segments.sort((a, b) => a.address - b.address);
	return { segments, notes, problems };
}

function readNotes(bytes: Uint8Array, notes: { type: number; desc: Uint8Array }[], problems: string[]): void {
	const r = new ByteReader(bytes);
	while (r.left >= 12) {
		const namesz = r.u32();
		const descsz = r.u32();
		const type = r.u32();
		const padded = namesz + (-namesz & 3);
		if (padded + descsz > r.left) {
			problems.push("the notes are cut off");
			return;
		}
		r.pos += padded;
		notes.push({ type, desc: r.bytes(descsz) });
		r.pos += -descsz & 3;
	}
}

function readFiles(desc: Uint8Array): MappedFile[] {
	const r = new ByteReader(desc);
	const count = r.u64();
	const page = r.u64();
	if (count * 24 > r.left) throw new FormatError(`${count} mapped files do not fit their note`, 0);
	const out: MappedFile[] = [];
	for (let i = 0; i < count; i++) out.push({ start: r.u64(), end: r.u64(), offset: r.u64() * page, path: "" });
	for (const f of out) f.path = r.cstr();
	return out;
}
