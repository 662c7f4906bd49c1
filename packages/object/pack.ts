// Packs: many symbols as columns of numbers over shared bytes, so that the linker and the work list run over them without making an
// object of any. A file of the function cache is a list of packs; fragments become a pack before they are linked.
//
// Rows of a table refer to rows of others by index. A *name* is an index in the pack's name table, a *ref* is twice that plus the
// ABI: a symbol's identity. Columns whose name ends in `At` say where the items of each row start in another table; they have one
// element more than the table has rows. -1 = none.

import { ByteReader, ByteWriter, FormatError } from "#base";

/** Changes whenever the columns do. */
export const PackVersion = 3;

/** Bits of symBits: what a name or kind says that the linker asks of every symbol. */
export const SymBit = {
	/** A type descriptor: `type:T`, not what hangs on one. */
	Type: 1,
	/** Listed in the ELF symbol table. */
	Listed: 2,
	/** A package variable that debuggers list. */
	Variable: 4,
	/** A text symbol of the FIPS module. */
	FipsText: 8,
} as const;

/** Bits of entFlags. */
export const EntFlag = {
	/** Looks methods up by reflection with unknown names. */
	ReflectMethod: 1,
	/** A type descriptor: tmAt and tpAt hold what is known of the type. */
	Type: 2,
} as const;

export interface Pack {
	nameAt: Int32Array;
	nameBytes: Uint8Array;
	nameHash: Int32Array;
	/** 1 = visible in its fragment only. */
	nameLocal: Uint8Array;
	/** Open addressing by hash: a name that is not local plus one, 0 = free. */
	nameSlots: Int32Array;

	/** Entries: what one cached symbol brings with it. entRef: the key; entOrd: the ref that entries of a package are ordered by. */
	entRef: Int32Array;
	entPkg: Int32Array;
	entOrd: Int32Array;
	/** Rank of the entry among all of the pack by the text of entOrd, then ABI. */
	entRank: Int32Array;
	/** Text that must be added to the key for the entry to be valid. */
	entSuffix: Int32Array;
	entFlags: Uint8Array;
	entSymAt: Int32Array;
	/** What the entry depends on besides what the file's name covers: rows of questions with digests of the answers (compile/facts.ts). */
	entFactAt: Int32Array;
	entFact: Int32Array;
	factKey: Int32Array;
	factValue: Int32Array;
	/** Refs that making it queued; refs that its relocations keep besides. */
	needAt: Int32Array;
	needRef: Int32Array;
	followAt: Int32Array;
	followRef: Int32Array;
	/** Link names of types that it converts to interfaces, and keys of interface methods that it calls. */
	ifaceAt: Int32Array;
	ifaceName: Int32Array;
	methAt: Int32Array;
	methName: Int32Array;
	/** Of descriptors: rows of the method table, and link names of parts. */
	tmAt: Int32Array;
	tmKey: Int32Array;
	tmExported: Uint8Array;
	tmNeedAt: Int32Array;
	tmNeedRef: Int32Array;
	tpAt: Int32Array;
	tpName: Int32Array;
	/** Types that debuggers want described because of it; what describing it asks for. */
	debugAt: Int32Array;
	debugRef: Int32Array;
	partAt: Int32Array;
	partRef: Int32Array;

	/** Symbols. */
	symRef: Int32Array;
	symKind: Uint8Array;
	symBits: Uint8Array;
	symFlags: Int32Array;
	symAlign: Int32Array;
	symSize: Float64Array;
	symHash: Int32Array;
	symType: Int32Array;
	symFunc: Int32Array;
	symDataAt: Int32Array;
	data: Uint8Array;
	symRelAt: Int32Array;
	relOff: Int32Array;
	relSize: Uint8Array;
	relKind: Uint8Array;
	relRef: Int32Array;
	relAdd: Float64Array;

	/** Functions. Tables are indices in the pack's pc-value tables; that of lines holds whole line numbers. */
	fnArgs: Int32Array;
	fnId: Uint8Array;
	fnFlag: Uint8Array;
	fnStart: Int32Array;
	fnDefer: Int32Array;
	fnFiles: Int32Array;
	fnPcsp: Int32Array;
	fnPcfile: Int32Array;
	fnPcln: Int32Array;
	fnPcinline: Int32Array;
	fnPcdataAt: Int32Array;
	pcdataTable: Int32Array;
	fnFuncdataAt: Int32Array;
	funcdataRef: Int32Array;
	/** Lists of file names, each list once. */
	listAt: Int32Array;
	listName: Int32Array;
	tabAt: Int32Array;
	tabBytes: Uint8Array;
	tabHash: Int32Array;

	/** Inlined calls; ranges of code of each; where the call is. */
	fnInlAt: Int32Array;
	inlParent: Int32Array;
	inlFunc: Int32Array;
	inlStart: Int32Array;
	inlPc: Int32Array;
	inlFile: Int32Array;
	inlLine: Int32Array;
	inlRangeAt: Int32Array;
	rangeFrom: Int32Array;
	rangeTo: Int32Array;

	/** Debugging: the file of the declaration, 1 = has variables and scopes. */
	fnDeclFile: Int32Array;
	fnDwarf: Uint8Array;
	fnScopeAt: Int32Array;
	scopeParent: Int32Array;
	scopeVars: Uint8Array;
	scopeRangeAt: Int32Array;
	scopeFrom: Int32Array;
	scopeTo: Int32Array;
	/** Variables, those of the function itself first, by scope, then by inlined call. */
	fnVarAt: Int32Array;
	varName: Int32Array;
	varType: Int32Array;
	/** 1 = parameter, 2 = result. */
	varKind: Uint8Array;
	varLine: Int32Array;
	varScope: Int32Array;
	varInl: Int32Array;
	varClosure: Int32Array;
	varLocAt: Int32Array;
	locFrom: Int32Array;
	locTo: Int32Array;
	locExprAt: Int32Array;
	exprBytes: Uint8Array;
	locSymAt: Int32Array;
	lsOff: Int32Array;
	lsRef: Int32Array;
	lsAdd: Float64Array;
	/** The frame description, address missing; line program in runs of one file. */
	fnFrameAt: Int32Array;
	frameBytes: Uint8Array;
	fnLineAt: Int32Array;
	lineFile: Int32Array;
	lineCodeAt: Int32Array;
	lineBytes: Uint8Array;

	/** Small things kept by key (of which the last counts). */
	kvKey: Int32Array;
	kvAt: Int32Array;
	kvBytes: Uint8Array;
}

/** What a column's elements are: numbers, bytes, names, refs, rows of another table, or starts in one (whose rows a column counts). */
type Role = "plain" | "name" | "ref" | keyof Pack;
type Shape = "i32" | "u8" | "f64";

/** All columns. A role that is a column means: rows of the table that this column belongs to. */
const columns: readonly (readonly [keyof Pack, Shape, Role])[] = [
	["nameAt", "i32", "nameBytes"],
	["nameBytes", "u8", "plain"],
	["nameHash", "i32", "plain"],
	["nameLocal", "u8", "plain"],
	["nameSlots", "i32", "plain"],
	["entRef", "i32", "ref"],
	["entPkg", "i32", "name"],
	["entOrd", "i32", "ref"],
	["entRank", "i32", "plain"],
	["entSuffix", "i32", "name"],
	["entFlags", "u8", "plain"],
	["entSymAt", "i32", "symRef"],
	["entFactAt", "i32", "entFact"],
	["entFact", "i32", "factKey"],
	["factKey", "i32", "name"],
	["factValue", "i32", "name"],
	["needAt", "i32", "needRef"],
	["needRef", "i32", "ref"],
	["followAt", "i32", "followRef"],
	["followRef", "i32", "ref"],
	["ifaceAt", "i32", "ifaceName"],
	["ifaceName", "i32", "name"],
	["methAt", "i32", "methName"],
	["methName", "i32", "name"],
	["tmAt", "i32", "tmKey"],
	["tmKey", "i32", "name"],
	["tmExported", "u8", "plain"],
	["tmNeedAt", "i32", "tmNeedRef"],
	["tmNeedRef", "i32", "ref"],
	["tpAt", "i32", "tpName"],
	["tpName", "i32", "name"],
	["debugAt", "i32", "debugRef"],
	["debugRef", "i32", "ref"],
	["partAt", "i32", "partRef"],
	["partRef", "i32", "ref"],
	["symRef", "i32", "ref"],
	["symKind", "u8", "plain"],
	["symBits", "u8", "plain"],
	["symFlags", "i32", "plain"],
	["symAlign", "i32", "plain"],
	["symSize", "f64", "plain"],
	["symHash", "i32", "plain"],
	["symType", "i32", "ref"],
	["symFunc", "i32", "fnArgs"],
	["symDataAt", "i32", "data"],
	["data", "u8", "plain"],
	["symRelAt", "i32", "relOff"],
	["relOff", "i32", "plain"],
	["relSize", "u8", "plain"],
	["relKind", "u8", "plain"],
	["relRef", "i32", "ref"],
	["relAdd", "f64", "plain"],
	["fnArgs", "i32", "plain"],
	["fnId", "u8", "plain"],
	["fnFlag", "u8", "plain"],
	["fnStart", "i32", "plain"],
	["fnDefer", "i32", "plain"],
	["fnFiles", "i32", "listAt"],
	["fnPcsp", "i32", "tabHash"],
	["fnPcfile", "i32", "tabHash"],
	["fnPcln", "i32", "tabHash"],
	["fnPcinline", "i32", "tabHash"],
	["fnPcdataAt", "i32", "pcdataTable"],
	["pcdataTable", "i32", "tabHash"],
	["fnFuncdataAt", "i32", "funcdataRef"],
	["funcdataRef", "i32", "ref"],
	["listAt", "i32", "listName"],
	["listName", "i32", "name"],
	["tabAt", "i32", "tabBytes"],
	["tabBytes", "u8", "plain"],
	["tabHash", "i32", "plain"],
	["fnInlAt", "i32", "inlParent"],
	["inlParent", "i32", "plain"],
	["inlFunc", "i32", "name"],
	["inlStart", "i32", "plain"],
	["inlPc", "i32", "plain"],
	["inlFile", "i32", "name"],
	["inlLine", "i32", "plain"],
	["inlRangeAt", "i32", "rangeFrom"],
	["rangeFrom", "i32", "plain"],
	["rangeTo", "i32", "plain"],
	["fnDeclFile", "i32", "name"],
	["fnDwarf", "u8", "plain"],
	["fnScopeAt", "i32", "scopeParent"],
	["scopeParent", "i32", "plain"],
	["scopeVars", "u8", "plain"],
	["scopeRangeAt", "i32", "scopeFrom"],
	["scopeFrom", "i32", "plain"],
	["scopeTo", "i32", "plain"],
	["fnVarAt", "i32", "varName"],
	["varName", "i32", "name"],
	["varType", "i32", "ref"],
	["varKind", "u8", "plain"],
	["varLine", "i32", "plain"],
	["varScope", "i32", "plain"],
	["varInl", "i32", "plain"],
	["varClosure", "i32", "plain"],
	["varLocAt", "i32", "locFrom"],
	["locFrom", "i32", "plain"],
	["locTo", "i32", "plain"],
	["locExprAt", "i32", "exprBytes"],
	["exprBytes", "u8", "plain"],
	["locSymAt", "i32", "lsOff"],
	["lsOff", "i32", "plain"],
	["lsRef", "i32", "ref"],
	["lsAdd", "f64", "plain"],
	["fnFrameAt", "i32", "frameBytes"],
	["frameBytes", "u8", "plain"],
	["fnLineAt", "i32", "lineFile"],
	["lineFile", "i32", "name"],
	["lineCodeAt", "i32", "lineBytes"],
	["lineBytes", "u8", "plain"],
	["kvKey", "i32", "name"],
	["kvAt", "i32", "kvBytes"],
	["kvBytes", "u8", "plain"],
];

/** Columns while a pack grows. */
export type PackLists = { [K in keyof Pack]: Pack[K] extends Uint8Array ? ByteWriter : number[] };

/** Column names that end in At start with the 0 of their first row. */
export function newPackLists(): PackLists {
	const out = {} as Record<keyof Pack, ByteWriter | number[]>;
	for (const [name, shape] of columns) out[name] = shape === "u8" ? new ByteWriter(64) : name.endsWith("At") ? [0] : [];
	return out as PackLists;
}

export function packOf(lists: PackLists): Pack {
	const out = {} as Record<keyof Pack, Int32Array | Uint8Array | Float64Array>;
	for (const [name, shape] of columns) {
		const list = lists[name];
		out[name] = list instanceof ByteWriter ? list.take() : shape === "f64" ? Float64Array.from(list) : Int32Array.from(list);
	}
	return indexed(out as unknown as Pack);
}

/** Fills in what follows from other columns. */
function indexed(p: Pack): Pack {
	let n = 16;
	while (n < 2 * p.nameHash.length) n *= 2;
	p.nameSlots = new Int32Array(n);
	for (let i = 0; i < p.nameHash.length; i++) {
		if (p.nameLocal[i] === 1) continue;
		let slot = firstSlot(p.nameHash[i], n - 1);
		while (p.nameSlots[slot] !== 0) slot = (slot + 1) & (n - 1);
		p.nameSlots[slot] = i + 1;
	}
	const order = Array.from(p.entOrd, (_, i) => i);
	order.sort((a, b) => compareRefs(p, p.entOrd[a], p, p.entOrd[b]) || a - b);
	p.entRank = new Int32Array(order.length);
	order.forEach((e, rank) => {
		p.entRank[e] = rank;
	});
	return p;
}

function firstSlot(hash: number, mask: number): number {
	return (hash ^ (hash >>> 15)) & mask;
}

/** Orders refs of two packs by the bytes of their names, then by ABI; -1 is first. */
export function compareRefs(p: Pack, a: number, q: Pack, b: number): number {
	if (a < 0 || b < 0) return a < b ? (a < 0 ? -1 : 1) : a === b ? 0 : b < 0 ? 1 : -1;
	const pf = p.nameAt[a >> 1];
	const qf = q.nameAt[b >> 1];
	const pn = p.nameAt[(a >> 1) + 1] - pf;
	const qn = q.nameAt[(b >> 1) + 1] - qf;
	const n = Math.min(pn, qn);
	for (let i = 0; i < n; i++) {
		const d = p.nameBytes[pf + i] - q.nameBytes[qf + i];
		if (d !== 0) return d;
	}
	return pn - qn || (a & 1) - (b & 1);
}

/** The name of a pack that has these bytes and is not local, -1 = none. */
export function findName(p: Pack, buf: Uint8Array, from: number, to: number, hash: number): number {
	const mask = p.nameSlots.length - 1;
	const n = to - from;
	for (let slot = firstSlot(hash, mask); ; slot = (slot + 1) & mask) {
		const i = p.nameSlots[slot] - 1;
		if (i < 0) return -1;
		if (p.nameHash[i] !== hash || p.nameAt[i + 1] - p.nameAt[i] !== n) continue;
		const at = p.nameAt[i];
		let k = 0;
		while (k < n && p.nameBytes[at + k] === buf[from + k]) k++;
		if (k === n) return i;
	}
}

const alignment = 8;
const elementSize: Readonly<Record<Shape, number>> = { i32: 4, u8: 1, f64: 8 };

/** Bytes of encodePack's result. */
export function packSize(p: Pack): number {
	let n = alignment + Math.ceil((4 * columns.length) / alignment) * alignment;
	for (const [name, shape] of columns) n += Math.ceil((p[name].length * elementSize[shape]) / alignment) * alignment;
	return n;
}

/** The pack as bytes, a multiple of eight: the number of columns, their lengths, the columns, each aligned. */
export function encodePack(p: Pack): Uint8Array {
	const out = new Uint8Array(packSize(p));
	const view = new DataView(out.buffer);
	view.setUint32(0, columns.length, true);
	columns.forEach(([name], i) => view.setUint32(alignment + 4 * i, p[name].length, true));
	let at = alignment + Math.ceil((4 * columns.length) / alignment) * alignment;
	for (const [name, shape] of columns) {
		const c = p[name];
		out.set(new Uint8Array(c.buffer, c.byteOffset, c.byteLength), at);
		at += Math.ceil((c.length * elementSize[shape]) / alignment) * alignment;
	}
	return out;
}

/** The pack in bytes, as views of them where they are aligned; throws FormatError when they are too short. */
export function decodePack(bytes: Uint8Array): Pack {
	const aligned = bytes.byteOffset % alignment === 0 ? bytes : bytes.slice();
	const r = new ByteReader(aligned);
	if (r.u32() !== columns.length) throw new FormatError("pack: number of columns", 0);
	const out = {} as Record<keyof Pack, Int32Array | Uint8Array | Float64Array>;
	let at = alignment + Math.ceil((4 * columns.length) / alignment) * alignment;
	columns.forEach(([name, shape], i) => {
		r.pos = alignment + 4 * i;
		const n = r.u32();
		const size = n * elementSize[shape];
		if (at + size > aligned.length) throw new FormatError(`pack: column ${name} is cut`, at);
		const start = aligned.byteOffset + at;
		if (shape === "u8") out[name] = aligned.subarray(at, at + size);
		else if (shape === "f64") out[name] = new Float64Array(aligned.buffer, start, n);
		else out[name] = new Int32Array(aligned.buffer, start, n);
		at += Math.ceil(size / alignment) * alignment;
	});
	return out as unknown as Pack;
}

/** Number of rows of the table that a column belongs to. */
function rows(p: Pack, column: keyof Pack): number {
	return column.endsWith("At") ? p[column].length - 1 : p[column].length;
}

/** The names of all packs, each that is not local once; by pack and name: where it is. */
function joinNames(packs: readonly Pack[]): { lists: PackLists; maps: Int32Array[] } {
	const lists = newPackLists();
	const slots = new Map<number, number[]>();
	const known = (p: Pack, name: number, size: number): number => {
		for (const id of slots.get(p.nameHash[name]) ?? []) {
			const at = lists.nameAt[id];
			if (lists.nameAt[id + 1] - at !== size) continue;
			let k = 0;
			while (k < size && lists.nameBytes.buf[at + k] === p.nameBytes[p.nameAt[name] + k]) k++;
			if (k === size) return id;
		}
		return -1;
	};
	const maps = packs.map((p) =>
		Int32Array.from(p.nameHash, (hash, name) => {
			const local = p.nameLocal[name];
			const old = local === 1 ? -1 : known(p, name, p.nameAt[name + 1] - p.nameAt[name]);
			if (old >= 0) return old;
			const id = lists.nameHash.length;
			lists.nameBytes.bytes(p.nameBytes.subarray(p.nameAt[name], p.nameAt[name + 1]));
			lists.nameAt.push(lists.nameBytes.len);
			lists.nameHash.push(hash);
			lists.nameLocal.u8(local);
			if (local === 0) {
				const same = slots.get(hash);
				if (same === undefined) slots.set(hash, [id]);
				else same.push(id);
			}
			return id;
		}),
	);
	return { lists, maps };
}

/** One pack with the rows of all, in order. */
export function joinPacks(packs: readonly Pack[]): Pack {
	if (packs.length === 1) return packs[0];
	const { lists, maps } = joinNames(packs);
	const out = packOf(lists) as unknown as Record<keyof Pack, Int32Array | Uint8Array | Float64Array>;
	for (const [name, shape, role] of columns) {
		if (name.startsWith("name") || name === "entRank") continue;
		const starts = name.endsWith("At");
		const total = packs.reduce((n, p) => n + rows(p, name), 0) + (starts ? 1 : 0);
		const to = shape === "u8" ? new Uint8Array(total) : shape === "f64" ? new Float64Array(total) : new Int32Array(total);
		let at = 0;
		let base = 0;
		packs.forEach((p, k) => {
			const from = p[name];
			const n = rows(p, name);
			const map = maps[k];
			if (role === "name") for (let i = 0; i < n; i++) to[at + i] = from[i] < 0 ? -1 : map[from[i]];
			else if (role === "ref") for (let i = 0; i < n; i++) to[at + i] = from[i] < 0 ? -1 : 2 * map[from[i] >> 1] + (from[i] & 1);
			else if (role === "plain" || base === 0) to.set(starts ? from.subarray(0, n) : from, at);
			else for (let i = 0; i < n; i++) to[at + i] = from[i] < 0 ? -1 : from[i] + base;
			at += n;
			if (role !== "plain" && role !== "name" && role !== "ref") base += rows(p, role);
		});
		if (starts) to[at] = base;
		out[name] = to;
	}
	return indexed(out as unknown as Pack);
}

/** FNV-1a over bytes from..to. */
export function hashBytes(bytes: Uint8Array, from: number, to: number): number {
	let h = 0x811c9dc5 | 0;
	for (let i = from; i < to; i++) h = Math.imul(h ^ bytes[i], 0x01000193);
	return h;
}
