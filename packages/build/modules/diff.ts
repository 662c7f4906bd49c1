// A unified diff of two texts, as `mod tidy -diff` prints it.

/** "" when they are equal. */
export function unifiedDiff(oldName: string, oldText: string, newName: string, newText: string): string {
	if (oldText === newText) return "";
	const a = oldText.split("\n");
	const b = newText.split("\n");
	if (a[a.length - 1] === "") a.pop();
	if (b[b.length - 1] === "") b.pop();
	const pairs = commonLines(a, b);
	const out = [`diff ${oldName} ${newName}`, `--- ${oldName}`, `+++ ${newName}`];
	const rows: { tag: " " | "-" | "+"; text: string }[] = [];
	let i = 0;
	let j = 0;
	for (const [x, y] of [...pairs, [a.length, b.length] as const]) {
		while (i < x) rows.push({ tag: "-", text: a[i++] });
		while (j < y) rows.push({ tag: "+", text: b[j++] });
		if (x < a.length && y < b.length) {
			rows.push({ tag: " ", text: a[x] });
			i++;
			j++;
		}
	}
	const context = 3;
	for (let at = 0; at < rows.length; ) {
		while (at < rows.length && rows[at].tag === " ") at++;
		if (at >= rows.length) break;
		const from = Math.max(0, at - context);
		let to = at;
		for (let k = at; k < rows.length && k - to <= 2 * context; k++) if (rows[k].tag !== " ") to = k;
		const stop = Math.min(rows.length, to + context + 1);
		const chunk = rows.slice(from, stop);
		const before = rows.slice(0, from);
		const count = (list: typeof rows, not: string): number => list.filter((r) => r.tag !== not).length;
		const an = count(chunk, "+");
		const bn = count(chunk, "-");
		const start = (n: number, len: number): number => (len === 0 ? n : n + 1);
		out.push(`@@ -${start(count(before, "+"), an)},${an} +${start(count(before, "-"), bn)},${bn} @@`);
		for (const r of chunk) out.push(r.tag + r.text);
		at = stop;
	}
	return `${out.join("\n")}\n`;
}

/** Index pairs of a longest common subsequence. */
function commonLines(a: readonly string[], b: readonly string[]): [number, number][] {
	let head = 0;
	while (head < a.length && head < b.length && a[head] === b[head]) head++;
	let tail = 0;
	while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
	const n = a.length - head - tail;
	const m = b.length - head - tail;
	const best = Array.from({ length: n + 1 }, () => new Uint32Array(m + 1));
	for (let i = n - 1; i >= 0; i--)
		for (let j = m - 1; j >= 0; j--)
			best[i][j] = a[head + i] === b[head + j] ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
	const out: [number, number][] = [];
	for (let k = 0; k < head; k++) out.push([k, k]);
	for (let i = 0, j = 0; i < n && j < m; ) {
		if (a[head + i] === b[head + j]) out.push([head + i++, head + j++]);
		else if (best[i + 1][j] >= best[i][j + 1]) i++;
		else j++;
	}
	for (let k = tail; k > 0; k--) out.push([a.length - k, b.length - k]);
	return out;
}
