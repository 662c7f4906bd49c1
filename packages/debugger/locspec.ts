// Location expressions: *address, file:line, line, +n, -n, [pkg.][(*T).]func[:line], /regexp/. Messages are Delve's.
import { type PathRules, substitutePath } from "./paths.ts";
import { parseFuncName } from "#bininfo";
import { LineNotFoundError, type Locator } from "#proc/live";
import type { ApiLocation, EvalScope } from "./api.ts";
import type { Debuggee } from "./debuggee.ts";
import { scopeAt } from "./evaluate.ts";
import type { Placement } from "./logical.ts";
import type { Session } from "./session.ts";
import { functionView } from "./views.ts";

export type LocationSpec =
	| { kind: "address"; expr: string }
	| { kind: "offset"; offset: number }
	| { kind: "line"; line: number }
	| { kind: "regexp"; pattern: string }
	| { kind: "normal"; base: string; func: FuncSpec | null; line: number };

interface FuncSpec {
	pkg: string;
	absolute: boolean;
	receiver: string;
	packageOrReceiver: string;
	base: string;
}

export class LocationNotFoundError extends Error {
	constructor(spec: string) {
		super(`location ${goQuote(spec)} not found`);
	}
}

/** What resolving a location needs to know. */
export interface LocationContext {
	locator: Locator;
	/** Name the program was started by. */
	program: string;
	/** The pc of the scope's frame, or 0 when there is no scope. */
	pc: number;
	rules: PathRules;
	includeNonExecutable: boolean;
	/** An address expression's value: a number, or a function's entry with its name. Null without a scope. */
	evaluate: ((expr: string) => { address: number; func: string }) | null;
}

export interface Resolved {
	locations: { pc: number; pcs: number[]; file?: string; line?: number }[];
	/** A location expression that means the same without this scope; "" = the given one. */
	substitute: string;
}

const MAX_CANDIDATES = 5;

/** A Go string literal for a message. */
export function goQuote(s: string): string {
	return JSON.stringify(s);
}

export function parseLocation(text: string): LocationSpec {
	const malformed = (reason: string, at: number = 0): Error =>
		new Error(`Malformed breakpoint location ${goQuote(text)} at ${at}: ${reason}`);
	if (text === "") throw malformed("empty string");
	const first = text[0];
	if (first === "+" || first === "-") {
		if (!/^[+-]\d+$/.test(text)) throw malformed(`strconv.Atoi: parsing ${goQuote(text)}: invalid syntax`);
		return { kind: "offset", offset: Number(text) };
	}
	if (first === "*") return { kind: "address", expr: text.slice(1) };
	if (first === "/" && text.length > 1 && text.endsWith("/")) {
		const [pattern, rest] = readPattern(text.slice(1));
		if (rest === "") throw malformed("non-terminated regular expression", text.length);
		if (rest.length > 1) throw malformed("no line offset can be specified for regular expression locations", text.length - rest.length);
		return { kind: "regexp", pattern };
	}
	return parseNormal(text, malformed);
}

function parseNormal(text: string, malformed: (reason: string, at?: number) => Error): LocationSpec {
	const colon = text.lastIndexOf(":");
	if (colon < 0) {
		if (/^-?(\d[\d_]*|0[xX][\da-fA-F_]+|0[oO]?[0-7_]+|0[bB][01_]+)$/.test(text))
			return { kind: "line", line: Number(text.replaceAll("_", "")) };
		return { kind: "normal", base: text, func: parseFuncSpec(text), line: -1 };
	}
	const base = text.slice(0, colon);
	const line = text.slice(colon + 1);
	if (!/^\+?\d+$/.test(line)) throw malformed("line offset negative or not a number", colon + 1);
	return { kind: "normal", base, func: parseFuncSpec(base), line: Number(line) };
}

function readPattern(text: string): [string, string] {
	let out = "";
	for (let i = 0; i < text.length; i++) {
		const c = text[i] as string;
		if (c === "\\" && i + 1 < text.length) {
			const next = text[++i] as string;
			out += next === "/" ? "/" : `\\${next}`;
		} else if (c === "/") return [out, text.slice(i)];
		else out += c;
	}
	return [out, ""];
}

function undecorated(receiver: string): string {
	return receiver.length >= 3 && receiver.startsWith("(*") && receiver.endsWith(")") ? receiver.slice(2, -1) : receiver;
}

function parseFuncSpec(text: string): FuncSpec | null {
	const slash = text.lastIndexOf("/");
	const parts = slash < 0 ? text.split(".") : text.slice(slash).split(".");
	if (slash >= 0) parts[0] = text.slice(0, slash) + parts[0];
	const spec: FuncSpec = { pkg: "", absolute: false, receiver: "", packageOrReceiver: "", base: parts[parts.length - 1] as string };
	const [a, b] = parts;
	if (parts.length === 2) {
		const r = undecorated(a as string);
		if (r !== a) spec.receiver = r;
		else if (r.includes("/")) spec.pkg = r;
		else spec.packageOrReceiver = r;
	} else if (parts.length === 3) {
		spec.receiver = undecorated(b as string);
		spec.pkg = a as string;
	} else if (parts.length > 3) return null;
	if (spec.pkg.startsWith("/")) {
		spec.pkg = spec.pkg.slice(1);
		spec.absolute = true;
	}
	return spec.base.includes("/") || spec.receiver.includes("/") ? null : spec;
}

/** A suffix of a path that begins at a slash, or all of it. */
export function partialPathMatch(part: string, path: string): boolean {
	if (part.length < path.length - 1) return path.endsWith(part) && path[path.length - part.length - 1] === "/";
	return part === path;
}

function matchesFunc(spec: FuncSpec, name: string): boolean {
	const f = parseFuncName(name);
	if (spec.base !== f.base) return false;
	const receiver = undecorated(f.receiver);
	if (spec.receiver !== "" && spec.receiver !== receiver) return false;
	if (spec.pkg !== "") {
		if (spec.absolute ? spec.pkg !== f.pkg : !partialPathMatch(spec.pkg, f.pkg)) return false;
	}
	return spec.packageOrReceiver === "" || partialPathMatch(spec.packageOrReceiver, f.pkg) || spec.packageOrReceiver === receiver;
}

export function resolveLocation(text: string, spec: LocationSpec, c: LocationContext): Resolved {
	switch (spec.kind) {
		case "address":
			return resolveAddress(spec.expr, c);
		case "regexp":
			return resolvePattern(spec.pattern, c);
		case "offset":
		case "line":
			return resolveRelative(spec, c);
		case "normal":
			return resolveNormal(text, spec, c);
	}
}

function resolveAddress(expr: string, c: LocationContext): Resolved {
	if (c.evaluate === null) {
		const address = Number(expr);
		if (!Number.isInteger(address) || expr.trim() === "") throw new Error("could not determine current location (scope is nil)");
		return { locations: [{ pc: address, pcs: [address] }], substitute: "" };
	}
	const v = c.evaluate(expr);
	if (v.func === "") return { locations: [{ pc: v.address, pcs: [v.address] }], substitute: "" };
	const f = c.locator.binary.funcAt(v.address);
	const pc = f === null ? v.address : c.locator.afterPrologue(f);
	return { locations: [{ pc, pcs: [pc] }], substitute: v.func };
}

function resolvePattern(pattern: string, c: LocationContext): Resolved {
	const re = goRegExp(pattern);
	const locations: Resolved["locations"] = [];
	for (const name of [...c.locator.binary.functionNames()].filter((n) => re.test(n)).sort()) {
		try {
			locations.push(located(c.locator.func(name)));
		} catch {
			// exists only as a name
		}
	}
	return { locations, substitute: "" };
}

/** What Go's regexp package says of a broken pattern. */
function regExpError(pattern: string, e: unknown): string {
	const text = e instanceof Error ? e.message : String(e);
	if (text.includes("Unterminated character class")) return `missing closing ]: \`${pattern.slice(pattern.lastIndexOf("["))}\``;
	if (text.includes("Unterminated group")) return `missing closing ): \`${pattern}\``;
	if (text.includes("Unmatched ')'")) return `unexpected ): \`${pattern}\``;
	if (text.includes("\\ at end of pattern")) return "trailing backslash at end of expression: ``";
	const star = /(?:^|[(|])([*+?])/.exec(pattern);
	if (text.includes("Nothing to repeat") && star !== null) return `missing argument to repetition operator: \`${star[1]}\``;
	return text.replace(/^Invalid regular expression: /, "");
}

/** Throws with Delve's words for a filter that is no regular expression. */
export function goRegExp(pattern: string): RegExp {
	try {
		const flags = /^\(\?([ims]+)\)/.exec(pattern);
		return flags === null ? new RegExp(pattern, "u") : new RegExp(pattern.slice(flags[0].length), `u${flags[1]}`);
	} catch {
		try {
			return new RegExp(pattern);
		} catch (e) {
			throw new Error(`invalid filter argument: error parsing regexp: ${regExpError(pattern, e)}`);
		}
	}
}

function located(pcs: number[]): { pc: number; pcs: number[] } {
	return { pc: pcs[0] ?? 0, pcs };
}

function resolveRelative(spec: { kind: "offset"; offset: number } | { kind: "line"; line: number }, c: LocationContext): Resolved {
	if (c.evaluate === null) throw new Error("could not determine current location (scope is nil)");
	const here = c.locator.binary.position(c.pc);
	if (spec.kind === "offset" && spec.offset === 0) {
		return { locations: [{ pc: c.pc, pcs: [c.pc] }], substitute: here === null ? "" : `${here.file}:${here.line}` };
	}
	if (here === null) throw new Error("could not determine current location");
	const line = spec.kind === "line" ? spec.line : here.line + spec.offset;
	return { locations: [fileLine(here.file, line, c)], substitute: `${here.file}:${line}` };
}

function fileLine(file: string, line: number, c: LocationContext): { pc: number; pcs: number[]; file?: string; line?: number } {
	try {
		return located(c.locator.line(file, line));
	} catch (e) {
		if (c.includeNonExecutable && e instanceof LineNotFoundError) return { pc: 0, pcs: [], file, line };
		throw e;
	}
}

/** Ends of names of source files. */
const SOURCE = /\.(?:go|s|S|c|h|cc|cpp|cxx|hpp|m|f|y|l)$/;

function resolveNormal(text: string, spec: { base: string; func: FuncSpec | null; line: number }, c: LocationContext): Resolved {
	// A function's whole name needs no look at all others; source files do not end like that.
	if (spec.func !== null && !SOURCE.test(spec.base) && c.locator.binary.funcs.named(spec.base).length > 0)
		return { locations: [located(c.locator.func(spec.base, Math.max(spec.line, 0)))], substitute: "" };
	const files: string[] = [];
	for (const source of c.locator.sources()) {
		const shown = c.rules.length > 0 ? substitutePath(source, c.rules) : source;
		if (!partialPathMatch(spec.base, shown) && !relativeToProgram(spec.base, c.program, shown)) continue;
		files.push(source);
		if (files.length >= MAX_CANDIDATES) break;
	}
	const room = MAX_CANDIDATES - files.length;
	const funcs = spec.func !== null && room > 0 ? findFuncs(spec.base, spec.func, room, c) : [];
	if (files.length + funcs.length === 0) {
		if (c.evaluate === null) throw new LocationNotFoundError(text);
		// Perhaps an expression whose * was forgotten.
		try {
			return resolveAddress(text, c);
		} catch {
			throw new LocationNotFoundError(text);
		}
	}
	if (files.length + funcs.length > 1) throw new Error(`Location ${goQuote(text)} ambiguous: ${[...files, ...funcs].join(", ")}…`);
	const file = files[0];
	if (file !== undefined) {
		if (spec.line < 0) throw new Error("Malformed breakpoint location, no line offset specified");
		return { locations: [fileLine(file, spec.line, c)], substitute: "" };
	}
	return { locations: [located(c.locator.func(funcs[0] as string, Math.max(spec.line, 0)))], substitute: "" };
}

function relativeToProgram(expr: string, program: string, file: string): boolean {
	if (program === "" || !expr.startsWith(".")) return false;
	return file === new URL(expr, `file://${program}`).pathname;
}

function findFuncs(base: string, spec: FuncSpec, limit: number, c: LocationContext): string[] {
	const out = new Set<string>();
	const generic = c.locator.binary.genericFunctions();
	const instances = new Set<string>();
	for (const [name, list] of generic) {
		if (!matchesFunc(spec, name)) continue;
		if (base === name) return [name];
		if (out.size < limit) out.add(name);
		for (const i of list) instances.add(i);
	}
	for (const name of c.locator.binary.functionNames()) {
		if (instances.has(name) || !matchesFunc(spec, name)) continue;
		if (base === name) return [name];
		if (out.size < limit) out.add(name);
	}
	return [...out];
}

/** A location expression's places in every process. Throws with Delve's words when there is none. */
export function locationFor(
	session: Session,
	scope: EvalScope,
	text: string,
	includeNonExecutable: boolean,
	rules: PathRules,
): { locations: ApiLocation[]; substitute: string } {
	const spec = parseLocation(text);
	const locations: ApiLocation[] = [];
	let substitute = "";
	for (const d of session.all()) {
		const at = scopeAt(session, d, scope);
		let found: Resolved;
		try {
			found = resolveLocation(text, spec, {
				locator: d.locator,
				program: d.path,
				pc: at?.pc ?? 0,
				rules,
				includeNonExecutable,
				evaluate: at?.evaluate ?? null,
			});
		} catch (e) {
			if (e instanceof LocationNotFoundError) continue;
			throw e;
		}
		if (found.substitute !== "") substitute = found.substitute;
		for (const l of found.locations) {
			if (l.pc === 0) {
				locations.push({ pc: 0, file: l.file ?? "", line: l.line ?? 0 });
				continue;
			}
			const p = d.binary.position(l.pc);
			const view: ApiLocation = { pc: l.pc, file: p?.file ?? "", line: p?.line ?? 0 };
			if (p !== null) view.function = functionView(d.binary, p.func);
			view.pcs = l.pcs;
			view.pcpids = l.pcs.map(() => d.pid);
			locations.push(view);
		}
	}
	if (locations.length === 0) throw new LocationNotFoundError(text);
	return { locations, substitute };
}

/** The addresses of a breakpoint in one process. Throws with Delve's words. */
export function placesOf(session: Session, d: Debuggee, placement: Placement, expr: string, rules: PathRules): number[] {
	const direct = (): number[] => {
		switch (placement.kind) {
			case "line":
				return d.locator.line(placement.file, placement.line);
			case "function":
				return d.locator.func(placement.name, placement.line);
			case "addresses":
				return placement.addresses.filter((a) => a.pid === d.pid).map((a) => a.address);
			case "watch":
				return [];
		}
	};
	let error: unknown = null;
	try {
		const found = direct();
		if (found.length > 0) return found;
	} catch (e) {
		error = e;
	}
	if (expr !== "") {
		const found = resolveLocation(expr, parseLocation(expr), {
			locator: d.locator,
			program: d.path,
			pc: 0,
			rules,
			includeNonExecutable: false,
			evaluate: null,
		});
		const first = found.locations[0];
		if (found.locations.length === 1 && first !== undefined) return first.pcs;
	}
	if (error !== null) throw error;
	void session;
	return [];
}
