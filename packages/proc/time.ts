// time.Time as text.

import type { Type } from "#bininfo";
import type { Loader } from "./load.ts";
import { big } from "./load.ts";
import type { Variable } from "./variable.ts";

const HAS_MONOTONIC = 1n << 63n;
const NSEC_SHIFT = 30n;
/** Seconds from year 1, and from 1885, to 1970. */
const UNIX_TO_YEAR1 = 62135596800n;
const UNIX_TO_1885 = 2682288000n;
/** Beyond this Delve does not print either (a thousand times 292 years). */
const MAX_SECONDS = 9223372036n * 1000n;

/** RFC 3339 in the value's own location, with the monotonic reading if it has one; null when it can not be said. */
export function formatTime(loader: Loader, v: Variable, real: Type): string | null {
	const wallAt = real.field("wall");
	const extAt = real.field("ext");
	const locAt = real.field("loc");
	if (wallAt === null || extAt === null) return null;
	const wall = big(v.memory, v.address + wallAt.offset);
	const ext = BigInt.asIntN(64, big(v.memory, v.address + extAt.offset));
	let zone = "UTC";
	if (locAt !== null) {
		const loc = loader.deref(loader.variable("", v.address + locAt.offset, locAt.type, v.memory, v.flags));
		const name = loc.address === 0 ? null : (loc.real?.field("name") ?? null);
		if (name !== null) zone = loader.program.memory.string(loc.address + name.offset, 64) || "UTC";
	}
	if ((wall & HAS_MONOTONIC) !== 0n) {
		const seconds = (BigInt.asUintN(64, wall << 1n) >> (NSEC_SHIFT + 1n)) - UNIX_TO_1885;
		return `${rfc3339(seconds, zone)}, ${ext >= 0n ? "+" : ""}${ext}`;
	}
	if (ext > MAX_SECONDS) return null;
	return rfc3339(ext - UNIX_TO_YEAR1, zone);
}

function rfc3339(unix: bigint, zone: string): string {
	const offset = zoneOffset(unix, zone);
	const date = new Date(Number(unix + BigInt(offset)) * 1000);
	const two = (n: number): string => String(n).padStart(2, "0");
	const year = date.getUTCFullYear();
	const text = `${year < 0 ? "-" : ""}${String(Math.abs(year)).padStart(4, "0")}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}T${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
	if (offset === 0) return `${text}Z`;
	const minutes = Math.abs(offset) / 60;
	return `${text}${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(Math.floor(minutes % 60))}`;
}

/** Seconds east of Greenwich. */
function zoneOffset(unix: bigint, zone: string): number {
	const ms = Number(unix) * 1000;
	if (zone === "UTC" || !Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return 0;
	if (zone === "Local") return -new Date(ms).getTimezoneOffset() * 60;
	try {
		const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(new Date(ms));
		const m = /GMT([+-])(\d+):(\d+)/.exec(parts.find((p) => p.type === "timeZoneName")?.value ?? "");
		return m === null ? 0 : (m[1] === "-" ? -1 : 1) * (Number(m[2]) * 3600 + Number(m[3]) * 60);
	} catch {
		return 0;
	}
}
