import { createHash } from "node:crypto";
import type { BlobStore, Written } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { writtenAs } from "../blobs/parts.ts";

export type Reading = Pick<BlobStore, "head" | "open">;

interface WrittenParts {
  key: string;
  subject: string;
  /** Of the whole blob, in hex. */
  md5: string;
  /** What the store may show for it. */
  etags: readonly string[];
}

/**
 * The ETag under which the blob is listed. Some servers answer with another one than they list (measured on rclone 1.75: the MD5 of all bytes),
 * so it is asked for, and compared with every ETag that these bytes may have: what is shown may be what another write left. Where none is the same,
 * the bytes are read back.
 */
export async function settledAs(reading: Reading, { key, subject, md5, etags }: WrittenParts): Promise<Written> {
  const etag = (await reading.head(key))?.etag;
  if (etag === undefined || etags.includes(etag)) return writtenAs(etag);
  const stored = createHash("md5");
  for await (const piece of (await reading.open(key)) ?? []) stored.update(piece);
  if (stored.digest("hex") === md5 && (await reading.head(key))?.etag === etag) return { etag };
  throw new AppError("transient", `${subject}: what is stored is not what was written; another write arrived at the same time`);
}
