// Hardware watchpoints: the processor's debug registers, the same in every thread of a process.
import type { NativeThread } from "./backend/native/tracer.ts";

export const WATCH_READ = 1;
export const WATCH_WRITE = 2;
const SLOTS = 4;
const DR6 = 6;
const DR7 = 7;

export interface Watch {
	slot: number;
	address: number;
	size: number;
	/** WATCH_READ, WATCH_WRITE or both; the processor has no read-only kind, so a read watch also sees writes. */
	type: number;
	logical: number;
}

export class Watches {
	private readonly slots: (Watch | undefined)[] = new Array(SLOTS).fill(undefined);

	list(): Watch[] {
		return this.slots.filter((w) => w !== undefined);
	}

	/** Takes a free slot. Throws with Delve's words when there is none or the size does not fit. */
	add(address: number, size: number, type: number, logical: number): Watch {
		if (size !== 1 && size !== 2 && size !== 4 && size !== 8) throw new Error(`data breakpoint of size ${size} not supported`);
		const slot = this.slots.indexOf(undefined);
		if (slot < 0) throw new Error("hardware breakpoints exhausted");
		const watch = { slot, address, size, type, logical };
		this.slots[slot] = watch;
		return watch;
	}

	/** The same watch of another address. */
	move(watch: Watch, address: number): Watch {
		const moved = { ...watch, address };
		this.slots[watch.slot] = moved;
		return moved;
	}

	remove(watch: Watch): void {
		if (this.slots[watch.slot] === watch) this.slots[watch.slot] = undefined;
	}

	clear(): void {
		this.slots.fill(undefined);
	}

	private control(): bigint {
		let v = 0;
		for (const w of this.list()) {
			const kind = (w.type & WATCH_READ) !== 0 ? 3 : 1;
			const length = w.size === 8 ? 2 : w.size - 1;
			v |= (1 << (2 * w.slot)) | (kind << (16 + 4 * w.slot)) | (length << (18 + 4 * w.slot));
		}
		return BigInt(v >>> 0);
	}

	/** Makes a stopped thread's debug registers agree. Throws when the processor refuses. */
	apply(thread: NativeThread): void {
		thread.setDebugRegister(DR7, 0n);
		for (const w of this.list())
			if (!thread.setDebugRegister(w.slot, BigInt(w.address))) throw new Error("could not set a hardware breakpoint");
		const control = this.control();
		if (control !== 0n && !thread.setDebugRegister(DR7, control)) throw new Error("could not set a hardware breakpoint");
	}

	/** The watch that stopped a thread, and clears that state; undefined when it was none. */
	triggered(thread: NativeThread): Watch | undefined {
		const state = Number(thread.debugRegister(DR6) & 0xfn);
		thread.setDebugRegister(DR6, 0n);
		return this.list().find((w) => (state & (1 << w.slot)) !== 0);
	}
}
