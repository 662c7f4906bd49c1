// Words of command lines.

export const split2 = (s: string): [string, string] => {
	const m = /^(\S*)\s*([\s\S]*)$/.exec(s.trim());
	return [m?.[1] ?? "", m?.[2]?.trim() ?? ""];
};
