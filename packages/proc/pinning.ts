// While a thread hits a breakpoint whose condition is false again and again, the thread and the debugger share one processor: a
// stop is then a context switch and not an interrupt between processors. Masks are put back at the next real stop.
import type { Libc } from "./backend/native/libc.ts";
import type { NativeThread } from "./backend/native/tracer.ts";

const MASK_BYTES = 128;
/** Misses of one thread in a row before it is worth it. */
const THRESHOLD = 4;

export class Pinning {
	private readonly libc: Libc;
	private thread: NativeThread | null = null;
	private candidate = 0;
	private count = 0;
	private threadMask: Uint8Array = new Uint8Array(0);
	private ownMask: Uint8Array = new Uint8Array(0);

	constructor(libc: Libc) {
		this.libc = libc;
	}

	/** A thread went on after a false condition. */
	miss(thread: NativeThread): void {
		if (this.thread === thread) return;
		if (this.candidate !== thread.id) {
			this.candidate = thread.id;
			this.count = 0;
			return;
		}
		if (++this.count < THRESHOLD) return;
		this.release();
		this.pin(thread);
	}

	private pin(thread: NativeThread): void {
		const own = this.mask(0);
		const theirs = this.mask(thread.id);
		if (own === null || theirs === null) return;
		const cpu = own.findIndex((b, i) => (b & (theirs[i] as number)) !== 0);
		if (cpu < 0) return;
		const one = new Uint8Array(MASK_BYTES);
		const both = (own[cpu] as number) & (theirs[cpu] as number);
		one[cpu] = both & -both;
		if (this.libc.setAffinity(thread.id, one) < 0) return;
		if (this.libc.setAffinity(0, one) < 0) {
			this.libc.setAffinity(thread.id, theirs);
			return;
		}
		this.thread = thread;
		this.threadMask = theirs;
		this.ownMask = own;
	}

	private mask(tid: number): Uint8Array | null {
		const m = new Uint8Array(MASK_BYTES);
		return this.libc.getAffinity(tid, m) < 0 ? null : m;
	}

	/** A thread that a pinned one starts would inherit its processor. */
	newThread(thread: NativeThread, parent: NativeThread): void {
		if (parent === this.thread) this.libc.setAffinity(thread.id, this.threadMask);
	}

	release(): void {
		this.count = 0;
		this.candidate = 0;
		if (this.thread === null) return;
		this.libc.setAffinity(this.thread.id, this.threadMask);
		this.libc.setAffinity(0, this.ownMask);
		this.thread = null;
	}
}
