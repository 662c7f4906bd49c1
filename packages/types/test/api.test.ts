import assert from "node:assert/strict";
import { test } from "node:test";
import { Interner, SourceSet } from "#base";
import { NodeIds, parseFile } from "#syntax";
import {
	Build,
	checkPackage,
	type Func,
	identical,
	implementsType,
	instance,
	lookupFieldOrMethod,
	methodSet,
	type Named,
	newPackage,
	offsetsof,
	type Package,
	Pointer,
	type Signature,
	sizeof,
	alignof,
	type Struct,
	type Type,
	TypeKind,
	typeOf,
	typeString,
	under,
	unsafePackage,
} from "#types";

function load(src: string): { pkg: Package; build: Build; errors: string[] } {
	const sources = new SourceSet();
	const errors: string[] = [];
	const report = (d: { msg: string }): void => {
		errors.push(d.msg);
	};
	const file = parseFile(new NodeIds(), sources.add("x.go", new TextEncoder().encode(src)), new Interner(), report, { lazyBodies: false });
	const build = new Build({
		sources,
		importPackage: (path) => (path === "unsafe" ? unsafePackage : `no package ${path}`),
		bodyOf: (_, d) => d.body,
	});
	const pkg = newPackage(build, { path: "x", files: [file], goVersion: "go1.26", report });
	checkPackage(pkg);
	return { pkg, build, errors };
}

function typeNamed(pkg: Package, name: string): Type {
	const obj = pkg.scope.lookup(name);
	assert.ok(obj !== null, name);
	return typeOf(obj);
}

const relative = (): string => "";

test("method sets: promotion, pointers, ambiguity", () => {
	const { pkg, build, errors } = load(`package x
type A struct{}
func (A) a() {}
func (*A) pa() {}
type B struct{}
func (B) b() {}
func (B) a() {}
type E interface{ e() }
type S struct { A; *B; E }
type T struct { *A; x int }
type P *A
`);
	assert.deepEqual(errors, []);
	const names = (t: Type): string =>
		methodSet(t)
			.map((m) => `${m.obj.name}${m.index.join(".")}`)
			.join(" ");
	const ptr = (t: Type): Type => new Pointer(build.ctx.ids, t);
	assert.equal(names(typeNamed(pkg, "A")), "a0");
	assert.equal(names(ptr(typeNamed(pkg, "A"))), "a0 pa1");
	assert.equal(names(typeNamed(pkg, "S")), "b1.0 e2.0");
	assert.equal(names(ptr(typeNamed(pkg, "S"))), "b1.0 e2.0 pa0.1");
	assert.equal(names(typeNamed(pkg, "T")), "a0.0 pa0.1");
	assert.equal(names(typeNamed(pkg, "P")), "");
	assert.equal(names(ptr(typeNamed(pkg, "E"))), "");
	const r = lookupFieldOrMethod(typeNamed(pkg, "S"), true, pkg, "a");
	assert.equal(r.obj, null);
	assert.ok(r.index !== null, "ambiguous");
});

test("sizes and offsets", () => {
	const { pkg, errors } = load(`package x
type S struct { a byte; b int64; c struct{ d uint16 }; e string; f any; z [0]int }
type C struct { a bool; c complex64 }
type Z struct { a int32; z struct{} }
`);
	assert.deepEqual(errors, []);
	const s = typeNamed(pkg, "S");
	assert.deepEqual(offsetsof((under(s) as Struct).fields), [0, 8, 16, 24, 40, 56]);
	assert.deepEqual([sizeof(s), alignof(s)], [64, 8]);
	assert.deepEqual([sizeof(typeNamed(pkg, "C")), alignof(typeNamed(pkg, "C"))], [12, 4]);
	assert.equal(sizeof(typeNamed(pkg, "Z")), 8);
});

test("instances are shared, expand lazily, and print", () => {
	const { pkg, build, errors } = load(`package x
type List[T any] struct { next *List[T]; val T }
func (l *List[E]) Push(v E) *List[E] { return &List[E]{l, v} }
type L = List[int]
var v List[int]
type Tree[K interface{ ~int | ~string }, V any] map[K]V
`);
	assert.deepEqual(errors, []);
	const v = typeNamed(pkg, "v") as Named;
	assert.ok(identical(v, typeNamed(pkg, "L")));
	assert.equal(instance(build.ctx, 0, typeNamed(pkg, "List") as Named, (v.inst as { targs: Type[] }).targs), v);
	assert.equal(typeString(v, relative), "List[int]");
	assert.equal(typeString(under(v), relative), "struct{next *List[int]; val int}");
	const push = lookupFieldOrMethod(v, true, pkg, "Push").obj as Func;
	assert.equal(typeString(push.type as Type, relative), "func(v int) *List[int]");
	assert.equal(push.origin.type === push.type, false);
	assert.equal(typeString(typeNamed(pkg, "Tree"), relative), "Tree[K interface{~int | ~string}, V any]");
});

test("implements and its reason", () => {
	const { pkg, errors } = load(`package x
type I interface { M(int) }
type A struct{}
func (*A) M(int) {}
type B struct{}
func (B) M(string) {}
type N interface{ ~int | ~string }
type Int int
`);
	assert.deepEqual(errors, []);
	const why = (v: string, t: string, constraint = false): string => {
		const cause = { text: "" };
		return implementsType(pkg.checker, typeNamed(pkg, v), typeNamed(pkg, t), constraint, cause) ? "" : cause.text;
	};
	assert.equal(why("A", "I"), "A does not implement I (method M has pointer receiver)");
	assert.equal(why("B", "I"), "B does not implement I (wrong type for method M)\n\t\thave M(string)\n\t\twant M(int)");
	assert.equal(why("Int", "N", true), "");
	assert.equal(why("A", "N", true), "A does not satisfy N (A missing in ~int | ~string)");
});

test("signatures are identical up to renaming of type parameters", () => {
	const { pkg, errors } = load(`package x
func f[P any, Q ~[]P](P, Q) Q { panic(0) }
func g[A any, B ~[]A](x A, y B) B { panic(0) }
func h[A any, B ~[]A](x B, y A) B { panic(0) }
`);
	assert.deepEqual(errors, []);
	const sig = (n: string): Signature => typeNamed(pkg, n) as Signature;
	assert.equal(sig("f").kind, TypeKind.Signature);
	assert.equal(identical(sig("f"), sig("g")), true);
	assert.equal(identical(sig("f"), sig("h")), false);
});
