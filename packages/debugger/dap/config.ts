// Launch and attach configurations: Delve's keys and its words for what is wrong with them.

export interface CommonConfig {
	followExec: boolean;
	followExecRegex: string;
	stopOnEntry: boolean;
	backend: string;
	stackTraceDepth: number;
	maxStringLen: number;
	maxArrayValues: number;
	showGlobalVariables: boolean;
	showRegisters: boolean;
	hideSystemGoroutines: boolean;
	goroutineFilters: string;
	showPprofLabels: string[];
	/** Pairs of a path at the client and at the server. */
	substitutePath: { from: string; to: string }[];
	showRawStrings: boolean;
}

export interface LaunchConfig extends CommonConfig {
	mode: string;
	program: string;
	args: string[] | null;
	cwd: string;
	buildFlags: string | string[];
	output: string;
	noDebug: boolean;
	traceDirPath: string;
	coreFilePath: string;
	dlvCwd: string;
	env: Record<string, string | null>;
	outputMode: string;
	stdinFrom: string;
	stdoutTo: string;
	stderrTo: string;
}

export interface AttachConfig extends CommonConfig {
	mode: string;
	processId: number;
	waitFor: string;
	/** What dlv substitute-path-guess-helper printed. */
	guessSubstitutePath: unknown;
}

const common: CommonConfig = {
	followExec: false,
	followExecRegex: "",
	stopOnEntry: false,
	backend: "",
	stackTraceDepth: 50,
	maxStringLen: 512,
	maxArrayValues: 64,
	showGlobalVariables: false,
	showRegisters: false,
	hideSystemGoroutines: false,
	goroutineFilters: "",
	showPprofLabels: [],
	substitutePath: [],
	showRawStrings: false,
};

const launch: LaunchConfig = {
	...common,
	mode: "",
	program: "",
	args: null,
	cwd: "",
	buildFlags: [],
	output: "",
	noDebug: false,
	traceDirPath: "",
	coreFilePath: "",
	dlvCwd: "",
	env: {},
	outputMode: "",
	stdinFrom: "",
	stdoutTo: "",
	stderrTo: "",
};

const attach: AttachConfig = { ...common, mode: "", processId: 0, waitFor: "", guessSubstitutePath: null };

/** A configuration that cannot be understood; the message is Delve's. */
export class ConfigError extends Error {}

type Field = "string" | "bool" | "int" | "[]string" | "env" | "paths" | "flags" | "any";

const fieldOf: Record<string, Field> = {
	args: "[]string",
	showPprofLabels: "[]string",
	env: "env",
	substitutePath: "paths",
	buildFlags: "flags",
	guessSubstitutePath: "any",
};

const goTypes: Record<Field, string> = {
	string: "string",
	bool: "bool",
	int: "int",
	"[]string": "[]string",
	env: "map[string]*string",
	paths: '{"from":string, "to":string}',
	flags: "[]string or string",
	any: "any",
};

/** What Go's encoding/json calls a JSON value. */
function jsonName(v: unknown): string {
	if (v === null) return "null";
	if (Array.isArray(v)) return "array";
	if (typeof v === "boolean") return "bool";
	return typeof v;
}

function isStrings(v: unknown): v is string[] {
	return Array.isArray(v) && v.every((x) => typeof x === "string");
}

function fits(field: Field, v: unknown): boolean {
	switch (field) {
		case "string":
			return typeof v === "string";
		case "bool":
			return typeof v === "boolean";
		case "int":
			return Number.isSafeInteger(v);
		case "[]string":
			return isStrings(v);
		case "env":
			return typeof v === "object" && !Array.isArray(v) && Object.values(v as object).every((x) => x === null || typeof x === "string");
		case "paths":
			return Array.isArray(v);
		case "flags":
			return typeof v === "string" || isStrings(v);
		case "any":
			return true;
	}
}

function checkPaths(list: readonly unknown[]): void {
	for (const rule of list) {
		const { from, to } = (typeof rule === "object" && rule !== null ? rule : {}) as { from?: unknown; to?: unknown };
		const bad = typeof rule !== "object" || rule === null || [from, to].some((x) => x !== undefined && typeof x !== "string");
		if (bad) throw new ConfigError(`cannot use ${JSON.stringify(rule)} as 'substitutePath' of type {"from":string, "to":string}`);
		if (from === undefined || to === undefined) throw new ConfigError("'substitutePath' requires both 'from' and 'to' entries");
	}
}

/** Fills a configuration in; keys are matched as Go's encoding/json does, unknown ones are left alone. */
function decode<T extends object>(defaults: T, given: Record<string, unknown>): T {
	const out = { ...defaults } as Record<string, unknown>;
	const names = new Map(Object.keys(defaults).map((k) => [k.toLowerCase(), k]));
	for (const [key, v] of Object.entries(given)) {
		const name = names.get(key.toLowerCase());
		if (name === undefined || v === null || v === undefined) continue;
		const usual = typeof out[name] === "boolean" ? "bool" : typeof out[name] === "number" ? "int" : "string";
		const field = fieldOf[name] ?? usual;
		if (!fits(field, v)) {
			const what = typeof v === "number" && field === "int" ? `number ${v}` : jsonName(v);
			throw new ConfigError(`cannot unmarshal ${what} into "${name}" of type ${goTypes[field]}`);
		}
		if (field === "paths") checkPaths(v as unknown[]);
		out[name] = v;
	}
	return out as T;
}

/** Throws ConfigError. */
export function decodeLaunch(given: Record<string, unknown>): LaunchConfig {
	return decode(launch, given);
}

/** Throws ConfigError. */
export function decodeAttach(given: Record<string, unknown>): AttachConfig {
	return decode(attach, given);
}
