// Where a program's modules were on the machine that built it, guessed from the paths of its functions.
import type { Session } from "./session.ts";

export interface GuessArguments {
	ImportPathOfMainPackage: string;
	ClientGOROOT: string;
	/** Directories of modules on the client, by module path. */
	ClientModuleDirectories: Record<string, string> | null;
}

const parent = (path: string): string => path.slice(0, Math.max(path.lastIndexOf("/"), 0));

/** Pairs of directories: the program's, and the client's. Each function votes for the directory of its package's module. */
export function guessSubstitutePath(session: Session, a: GuessArguments): [string, string][] {
	const modules = Object.entries(a.ClientModuleDirectories ?? {}).sort(([x], [y]) => y.length - x.length);
	const votes = new Map<string, Map<string, number>>(modules.map(([m]) => [m, new Map()]));
	let goroot = "";
	for (const [index, d] of session.all().entries()) {
		for (const name of d.binary.functionNames()) {
			const [f] = d.binary.funcs.named(name);
			if (f === undefined) continue;
			const file = f.fileAt(f.entry);
			if (name === "runtime.main" && goroot === "") goroot = parent(parent(parent(file)));
			if (!file.includes("/")) continue;
			let pkg = packagePath(name);
			if (pkg === "main" && index === 0 && a.ImportPathOfMainPackage !== "") pkg = a.ImportPathOfMainPackage;
			const module = modules.find(([m]) => pkg === m || pkg.startsWith(`${m}/`))?.[0];
			if (module === undefined) continue;
			const below = pkg.slice(module.length);
			const dir = parent(file);
			if (!dir.endsWith(below)) continue;
			const root = dir.slice(0, dir.length - below.length);
			const own = votes.get(module) as Map<string, number>;
			own.set(root, (own.get(root) ?? 0) + 1);
		}
	}
	const out = new Map<string, string>();
	for (const [module, dir] of modules) {
		const [best] = [...(votes.get(module) ?? [])].sort((x, y) => y[1] - x[1]);
		if (best !== undefined) out.set(best[0], dir);
	}
	if (goroot !== "" && a.ClientGOROOT !== "") out.set(goroot, a.ClientGOROOT);
	return [...out];
}

/** Import path of a symbol: what comes before the first dot after the last slash. */
function packagePath(symbol: string): string {
	const plain = symbol.replace(/\[.*$/, "");
	const slash = plain.lastIndexOf("/");
	const dot = plain.indexOf(".", slash + 1);
	return (dot < 0 ? plain : plain.slice(0, dot)).replaceAll("%2e", ".");
}
