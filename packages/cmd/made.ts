// Which packages were compiled before with the same files and flags: what -x and -v leave out, and what is not stale.
//
// An empty file per package below $GOCACHE/tsugo/made, named by a digest of the package, its flags and all it imports.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type BuildEnv, type Loader, type Package, packageDigests } from "#build";

export class Made {
	private readonly dir: string;
	private readonly env: BuildEnv;
	private readonly settings: string;
	private readonly digests: Map<Package, string> = new Map();

	/** settings: what decides on code besides files and a package's own flags. */
	constructor(env: BuildEnv, settings: string) {
		this.env = env;
		this.dir = env.gocache === "off" ? "" : join(env.cacheDir, "made");
		this.settings = [env.goVersion, env.goos, env.goarch, env.env.get("GOEXPERIMENT"), env.env.get("GOAMD64"), settings].join("\0");
	}

	private fileOf(loader: Loader, p: Package, flags: (p: Package) => string): string {
		let digest = this.digests.get(p);
		if (digest === undefined) {
			const all = packageDigests(
				loader.closure([p]),
				loader.ctx.index,
				(q) => `${this.settings}\0${flags(q)}\0${q.module?.goVersion ?? ""}`,
			);
			for (const [q, d] of all) this.digests.set(q, d.deep);
			digest = this.digests.get(p) ?? "";
		}
		const name = createHash("sha256").update(`${p.importPath} ${digest}`).digest("hex");
		return join(this.dir, name.slice(0, 2), name);
	}

	/** Whether the package was compiled before. */
	has(loader: Loader, p: Package, flags: (p: Package) => string): boolean {
		return this.dir !== "" && existsSync(this.fileOf(loader, p, flags));
	}

	/** What tells which program lies at a target: written when it is installed. */
	private targetFile(target: string): string {
		return join(this.dir, "targets", createHash("sha256").update(target).digest("hex"));
	}

	private targetText(loader: Loader, p: Package, flags: (p: Package) => string, target: string): string {
		const info = statSync(target, { throwIfNoEntry: false });
		return info === undefined ? "" : `${this.fileOf(loader, p, flags).slice(this.dir.length)} ${info.size} ${info.mtimeMs}\n`;
	}

	/** Whether the program at target is what installing the package would write. */
	isInstalled(loader: Loader, p: Package, flags: (p: Package) => string, target: string): boolean {
		const text = this.targetText(loader, p, flags, target);
		const file = this.targetFile(target);
		return this.dir !== "" && text !== "" && existsSync(file) && readFileSync(file, "utf8") === text;
	}

	/** Remembers that a package's program was installed. */
	installed(loader: Loader, p: Package, flags: (p: Package) => string, target: string): void {
		if (this.dir === "") return;
		try {
			mkdirSync(join(this.dir, "targets"), { recursive: true });
			writeFileSync(this.targetFile(target), this.targetText(loader, p, flags, target));
		} catch {}
	}

	/** Remembers that a package was compiled. A cache that cannot be written is no error. */
	add(loader: Loader, p: Package, flags: (p: Package) => string): void {
		if (this.dir === "") return;
		const file = this.fileOf(loader, p, flags);
		try {
			mkdirSync(dirname(file), { recursive: true });
			writeFileSync(file, "");
		} catch {}
	}
}
