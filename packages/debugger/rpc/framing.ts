// Splits a byte stream of JSON values that follow each other, or of DAP messages with their headers.

/** A request larger than this is refused: the largest real ones are a few kilobytes. */
export const MAX_MESSAGE = 8388608;

/** Deepest nesting of a value, as Go's decoder has it. */
const MAX_DEPTH = 10000;

export class FramingError extends Error {}

/** The top-level objects of a stream of JSON values. */
export class JsonSplitter {
	private parts: Uint8Array[] = [];
	private size = 0;
	private depth = 0;
	private inString = false;
	private escaped = false;
	private readonly limit: number;

	/** limit: the largest value accepted, in bytes. */
	constructor(limit: number = MAX_MESSAGE) {
		this.limit = limit;
	}

	/** The complete values that these bytes finish. Throws FramingError on what cannot be JSON objects, or is too large. */
	push(bytes: Uint8Array): string[] {
		const out: string[] = [];
		let start = this.size > 0 ? 0 : -1;
		for (let i = 0; i < bytes.length; i++) {
			const c = bytes[i] as number;
			if (this.depth === 0) {
				if (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) continue;
				if (c !== 0x7b)
					throw new FramingError(`invalid character ${JSON.stringify(String.fromCharCode(c))} looking for beginning of value`);
				start = i;
				this.depth = 1;
				continue;
			}
			if (this.inString) {
				if (this.escaped) this.escaped = false;
				else if (c === 0x5c) this.escaped = true;
				else if (c === 0x22) this.inString = false;
				continue;
			}
			if (c === 0x22) this.inString = true;
			else if (c === 0x7b || c === 0x5b) {
				if (++this.depth > MAX_DEPTH) throw new FramingError("exceeded max depth");
			} else if (c === 0x7d || c === 0x5d) {
				if (--this.depth > 0) continue;
				this.keep(bytes.subarray(start, i + 1));
				out.push(this.take());
				start = -1;
			}
		}
		if (start >= 0) this.keep(bytes.subarray(start).slice());
		return out;
	}

	private keep(part: Uint8Array): void {
		this.size += part.length;
		if (this.size > this.limit) throw new FramingError(`message larger than ${this.limit} bytes`);
		this.parts.push(part);
	}

	private take(): string {
		const text = Buffer.concat(this.parts).toString("utf8");
		this.parts = [];
		this.size = 0;
		return text;
	}
}

const MAX_HEADER = 4096;

/** DAP's base protocol: a Content-Length header, an empty line, that many bytes of JSON. */
export class DapSplitter {
	/** What has arrived of the header or of the body. */
	private parts: Buffer[] = [];
	private size = 0;
	/** Length of the body that arrives; -1 = a header does. */
	private body = -1;

	/** The bodies that these bytes complete. Throws FramingError on a bad header. */
	push(bytes: Uint8Array): string[] {
		const out: string[] = [];
		let rest: Buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
		for (;;) {
			if (this.body < 0) {
				const all = this.parts.length === 0 ? rest : Buffer.concat([...this.parts, rest]);
				const end = all.indexOf("\r\n\r\n");
				if (end < 0) {
					if (all.length > MAX_HEADER) throw new FramingError("header too long");
					// A copy: the bytes are the socket's.
					this.parts = all.length === 0 ? [] : [Buffer.from(all)];
					this.size = all.length;
					return out;
				}
				this.body = bodyLength(all.subarray(0, end).toString("latin1"));
				this.parts = [];
				this.size = 0;
				rest = all.subarray(end + 4);
			}
			const missing = this.body - this.size;
			if (rest.length < missing) {
				if (rest.length > 0) this.parts.push(Buffer.from(rest));
				this.size += rest.length;
				return out;
			}
			out.push(Buffer.concat([...this.parts, rest.subarray(0, missing)]).toString("utf8"));
			rest = rest.subarray(missing);
			this.parts = [];
			this.size = 0;
			this.body = -1;
		}
	}
}

/** What a header says of its body's length. Throws FramingError; also for one that a browser wrote. */
function bodyLength(header: string): number {
	if (/^(host|origin):/im.test(header)) throw new FramingError("an HTTP request, not DAP");
	const length = /^content-length: *(\d{1,9})$/im.exec(header)?.[1];
	if (length === undefined) throw new FramingError("header has no Content-Length");
	const size = Number(length);
	if (size > MAX_MESSAGE) throw new FramingError(`message larger than ${MAX_MESSAGE} bytes`);
	return size;
}

export function dapMessage(body: object): string {
	const text = JSON.stringify(body);
	return `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}
