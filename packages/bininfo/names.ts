// Taking linker names of functions apart: package path, receiver, base name, instantiation.

export interface FuncName {
	pkg: string;
	/** As written, with parentheses and star; "" for functions. A closure F.func1 counts as func1 of receiver F, as in Delve. */
	receiver: string;
	base: string;
	/** The name has type arguments. */
	instantiated: boolean;
}

/** Splits "encoding/json.(*Decoder).Decode" and the like; dots and slashes inside brackets do not count. */
export function parseFuncName(name: string): FuncName {
	if (name.startsWith("go:") || name.startsWith("type:")) return { pkg: "", receiver: "", base: name, instantiated: false };
	const dots: number[] = [];
	let depth = 0;
	let instantiated = false;
	for (let i = 0; i < name.length; i++) {
		const c = name[i];
		if (c === "[") {
			depth++;
			instantiated = true;
		} else if (c === "]") depth--;
		else if (depth > 0) continue;
		else if (c === "/") dots.length = 0;
		else if (c === ".") dots.push(i);
	}
	const [first, second] = dots;
	if (first === undefined) return { pkg: "", receiver: "", base: name, instantiated };
	const pkg = name.slice(0, first);
	if (second === undefined) return { pkg, receiver: "", base: name.slice(first + 1), instantiated };
	return { pkg, receiver: name.slice(first + 1, second), base: name.slice(second + 1), instantiated };
}

/** The generic function's name: without its type arguments; the name itself when it has none. */
export function withoutTypeArgs(name: string): string {
	let out = "";
	let depth = 0;
	for (const c of name) {
		if (c === "[") depth++;
		else if (c === "]") depth--;
		else if (depth === 0) out += c;
	}
	return out;
}

/** The package path of a qualified name of a type, variable or function. */
export function packageOf(name: string): string {
	const bracket = name.indexOf("[");
	const slash = name.lastIndexOf("/", bracket < 0 ? name.length : bracket);
	const dot = name.indexOf(".", slash + 1);
	return dot < 0 ? "" : name.slice(0, dot);
}

/** Hash of a function's name. */
export function hashName(name: string): number {
	let h = 0x811c9dc5;
	for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
	return h >>> 0;
}
