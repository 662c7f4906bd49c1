// The variables of a function as DWARF has them: a tree of lexical blocks and inlined calls, read once per function.

import {
	DW_AT_abstract_origin,
	DW_AT_call_file,
	DW_AT_call_line,
	DW_AT_const_value,
	DW_AT_decl_line,
	DW_AT_go_closure_offset,
	DW_AT_location,
	DW_AT_name,
	DW_AT_type,
	DW_AT_variable_parameter,
	DW_TAG_formal_parameter,
	DW_TAG_inlined_subroutine,
	DW_TAG_lexical_block,
	DW_TAG_variable,
	type Dwarf,
	type EntryCursor,
	type Location,
	type PcRange,
	readLocations,
	readRanges,
} from "#dwarf";

export interface ScopeVariable {
	name: string;
	/** Offset of the type's entry, -1 = none. */
	type: number;
	param: boolean;
	/** A result parameter. */
	result: boolean;
	declLine: number;
	/** Nesting depth of the block that declares it; deeper ones shadow. */
	depth: number;
	/** Addresses of the file; empty = optimized out. */
	locations: Location[];
	/** A single expression that holds everywhere, rather than a list. */
	everywhere: boolean;
	/** Offset of the list of locations in its section, -1 = there is none. */
	list: number;
	/** A captured variable: its offset in the closure, 0 = not captured. */
	closureOffset: number;
}

export interface InlinedCall {
	/** Offsets in .debug_info of the call's entry and of the abstract function. */
	offset: number;
	origin: number;
	name: string;
	callFile: number;
	callLine: number;
	scope: Scope;
}

/** A function, an inlined call or a block. */
export interface Scope {
	/** Offset in .debug_info. */
	offset: number;
	ranges: PcRange[];
	variables: ScopeVariable[];
	blocks: Scope[];
	calls: InlinedCall[];
}

/** Reads the tree of a subprogram. */
export function readScope(dwarf: Dwarf, offset: number): Scope {
	const c = dwarf.entry(offset);
	const scope: Scope = { offset, ranges: readRanges(c.unit, c), variables: [], blocks: [], calls: [] };
	if (c.decl?.children === true) readChildren(dwarf, c, scope, 0);
	return scope;
}

/** Reads entries up to the end of the list of children that the cursor is about to enter. */
function readChildren(dwarf: Dwarf, c: EntryCursor, scope: Scope, depth: number): void {
	while (c.next()) {
		const decl = c.decl;
		if (decl === null) return;
		switch (c.tag) {
			case DW_TAG_formal_parameter:
			case DW_TAG_variable:
				scope.variables.push(readVariable(dwarf, c, depth));
				if (decl.children) c.skipChildren();
				break;
			case DW_TAG_lexical_block: {
				const block: Scope = { offset: c.offset, ranges: readRanges(c.unit, c), variables: [], blocks: [], calls: [] };
				scope.blocks.push(block);
				if (decl.children) readChildren(dwarf, c, block, depth + 1);
				break;
			}
			case DW_TAG_inlined_subroutine: {
				const inner: Scope = { offset: c.offset, ranges: readRanges(c.unit, c), variables: [], blocks: [], calls: [] };
				const origin = c.ref(DW_AT_abstract_origin);
				scope.calls.push({
					offset: c.offset,
					origin,
					name: origin < 0 ? "" : dwarf.entry(origin).string(DW_AT_name),
					callFile: c.uint(DW_AT_call_file, 0),
					callLine: c.uint(DW_AT_call_line, 0),
					scope: inner,
				});
				if (decl.children) readChildren(dwarf, c, inner, 0);
				break;
			}
			default:
				if (decl.children) c.skipChildren();
		}
	}
}

function readVariable(dwarf: Dwarf, c: EntryCursor, depth: number): ScopeVariable {
	const origin = c.ref(DW_AT_abstract_origin);
	const from = origin < 0 ? c : dwarf.entry(origin);
	let locations = readLocations(c, DW_AT_location);
	if (locations.length === 0 && c.has(DW_AT_const_value)) locations = [constantLocation(c.int(DW_AT_const_value, 0))];
	return {
		name: from.string(DW_AT_name),
		type: from.ref(DW_AT_type),
		param: c.tag === DW_TAG_formal_parameter,
		result: from.flag(DW_AT_variable_parameter),
		declLine: from.uint(DW_AT_decl_line, c.uint(DW_AT_decl_line, 0)),
		depth,
		locations,
		everywhere: locations.length === 1 && locations[0].low === 0 && locations[0].high === Number.MAX_SAFE_INTEGER,
		list: c.has(DW_AT_location) && c.block(DW_AT_location) === null ? c.uint(DW_AT_location, -1) : -1,
		closureOffset: c.uint(DW_AT_go_closure_offset, from.uint(DW_AT_go_closure_offset, 0)),
	};
}

/** DW_OP_implicit_value of a constant. */
function constantLocation(v: number): Location {
	const expr = new Uint8Array(10);
	expr[0] = 0x9e;
	expr[1] = 8;
	new DataView(expr.buffer).setBigInt64(2, BigInt(v), true);
	return { low: 0, high: Number.MAX_SAFE_INTEGER, expr };
}

export function covers(ranges: readonly PcRange[], pc: number): boolean {
	for (const r of ranges) if (pc >= r.low && pc < r.high) return true;
	return false;
}

/** The inlined calls that hold an address (of the file), innermost first. */
export function inlinedAt(scope: Scope, pc: number): InlinedCall[] {
	for (const call of scope.calls) if (covers(call.scope.ranges, pc)) return [...inlinedAt(call.scope, pc), call];
	for (const b of scope.blocks) {
		const found = inlinedAt(b, pc);
		if (found.length > 0) return found;
	}
	return [];
}

/** Variables of a scope and of its blocks that hold the address, outer ones first. Inlined calls are scopes of their own. */
export function variablesAt(scope: Scope, pc: number): ScopeVariable[] {
	const out = [...scope.variables];
	for (const b of scope.blocks) if (covers(b.ranges, pc)) out.push(...variablesAt(b, pc));
	return out;
}
