import { AppError, hasCode } from "../model/errors.ts";
import { oneLine, shownCut } from "../model/plainText.ts";
import { reason } from "../model/reason.ts";

/** Of a text that quotes names from the bytes, which may have any length. */
const TEXT_MAX = 1_000;

/** Malformed bytes: `invalid` with reason `format.invalid` {subject, problem, offset}; `offset` counts from the start of what was read. */
export function invalidBytes(where: string, what: string, offset?: number, cause?: unknown): AppError {
  // Both may quote names from the bytes.
  const [subject, problem] = [shownCut(oneLine(where), TEXT_MAX), shownCut(oneLine(what), TEXT_MAX)];
  const place = offset === undefined ? "" : ` at byte ${offset}`;
  return new AppError("invalid", `${subject}: ${problem}${place}`, {
    reason: reason("format.invalid", { subject, problem, offset: offset ?? null }),
    cause,
  });
}

/** What `read` returns; undefined for malformed bytes, where nothing is known then and nobody is to be told. */
export function unlessInvalid<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (hasCode(error, "invalid")) return undefined;
    throw error;
  }
}

/** The error for a checksum mismatch: `invalid` with reason `format.crc32` {subject, expected, found}, both as eight hex digits. */
export function wrongChecksum(subject: string, expected: number, found: number): AppError {
  const [expectedHex, foundHex] = [hex(expected), hex(found)];
  return new AppError("invalid", `${subject}: the footer says CRC32 ${expectedHex}, the bytes have ${foundHex}`, {
    reason: reason("format.crc32", { subject, expected: expectedHex, found: foundHex }),
  });
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, "0");
}
