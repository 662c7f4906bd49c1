import { Gen, makeSig } from "./gen.ts";
import { Native } from "./native.ts";
import { newOptimizeContext, optimize } from "../../compile.ts";
import { interpret } from "../../interp.ts";
import { dump } from "../../text.ts";
import { verify } from "../../verify.ts";
import { isFloat, T } from "../../types.ts";
import { writeFileSync } from "node:fs";
const from = Number(process.argv[2]),
	n = Number(process.argv[3]),
	st = Number(process.argv[4] ?? 12);
const mode = process.argv[5] ?? "csf";
const nat = new Native();
const cases: any[] = [];
const want: any[] = [];
const fs: any[] = [];
for (let i = 0; i < n; i++) {
	const seed = ((from + i) * 2654435761) | 0;
	const g = new Gen(`f${from + i}`, seed, {
		statements: st,
		calls: mode.includes("c"),
		slots: mode.includes("s"),
		floats: mode.includes("f"),
	});
	const f = g.f;
	if (process.env.VALS) {
		const vals = process.env.VALS.split(",").map(Number);
		f.sig = makeSig(
			f.sig.args.map((a) => a.type),
			vals.map((v) => f.type[v]) as any,
		);
		for (const b of f.blocks) for (const v of b.values) if (f.op[v] === 101) f.setArgs(v, vals);
	}
	const text = dump(f);
	const errs = verify(f);
	if (errs.length) {
		console.log(text);
		console.log(errs);
		process.exit(1);
	}
	for (let k = 0; k < 3; k++) {
		const args = f.sig.args.map((a) => {
			if (a.type === T.Bool) return BigInt(g.rnd(2));
			if (isFloat(a.type)) {
				const d = new DataView(new ArrayBuffer(8));
				const x = [0, 1, -2.5, 1e6, 0.3, 7][g.rnd(6)];
				if (a.type === T.F32) {
					d.setFloat32(0, x, true);
					return BigInt(d.getUint32(0, true));
				}
				d.setFloat64(0, x, true);
				return d.getBigInt64(0, true);
			}
			const x = (BigInt(g.rnd(0x7fffffff)) << BigInt(g.rnd(50))) - BigInt(g.rnd(1000));
			return BigInt.asIntN([0, 1, 8, 16, 32, 64][a.type], g.rnd(3) === 0 ? BigInt(g.rnd(10)) : x);
		});
		let r;
		try {
			r = interpret(f, args, 20000);
		} catch (e) {
			console.log(text);
			throw e;
		}
		if (r.end !== "return") {
			console.log("end", r.end);
			continue;
		}
		cases.push({ func: f.name, sig: f.sig, args });
		want.push(r.results);
		fs.push(text);
	}
	try {
		if (process.env.OPT) optimize(f, newOptimizeContext());
		nat.add(f);
	} catch (e) {
		console.log(text);
		console.log("seed", from + i);
		throw e;
	}
}
let got;
try {
	got = nat.run(cases);
} catch (e: any) {
	console.log("run failed", e.status, e.signal);
	if (n > 1) {
		process.exit(2);
	}
	writeFileSync("/tmp/bad.bin", nat.code(`f${from}`));
	console.log(fs[0]);
	process.exit(2);
}
const canon = (t: number, x: bigint) =>
	t === T.F64 && BigInt.asUintN(63, x) > 0x7ff0000000000000n ? -1n : t === T.F32 && (x & 0x7fffffffn) > 0x7f800000n ? -1n : x;
let bad = 0;
cases.forEach((c, i) => {
	for (let k = 0; k < c.sig.results.length; k++) {
		const t = c.sig.results[k].type;
		if (canon(t, got[i][k]) !== canon(t, want[i][k])) {
			bad++;
			if (bad < 2) {
				console.log(fs[i]);
				console.log(c.func, "args", c.args, "result", k, "got", got[i][k], "want", want[i][k]);
				writeFileSync("/tmp/bad.bin", nat.code(c.func));
			}
			break;
		}
	}
});
console.log("cases", cases.length, "bad", bad);
