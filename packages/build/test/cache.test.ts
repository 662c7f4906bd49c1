// Which symbols are the program's own: the store of standard symbols must not keep them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { userPattern } from "#link";

test("symbols that a program's own packages have a part in", () => {
	const user = userPattern(["main", "example%2ecom/app"]);
	const own = [
		"main.f",
		"main.(*T).M",
		"type:main.T",
		"type:*main.T",
		"type:.eq.main.T",
		"type:.eq.[2]main.T",
		"type:.hash.example%2ecom/app.T",
		"type:.gcmask.main.T",
		"type:.importpath.main.",
		"go:itab.main.T,error",
		"go:itab.*main.T,error",
		"slices.Sort[main.T]",
		"type:map[string]example%2ecom/app.T",
	];
	for (const name of own) assert.ok(user.test(name), name);
	for (const name of ["runtime.mainStarted", "domain.f", "x/main.f", "go/types.(*T).main", "type:.eq.net/http.T"])
		assert.ok(!user.test(name), name);
});
