// SHA-256 (FIPS 180-4) and HMAC (RFC 2104), for the build id note and the FIPS module's sum.

function primes(n: number): number[] {
	const out: number[] = [];
	for (let c = 2; out.length < n; c++) if (out.every((p) => c % p !== 0)) out.push(c);
	return out;
}

/** First 32 bits of the fractional part of x. */
function fraction(x: bigint, root: 2n | 3n): number {
	// The root of x * 2^(32*root), by Newton's method from above.
	const v = x << (32n * root);
	let r = 1n << 40n;
	for (;;) {
		const next = root === 2n ? (r + v / r) >> 1n : (2n * r + v / (r * r)) / 3n;
		if (next >= r) return Number(BigInt.asUintN(32, r));
		r = next;
	}
}

const K: Int32Array = Int32Array.from(primes(64), (p) => fraction(BigInt(p), 3n));
const H0: Int32Array = Int32Array.from(primes(8), (p) => fraction(BigInt(p), 2n));

export class Sha256 {
	private readonly h: Int32Array = H0.slice();
	private readonly w: Int32Array = new Int32Array(64);
	private readonly block: Uint8Array = new Uint8Array(64);
	private fill = 0;
	private total = 0;

	update(data: Uint8Array): this {
		this.total += data.length;
		let at = 0;
		if (this.fill > 0) {
			const n = Math.min(64 - this.fill, data.length);
			this.block.set(data.subarray(0, n), this.fill);
			this.fill += n;
			at = n;
			if (this.fill < 64) return this;
			this.compress(this.block, 0);
			this.fill = 0;
		}
		for (; at + 64 <= data.length; at += 64) this.compress(data, at);
		this.block.set(data.subarray(at), 0);
		this.fill = data.length - at;
		return this;
	}

	digest(): Uint8Array {
		const bits = this.total * 8;
		const pad = new Uint8Array((this.fill < 56 ? 56 : 120) - this.fill + 8);
		pad[0] = 0x80;
		const view = new DataView(pad.buffer);
		view.setUint32(pad.length - 8, Math.floor(bits / 0x1_0000_0000));
		view.setUint32(pad.length - 4, bits >>> 0);
		this.update(pad);
		const out = new DataView(new ArrayBuffer(32));
		this.h.forEach((x, i) => out.setInt32(4 * i, x));
		return new Uint8Array(out.buffer);
	}

	private compress(b: Uint8Array, at: number): void {
		const { w, h } = this;
		for (let i = 0; i < 16; i++, at += 4) w[i] = (b[at] << 24) | (b[at + 1] << 16) | (b[at + 2] << 8) | b[at + 3];
		for (let i = 16; i < 64; i++) {
			const x = w[i - 15];
			const y = w[i - 2];
			const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
			const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
			w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
		}
		let [a, bb, c, d, e, f, g, hh] = [h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7]];
		for (let i = 0; i < 64; i++) {
			const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
			const t1 = (hh + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
			const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
			const t2 = (s0 + ((a & bb) ^ (a & c) ^ (bb & c))) | 0;
			hh = g;
			g = f;
			f = e;
			e = (d + t1) | 0;
			d = c;
			c = bb;
			bb = a;
			a = (t1 + t2) | 0;
		}
		h[0] += a;
		h[1] += bb;
		h[2] += c;
		h[3] += d;
		h[4] += e;
		h[5] += f;
		h[6] += g;
		h[7] += hh;
	}
}

export function sha256(data: Uint8Array): Uint8Array {
	return new Sha256().update(data).digest();
}

/** HMAC-SHA-256 of the parts in order; the key is at most 64 bytes. hash: SHA-256. */
export function hmacSha256(key: Uint8Array, parts: readonly Uint8Array[], hash: (data: Uint8Array) => Uint8Array): Uint8Array {
	const padded = (pad: number, rest: readonly Uint8Array[]): Uint8Array => {
		const out = new Uint8Array(rest.reduce((n, p) => n + p.length, 64)).fill(pad, 0, 64);
		key.forEach((k, i) => {
			out[i] ^= k;
		});
		let at = 64;
		for (const p of rest) {
			out.set(p, at);
			at += p.length;
		}
		return out;
	};
	return hash(padded(0x5c, [hash(padded(0x36, parts))]));
}
