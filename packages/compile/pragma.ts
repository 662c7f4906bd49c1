// Compiler directives of a function, from its `//go:` comments.

import type { Pragma } from "#syntax";
import type { PackageUnit } from "./program.ts";

export class Pragmas {
	nosplit = false;
	noinline = false;
	systemstack = false;
	nowritebarrier = false;
	nowritebarrierrec = false;
	yeswritebarrierrec = false;
	uintptrescapes = false;
	uintptrkeepalive = false;
	noescape = false;
	cgoUnsafeArgs = false;
	norace = false;
	nocheckptr = false;
	/** A linkname directive names this function (with or without a remote name). */
	linkname = false;

	/** What a function literal inside such a function inherits. */
	forLiteral(): Pragmas {
		const p = new Pragmas();
		p.systemstack = this.systemstack;
		p.nocheckptr = this.nocheckptr;
		p.norace = this.norace;
		return p;
	}
}

export function pragmasOf(pragma: Pragma | null, _unit: PackageUnit): Pragmas {
	const p = new Pragmas();
	if (pragma === null) return p;
	for (const d of pragma.directives) {
		switch (d.name) {
			case "nosplit":
				p.nosplit = true;
				break;
			case "noinline":
				p.noinline = true;
				break;
			case "systemstack":
				p.systemstack = true;
				break;
			case "nowritebarrier":
				p.nowritebarrier = true;
				break;
			case "nowritebarrierrec":
				p.nowritebarrier = true;
				p.nowritebarrierrec = true;
				break;
			case "yeswritebarrierrec":
				p.yeswritebarrierrec = true;
				break;
			case "uintptrescapes":
				p.uintptrescapes = true;
				break;
			case "uintptrkeepalive":
				p.uintptrkeepalive = true;
				break;
			case "noescape":
				p.noescape = true;
				break;
			case "cgo_unsafe_args":
				p.cgoUnsafeArgs = true;
				p.nocheckptr = true;
				break;
			case "norace":
				p.norace = true;
				break;
			case "nocheckptr":
				p.nocheckptr = true;
				break;
			case "linkname":
				p.linkname = true;
				break;
		}
	}
	return p;
}

/** Packages compiled as part of the runtime: no implicit allocation, no asynchronous preemption in most of them. */
const runtimePkgs: ReadonlySet<string> = new Set([
	"runtime",
	"internal/runtime/atomic",
	"internal/runtime/gc",
	"internal/runtime/gc/scan",
	"internal/runtime/exithook",
	"internal/runtime/cgroup",
	"internal/runtime/math",
	"internal/runtime/maps",
	"internal/runtime/sys",
	"internal/runtime/syscall/linux",
	"internal/runtime/syscall/windows",
	"internal/abi",
	"internal/bytealg",
	"internal/byteorder",
	"internal/chacha8rand",
	"internal/coverage/rtcov",
	"internal/cpu",
	"internal/goarch",
	"internal/godebugs",
	"internal/goexperiment",
	"internal/goos",
	"internal/profilerecord",
	"internal/strconv",
	"internal/stringslite",
]);

export function isRuntimePkg(path: string): boolean {
	return runtimePkgs.has(path);
}
