import type { BlobStore } from "../../model/blobStore.ts";
import type { VerifiedFile } from "../ledger/shardEntries.ts";
import type { PartLedger } from "../partLedger.ts";
import { checkContents, type FileFaults, fileKeyOf, type RecordedFile } from "./checkFiles.ts";

/** A file with a counter name, as listed; most have several parts. */
export interface SplitFile {
  file: RecordedFile;
  /** The prefix of its shard. */
  prefix: string;
  /** By part; undefined where the listing has none. */
  etags: readonly (string | undefined)[];
}

/** The split file with the ETags that a listing of its shard showed. */
export function splitFile(file: RecordedFile, prefix: string, etagOf: (key: string) => string | undefined): SplitFile {
  return { file, prefix, etags: file.parts.map(({ key }) => etagOf(key)) };
}

/** Whether the ledger knows exactly these bytes: the same file, and no part was written since. */
export async function isVerified(ledger: PartLedger | undefined, { file, prefix, etags }: SplitFile): Promise<boolean> {
  const known = (await ledger?.of(prefix))?.get(fileKeyOf(file));
  return known !== undefined && isSameFile(known, file) && known.etags.every((etag, part) => etag === etags[part]);
}

/** Whether the ledger knows this file, under whatever ETags. */
export async function wasVerified(ledger: PartLedger, { file, prefix }: SplitFile): Promise<boolean> {
  const known = (await ledger.of(prefix)).get(fileKeyOf(file));
  return known !== undefined && isSameFile(known, file);
}

/**
 * Proves that the parts belong together: by the ledger, otherwise by reading all of them, which the ledger then remembers.
 * `undefined` if time ran out.
 */
export async function checkParts(
  store: BlobStore,
  split: SplitFile,
  ledger: PartLedger | undefined,
  deadline: (() => boolean) | undefined,
): Promise<FileFaults | undefined> {
  if (await isVerified(ledger, split)) return { missing: [], damaged: [] };
  const faults = await checkContents(store, split.file, deadline);
  if (faults?.missing.length === 0 && faults.damaged.length === 0) remember(ledger, split);
  return faults;
}

/** Notes a file whose bytes were just verified; without an ETag for each part there is nothing to compare with later. */
export function remember(ledger: PartLedger | undefined, { file, prefix, etags }: SplitFile): void {
  const { checksum, lengthBytes } = file;
  const known = etags.filter((etag) => etag !== undefined);
  if (known.length === file.parts.length) ledger?.add(prefix, fileKeyOf(file), { checksum, lengthBytes, etags: known });
}

/** Ends what the ledger says of a file whose parts were read and are not its own. */
export function disprove(ledger: PartLedger | undefined, file: RecordedFile): void {
  const [{ key }] = file.parts as [RecordedFile["parts"][number]];
  ledger?.add(key.slice(0, key.lastIndexOf("/") + 1), fileKeyOf(file), DISPROVED);
}

/** Equal to no file. */
const DISPROVED: VerifiedFile = { checksum: "", lengthBytes: -1, etags: [] };

function isSameFile(known: VerifiedFile, { checksum, lengthBytes, parts }: RecordedFile): boolean {
  return known.checksum === checksum && known.lengthBytes === lengthBytes && known.etags.length === parts.length;
}
