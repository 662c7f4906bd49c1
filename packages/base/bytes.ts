// Growable byte output and bounded byte input. All multi-byte integers are
// little-endian unless a method says otherwise; sizes and offsets are bytes.

const utf8 = new TextEncoder();
const utf8Decoder = new TextDecoder();

/** Appends bytes to a buffer that doubles when full. */
export class ByteWriter {
	buf: Uint8Array<ArrayBuffer>;
	len: number;
	/** Made when asked for: it takes small buffers out of the heap, and most writers never need it. */
	private made: DataView<ArrayBuffer> | null;

	constructor(capacity = 256) {
		this.buf = new Uint8Array(capacity);
		this.len = 0;
		this.made = null;
	}

	/** Of buf; valid until the next write. */
	get view(): DataView<ArrayBuffer> {
		this.made ??= new DataView(this.buf.buffer);
		return this.made;
	}

	/** Makes room for n more bytes without changing len. */
	reserve(n: number): void {
		const need = this.len + n;
		if (need <= this.buf.length) return;
		let cap = this.buf.length * 2;
		while (cap < need) cap *= 2;
		const grown = new Uint8Array(cap);
		grown.set(this.buf.subarray(0, this.len));
		this.buf = grown;
		this.made = null;
	}

	u8(v: number): void {
		if (this.len === this.buf.length) this.reserve(1);
		this.buf[this.len++] = v;
	}

	u16(v: number): void {
		this.reserve(2);
		this.buf[this.len] = v;
		this.buf[this.len + 1] = v >> 8;
		this.len += 2;
	}

	/** Writes the low 32 bits of v; v may be negative. */
	u32(v: number): void {
		this.reserve(4);
		const { buf, len } = this;
		const low = v | 0;
		buf[len] = low;
		buf[len + 1] = low >> 8;
		buf[len + 2] = low >> 16;
		buf[len + 3] = low >> 24;
		this.len = len + 4;
	}

	/** Writes an integer of magnitude below 2^53 as 64 bits, two's complement. */
	u64(v: number): void {
		this.u32(v);
		this.u32(Math.floor(v / 0x1_0000_0000));
	}

	big64(v: bigint): void {
		this.reserve(8);
		this.view.setBigInt64(this.len, BigInt.asIntN(64, v), true);
		this.len += 8;
	}

	uleb(v: number): void {
		while (v >= 0x80) {
			this.u8((v % 0x80) | 0x80);
			v = Math.floor(v / 0x80);
		}
		this.u8(v);
	}

	sleb(v: number): void {
		for (;;) {
			const low = ((v % 0x80) + 0x80) % 0x80;
			v = Math.floor(v / 0x80);
			if ((v === 0 && low < 0x40) || (v === -1 && low >= 0x40)) {
				this.u8(low);
				return;
			}
			this.u8(low | 0x80);
		}
	}

	bytes(b: Uint8Array): void {
		this.reserve(b.length);
		this.buf.set(b, this.len);
		this.len += b.length;
	}

	/** Writes s as UTF-8, without terminator; returns the number of bytes. */
	str(s: string): number {
		const n = s.length;
		if (n < 128) {
			// Most names are short and ASCII.
			this.reserve(n);
			let i = 0;
			for (; i < n; i++) {
				const c = s.charCodeAt(i);
				if (c >= 0x80) break;
				this.buf[this.len + i] = c;
			}
			if (i === n) {
				this.len += n;
				return n;
			}
		}
		const b = utf8.encode(s);
		this.bytes(b);
		return b.length;
	}

	/** Writes the length of s in bytes (LEB128) and s as UTF-8. */
	text(s: string): void {
		const n = s.length;
		if (n < 128) {
			this.u8(n);
			const from = this.len;
			if (this.str(s) === n) return;
			this.len = from - 1;
		}
		const b = utf8.encode(s);
		this.uleb(b.length);
		this.bytes(b);
	}

	cstr(s: string): void {
		this.str(s);
		this.u8(0);
	}

	zeros(n: number): void {
		this.reserve(n);
		this.buf.fill(0, this.len, this.len + n);
		this.len += n;
	}

	/** Pads with zeros to a multiple of n. */
	align(n: number): void {
		const over = this.len % n;
		if (over !== 0) this.zeros(n - over);
	}

	/** A view of what was written; valid until the next write. */
	view8(): Uint8Array<ArrayBuffer> {
		return this.buf.subarray(0, this.len);
	}

	/** A copy of what was written. */
	take(): Uint8Array<ArrayBuffer> {
		return this.buf.slice(0, this.len);
	}
}

/** Thrown by ByteReader on input that ends early or is malformed; offset is in bytes from the start. */
export class FormatError extends Error {
	readonly offset: number;
	constructor(message: string, offset: number) {
		super(`${message} at offset ${offset}`);
		this.offset = offset;
	}
}

/** Reads bytes with every access checked against the end. */
export class ByteReader {
	readonly buf: Uint8Array;
	pos: number;
	readonly end: number;
	private made: DataView | null;

	constructor(buf: Uint8Array, pos = 0, end: number = buf.length) {
		this.buf = buf;
		this.pos = pos;
		this.end = Math.min(end, buf.length);
		this.made = null;
	}

	/** Of buf. */
	get view(): DataView {
		this.made ??= new DataView(this.buf.buffer, this.buf.byteOffset, this.buf.byteLength);
		return this.made;
	}

	get left(): number {
		return this.end - this.pos;
	}

	need(n: number): void {
		if (n < 0 || this.pos + n > this.end) throw new FormatError(`need ${n} bytes, ${this.left} left`, this.pos);
	}

	u8(): number {
		this.need(1);
		return this.buf[this.pos++] as number;
	}

	u16(): number {
		this.need(2);
		const { buf, pos } = this;
		this.pos = pos + 2;
		return buf[pos] | (buf[pos + 1] << 8);
	}

	u32(): number {
		return this.i32() >>> 0;
	}

	i32(): number {
		this.need(4);
		const { buf, pos } = this;
		this.pos = pos + 4;
		return buf[pos] | (buf[pos + 1] << 8) | (buf[pos + 2] << 16) | (buf[pos + 3] << 24);
	}

	/** A 64-bit unsigned integer; values above 2^53 lose low bits (use big64 where that matters). */
	u64(): number {
		const low = this.u32();
		return this.u32() * 0x1_0000_0000 + low;
	}

	big64(): bigint {
		this.need(8);
		const v = this.view.getBigUint64(this.pos, true);
		this.pos += 8;
		return v;
	}

	uleb(): number {
		const first = this.buf[this.pos];
		if (this.pos < this.end && first < 0x80) {
			this.pos++;
			return first;
		}
		let v = 0;
		let scale = 1;
		for (let i = 0; i < 10; i++) {
			const b = this.u8();
			v += (b & 0x7f) * scale;
			if (b < 0x80) return v;
			scale *= 0x80;
		}
		throw new FormatError("LEB128 longer than 10 bytes", this.pos);
	}

	sleb(): number {
		let v = 0;
		let scale = 1;
		for (let i = 0; i < 10; i++) {
			const b = this.u8();
			v += (b & 0x7f) * scale;
			scale *= 0x80;
			if (b < 0x80) return b & 0x40 ? v - scale : v;
		}
		throw new FormatError("LEB128 longer than 10 bytes", this.pos);
	}

	bytes(n: number): Uint8Array {
		this.need(n);
		this.pos += n;
		return this.buf.subarray(this.pos - n, this.pos);
	}

	str(n: number): string {
		return utf8Decoder.decode(this.bytes(n));
	}

	/** A NUL-terminated UTF-8 string; the terminator is consumed. */
	cstr(): string {
		const stop = this.buf.indexOf(0, this.pos);
		if (stop < 0 || stop >= this.end) throw new FormatError("unterminated string", this.pos);
		const s = utf8Decoder.decode(this.buf.subarray(this.pos, stop));
		this.pos = stop + 1;
		return s;
	}
}
