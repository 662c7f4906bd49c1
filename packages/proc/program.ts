// A stopped process together with its executable: what the symbolic half of the debugger works on.

import type { Binary } from "#bininfo";
import type { FrameRules } from "#dwarf";
import type { Memory, ProcessView, Registers, ThreadView } from "./backend.ts";
import { Layout } from "./layout.ts";
import { CachedMemory } from "./memory.ts";

/** Reads of one stop are cached: call resumed() whenever the process may have run. */
export class Program {
	readonly process: ProcessView;
	readonly binary: Binary;
	readonly memory: CachedMemory;
	readonly layout: Layout;
	/** Counts the calls of resumed(): what was read before is of an earlier epoch. */
	epoch = 0;

	constructor(process: ProcessView, binary: Binary) {
		this.process = process;
		this.binary = binary;
		this.memory = new CachedMemory(process.memory);
		this.layout = new Layout(binary);
	}

	/** Forgets what was read. */
	resumed(): void {
		this.epoch++;
		this.memory.invalidate();
	}

	/** Address of the g structure a thread runs, 0 when it runs none of Go's. */
	threadG(regs: Registers): number {
		if (regs.fsBase === 0) return 0;
		try {
			return this.memory.word(regs.fsBase + this.binary.gOffset);
		} catch {
			return 0;
		}
	}

	/** Frame description of code that is not Go's, null when there is none. */
	frameRules(pc: number): FrameRules | null {
		const at = pc - this.binary.slide;
		for (const t of this.binary.frameTables) {
			const rules = t.rules(at);
			if (rules !== null) return rules;
		}
		return null;
	}

	/** Name for code that is not Go's, "?" when not known. */
	symbolName(pc: number): string {
		return this.binary.symbolAt(pc)?.name ?? "?";
	}

	/** The memory that variables are read from. */
	get reader(): Memory {
		return this.memory;
	}

	thread(id: number): ThreadView | null {
		return this.process.threads().find((t) => t.id === id) ?? null;
	}
}
