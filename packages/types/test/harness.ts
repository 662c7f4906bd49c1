// Loads packages from GOROOT for tests: build constraints for linux/amd64, no modules.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Diagnostic, Interner, SourceSet } from "#base";
import { bodyOf, evalConstraint, type File, isConstraintLine, matchFileName, NodeIds, parseConstraintLine, parseFile } from "#syntax";
import { checkPackage, newPackage } from "../check.ts";
import { Build, type Checker } from "../checker.ts";
import type { Package } from "../package.ts";
import type { Scope } from "../scope.ts";
import { unsafePackage } from "../universe.ts";
import { findGoroot } from "../../../tools/check.ts";

export const goroot: string = findGoroot();
export const haveGoroot: boolean = existsSync(join(goroot, "src/fmt"));

const tags = new Set([
	"linux",
	"amd64",
	"unix",
	"gc",
	"goexperiment.swissmap",
	"goexperiment.aliastypeparams",
	"goexperiment.regabiargs",
	"goexperiment.regabiwrappers",
	"goexperiment.spinbitmutex",
	"goexperiment.randomizedheapbase64",
	"goexperiment.greenteagc",
	"goexperiment.dwarf5",
]);
const hasTag = (t: string): boolean => tags.has(t) || /^go1\.(\d|1\d|2[0-6])$/.test(t);

export function selected(name: string, text: string): boolean {
	if (!matchFileName(name, hasTag)) return false;
	for (const line of text.split("\n")) {
		if (isConstraintLine(line)) return evalConstraint(parseConstraintLine(line), hasTag);
		if (line !== "" && !line.startsWith("//") && !line.startsWith("/*")) break;
	}
	return true;
}

export class Loader {
	readonly sources: SourceSet = new SourceSet();
	readonly ids: NodeIds = new NodeIds();
	readonly interner: Interner = new Interner();
	readonly diagnostics: Diagnostic[] = [];
	readonly build: Build;
	readonly packages: Map<string, Package> = new Map();
	bytes = 0;

	constructor(universe?: Scope) {
		this.build = new Build({
			sources: this.sources,
			importPackage: (path) => this.importPackage(path),
			bodyOf: (file, decl) => {
				const source = this.sources.fileOf(file.pos);
				if (source === null) throw new Error("no source");
				return bodyOf({ ids: this.ids, file: source, interner: this.interner, report: this.report }, decl);
			},
			...(universe === undefined ? {} : { universe }),
		});
	}

	readonly report = (d: Diagnostic): void => {
		this.diagnostics.push(d);
	};

	parse(name: string, src: Uint8Array, lazyBodies: boolean): File {
		this.bytes += src.length;
		return parseFile(this.ids, this.sources.add(name, src), this.interner, this.report, { lazyBodies });
	}

	importPackage(path: string): Package | string {
		if (path === "unsafe") return unsafePackage;
		const known = this.packages.get(path);
		if (known !== undefined) return known;
		let dir = join(goroot, "src", path);
		if (!existsSync(dir)) dir = join(goroot, "src/vendor", path);
		if (!existsSync(dir)) dir = join(goroot, "src/cmd/vendor", path);
		if (!existsSync(dir)) return `package ${path} is not in std`;
		const files: File[] = [];
		for (const name of readdirSync(dir).sort()) {
			if (!name.endsWith(".go") || name.endsWith("_test.go")) continue;
			const src = readFileSync(join(dir, name));
			if (!selected(name, src.subarray(0, 4096).toString())) continue;
			files.push(this.parse(join(dir, name), src, true));
		}
		const pkg = newPackage(this.build, { path, files, goVersion: "go1.26", report: this.report });
		this.packages.set(path, pkg);
		return pkg;
	}

	/** Checks the given files as one package. */
	check(path: string, files: File[], goVersion: string, configure?: (c: Checker) => void): Package {
		const pkg = newPackage(this.build, {
			path,
			files,
			goVersion,
			report: this.report,
			...(configure === undefined ? {} : { configure }),
		});
		checkPackage(pkg);
		return pkg;
	}
}
