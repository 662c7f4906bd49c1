// Reporting errors. Formats use Go's verbs; arguments are types, objects, operands,
// expressions, strings and numbers, printed as gc prints them (format.ts).

import type { Pos } from "#base";
import type { Node } from "#syntax";
import { startPos } from "#syntax";
import type { Checker } from "./checker.ts";
import { type Arg, sprintf } from "./format.ts";
import type { Obj } from "./objects.ts";
import type { Operand } from "./operand.ts";

/** Where an error is: the start of a node or operand, an object, or a position. */
export type Poser = Pos | Node | Obj | Operand;

/** An error under construction: the first entry gives the position, further ones are indented lines. */
export interface TypeError {
	c: Checker;
	code: string;
	soft: boolean;
	desc: { pos: Pos; msg: string }[];
}

export function errorf(c: Checker, at: Poser, code: string, format: string, ...args: Arg[]): void {
	const err = newError(c, code);
	addf(err, at, format, ...args);
	reportError(err);
}

export function softErrorf(c: Checker, at: Poser, code: string, format: string, ...args: Arg[]): void {
	const err = newError(c, code);
	addf(err, at, format, ...args);
	err.soft = true;
	reportError(err);
}

/** "… requires go1.x or later" */
export function versionErrorf(c: Checker, at: Poser, version: string, format: string, ...args: Arg[]): void {
	const err = newError(c, "UnsupportedFeature");
	addf(err, at, "%s requires %s or later", sprintf(c, format, ...args), version);
	reportError(err);
}

export function newError(c: Checker, code: string): TypeError {
	return { c, code, soft: false, desc: [] };
}

export function addf(err: TypeError, at: Poser, format: string, ...args: Arg[]): void {
	err.desc.push({ pos: atPos(at), msg: sprintf(err.c, format, ...args) });
}

/** Adds "other declaration of x", if x is declared in source. */
export function addAltDecl(err: TypeError, obj: Obj): void {
	if (obj.pos !== 0) addf(err, obj, "other declaration of %s", obj.name);
}

export function reportError(err: TypeError): void {
	const c = err.c;
	const first = err.desc[0];
	if (first === undefined) return;
	// Follow-on errors mention what was already found invalid.
	if (c.firstError !== null && (first.msg.indexOf("invalid operand") > 0 || first.msg.indexOf("invalid type") > 0)) return;
	let msg = first.msg;
	for (let i = 1; i < err.desc.length; i++) {
		const d = err.desc[i] as { pos: Pos; msg: string };
		msg += "\n\t";
		if (d.pos !== 0) {
			const at = c.build.sources.position(d.pos);
			msg += `${at.file}:${at.line}:${at.col}: `;
		}
		msg += d.msg;
	}
	const pos = c.env.errpos !== 0 ? c.env.errpos : first.pos;
	if (/requires go[0-9]+\.[0-9]+ or later/.test(msg)) msg += versionHint(c, pos);
	const d = { pos, code: err.code, msg, soft: err.soft };
	c.firstError ??= d;
	c.report(d);
}

/** Where the language version comes from that lacks a feature used at pos. */
function versionHint(c: Checker, pos: Pos): string {
	const source = c.build.sources.fileOf(pos);
	const file = c.files.find((f) => source !== null && f.pos >= source.base && f.pos <= source.base + source.src.length);
	if (file !== undefined && file.goVersion !== "" && file.goVersion === c.info.fileVersions.get(file)) {
		return ` (file declares //go:build ${file.goVersion})`;
	}
	return ` (-lang was set to ${c.pkg.goVersion}; check go.mod)`;
}

export function atPos(at: Poser): Pos {
	if (typeof at === "number") return at;
	if ("expr" in at) return at.expr === null ? 0 : startPos(at.expr);
	if ("scopePos" in at) return at.pos;
	return startPos(at);
}
