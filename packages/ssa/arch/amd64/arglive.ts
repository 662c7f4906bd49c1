// Which words of the arguments that a traceback prints are really in memory
// (FUNCDATA_ArgLiveInfo): a register argument is in its home if it was spilled
// there, which happens once, at entry. Others are printed with a question mark.

/** Value of PCDATA_ArgLiveIndex where homes hold what argLiveInfo says: the offset of the bits in it. */
export const ArgsInHomes = 1;
/** Bytes of FUNCDATA_ArgInfo from here on are operators: internal/abi TraceArgsSpecial. */
const Special = 0xf0;

/** From the content of FUNCDATA_ArgInfo and the state of register homes by offset; null = all words are there. */
export function argLiveInfo(argInfo: Uint8Array, homes: ReadonlyMap<number, boolean>): Uint8Array | null {
	let start = 0xff;
	for (const [off, live] of homes) if (!live && off < start) start = off;
	if (start === 0xff) return null;
	const out = [start, 0];
	let slot = 0;
	for (let i = 0; i < argInfo.length; i++) {
		const off = argInfo[i];
		if (off >= Special) continue;
		i++;
		if (off < start) continue;
		const at = 1 + (slot >> 3);
		if (at === out.length) out.push(0);
		if (homes.get(off) !== false) out[at] |= 1 << (slot & 7);
		slot++;
	}
	return Uint8Array.from(out);
}
