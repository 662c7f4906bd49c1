// Checks of Go packages. See README.md.

import type { Pos } from "#base";
import { atomic, bools, errorsas, ifaceassert, nilfunc, stringintconv, tests } from "./checks.ts";
import {
	appends,
	assign,
	composites,
	defers,
	httpresponse,
	shift,
	sigchanyzer,
	stdmethods,
	timeformat,
	unmarshal,
	unusedresult,
	waitgroup,
} from "./calls.ts";
import { copylocks } from "./copylocks.ts";
import { structtag } from "./structtag.ts";
import { unreachable } from "./unreachable.ts";
import { buildtag, directive } from "./comments.ts";
import type { Finding, Pass } from "./pass.ts";
import { Printf } from "./printf.ts";

export type { Finding, Pass } from "./pass.ts";

type Check = (pass: Pass) => void;

/** Files with the offset of their package clause. */
function eachFile(pass: Pass, f: (file: Pass["files"][number], at: number, report: Pass["report"]) => void): void {
	for (const file of pass.files) {
		const source = pass.sourceOf(file);
		// The clause's keyword stands before the name.
		const head = new TextDecoder("latin1").decode(source.src.subarray(0, file.pkgName.pos - source.base));
		f(file, head.lastIndexOf("package"), pass.report);
	}
}

const all: Readonly<Record<string, Check>> = {
	appends,
	assign,
	atomic,
	bools,
	buildtag: (pass) => eachFile(pass, (file, at, report) => buildtag(pass.sourceOf(file), at, report)),
	composites,
	copylocks,
	defers,
	directive: (pass) => eachFile(pass, (file, at, report) => directive(pass.sourceOf(file), at, file.pkgName.name, report)),
	errorsas,
	httpresponse,
	ifaceassert,
	nilfunc,
	printf: (pass) => new Printf(pass).run(),
	shift,
	sigchanyzer,
	stdmethods,
	stringintconv,
	structtag,
	tests,
	timeformat,
	unmarshal,
	unreachable,
	unusedresult,
	waitgroup,
};

/** All checks by name. go vet has some more. */
export const checkNames: readonly string[] = Object.keys(all);

/** What `go test` runs unless it is told otherwise. */
export const testChecks: readonly string[] =
	"atomic bools buildtag directive errorsas ifaceassert nilfunc printf stringintconv tests".split(" ");

/** Runs the named checks on a checked package; findings in the order of their positions. */
export function vet(pass: Omit<Pass, "report">, names: readonly string[]): Finding[] {
	const out: Finding[] = [];
	for (const check of names) {
		const report = (pos: Pos, msg: string): void => {
			if (!out.some((f) => f.pos === pos && f.msg === msg)) out.push({ pos, msg, check });
		};
		all[check]({ ...pass, report });
	}
	return out.sort((a, b) => a.pos - b.pos);
}
