// A stopped process together with its executable: what the symbolic half of the debugger works on.

import type { Binary } from "#bininfo";
import type { FrameRules } from "#dwarf";
import type { Memory, ProcessView, Registers, ThreadView } from "./backend.ts";
import { Layout } from "./layout.ts";
import { CachedMemory } from "./memory.ts";
import { findAllgs, RuntimeTypes } from "./rtypes.ts";

/** Reads of one stop are cached: call resumed() whenever the process may have run. */
export class Program {
	readonly process: ProcessView;
	readonly binary: Binary;
	readonly memory: CachedMemory;
	readonly layout: Layout;
	/** Types from the runtime's descriptors: all there is without debugging information. */
	readonly runtimeTypes: RuntimeTypes;
	private allgs = -1;
	/** Counts the calls of resumed(): what was read before is of an earlier epoch. */
	epoch = 0;
	private packages: Map<string, string[]> | null = null;

	constructor(process: ProcessView, binary: Binary) {
		this.process = process;
		this.binary = binary;
		this.memory = new CachedMemory(process.memory);
		this.runtimeTypes = new RuntimeTypes(this);
		this.layout = new Layout(binary, {
			type: (name) => this.runtimeTypes.named(name),
			variable: (name) => this.hiddenVariable(name),
		});
	}

	/** Address of one of the runtime's variables in a program without symbols, 0 = not known. */
	private hiddenVariable(name: string): number {
		if (name !== "runtime.allgs" && name !== "runtime.allglen") return 0;
		if (this.allgs < 0) this.allgs = findAllgs(this, this.layout.offset("runtime.g", "goid"), this.layout.offset("runtime.g", "startpc"));
		return this.allgs === 0 ? 0 : this.allgs + (name === "runtime.allglen" ? 8 : 0);
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

	/** Import paths that a package's name, or the end of its path, or its path stands for. */
	packagePaths(name: string): string[] {
		if (this.packages === null) {
			this.packages = new Map();
			const add = (key: string, path: string): void => {
				const old = this.packages?.get(key);
				if (old === undefined) this.packages?.set(key, [path]);
				else if (!old.includes(path)) old.push(path);
			};
			for (const u of this.binary.dwarf.units) {
				const path = u.root.name;
				add(path, path);
				add(path.slice(path.lastIndexOf("/") + 1), path);
				if (u.root.goPackage !== "") add(u.root.goPackage, path);
			}
		}
		return this.packages.get(name) ?? [];
	}

	/** The memory that variables are read from. */
	get reader(): Memory {
		return this.memory;
	}

	thread(id: number): ThreadView | null {
		return this.process.threads().find((t) => t.id === id) ?? null;
	}
}
