// What the official assembler makes of a file, beside ours: for tests and tools/asm-compare.ts.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SourceSet } from "#base";
import { AsmContext, assemble } from "#asm";
import { type Fragment, type ObjSym, RelocKind, SymKind } from "#object";

const defines = { GOOS_linux: "1", GOARCH_amd64: "1", GOAMD64_v1: "1" };
const context = new AsmContext();

interface Func {
	bytes: string;
	relocs: string[];
	args: number;
	locals: number;
}

function includeFrom(dirs: string[]) {
	return (name: string): Uint8Array | null => {
		for (const dir of dirs) if (existsSync(join(dir, name))) return readFileSync(join(dir, name));
		return null;
	};
}

/** Functions by name from `go tool asm -S`. */
function official(root: string, pkg: string, path: string, dirs: string[], out: string): { funcs: Map<string, Func>; errors: string } {
	const args = ["tool", "asm", "-S", "-p", pkg, "-o", join(out, "x.o")];
	for (const d of dirs) args.push("-I", d);
	for (const d of Object.keys(defines)) args.push("-D", d);
	const r = spawnSync(join(root, "bin/go"), [...args, path], { encoding: "utf8", maxBuffer: 1 << 28 });
	const funcs = new Map<string, Func>();
	let current: Func | null = null;
	for (const line of r.stdout.split("\n")) {
		const head = /^(\S+) (S[A-Z]+)(?:.* args=(\S+) locals=(\S+))?/.exec(line);
		if (head !== null && !line.startsWith("\t")) {
			current = null;
			if (!(head[2] as string).startsWith("STEXT")) continue;
			current = { bytes: "", relocs: [], args: signed(head[3]), locals: signed(head[4]) };
			funcs.set(plain(head[1] as string), current);
			continue;
		}
		if (current === null) continue;
		const dump = /^\t0x[0-9a-f]{4,} ((?:[0-9a-f]{2} )+)/.exec(line);
		if (dump !== null) current.bytes += (dump[1] as string).replaceAll(" ", "");
		const rel = /^\trel (\d+)\+(\d+) t=R_(\S+) (.*)\+(-?\d+)$/.exec(line);
		if (rel !== null) current.relocs.push(`${rel[1]} ${rel[2]} ${rel[3]} ${rel[3] === "CALLIND" ? "" : plain(rel[4] as string)}+${rel[5]}`);
	}
	return { funcs, errors: r.stderr };
}

/** A 64-bit number that the official assembler prints without sign. */
function signed(hex: string | undefined): number {
	return Number(BigInt.asIntN(64, BigInt(hex ?? 0)));
}

function plain(name: string): string {
	return name.replace(/<\w*>/, "").replace(/^TLS$/, "runtime.tlsg");
}

const relocNames: Record<number, string> = {
	[RelocKind.Addr]: "ADDR",
	[RelocKind.PcRel]: "PCREL",
	[RelocKind.Call]: "CALL",
	[RelocKind.TlsLE]: "TLS_LE",
	[RelocKind.CallInd]: "CALLIND",
};

function ours(f: Fragment, s: ObjSym): Func {
	const r = s.relocs;
	const relocs = r.off.map((off, i) => {
		const kind = relocNames[r.kind[i] as number];
		return `${off} ${r.size[i]} ${kind} ${kind === "CALLIND" ? "" : plain(f.names[r.target[i] as number] as string)}+${r.add[i]}`;
	});
	const args = s.func?.args ?? 0;
	return {
		bytes: Buffer.from(s.data).toString("hex"),
		relocs,
		args,
		locals: s.func?.locals ?? 0,
	};
}

/**
 * Assembles the file at `path` with both and compares functions: bytes, relocations, frames. `root`: a GOROOT with a `go`; `out`: a folder for the
 * official object. Gives the number of functions and a line for each difference.
 */
export function compareFile(root: string, pkg: string, path: string, out: string): { count: number; wrong: string[] } {
	const dirs = [join(path, ".."), join(root, "src/runtime"), join(root, "pkg/include")];
	const set = new SourceSet();
	const errors: string[] = [];
	const options = { pkgPath: pkg, includes: includeFrom(dirs), defines, allowAbi: true, context };
	const f = assemble(set.add(path, readFileSync(path)), options, (d) => errors.push(`${set.position(d.pos).line}: ${d.msg}`));
	const { funcs: want, errors: refused } = official(root, pkg, path, dirs, out);
	if (refused !== "") return { count: 0, wrong: errors.length > 0 ? [] : [`only the official assembler refuses it: ${refused}`] };
	if (errors.length > 0) return { count: 0, wrong: errors };
	const wrong: string[] = [];
	let count = 0;
	for (const s of f.syms) {
		if (s.kind !== SymKind.Text) continue;
		count++;
		const name = plain(f.names[s.name] as string);
		const got = ours(f, s);
		const expected = want.get(name);
		want.delete(name);
		if (expected === undefined) wrong.push(`${name}: not in the official object`);
		else if (got.bytes !== expected.bytes) wrong.push(`${name}: ${firstDifference(got.bytes, expected.bytes)}`);
		else if (got.relocs.sort().join() !== expected.relocs.sort().join()) wrong.push(`${name}: ${got.relocs} want ${expected.relocs}`);
		else if (got.locals !== expected.locals) wrong.push(`${name}: locals ${got.locals} want ${expected.locals}`);
		else if (got.args !== expected.args) wrong.push(`${name}: args ${got.args} want ${expected.args}`);
	}
	for (const name of want.keys()) wrong.push(`${name}: missing`);
	return { count, wrong };
}

/** Bytes around the first that differs. */
function firstDifference(got: string, want: string): string {
	let at = 0;
	while (at < got.length && got[at] === want[at]) at++;
	const from = Math.max(0, (at & ~1) - 16);
	return `at byte ${at >> 1}: ${got.slice(from, at + 24)} want ${want.slice(from, at + 24)}`;
}
