// go.sum: lines "module version hash" (https://go.dev/ref/mod#go-sum-files).

/** Hashes by "module version" (version may end in "/go.mod"). Usually one hash for each. */
export type GoSum = Map<string, string[]>;

const emptyGoModHash = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";

/** Reads go.sum into `into`; the first malformed line ends it and is told. */
export function parseGoSum(name: string, text: string, into: GoSum): string {
	let line = 0;
	for (const row of text.split("\n")) {
		line++;
		const f = row.split(/[ \t\r]+/).filter((w) => w !== "");
		if (f.length === 0) continue;
		if (f.length !== 3) return `malformed go.sum:\n${name}:${line}: wrong number of fields ${f.length}`;
		if (f[2] === emptyGoModHash) continue; // written by early versions of go for modules without go.mod
		const key = `${f[0]} ${f[1]}`;
		const list = into.get(key);
		if (list === undefined) into.set(key, [f[2]]);
		else if (!list.includes(f[2])) list.push(f[2]);
	}
	return "";
}

export function sumKey(path: string, version: string): string {
	return `${path} ${version}`;
}

/** The text of a go.sum; sort orders the keys' modules. */
export function formatGoSum(
	sums: GoSum,
	compare: (a: { path: string; version: string }, b: { path: string; version: string }) => number,
): string {
	const keys = [...sums.keys()].map((k) => {
		const [path, version] = k.split(" ");
		return { path, version, k };
	});
	keys.sort(compare);
	let out = "";
	for (const { k } of keys) for (const h of [...(sums.get(k) ?? [])].sort()) out += `${k} ${h}\n`;
	return out;
}

/** Whether path matches one of the comma-separated glob patterns, each against as many leading elements as it has. */
export function matchPrefixPatterns(patterns: string, path: string): boolean {
	return patterns.split(",").some((pattern) => {
		const p = pattern.trim().replace(/\/+$/, "");
		if (p === "") return false;
		const words = p.split("/");
		const head = path.split("/").slice(0, words.length);
		return head.length === words.length && words.every((w, i) => globMatches(w, head[i]));
	});
}

/** path.Match for one element; a malformed pattern matches nothing. */
export function globMatches(pattern: string, name: string): boolean {
	let re = "";
	for (let i = 0; i < pattern.length; i++) {
		const c = pattern[i];
		if (c === "*") re += "[^/]*";
		else if (c === "?") re += "[^/]";
		else if (c === "\\") {
			if (++i === pattern.length) return false;
			re += pattern[i].replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
		} else if (c === "[") {
			const stop = pattern.indexOf("]", i + 2);
			if (stop < 0) return false;
			re += `[${pattern.slice(i + 1, stop).replace(/[\\[]/g, "\\$&")}]`;
			i = stop;
		} else re += c.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
	}
	try {
		return new RegExp(`^${re}$`, "u").test(name);
	} catch {
		return false;
	}
}
