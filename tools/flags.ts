// Flags of development tools: -name VALUE and -name.

export interface ToolFlags {
	values: Partial<Record<string, string>>;
	flags: Set<string>;
	rest: string[];
}

export function parseFlags(args: readonly string[], withValue: readonly string[], plain: readonly string[]): ToolFlags {
	const out: ToolFlags = { values: {}, flags: new Set(), rest: [] };
	for (let i = 0; i < args.length; i++) {
		const name = args[i].replace(/^--?/, "");
		if (!args[i].startsWith("-")) out.rest.push(args[i]);
		else if (withValue.includes(name)) out.values[name] = args[++i];
		else if (plain.includes(name)) out.flags.add(name);
		else throw new Error(`unknown flag ${args[i]}`);
	}
	return out;
}
