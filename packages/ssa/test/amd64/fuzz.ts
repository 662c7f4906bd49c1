// node fuzz.ts FIRST COUNT STATEMENTS [csfo]: calls, slots, floats, optimised. Shows the first mismatch.

import { writeFileSync } from "node:fs";
import { checkSeeds } from "./check.ts";

const [first = "1", count = "100", statements = "20", mode = "csf"] = process.argv.slice(2);
const r = checkSeeds(Number(first), Number(count), {
	statements: Number(statements),
	calls: mode.includes("c"),
	slots: mode.includes("s"),
	floats: mode.includes("f"),
	optimize: mode.includes("o"),
});
if (r.bad.length > 0) {
	const m = r.bad[0];
	process.stdout.write(`${m.text}seed ${m.seed} args ${m.args.join(" ")}\nresult ${m.result}: got ${m.got}, want ${m.want}\n`);
	writeFileSync("/tmp/bad.bin", m.code);
}
process.stdout.write(`${r.cases} cases, ${r.bad.length} bad\n`);
