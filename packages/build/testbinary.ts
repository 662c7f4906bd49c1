// The program that `test` builds for a package: the package with its test files
// in place of the package, its external test package, and a generated main.

import { UserError } from "./env.ts";
import type { MemoryFile } from "./frontend.ts";
import type { Loader } from "./load.ts";
import { newPackage, type Package } from "./package.ts";
import { collectTests, testMainSource } from "./testmain.ts";

export interface TestProgram {
	/** Loader that sees the test variants. */
	loader: Loader;
	main: Package;
	memory: MemoryFile[];
}

/** Null when the package has no test files. Throws UserError with test functions' signature errors. */
export function testProgram(loader: Loader, p: Package): TestProgram | null {
	if (p.testGoFiles.length + p.xtestGoFiles.length === 0) return null;
	const tests = collectTests(p, (f) => loader.shorten(f));
	if (tests.errors.length > 0) throw new UserError(tests.errors.join("\n"));
	const variant: Package = {
		...p,
		goFiles: [...p.goFiles, ...p.testGoFiles],
		imports: merge(p.imports, p.testImports),
		embedPatterns: [...p.embedPatterns, ...p.testEmbedPatterns],
	};
	const overrides = new Map<string, Package>([[p.importPath, variant]]);
	const main = newPackage(p.dir, `${p.importPath}.test`);
	main.name = "main";
	main.module = p.module;
	// The generated file may import internal packages of the standard library.
	main.standard = p.standard;
	const refer = (path: string): void => {
		main.imports.push({ path, pos: { file: "_testmain.go", line: 1, col: 1 } });
	};
	const xtestPath = `${p.importPath}_test`;
	if (p.xtestGoFiles.length > 0) {
		const xtest: Package = {
			...p,
			importPath: xtestPath,
			name: `${p.name}_test`,
			goFiles: p.xtestGoFiles,
			sFiles: [],
			imports: p.xtestImports,
			embedPatterns: p.xtestEmbedPatterns,
			errors: [],
		};
		overrides.set(xtestPath, xtest);
	}
	for (const path of ["os", "testing", "testing/internal/testdeps", ...(tests.testMain === null ? [] : ["reflect"])]) refer(path);
	if (tests.importTest) refer(p.importPath);
	if (tests.importXtest) refer(xtestPath);
	return {
		loader: loader.withOverrides(overrides),
		main,
		memory: [{ name: "_testmain.go", text: testMainSource(tests, p, p.importPath, xtestPath) }],
	};
}

function merge(a: Package["imports"], b: Package["imports"]): Package["imports"] {
	return [...a, ...b.filter((i) => !a.some((j) => j.path === i.path))];
}
