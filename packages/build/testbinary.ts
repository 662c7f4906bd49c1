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
	/** The package with its internal test files; null when the package itself serves. */
	variant: Package | null;
	/** The package of the external test files. */
	external: Package | null;
	memory: MemoryFile[];
}

/** Null when the package has no test files. Throws UserError with test functions' signature errors. */
export function testProgram(loader: Loader, p: Package): TestProgram | null {
	if (p.testGoFiles.length + p.xtestGoFiles.length === 0) return null;
	const tests = collectTests(p);
	if (tests.errors.length > 0) throw new UserError(tests.errors.join("\n"));
	const overrides = new Map<string, Package>();
	const variant: Package | null =
		p.testGoFiles.length === 0 && p.name !== "main"
			? null
			: {
					...p,
					forTest: p.importPath,
					library: true,
					goFiles: [...p.goFiles, ...p.testGoFiles],
					// As listed by the go command: what both import is there twice.
					imports: [...p.testImports, ...p.imports],
					embedPatterns: [...p.embedPatterns, ...p.testEmbedPatterns],
				};
	if (variant !== null) overrides.set(p.importPath, variant);
	const main = newPackage(p.dir, `${p.importPath}.test`);
	main.name = "main";
	main.testMain = true;
	main.module = p.module;
	// The generated file may import internal packages of the standard library.
	main.standard = p.standard;
	const refer = (path: string): void => {
		main.imports.push({ path, pos: { file: "_testmain.go", line: 1, col: 1 } });
	};
	const xtestPath = `${p.importPath}_test`;
	let external: Package | null = null;
	if (p.xtestGoFiles.length > 0) {
		external = {
			...newPackage(p.dir, xtestPath),
			name: `${p.name}_test`,
			standard: p.standard,
			module: p.module,
			commandLine: p.commandLine,
			importMap: p.importMap,
			forTest: p.importPath,
			goFiles: p.xtestGoFiles,
			imports: [...p.xtestImports.filter((i) => i.path !== p.importPath), ...p.xtestImports.filter((i) => i.path === p.importPath)],
			embedPatterns: p.xtestEmbedPatterns,
		};
		overrides.set(xtestPath, external);
	}
	const own = [tests.importTest ? [p.importPath] : [], tests.importXtest ? [xtestPath] : []].flat();
	// In the order of loading, which is the order of `list -deps`.
	for (const path of ["os", "reflect", "testing", "testing/internal/testdeps", "runtime", ...own]) refer(path);
	return {
		loader: loader.withOverrides(overrides),
		main,
		variant,
		external,
		memory: [{ name: "_testmain.go", text: testMainSource(tests, p, p.importPath, xtestPath) }],
	};
}
