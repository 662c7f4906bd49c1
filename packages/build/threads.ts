// Passes and emission in worker threads, behind the driver's Backend. The main
// thread never returns to its event loop while it compiles: it sends products,
// takes finished fragments when it has some time, and sleeps on a shared counter
// when it has nothing else to do. A fragment is encoded by the thread that made it.

import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { ByteReader, type SourceSet } from "#base";
import type { Backend, Finished, Product } from "#compile";
import { decodeFragment } from "#object";
import { Packer } from "#ssa";
import type { FileLines, Job, Reply, WorkerStart } from "./backendworker.ts";

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
			this.threads.push({ worker, port: port1, packer: new Packer(), files: 0, batch: [], underWay: new Set() });
		}
	}

	submit(out: Product): number {
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
		t.batch.push({ ticket, funcs: out.funcs.map((f) => t.packer.pack(f)), fragment: out.frag.fragment });
		if (t.batch.length >= Batch) this.send(t);
		return ticket;
	}

	private send(t: Thread): void {
		if (t.batch.length === 0) return;
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
		const columns = t.batch.flatMap((job) => job.funcs.map((f) => f.columns));
		t.port.postMessage({ files, sigs: t.packer.fresh, names: t.packer.freshNames, jobs: t.batch }, columns);
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
			if (Atomics.wait(this.signal, 0, seen, this.settings.silence ?? Silence) === "timed-out") return this.giveUp();
		}
	}

	private giveUp(): Finished[] {
		const lost = this.threads.flatMap((t) => [...t.underWay]);
		this.dead = true;
		this.close();
		return lost.map((ticket) => ({ ticket, made: null }));
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
			for (const { ticket, bytes } of reply.done) {
				t.underWay.delete(ticket);
				out.push({ ticket, made: decodeFragment(new ByteReader(bytes)) });
			}
		}
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
