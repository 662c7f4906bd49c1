// From source to addresses: where a breakpoint on a line or a function goes.
import type { Binary, Func } from "#bininfo";
import { visitInstructions } from "./calls.ts";
import { isWrapper } from "./step.ts";
import { x86 } from "./x86.ts";

/** A row of a line table that belongs to a function; addresses of the running program. */
export interface LineRow {
	address: number;
	file: string;
	line: number;
	stmt: boolean;
	prologueEnd: boolean;
}

/** No code for a line; the message is Delve's. */
export class LineNotFoundError extends Error {
	readonly fileFound: boolean;
	constructor(fileFound: boolean, file: string, line: number) {
		super(fileFound ? `could not find statement at ${file}:${line}, please use a line with a statement` : `could not find file ${file}`);
		this.name = "LineNotFoundError";
		this.fileFound = fileFound;
	}
}

export class FunctionNotFoundError extends Error {
	constructor(name: string) {
		super(`could not find function ${name}\n`);
		this.name = "FunctionNotFoundError";
	}
}

/** Looks up places in one binary, remembering line tables by function. */
export class Locator {
	readonly binary: Binary;
	private readonly rowsByFunc: Map<number, LineRow[]> = new Map();
	private fileNames: string[] | null = null;

	constructor(binary: Binary) {
		this.binary = binary;
	}

	sources(): readonly string[] {
		this.fileNames ??= this.binary.sources();
		return this.fileNames;
	}

	/** The line table of a function in address order: DWARF's, else the pclntab's, whose every change of line counts as a statement. */
	rows(f: Func): readonly LineRow[] {
		let rows = this.rowsByFunc.get(f.entry);
		if (rows === undefined) {
			rows = this.dwarfRows(f);
			if (rows.length === 0) rows = pclntabRows(f);
			if (this.rowsByFunc.size > 2000) this.rowsByFunc.clear();
			this.rowsByFunc.set(f.entry, rows);
		}
		return rows;
	}

	private dwarfRows(f: Func): LineRow[] {
		const unit = this.binary.unitOfFunc(f);
		if (unit === null) return [];
		const slide = this.binary.slide;
		return this.binary.lines
			.rowsIn(unit, f.entry - slide, f.end - slide)
			.map((r) => ({ ...r, address: r.address + slide }))
			.sort((a, b) => a.address - b.address);
	}

	/** The first address after the stack check and the making of the frame. `sameLine`: only if that is still on the function's first line. */
	afterPrologue(f: Func, sameLine: boolean = false): number {
		const known = this.binary.prologueEnd(f);
		if (known >= 0) return sameLine && f.line(known) !== f.line(f.entry) ? f.entry : known;
		const rows = this.rows(f);
		const end = rows.find((r) => r.prologueEnd);
		const first = rows[0];
		if (end !== undefined) {
			if (!sameLine || first === undefined || end.line === f.line(f.entry)) return end.address;
			return f.entry;
		}
		const made = frameMade(f);
		const row = rows.find((r) => r.address >= made && r.stmt) ?? first;
		if (row === undefined) return f.entry;
		if (sameLine && first !== undefined && row.line !== first.line) return f.entry;
		return row.address;
	}

	/** Addresses for a breakpoint on a line, one for each function or inlined copy that has it. Throws LineNotFoundError. */
	line(file: string, line: number): number[] {
		const { binary } = this;
		const candidates: { address: number; stmt: boolean }[] = [];
		let found = false;
		if (binary.hasDwarf) {
			found = binary.lines.files().has(file);
			for (const a of binary.lines.addressesOf(file, line)) candidates.push({ address: a + binary.slide, stmt: true });
		} else {
			found = this.sources().includes(file);
			if (found) this.scan(file, line, candidates);
		}
		const byPlace = new Map<string, { address: number; func: Func; inlined: boolean }>();
		for (const c of candidates.sort((a, b) => a.address - b.address)) {
			const frames = binary.frames(c.address);
			const func = frames[frames.length - 1]?.func;
			if (func === undefined || isWrapper(func)) continue;
			// An inlined copy is known by the places of its calls.
			const key = `${func.entry}/${frames
				.slice(1)
				.map((x) => x.callPc)
				.join("/")}`;
			if (!byPlace.has(key)) byPlace.set(key, { address: c.address, func, inlined: frames.length > 1 });
		}
		const out = [...byPlace.values()].map((p) => (!p.inlined && p.address === p.func.entry ? this.afterPrologue(p.func, true) : p.address));
		if (out.length === 0) throw new LineNotFoundError(found, file, line);
		return out.sort((a, b) => a - b);
	}

	/** Addresses of a line from the pclntab alone. */
	private scan(file: string, line: number, out: { address: number; stmt: boolean }[]): void {
		const { funcs } = this.binary;
		for (let i = 0; i < funcs.length; i++) {
			const f = funcs.get(i);
			for (const r of this.rows(f)) if (r.line === line && r.file === file) out.push({ address: r.address, stmt: true });
		}
	}

	/** Addresses for a breakpoint on a function, or on a line counted from its first. Throws FunctionNotFoundError, LineNotFoundError. */
	func(name: string, lineOffset: number = 0): number[] {
		const funcs = this.instances(name);
		const sites = this.binary.inlineSites(name);
		const first = funcs[0];
		if (first === undefined && sites.length === 0) throw new FunctionNotFoundError(name);
		if (lineOffset > 0 && first !== undefined) return this.line(first.fileAt(first.entry), first.line(first.entry) + lineOffset);
		const out = funcs.map((f) => this.afterPrologue(f));
		for (const s of sites) out.push(s.address);
		return [...new Set(out)].sort((a, b) => a - b);
	}

	/** Addresses of the return instructions of a function. */
	returns(f: Func): number[] {
		const out: number[] = [];
		const code = this.binary.fileBytes(f.entry, f.end - f.entry);
		if (code === null) return out;
		visitInstructions(code, f.entry, (i) => {
			if (i.flowControl === x86().FlowControl.Return) out.push(Number(i.ip));
		});
		return out;
	}

	/** Addresses of the calls with which a function runs its deferred calls before it returns. */
	deferReturnCalls(f: Func): number[] {
		const to = this.binary.funcs.named("runtime.deferreturn")[0];
		const code = this.binary.fileBytes(f.entry, f.end - f.entry);
		const out: number[] = [];
		if (to === undefined || code === null) return out;
		visitInstructions(code, f.entry, (i) => {
			if (i.flowControl === x86().FlowControl.Call && Number(i.nearBranchTarget) === to.entry) out.push(Number(i.ip));
		});
		return out;
	}

	/** The functions of a name; of all its instances when it is a generic function's. */
	instances(name: string): Func[] {
		const direct = this.binary.funcs.named(name);
		if (direct.length > 0) return direct;
		const out: Func[] = [];
		for (const instance of this.binary.genericFunctions().get(name) ?? []) out.push(...this.binary.funcs.named(instance));
		return out;
	}
}

function pclntabRows(f: Func): LineRow[] {
	const out: LineRow[] = [];
	let line = -1;
	let file = "";
	for (let pc = f.entry; pc < f.end; pc++) {
		const l = f.line(pc);
		if (l < 0) continue;
		if (l === line) continue;
		file = f.fileAt(pc);
		line = l;
		out.push({ address: pc, file, line, stmt: true, prologueEnd: false });
	}
	return out;
}

/** The first address at which the frame has its size. */
function frameMade(f: Func): number {
	const full = Math.max(f.spDelta(f.entry), 0);
	const limit = Math.min(f.end, f.entry + 256);
	for (let pc = f.entry; pc < limit; pc++) if (f.spDelta(pc) > full) return pc;
	return f.entry;
}
