// Random Go programs that always end and print the same whatever the schedule: a line of checksums for each function.

import { Exprs, list, type Variable } from "./expr.ts";
import { featurePrelude, Features } from "./features.ts";
import {
	anyType,
	arrayOf,
	basics,
	boolType,
	byteSlice,
	funcOf,
	intType,
	integers,
	makeType,
	mapOf,
	pointerTo,
	Random,
	shapeType,
	sliceOf,
	stringType,
	type Type,
	uint64Type,
} from "./types.ts";

const prelude = `package main

import (
	"os"
	"runtime"
)

var sum uint64
var fuel, steps int
var sink any
var stress = len(os.Args) > 1

type Shape interface {
	Area() uint64
	Scale(k int) Shape
}

type fmtStringer interface{ String() string }

// Sums in any order.
func mix2(x uint64) { sum += x * 0x9e3779b97f4a7c15 }
func mix(x uint64) { sum = (sum ^ x) * 0x100000001b3; sum ^= sum >> 29 }
func nc[T any](x T) T { return x }
func ptr[T any](x T) *T { return &x }
func at(i, n int) int {
	if n <= 0 {
		return 0
	}
	if i < 0 {
		i = ^i
	}
	return i % n
}
func pick[T any](c bool, a, b T) T {
	if c {
		return a
	}
	return b
}
func clip(s string) string {
	if len(s) > 100 {
		return s[:100]
	}
	return s
}
func clip2[T any](s []T) []T {
	if len(s) > 64 {
		return s[:64]
	}
	return s
}
func cut(s string, i int) string { return s[at(i, len(s)+1):] }
func rot(x uint64, k int) uint64 { return x<<(uint(k)&63) | x>>(-uint(k)&63) }
func area(s Shape) uint64 {
	if s == nil {
		return 7
	}
	return s.Area()
}

//go:noinline
func grow(n int, p *uint64) uint64 {
	var pad [40]uint64
	pad[n%40] = *p
	if n > 0 {
		return grow(n-1, &pad[n%40])
	}
	return pad[0]
}

//go:noinline
func churn(n uint64) {
	if !stress {
		return
	}
	x := n
	grow(int(n%60), &x)
	if n%128 == 0 {
		runtime.GC()
	}
	if n%8 == 0 {
		runtime.Gosched()
	}
}
func tick() {
	steps--
	if steps < 0 {
		panic("steps")
	}
}
func spend() {
	fuel--
	if fuel < 0 {
		panic("fuel")
	}
}
func seqN(n int) func(func(int, uint64) bool) {
	return func(yield func(int, uint64) bool) {
		defer mix(3)
		for i := range n {
			if !yield(i, uint64(i)*7) {
				mix(9)
				return
			}
		}
		mix(11)
	}
}
func seqM(n int) func(func(int, uint64) bool) {
	return func(yield func(int, uint64) bool) {
		for i := range n {
			if !yield(i, uint64(i)*5) {
				return
			}
		}
	}
}
func odd[K any](s func(func(int, K) bool), by int) func(func(int, K) bool) {
	return func(yield func(int, K) bool) {
		for i, k := range s {
			if i%2 == by {
				continue
			}
			if !yield(i, k) {
				break
			}
		}
	}
}
func run(name string, f func()) {
	fuel, steps = 300, 4000
	defer func() {
		r := recover()
		switch r := r.(type) {
		case nil:
			println(name, sum)
		case runtime.Error:
			println(name, sum, "error", r.Error())
		case string:
			println(name, sum, "panic", r)
		default:
			println(name, sum, "panic")
		}
	}()
	f()
}
`;

interface Func {
	name: string;
	params: readonly Type[];
	results: readonly Type[];
}

class Generator {
	private readonly r: Random;
	private readonly e: Exprs;
	private readonly structs: Type[] = [];
	private readonly types: Type[] = [];
	private readonly funcs: Func[] = [];
	private readonly globals: Variable[] = [];
	private readonly hashes = new Map<string, string>();
	private readonly hashQueue: Type[] = [];
	private out: string[] = [];
	private names = 0;
	private indent = 0;
	private loops = 0;
	/** Whether the statement may use the results, and return in the middle. */
	private results: readonly Type[] = [];
	private inLoop: string[] = [];
	private stopsOk = true;
	private readonly features: Features;

	constructor(seed: number) {
		this.r = new Random(seed);
		this.e = new Exprs(this.r, this.structs);
		this.features = new Features({
			r: this.r,
			e: this.e,
			types: this.types,
			structs: this.structs,
			line: (s) => this.line(s),
			fresh: (prefix) => this.fresh(prefix),
			mix: (text, t) => this.mix(text, t),
			declare: (name, t) => this.declare1(name, t),
			body: (depth) => this.body(depth),
			enclosed: (f) => this.enclosed(f),
		});
	}

	program(funcs: number): string {
		this.makeTypes();
		for (let i = 0; i < 6; i++) {
			const t = this.r.pick(this.types);
			this.globals.push({ name: `g${i}`, type: t });
		}
		this.e.scope = [];
		for (const g of this.globals) this.line(`var ${g.name} ${g.type.name} = ${this.e.text(g.type, 2)}`);
		for (const s of this.structs) this.methods(s);
		for (let i = 0; i < funcs; i++) this.func(i);
		this.main();
		const body = this.out;
		this.out = [];
		for (let t = this.hashQueue.pop(); t !== undefined; t = this.hashQueue.pop()) this.hashFunc(t);
		return `${prelude}${featurePrelude}\n${this.out.join("\n")}\n${body.join("\n")}\n`;
	}

	private line(s: string): void {
		this.out.push("\t".repeat(this.indent) + s);
	}

	private fresh(prefix = "v"): string {
		return `${prefix}${this.names++}`;
	}

	// ---- declarations ----

	private makeTypes(): void {
		const { r } = this;
		const n = 3 + r.int(3);
		const some = (): Type => {
			if (r.chance(60)) return r.pick(basics);
			switch (r.int(6)) {
				case 0:
					return sliceOf(r.pick([intType, byteSlice.elem as Type, stringType]));
				case 1:
					return arrayOf(r.pick(basics), 1 + r.int(4));
				case 2:
					return this.structs.length > 0 ? pointerTo(r.pick(this.structs)) : stringType;
				case 3:
					return anyType;
				case 4:
					return this.structs.length > 0 ? r.pick(this.structs) : shapeType;
				default:
					return shapeType;
			}
		};
		for (let i = 0; i < n; i++) {
			const fields = Array.from({ length: r.int(6) + 1 }, (_, k) => ({ name: `f${k}`, type: some() }));
			const plain = fields.every((f) => f.type.comparable && f.type.kind !== "any" && f.type.kind !== "shape");
			const s = makeType("struct", `S${i}`, { fields, comparable: plain });
			this.structs.push(s);
			this.line(`type S${i} struct { ${fields.map((f) => `${f.name} ${f.type.name}`).join("; ")} }`);
		}
		const keys = [...integers, stringType, makeType("array", "[2]int32", { elem: integers[3], length: 2 }), boolType];
		const elems = (): Type => r.pick([...basics, ...this.structs, pointerTo(r.pick(this.structs)), anyType, shapeType]);
		this.types.push(...basics, ...this.structs, anyType, shapeType, byteSlice);
		for (let i = 0; i < 4; i++) {
			this.types.push(sliceOf(elems()), mapOf(r.pick(keys), elems()), pointerTo(r.pick([...this.structs, intType, stringType])));
			this.types.push(arrayOf(elems(), 1 + r.int(5)), sliceOf(sliceOf(r.pick(basics))));
		}
		this.types.push(funcOf([intType], [r.pick(basics)]), funcOf([], [stringType]));
		this.types.push(...this.structs, ...this.structs.map(pointerTo));
	}

	private methods(s: Type): void {
		this.results = [];
		this.line(`func (s *${s.name}) Area() uint64 {`);
		this.line(`	if s == nil { return 5 }`);
		this.line(`	return ${this.hash(s)}(*s, 1)`);
		this.line("}");
		this.e.scope = [
			{ name: "s", type: pointerTo(s) },
			{ name: "k", type: intType },
		];
		this.line(`func (s *${s.name}) Scale(k int) Shape {`);
		this.line(`	spend()`);
		const f = this.r.pick(s.fields);
		this.line(`	s.${f.name} = ${this.e.text(f.type, 2)}`);
		this.line(`	if k > 3 { return ${this.e.text(shapeType, 1)} }`);
		this.line(`	return s`);
		this.line("}");
		const t = this.r.pick(basics);
		this.e.scope = [{ name: "s", type: s }, ...this.globals.filter((g) => g.type.kind !== "func")];
		this.line(`func (s ${s.name}) Get(k int) ${t.name} { return ${this.e.text(t, 3)} }`);
		this.funcs.push({ name: `${s.name}.Get`, params: [s, intType], results: [t] });
		this.funcs.push({ name: `(*${s.name}).Scale`, params: [pointerTo(s), intType], results: [shapeType] });
	}

	private func(i: number): void {
		const { r } = this;
		const params = Array.from({ length: r.int(r.chance(15) ? 14 : 5) }, () => r.pick(this.types));
		const results = Array.from({ length: r.int(4) }, () => r.pick(this.types));
		const named = results.map((t, k) => ({ name: `r${k}`, type: t }));
		const vars = params.map((t, k) => ({ name: `a${k}`, type: t }));
		const decl = (l: readonly Variable[]): string => l.map((v) => `${v.name} ${v.type.name}`).join(", ");
		if (r.chance(50)) this.line("//go:noinline");
		this.line(`func F${i}(${decl(vars)}) (${decl(named)}) {`);
		this.indent = 1;
		this.line("spend()");
		this.e.scope = [...this.globals, ...vars, ...named];
		this.results = results;
		this.inLoop = [];
		this.loops = 0;
		if (r.chance(25)) this.deferred(named);
		this.block(3 + r.int(6), 3);
		for (const v of this.e.scope.slice(this.globals.length)) if (r.chance(70)) this.mix(v.name, v.type);
		if (results.length > 0) this.line(`return ${results.map((t) => this.e.text(t, 3)).join(", ")}`);
		this.indent = 0;
		this.line("}");
		this.funcs.push({ name: `F${i}`, params, results });
	}

	private deferred(named: readonly Variable[]): void {
		const { r } = this;
		this.line("defer func() {");
		this.indent++;
		if (r.chance(50)) this.line(`if x := recover(); x != nil { mix(77) }`);
		for (const v of named) if (r.chance(50)) this.line(`${v.name} = ${this.e.text(v.type, 2)}`);
		for (const v of named) this.mix(v.name, v.type);
		this.indent--;
		this.line("}()");
	}

	private main(): void {
		this.line("func main() {");
		this.indent = 1;
		for (const f of this.funcs) {
			this.line(`run("${f.name}", func() {`);
			this.e.scope = [...this.globals];
			this.indent++;
			for (let i = 0; i < 3; i++) this.call(f);
			this.indent--;
			this.line("})");
		}
		for (const g of this.globals) this.line(`run("${g.name}", func() { mix(${this.hash(g.type)}(${g.name}, 3)) })`);
		this.indent = 0;
		this.line("}");
	}

	// ---- checksums ----

	private hash(t: Type): string {
		let name = this.hashes.get(t.name);
		if (name === undefined) {
			name = `h${this.hashes.size}`;
			this.hashes.set(t.name, name);
			this.hashQueue.push(t);
		}
		return name;
	}

	private mix(text: string, t: Type): void {
		this.line(`mix(${this.hash(t)}(${text}, 3))`);
	}

	private hashFunc(t: Type): void {
		this.line(`func ${this.hash(t)}(x ${t.name}, depth int) uint64 {`);
		this.line("\tif depth < 0 { return 1 }");
		this.line("\th := uint64(17)");
		const sub = (e: Type, x: string): string => `${this.hash(e)}(${x}, depth-1)`;
		switch (t.kind) {
			case "bool":
				this.line("\tif x { h = 5 }");
				break;
			case "int":
			case "uint":
				this.line("\th = uint64(x)");
				break;
			case "float":
				this.line("\tif x != x { return 99 }; if x > -1e15 && x < 1e15 { h = uint64(int64(x * 16)) } else if x > 0 { h = 3 }");
				break;
			case "complex":
				this.line(`\th = ${sub(makeType("float", "float64"), "real(x)")} * 31 + ${sub(makeType("float", "float64"), "imag(x)")}`);
				break;
			case "string":
				this.line("\tfor i := 0; i < len(x); i++ { h = h*31 + uint64(x[i]) }");
				break;
			case "struct":
				for (const f of t.fields) this.line(`\th = h*31 + ${sub(f.type, `x.${f.name}`)}`);
				break;
			case "array":
			case "slice":
				this.line(`\tfor i, e := range x { h = h*31 + ${sub(t.elem as Type, "e")} + uint64(i) }`);
				this.line("\th += uint64(len(x))");
				break;
			case "map":
				this.line(`\tfor k, e := range x { h += ${sub(t.key as Type, "k")} * 31 ^ ${sub(t.elem as Type, "e")} }`);
				break;
			case "pointer":
				this.line(`\tif x == nil { return 2 }`);
				this.line(`\th = 3 * ${sub(t.elem as Type, "*x")}`);
				break;
			case "any": {
				this.line("\tswitch x := x.(type) {");
				this.line("\tcase nil: h = 4");
				for (const c of [intType, stringType, uint64Type, ...this.structs]) this.line(`\tcase ${c.name}: h = ${sub(c, "x")}`);
				this.line("\tcase Shape: h = 21");
				this.line("\tdefault: h = 6");
				this.line("\t}");
				break;
			}
			case "shape":
				this.line("\tswitch x := x.(type) {");
				for (const c of this.structs) this.line(`\tcase *${c.name}: if x != nil { h = ${sub(c, "*x")} }`);
				this.line("\tdefault: h = 6");
				this.line("\t}");
				break;
			case "func":
				this.line("\tif x == nil { return 8 }");
				break;
			case "chan":
				this.line("\th = uint64(len(x))");
		}
		this.line("\treturn h");
		this.line("}");
	}

	// ---- statements ----

	private scoped(f: () => void): void {
		const saved = this.e.scope;
		this.e.scope = [...saved];
		this.indent++;
		f();
		this.indent--;
		this.e.scope = saved;
	}

	/** Statements of another function, or such that control must not leave. */
	private enclosed(f: () => void): void {
		const saved = { results: this.results, inLoop: this.inLoop, stops: this.stopsOk };
		this.results = [];
		this.inLoop = [];
		this.stopsOk = false;
		this.scoped(f);
		this.results = saved.results;
		this.inLoop = saved.inLoop;
		this.stopsOk = saved.stops;
	}

	private block(n: number, depth: number): void {
		for (let i = 0; i < n; i++) this.statement(depth);
	}

	private body(depth: number): void {
		this.scoped(() => this.block(1 + this.r.int(2), depth - 1));
	}

	private declare1(name: string, t: Type): void {
		this.e.scope.push({ name, type: t });
		this.line(`_ = ${name}`);
	}

	/** Something that can be assigned to, and its type. */
	private target(): Variable | null {
		const { r, e } = this;
		const vars = e.scope.filter((v) => !v.name.startsWith("p"));
		if (vars.length === 0) return null;
		const v = r.pick(vars);
		const t = v.type;
		if (r.chance(50)) return v;
		switch (t.kind) {
			case "struct": {
				const f = r.pick(t.fields);
				return { name: `${v.name}.${f.name}`, type: f.type };
			}
			case "pointer":
				if (t.elem?.kind === "struct") {
					const f = r.pick(t.elem.fields);
					return { name: `${v.name}.${f.name}`, type: f.type };
				}
				return { name: `*${v.name}`, type: t.elem as Type };
			case "slice":
				return { name: `${v.name}[${e.index(`len(${v.name})`, 2)}]`, type: t.elem as Type };
			case "array":
				return { name: `${v.name}[${e.index(String(t.length), 2)}]`, type: t.elem as Type };
			case "map":
				return { name: `${v.name}[${e.text(t.key as Type, 2)}]`, type: t.elem as Type };
			default:
				return v;
		}
	}

	private statement(depth: number): void {
		const { r, e } = this;
		const simple = [() => this.variable(), () => this.assign(), () => this.assign(), () => this.small()];
		if (depth <= 0) {
			r.pick(simple)();
			return;
		}
		const all = [
			...simple,
			() => this.conditional(depth),
			() => this.conditional(depth),
			() => this.loop(depth),
			() => this.loop(depth),
			() => this.rangeLoop(depth),
			() => this.switches(depth),
			() => this.typeSwitch(depth),
			() => this.closures(depth),
			() => this.channels(),
			() => this.calls(),
			() => this.calls(),
			() => this.line(`churn(${e.text(uint64Type, 2)})`),
			() => this.methodValue(),
			...Array.from({ length: 6 }, () => (): void => this.features.statement(depth)),
		];
		r.pick(all)();
	}

	private variable(): void {
		const t = this.r.pick(this.types);
		const name = this.fresh();
		if (this.r.chance(4)) this.line(`var ${name} ${t.name}`);
		else this.line(`var ${name} ${t.name} = ${this.e.text(t, 4)}`);
		this.declare1(name, t);
	}

	private assign(): void {
		const { r, e } = this;
		const to = this.target();
		if (to === null) return;
		if ((to.type.kind === "int" || to.type.kind === "uint") && r.chance(40)) {
			this.line(`${to.name} ${r.pick(["+=", "-=", "*=", "^=", "|=", "&="])} ${e.text(to.type, 3)}`);
		} else if (to.type.kind === "string" && r.chance(30)) {
			this.line(`${to.name} = clip(${to.name} + ${e.loose(stringType, 2)})`);
		} else this.line(`${to.name} = ${e.text(to.type, 4)}`);
	}

	private small(): void {
		const { r, e } = this;
		switch (r.int(7)) {
			case 0: {
				const v = e.scope.filter((x) => x.type.kind === "map");
				if (v.length > 0) {
					const m = r.pick(v);
					this.line(`delete(${m.name}, ${e.text(m.type.key as Type, 2)})`);
				}
				return;
			}
			case 1: {
				const v = e.scope.filter((x) => x.type.kind === "slice" && !x.name.startsWith("p"));
				if (v.length > 0) {
					const s = r.pick(v);
					this.line(`${s.name} = clip2(append(${s.name}, ${list(1 + r.int(3), () => e.text(s.type.elem as Type, 2))}))`);
				}
				return;
			}
			case 2: {
				const v = e.scope.filter((x) => x.type.kind === "slice");
				if (v.length > 0) {
					const s = r.pick(v);
					this.line(`mix(uint64(copy(${s.name}, ${e.typed(s.type, 2)})))`);
				}
				return;
			}
			case 3: {
				const v = e.scope.filter((x) => x.type.kind !== "func" && /^[vagr]\d+$/.test(x.name));
				if (v.length > 0) {
					const s = r.pick(v);
					this.mix(s.name, s.type);
				}
				return;
			}
			case 4: {
				const t = r.pick(this.types);
				const v = e.scope.filter((x) => x.type.name === t.name && !x.name.startsWith("p"));
				if (v.length > 1) this.line(`${v[0].name}, ${v[1].name} = ${v[1].name}, ${v[0].name}`);
				return;
			}
			case 5: {
				if (this.inLoop.length > 0 && r.chance(60)) {
					this.line(`if ${e.loose(boolType, 2)} { ${r.pick(["break", "continue"])} ${r.pick(this.inLoop)} }`);
				} else if (this.stopsOk && this.results.length > 0 && r.chance(50)) {
					this.line(`if ${e.loose(boolType, 2)} { return ${this.results.map((t) => e.text(t, 2)).join(", ")} }`);
				}
				return;
			}
			default:
				if (r.chance(15)) this.line(`if ${e.loose(boolType, 3)} { panic("p${r.int(100)}") }`);
				else this.line(`sink = ${e.text(anyType, 2)}`);
		}
	}

	private conditional(depth: number): void {
		this.line(`if ${this.e.text(boolType, 4)} {`);
		this.body(depth);
		if (this.r.chance(50)) {
			this.line("} else {");
			this.body(depth);
		}
		this.line("}");
	}

	private enterLoop(head: string, depth: number, vars: readonly Variable[]): void {
		this.loops++;
		const label = this.fresh("L");
		this.line(`${label}:`);
		this.line(`${head} {`);
		this.scoped(() => {
			this.line(`if false { continue ${label} }`);
			this.line("tick()");
			for (const v of vars) this.declare1(v.name, v.type);
			this.inLoop.push(label);
			this.block(1 + this.r.int(3), depth - 1);
			this.inLoop.pop();
		});
		this.line("}");
		this.loops--;
	}

	private loop(depth: number): void {
		const { r, e } = this;
		const i = this.fresh();
		// Loops' own variables are not assigned to: they have names that targets avoid.
		const v = { name: `p${i}`, type: intType };
		const n = r.chance(50) ? String(r.int(6)) : `at(${e.loose(intType, 2)}, 8)`;
		switch (r.int(4)) {
			case 0:
				this.enterLoop(`for p${i} := range ${n}`, depth, [v]);
				return;
			case 1:
				this.enterLoop(`for p${i} := 0; p${i} < ${n}; p${i}++`, depth, [v]);
				return;
			case 2:
				this.enterLoop(`for p${i} := ${n}; p${i} >= 0; p${i} -= ${1 + r.int(3)}`, depth, [v]);
				return;
			default:
				this.enterLoop(`for p${i}, n := 0, ${n}; p${i} < n && ${e.loose(boolType, 2)}; p${i}++`, depth, [v]);
		}
	}

	private rangeLoop(depth: number): void {
		const { r, e } = this;
		const k = `p${this.fresh()}`;
		const x = this.fresh();
		if (r.chance(40)) {
			const vars = [
				{ name: k, type: intType },
				{ name: x, type: uint64Type },
			];
			const n = `at(${e.loose(intType, 2)}, 5)`;
			const seq = r.pick([
				`seqN(${n})`,
				`seqM(${n})`,
				`seqM(${n})`,
				`odd(seqM(${n}), 1)`,
				`odd(seqN(${n}), at(${e.loose(intType, 1)}, 2))`,
			]);
			this.enterLoop(`for ${k}, ${x} := range ${seq}`, depth, vars);
			return;
		}
		const over = e.scope.filter((v) => v.type.kind === "slice" || v.type.kind === "array" || v.type.kind === "string");
		if (over.length === 0) return;
		const v = r.pick(over);
		const elem = v.type.kind === "string" ? integers[3] : (v.type.elem as Type);
		const vars = [
			{ name: k, type: intType },
			{ name: x, type: elem },
		];
		this.enterLoop(`for ${k}, ${x} := range ${v.name}`, depth, vars);
	}

	private switches(depth: number): void {
		const { r, e } = this;
		const t = r.pick([...integers.filter((x) => x.bits > 8), stringType]);
		this.line(`switch ${e.loose(t, 4)}${t.kind === "string" ? "" : " % 12"} {`);
		const n = 1 + r.int(r.chance(30) ? 11 : 5);
		const words = ["", "a", "hello", "wörld", "b", "c", "hell", "abc", "zzz", "yy", "x", "w"];
		for (let i = 0; i < n; i++) {
			this.line(`case ${t.kind === "string" ? JSON.stringify(words[i]) : i}:`);
			this.body(depth);
			if (i + 1 < n && r.chance(10)) this.line("\tfallthrough");
		}
		if (r.chance(50)) {
			this.line("default:");
			this.body(depth);
		}
		this.line("}");
	}

	private typeSwitch(depth: number): void {
		const { r, e } = this;
		const x = this.fresh();
		const [from, cases] = r.chance(50) ? [anyType, [intType, stringType, ...this.structs]] : [shapeType, this.structs.map(pointerTo)];
		this.line(`switch ${x} := (${e.text(from, 3)}).(type) {`);
		for (const c of cases) {
			this.line(`case ${c.name}:`);
			this.scoped(() => {
				this.declare1(x, c);
				this.block(1 + r.int(2), depth - 1);
			});
		}
		this.line("default:");
		this.line(`\t_ = ${x}`);
		this.line("}");
	}

	private closures(depth: number): void {
		const { r, e } = this;
		const f = this.fresh("c");
		const params = Array.from({ length: r.int(4) }, () => r.pick(this.types));
		const result = r.pick(this.types);
		const vars = params.map((t) => ({ name: this.fresh(), type: t }));
		this.line(`${f} := func(${vars.map((v) => `${v.name} ${v.type.name}`).join(", ")}) ${result.name} {`);
		const saved = { results: this.results, inLoop: this.inLoop, stops: this.stopsOk };
		this.results = [result];
		this.inLoop = [];
		this.scoped(() => {
			this.line("spend()");
			if (r.chance(20)) this.line("defer mix(13)");
			e.scope.push(...vars);
			this.block(1 + r.int(3), depth - 1);
			this.line(`return ${e.text(result, 3)}`);
		});
		this.results = saved.results;
		this.inLoop = saved.inLoop;
		this.line("}");
		for (let i = r.int(3); i >= 0; i--) {
			const to = this.fresh();
			this.line(`${to} := ${f}(${params.map((t) => e.text(t, 2)).join(", ")})`);
			this.declare1(to, result);
		}
		if (r.chance(30)) this.line(`defer ${f}(${params.map((t) => e.text(t, 2)).join(", ")})`);
		if (r.chance(30)) {
			const ch = this.fresh("ch");
			this.line(`${ch} := make(chan ${result.name})`);
			this.line(
				`go func() { defer close(${ch}); defer func() { recover() }(); ${ch} <- ${f}(${params.map((t) => e.text(t, 2)).join(", ")}) }()`,
			);
			const to = this.fresh();
			this.line(`${to}, ok${to} := <-${ch}`);
			this.line(`if !ok${to} { mix(55) }`);
			this.declare1(to, result);
		}
	}

	private channels(): void {
		const { r, e } = this;
		const t = r.pick(this.types);
		const ch = this.fresh("ch");
		const n = 1 + r.int(3);
		this.line(`${ch} := make(chan ${t.name}, ${n})`);
		for (let i = 0; i < n; i++) {
			if (r.chance(50)) this.line(`${ch} <- ${e.text(t, 3)}`);
			else this.line(`select { case ${ch} <- ${e.text(t, 3)}: mix(${i}); default: mix(100) }`);
		}
		if (r.chance(50)) {
			const x = this.fresh();
			this.line(`close(${ch})`);
			this.line(`for ${x} := range ${ch} { ${`mix(${this.hash(t)}(${x}, 3))`} }`);
			return;
		}
		const x = this.fresh();
		this.line(`var ${x} ${t.name}`);
		this.line(`select { case ${x} = <-${ch}: mix(uint64(len(${ch}))); default: mix(101) }`);
		this.declare1(x, t);
	}

	private calls(): void {
		if (this.funcs.length === 0 || this.loops > 2) return;
		this.call(this.r.pick(this.funcs));
	}

	private call(f: Func): void {
		const { r, e } = this;
		const args = f.params.map((t) => e.text(t, 3)).join(", ");
		if (f.results.length === 0) {
			this.line(`${r.chance(20) && this.loops === 0 ? "defer " : ""}${f.name}(${args})`);
			return;
		}
		const to = f.results.map((t) => ({ name: this.fresh(), type: t }));
		this.line(`${to.map((v) => v.name).join(", ")} := ${f.name}(${args})`);
		for (const v of to) {
			this.declare1(v.name, v.type);
			this.mix(v.name, v.type);
		}
	}

	private methodValue(): void {
		const { r, e } = this;
		const s = r.pick(this.structs);
		const f = this.fresh("m");
		const to = this.fresh();
		if (r.chance(50)) {
			this.line(`${f} := (${e.text(pointerTo(s), 2)}).Scale`);
			this.line(`${to} := ${f}(${e.text(intType, 2)})`);
		} else {
			const x = this.fresh();
			this.line(`var ${x} Shape = ${e.text(shapeType, 2)}`);
			this.declare1(x, shapeType);
			this.line(`${f} := ${x}.Scale`);
			this.line(`${to} := ${f}(${e.text(intType, 2)})`);
		}
		this.declare1(to, shapeType);
	}
}

/** The text of the program that belongs to a seed. */
export function randomProgram(seed: number, funcs = 25): string {
	return new Generator(seed).program(funcs);
}
