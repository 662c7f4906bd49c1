// Writes a core file of a stopped process: the same notes and segments as the kernel's, so that dlv, gdb and we read it. Pages that were
// never touched, and pages of zeros, are holes in the file. Done in steps, so that a caller can report progress or give up.
import { closeSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { ByteWriter } from "#base";
import { EHDR_SIZE, EM_X86_64, elfNote, ET_CORE, PF_R, PF_W, PF_X, PHDR_SIZE, PT_LOAD, PT_NOTE, SHDR_SIZE } from "#elf";
import { type Memory, MemoryError } from "../../backend.ts";
import { mappings, type Mapping, PAGE, PageMap } from "./maps.ts";
import type { UserRegisters } from "./registers.ts";

/** What is dumped: its threads are stopped. */
export interface Dumpable {
	readonly pid: number;
	readonly memory: Memory;
	threads(): readonly { readonly id: number; readonly pendingSignal: number; registers(): UserRegisters }[];
}

export interface DumpProgress {
	threadsDone: number;
	threadsTotal: number;
	memoryDone: number;
	memoryTotal: number;
	/** Bytes that the file occupies, without holes. */
	written: number;
}

export interface DumpOptions {
	/** The thread that is to come first, as the one that made the process dump; 0 = the first. */
	first: number;
	/** Whether bytes of a page are wanted; null = of every one. */
	wanted: ((page: number) => boolean) | null;
}

const NT_PRSTATUS = 1;
const NT_FPREGSET = 2;
const NT_PRPSINFO = 3;
const NT_AUXV = 6;
const NT_X86_XSTATE = 0x202;
const NT_FILE = 0x46494c45;
const PN_XNUM = 0xffff;
const FXSAVE = 512;
const BLOCK = 1 << 20;
const ZERO = Buffer.alloc(PAGE);

interface Segment {
	map: Mapping;
	/** Offset and size of its bytes in the file; without any it is there by name only. */
	offset: number;
	size: number;
	/** Only pages that exist are read. */
	sparse: boolean;
}

function status(pid: number): Map<string, string> {
	const text = readFileSync(`/proc/${pid}/status`, "utf8");
	return new Map(text.split("\n").map((l) => [l.slice(0, l.indexOf(":")), l.slice(l.indexOf(":") + 1).trim()]));
}

/** Fields of /proc/PID/stat from the third on. */
function stat(pid: number): string[] {
	const text = readFileSync(`/proc/${pid}/stat`, "utf8");
	return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** struct elf_prpsinfo */
function processNote(pid: number): Uint8Array {
	const s = status(pid);
	const f = stat(pid);
	const id = (name: string): number => Number((s.get(name) ?? "0").split("\t")[0]);
	const w = new ByteWriter(136);
	w.u8(0);
	w.u8((f[0] as string).charCodeAt(0));
	w.u8(0);
	w.u8(Number(f[16]) & 0xff);
	w.align(8);
	w.u64(Number(f[6]));
	w.u32(id("Uid"));
	w.u32(id("Gid"));
	for (const n of [pid, f[1], f[2], f[3]]) w.u32(Number(n));
	fixed(w, Buffer.from(s.get("Name") ?? ""), 16);
	fixed(
		w,
		readFileSync(`/proc/${pid}/cmdline`).map((c) => (c === 0 ? 0x20 : c)),
		80,
	);
	return elfNote("CORE", NT_PRPSINFO, w.take());
}

/** A string in a field of a size, with a 0 at its end. */
function fixed(w: ByteWriter, text: Uint8Array, size: number): void {
	const part = text.subarray(0, size - 1);
	w.bytes(part);
	for (let i = part.length; i < size; i++) w.u8(0);
}

/** struct elf_prstatus */
function threadNote(pid: number, tid: number, signal: number, regs: Uint8Array): Uint8Array {
	const w = new ByteWriter(336);
	for (const n of [signal, 0, 0, signal]) w.u32(n);
	w.u64(0);
	w.u64(0);
	const f = stat(pid);
	for (const n of [tid, f[1], f[2], f[3]]) w.u32(Number(n));
	for (let i = 0; i < 8; i++) w.u64(0);
	w.bytes(regs);
	w.u32(1);
	w.align(8);
	return elfNote("CORE", NT_PRSTATUS, w.take());
}

/** Files that are mapped, in the kernel's form. */
function filesNote(maps: readonly Mapping[]): Uint8Array {
	const files = maps.filter((m) => m.inode !== 0);
	const w = new ByteWriter(32 * files.length + 16);
	w.u64(files.length);
	w.u64(PAGE);
	for (const m of files) {
		w.u64(m.start);
		w.u64(m.end);
		w.u64(m.offset / PAGE);
	}
	for (const m of files) w.cstr(m.path);
	return elfNote("CORE", NT_FILE, w.take());
}

/** A core file that is being written. */
export class CoreDump {
	readonly progress: DumpProgress = { threadsDone: 0, threadsTotal: 0, memoryDone: 0, memoryTotal: 0, written: 0 };
	private readonly target: Dumpable;
	private readonly path: string;
	private readonly options: DumpOptions;
	private fd = -1;
	private readonly work: Generator<void>;

	/** Throws when the file cannot be made. */
	constructor(target: Dumpable, path: string, options: DumpOptions) {
		this.target = target;
		this.path = path;
		this.options = options;
		this.fd = openSync(path, "w", 0o600);
		this.work = this.run();
	}

	/** Writes for about so many milliseconds; true when the file is complete. Throws what writing throws; the file is removed then. */
	step(milliseconds: number): boolean {
		const end = performance.now() + milliseconds;
		try {
			do {
				if (this.work.next().done === true) {
					this.close();
					return true;
				}
			} while (performance.now() < end);
		} catch (e) {
			this.cancel();
			throw e;
		}
		return false;
	}

	/** Gives up: no half of a core stays. */
	cancel(): void {
		if (this.fd < 0) return;
		this.close();
		rmSync(this.path, { force: true });
	}

	private close(): void {
		if (this.fd >= 0) closeSync(this.fd);
		this.fd = -1;
	}

	private *run(): Generator<void> {
		const { pid } = this.target;
		const maps = mappings(pid);
		const notes: Uint8Array[] = [];
		for (const note of this.notes(maps)) {
			notes.push(note);
			yield;
		}
		const noteSize = notes.reduce((n, x) => n + x.length, 0);
		const pages = new PageMap(pid);
		try {
			const segments = this.layout(maps, noteSize);
			this.put(this.headers(segments, noteSize), 0);
			let at = EHDR_SIZE + PHDR_SIZE * (segments.length + 1) + (segments.length + 1 >= PN_XNUM ? SHDR_SIZE : 0);
			for (const n of notes) {
				this.put(n, at);
				at += n.length;
			}
			for (const s of segments) if (s.size > 0) yield* this.memory(s, pages);
			const last = segments.findLast((s) => s.size > 0);
			ftruncateSync(this.fd, last === undefined ? at : last.offset + last.size);
		} finally {
			pages.close();
		}
	}

	private put(bytes: Uint8Array, at: number): void {
		let done = 0;
		while (done < bytes.length) done += writeSync(this.fd, bytes, done, bytes.length - done, at + done);
		this.progress.written += bytes.length;
	}

	/** In the kernel's order: what is the process', then each thread's. */
	private *notes(maps: readonly Mapping[]): Generator<Uint8Array> {
		const { pid } = this.target;
		const { first } = this.options;
		const threads = [...this.target.threads()].sort((a, b) => Number(b.id === first) - Number(a.id === first));
		this.progress.threadsTotal = threads.length;
		for (const [i, t] of threads.entries()) {
			const regs = t.registers();
			yield threadNote(pid, t.id, t.pendingSignal, regs.bytes);
			if (i === 0) {
				yield processNote(pid);
				yield elfNote("CORE", NT_AUXV, readFileSync(`/proc/${pid}/auxv`));
				yield filesNote(maps);
			}
			const vector = regs.vectorState();
			yield elfNote("CORE", NT_FPREGSET, vector.subarray(0, FXSAVE));
			if (vector.length > FXSAVE) yield elfNote("LINUX", NT_X86_XSTATE, vector);
			this.progress.threadsDone++;
		}
	}

	private layout(maps: readonly Mapping[], noteSize: number): Segment[] {
		const count = maps.length + 1;
		let offset = EHDR_SIZE + PHDR_SIZE * count + (count >= PN_XNUM ? SHDR_SIZE : 0) + noteSize;
		offset = Math.ceil(offset / PAGE) * PAGE;
		return maps.map((map) => {
			const kind = this.kind(map);
			const size = kind === "none" ? 0 : map.end - map.start;
			const s = { map, offset, size, sparse: kind === "sparse" };
			offset += size;
			this.progress.memoryTotal += size;
			return s;
		});
	}

	/** Whether a mapping's bytes belong into the file: none, all, or those of pages that exist. */
	private kind(m: Mapping): "none" | "all" | "sparse" {
		if (!m.readable || m.path === "[vvar]" || m.path === "[vvar_vclock]") return "none";
		if (m.inode === 0) return "sparse";
		const isFile = !m.path.endsWith(" (deleted)");
		// Memory without a name is behind inodes of its own when it is shared.
		if (!isFile && m.shared) return "sparse";
		return !isFile || (m.writable && !m.shared) ? "all" : "none";
	}

	private headers(segments: readonly Segment[], noteSize: number): Uint8Array {
		const count = segments.length + 1;
		const many = count >= PN_XNUM;
		const tableEnd = EHDR_SIZE + PHDR_SIZE * count;
		const w = new ByteWriter(tableEnd + SHDR_SIZE);
		w.bytes(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0));
		w.u64(0);
		w.u16(ET_CORE);
		w.u16(EM_X86_64);
		w.u32(1);
		w.u64(0);
		w.u64(EHDR_SIZE);
		w.u64(many ? tableEnd : 0);
		w.u32(0);
		w.u16(EHDR_SIZE);
		w.u16(PHDR_SIZE);
		w.u16(many ? PN_XNUM : count);
		w.u16(many ? SHDR_SIZE : 0);
		w.u16(many ? 1 : 0);
		w.u16(0);
		const header = (type: number, flags: number, offset: number, address: number, file: number, memory: number, align: number): void => {
			w.u32(type);
			w.u32(flags);
			for (const n of [offset, address, 0, file, memory, align]) w.u64(n);
		};
		header(PT_NOTE, 0, tableEnd + (many ? SHDR_SIZE : 0), 0, noteSize, 0, 4);
		for (const { map, offset, size } of segments) {
			const flags = (map.readable ? PF_R : 0) | (map.writable ? PF_W : 0) | (map.executable ? PF_X : 0);
			header(PT_LOAD, flags, offset, map.start, size, map.end - map.start, PAGE);
		}
		if (many) {
			// Section 0 says how many program headers there are.
			for (let i = 0; i < SHDR_SIZE; i += 4) w.u32(i === 44 ? count : 0);
		}
		return w.take();
	}

	private *memory(s: Segment, pages: PageMap): Generator<void> {
		const { map } = s;
		const before = this.progress.memoryDone;
		const runs: [number, number][] = [];
		if (s.sparse) pages.runs(map.start, map.end, (from, to) => runs.push([from, to]));
		else runs.push([map.start, map.end]);
		for (const [from, to] of runs) {
			for (let at = from; at < to; at += BLOCK) {
				this.copy(at, Math.min(to, at + BLOCK), s);
				this.progress.memoryDone = before + at - map.start;
				yield;
			}
		}
		this.progress.memoryDone = before + s.size;
	}

	/** Copies a block, leaving out pages that are not wanted or all zero. */
	private copy(from: number, to: number, s: Segment): void {
		const { wanted } = this.options;
		let start = -1;
		let bytes: Buffer | null = null;
		const flush = (end: number): void => {
			if (start >= 0) this.put((bytes as Buffer).subarray(start - from, end - from), s.offset + start - s.map.start);
			start = -1;
		};
		for (let page = from; page < to; page += PAGE) {
			let keep = wanted === null || wanted(page);
			if (keep) {
				bytes ??= this.read(from, to);
				keep = bytes.compare(ZERO, 0, PAGE, page - from, page - from + PAGE) !== 0;
			}
			if (keep && start < 0) start = page;
			else if (!keep) flush(page);
		}
		flush(to);
	}

	/** Memory of a range; pages that cannot be read are zero. */
	private read(from: number, to: number): Buffer {
		const { memory } = this.target;
		try {
			const b = memory.read(from, to - from);
			return Buffer.from(b.buffer, b.byteOffset, b.length);
		} catch (e) {
			if (!(e instanceof MemoryError)) throw e;
		}
		const out = Buffer.alloc(to - from);
		for (let page = from; page < to; page += PAGE) {
			try {
				out.set(memory.read(page, PAGE), page - from);
			} catch (e) {
				if (!(e instanceof MemoryError)) throw e;
			}
		}
		return out;
	}
}
