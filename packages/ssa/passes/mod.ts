// The passes in order. A pass is a function that changes a Func; the driver
// (compile.ts) times, dumps, verifies and names it in a crash.

import { cleanGraph, compact } from "../cfg.ts";
import type { Func } from "../func.ts";
import { dce } from "./dce.ts";
import { lateSimplify, simplify } from "./simplify/pass.ts";
import { writeBarrier } from "./writebarrier.ts";

export interface Pass {
	name: string;
	run: (f: Func) => void;
	/** Runs without optimization (-N) and cannot be switched off. */
	required: boolean;
}

const opt = (name: string, run: (f: Func) => void): Pass => ({ name, run, required: false });
const must = (name: string, run: (f: Func) => void): Pass => ({ name, run, required: true });

export const passes: readonly Pass[] = [
	must("clean", cleanGraph),
	opt("simplify", simplify),
	opt("late simplify", lateSimplify),
	opt("dce", dce),
	must("writebarrier", writeBarrier),
	opt("late clean", cleanGraph),
	must("compact", compact),
];
