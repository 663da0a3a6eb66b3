/** Bytes that are written one after the other. */
export interface GrowingBytes {
  add(content: Uint8Array | string): void;
  /** A view of what was written. */
  bytes(): Uint8Array;
}

const SIZE_BYTES_MIN = 4096;

/** `sizeBytes`: what is expected. The system provides only as much memory of it as is written. */
export function growingBytes(sizeBytes: number): GrowingBytes {
  let buffer = Buffer.allocUnsafeSlow(Math.max(sizeBytes, SIZE_BYTES_MIN));
  let length = 0;
  function reserve(more: number): void {
    if (length + more <= buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * buffer.length, length + more));
    larger.set(buffer.subarray(0, length));
    buffer = larger;
  }
  return {
    add(content) {
      const bytes = typeof content === "string" ? Buffer.from(content) : content;
      reserve(bytes.length);
      buffer.set(bytes, length);
      length += bytes.length;
    },
    bytes: () => buffer.subarray(0, length),
  };
}
