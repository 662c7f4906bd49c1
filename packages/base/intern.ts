// Interning of byte strings: equal bytes give the identical JavaScript string,
// so that names compare by pointer and hash once.

const decoder = new TextDecoder();

export class Interner {
	private slots: Int32Array = new Int32Array(4096);
	private hashes: number[] = [];
	private names: string[] = [];
	private bytes: Uint8Array[] = [];

	/** The string for src[start:end], read as UTF-8. */
	intern(src: Uint8Array, start: number, end: number): string {
		let h = 0x811c9dc5;
		for (let i = start; i < end; i++) h = Math.imul(h ^ (src[i] as number), 0x01000193);
		const mask = this.slots.length - 1;
		let at = h & mask;
		for (;;) {
			const id = (this.slots[at] as number) - 1;
			if (id < 0) break;
			if (this.hashes[id] === h && sameBytes(this.bytes[id] as Uint8Array, src, start, end)) return this.names[id] as string;
			at = (at + 1) & mask;
		}
		const copy = src.slice(start, end);
		const name = decoder.decode(copy);
		this.names.push(name);
		this.bytes.push(copy);
		this.hashes.push(h);
		this.slots[at] = this.names.length;
		if (this.names.length * 2 > this.slots.length) this.grow();
		return name;
	}

	private grow(): void {
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

function sameBytes(a: Uint8Array, src: Uint8Array, start: number, end: number): boolean {
	if (a.length !== end - start) return false;
	for (let i = 0; i < a.length; i++) if (a[i] !== src[start + i]) return false;
	return true;
}
