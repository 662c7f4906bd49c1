// Scripts in JavaScript, in place of Delve's Starlark: "source FILE.js". The file is the body of an async function; see README.
import { readFileSync, writeFileSync, appendFileSync } from "node:fs";
import { createContext, Script } from "node:vm";
import type { Context, Terminal } from "./terminal.ts";
import { message } from "./terminal.ts";

/** A command that a script defined. */
export type ScriptCommand = (args: string) => unknown;

const FUNCTIONS = /^\s*(?:async\s+)?function\s+([A-Za-z_$][\w$]*)\s*\(/gm;

/** What scripts see: every method of the API by name, commands, files. */
function environment(t: Terminal, c: Context): Record<string, unknown> {
	const dlv = new Proxy(
		{},
		{ get: (_target, name) => (typeof name === "string" && name !== "then" ? (arg: object = {}) => t.client.call(name, arg) : undefined) },
	);
	return {
		dlv,
		/** Carries out a terminal command; what it prints. */
		command: async (text: string): Promise<string> => t.captured(() => t.execute(text, c)),
		run: (text: string): Promise<void> => t.execute(text, c),
		evaluate: async (expr: string): Promise<unknown> =>
			(await t.client.call<{ Variable: unknown }>("Eval", { Scope: c.scope, Expr: expr, Cfg: t.config.load })).Variable,
		scope: () => c.scope,
		loadConfig: () => t.config.load,
		print: (...values: unknown[]): void => t.line(values.map((v) => (typeof v === "string" ? v : JSON.stringify(v, null, 1))).join(" ")),
		readFile: (path: string): string => readFileSync(path, "utf8"),
		writeFile: (path: string, text: string): void => writeFileSync(path, text),
		appendFile: (path: string, text: string): void => appendFileSync(path, text),
		sleep: (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms)),
		Date,
	};
}

/** Runs a script. Functions named command_NAME become commands; main() is called. Throws Error with the script's message. */
export async function runScript(t: Terminal, path: string, text: string, c: Context): Promise<void> {
	const names = [...text.matchAll(FUNCTIONS)].map((m) => m[1] as string);
	const wanted = names.filter((n) => n.startsWith("command_") || n === "main");
	const body = `(async () => {${text}\n;return {${wanted.join(",")}};})()`;
	try {
		const result = new Script(body, { filename: path }).runInContext(createContext(environment(t, c))) as Promise<Record<string, unknown>>;
		const made = await result;
		for (const n of wanted) {
			if (n !== "main") t.scripts.set(n.slice("command_".length), made[n] as ScriptCommand);
		}
		if (typeof made["main"] === "function") await (made["main"] as () => unknown)();
	} catch (e) {
		throw new Error(`${path}: ${message(e)}`);
	}
}
