// Splits a byte stream of JSON values that follow each other, or of DAP messages with their headers.

/** A request larger than this is refused: the largest real ones are a few kilobytes. */
export const MAX_MESSAGE = 8388608;

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
			else if (c === 0x7b || c === 0x5b) this.depth++;
			else if (c === 0x7d || c === 0x5d) {
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

/** DAP's base protocol: a Content-Length header, an empty line, that many bytes of JSON. */
export class DapSplitter {
	private buffer: Buffer = Buffer.alloc(0);

	/** The bodies that these bytes complete. Throws FramingError on a bad header. */
	push(bytes: Uint8Array): string[] {
		this.buffer = this.buffer.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.buffer, bytes]);
		const out: string[] = [];
		for (;;) {
			const end = this.buffer.indexOf("\r\n\r\n");
			if (end < 0) {
				if (this.buffer.length > 4096) throw new FramingError("header too long");
				return out;
			}
			const header = this.buffer.subarray(0, end).toString("latin1");
			const length = /^content-length: *(\d{1,9})$/im.exec(header)?.[1];
			if (length === undefined) throw new FramingError("header has no Content-Length");
			const size = Number(length);
			if (size > MAX_MESSAGE) throw new FramingError(`message larger than ${MAX_MESSAGE} bytes`);
			const from = end + 4;
			if (this.buffer.length < from + size) return out;
			out.push(this.buffer.subarray(from, from + size).toString("utf8"));
			this.buffer = this.buffer.subarray(from + size);
		}
	}
}

export function dapMessage(body: object): string {
	const text = JSON.stringify(body);
	return `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}
