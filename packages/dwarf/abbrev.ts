// The shapes of debugging entries that Go programs use, as a table; a shape's code is
// its place in the table.

import { ByteWriter } from "#base";
import * as D from "./constants.ts";

interface Shape {
	tag: number;
	children: boolean;
	/** Attribute, form, attribute, form, ... */
	attrs: readonly number[];
}

const name = [D.DW_AT_name, D.DW_FORM_string] as const;
const type = [D.DW_AT_type, D.DW_FORM_ref_addr] as const;
const origin = [D.DW_AT_abstract_origin, D.DW_FORM_ref_addr] as const;
const declLine = [D.DW_AT_decl_line, D.DW_FORM_udata] as const;
const code = [D.DW_AT_low_pc, D.DW_FORM_addrx, D.DW_AT_high_pc, D.DW_FORM_udata] as const;
const ranges = [D.DW_AT_ranges, D.DW_FORM_sec_offset] as const;
const frameBase = [D.DW_AT_frame_base, D.DW_FORM_block1] as const;
const external = [D.DW_AT_external, D.DW_FORM_flag] as const;
const byExpr = [D.DW_AT_location, D.DW_FORM_exprloc] as const;
const byList = [D.DW_AT_location, D.DW_FORM_sec_offset] as const;
const isResult = [D.DW_AT_variable_parameter, D.DW_FORM_flag] as const;
const closure = [D.DW_AT_go_closure_offset, D.DW_FORM_udata] as const;
const callSite = [D.DW_AT_call_file, D.DW_FORM_data4, D.DW_AT_call_line, D.DW_FORM_udata] as const;
const size = [D.DW_AT_byte_size, D.DW_FORM_udata] as const;
const kind = [D.DW_AT_go_kind, D.DW_FORM_data1] as const;
const runtimeType = [D.DW_AT_go_runtime_type, D.DW_FORM_addr] as const;
const elem = [D.DW_AT_go_elem, D.DW_FORM_ref_addr] as const;
const unit = [...name, D.DW_AT_language, D.DW_FORM_data1] as const;
const unitEnd = [
	D.DW_AT_comp_dir,
	D.DW_FORM_string,
	D.DW_AT_producer,
	D.DW_FORM_string,
	D.DW_AT_go_package_name,
	D.DW_FORM_string,
] as const;
const addrBase = [D.DW_AT_addr_base, D.DW_FORM_sec_offset] as const;

function shape(tag: number, children: boolean, ...attrs: (readonly number[])[]): Shape {
	return { tag, children, attrs: attrs.flat() };
}

const param = D.DW_TAG_formal_parameter;
const variable = D.DW_TAG_variable;
const stmtList = [D.DW_AT_stmt_list, D.DW_FORM_sec_offset] as const;
const lowPc = [D.DW_AT_low_pc, D.DW_FORM_addr] as const;

/** Shapes of entries; documented by their attributes below. */
export type ShapeName =
	| "compileUnit"
	| "compileUnitNoText"
	| "function"
	| "wrapper"
	| "abstractFunction"
	| "concreteFunction"
	| "inlined"
	| "inlinedRanges"
	| "lexicalBlock"
	| "lexicalBlockRanges"
	| "global"
	| "abstractParam"
	| "abstractVar"
	| "paramExpr"
	| "paramList"
	| "varExpr"
	| "varList"
	| "closureExpr"
	| "closureList"
	| "originParamExpr"
	| "originParamList"
	| "originVarExpr"
	| "originVarList"
	| "unspecifiedType"
	| "baseType"
	| "arrayType"
	| "subrange"
	| "chanType"
	| "mapType"
	| "interfaceType"
	| "funcType"
	| "funcTypeParam"
	| "funcTypeResult"
	| "pointerType"
	| "unsafePointer"
	| "structType"
	| "sliceType"
	| "member"
	| "typedef";

const SHAPES: Record<ShapeName, Shape> = {
	compileUnit: shape(D.DW_TAG_compile_unit, true, unit, stmtList, lowPc, ranges, unitEnd, addrBase),
	compileUnitNoText: shape(D.DW_TAG_compile_unit, true, unit, unitEnd),
	function: shape(D.DW_TAG_subprogram, true, name, code, frameBase, [D.DW_AT_decl_file, D.DW_FORM_data4], declLine, external),
	wrapper: shape(D.DW_TAG_subprogram, true, name, code, frameBase, [D.DW_AT_trampoline, D.DW_FORM_flag]),
	abstractFunction: shape(D.DW_TAG_subprogram, true, name, [D.DW_AT_inline, D.DW_FORM_data1], declLine, external),
	concreteFunction: shape(D.DW_TAG_subprogram, true, origin, code, frameBase),
	inlined: shape(D.DW_TAG_inlined_subroutine, true, origin, code, callSite),
	inlinedRanges: shape(D.DW_TAG_inlined_subroutine, true, origin, ranges, callSite),
	lexicalBlock: shape(D.DW_TAG_lexical_block, true, code),
	lexicalBlockRanges: shape(D.DW_TAG_lexical_block, true, ranges),
	global: shape(variable, false, name, byExpr, type, external),
	abstractParam: shape(param, false, name, isResult, declLine, type),
	abstractVar: shape(variable, false, name, declLine, type),
	paramExpr: shape(param, false, name, isResult, declLine, type, byExpr),
	paramList: shape(param, false, name, isResult, declLine, type, byList),
	varExpr: shape(variable, false, name, declLine, type, byExpr),
	varList: shape(variable, false, name, declLine, type, byList),
	closureExpr: shape(variable, false, name, declLine, type, closure, byExpr),
	closureList: shape(variable, false, name, declLine, type, closure, byList),
	originParamExpr: shape(param, false, origin, byExpr),
	originParamList: shape(param, false, origin, byList),
	originVarExpr: shape(variable, false, origin, byExpr),
	originVarList: shape(variable, false, origin, byList),
	unspecifiedType: shape(D.DW_TAG_unspecified_type, false, name),
	baseType: shape(
		D.DW_TAG_base_type,
		false,
		name,
		[D.DW_AT_encoding, D.DW_FORM_data1, D.DW_AT_byte_size, D.DW_FORM_data1],
		kind,
		runtimeType,
	),
	arrayType: shape(D.DW_TAG_array_type, true, name, type, size, kind, runtimeType),
	subrange: shape(D.DW_TAG_subrange_type, false, type, [D.DW_AT_count, D.DW_FORM_udata]),
	chanType: shape(D.DW_TAG_typedef, false, name, type, kind, runtimeType, elem),
	mapType: shape(D.DW_TAG_typedef, false, name, type, kind, runtimeType, [D.DW_AT_go_key, D.DW_FORM_ref_addr], elem),
	interfaceType: shape(D.DW_TAG_typedef, false, name, type, kind, runtimeType),
	funcType: shape(D.DW_TAG_subroutine_type, true, name, size, kind, runtimeType),
	funcTypeParam: shape(param, false, type),
	funcTypeResult: shape(param, false, isResult, type),
	pointerType: shape(D.DW_TAG_pointer_type, false, name, type, kind, runtimeType),
	unsafePointer: shape(D.DW_TAG_pointer_type, false, name, runtimeType),
	structType: shape(D.DW_TAG_structure_type, true, name, size, kind, runtimeType),
	sliceType: shape(D.DW_TAG_structure_type, true, name, size, kind, runtimeType, elem),
	member: shape(D.DW_TAG_member, false, name, [D.DW_AT_data_member_location, D.DW_FORM_udata], type, [
		D.DW_AT_go_embedded_field,
		D.DW_FORM_flag,
	]),
	typedef: shape(D.DW_TAG_typedef, false, name, type),
};

/** Abbreviation code of each shape. */
export const Abbrev: Readonly<Record<ShapeName, number>> = Object.fromEntries(Object.keys(SHAPES).map((key, i) => [key, i + 1])) as Record<
	ShapeName,
	number
>;

/** The contents of .debug_abbrev. */
export function abbrevSection(): Uint8Array {
	const w = new ByteWriter(1024);
	Object.values(SHAPES).forEach((s, i) => {
		w.uleb(i + 1);
		w.uleb(s.tag);
		w.u8(s.children ? 1 : 0);
		for (const x of s.attrs) w.uleb(x);
		w.u16(0);
	});
	w.u8(0);
	return w.take();
}
