// The go.sum of the main module (or go.work.sum and those of the workspace's modules), read once, written when something changed.

import { existsSync, readFileSync } from "node:fs";
import { compareModuleVersions, formatGoSum, type GoSum, parseGoSum, sumKey } from "#modfile";
import { UserError } from "../env.ts";
import { writeAtomically } from "./cache.ts";

export class SumFile {
	/** Where new lines go; "" when there is no main module. */
	readonly file: string;
	private readonly sums: GoSum = new Map();
	/** Lines of the workspace's modules: they count, but are not written. */
	private readonly others: { file: string; sums: GoSum }[] = [];
	private readonly added: Set<string> = new Set();

	constructor(file: string, others: readonly string[] = []) {
		this.file = file;
		read(file, this.sums);
		for (const other of others) {
			const sums: GoSum = new Map();
			read(other, sums);
			this.others.push({ file: other, sums });
		}
	}

	get(path: string, version: string): string[] {
		const key = sumKey(path, version);
		const out = [...(this.sums.get(key) ?? [])];
		for (const { sums } of this.others) for (const h of sums.get(key) ?? []) if (!out.includes(h)) out.push(h);
		return out;
	}

	/** A go.sum file of the workspace that says something else, and what; null when there is none. */
	contradiction(path: string, version: string, hash: string): { file: string; hash: string } | null {
		const key = sumKey(path, version);
		for (const { file, sums } of this.others) {
			const told = sums.get(key)?.filter((h) => h.startsWith("h1:")) ?? [];
			if (told.length > 0 && !told.includes(hash)) return { file, hash: told[0] };
		}
		return null;
	}

	has(path: string, version: string): boolean {
		return this.get(path, version).some((h) => h.startsWith("h1:"));
	}

	matches(path: string, version: string, hash: string): boolean {
		return this.get(path, version).includes(hash) && this.contradiction(path, version, hash) === null;
	}

	add(path: string, version: string, hash: string): void {
		const key = sumKey(path, version);
		const have = this.sums.get(key);
		if (have === undefined) this.sums.set(key, [hash]);
		else if (!have.includes(hash)) have.push(hash);
		this.added.add(key);
	}

	/**
	 * What the file should hold: its lines and the new ones that `keep` names; with trim only those that `keep` names. Null: no change.
	 */
	text(keep: ReadonlySet<string>, trim: boolean): string | null {
		const out: GoSum = new Map();
		for (const [key, hashes] of this.sums) {
			if (this.others.some((o) => o.sums.has(key))) continue;
			if (keep.has(key) || (!trim && !this.added.has(key))) out.set(key, hashes);
		}
		const changed = [...this.sums.keys()].some((k) => (this.added.has(k) && keep.has(k)) || (trim && !keep.has(k)));
		return changed ? formatGoSum(out, compareModuleVersions) : null;
	}

	/** What the file holds now. */
	current(): string {
		return this.file !== "" && existsSync(this.file) ? readFileSync(this.file, "utf8") : "";
	}

	/** Writes the file when there is something to write. readonly: says so instead. */
	write(keep: ReadonlySet<string>, trim: boolean, readonly: boolean): void {
		if (this.file === "") return;
		const text = this.text(keep, trim);
		const now = existsSync(this.file) ? readFileSync(this.file, "utf8") : "";
		if (text === null || text === now) return;
		if (readonly) throw new UserError("go: updates to go.sum needed, disabled by -mod=readonly");
		if (text === "" && !existsSync(this.file)) return;
		writeAtomically(this.file, text);
		for (const key of keep) this.added.delete(key);
	}
}

function read(file: string, into: GoSum): void {
	if (file === "" || !existsSync(file)) return;
	const bad = parseGoSum(file, readFileSync(file, "utf8"), into);
	if (bad !== "") throw new UserError(bad);
}
