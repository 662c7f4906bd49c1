// The terminal's configuration: Delve's config.yml.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import type { LoadConfig } from "../api.ts";

type Value = string | number | boolean | null | Record<string, string[]> | { from: string; to: string }[] | string[];

/** Keys in the order `config -list` shows them, with their defaults; null = not set. */
const DEFAULTS: Readonly<Record<string, Value>> = {
	aliases: {},
	"substitute-path": [],
	"max-string-len": null,
	"max-array-values": null,
	"max-variable-recurse": null,
	"disassemble-flavor": null,
	"show-location-expr": false,
	"source-list-line-color": null,
	"source-list-arrow-color": "",
	"source-list-keyword-color": "",
	"source-list-string-color": "",
	"source-list-number-color": "",
	"source-list-comment-color": "",
	"prompt-color": "",
	"source-list-tab-color": "",
	"stacktrace-function-color": "",
	"stacktrace-basename-color": "",
	"source-list-line-count": null,
	"debug-info-directories": ["/usr/lib/debug/.build-id"],
	position: "",
	tab: "",
	"trace-show-timestamp": false,
	"show-raw-strings": false,
	prompt: "",
};

export function configPath(): string {
	const xdg = process.env["XDG_CONFIG_HOME"];
	return xdg !== undefined && xdg !== "" ? join(xdg, "dlv", "config.yml") : join(homedir(), ".config", "dlv", "config.yml");
}

/** A value as it was written, quotes off. */
function unquoted(text: string): string {
	const m = /^"((?:[^"\\]|\\.)*)"$/.exec(text);
	return m === null ? text : (m[1] as string).replace(/\\(.)/g, "$1");
}

export class Config {
	private readonly values: Map<string, Value> = new Map(Object.entries(DEFAULTS));

	/** Reads config.yml; a broken one is told by `warn`. */
	static load(warn: (text: string) => void): Config {
		const c = new Config();
		let text: string;
		try {
			text = readFileSync(configPath(), "utf8");
		} catch {
			return c;
		}
		try {
			const o = parse(text) as Record<string, Value> | null;
			for (const [k, v] of Object.entries(o ?? {})) if (k in DEFAULTS && v !== null) c.values.set(k, v);
		} catch (e) {
			warn(`Unable to decode config file: ${e instanceof Error ? e.message : String(e)}.`);
		}
		return c;
	}

	save(): void {
		const path = configPath();
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, stringify(Object.fromEntries([...this.values].filter(([, v]) => v !== null))));
	}

	number(key: string, otherwise: number): number {
		const v = this.values.get(key);
		return typeof v === "number" ? v : otherwise;
	}

	string(key: string): string {
		const v = this.values.get(key);
		return typeof v === "string" ? v : "";
	}

	bool(key: string): boolean {
		return this.values.get(key) === true;
	}

	get aliases(): Record<string, string[]> {
		return (this.values.get("aliases") ?? {}) as Record<string, string[]>;
	}

	get substitutePath(): [string, string][] {
		const v = this.values.get("substitute-path");
		return Array.isArray(v) ? v.map((x) => (typeof x === "string" ? ["", ""] : [x.from, x.to])) : [];
	}

	get load(): LoadConfig {
		return {
			FollowPointers: true,
			MaxVariableRecurse: this.number("max-variable-recurse", 1),
			MaxStringLen: this.number("max-string-len", 64),
			MaxArrayValues: this.number("max-array-values", 64),
			MaxStructFields: -1,
		};
	}

	list(): string {
		const width = Math.max(...Object.keys(DEFAULTS).map((k) => k.length)) + 1;
		return Object.keys(DEFAULTS)
			.map((k) => {
				return `${k.padEnd(width)}${this.show(k)}\n`;
			})
			.join("");
	}

	private show(key: string): string {
		const v = this.values.get(key);
		if (v === null || v === undefined) return key === "source-list-line-color" ? "<nil>" : "<not defined>";
		if (typeof v === "string") return key === "disassemble-flavor" ? v : JSON.stringify(v);
		if (typeof v !== "object") return String(v);
		if (Array.isArray(v)) return `[${v.map((x) => (typeof x === "string" ? x : `{${x.from} ${x.to}}`)).join(" ")}]`;
		return `map[${Object.entries(v)
			.map(([k, list]) => `${k}:[${list.join(" ")}]`)
			.join(" ")}]`;
	}

	/** Carries out "config NAME VALUE". Throws with Delve's words. */
	set(name: string, rest: string): void {
		if (name === "alias") {
			this.setAlias(rest);
			return;
		}
		if (!(name in DEFAULTS)) throw new Error(`${JSON.stringify(name)} is not a configuration parameter`);
		if (name === "substitute-path") {
			this.setSubstitution(rest);
			return;
		}
		const fallback = DEFAULTS[name];
		if (typeof fallback === "boolean") {
			if (rest !== "true" && rest !== "false") throw new Error(`argument to ${JSON.stringify(name)} must be true or false`);
			this.values.set(name, rest === "true");
		} else if (fallback === null && name !== "disassemble-flavor" && name !== "source-list-line-color") {
			if (!/^\d+$/.test(rest)) throw new Error(`argument to ${JSON.stringify(name)} must be a number`);
			this.values.set(name, Number(rest));
		} else this.values.set(name, unquoted(rest));
	}

	private setAlias(rest: string): void {
		const [command, alias] = rest.split(/\s+/);
		const all = { ...this.aliases };
		if (command === undefined || command === "") throw new Error("wrong number of arguments");
		if (alias === undefined) {
			for (const k of Object.keys(all)) all[k] = (all[k] as string[]).filter((x) => x !== command);
		} else all[command] = [...(all[command] ?? []), alias];
		this.values.set("aliases", all);
	}

	private setSubstitution(rest: string): void {
		const words = [...rest.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map((m) => m[1] ?? m[2] ?? "");
		const rules = this.substitutePath.map(([from, to]) => ({ from, to }));
		if (words[0] === "-clear") {
			this.values.set("substitute-path", []);
			return;
		}
		const [from, to] = words;
		if (from === undefined) return;
		const kept = rules.filter((r) => r.from !== from);
		if (to !== undefined) kept.push({ from, to });
		this.values.set("substitute-path", kept);
	}
}
