// The passes in order. A pass is a function that changes a Func; the driver
// (compile.ts) times, dumps, verifies and names it in a crash.

import { cleanGraph, compact } from "../cfg.ts";
import type { Func } from "../func.ts";
import { dce } from "./dce.ts";
import { gvn } from "./gvn.ts";
import { lendBytes } from "./lend.ts";
import { memory } from "./memory.ts";
import { lateNilCheck, nilCheck } from "./nilcheck.ts";
import { prove } from "./prove.ts";
import { layout } from "./layout.ts";
import { shortCircuit } from "./shortcircuit.ts";
import { branchElim } from "./branchelim.ts";
import { licm } from "./licm.ts";
import { removeCopies } from "./simplify/pass.ts";
import { lateSimplify, simplify } from "./simplify/pass.ts";
import { promoteSlots } from "./slots.ts";
import { writeBarrier } from "./writebarrier.ts";

export interface Pass {
	name: string;
	run: (f: Func) => void;
	/** Runs without optimization (-N) and cannot be switched off. */
	required: boolean;
}

const opt = (name: string, run: (f: Func) => void): Pass => ({ name, run, required: false });
const must = (name: string, run: (f: Func) => void): Pass => ({ name, run, required: true });

/** A third of the blocks that builders make are gone after the first cleaning: no pass needs to look at them again. */
function cleanAndCompact(f: Func): void {
	cleanGraph(f);
	compact(f);
}

export const passes: readonly Pass[] = [
	must("clean", cleanAndCompact),
	opt("simplify", simplify),
	opt("slots", promoteSlots),
	opt("shortcircuit", shortCircuit),
	opt("gvn", gvn),
	opt("lend", lendBytes),
	opt("memory", memory),
	opt("nilcheck", nilCheck),
	opt("prove", prove),
	opt("branchelim", branchElim),
	opt("late simplify", lateSimplify),
	opt("dce", dce),
	must("writebarrier", writeBarrier),
	opt("late gvn", gvn),
	opt("licm", licm),
	opt("late dce", dce),
	opt("late nilcheck", lateNilCheck),
	opt("late clean", cleanGraph),
	must("copies", removeCopies),
	opt("layout", layout),
	must("compact", compact),
];
