// Which words of the arguments that a traceback prints are really in memory
// (FUNCDATA_ArgLiveInfo): a register argument is in its home once it was stored
// there. Others are printed with a question mark.

/** Bytes of FUNCDATA_ArgInfo from here on are operators: internal/abi TraceArgsSpecial. */
const Special = 0xf0;
/** Value of PCDATA_ArgLiveIndex where all words are in memory. */
export const AllLive = -1;

export class ArgLive {
	/** The lowest offset that needs a bit, then bit sets over `words`. */
	private readonly out: number[];
	/** Offsets of the words that have a bit, as the traceback counts them. */
	private readonly words: number[] = [];
	private readonly known = new Map<string, number>();

	/** argInfo: content of FUNCDATA_ArgInfo; regs: offsets of the homes of register arguments. */
	constructor(argInfo: Uint8Array | null, regs: Iterable<number>) {
		let start = 0xff;
		for (const off of regs) if (off < start) start = off;
		this.out = [start];
		if (argInfo === null || start >= Special) return;
		for (let i = 0; i < argInfo.length; i++) {
			const off = argInfo[i];
			if (off >= Special) continue;
			i++;
			if (off >= start) this.words.push(off);
		}
	}

	/** The value of PCDATA_ArgLiveIndex where the homes at these offsets are stale. */
	index(stale: ReadonlySet<number>): number {
		const bits: number[] = new Array<number>((this.words.length + 7) >> 3).fill(0);
		let all = true;
		this.words.forEach((off, k) => {
			if (stale.has(off)) all = false;
			else bits[k >> 3] |= 1 << (k & 7);
		});
		if (all) return AllLive;
		const key = bits.join();
		const old = this.known.get(key);
		if (old !== undefined) return old;
		const at = this.out.length;
		this.known.set(key, at);
		this.out.push(...bits);
		return at;
	}

	/** The funcdata; null when all words are in memory everywhere. */
	data(): Uint8Array | null {
		return this.known.size === 0 ? null : Uint8Array.from(this.out);
	}
}
