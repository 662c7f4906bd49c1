// One process with its executable: everything that is known of it at a stop.
import { readFileSync, statSync } from "node:fs";
import { inflateSync } from "node:zlib";
import { Binary, type FuncIndexBuilder } from "#bininfo";
import { isKept, readIndex, worthKeeping, writeIndex } from "./indexcache.ts";
import { FileSource, Goroutines, Program, type ProcessView, type ThreadView } from "#proc";
import { currentG, Locator, type NativeThread, type Target, word } from "#proc/live";

const AT_ENTRY = 9;

export class Debuggee {
	readonly path: string;
	readonly view: ProcessView;
	/** Null for a core file. */
	readonly target: Target | null;
	readonly binary: Binary;
	readonly program: Program;
	readonly goroutines: Goroutines;
	readonly locator: Locator;
	readonly commandLine: string;

	constructor(path: string, view: ProcessView, target: Target | null, binary: Binary, commandLine: string) {
		this.path = path;
		this.view = view;
		this.target = target;
		this.binary = binary;
		this.program = new Program(view, binary);
		this.goroutines = new Goroutines(this.program);
		this.locator = new Locator(binary);
		this.commandLine = commandLine;
	}

	get pid(): number {
		return this.view.pid;
	}

	thread(id: number): ThreadView | null {
		return this.view.threads().find((t) => t.id === id) ?? null;
	}

	/** Address of the g that a stopped thread works for; others may be running. 0 = none. */
	currentG(thread: NativeThread): number {
		if (this.target === null) return 0;
		return currentG({ target: this.target, binary: this.binary, locator: this.locator, layout: this.program.layout }, thread);
	}

	/** As goroutineId, of a thread that is stopped while others may be running. */
	goroutineIdAlone(thread: NativeThread): number {
		if (this.target === null) return 0;
		try {
			const g = this.currentG(thread);
			return g === 0 ? 0 : word(this.target.memory, g + this.program.layout.offset("runtime.g", "goid"));
		} catch {
			return 0;
		}
	}

	/** Number of the goroutine a thread runs, 0 = none. */
	goroutineId(thread: ThreadView): number {
		try {
			return this.goroutines.ofThread(thread)?.id ?? 0;
		} catch {
			return 0;
		}
	}
}

/** Executables that were read, by path and slide: a restart or a second process uses the same. */
export class Binaries {
	private readonly known: Map<string, Binary> = new Map();
	/** Those whose index is on disk, or need not be. */
	private readonly kept: Set<Binary> = new Set();
	/** The index that is being made. */
	private building: { binary: Binary; funcs: FuncIndexBuilder } | null = null;

	open(path: string, slide: number): Binary {
		const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
		const key = [path, slide, dev, ino, size, mtimeNs, ctimeNs].join(" ");
		const old = this.known.get(key);
		if (old !== undefined) return old;
		const binary: Binary = new Binary(new FileSource(path), {
			inflate,
			slide,
			savedIndex: () => readIndex(binary, "debug"),
			savedFuncs: () => readIndex(binary, "funcs"),
		});
		this.known.set(key, binary);
		return binary;
	}

	/** Indexes another piece of what is open, and keeps an index that is complete; false when there is nothing more to do. */
	indexOn(): boolean {
		for (const b of this.known.values()) {
			if (this.kept.has(b)) continue;
			if (this.building?.binary !== b) {
				if (!worthKeeping(b) || isKept(b)) {
					this.kept.add(b);
					continue;
				}
				this.building = { binary: b, funcs: b.buildFuncIndex() };
			}
			if (this.building.funcs.advance()) return true;
			writeIndex(b, this.building.funcs.done());
			this.kept.add(b);
			this.building = null;
		}
		return false;
	}

	/** The executable of a live process, where it was loaded. */
	ofProcess(path: string, pid: number): Binary {
		const plain = this.open(path, 0);
		if (!plain.positionIndependent) return plain;
		return this.open(path, loadedEntry(pid) - plain.elf.entry);
	}
}

/** One chunk of the size that is known: nothing is copied, and nothing larger is made. */
export function inflate(bytes: Uint8Array, size: number): Uint8Array {
	return inflateSync(bytes, { chunkSize: Math.max(size, 64), maxOutputLength: Math.max(size, 64) });
}

/** Where the kernel put the program's entry point. */
function loadedEntry(pid: number): number {
	const auxv = readFileSync(`/proc/${pid}/auxv`);
	for (let i = 0; i + 16 <= auxv.length; i += 16) {
		if (Number(auxv.readBigUInt64LE(i)) === AT_ENTRY) return Number(auxv.readBigUInt64LE(i + 8));
	}
	throw new Error(`process ${pid} has no entry point in its auxiliary vector`);
}
