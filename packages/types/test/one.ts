// node packages/types/test/one.ts FILE.go…: checks the files as one package and prints the diagnostics.
import { readFileSync } from "node:fs";
import { formatDiagnostics } from "#base";
import { testUniverse } from "../universe.ts";
import { Loader } from "./harness.ts";

const l = new Loader(process.argv.includes("-assert") ? testUniverse() : undefined);
const files = process.argv.slice(2).filter((a) => !a.startsWith("-"));
l.check(
	"p",
	files.map((f) => l.parse(f, readFileSync(f), false)),
	"go1.26",
);
for (const line of formatDiagnostics(l.sources, l.diagnostics, 0)) console.log(line);
