// What gc checks about `//go:` directives and missing bodies once a package has no other errors.

import { type Decl, type File, type FuncDecl, Kind, type Pragma, type VarDecl, walk } from "#syntax";
import type { Checker } from "./checker.ts";
import { errorf } from "./errors.ts";
import { type Obj, ObjKind } from "./objects.ts";
import { allowVersion, go1_16, go1_18, versionString } from "./version.ts";

/** Reports what is wrong with directives; and functions without body (or linkname) in packages of Go alone. */
export function checkDirectives(c: Checker): void {
	const linknames = new Set<Obj>();
	for (const file of c.files) {
		if (file.directives.some((d) => d.name === "embed")) checkEmbeds(c, file);
		checkLinknames(c, file, linknames);
	}
	for (const file of c.files) {
		for (const d of file.decls) if (d.kind === Kind.FuncDecl) checkFunc(c, d, linknames);
	}
}

function imports(file: File, path: string): boolean {
	return file.decls.some((d) => d.kind === Kind.ImportDecl && d.path.text.slice(1, -1) === path);
}

function checkEmbeds(c: Checker, file: File): void {
	const haveEmbed = imports(file, "embed");
	const top = new Set<Decl>(file.decls);
	walk(file, (n) => {
		if (n.kind !== Kind.VarDecl) return;
		const embed = n.pragma?.directives.find((d) => d.name === "embed");
		if (embed === undefined) return;
		const fault = embedFault(c, n, haveEmbed, !top.has(n));
		if (fault !== "") errorf(c, embed.pos + 2, "InvalidDirective", "%s", fault);
	});
}

function embedFault(c: Checker, d: VarDecl, haveEmbed: boolean, withinFunc: boolean): string {
	if (!haveEmbed) return 'go:embed requires import "embed" (or import _ "embed", if package is not used)';
	if (d.names.length > 1) return "go:embed cannot apply to multiple vars";
	if (d.values !== null) return "go:embed cannot apply to var with initializer";
	if (d.type === null) return "go:embed cannot apply to var without type";
	if (withinFunc) return "go:embed cannot apply to var inside func";
	if (!allowVersion(c, go1_16)) return `go:embed requires go1.16 or later (-lang was set to ${versionString(c.version)}; check go.mod)`;
	return "";
}

function checkLinknames(c: Checker, file: File, linknames: Set<Obj>): void {
	const haveUnsafe = imports(file, "unsafe");
	for (const d of file.directives) {
		if (d.name !== "linkname") continue;
		const [local, remote] = [d.args[0] ?? "", d.args[1] ?? ""];
		const fail = (text: string): void => errorf(c, d.pos + 2, "InvalidDirective", "%s", text);
		if (!haveUnsafe) {
			fail('//go:linkname only allowed in Go files that import "unsafe"');
			continue;
		}
		if (remote.includes("[") && remote.includes("]")) {
			fail("//go:linkname reference of an instantiation is not allowed");
			continue;
		}
		const obj = c.pkg.scope.lookup(local);
		if (obj === null || (obj.kind !== ObjKind.Func && obj.kind !== ObjKind.Var)) {
			// Older code has stale ones.
			if (allowVersion(c, go1_18)) fail("//go:linkname must refer to declared function or variable");
		} else if (linknames.has(obj)) fail(`duplicate //go:linkname for ${local}`);
		else linknames.add(obj);
	}
}

function has(p: Pragma | null, name: string): boolean {
	return p !== null && p.directives.some((d) => d.name === name);
}

function checkFunc(c: Checker, d: FuncDecl, linknames: ReadonlySet<Obj>): void {
	const fail = (text: string): void => errorf(c, d, "InvalidDirective", "%s", text);
	const p = d.pragma;
	if (has(p, "systemstack") && has(p, "nosplit")) fail("go:nosplit and go:systemstack cannot be combined");
	if (d.hasBody) {
		if (has(p, "noescape")) fail("can only use //go:noescape with external func implementations");
		if (has(p, "uintptrkeepalive") && !has(p, "uintptrescapes") && !has(p, "nosplit")) fail("go:uintptrkeepalive requires go:nosplit");
	} else if (c.complete || d.name.name === "init") {
		const obj = c.info.defs.get(d.name) ?? null;
		if (obj === null || !linknames.has(obj)) fail("missing function body");
	}
}
