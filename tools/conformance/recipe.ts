// What a file of GOROOT/test asks for: the words of its first comment, as cmd/internal/testdir reads them.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { evalConstraint, isConstraintLine, parseConstraintLine } from "#syntax";

export interface Recipe {
	action: string;
	/** Flags of the compiler or of the go command. */
	flags: string[];
	/** Arguments of the program. */
	args: string[];
	wantError: boolean;
	/** Each file of a directory is a package. */
	singleFiles: boolean;
	goexperiment: string;
	godebug: string;
	gomodversion: string;
	/** "" when the case applies, else why it does not. */
	skip: string;
}

/** Folders of GOROOT/test that hold cases (cmd/internal/testdir's list). */
const dirs = [
	".",
	"ken",
	"chan",
	"interface",
	"internal/runtime/sys",
	"syntax",
	"dwarf",
	"fixedbugs",
	"codegen",
	"abi",
	"typeparam",
	"typeparam/mdempsky",
	"arenas",
	"simd",
];

/** Cases that gc itself fails (types2Failures in cmd/internal/testdir). */
const failuresOfGc = new Set([
	"shift1.go",
	"fixedbugs/issue10700.go",
	"fixedbugs/issue18331.go",
	"fixedbugs/issue18419.go",
	"fixedbugs/issue20233.go",
	"fixedbugs/issue20245.go",
	"fixedbugs/issue31053.go",
]);

/** Names of all cases, like "fixedbugs/bug000.go", sorted. */
export function listCases(testDir: string): string[] {
	const names: string[] = [];
	for (const dir of dirs) {
		let entries: string[];
		try {
			entries = readdirSync(join(testDir, dir));
		} catch {
			continue;
		}
		for (const name of entries) if (name.endsWith(".go") && !name.startsWith(".")) names.push(dir === "." ? name : `${dir}/${name}`);
	}
	return names.sort();
}

/** Words, with "…" and '…' around those that hold spaces. */
function splitQuoted(text: string): string[] {
	return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|((?:[^\s"']|"[^"]*"|'[^']*')+)/g)].map(
		(m) => m[1] ?? m[2] ?? m[3].replace(/["']/g, ""),
	);
}

const knownActions = new Set(
	"compile compiledir build builddir buildrundir run buildrun runoutput rundir runindir asmcheck errorcheckandrundir errorcheckwithauto errorcheck errorcheckdir errorcheckoutput skip".split(
		" ",
	),
);

/** Flags of the compiler that make it print what only gc can: its escape analysis, its passes, its stack maps. */
const internalFlag = /^(?:-m(?:=\d)?|-live|-wb=0|-std|-\+|-complete|-smallframes|-d=(?!panic$|ssa\/check\/on$).*)$/;

export function readRecipe(testDir: string, name: string, hasTag: (tag: string) => boolean): Recipe {
	const src = readFileSync(join(testDir, name), "utf8");
	const r: Recipe = {
		action: "",
		flags: [],
		args: [],
		wantError: false,
		singleFiles: false,
		goexperiment: "",
		godebug: "",
		gomodversion: "",
		skip: "",
	};
	const lines = src.split("\n");
	const first = lines.find((l) => !isConstraintLine(l.trim()) && l.replace(/^\/\//, "").trim() !== "") ?? "";
	const words = splitQuoted(first.replace(/^\/\//, "").trim());
	r.action = words.shift() ?? "";
	if (!knownActions.has(r.action)) return { ...r, skip: "no recipe" };
	r.wantError = /^errorcheck(?:dir|output|withauto)?$/.test(r.action);
	while (words.length > 0 && words[0].startsWith("-")) {
		const w = words.shift() as string;
		if (w === "-1") r.wantError = true;
		else if (w === "-0") r.wantError = false;
		else if (w === "-s") r.singleFiles = true;
		else if (w === "-t") words.shift();
		else if (w === "-goexperiment") r.goexperiment = words.shift() ?? "";
		else if (w === "-godebug") r.godebug = words.shift() ?? "";
		else if (w === "-gomodversion") r.gomodversion = words.shift() ?? "";
		else r.flags.push(w);
	}
	r.args = words;
	r.skip = whyNot(r, name, src, lines, hasTag);
	return r;
}

function whyNot(r: Recipe, name: string, src: string, lines: readonly string[], hasTag: (tag: string) => boolean): string {
	for (const line of lines) {
		if (line.startsWith("package ")) break;
		const l = line.trim();
		if (isConstraintLine(l) && !evalConstraint(parseConstraintLine(l), (t) => t === "test_run" || hasTag(t))) return "build constraint";
	}
	if (r.action === "skip") return "skip";
	if (r.action === "asmcheck" || r.action === "errorcheckwithauto") return "tests gc's output";
	if (r.action.startsWith("errorcheck") && r.flags.some((f) => internalFlag.test(f))) return "tests gc's internals";
	if (r.flags.includes("-race")) return "race detector";
	if (r.flags.some((f) => f.includes("-d=converthash"))) return "chooses conversions that gc does not use by default";
	if (failuresOfGc.has(name)) return "gc fails it";
	if (/exec\.Command\(\s*(?:"go"|goCmd|goTool|gocmd)|\brun\("go"/.test(src)) return "runs the go command";
	return "";
}
