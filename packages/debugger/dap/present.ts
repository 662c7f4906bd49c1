// Variables as DAP shows them: a text, and a number to ask for the parts by. Texts, names and limits are Delve's.
import { Kind } from "#bininfo";
import { printValue } from "#proc/print";
import type { ApiVariable, EvalScope, LoadConfig } from "../api.ts";
import type { EngineClient } from "../client.ts";
import { detailsOf } from "./errors.ts";
import type { Handles } from "./handles.ts";
import type { Variable } from "./protocol.gen.ts";

/** A variable that a client may ask the parts of. */
export interface Node {
	v: ApiVariable;
	/** An expression for it; "" when there is none. */
	expr: string;
	/** A list of variables rather than one. */
	isScope: boolean;
	/** Index of the first child. */
	start: number;
	scope: EvalScope;
}

/** What can be read and written by reference. */
export interface MemoryRange {
	address: number;
	size: number;
}

export interface Settings {
	maxStringLen: number;
	maxArrayValues: number;
	showRawStrings: boolean;
	/** Capabilities of the client. */
	paging: boolean;
	types: boolean;
	memory: boolean;
}

interface Options {
	/** No number is made. */
	noReference?: boolean;
	/** The text is not cut. */
	full?: boolean;
}

const MAX_TEXT = 256;
const MAX_KEY = 64;
const SHADOWED = 2;
const FAKE_ADDRESS = 32;
const NOWHERE: EvalScope = { GoroutineID: -1, Frame: 0, DeferredCall: 0 };
const scalarKinds: ReadonlySet<number> = new Set([
	Kind.Bool,
	Kind.Int,
	Kind.Uint,
	Kind.Uintptr,
	Kind.Float32,
	Kind.Float64,
	Kind.Complex64,
	Kind.Complex128,
]);

function quoted(s: string): string {
	return JSON.stringify(s);
}

const hex = (n: number): string => `0x${n.toString(16)}`;

function isBytesOrRunes(v: ApiVariable): boolean {
	const of = v.children[0]?.realType;
	return (v.kind === Kind.Array || v.kind === Kind.Slice) && (of === "uint8" || of === "int32");
}

function indexedCount(v: ApiVariable): number {
	return v.kind === Kind.Array || v.kind === Kind.Slice || v.kind === Kind.Map ? v.len : 0;
}

function namedCount(v: ApiVariable): number {
	return (v.kind === Kind.Map && v.len > 0 ? 1 : 0) + (isBytesOrRunes(v) ? 1 : 0);
}

export class Presenter {
	private readonly engine: EngineClient;
	private readonly settings: Settings;
	readonly nodes: Handles<Node>;
	private readonly ranges: Handles<MemoryRange>;

	constructor(engine: EngineClient, settings: Settings, nodes: Handles<Node>, ranges: Handles<MemoryRange>) {
		this.engine = engine;
		this.settings = settings;
		this.nodes = nodes;
		this.ranges = ranges;
	}

	loadConfig(): LoadConfig {
		const { maxStringLen, maxArrayValues } = this.settings;
		return { FollowPointers: true, MaxVariableRecurse: 1, MaxStringLen: maxStringLen, MaxArrayValues: maxArrayValues, MaxStructFields: -1 };
	}

	async evaluate(scope: EvalScope, expr: string, load: LoadConfig = this.loadConfig()): Promise<ApiVariable> {
		const { Variable: v } = await this.engine.request<{ Variable: ApiVariable }>("Eval", { Scope: scope, Expr: expr, Cfg: load });
		return v;
	}

	text(v: ApiVariable): string {
		return printValue(v, { shortenTypes: true, rawStrings: this.settings.showRawStrings });
	}

	/** The dynamic type too, of an interface; "" for a client that does not show types. */
	type(v: ApiVariable): string {
		if (!this.settings.types) return "";
		const inner = v.kind === Kind.Interface ? v.children[0] : undefined;
		return inner !== undefined && inner.kind !== Kind.Invalid ? `${v.type}(${inner.type})` : v.type;
	}

	/** A variable's text and number; loads what its parent left out. */
	async convert(v: ApiVariable, expr: string, scope: EvalScope, options: Options = {}): Promise<{ value: string; reference: number }> {
		let value = this.text(v);
		if (v.unreadable !== "") return { value, reference: 0 };
		const note = await this.complete(v);
		value = note === null ? this.text(v) : `${this.text(v)} - FAILED TO LOAD: ${note}`;
		if (v.kind === Kind.Uint || v.kind === Kind.Uintptr) value = `${value} = ${hexOf(v.value)}`;
		value = this.partial(v) + value;
		if (!hasParts(v)) return { value, reference: 0 };
		const node: Node = { v, expr, isScope: false, start: 0, scope };
		const reference = options.noReference === true ? 0 : this.nodes.add(node);
		if (value.length > MAX_TEXT && options.full !== true) value = `${value.slice(0, MAX_TEXT)}...`;
		return { value, reference };
	}

	/** Says how much of a long list is there, when the client will not ask for the rest. */
	private partial(v: ApiVariable): string {
		const count = v.kind === Kind.Map ? v.children.length / 2 : v.children.length;
		const isList = v.kind === Kind.Slice || v.kind === Kind.Array || v.kind === Kind.Map;
		const isShort = v.len > count && count > 0 && (isList ? !this.settings.paging : v.kind === Kind.Struct || v.kind === Kind.Func);
		return isShort ? `(loaded ${count}/${v.len}) ` : "";
	}

	/** Loads a value that was not, because it lies too deep. The reason when that fails. */
	private async complete(v: ApiVariable): Promise<string | null> {
		const child = v.children[0];
		const isReference = v.kind === Kind.Pointer || v.kind === Kind.Interface;
		const isMissing = isReference
			? child !== undefined && child.onlyAddr && child.addr !== 0 && child.kind !== Kind.Invalid
			: v.len > 0 && v.children.length === 0 && (v.kind === Kind.Struct || v.kind === Kind.Func || (v.base !== 0 && indexedCount(v) > 0));
		if (!isMissing) return null;
		// A pointer without an address of its own, as &x: what it points to.
		const of = v.addr === 0 && v.kind === Kind.Pointer ? (child as ApiVariable) : v;
		if (of.addr === 0) return null;
		try {
			const loaded = await this.evaluate(NOWHERE, `*(*${quoted(of.type)})(${hex(of.addr)})`);
			if (of === v) {
				v.children = loaded.children;
				v.value = loaded.value;
			} else v.children = [{ ...loaded, name: of.name }];
			return null;
		} catch (e) {
			return detailsOf(e);
		}
	}

	/** The parts of a variable: its elements or fields, and what is derived from it (its length, its text). */
	async children(node: Node, filter: string | undefined, start: number, count: number): Promise<Variable[]> {
		let from = node;
		if (filter === "indexed") from = await this.resliced(node, start, count);
		const out: Variable[] = [];
		if (filter !== "indexed") out.push(...(await this.derived(node)));
		if (filter !== "named") out.push(...(await this.parts(from)));
		return out;
	}

	/** A node with just the elements that are asked for. */
	private async resliced(node: Node, start: number, count: number): Promise<Node> {
		const { v } = node;
		const have = v.kind === Kind.Map ? v.children.length / 2 : v.children.length;
		if (node.start === start && have === count) return node;
		const load = { ...this.loadConfig(), MaxArrayValues: count };
		const whole = v.kind === Kind.Map || v.kind === Kind.Slice || v.kind === Kind.Array;
		if (!whole) throw new Error(`can not slice ${this.text(v)}`);
		const to = Math.min(start + count, v.len);
		const base = v.addr !== 0 && (v.flags & FAKE_ADDRESS) === 0 ? `(*(*${quoted(v.type)})(${hex(v.addr)}))` : node.expr;
		const loaded = await this.evaluate(node.scope, v.kind === Kind.Map ? `${base}[${start}:]` : `${base}[${start}:${to}]`, load);
		const keep = (v.kind === Kind.Map ? 2 : 1) * (to - start);
		return { ...node, v: { ...v, children: loaded.children.slice(0, keep) }, start };
	}

	private async derived({ v, expr }: Node): Promise<Variable[]> {
		const out: Variable[] = [];
		if (v.kind === Kind.Map && v.len > 0) {
			out.push({ name: "len()", value: String(v.len), type: "int", evaluateName: `len(${expr})`, variablesReference: 0 });
		}
		if (isBytesOrRunes(v) && v.addr !== 0 && (v.flags & FAKE_ADDRESS) === 0) {
			const load = { ...this.loadConfig(), MaxArrayValues: this.settings.maxStringLen };
			try {
				const s = await this.evaluate(NOWHERE, `string(*(*${quoted(v.type)})(${hex(v.addr)}))`, load);
				out.push({ name: "string()", value: this.text(s), type: "string", variablesReference: 0 });
			} catch {
				// the elements are there all the same
			}
		}
		return out;
	}

	private async parts(node: Node): Promise<Variable[]> {
		const { v, expr, scope, start } = node;
		if (v.kind === Kind.Map) return this.pairs(node);
		const out: Variable[] = [];
		if (v.kind === Kind.Slice || v.kind === Kind.Array) {
			for (const [i, c] of v.children.entries())
				out.push(await this.variable(c, `[${start + i}]`, expr === "" ? "" : `${expr}[${start + i}]`, scope));
			return out;
		}
		for (const c of v.children) {
			const name = (c.flags & SHADOWED) !== 0 ? `(${c.name})` : c.name;
			out.push(await this.variable(c, name, this.fieldExpr(node, c), scope));
		}
		return out;
	}

	/** How to name a part in an expression; "" = not at all. */
	private fieldExpr({ v, expr, isScope }: Node, c: ApiVariable): string {
		if (/^[~.]/.test(c.name)) return "";
		if (isScope && v.name === "Registers") return `_${c.name.trim().toUpperCase()}`;
		if (expr === "") return isScope ? c.name : "";
		if (v.kind === Kind.Interface) return `${expr}.(${c.name})`;
		if (v.kind === Kind.Pointer) return `(*${expr})`;
		return v.kind === Kind.Complex64 || v.kind === Kind.Complex128 ? "" : `${expr}.${c.name}`;
	}

	async variable(v: ApiVariable, name: string, expr: string, scope: EvalScope): Promise<Variable> {
		const { value, reference } = await this.convert(v, expr, scope);
		const memory = this.memoryReference(v);
		return {
			name,
			value,
			...(expr === "" ? {} : { evaluateName: expr }),
			...this.shape(v),
			variablesReference: reference,
			...(memory === "" ? {} : { memoryReference: memory }),
		};
	}

	private shape(v: ApiVariable): { type?: string; indexedVariables?: number; namedVariables?: number } {
		const type = this.type(v);
		const indexed = indexedCount(v);
		const named = namedCount(v);
		return {
			...(type === "" ? {} : { type }),
			...(indexed === 0 ? {} : { indexedVariables: indexed }),
			...(named === 0 ? {} : { namedVariables: named }),
		};
	}

	/** A reference to the bytes of a string or a list. */
	private memoryReference(v: ApiVariable): string {
		if (!this.settings.memory) return "";
		const isList = v.kind === Kind.String || isBytesOrRunes(v);
		if (!isList || v.base === 0 || v.len === 0) return "";
		const width = v.kind !== Kind.String && v.children[0]?.realType === "int32" ? 4 : 1;
		return String(this.ranges.add({ address: v.base, size: v.len * width }));
	}

	/** A map's pairs: one line for each where the key or the value is a scalar, else two. */
	private async pairs({ v, expr, scope, start }: Node): Promise<Variable[]> {
		const out: Variable[] = [];
		for (let i = 0; i + 1 < v.children.length; i += 2) {
			const k = v.children[i] as ApiVariable;
			const e = v.children[i + 1] as ApiVariable;
			const keyExpr = `(*(*${quoted(k.type)})(${hex(k.addr)}))`;
			const valueExpr = `${expr}[${this.keyExpr(k) ?? keyExpr}]`;
			const key = await this.convert(k, keyExpr, scope);
			const value = await this.convert(e, valueExpr, scope);
			const n = start + i / 2;
			if (key.reference > 0 && value.reference > 0) {
				const of = (x: ApiVariable, name: string, c: typeof key, evaluateName: string): Variable => {
					return { name, value: c.value, evaluateName, ...this.shape(x), variablesReference: c.reference };
				};
				out.push(of(k, `[key ${n}]`, key, keyExpr), of(e, `[val ${n}]`, value, valueExpr));
				continue;
			}
			const { type, ...counts } = this.shape(key.reference > 0 ? k : e);
			const types = [this.type(k), this.type(e)];
			const name = key.reference > 0 && key.value.length > MAX_KEY ? `${key.value.slice(0, MAX_KEY)}... @ ${hex(k.addr)}` : key.value;
			out.push({
				name,
				value: value.value,
				evaluateName: valueExpr,
				...(type === undefined ? {} : { type: types.every((t) => t !== "") ? types.join(": ") : types[1] }),
				...counts,
				variablesReference: key.reference || value.reference,
			});
		}
		return out;
	}

	/** The key as a literal. */
	private keyExpr(k: ApiVariable): string | null {
		if (scalarKinds.has(k.kind)) return k.value;
		const isWhole = k.kind === Kind.String && k.unreadable === "" && k.StringValueBytes === null;
		return isWhole && Buffer.byteLength(k.value) === k.len ? quoted(k.value) : null;
	}
}

/** Whether a variable can be opened. */
function hasParts(v: ApiVariable): boolean {
	const child = v.children[0];
	switch (v.kind) {
		case Kind.UnsafePointer:
			return false;
		case Kind.Pointer:
			return child !== undefined && child.addr !== 0 && child.kind !== Kind.Invalid && !child.onlyAddr;
		case Kind.Interface:
			return v.addr !== 0 && child !== undefined && child.kind !== Kind.Invalid && child.addr !== 0 && !child.onlyAddr;
		case Kind.Slice:
		case Kind.Array:
		case Kind.Map:
			return v.base !== 0 && v.children.length > 0;
		default:
			return v.children.length > 0;
	}
}

function hexOf(decimal: string): string {
	const digits = /^\d+/.exec(decimal)?.[0] ?? /\((\d+)\)/.exec(decimal)?.[1];
	return digits === undefined ? "0x0" : `0x${BigInt(digits).toString(16)}`;
}

export function indexedAndNamed(v: ApiVariable): { indexedVariables?: number; namedVariables?: number } {
	const indexed = indexedCount(v);
	const named = namedCount(v);
	return { ...(indexed === 0 ? {} : { indexedVariables: indexed }), ...(named === 0 ? {} : { namedVariables: named }) };
}

export function emptySettings(): Settings {
	return { maxStringLen: 512, maxArrayValues: 64, showRawStrings: false, paging: false, types: false, memory: false };
}
