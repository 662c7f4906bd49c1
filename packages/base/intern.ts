// Interning of byte strings: equal bytes give the identical JavaScript string,
// so that names compare by pointer and hash once.

const decoder = new TextDecoder();

export class Interner {
	private slots: Int32Array = new Int32Array(8192);
	private hashes: Int32Array = new Int32Array(4096);
	private names: string[] = [];
	/** The bytes of all names, one after the other; name i ends at ends[i]. */
	private bytes: Uint8Array = new Uint8Array(1 << 16);
	private ends: Int32Array = new Int32Array(4096);
	private used = 0;

	/** The string for src[start:end], read as UTF-8. */
	intern(src: Uint8Array, start: number, end: number): string {
		let h = 0x811c9dc5 | 0;
		for (let i = start; i < end; i++) h = Math.imul(h ^ (src[i] as number), 0x01000193);
		h ^= h >>> 15;
		const slots = this.slots;
		const mask = slots.length - 1;
		let at = h & mask;
		for (let slot = slots[at] as number; slot !== 0; slot = slots[at] as number) {
			const id = slot - 1;
			if (this.hashes[id] === h && this.same(id, src, start, end)) return this.names[id] as string;
			at = (at + 1) & mask;
		}
		return this.add(h, at, src, start, end);
	}

	private same(id: number, src: Uint8Array, start: number, end: number): boolean {
		const bytes = this.bytes;
		let from = id === 0 ? 0 : (this.ends[id - 1] as number);
		if ((this.ends[id] as number) - from !== end - start) return false;
		for (let i = start; i < end; i++) if (bytes[from++] !== src[i]) return false;
		return true;
	}

	private add(h: number, at: number, src: Uint8Array, start: number, end: number): string {
		const id = this.names.length;
		const text = src.subarray(start, end);
		if (this.used + text.length > this.bytes.length) {
			const bytes = new Uint8Array(Math.max(this.bytes.length * 2, this.used + text.length));
			bytes.set(this.bytes);
			this.bytes = bytes;
		}
		if (id === this.ends.length) {
			this.ends = grown(this.ends);
			this.hashes = grown(this.hashes);
		}
		this.bytes.set(text, this.used);
		this.used += text.length;
		this.ends[id] = this.used;
		this.hashes[id] = h;
		const name = textOf(text);
		this.names.push(name);
		this.slots[at] = id + 1;
		if (this.names.length * 2 > this.slots.length) this.rehash();
		return name;
	}

	private rehash(): void {
		const slots = new Int32Array(this.slots.length * 2);
		const mask = slots.length - 1;
		for (let id = 0; id < this.names.length; id++) {
			let at = (this.hashes[id] as number) & mask;
			while (slots[at] !== 0) at = (at + 1) & mask;
			slots[at] = id + 1;
		}
		this.slots = slots;
	}
}

/** Short ASCII text is faster to make by hand than by a decoder. */
function textOf(text: Uint8Array): string {
	const n = text.length;
	let bits = n > 64 ? 0x80 : 0;
	for (let i = 0; i < n && bits < 0x80; i++) bits |= text[i] as number;
	if (bits >= 0x80) return decoder.decode(text);
	let s = "";
	let i = 0;
	for (; i + 4 <= n; i += 4) {
		s += String.fromCharCode(text[i] as number, text[i + 1] as number, text[i + 2] as number, text[i + 3] as number);
	}
	for (; i < n; i++) s += String.fromCharCode(text[i] as number);
	return s;
}

function grown(a: Int32Array): Int32Array {
	const b = new Int32Array(a.length * 2);
	b.set(a);
	return b;
}
