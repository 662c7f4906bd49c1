// Commands that show variables, types, memory and lists of names.
import { printValue } from "#proc/print";
import type { ApiVariable, EvalScope, LoadConfig } from "../api.ts";
import { SHORT_LOAD, hex, sameLoad, singleLine } from "./format.ts";
import { listWaiting } from "./goroutines.ts";
import type { Context, Terminal } from "./terminal.ts";
import { split2 } from "./words.ts";

function formatArgument(args: string): { format: string; expr: string } {
	const m = /^%(\S+)\s+([\s\S]+)$/.exec(args);
	return m === null ? { format: "", expr: args } : { format: `%${m[1]}`, expr: m[2] as string };
}

function evaluate(t: Terminal, scope: EvalScope, Expr: string, Cfg: LoadConfig): Promise<ApiVariable> {
	return t.client.call<{ Variable: ApiVariable }>("Eval", { Scope: scope, Expr, Cfg }).then((r) => r.Variable);
}

export async function print(t: Terminal, args: string, c: Context): Promise<void> {
	if (args === "") throw new Error("not enough arguments");
	if (c.breakpoint !== null) {
		c.breakpoint.variables = [...(c.breakpoint.variables ?? []), args];
		return;
	}
	const { format, expr } = formatArgument(args);
	const v = await evaluate(t, c.scope, expr, t.config.load);
	t.line(printValue(v, { newlines: true, format, rawStrings: t.config.bool("show-raw-strings") }));
	if (v.kind !== CHAN) return;
	t.line("\nGoroutines waiting on this channel:");
	await listWaiting(t, c, expr);
}

const CHAN = 18;

export function variableArguments(t: Terminal, args: string): { filter: string; load: LoadConfig } {
	const [first, rest] = split2(args);
	return first === "-v" ? { filter: rest, load: t.config.load } : { filter: args, load: SHORT_LOAD };
}

export function printVariables(t: Terminal, kind: string, list: readonly ApiVariable[], filter: string, load: LoadConfig): void {
	const re = new RegExp(filter);
	let any = false;
	for (const v of list) {
		if (!re.test(v.name)) continue;
		any = true;
		const name = (v.flags & 2) !== 0 ? `(${v.name})` : v.name;
		t.line(`${name} = ${sameLoad(load, SHORT_LOAD) ? singleLine(v) : t.multiLine(v, "")}`);
	}
	if (!any) t.line(`(no ${kind})`);
}

export async function whatis(t: Terminal, args: string, c: Context): Promise<void> {
	if (args === "") throw new Error("not enough arguments");
	let v: ApiVariable;
	try {
		v = await evaluate(t, c.scope, args, SHORT_LOAD);
	} catch (e) {
		interface Info {
			TypeInfo: {
				Kind: number;
				Size: number;
				RealType: string;
				Fields: { Name: string; Type: string }[] | null;
				Methods: { Name: string }[] | null;
			};
		}
		const info = await t.client.call<Info>("TypeInfo", { Name: args }).catch(() => null);
		if (info === null) throw e;
		const i = info.TypeInfo;
		t.line(`${KINDS[i.Kind] ?? "invalid"} type, size: ${i.Size} bytes`);
		if (i.RealType !== "") t.line(`Real type: ${i.RealType}`);
		const fields = i.Fields ?? [];
		const width = Math.max(...fields.map((f) => f.Name.length), 0) + 2;
		if (fields.length > 0) t.print(`Fields:\n${fields.map((f) => `\t${f.Name.padEnd(width)}${f.Type}\n`).join("")}`);
		if ((i.Methods ?? []).length > 0) t.print(`Methods:\n${(i.Methods ?? []).map((m) => `\t${m.Name}\n`).join("")}`);
		return;
	}
	if ((v.flags & 128) !== 0) return t.line("CPU Register");
	if (v.type !== "") t.line(v.type);
	if (v.realType !== v.type) t.line(`Real type: ${v.realType}`);
	const inner = v.children[0];
	if (v.kind === 20 && inner !== undefined) t.line(`Concrete type: ${inner.type}`);
	if (t.config.bool("show-location-expr") && v.LocationExpr !== "") t.line(`location: ${v.LocationExpr}`);
}

const KINDS =
	"invalid bool int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 uintptr float32 float64 complex64 complex128 array chan func interface map ptr slice string struct unsafe.Pointer".split(
		" ",
	);

export async function names(t: Terminal, method: string, key: string, filter: string): Promise<void> {
	const r = await t.client.call<Record<string, string[]>>(method, { Filter: filter });
	for (const n of r[key] ?? []) t.line(n);
}

export async function examineMemory(t: Terminal, args: string, c: Context): Promise<void> {
	let format = "x";
	let count = 1;
	let size = 1;
	let operand = "";
	let isExpr = false;
	const words = args.split(/\s+/);
	for (let i = 0; i < words.length; i++) {
		const w = words[i];
		if (w === "-fmt")
			format =
				{ binary: "b", bin: "b", octal: "o", oct: "o", decimal: "d", dec: "d", hexadecimal: "x", hex: "x", raw: "r" }[words[++i] ?? ""] ??
				invalidFormat(words[i] ?? "");
		else if (w === "-count" || w === "-len") count = Number(words[++i]);
		else if (w === "-size") size = Number(words[++i]);
		else if (w === "-x") {
			isExpr = true;
			operand = words.slice(i + 1).join(" ");
			break;
		} else {
			operand = w ?? "";
			if (i !== words.length - 1) throw new Error(`unknown option ${JSON.stringify(w)}`);
		}
	}
	if (!(count > 0)) throw new Error("count/len must be a positive integer");
	if (!(size > 0 && size <= 8)) throw new Error("size must be a positive integer (<=8)");
	if (operand === "") throw new Error("no address specified");
	let address = Number(operand);
	if (isExpr) {
		const v = await evaluate(t, c.scope, operand, t.config.load);
		address = v.kind === 22 ? (v.children[0]?.addr ?? 0) : Number(v.value);
	}
	if (!Number.isInteger(address))
		throw new Error(`convert address into uintptr type failed, strconv.ParseUint: parsing ${JSON.stringify(operand)}: invalid syntax`);
	const { Mem } = await t.client.call<{ Mem: string }>("ExamineMemory", { Address: address, Length: count * size });
	const bytes = Buffer.from(Mem, "base64");
	if (format === "r") process.stdout.write(bytes);
	else t.print(memoryTable(address, bytes, format, size));
}

function invalidFormat(name: string): never {
	throw new Error(`${JSON.stringify(name)} is not a valid format`);
}

/** Memory in rows of columns, as Delve prints it. */
function memoryTable(address: number, bytes: Buffer, format: string, size: number): string {
	const digits = { b: 8 * size, o: Math.ceil((8 * size) / 3), d: 3 * size, x: 2 * size }[format] ?? 2;
	const prefix = { b: "", o: "0", d: "", x: "0x" }[format] ?? "";
	const columns = format === "b" ? 4 : 8;
	const radix = { b: 2, o: 8, d: 10, x: 16 }[format] ?? 16;
	let out = "";
	for (let i = 0; i < bytes.length; i += size * columns) {
		out += `${hex(address + i)}:`;
		for (let c = 0; c < columns && i + c * size < bytes.length; c++) {
			let v = 0n;
			for (let k = size - 1; k >= 0; k--) v = (v << 8n) | BigInt(bytes[i + c * size + k] ?? 0);
			out += `   ${prefix}${v.toString(radix).padStart(digits, "0")}`;
		}
		out += "   \n";
	}
	return out;
}

export async function display(t: Terminal, args: string): Promise<void> {
	const [first, rest] = split2(args);
	if (first === "-d") {
		const n = Number(rest);
		if (!(n >= 0 && n < t.displays.length) || t.displays[n] === null) throw new Error(`${rest} is out of range`);
		t.displays[n] = null;
	} else if (first === "-a") {
		const { format, expr } = formatArgument(rest);
		if (expr === "") throw new Error("not enough arguments");
		t.displays.push({ expr, format });
		await t.showDisplay(t.displays.length - 1, expr, format);
	} else if (first === "") await t.showDisplays();
	else throw new Error("wrong arguments");
}
