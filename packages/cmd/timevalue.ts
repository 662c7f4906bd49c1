// time.Time as templates see it: {{.Time.Format "2006-01-02"}}.

import { Struct } from "#template";

/** The name by which the JSON writer knows it. */
export const timeType = "time.Time";

const months = "January February March April May June July August September October November December".split(" ");
const days = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
const words =
	/January|Jan|Monday|Mon|MST|2006|Z07:00|Z0700|-07:00|-0700|-07|[.,]0+(?!\d)|[.,]9+(?!\d)|002|__2|01|02|03|04|05|06|15|PM|pm|_2|1|2|3|4|5/g;

const pad = (n: number, width = 2): string => String(n).padStart(width, "0");

/** A time by a layout of Go's package time. at: its local time as if that were UTC; zone: "+02:00", "" for UTC. */
function format(at: Date, nanoseconds: string, layout: string, zone: string): string {
	const short = zone.replace(":", "");
	const hour12 = at.getUTCHours() % 12 === 0 ? 12 : at.getUTCHours() % 12;
	const yearDay = Math.floor((at.getTime() - Date.UTC(at.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
	const table: Readonly<Record<string, string>> = {
		January: months[at.getUTCMonth()],
		Jan: months[at.getUTCMonth()].slice(0, 3),
		Monday: days[at.getUTCDay()],
		Mon: days[at.getUTCDay()].slice(0, 3),
		MST: zone === "" ? "UTC" : short,
		"2006": pad(at.getUTCFullYear(), 4),
		"06": pad(at.getUTCFullYear() % 100),
		"Z07:00": zone === "" ? "Z" : zone,
		Z0700: zone === "" ? "Z" : short,
		"-07:00": zone === "" ? "+00:00" : zone,
		"-0700": zone === "" ? "+0000" : short,
		"-07": zone === "" ? "+00" : zone.slice(0, 3),
		"002": pad(yearDay, 3),
		__2: String(yearDay).padStart(3, " "),
		"01": pad(at.getUTCMonth() + 1),
		"1": String(at.getUTCMonth() + 1),
		"02": pad(at.getUTCDate()),
		_2: String(at.getUTCDate()).padStart(2, " "),
		"2": String(at.getUTCDate()),
		"03": pad(hour12),
		"3": String(hour12),
		"04": pad(at.getUTCMinutes()),
		"4": String(at.getUTCMinutes()),
		"05": pad(at.getUTCSeconds()),
		"5": String(at.getUTCSeconds()),
		"15": pad(at.getUTCHours()),
		PM: at.getUTCHours() < 12 ? "AM" : "PM",
		pm: at.getUTCHours() < 12 ? "am" : "pm",
	};
	return layout.replace(words, (word) => {
		if (!/^[.,]/.test(word)) return table[word];
		const digits = nanoseconds.padEnd(9, "0").slice(0, word.length - 1);
		if (word[1] === "0") return word[0] + digits;
		const rest = digits.replace(/0+$/, "");
		return rest === "" ? "" : word[0] + rest;
	});
}

/** text: RFC 3339, as module information has it. Times are shown in the zone that it names. */
export function timeValue(text: string): Struct {
	const zone = /([+-])(\d\d):(\d\d)$/.exec(text);
	const minutes = zone === null ? 0 : (zone[1] === "-" ? -1 : 1) * (60 * Number(zone[2]) + Number(zone[3]));
	const instant = new Date(text).getTime();
	const at = new Date(instant + 60_000 * minutes);
	const nanoseconds = /\.(\d+)/.exec(text)?.[1] ?? "";
	return new Struct(timeType, new Map(), true, {
		MarshalText: () => text,
		String: () => format(at, nanoseconds, "2006-01-02 15:04:05.999999999 -0700 MST", zone?.[0] ?? ""),
		Format: (layout) => format(at, nanoseconds, String(layout), zone?.[0] ?? ""),
		Unix: () => Math.floor(instant / 1000),
		Year: () => at.getUTCFullYear(),
		IsZero: () => false,
	});
}
