import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** The GOROOT that tests may compare with, or null: $GOROOT, or that of the `go` on PATH. */
export function goroot(): string | null {
	const candidates = [process.env.GOROOT ?? ""];
	for (const dir of (process.env.PATH ?? "").split(":")) {
		const go = join(dir, "go");
		if (existsSync(go)) candidates.push(dirname(dirname(realpathSync(go))));
	}
	return candidates.find((c) => c !== "" && existsSync(join(c, "src/runtime/textflag.h"))) ?? null;
}
