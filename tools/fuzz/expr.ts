// Random expressions of a wanted type over the variables in scope.

import { boolType, byteSlice, intType, integers, type Random, shapeType, stringType, type Type, uint64Type } from "./types.ts";

export interface Variable {
	name: string;
	type: Type;
}

/** What expressions are made of. A constant operand may make a constant expression that gc refuses, hence `fixed`. */
export interface Expr {
	text: string;
	fixed: boolean;
}

const dynamic = (text: string): Expr => ({ text, fixed: false });

export class Exprs {
	readonly r: Random;
	readonly structs: readonly Type[];
	scope: Variable[] = [];

	constructor(r: Random, structs: readonly Type[]) {
		this.r = r;
		this.structs = structs;
	}

	/** The text of an expression of type t that the compiler cannot know. */
	loose(t: Type, depth: number): string {
		const e = this.expr(t, depth);
		return e.fixed ? `nc(${t.name}(${e.text}))` : e.text;
	}

	text(t: Type, depth: number): string {
		return this.expr(t, depth).text;
	}

	/** An index below `len` mostly; out of range now and then. */
	index(len: string, depth: number): string {
		const i = this.loose(this.r.pick([intType, ...integers]), depth);
		if (this.r.chance(2)) return `int(${i})`;
		return `at(int(${i}), ${len})`;
	}

	variable(t: Type): string | null {
		const all = this.scope.filter((v) => v.type.name === t.name);
		return all.length === 0 ? null : this.r.pick(all).name;
	}

	/** A way to reach a value of type t through a variable: fields, elements, pointers. */
	path(t: Type, depth: number): Expr | null {
		const r = this.r;
		for (let tries = 0; tries < 4 && this.scope.length > 0; tries++) {
			let v: Variable = r.pick(this.scope);
			for (let steps = 0; steps < 4; steps++) {
				if (v.type.name === t.name) return dynamic(v.name);
				const next = this.step(v, depth);
				if (next === null) break;
				v = next;
			}
		}
		return null;
	}

	private step(v: Variable, depth: number): Variable | null {
		const { type, name } = v;
		switch (type.kind) {
			case "struct": {
				const f = this.r.pick(type.fields);
				return { name: `${name}.${f.name}`, type: f.type };
			}
			case "pointer":
				if (type.elem?.kind === "struct") {
					const f = this.r.pick(type.elem.fields);
					return { name: `${name}.${f.name}`, type: f.type };
				}
				return { name: `(*${name})`, type: type.elem as Type };
			case "slice":
				return { name: `${name}[${this.index(`len(${name})`, depth - 1)}]`, type: type.elem as Type };
			case "array":
				return { name: `${name}[${this.index(String(type.length), depth - 1)}]`, type: type.elem as Type };
			case "map":
				return { name: `${name}[${this.text(type.key as Type, depth - 1)}]`, type: type.elem as Type };
			default:
				return null;
		}
	}

	expr(t: Type, depth: number): Expr {
		const r = this.r;
		if (depth <= 0 || r.chance(25)) {
			const v = this.variable(t);
			if (v !== null && r.chance(80)) return dynamic(v);
			return this.literal(t, depth);
		}
		if (r.chance(30)) {
			const p = this.path(t, depth);
			if (p !== null) return p;
		}
		if (r.chance(4)) return dynamic(`nc(${t.name === "any" || t.kind === "shape" ? t.name : `(${t.name})`}(${this.loose(t, depth - 1)}))`);
		if (r.chance(3)) return dynamic(`pick(${this.loose(boolType, depth - 1)}, ${this.typed(t, depth - 1)}, ${this.typed(t, depth - 1)})`);
		switch (t.kind) {
			case "int":
			case "uint":
				return this.integer(t, depth);
			case "float":
				return this.float(t, depth);
			case "complex":
				return this.complex(t, depth);
			case "bool":
				return this.boolean(depth);
			case "string":
				return this.string(depth);
			case "slice":
				return this.slice(t, depth);
			case "any":
				return dynamic(`any(${this.typed(r.pick([intType, stringType, ...this.structs, ...integers]), depth - 1)})`);
			case "pointer":
				return this.pointer(t, depth);
			default:
				return this.literal(t, depth);
		}
	}

	/** An expression whose type does not depend on its place. */
	typed(t: Type, depth: number): string {
		const e = this.expr(t, depth);
		return e.fixed || t.kind === "pointer" || t.kind === "slice" ? `(${t.name})(${e.text})` : e.text;
	}

	literal(t: Type, depth: number): Expr {
		const r = this.r;
		const inner = (e: Type): string => this.text(e, Math.min(depth, 2) - 1);
		switch (t.kind) {
			case "bool":
				return { text: r.pick(["true", "false"]), fixed: true };
			case "int":
			case "uint":
				return { text: `${t.name}(${this.integerLiteral(t)})`, fixed: true };
			case "float":
				return { text: `${t.name}(${r.pick(["0", "1", "-1.5", "3.25", "1e10", "0.1", "-7", "255.75", "1e-3"])})`, fixed: true };
			case "complex":
				return dynamic(`complex(${this.loose({ ...t, kind: "float", name: "float64" }, depth - 1)}, 2)`);
			case "string":
				return {
					text: r.pick(['""', '"a"', '"hello"', '"wörld"', '"0123456789abcdef0123456789abcdef"', '"x\\x00y"', '"\\xff\\xfe"']),
					fixed: true,
				};
			case "struct": {
				const some = depth < -1 ? [] : t.fields.filter(() => r.chance(70));
				return dynamic(`(${t.name}{${some.map((f) => `${f.name}: ${inner(f.type)}`).join(", ")}})`);
			}
			case "array":
				return dynamic(`(${t.name}{${list(r.int(t.length + 1), () => inner(t.elem as Type))}})`);
			case "slice":
				if (r.chance(4)) return dynamic(`${t.name}(nil)`);
				if (r.chance(30)) return dynamic(`make(${t.name}, ${r.chance(50) ? r.int(40) : `at(${this.loose(intType, depth - 1)}, 40)`})`);
				return dynamic(`${t.name}{${list(r.chance(8) ? 0 : 1 + r.int(5), () => inner(t.elem as Type))}}`);
			case "map":
				if (r.chance(5)) return dynamic(`${t.name}(nil)`);
				return dynamic(`${t.name}{${list(r.int(4), () => `nc(${this.typed(t.key as Type, 1)}): ${inner(t.elem as Type)}`)}}`);
			case "pointer": {
				const elem = t.elem as Type;
				if (r.chance(3) || depth < -2) return dynamic(`(${t.name})(nil)`);
				if (elem.kind === "struct") return dynamic(`(&${this.literal(elem, depth - 1).text.slice(1, -1)})`);
				return dynamic(`ptr(${this.typed(elem, depth - 1)})`);
			}
			case "any":
				return r.chance(5) || depth < -2
					? dynamic("any(nil)")
					: dynamic(`any(${this.typed(r.pick([intType, stringType, uint64Type, ...this.structs]), depth - 1)})`);
			case "shape": {
				const s = r.pick(this.structs);
				return dynamic(r.chance(3) || depth < -2 ? "Shape(nil)" : `Shape(&${this.literal(s, depth - 1).text.slice(1, -1)})`);
			}
			case "func":
				return dynamic(this.closure(t, depth));
			case "chan":
				return dynamic(`make(${t.name}, ${1 + r.int(4)})`);
		}
	}

	/** A function literal that reads and changes what it captures. */
	closure(t: Type, depth: number): string {
		const r = this.r;
		const saved = this.scope;
		const params = t.params.map((p, i) => ({ name: `p${i}`, type: p }));
		this.scope = [...saved, ...params];
		const results = t.results.map((x) => this.text(x, Math.min(depth, 3) - 1)).join(", ");
		const target = saved.length > 0 && r.chance(60) ? r.pick(saved) : null;
		const change = target === null || target.name.startsWith("p") ? "" : `${target.name} = ${this.text(target.type, 2)}; `;
		this.scope = saved;
		const head = params.map((p) => `${p.name} ${p.type.name}`).join(", ");
		return `func(${head}) (${t.results.map((x) => x.name).join(", ")}) { ${change}return ${results} }`;
	}

	private integerLiteral(t: Type): string {
		const r = this.r;
		const bits = BigInt(t.bits);
		const low = t.kind === "int" ? -(1n << (bits - 1n)) : 0n;
		const high = t.kind === "int" ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n;
		if (r.chance(60)) return String(r.int(12));
		if (r.chance(40)) return String(r.pick([low, high, low + 1n, high - 1n, high >> 1n]));
		const x = (BigInt(r.next()) << 32n) | BigInt(r.next());
		return String(low + (x % (high - low + 1n)));
	}

	private integer(t: Type, depth: number): Expr {
		const r = this.r;
		const left = (): string => this.loose(t, depth - 1);
		switch (r.int(12)) {
			case 0:
			case 1:
			case 2:
				return dynamic(`(${left()} ${r.pick(["+", "-", "*"])} ${this.text(t, depth - 1)})`);
			case 3:
				return dynamic(`(${left()} ${r.pick(["&", "|", "^", "&^"])} ${this.text(t, depth - 1)})`);
			case 4: {
				const d = r.chance(50) ? `${t.name}(${1 + r.int(t.bits === 8 ? 100 : 1000)})` : this.loose(t, depth - 1);
				return dynamic(`(${left()} ${r.pick(["/", "%"])} ${d})`);
			}
			case 5: {
				const by = r.chance(50) ? String(r.int(70)) : this.loose(r.pick(integers.filter((x) => x.kind === "uint")), depth - 1);
				return dynamic(`(${left()} ${r.pick(["<<", ">>"])} (${by}${r.chance(50) && by.length > 2 ? " & 63" : ""}))`);
			}
			case 6:
				return dynamic(`(${r.pick(["-", "^"])}(${left()}))`);
			case 7:
			case 8: {
				const from = r.pick(integers);
				return dynamic(`${t.name}(${this.loose(from, depth - 1)})`);
			}
			case 9:
				return dynamic(`${t.name}(len(${this.loose(r.chance(50) ? stringType : byteSlice, depth - 1)}))`);
			case 10:
				return dynamic(`${r.pick(["min", "max"])}(${left()}, ${this.text(t, depth - 1)})`);
			default:
				return r.chance(50)
					? dynamic(`${t.name}(rot(${this.loose(uint64Type, depth - 1)}, ${this.loose(intType, depth - 1)}))`)
					: dynamic(`${t.name}(area(${this.text(shapeType, depth - 1)}))`);
		}
	}

	private float(t: Type, depth: number): Expr {
		const r = this.r;
		if (r.chance(30)) return dynamic(`${t.name}(${this.loose(r.pick(integers), depth - 1)})`);
		if (r.chance(10)) return dynamic(`(-(${this.loose(t, depth - 1)}))`);
		return dynamic(`(${this.loose(t, depth - 1)} ${r.pick(["+", "-", "*", "/"])} ${this.loose(t, depth - 1)})`);
	}

	private complex(t: Type, depth: number): Expr {
		return dynamic(`(${this.loose(t, depth - 1)} ${this.r.pick(["+", "-", "*"])} ${this.loose(t, depth - 1)})`);
	}

	private boolean(depth: number): Expr {
		const r = this.r;
		switch (r.int(6)) {
			case 0:
				return dynamic(`!${this.loose(boolType, depth - 1)}`);
			case 1:
				return dynamic(`(${this.loose(boolType, depth - 1)} ${r.pick(["&&", "||"])} ${this.loose(boolType, depth - 1)})`);
			case 2: {
				const kinds = this.scope.filter((v) => v.type.comparable && v.type.kind !== "any" && v.type.kind !== "shape");
				if (kinds.length > 0) {
					const v = r.pick(kinds);
					return dynamic(`(${v.name} ${r.pick(["==", "!="])} ${this.text(v.type, depth - 1)})`);
				}
				return { text: "true", fixed: true };
			}
			default: {
				const t = r.pick([...integers, stringType]);
				return dynamic(`(${this.loose(t, depth - 1)} ${r.pick(["<", "<=", ">", ">=", "==", "!="])} ${this.text(t, depth - 1)})`);
			}
		}
	}

	private string(depth: number): Expr {
		const r = this.r;
		switch (r.int(5)) {
			case 0:
			case 1:
				return dynamic(
					`clip(${this.loose(stringType, depth - 1)} + ${this.loose(stringType, depth - 1)}${r.chance(40) ? ` + ${this.text(stringType, depth - 1)}` : ""})`,
				);
			case 2: {
				const s = this.loose(stringType, depth - 1);
				return dynamic(`cut(${s}, ${this.loose(intType, depth - 1)})`);
			}
			case 3:
				return dynamic(`string(${this.loose(byteSlice, depth - 1)})`);
			default:
				return dynamic(`string(rune(${this.loose(intType, depth - 1)} & 0x3ff))`);
		}
	}

	private slice(t: Type, depth: number): Expr {
		const r = this.r;
		const elem = t.elem as Type;
		if (t.name === byteSlice.name && r.chance(40)) return dynamic(`[]byte(${this.loose(stringType, depth - 1)})`);
		if (r.chance(40)) return dynamic(`append(${this.typed(t, depth - 1)}, ${this.text(elem, depth - 1)})`);
		if (r.chance(30)) return dynamic(`clip2(append(${this.typed(t, depth - 1)}, ${this.typed(t, depth - 1)}...))`);
		if (r.chance(50)) {
			const v = this.variable(t);
			if (v !== null) return dynamic(`${v}[${r.chance(50) ? "" : `at(${this.loose(intType, 1)}, len(${v}))`}:]`);
		}
		return this.literal(t, depth);
	}

	private pointer(t: Type, depth: number): Expr {
		const elem = t.elem as Type;
		const vars = this.scope.filter((v) => v.type.name === elem.name && /^\w+$/.test(v.name));
		if (vars.length > 0 && this.r.chance(50)) return dynamic(`(&${this.r.pick(vars).name})`);
		return this.literal(t, depth);
	}
}

export function list(n: number, make: (i: number) => string): string {
	return Array.from({ length: n }, (_, i) => make(i)).join(", ");
}
