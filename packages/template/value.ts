// The values that templates work on: JavaScript ones with the types that Go would give them.
//
//	string, boolean       string, bool
//	number, bigint        int (a number with a fraction: float64)
//	null, undefined       nil
//	array, Map            slice, map (keys are strings or numbers)
//	Struct                struct or pointer to one
//	function              func

export type Value =
	| string
	| boolean
	| number
	| bigint
	| null
	| undefined
	| readonly Value[]
	| ReadonlyMap<string | number, Value>
	| Struct
	| Func;
export type Func = (...args: Value[]) => Value;

/** A struct with named fields; what is not a field may be a method. */
export class Struct {
	/** Go's name of the type, for messages: "load.PackagePublic". */
	readonly type: string;
	readonly pointer: boolean;
	readonly fields: ReadonlyMap<string, Value>;
	readonly methods: Readonly<Record<string, Func>>;

	constructor(type: string, fields: ReadonlyMap<string, Value>, pointer: boolean, methods: Readonly<Record<string, Func>> = {}) {
		this.type = type;
		this.fields = fields;
		this.pointer = pointer;
		this.methods = methods;
	}
}

export function isMap(v: Value): v is ReadonlyMap<string | number, Value> {
	return v instanceof Map;
}

export function isSlice(v: Value): v is readonly Value[] {
	return Array.isArray(v);
}

export function isInt(v: Value): boolean {
	return typeof v === "bigint" || (typeof v === "number" && Number.isInteger(v));
}

/** Whether `if` takes the value as true: not zero, not empty, not nil; a struct always is. */
export function isTrue(v: Value): boolean {
	if (v === null || v === undefined) return false;
	if (typeof v === "string" || isSlice(v)) return v.length > 0;
	if (isMap(v)) return v.size > 0;
	if (typeof v === "number" || typeof v === "bigint") return Number(v) !== 0;
	return typeof v === "boolean" ? v : true;
}

/** The Go type's name, for messages. */
export function typeName(v: Value): string {
	if (v === null || v === undefined) return "nil";
	if (typeof v === "string") return "string";
	if (typeof v === "boolean") return "bool";
	if (typeof v === "function") return "func()";
	if (isInt(v)) return "int";
	if (typeof v === "number") return "float64";
	if (isSlice(v)) return v.length > 0 ? `[]${typeName(v[0])}` : "[]string";
	if (isMap(v)) return "map[string]string";
	return `${(v as Struct).pointer ? "*" : ""}${(v as Struct).type}`;
}

/** Keys in the order in which range and fmt go through a map. */
export function sortedKeys(m: ReadonlyMap<string | number, Value>): (string | number)[] {
	return [...m.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
