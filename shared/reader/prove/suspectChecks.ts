import type { BlobStore } from "../../model/blobStore.ts";
import type { Marks, PartLedger } from "../partLedger.ts";
import { checkContents, type FileFaults, fileKeyOf, isSplitCounter, type RecordedFile, recordedFiles } from "./checkFiles.ts";
import { disprove } from "./checkParts.ts";
import type { DataChecks, FileCheck, ListedShard } from "./checks.ts";

interface Options {
  ledger?: PartLedger | undefined;
  deadline?: (() => boolean) | undefined;
}

/** Reads a whole file, and ends what the ledger says of its parts if they are wrong. `undefined` if time ran out. */
export async function readContents(store: BlobStore, file: RecordedFile, { ledger, deadline }: Options): Promise<FileFaults | undefined> {
  const faults = await checkContents(store, file, deadline);
  if (faults && ledger && isFaulty(faults) && isSplitCounter(file)) disprove(ledger, file);
  return faults;
}

/**
 * The checks of a proof, and what the ledger's marks add to them. Whatever a check finds wrong becomes a suspect, because other snapshots may refer to
 * the same blob. Files with a suspect are read whole at every level, until they are right; a blob that was missing is over when it is listed.
 */
export function withMarks(inner: DataChecks, store: BlobStore, { marks, ...options }: Options & { marks: Marks }): DataChecks {
  const { ledger } = options;
  const { suspects, lost } = marks;
  const marking = ({ file, run }: FileCheck): FileCheck => ({
    file,
    async run() {
      const faults = await run();
      if (faults) for (const { key } of [...faults.missing, ...faults.damaged]) ledger?.setMark("suspects", key, true);
      return faults;
    },
  });
  const suspectFile = (file: RecordedFile): FileCheck => ({
    file,
    async run() {
      const faults = await readContents(store, file, options);
      if (faults && !isFaulty(faults)) for (const { key } of file.parts) ledger?.setMark("suspects", key, false);
      return faults;
    },
  });
  const suspectIn = ({ blobs, except }: ListedShard) =>
    suspects.size === 0 ? [] : recordedFiles(blobs, "all", except).filter(({ parts }) => parts.some(({ key }) => suspects.has(key)));
  return {
    ...inner,
    ofShard(shard) {
      if (lost.size > 0)
        for (const { key } of shard.blobs) if (lost.has(key) && !shard.except.has(key)) ledger?.setMark("lost", key, false);
      const found = suspectIn(shard);
      const names = new Set(found.map(fileKeyOf));
      const others = inner.ofShard(shard).filter(({ file }) => !names.has(fileKeyOf(file)));
      return [...found.map(suspectFile), ...others].map(marking);
    },
    rest: () => inner.rest().map(marking),
  };
}

function isFaulty({ missing, damaged }: FileFaults): boolean {
  return missing.length + damaged.length > 0;
}
