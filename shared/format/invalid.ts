import { AppError } from "../model/errors.ts";
import { reason } from "../model/reason.ts";

/** Malformed bytes: `invalid` with reason `format.invalid` {subject, problem, offset}; `offset` counts from the start of what was read. */
export function invalidBytes(subject: string, problem: string, offset?: number, cause?: unknown): AppError {
  const where = offset === undefined ? "" : ` at byte ${offset}`;
  return new AppError("invalid", `${subject}: ${problem}${where}`, {
    reason: reason("format.invalid", { subject, problem, offset: offset ?? null }),
    cause,
  });
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
