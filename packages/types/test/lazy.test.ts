import assert from "node:assert/strict";
import { test } from "node:test";
import { checkBody, checkInit, checkPackage, type Func, ObjKind } from "#types";
import { haveGoroot, Loader } from "./harness.ts";

const skip = haveGoroot ? false : "no GOROOT";

function orders(root: string, check: (l: Loader) => void): Map<string, string> {
	const l = new Loader();
	l.importPackage(root);
	check(l);
	assert.deepEqual(l.diagnostics, []);
	const out = new Map<string, string>();
	for (const p of l.packages.values()) out.set(p.path, (p.checker?.initOrder ?? []).map((x) => x.lhs.map((v) => v.name).join()).join(" "));
	return out;
}

test("initialisation order on demand is that of whole packages", { skip }, () => {
	const whole = orders("fmt", (l) => {
		for (const p of [...l.packages.values()]) checkPackage(p);
	});
	// importing packages first, so that objects are resolved from outside
	const lazy = orders("fmt", (l) => {
		for (const p of [...l.packages.values()].reverse()) checkInit(p);
	});
	assert.ok(whole.size > 40);
	for (const [path, order] of whole) assert.equal(lazy.get(path), order, path);
});

test("a body on demand checks only what it mentions", { skip }, () => {
	const l = new Loader();
	const p = l.importPackage("strings");
	assert.ok(typeof p !== "string");
	const f = p.scope.lookup("Repeat") as Func;
	assert.equal(f.kind, ObjKind.Func);
	checkBody(f);
	assert.deepEqual(l.diagnostics, []);
	assert.equal(f.decl?.bodyChecked, true);
	const checked = [...l.packages.values()].flatMap((q) => q.checker?.objList ?? []).filter((o) => o.type !== null).length;
	const all = [...l.packages.values()].flatMap((q) => q.checker?.objList ?? []).length;
	assert.ok(checked > 5 && checked * 10 < all, `${checked} of ${all} objects checked`);
});
