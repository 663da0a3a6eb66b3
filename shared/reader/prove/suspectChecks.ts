import type { BlobStore } from "../../model/blobStore.ts";
import type { PartLedger } from "../partLedger.ts";
import { checkContents, type FileFaults, fileKeyOf, isSplitCounter, type RecordedFile, recordedFiles } from "./checkFiles.ts";
import { disprove } from "./checkParts.ts";
import type { DataChecks, FileCheck, ListedShard } from "./checks.ts";

/** Reads a whole file, and keeps in the ledger what it finds. `undefined` if time ran out. */
export async function readContents(
  store: BlobStore,
  file: RecordedFile,
  { ledger, deadline }: { ledger?: PartLedger | undefined; deadline?: (() => boolean) | undefined },
): Promise<FileFaults | undefined> {
  const faults = await checkContents(store, file, deadline);
  if (!faults || !ledger) return faults;
  if (isSplitCounter(file) && faults.missing.length + faults.damaged.length > 0) disprove(ledger, file);
  for (const { key } of faults.damaged) ledger.setSuspect(key, true);
  return faults;
}

/**
 * The checks of a proof, and besides the contents of every file with a blob that an earlier proof of contents found damaged: neither its size nor its
 * footer would show it. `cleared` counts the files that are right by now.
 */
export function withSuspects(
  inner: Omit<DataChecks, "cleared">,
  store: BlobStore,
  { suspects, ...options }: { suspects: ReadonlySet<string>; ledger?: PartLedger | undefined; deadline?: (() => boolean) | undefined },
): DataChecks {
  let cleared = 0;
  const contentsOf = (file: RecordedFile): FileCheck => ({
    file,
    async run() {
      const faults = await readContents(store, file, options);
      if (faults === undefined || faults.missing.length + faults.damaged.length > 0) return faults;
      cleared += 1;
      for (const { key } of file.parts) options.ledger?.setSuspect(key, false);
      return faults;
    },
  });
  const suspectIn = ({ blobs, except }: ListedShard) =>
    recordedFiles(blobs, "all", except).filter(({ parts }) => parts.some(({ key }) => suspects.has(key)));
  return {
    ...inner,
    ofShard(shard) {
      const found = suspects.size === 0 ? [] : suspectIn(shard);
      const names = new Set(found.map(fileKeyOf));
      return [...found.map(contentsOf), ...inner.ofShard(shard).filter(({ file }) => !names.has(fileKeyOf(file)))];
    },
    cleared: () => cleared,
  };
}
