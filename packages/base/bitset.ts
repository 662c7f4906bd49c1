/** A set of small integers, grown on demand. */
export class BitSet {
	words: Uint32Array;

	constructor(capacity = 64) {
		this.words = new Uint32Array((capacity + 31) >> 5 || 1);
	}

	has(i: number): boolean {
		const w = i >> 5;
		return w < this.words.length && ((this.words[w] as number) & (1 << (i & 31))) !== 0;
	}

	/** Adds i; tells whether it was new. */
	add(i: number): boolean {
		const w = i >> 5;
		if (w >= this.words.length) {
			const grown = new Uint32Array(Math.max(this.words.length * 2, w + 1));
			grown.set(this.words);
			this.words = grown;
		}
		const bit = 1 << (i & 31);
		const old = this.words[w] as number;
		this.words[w] = old | bit;
		return (old & bit) === 0;
	}

	delete(i: number): void {
		const w = i >> 5;
		if (w < this.words.length) this.words[w] = (this.words[w] as number) & ~(1 << (i & 31));
	}

	clear(): void {
		this.words.fill(0);
	}

	/** Adds all of other; tells whether anything changed. */
	union(other: BitSet): boolean {
		if (other.words.length > this.words.length) {
			const grown = new Uint32Array(other.words.length);
			grown.set(this.words);
			this.words = grown;
		}
		let changed = false;
		for (let w = 0; w < other.words.length; w++) {
			const old = this.words[w] as number;
			const now = (old | (other.words[w] as number)) >>> 0;
			if (now !== old) {
				this.words[w] = now;
				changed = true;
			}
		}
		return changed;
	}

	copyFrom(other: BitSet): void {
		if (this.words.length < other.words.length) this.words = new Uint32Array(other.words.length);
		this.words.fill(0);
		this.words.set(other.words);
	}

	/** The members in increasing order. */
	*[Symbol.iterator](): Generator<number> {
		for (let w = 0; w < this.words.length; w++) {
			let bits = this.words[w] as number;
			while (bits !== 0) {
				const low = 31 - Math.clz32(bits & -bits);
				yield (w << 5) + low;
				bits &= bits - 1;
			}
		}
	}
}
