import { createHash } from "node:crypto";

/** Hex sha256 of text or bytes. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** The first `digits` hex digits of a sha256 over the parts. The parts are delimited, so ["a","bc"] and ["ab","c"] differ. */
export function shortHash(digits: number, ...parts: readonly string[]): string {
  return sha256(JSON.stringify(parts)).slice(0, digits);
}

/** Hex sha256 of bytes that arrive in pieces. */
export function sha256OfPieces(): { update(bytes: Uint8Array): void; digest(): string } {
  const hash = createHash("sha256");
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("hex") };
}
