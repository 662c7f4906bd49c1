// Passes and emission in worker threads, behind the driver's Backend. The main
// thread never returns to its event loop while it compiles: it sends products,
// takes finished fragments when it has some time, and sleeps on a shared counter
// when it has nothing else to do. What goes to a store is packed by the thread that
// made it: the main thread sees names only, until it takes the packs at the end.

import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { ByteReader, type SourceSet } from "#base";
import type { Backend, Finished, MadePack, Product, StorePlace, TracedSymbol } from "#compile";
import { decodeFragment } from "#object";
import { Packer } from "#ssa";
import type { FileLines, Job, PackJob, Reply, Request, WorkerStart } from "./backendworker.ts";

/** Products that the main thread compiles itself before it starts threads, where the cache has most: a small edit needs none. */
const Warmup = 48;
/** Products in one message. */
const Batch = 8;
/** These threads keep little between products: with much room for new objects, few of them are ever copied. */
const limits = { stackSizeMb: 16, maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 64 };
/**
 * Milliseconds without any answer after which the threads count as dead: their end is not seen while the main thread sleeps. It then does
 * their work itself, which does no harm should they be alive and slow.
 */
const Silence = 60_000;
/** Products under way per thread above which the main thread does the work itself: it would have to warm up for it. */
const Backlog = 256;

interface Thread {
	worker: Worker;
	port: MessagePort;
	packer: Packer;
	/** Source files that it knows the lines of. */
	files: number;
	batch: Job[];
	underWay: Set<number>;
	/** Index of its pack among all, by its own. */
	packs: number[];
	/** Packs were asked for and have not come. */
	sealing: boolean;
}

/** For tests: another program than the compiler's, and how long to wait for it. */
export interface ThreadSettings {
	program: URL;
	silence: number;
}

export class Threads implements Backend {
	private readonly count: number;
	private readonly sources: SourceSet;
	private readonly recordedName: (file: string, container: string) => string;
	private readonly settings: Partial<ThreadSettings>;
	private dead = false;
	private readonly threads: Thread[] = [];
	/** Number of messages that the threads have sent. */
	private readonly signal = new Int32Array(new SharedArrayBuffer(4));
	private received = 0;
	private tickets = 0;
	/** By index: null = the thread has it still. */
	private readonly made: (MadePack | null)[] = [];
	private lost = false;
	/** Products that the main thread is to do before threads are worth their start. */
	private warmup: number;

	/**
	 * cold: everything is to be compiled, so that threads start at once. recordedName: a file's name as line tables have it, given the file
	 * that says so.
	 */
	constructor(
		count: number,
		cold: boolean,
		sources: SourceSet,
		recordedName: (file: string, container: string) => string,
		settings: Partial<ThreadSettings> = {},
	) {
		this.settings = settings;
		this.count = count;
		this.warmup = cold ? 0 : Warmup;
		this.sources = sources;
		this.recordedName = recordedName;
		if (cold) this.start();
	}

	private start(): void {
		// Bundled, everything lies in one folder.
		const bundled = import.meta.filename.endsWith(".mjs");
		const url = this.settings.program ?? new URL(bundled ? "./worker.mjs" : "./worker.ts", import.meta.url);
		for (let i = 0; i < this.count; i++) {
			const { port1, port2 } = new MessageChannel();
			const workerData: WorkerStart = { port: port2, signal: this.signal };
			const worker = new Worker(url, { workerData, transferList: [port2], resourceLimits: limits });
			worker.unref();
			// Its answers fail to come, see collect.
			worker.on("error", () => undefined);
			port1.unref();
			this.threads.push({ worker, port: port1, packer: new Packer(), files: 0, batch: [], underWay: new Set(), packs: [], sealing: false });
		}
	}

	submit(out: Product, symbol: TracedSymbol | null, place: StorePlace | null): number {
		if (this.dead) return -1;
		if (this.warmup > 0) {
			this.warmup--;
			return -1;
		}
		if (this.threads.length === 0) this.start();
		let t = this.threads[0];
		for (const x of this.threads) if (x.underWay.size < t.underWay.size) t = x;
		if (t.underWay.size >= Backlog) return -1;
		const ticket = this.tickets++;
		t.underWay.add(ticket);
		const pack = symbol === null || place === null || symbol.type !== null ? null : packJob(t.packer, out, symbol, place);
		t.batch.push({ ticket, funcs: out.funcs.map((f) => t.packer.pack(f)), fragment: out.frag.fragment, pack });
		if (t.batch.length >= Batch) this.send(t);
		return ticket;
	}

	private send(t: Thread, seal = false): void {
		if (t.batch.length === 0 && !seal) return;
		const files: FileLines[] = [];
		for (; t.files < this.sources.files.length; t.files++) {
			const f = this.sources.files[t.files];
			files.push({
				name: this.recordedName(f.name, f.name),
				base: f.base,
				starts: f.lineStarts(),
				directives: f.directives.map((d) => ({ ...d, file: this.recordedName(d.file, f.name) })),
			});
		}
		const request: Request = { files, sigs: t.packer.fresh, names: t.packer.freshNames, jobs: t.batch, seal };
		// Copied, not transferred: once a thread has parted with a buffer, all its optimized code that touches typed arrays is thrown away,
		// and what comes after it looks at each access whether the buffer is still there.
		t.port.postMessage(request);
		t.packer.fresh = [];
		t.packer.freshNames = [];
		t.batch = [];
	}

	collect(wait: boolean): Finished[] {
		const out: Finished[] = [];
		if (wait) for (const t of this.threads) this.send(t);
		for (;;) {
			const seen = Atomics.load(this.signal, 0);
			for (const t of this.threads) this.drain(t, out);
			if (out.length > 0 || !wait || this.threads.every((t) => t.underWay.size === 0)) return out;
			if (!this.sleep(seen)) return this.giveUp();
		}
	}

	/** Until there are more messages than have been seen; false: for too long. */
	private sleep(seen: number): boolean {
		return Atomics.wait(this.signal, 0, seen, this.settings.silence ?? Silence) !== "timed-out";
	}

	seal(): void {
		for (const t of this.threads) {
			if (t.packs.length === 0) continue;
			t.sealing = true;
			this.send(t, true);
		}
	}

	packs(): MadePack[] | null {
		const none: Finished[] = [];
		for (;;) {
			const seen = Atomics.load(this.signal, 0);
			for (const t of this.threads) this.drain(t, none);
			if (!this.threads.some((t) => t.sealing)) break;
			if (!this.sleep(seen)) this.giveUp();
		}
		// Nothing else is asked of them, and what they hold is much.
		this.close();
		return this.lost ? null : this.made.filter((p) => p !== null);
	}

	private giveUp(): Finished[] {
		const lost = this.threads.flatMap((t) => [...t.underWay]);
		this.dead = true;
		this.lost = this.made.includes(null);
		this.close();
		return lost.map((ticket) => ({ ticket, made: null, packed: null }));
	}

	private drain(t: Thread, out: Finished[]): void {
		if (Atomics.load(this.signal, 0) === this.received) return;
		for (let m = receiveMessageOnPort(t.port); m !== undefined; m = receiveMessageOnPort(t.port)) {
			const reply = m.message as Reply;
			this.received++;
			if (reply.error !== null) {
				const { message, stack, stackOverflow } = reply.error;
				throw Object.assign(stackOverflow ? new RangeError(message) : new Error(message), { stack });
			}
			for (const { ticket, bytes, packed } of reply.done) {
				t.underWay.delete(ticket);
				const made = bytes === null ? null : decodeFragment(new ByteReader(bytes));
				out.push({ ticket, made, packed: packed === null ? null : { ...packed, pack: this.packIndex(t, packed.pack) } });
			}
			if (reply.packs === null) continue;
			reply.packs.forEach((pack, i) => {
				this.made[this.packIndex(t, i)] = pack;
			});
			t.sealing = false;
		}
	}

	/** The index among all packs of the one that a thread knows by its own. */
	private packIndex(t: Thread, own: number): number {
		while (t.packs.length <= own) t.packs.push(this.made.push(null) - 1);
		return t.packs[own];
	}

	/** Ends the threads. */
	close(): void {
		for (const t of this.threads) {
			t.port.close();
			void t.worker.terminate();
		}
		this.threads.length = 0;
	}
}

function packJob(packer: Packer, out: Product, symbol: TracedSymbol, place: StorePlace): PackJob {
	const ref = (s: { name: string; abi: number }): number => 2 * packer.name(s.name) + s.abi;
	const name = (text: string): number => packer.name(text);
	return {
		file: place.file,
		suffix: place.suffix,
		ref: ref(symbol),
		needs: Int32Array.from(symbol.needs, ref),
		usedInIface: Int32Array.from(symbol.usedInIface, name),
		ifaceMethods: Int32Array.from(symbol.ifaceMethods, name),
		reflectMethod: symbol.reflectMethod,
		facts: Int32Array.from([...symbol.facts].flat(), name),
		marks: out.marks,
	};
}
