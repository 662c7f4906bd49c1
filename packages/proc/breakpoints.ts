// Places where a process stops. A physical breakpoint is a trap instruction in one process' memory; it carries breaklets, one
// for each reason to stop there (a user's breakpoint, a step that ends there, an internal observer).
import type { Memory } from "./backend.ts";
import { MemoryError } from "./backend.ts";
import type { NativeThread } from "./backend/native/tracer.ts";

const TRAP = 0xcc;

/** What a breaklet decides about a thread that reached it. "hit" stops the process; "miss" lets it go on. */
export type Verdict = "hit" | "miss";

export type BreakletKind = "user" | "step" | "internal";

export interface Breaklet {
	readonly kind: BreakletKind;
	/** The logical breakpoint's number, 0 for what is not the user's. */
	readonly logical: number;
	/** Called on the trapped thread, its pc at the breakpoint; other threads may be running. */
	check(thread: NativeThread): Verdict;
}

export interface Physical {
	readonly address: number;
	original: number;
	installed: boolean;
	breaklets: Breaklet[];
}

/** The traps of one process; also its memory as the program sees it, without them. */
export class Breakpoints implements Memory {
	private raw: Memory;
	readonly byAddress: Map<number, Physical> = new Map();
	private low: number = Number.POSITIVE_INFINITY;
	private high: number = -1;

	constructor(raw: Memory) {
		this.raw = raw;
	}

	/** Installs a trap when there is none yet. Throws MemoryError when the address cannot be written. */
	add(address: number, breaklet: Breaklet): void {
		let p = this.byAddress.get(address);
		if (p === undefined) {
			const original = this.raw.read(address, 1)[0] as number;
			this.raw.write(address, Uint8Array.of(TRAP));
			p = { address, original, installed: true, breaklets: [] };
			this.byAddress.set(address, p);
			this.low = Math.min(this.low, address);
			this.high = Math.max(this.high, address);
		}
		p.breaklets.push(breaklet);
	}

	/** Drops the breaklets that `drop` picks, and the traps that nobody needs any more. */
	remove(drop: (b: Breaklet, address: number) => boolean): void {
		for (const p of [...this.byAddress.values()]) {
			const kept = p.breaklets.filter((b) => !drop(b, p.address));
			if (kept.length === p.breaklets.length) continue;
			p.breaklets = kept;
			if (kept.length === 0) {
				this.uninstall(p);
				this.byAddress.delete(p.address);
			}
		}
	}

	/** Takes every trap out of a process' memory (this one's, or a copy made by fork). */
	removeAllFrom(memory: Memory): void {
		for (const p of this.byAddress.values()) {
			if (!p.installed) continue;
			try {
				memory.write(p.address, Uint8Array.of(p.original));
			} catch (e) {
				if (!(e instanceof MemoryError)) throw e;
			}
		}
	}

	/** Forgets all traps without touching memory: the address space is gone (exec). */
	forget(): void {
		this.byAddress.clear();
	}

	install(p: Physical): void {
		if (p.installed) return;
		this.raw.write(p.address, Uint8Array.of(TRAP));
		p.installed = true;
	}

	uninstall(p: Physical): void {
		if (!p.installed) return;
		p.installed = false;
		try {
			this.raw.write(p.address, Uint8Array.of(p.original));
		} catch (e) {
			if (!(e instanceof MemoryError)) throw e;
		}
	}

	at(address: number): Physical | undefined {
		return this.byAddress.get(address);
	}

	read(address: number, length: number): Uint8Array {
		const bytes = this.raw.read(address, length);
		if (address + length > this.low && address <= this.high) {
			for (const p of this.byAddress.values()) {
				const at = p.address - address;
				if (p.installed && at >= 0 && at < length) bytes[at] = p.original;
			}
		}
		return bytes;
	}

	write(address: number, bytes: Uint8Array): void {
		const copy = bytes.slice();
		for (const p of this.byAddress.values()) {
			const at = p.address - address;
			if (!p.installed || at < 0 || at >= bytes.length) continue;
			p.original = bytes[at] as number;
			copy[at] = TRAP;
		}
		this.raw.write(address, copy);
	}
}
