// Compares what compiled random functions compute with what the interpreter says.

import { newOptimizeContext, optimize } from "../../compile.ts";
import { interpret } from "../../interp.ts";
import { dump } from "../../text.ts";
import { isFloat, T } from "../../types.ts";
import { mustVerify } from "../../verify.ts";
import { Gen, type GenOptions } from "./gen.ts";
import { type Case, Native } from "./native.ts";

export interface Mismatch {
	seed: number;
	text: string;
	args: bigint[];
	result: number;
	got: bigint;
	want: bigint;
	code: Uint8Array;
}

export interface CheckOptions extends GenOptions {
	/** Runs the passes first. */
	optimize: boolean;
}

const floats = [0, 1, -2.5, 1e6, 0.3, 7];
const widths = [0, 1, 8, 16, 32, 64, 32, 64, 64, 64];

function argument(g: Gen, t: T): bigint {
	if (t === T.Bool) return BigInt(g.rnd(2));
	if (isFloat(t)) {
		const d = new DataView(new ArrayBuffer(8));
		const x = floats[g.rnd(floats.length)];
		if (t === T.F32) {
			d.setFloat32(0, x, true);
			return BigInt(d.getUint32(0, true));
		}
		d.setFloat64(0, x, true);
		return d.getBigInt64(0, true);
	}
	const x = (BigInt(g.rnd(0x7fffffff)) << BigInt(g.rnd(50))) - BigInt(g.rnd(1000));
	return BigInt.asIntN(widths[t], g.rnd(3) === 0 ? BigInt(g.rnd(10)) : x);
}

/** All NaNs are one. */
function canonical(t: T, x: bigint): bigint {
	if (t === T.F64 && BigInt.asUintN(63, x) > 0x7ff0000000000000n) return -1n;
	if (t === T.F32 && (x & 0x7fffffffn) > 0x7f800000n) return -1n;
	return x;
}

/** Functions of seeds first..first+count-1, three calls each, all in one executable. */
export function checkSeeds(first: number, count: number, opt: CheckOptions): { cases: number; bad: Mismatch[] } {
	const nat = new Native();
	const cases: Case[] = [];
	const about: { seed: number; text: string; want: bigint[] }[] = [];
	for (let seed = first; seed < first + count; seed++) {
		const g = new Gen(`f${seed}`, Math.imul(seed, -1640531535), opt);
		const f = g.f;
		const text = dump(f);
		mustVerify(f, "gen");
		for (let k = 0; k < 3; k++) {
			const args = f.sig.args.map((a) => argument(g, a.type));
			const r = interpret(f, args, 20000);
			if (r.end !== "return") continue;
			cases.push({ func: f.name, sig: f.sig, args });
			about.push({ seed, text, want: r.results });
		}
		if (opt.optimize) optimize(f, newOptimizeContext());
		nat.add(f);
	}
	const bad: Mismatch[] = [];
	nat.run(cases).forEach((got, i) => {
		const { seed, text, want } = about[i];
		const k = cases[i].sig.results.findIndex((r, j) => canonical(r.type, got[j]) !== canonical(r.type, want[j]));
		if (k >= 0) bad.push({ seed, text, args: cases[i].args, result: k, got: got[k], want: want[k], code: nat.code(cases[i].func) });
	});
	return { cases: cases.length, bad };
}
