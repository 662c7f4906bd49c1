// Build constraints in file names (go help buildconstraint): name_GOOS, name_GOARCH,
// name_GOOS_GOARCH, each optionally followed by _test.

// Every system and architecture that any Go release has known: a name ending in one of them is constrained by it.
const systems: ReadonlySet<string> = new Set(
	"aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos".split(" "),
);
const architectures: ReadonlySet<string> = new Set(
	"386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm".split(
		" ",
	),
);

/** Whether a file name's constraint holds for tags; the part before the first "_" never counts. */
export function matchFileName(name: string, hasTag: (tag: string) => boolean): boolean {
	const dot = name.indexOf(".");
	const parts = (dot < 0 ? name : name.slice(0, dot)).split("_").slice(1);
	if (parts.at(-1) === "test") parts.pop();
	const last = parts.at(-1) ?? "";
	const before = parts.at(-2) ?? "";
	if (architectures.has(last)) return hasTag(last) && (!systems.has(before) || hasTag(before));
	return !systems.has(last) || hasTag(last);
}
