// Statements about parts of the language that the plain generator does not reach: generics, embedding, method values, goto,
// closures over loop variables, comparisons of interfaces and arrays, conversions, defer in loops, results that defers change.

import type { Exprs } from "./expr.ts";
import {
	anyType,
	arrayOf,
	basics,
	boolType,
	byteSlice,
	integers,
	intType,
	makeType,
	type Random,
	shapeType,
	sliceOf,
	stringType,
	type Type,
	uint64Type,
} from "./types.ts";

/** What a statement may use of the generator that it is part of. */
export interface Host {
	readonly r: Random;
	readonly e: Exprs;
	readonly types: readonly Type[];
	readonly structs: readonly Type[];
	line(s: string): void;
	fresh(prefix?: string): string;
	mix(text: string, t: Type): void;
	/** A new variable in scope. */
	declare(name: string, t: Type): void;
	/** A few statements in a scope of their own. */
	body(depth: number): void;
	/** In a function that is called once for each evaluation: no break, continue or return of the function around. */
	enclosed(f: () => void): void;
}

/** Declarations that the statements refer to. */
export const featurePrelude = `
type Num interface{ ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64 }
type Box[T any] struct { v T; n int }
func (b Box[T]) Get() T { return b.v }
func (b *Box[T]) Set(v T) int { b.v = v; b.n++; return b.n }
type Getter[T any] interface { Get() T }
type Setter[T any] interface { Getter[T]; Set(T) int }
type Pair[K comparable, V any] struct { k K; v V }
func (p Pair[K, V]) Swap(q Pair[K, V]) (Pair[K, V], bool) { return q, p.k == q.k }
type List[T any] struct { head, tail *node[T]; n int }
type node[T any] struct { v T; next *node[T] }
func (l *List[T]) Push(v T) *List[T] {
	n := &node[T]{v: v}
	if l.tail == nil { l.head = n } else { l.tail.next = n }
	l.tail = n
	l.n++
	return l
}
func (l *List[T]) All(yield func(int, T) bool) {
	i := 0
	for n := l.head; n != nil; n = n.next {
		if !yield(i, n.v) { return }
		i++
	}
}
func fold[T, A any](s []T, a A, f func(A, T) A) A { for _, x := range s { a = f(a, x) }; return a }
func mapped[T, U any](s []T, f func(int, T) U) (r []U) { for i, x := range s { r = append(r, f(i, x)) }; return }
func same[T comparable](a, b T) (r uint64) {
	defer func() { if e := recover(); e != nil { r = 1 << 40 } }()
	if a == b { r = 3 }
	if m := map[T]int{a: 5}; m[b] != 0 { r += 4 }
	if any(a) == any(b) { r += 8 }
	return
}
func sumOf[T Num](x ...T) (t T) { for _, v := range x { t += v }; return t }
func conv[T, U Num](x T) U { return U(x) }
func kind[T any](x T) uint64 {
	switch y := any(x).(type) {
	case int, int8: return 1
	case string: return uint64(len(y))
	case []T: return 7
	case Shape: return area(y)
	case Getter[int]: return uint64(y.Get())
	case error: return 9
	}
	return 11
}
func zero[T any]() (z T) { return }
func swap[T any](a, b *T) { *a, *b = *b, *a }
func apply[T any](f func(T) T, x T) T { return f(x) }
func caught(f func()) (r uint64) {
	defer func() {
		switch e := recover().(type) {
		case nil: r += 1
		case runtime.Error: for _, c := range e.Error() { r = r*31 + uint64(c) }
		case string: r += uint64(len(e)) << 8
		default: r += 5
		}
	}()
	f()
	r = 2
	return
}
type Celsius float64
func (c Celsius) Area() uint64 { return uint64(int64(c)) }
func (c Celsius) Scale(k int) Shape { return c * Celsius(k) }
type Bits uint16
func (b *Bits) Flip(i int) Bits { *b ^= 1 << (uint(i) & 15); return *b }
func (b Bits) Area() uint64 { return uint64(b) }
func (b Bits) Scale(k int) Shape { b <<= uint(k) & 15; return b }
type Words []string
func (w Words) Area() uint64 { n := 0; for i, s := range w { n += i * len(s) }; return uint64(n) }
func (w Words) Scale(k int) Shape { if len(w) > 20 { return w[:3] }; return append(w[:len(w):len(w)], "k") }
type Fn func(int) int
func (f Fn) Area() uint64 { if f == nil { return 3 }; return uint64(f(4)) }
func (f Fn) Scale(k int) Shape { return Fn(func(i int) int { return f(i) + k }) }
type Big struct { a [12]uint64; s string; b [5]struct{ x int32; y float64; z string }; p *int; i any }
func (b Big) With(i int, x uint64) Big { b.a[at(i, 12)] += x; b.b[at(i, 5)].x--; return b }
func (b *Big) Add(o Big) { for i := range b.a { b.a[i] += o.a[i] }; b.s = clip(b.s + o.s) }
func (b Big) Sum() (h uint64) { for i, x := range b.a { h = h*3 + x + uint64(i) }; for _, x := range b.b { h = h*5 + uint64(x.x) + uint64(len(x.z)) }; return h + uint64(len(b.s)) }
type Outer struct { Shape; *Big; Bits; inner struct { Celsius; k int } }
`;

export class Features {
	private readonly h: Host;

	constructor(h: Host) {
		this.h = h;
	}

	/** One statement or a few. */
	statement(depth: number): void {
		const { r } = this.h;
		r.pick([
			() => this.generic(),
			() => this.generic(),
			() => this.boxes(),
			() => this.lists(depth),
			() => this.embedded(),
			() => this.named(),
			() => this.big(),
			() => this.gotos(depth),
			() => this.loopClosures(),
			() => this.comparisons(),
			() => this.conversions(),
			() => this.slices(),
			() => this.defers(depth),
			() => this.parallel(),
			() => this.mapOps(),
			() => this.runes(),
			() => this.selects(),
			() => this.asserts(),
			() => this.switches(depth),
			() => this.catches(depth),
		])();
	}

	private text(t: Type, depth = 2): string {
		return this.h.e.text(t, depth);
	}

	private loose(t: Type, depth = 2): string {
		return this.h.e.loose(t, depth);
	}

	private sum(text: string): void {
		this.h.line(`mix(${text})`);
	}

	private any(): Type {
		return this.h.r.pick(this.h.types);
	}

	private number(): Type {
		return this.h.r.pick([...integers, makeType("float", "float64", { bits: 64 }), makeType("float", "float32", { bits: 32 })]);
	}

	private comparable(): Type {
		const all = this.h.types.filter((t) => t.comparable && t.kind !== "func");
		return this.h.r.pick([...all, ...basics, anyType, shapeType, arrayOf(this.h.r.pick(basics), 3)]);
	}

	private generic(): void {
		const { r, h } = { r: this.h.r, h: this.h };
		const t = this.any();
		const n = this.number();
		const x = h.fresh();
		const acc = h.fresh("acc");
		const pi = h.fresh("pi");
		const px = h.fresh("px");
		switch (r.int(8)) {
			case 0: {
				const a = this.any();
				const el = h.fresh("w");
				h.line(
					`${x} := fold([]${t.name}{${this.text(t)}, ${this.text(t)}}, ${h.e.typed(a, 1)}, func(${acc} ${a.name}, ${el} ${t.name}) ${a.name} {`,
				);
				h.enclosed(() => {
					h.declare(acc, a);
					h.declare(el, t);
					h.mix(el, t);
					h.line(`return ${this.text(a)}`);
				});
				h.line("})");
				h.declare(x, a);
				return;
			}
			case 1: {
				const to = this.any();
				h.line(
					`${x} := mapped([]${t.name}{${this.text(t)}, ${this.text(t)}, ${this.text(t, 1)}}, func(${pi} int, ${px} ${t.name}) ${to.name} {`,
				);
				h.enclosed(() => {
					h.declare(pi, intType);
					h.declare(px, t);
					h.line(`return ${this.text(to)}`);
				});
				h.line("})");
				h.declare(x, sliceOf(to));
				return;
			}
			case 2: {
				const c = this.comparable();
				this.sum(`same[${c.name}](${this.text(c)}, ${this.text(c)})`);
				return;
			}
			case 3:
				this.h.line(`${x} := sumOf[${n.name}](${this.text(n)}, ${this.loose(n)}, ${this.text(n)})`);
				h.declare(x, n);
				return;
			case 4: {
				const to = r.pick(integers);
				const from = r.pick(integers);
				h.line(`${x} := conv[${from.name}, ${to.name}](${this.text(from)})`);
				h.declare(x, to);
				return;
			}
			case 5:
				this.sum(`kind[${t.name}](${this.text(t)})`);
				this.sum(`kind(Box[int]{v: int(${this.loose(intType)})})`);
				return;
			case 6:
				h.line(`${x}, ${x}b := ${h.e.typed(t, 2)}, zero[${t.name}]()`);
				h.line(`swap(&${x}, &${x}b)`);
				h.declare(x, t);
				h.mix(`${x}b`, t);
				return;
			default: {
				h.line(`${x} := apply(func(${px} ${t.name}) ${t.name} {`);
				h.enclosed(() => {
					h.declare(px, t);
					h.mix(px, t);
					h.line(`return ${this.text(t)}`);
				});
				h.line(`}, ${this.text(t)})`);
				h.declare(x, t);
			}
		}
	}

	private boxes(): void {
		const { h } = this;
		const t = this.any();
		const b = h.fresh("b");
		h.line(`${b} := Box[${t.name}]{v: ${this.text(t)}}`);
		switch (h.r.int(5)) {
			case 0:
				h.line(`var ${b}i Setter[${t.name}] = &${b}`);
				h.line(`mix(uint64(${b}i.Set(${this.text(t)})))`);
				h.mix(`${b}i.Get()`, t);
				break;
			case 1:
				h.line(`${b}f := ${b}.Get`);
				h.line(`mix(uint64(${b}.Set(${this.text(t)})))`);
				h.mix(`${b}f()`, t);
				break;
			case 2:
				h.line(`${b}g := (*Box[${t.name}]).Set`);
				h.line(`mix(uint64(${b}g(&${b}, ${this.text(t)})))`);
				h.mix(`Box[${t.name}].Get(${b})`, t);
				break;
			case 3: {
				const k = this.comparable();
				h.line(
					`${b}p, ${b}q := Pair[${k.name}, ${t.name}]{${this.text(k, 1)}, ${this.text(t, 1)}}.Swap(Pair[${k.name}, ${t.name}]{v: ${b}.v})`,
				);
				h.line(`if ${b}q { mix(5) }`);
				h.mix(`${b}p.v`, t);
				h.mix(`${b}p.k`, k);
				break;
			}
			default:
				h.line(`var ${b}a any = ${b}`);
				h.line(`if y, ok := ${b}a.(Getter[${t.name}]); ok { _ = y; mix(6) }`);
				h.line(`if _, ok := ${b}a.(Setter[${t.name}]); ok { mix(7) }`);
		}
		h.mix(`${b}.v`, t);
		h.line(`mix(uint64(${b}.n))`);
	}

	private lists(depth: number): void {
		const { h } = this;
		const t = this.any();
		const l = h.fresh("l");
		const x = h.fresh();
		h.line(`${l} := new(List[${t.name}]).Push(${this.text(t)}).Push(${this.text(t)})`);
		h.line(`if ${this.loose(boolType)} { ${l}.Push(${this.text(t)}) }`);
		h.line(`for p${x}, ${x} := range ${l}.All {`);
		h.line(`	if p${x} > ${h.r.int(3)} { break }`);
		h.line("tick()");
		if (h.r.chance(30)) h.line(`	defer mix(uint64(p${x}) + 90)`);
		h.enclosed(() => {
			h.declare(x, t);
			h.mix(x, t);
			if (depth > 1) h.body(depth - 1);
		});
		h.line("}");
	}

	private embedded(): void {
		const { h } = this;
		const o = h.fresh("o");
		h.line(
			`${o} := Outer{Shape: ${this.text(shapeType)}, Big: &Big{s: ${this.text(stringType)}}, Bits: Bits(${this.loose(intType)} & 0xff)}`,
		);
		h.line(`${o}.inner.Celsius = Celsius(at(int(${this.loose(intType)}), 1000))`);
		const call = h.r.pick([
			`mix(uint64(${o}.Flip(${this.text(intType)})))`,
			`mix(${o}.Sum())`,
			`${o}.Add(Big{s: ${this.text(stringType, 1)}})`,
			`mix(area(${o}.inner.Scale(2)))`,
			`mix(${o}.Shape.Area())`,
			`if ${o}.Shape != nil { f := ${o}.Shape.Scale; ${o}.Shape = nil; mix(area(f(at(int(${this.loose(intType)}), 3)))) }`,
			`func(i interface{ Sum() uint64; Flip(int) Bits }) { mix(i.Sum() + uint64(i.Flip(3))) }(&${o})`,
			`func(i interface{ Sum() uint64 }) { mix(i.Sum()) }(${o})`,
		]);
		h.line(call);
		h.line(`mix(uint64(${o}.Bits) + ${o}.Big.Sum())`);
	}

	private named(): void {
		const { h } = this;
		const s = h.fresh("s");
		const value = h.r.pick([
			`Celsius(at(int(${this.loose(intType)}), 500))`,
			`Bits(${this.loose(intType)} & 0xfff)`,
			`Words{${this.text(stringType)}, "x"}`,
			`Fn(func(i int) int { return i * 3 })`,
			`Fn(nil)`,
		]);
		h.line(`var ${s} Shape = ${value}`);
		h.line(`mix(area(${s}))`);
		if (!value.includes("nil")) h.line(`${s} = ${s}.Scale(${h.r.int(4)})`);
		h.line(
			`switch y := ${s}.(type) { case Celsius: mix(uint64(int64(y * 2))); case Bits: mix(uint64(y.Flip(1))); case Words: mix(uint64(len(y))); case Fn: if y != nil { mix(uint64(y(2))) } }`,
		);
		h.declare(s, shapeType);
	}

	private big(): void {
		const { h } = this;
		const b = h.fresh("g");
		h.line(`var ${b} Big`);
		h.line(`${b}.a[at(int(${this.loose(intType)}), 12)] = ${this.text(uint64Type)}`);
		h.line(`${b}.b[${h.r.int(5)}].z = ${this.text(stringType)}`);
		h.line(
			h.r.pick([
				`${b}c := ${b}.With(int(${this.loose(intType)} & 15), ${this.text(uint64Type)}); ${b}c.Add(${b}); mix(${b}c.Sum())`,
				`${b}s := []Big{${b}, ${b}.With(1, 2)}; ${b}s[0], ${b}s[1] = ${b}s[1], ${b}s[0]; mix(${b}s[0].Sum() ^ ${b}s[1].Sum())`,
				`${b}m := map[int]Big{1: ${b}}; ${b}m[2] = ${b}m[1].With(3, 4); mix(${b}m[2].Sum() + ${b}m[9].Sum())`,
				`${b}f := ${b}.With; ${b}.a[0]++; ${b} = ${b}f(2, 3)`,
				`${b}h := make(chan Big, 1); ${b}h <- ${b}; ${b}.s = "changed"; mix((<-${b}h).Sum())`,
				`var ${b}i any = ${b}; ${b}.a[3]--; mix(${b}i.(Big).Sum()); if ${b}i == any(${b}) { mix(3) }`,
				`func(x Big, y ...Big) { x.Add(y[0]); y[1].a[2] = 7; mix(x.Sum() + y[1].Sum()) }(${b}, ${b}, ${b})`,
				`for i, x := range ${b}.b { ${b}.b[at(i+1, 5)].x += int32(i) + x.x; x.z = "q" }`,
				`defer func(x Big) { mix(x.Sum() + ${b}.Sum()) }(${b}); ${b}.a[1] = 5`,
			]),
		);
		h.line(`mix(${b}.Sum())`);
	}

	private gotos(depth: number): void {
		const { h } = this;
		const l = h.fresh("G");
		const n = h.fresh("n");
		h.line(`{ ${n} := 0`);
		h.line(`${l}:`);
		h.line(`${n}++; tick()`);
		h.enclosed(() => {
			h.declare(n, intType);
			h.body(depth > 1 ? 1 : 0);
		});
		h.line(`if ${n} < ${2 + h.r.int(3)} && ${this.loose(boolType)} { goto ${l} }`);
		h.line(`if ${n} > 1 { goto ${l}end }`);
		h.line(`mix(uint64(${n}))`);
		h.line(`${l}end:`);
		h.line(`mix(uint64(${n})) }`);
	}

	private loopClosures(): void {
		const { h } = this;
		const fs = h.fresh("f");
		const i = h.fresh("i");
		h.line(`var ${fs} []func() int`);
		h.line(
			h.r.pick([
				`for ${i} := 0; ${i} < ${2 + h.r.int(4)}; ${i}++ { ${fs} = append(${fs}, func() int { ${i} += 10; return ${i} }) }`,
				`for ${i} := range ${1 + h.r.int(4)} { ${fs} = append(${fs}, func() int { ${i}++; return ${i} }); if ${i} == 1 { ${i} = 7 } }`,
				`for ${i}, k := 0, 5; ${i} < k; ${i}, k = ${i}+1, k-1 { ${fs} = append(${fs}, func() int { k *= 2; return ${i}*100 + k }); if ${i} == 1 { continue }; ${i} += 0 }`,
				`for ${i}, s := range []string{"a", "bb", ${this.text(stringType, 1)}} { p := &s; ${fs} = append(${fs}, func() int { *p += "x"; return ${i} + len(s) }) }`,
				`for ${i} := 0; ${i} < 4; { q := ${i}; ${i}++; ${fs} = append(${fs}, func() int { q, ${i} = ${i}, q; return q*10 + ${i} }) }`,
				`for ${i} := 0; ${i} < 6; ${i}++ { p := &${i}; ${fs} = append(${fs}, func() int { return *p }); if *p%2 == 0 { *p++ } }`,
			]),
		);
		h.line(`for range 2 { for _, f := range ${fs} { mix(uint64(f())) } }`);
	}

	private comparisons(): void {
		const { h } = this;
		const c = this.comparable();
		const x = h.fresh("x");
		const y = h.fresh("y");
		h.line(`var ${x}, ${y} ${c.name} = ${this.text(c)}, ${this.text(c)}`);
		const a = arrayOf(c, 3).name;
		const line = h.r.pick([
			`mix(caught(func() { if ${x} == ${y} { mix(4) } else { mix(5) } }))`,
			`mix(caught(func() { if (${a}{0: ${x}, 2: ${y}}) == (${a}{${x}, 2: ${x}}) { mix(4) } }))`,
			`mix(caught(func() { var i, j any = ${x}, ${y}; if i != j { mix(4) }; j = i; if i == j { mix(8) } }))`,
			`mix(caught(func() { m := map[${c.name}]int{}; m[${x}]++; m[${y}] += 2; m[${x}] <<= 1; mix(uint64(len(m)*8 + m[${x}])); delete(m, ${y}); mix(uint64(len(m))) }))`,
			`mix(caught(func() { type T struct { a int8; v ${c.name}; b uint16; s string }; p, q := T{v: ${x}, s: "q"}, T{v: ${y}, s: clip("q")}; if p == q { mix(1) }; var i, j any = p, q; if i == j { mix(2) }; mix(uint64(map[T]int{p: 3}[q])) }))`,
			`mix(caught(func() { switch any(${x}) { case any(${y}): mix(1); case 5, "a", nil, 2.5: mix(2); default: mix(3) } }))`,
		]);
		h.line(line);
		h.line(`_, _ = ${x}, ${y}`);
	}

	private conversions(): void {
		const { h } = this;
		const x = h.fresh();
		const i = this.loose(h.r.pick(integers));
		const f = this.loose(makeType("float", h.r.pick(["float32", "float64"]), { bits: 64 }));
		switch (h.r.int(6)) {
			case 0:
				h.line(`${x} := uint64(int64(float64(int32(${i}))) + int64(float32(int16(${i}))))`);
				break;
			case 1:
				h.line(`${x} := uint64(0); if f := float64(${f}); f >= 0 && f < 1e18 { ${x} = uint64(f) + uint64(int32(int64(f) & 0xffff)) }`);
				break;
			case 2:
				h.line(
					`${x} := uint64(0); if f := float64(${f}); f > -1e9 && f < 1e9 { ${x} = uint64(int64(float32(f))) ^ uint64(uint32(int64(f*2))) }`,
				);
				break;
			case 3:
				h.line(
					`c${x} := complex(float64(int8(${i})), float64(int16(${i}))); c${x} = c${x} * (2 - 1i) / complex(3, 4); ${x} := uint64(int64(real(c${x})*8) ^ int64(imag(c${x})*8))`,
				);
				break;
			case 4:
				h.line(
					`k${x} := int8(${i}); ${x} := uint64(caught(func() { mix(uint64(int32(-77)>>k${x} + 1<<k${x})) })) + uint64(uint8(k${x})>>3) + uint64(k${x}/3) + uint64(k${x}%-5)`,
				);
				break;
			default:
				h.line(
					`r${x} := []rune(${this.loose(stringType)}); ${x} := uint64(len(string(r${x}))) + uint64(len([]byte(string(rune(${i}))))) + uint64(len(r${x}))`,
				);
		}
		h.declare(x, uint64Type);
	}

	private slices(): void {
		const { h } = this;
		const t = this.any();
		const s = h.fresh("s");
		h.line(`${s} := make([]${t.name}, ${h.r.int(4)}, at(int(${this.loose(intType)}), 6) + 4)`);
		h.line(`${s} = append(${s}, ${this.text(t)}, ${this.text(t)})`);
		h.line(
			h.r.pick([
				`copy(${s}[1:], ${s}); ${s} = append(${s}[:1], ${s}[2:]...)`,
				`${s}b := ${s}[:1:2]; ${s}b = append(${s}b, ${this.text(t)}); ${s}b = append(${s}b, ${this.text(t)}); ${s} = append(${s}b, ${s}...)`,
				`mix(caught(func() { a := [2]${t.name}(${s}); p := (*[2]${t.name})(${s}); p[1] = a[0]; _ = [9]${t.name}(${s}) }))`,
				`clear(${s}[1:])`,
				`mix(caught(func() { i := int(${this.loose(h.r.pick(integers))}); ${s} = ${s}[i:]; mix(1) }))`,
				`mix(caught(func() { i, j := int(int8(${this.loose(intType)})), int(int8(${this.loose(intType)})); ${s} = ${s}[i:j:len(${s})]; mix(2) }))`,
				`for i, x := range ${s} { ${s} = append(${s}, x); if i > 4 { break }; tick(); ${s}[0] = x }`,
				`var ${s}n []${t.name}; for _, x := range ${s} { ${s}n = append(${s}n, x) }; ${s} = ${s}n`,
				`${s} = append([]${t.name}(nil), ${s}...); ${s} = ${s}[len(${s}):]; ${s} = append(${s}, ${this.text(t)})`,
				`${s}, ${s}[0] = append(${s}, ${s}[0]), ${this.text(t)}`,
			]),
		);
		h.line(`if len(${s}) > 30 { ${s} = ${s}[:30] }`);
		h.line(`mix(uint64(len(${s})))`);
		h.declare(s, sliceOf(t));
	}

	private defers(depth: number): void {
		const { h } = this;
		const t = this.any();
		const u = this.any();
		const f = h.fresh("d");
		const [p0, p1, r0, r1, r2] = ["pa", "pb", "ra", "rb", "rc"].map((x) => h.fresh(x));
		h.line(`${f} := func(${p0} int, ${p1} ${t.name}) (${r0} ${t.name}, ${r1} ${u.name}, ${r2} uint64) {`);
		h.enclosed(() => {
			h.declare(p0, intType);
			h.declare(p1, t);
			if (h.r.chance(50)) h.line(`for i := range at(${p0}, 4) { defer func(k int) { ${r2} = ${r2}*7 + uint64(i*k) }(i * 3) }`);
			h.line(
				`defer func() { if e := recover(); e != nil { ${r2} += 1000${h.r.chance(30) ? `; if ${r2} % 3 == 0 { panic("again") }` : ""} }; ${h.r.chance(50) ? `${r0} = ${p1}` : `${r2} *= 3`} }()`,
			);
			if (h.r.chance(50)) h.line(`if ${p0} > 2 { defer func() { ${r2}++; ${r1} = zero[${u.name}]() }() }`);
			h.line(`${r0} = ${this.text(t)}`);
			if (depth > 1) h.body(depth - 1);
			h.line(
				h.r.pick([
					`return ${p1}, ${this.text(u)}, ${r2} + uint64(10/at(${p0}, 3))`,
					`${r2} = 5; return ${r0}, ${r1}, uint64([]int{1, 2}[at(${p0}, 3)])`,
					`${r2} = 6; var q *Big; if ${p0} < 1 { q = new(Big) }; return ${p1}, ${this.text(u)}, q.a[2]`,
					`${r0}, ${r2} = ${p1}, uint64(7 % at(${p0}, 2)); return`,
					`return ${p1}, zero[${u.name}](), uint64(any(${p0}).(int))`,
				]),
			);
		});
		h.line("}");
		h.line(`mix(caught(func() { x, y, z := ${f}(at(int(${this.loose(intType)}), 5), ${this.text(t)}); _, _ = x, y; mix(z) }))`);
	}

	private parallel(): void {
		const { h } = this;
		const a = h.fresh("a");
		h.line(`${a} := []int{0, 1, 2, 3, 4}`);
		h.line(`${a}i, ${a}p := at(int(${this.loose(intType)}), 5), &${a}[2]`);
		h.line(
			h.r.pick([
				`${a}i, ${a}[${a}i] = ${a}[${a}i], 9`,
				`${a}[${a}i], ${a}i, *${a}p = ${a}i, ${a}[1], ${a}[${a}i]`,
				`${a}[0], ${a}[1], ${a}[2] = ${a}[2], ${a}[0], ${a}[1]`,
				`*${a}p, ${a} = 7, ${a}[1:]; ${a}i = 0`,
				`${a}m := map[int]int{1: 2}; ${a}m[${a}i], ${a}i, ${a}m[1] = ${a}m[1], ${a}m[2], ${a}i; mix(uint64(${a}m[1]*8 + len(${a}m))); ${a}i = at(${a}i, 4)`,
				`${a}f := func() int { ${a}i++; ${a}[1] += 5; return ${a}i }; ${a}[at(${a}f(), 5)], ${a}[at(${a}f(), 5)] = ${a}f(), ${a}[1]; ${a}i = 1`,
				`${a}f := func(k int) *[]int { ${a}[0] += k; return &${a} }; (*${a}f(1))[2] += (*${a}f(2))[0]; (*${a}f(3))[0]++; ${a}i = 0`,
				`mix(caught(func() { var q *Big; ${a}[0], q.s, ${a}[1] = 40, "x", 41 }))`,
				`mix(caught(func() { var m map[int]int; ${a}[0], m[${a}i], ${a}[1] = 50, 1, 51 }))`,
				`mix(caught(func() { ${a}i, ${a}[${a}i+3], ${a}[4] = 2, 60, 61 })); ${a}i = 3`,
			]),
		);
		h.line(`for i, x := range ${a} { mix(uint64(x*10 + i)) }`);
		h.line(`mix(uint64(${a}i + *${a}p))`);
	}

	private mapOps(): void {
		const { h } = this;
		const k = h.r.pick([...integers, stringType, arrayOf(intType, 2), makeType("float", "float64"), anyType]);
		const v = this.any();
		const m = h.fresh("m");
		h.line(`${m} := map[${k.name}]${v.name}{}`);
		h.line(
			`mix(caught(func() { ${m}[${this.text(k)}] = ${this.text(v)}; ${m}[${this.text(k)}] = ${this.text(v)}; if x, ok := ${m}[${this.text(k)}]; ok { _ = x; mix(12) } }))`,
		);
		h.line(
			h.r.pick([
				`for k := range ${m} { delete(${m}, k) }`,
				`mix(caught(func() { for k, x := range ${m} { ${m}[k] = x } }))`,
				`clear(${m})`,
				`mix(caught(func() { n := map[${k.name}][]${v.name}{}; for k, x := range ${m} { n[k] = append(n[k], x, x) }; for _, s := range n { mix2(uint64(len(s))) } }))`,
				`mix(caught(func() { n := map[${k.name}]struct { c int; b Big }{}; for k := range ${m} { e := n[k]; e.c++; e.b.a[1] = 3; n[k] = e }; for _, e := range n { mix2(e.b.Sum() + uint64(e.c)) } }))`,
			]),
		);
		h.line(`mix(uint64(len(${m})))`);
	}

	private runes(): void {
		const { h } = this;
		const s = h.fresh("s");
		h.line(`${s} := ${this.loose(stringType, 3)} + "é\\xf0\\x9f\\x98"`);
		h.line(
			h.r.pick([
				`for i, c := range ${s} { mix(uint64(i)<<20 | uint64(c)) }`,
				`for i := range ${s} { if i > 3 && ${s}[i] > 'a' { break }; mix(uint64(${s}[i])) }`,
				`for i, c := range []byte(${s}) { mix(uint64(c) * uint64(i)) }`,
				`for _, c := range []rune(${s}) { mix(uint64(c)) }`,
				`switch { case ${s} < "b": mix(1); case ${s}[0] == 'h', len(${s}) > 9: mix(2); default: mix(3) }`,
				`mix(caught(func() { i := int(${this.loose(h.r.pick(integers))}); mix(uint64(${s}[i])); mix(uint64(len(${s}[i:i+1]))) }))`,
				`b := []byte(${s}); b[0]++; ${s} = string(b[:2]) + ${s}[1:]; mix(uint64(map[string]int{${s}: 4}[string(b)]))`,
				`mix(uint64(len(min(${s}, "m", clip(${s}+"z"))) + len(max(${s}, "zz"))))`,
			]),
		);
		h.declare(s, stringType);
	}

	private selects(): void {
		const { h } = this;
		const t = this.any();
		const c = h.fresh("ch");
		h.line(`${c}, ${c}q, ${c}n := make(chan ${t.name}, 2), make(chan int), (chan ${t.name})(nil)`);
		h.line(`${c}a, ${c}i := [3]${t.name}{}, at(int(${this.loose(intType)}), 3)`);
		h.line(
			h.r.pick([
				`${c} <- ${this.text(t)}; select { case ${c}a[${c}i] = <-${c}: mix(1); case ${c}n <- ${this.text(t)}: mix(2); case <-${c}q: mix(3) }`,
				`select { case ${c} <- ${this.text(t)}: mix(1); case v, ok := <-${c}n: _, _ = v, ok; mix(2) }; ${c}a[${c}i] = <-${c}`,
				`close(${c}); var ok bool; select { case ${c}a[0], ok = <-${c}: if !ok { mix(9) }; case <-${c}q: mix(3) }`,
				`go func() { ${c}q <- 5; close(${c}q) }(); for x := range ${c}q { mix(uint64(x)) }; x, ok := <-${c}q; if !ok { mix(uint64(x) + 3) }`,
				`mix(caught(func() { close(${c}); ${c} <- ${this.text(t)} }))`,
				`select { case <-${c}: mix(1); default: mix(2); select { case ${c} <- ${this.text(t)}: if len(${c}) == 1 { break }; mix(4); default: mix(5) } }`,
			]),
		);
		h.line(`for _, x := range ${c}a { _ = x }`);
		h.mix(`${c}a[${c}i]`, t);
		h.line(`_ = ${c}q; _ = ${c}n; _ = ${c}`);
	}

	private asserts(): void {
		const { h } = this;
		const t = this.any();
		const x = h.fresh("e");
		const like = h.r.pick([t, this.any(), intType, stringType]);
		h.line(`var ${x} any = ${h.e.typed(like, 2)}`);
		h.line(
			h.r.pick([
				`if v, ok := ${x}.(${t.name}); ok { _ = v; mix(3) } else { _ = v; mix(4) }`,
				`mix(caught(func() { v := ${x}.(${t.name}); _ = v; mix(5) }))`,
				`mix(caught(func() { v := ${x}.(Shape); if v != nil { mix(5) } }))`,
				`if v, ok := ${x}.(Shape); ok { _ = v; mix(area(v)) }`,
				`switch v := ${x}.(type) { case interface{ Get(int) int }: mix(1); case Shape: mix(2); case fmtStringer: mix(3); case nil: mix(4); case int, string, []int: _ = v; mix(5); case func() string: mix(6); default: mix(7) }`,
				`mix(caught(func() { v, ok := ${x}.(interface{ Missing() }); if !ok && v == nil { mix(1) }; _ = ${x}.(interface{ Missing() }) }))`,
			]),
		);
		h.line(`_ = ${x}`);
	}

	private switches(depth: number): void {
		const { h } = this;
		const x = h.fresh("w");
		h.line(`switch ${x} := int(${this.loose(h.r.pick(integers))}) % 40; {`);
		for (let i = 0, n = 1 + h.r.int(3); i < n; i++) {
			h.line(`case ${this.loose(boolType)}, ${x} > ${h.r.int(30)} && ${this.loose(boolType)}:`);
			h.enclosed(() => {
				h.declare(x, intType);
				h.body(depth > 1 ? 1 : 0);
			});
			if (h.r.chance(20) && i + 1 < n) h.line("fallthrough");
		}
		h.line("}");
		h.line(
			`switch x := at(int(${this.loose(intType)}), 60); x { case ${Array.from({ length: 6 }, (_, i) => i * 3).join(", ")}: mix(1); case ${Array.from({ length: 12 }, (_, i) => 20 + i).join(", ")}: mix(uint64(x)); case 40: mix(3); fallthrough; case 41: mix(4); default: mix(5); case 50, 51, 52, 53, 54: if x == 52 { break }; mix(6) }`,
		);
	}

	private catches(depth: number): void {
		const { h } = this;
		h.line("mix(caught(func() {");
		h.enclosed(() => {
			if (depth > 1) h.body(depth - 1);
			h.line(
				h.r.pick([
					`var p *Big; p.Add(Big{})`,
					`var s Shape; s.Area()`,
					`var o Outer; o.Sum()`,
					`var o Outer; mix(uint64(o.Flip(3)))`,
					`var m map[any]int; m[${this.text(byteSlice, 1)}]++`,
					`x := ${this.loose(intType)}; mix(uint64(7 / (x - x)))`,
					`a := []int{1, 2, 3}; i := ${this.loose(intType)}; a[at(i, 3)] = a[i&3]; mix(uint64(a[0]))`,
					`f := Fn(nil); f(3)`,
					`_ = make([]int, int(int8(${this.loose(intType)})))`,
					`panic(${this.text(anyType)})`,
					`defer func() { panic("second") }(); panic("first")`,
					`func() { defer func() { recover(); mix(3) }(); panic(1) }(); mix(4)`,
				]),
			);
		});
		h.line("}))");
	}
}
