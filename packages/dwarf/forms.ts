// Attribute forms of DWARF 2 to 5 that readers meet beyond those Go writes, and the
// remaining numbers that only readers need. DWARF 5 section 7.

export const DW_FORM_block2 = 0x03;
export const DW_FORM_block4 = 0x04;
export const DW_FORM_data8 = 0x07;
export const DW_FORM_block = 0x09;
export const DW_FORM_strp = 0x0e;
export const DW_FORM_ref1 = 0x11;
export const DW_FORM_ref2 = 0x12;
export const DW_FORM_ref4 = 0x13;
export const DW_FORM_ref8 = 0x14;
export const DW_FORM_ref_udata = 0x15;
export const DW_FORM_indirect = 0x16;
export const DW_FORM_flag_present = 0x19;
export const DW_FORM_strx = 0x1a;
export const DW_FORM_ref_sup4 = 0x1c;
export const DW_FORM_strp_sup = 0x1d;
export const DW_FORM_data16 = 0x1e;
export const DW_FORM_line_strp = 0x1f;
export const DW_FORM_ref_sig8 = 0x20;
export const DW_FORM_implicit_const = 0x21;
export const DW_FORM_loclistx = 0x22;
export const DW_FORM_rnglistx = 0x23;
export const DW_FORM_ref_sup8 = 0x24;
export const DW_FORM_strx1 = 0x25;
export const DW_FORM_strx2 = 0x26;
export const DW_FORM_strx3 = 0x27;
export const DW_FORM_strx4 = 0x28;
export const DW_FORM_addrx1 = 0x29;
export const DW_FORM_addrx2 = 0x2a;
export const DW_FORM_addrx3 = 0x2b;
export const DW_FORM_addrx4 = 0x2c;
export const DW_FORM_GNU_ref_alt = 0x1f20;
export const DW_FORM_GNU_strp_alt = 0x1f21;

export const DW_AT_str_offsets_base = 0x72;
export const DW_AT_rnglists_base = 0x74;
export const DW_AT_loclists_base = 0x8c;

export const DW_UT_type = 0x02;
export const DW_UT_partial = 0x03;
export const DW_UT_skeleton = 0x04;
export const DW_UT_split_compile = 0x05;
export const DW_UT_split_type = 0x06;

/** Range and location list entries share their numbers, but for DW_LLE_default_location and what follows it. */
export const LE_end_of_list = 0;
export const LE_base_addressx = 1;
export const LE_startx_endx = 2;
export const LE_startx_length = 3;
export const LE_offset_pair = 4;
export const LLE_default_location = 5;
export const RLE_base_address = 5;
export const RLE_start_end = 6;
export const RLE_start_length = 7;
export const LLE_base_address = 6;
export const LLE_start_end = 7;
export const LLE_start_length = 8;
