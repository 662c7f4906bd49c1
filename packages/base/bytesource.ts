// Where the bytes of a file come from: memory, or the file itself, read by pieces.

/** Bytes that are read when they are needed. */
export interface ByteSource {
	readonly size: number;
	/** Bytes from an offset; fewer at the end. */
	read(offset: number, length: number): Uint8Array;
}

/** Bytes in memory; what is read is a view of them. */
export class MemorySource implements ByteSource {
	private readonly bytes: Uint8Array;
	constructor(bytes: Uint8Array) {
		this.bytes = bytes;
	}
	get size(): number {
		return this.bytes.length;
	}
	read(offset: number, length: number): Uint8Array {
		return this.bytes.subarray(offset, offset + length);
	}
}
