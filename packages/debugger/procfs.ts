// What /proc says of a process.
import { accessSync, constants, readFileSync, readlinkSync } from "node:fs";

/** Path by which we can read a process' executable, also when it lives in another mount namespace. */
export function executableOf(pid: number): string {
	const link = `/proc/${pid}/exe`;
	try {
		const path = readlinkSync(link);
		if (!path.endsWith(" (deleted)")) {
			accessSync(path, constants.R_OK);
			return path;
		}
	} catch {
		// not visible from here
	}
	return link;
}

export function commandLineOf(pid: number): string {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, "utf8").replace(/\0$/, "").replaceAll("\0", " ");
	} catch {
		return "";
	}
}
