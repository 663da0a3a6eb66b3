import type { BlobStore } from "../../model/blobStore.ts";
import { isMarked, MARKS_MAX, type Mark, type Marks, markOf } from "../../proof/marks.ts";
import type { PartLedger } from "../partLedger.ts";
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
export function withMarks(
  inner: Omit<DataChecks, "lost">,
  store: BlobStore,
  { marks, ...options }: Options & { marks: Marks },
): DataChecks {
  const { ledger } = options;
  const { suspects, lost } = marks;
  const marking = ({ file, run }: FileCheck): FileCheck => ({
    file,
    async run() {
      const faults = await run();
      // What is missing may have gone with its snapshot meanwhile: it is noted when the root was read again.
      for (const { key } of faults?.damaged ?? []) ledger?.setMark("suspects", markOf(key, file.checksum), true);
      return faults;
    },
  });
  const suspectFile = (file: RecordedFile): FileCheck => ({
    file,
    async run() {
      const faults = await readContents(store, file, options);
      if (faults && !isFaulty(faults)) for (const { key } of file.parts) unmark("suspects", key, file.checksum);
      return faults;
    },
  });
  const unmark = (mark: Mark, key: string, checksum: string | undefined) => {
    for (const one of [markOf(key), markOf(key, checksum)]) if (marks[mark].has(one)) ledger?.setMark(mark, one, false);
  };
  const found = new Set<string>();
  const suspectIn = ({ blobs, except }: ListedShard) =>
    suspects.size === 0
      ? []
      : recordedFiles(blobs, "all", except).filter(({ parts, checksum }) => parts.some(({ key }) => isMarked(suspects, key, checksum)));
  return {
    ...inner,
    ofShard(shard) {
      for (const { key, file } of lost.size > 0 || shard.except.size > 0 ? shard.blobs : []) {
        if (!shard.except.has(key)) unmark("lost", key, file?.checksum);
        else if (file && found.size < MARKS_MAX) found.add(markOf(key, file.checksum));
      }
      const files = suspectIn(shard);
      const names = new Set(files.map(fileKeyOf));
      const others = inner.ofShard(shard).filter(({ file }) => !names.has(fileKeyOf(file)));
      return [...files.map(suspectFile), ...others].map(marking);
    },
    lost: () => found,
    rest: () => inner.rest().map(marking),
  };
}

function isFaulty({ missing, damaged }: FileFaults): boolean {
  return missing.length + damaged.length > 0;
}
