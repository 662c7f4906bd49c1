// The textual form of a function: printer and parser. What it looks like:
//
//	func pkg.f(i64 r0, ptr r1 +8) (i64 r0) stack=16 abi=1
//	s0 tmp size=16 align=8 ptrs=2 addrtaken
//	b0: <-
//	  v1 = Arg i64 [0]
//	  v2 = Call void {call runtime.g 1 (i64 r0) (i64 r0) stack=8 abi=1} v1 @1200/0
//	  v3 = Result i64 [0] v2
//	  v4 = Lt bool v1 v3
//	  If v4 likely -> b1 b2
//
// Numbers after v, b and s are the ids themselves. A value is: id, op, type,
// {aux}, [auxInt], arguments, @pos/inline site; parts that are zero are left out.
// `<-` lists predecessors in the order of phi arguments; the parser derives them
// from the ends of the blocks in textual order when the arrow is missing.

import { InternalError } from "#base";
import { type ArgLoc, type Aux, BlockData, BlockKind, type CallSig, type DwarfVarInfo, Func, type Slot } from "./func.ts";
import { type Op, OpNop, opNames } from "./ops.gen.ts";
import { nameOfT, type T } from "./types.ts";

const kindNames: readonly string[] = ["Open", "Plain", "If", "Ret", "Exit", "JumpTable", "Defer"];

export interface DumpOptions {
	/** Names of the target's operations (numbered from 256). */
	opName?: (op: Op) => string;
	/** Leave out positions and inline sites. */
	noPos?: boolean;
	/** Leave out the debugger's variables, scopes and inline sites. */
	noDebug?: boolean;
}

export interface ParseOptions {
	/** Numbers of the target's operations. */
	opByName?: (name: string) => Op | undefined;
}

const bare = /^[^\s"{}[\](),@]+$/;
const quote = (s: string): string => (bare.test(s) ? s : JSON.stringify(s));

function locText(l: ArgLoc): string {
	return `${nameOfT[l.type]}${l.reg >= 0 ? ` r${l.reg}` : ""}${l.off >= 0 ? ` +${l.off}` : ""}`;
}

function sigText(s: CallSig): string {
	return `(${s.args.map(locText).join(", ")}) (${s.results.map(locText).join(", ")}) stack=${s.stackSize} abi=${s.abi}`;
}

function auxText(a: Aux): string {
	if (typeof a === "string") return `{str ${JSON.stringify(a)}}`;
	if ("sig" in a) {
		const target = a.target === null ? "-" : `${quote(a.target.name)} ${a.target.abi}`;
		return `{call ${target} ${sigText(a.sig)}${a.noreturn ? " noreturn" : ""}}`;
	}
	if ("args" in a) return `{sig ${sigText(a)}}`;
	return `{sym ${quote(a.name)} ${a.abi}}`;
}

function slotText(s: Slot, i: number): string {
	let t = `s${i} ${quote(s.name)} size=${s.size} align=${s.align}`;
	if (s.ptrmask !== null)
		t += ` ptrs=${s.ptrmask.length === 0 ? "-" : Array.from(s.ptrmask, (b) => b.toString(16).padStart(2, "0")).join("")}`;
	if (s.addrTaken) t += " addrtaken";
	if (s.gcSym !== "") t += ` gc=${quote(s.gcSym)}`;
	if (s.argOffset !== -1) t += ` arg=${s.argOffset}`;
	if (s.dwarfVar !== -1) t += ` var=${s.dwarfVar}`;
	return t;
}

function headText(f: Func): string {
	let t = `func ${quote(f.name)}${sigText(f.sig)}`;
	if (f.pos !== 0) t += ` pos=${f.pos}`;
	if (f.symFlags !== 0) t += ` symflags=${f.symFlags}`;
	if (f.funcId !== 0) t += ` funcid=${f.funcId}`;
	for (const flag of flags) if (f[flag]) t += ` ${flag}`;
	if (f.openDefers !== null) t += ` opendefers=${[f.openDefers.bitsSlot, ...f.openDefers.closureSlots].join("/")}`;
	return t;
}

const flags = ["needCtxt", "hasDefer", "noWriteBarrier", "unsafePoints", "noOpt"] as const;

/** One value as it stands in a dump. */
export function valueText(f: Func, v: number, o: DumpOptions = {}): string {
	const op = f.op[v];
	let t = `v${v} = ${opNames[op] ?? o.opName?.(op) ?? `op${op}`} ${nameOfT[f.type[v]]}`;
	const aux = f.auxes[f.aux[v]];
	if (aux != null) t += ` ${auxText(aux)}`;
	if (!f.isZero(v)) t += ` [${f.auxInt[v]}]`;
	for (let i = 0, n = f.nargs(v); i < n; i++) t += ` v${f.arg(v, i)}`;
	if (!o.noPos && (f.vpos[v] !== 0 || f.inl[v] !== -1)) t += ` @${f.vpos[v]}${f.inl[v] === -1 ? "" : `/${f.inl[v]}`}`;
	return t;
}

function blockEnd(blk: BlockData, o: DumpOptions): string {
	let t = kindNames[blk.kind] ?? `kind${blk.kind}`;
	if (blk.control !== 0) t += ` v${blk.control}`;
	if (blk.likely !== 0) t += blk.likely > 0 ? " likely" : " unlikely";
	if (blk.succs.length > 0) t += ` -> ${blk.succs.map((c) => `b${c}`).join(" ")}`;
	if (!o.noPos && (blk.pos !== 0 || blk.inl !== -1)) t += ` @${blk.pos}${blk.inl === -1 ? "" : `/${blk.inl}`}`;
	return t;
}

/** The whole function as text that parseFunc reads back. */
export function dump(f: Func, o: DumpOptions = {}): string {
	const out: string[] = [headText(f)];
	if (!o.noDebug) debugText(f, out);
	f.slots.forEach((s, i) => out.push(slotText(s, i)));
	f.blocks.forEach((blk, b) => {
		out.push(`b${b}: <-${blk.preds.map((p) => ` b${p}`).join("")}${blk.unsafe ? " unsafe" : ""}`);
		for (const v of blk.values) if (f.op[v] !== OpNop) out.push(`  ${valueText(f, v, o)}`);
		out.push(`  ${blockEnd(blk, o)}`);
	});
	return `${out.join("\n")}\n`;
}

function debugText(f: Func, out: string[]): void {
	for (const s of f.inlined) out.push(`inl ${s.parent} ${quote(s.func)} ${s.declPos} ${s.callPos}`);
	for (const s of f.scopes) out.push(`scope ${s.parent} ${s.pos} ${s.end} ${s.inl}`);
	for (const v of f.vars)
		out.push(
			`var ${quote(v.name)} ${quote(v.type)} ${v.kind} ${v.declPos} ${v.scope} ${v.inlined} ${v.closureOffset} size=${v.size} pieces=${v.pieces.map((p) => `${p.off}:${p.size}`).join("+")}${v.firstArg < 0 ? "" : ` args=${v.firstArg}`}`,
		);
}

// ---- parser ----

/** Thrown by parseFunc; the message holds the line. */
export class TextError extends Error {}

class Tokens {
	readonly toks: string[];
	at = 0;
	readonly where: string;
	constructor(line: string, number: number) {
		this.toks = line.match(/"(?:[^"\\]|\\.)*"|->|<-|[{}[\](),@]|[^\s"{}[\](),@]+/g) ?? [];
		this.where = `line ${number}: ${line.trim()}`;
	}
	get peek(): string {
		return this.toks[this.at] ?? "";
	}
	next(): string {
		return this.toks[this.at++] ?? "";
	}
	accept(t: string): boolean {
		if (this.peek !== t) return false;
		this.at++;
		return true;
	}
	expect(t: string): void {
		if (!this.accept(t)) this.fail(`want ${t}, have "${this.peek}"`);
	}
	fail(why: string): never {
		throw new TextError(`${this.where}: ${why}`);
	}
	str(): string {
		const t = this.next();
		if (t === "") this.fail("unexpected end");
		return t.startsWith('"') ? (JSON.parse(t) as string) : t;
	}
	int(): number {
		const n = Number(this.next());
		if (!Number.isInteger(n)) this.fail(`"${this.toks[this.at - 1]}" is no integer`);
		return n;
	}
	id(prefix: string): number {
		const t = this.next();
		const n = Number(t.slice(1));
		if (!t.startsWith(prefix) || t.length < 2 || !Number.isInteger(n) || n < 0) this.fail(`want ${prefix}<number>, have "${t}"`);
		return n;
	}
	isId(prefix: string): boolean {
		return new RegExp(`^${prefix}\\d+$`).test(this.peek);
	}
	type(): T {
		const t = nameOfT.indexOf(this.next());
		if (t < 0) this.fail(`"${this.toks[this.at - 1]}" is no type`);
		return t as T;
	}
	/** name=value */
	keyed(key: string): string | null {
		if (!this.peek.startsWith(`${key}=`)) return null;
		const rest = this.next().slice(key.length + 1);
		return rest === "" ? this.str() : rest;
	}
}

function parseLocs(t: Tokens): ArgLoc[] {
	t.expect("(");
	const out: ArgLoc[] = [];
	while (!t.accept(")")) {
		const l: ArgLoc = { type: t.type(), reg: -1, off: -1 };
		if (t.isId("r")) l.reg = t.id("r");
		if (t.isId("\\+")) l.off = t.id("+");
		out.push(l);
		t.accept(",");
	}
	return out;
}

function parseSig(t: Tokens): CallSig {
	const args = parseLocs(t);
	const results = parseLocs(t);
	return { args, results, stackSize: Number(t.keyed("stack") ?? 0), abi: t.keyed("abi") === "0" ? 0 : 1 };
}

function parseAux(t: Tokens): Aux {
	const kind = t.next();
	const abi = (): 0 | 1 => (t.int() === 0 ? 0 : 1);
	let a: Aux;
	if (kind === "str") a = t.str();
	else if (kind === "sig") a = parseSig(t);
	else if (kind === "sym") a = { name: t.str(), abi: abi() };
	else if (kind === "call") {
		const target = t.accept("-") ? null : { name: t.str(), abi: abi() };
		a = { target, sig: parseSig(t), noreturn: t.accept("noreturn") };
	} else return t.fail(`aux of kind "${kind}"`);
	t.expect("}");
	return a;
}

function parseHead(t: Tokens): Func {
	const name = t.str();
	const f = new Func(name, parseSig(t), Number(t.keyed("pos") ?? 0));
	f.symFlags = Number(t.keyed("symflags") ?? 0);
	f.funcId = Number(t.keyed("funcid") ?? 0);
	for (const flag of flags) if (t.accept(flag)) f[flag] = true;
	const open = t.keyed("opendefers");
	if (open !== null) {
		const [bitsSlot, ...closureSlots] = open.split("/").map(Number);
		f.openDefers = { bitsSlot, closureSlots };
	}
	return f;
}

function parseSlot(t: Tokens, f: Func): void {
	const i = t.id("s");
	if (i !== f.slots.length) t.fail("slots must be numbered in order");
	const s: Slot = { name: t.str(), size: 0, align: 1, ptrmask: null, addrTaken: false, gcSym: "", argOffset: -1, dwarfVar: -1 };
	s.size = Number(t.keyed("size") ?? 0);
	s.align = Number(t.keyed("align") ?? 8);
	const ptrs = t.keyed("ptrs");
	if (ptrs !== null) s.ptrmask = Uint8Array.from(ptrs === "-" ? [] : (ptrs.match(/../g) ?? []), (h) => Number.parseInt(h, 16));
	s.addrTaken = t.accept("addrtaken");
	s.gcSym = t.keyed("gc") ?? "";
	s.argOffset = Number(t.keyed("arg") ?? -1);
	s.dwarfVar = Number(t.keyed("var") ?? -1);
	f.addSlot(s);
}

function parseValue(t: Tokens, f: Func, b: number, auxes: Map<string, number>, o: ParseOptions): void {
	const v = t.id("v");
	if (v === 0) t.fail("v0 is no value");
	t.expect("=");
	const opName = t.next();
	let op: Op | undefined = opNames.indexOf(opName);
	if (op < 0) op = o.opByName?.(opName);
	if (op === undefined) t.fail(`"${opName}" is no operation`);
	const type = t.type();
	let aux = 0;
	if (t.accept("{")) {
		const start = t.at;
		const a = parseAux(t);
		const key = t.toks.slice(start, t.at).join(" ");
		aux = auxes.get(key) ?? 0;
		if (aux === 0) {
			aux = f.newAux(a);
			auxes.set(key, aux);
		}
	}
	let auxInt = 0n;
	if (t.accept("[")) {
		auxInt = BigInt.asIntN(64, BigInt(t.next()));
		t.expect("]");
	}
	const args: number[] = [];
	while (t.isId("v")) args.push(t.id("v"));
	while (f.nvals <= v) f.newValueFloating(OpNop, 0, [], 0n, 0, 0, -1);
	if (f.block[v] !== -1) t.fail(`v${v} is defined twice`);
	f.op[v] = op;
	f.type[v] = type;
	f.auxInt[v] = auxInt;
	f.aux[v] = aux;
	f.block[v] = b;
	f.setArgs(v, args);
	[f.vpos[v], f.inl[v]] = parsePos(t);
	f.blocks[b].values.push(v);
}

function parsePos(t: Tokens): [number, number] {
	if (!t.accept("@")) return [0, -1];
	const [pos, inl] = t.next().split("/");
	return [Number(pos), inl === undefined ? -1 : Number(inl)];
}

function parseEnd(t: Tokens, blk: BlockData): void {
	const name = t.next();
	const kind = kindNames.indexOf(name);
	if (kind < 0) t.fail(`"${name}" is no kind of block`);
	blk.kind = kind as BlockKind;
	if (t.isId("v")) blk.control = t.id("v");
	if (t.accept("likely")) blk.likely = 1;
	else if (t.accept("unlikely")) blk.likely = -1;
	if (t.accept("->")) while (t.isId("b")) blk.succs.push(t.id("b"));
	[blk.pos, blk.inl] = parsePos(t);
}

function parsePieces(text: string): { off: number; size: number }[] {
	if (text === "") return [];
	return text.split("+").map((p) => {
		const [off, size] = p.split(":").map(Number);
		return { off, size };
	});
}

function parseDebug(t: Tokens, f: Func): boolean {
	if (t.accept("inl")) f.inlined.push({ parent: t.int(), func: t.str(), declPos: t.int(), callPos: t.int() });
	else if (t.accept("scope")) f.scopes.push({ parent: t.int(), pos: t.int(), end: t.int(), inl: t.int() });
	else if (t.accept("var"))
		f.vars.push({
			name: t.str(),
			type: t.str(),
			kind: t.str() as DwarfVarInfo["kind"],
			declPos: t.int(),
			scope: t.int(),
			inlined: t.int(),
			closureOffset: t.int(),
			size: Number(t.keyed("size") ?? 0),
			pieces: parsePieces(t.keyed("pieces") ?? ""),
			firstArg: Number(t.keyed("args") ?? -1),
		});
	else return false;
	return true;
}

/** Reads what dump writes; lines that begin with // are comments. Throws TextError. */
export function parseFunc(text: string, o: ParseOptions = {}): Func {
	let f: Func | null = null;
	let cur = -1;
	const auxes = new Map<string, number>();
	const listed = new Set<number>();
	const lines = text.split("\n");
	for (let i = 0; i < lines.length; i++) {
		const line = lines[i].trim();
		if (line === "" || line.startsWith("//")) continue;
		const t = new Tokens(line, i + 1);
		if (t.accept("func")) f = parseHead(t);
		else if (f === null) t.fail("want func");
		else if (parseDebug(t, f)) continue;
		else if (t.isId("s")) parseSlot(t, f);
		else if (/^b\d+:$/.test(t.peek)) {
			cur = Number(t.next().slice(1, -1));
			if (cur > 1 << 20) t.fail("block number too large");
			while (f.blocks.length <= cur) f.blocks.push(new BlockData(BlockKind.Open));
			if (t.accept("<-")) {
				listed.add(cur);
				while (t.isId("b")) f.blocks[cur].preds.push(t.id("b"));
			}
			f.blocks[cur].unsafe = t.accept("unsafe");
		} else if (cur < 0) t.fail("want a block");
		else if (t.isId("v")) parseValue(t, f, cur, auxes, o);
		else parseEnd(t, f.blocks[cur]);
		if (t.at < t.toks.length) t.fail(`unexpected "${t.peek}"`);
	}
	if (f === null) throw new TextError("no function");
	for (let b = 0; b < f.blocks.length; b++)
		for (const c of f.blocks[b].succs) {
			if (c >= f.blocks.length) throw new TextError(`b${b} goes to b${c}, which does not exist`);
			if (!listed.has(c)) f.blocks[c].preds.push(b);
		}
	return f;
}

/** Parses text that is known to be right, for tests. */
export function mustParse(text: string): Func {
	try {
		return parseFunc(text);
	} catch (e) {
		throw new InternalError(`bad SSA text: ${e instanceof Error ? e.message : String(e)}`);
	}
}
