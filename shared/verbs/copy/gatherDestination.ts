import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import type { BlobInfo, BlobStore } from "../../model/blobStore.ts";
import { forEachBounded, READS_AT_ONCE } from "../../model/forEachBounded.ts";
import type { ClosureBlob, RootCatalogue, RootSnapshot } from "../../model/repository.ts";
import { type PartLedger, partLedger } from "../../reader/partLedger.ts";
import { checkFooter, isSplitCounter, type RecordedFile, recordedFiles } from "../../reader/prove/checkFiles.ts";
import { isVerified, splitFile } from "../../reader/prove/checkParts.ts";
import { type ListedSizes, listSizes, openRepository } from "../../reader/readRepository.ts";
import { gatherOwnership } from "./gatherOwner.ts";
import type { DestinationSeen } from "./plan.ts";
import type { CopyJob } from "./types.ts";

/** A destination with its root, and what is there. */
export interface Destination extends DestinationSeen {
  store: BlobStore;
  sizes: ListedSizes;
  root: RootCatalogue | undefined;
  rootBytes: Uint8Array | undefined;
  rootInfo: BlobInfo | undefined;
  ledger: PartLedger;
  snapshots: readonly RootSnapshot[];
}

/** Lists the destination and reads its root; `undefined` when time ran out. */
export async function readDestination(
  world: World,
  work: OpenWork,
  job: CopyJob,
  deadline: () => boolean,
): Promise<Destination | undefined> {
  const { copyName, rule } = job.intent.input;
  const { claimed, published } = await gatherOwnership(world, work, { copyName, to: rule.to });
  const store = world.blobs(rule.to);
  const sizes = await listSizes(store, deadline);
  if (sizes === undefined) return undefined;
  const opened = await openRepository(store);
  return {
    store,
    sizes,
    root: opened.root,
    rootBytes: opened.rootBytes,
    rootInfo: opened.rootInfo,
    ledger: partLedger(world.state, rule.to),
    snapshots: opened.root?.snapshots ?? [],
    generation: opened.root?.generation,
    sha256: opened.root?.sha256,
    empty: sizes.size === 0,
    published,
    claimed,
    hiding: opened.hiding,
  };
}

/**
 * Blobs that are absent, differ in size, or have a counter name and are not known to hold the same bytes: 2.x to 6.x reuse `__7` for other bytes.
 * A file in several parts is equal only if the ledger knows all of them; otherwise every part is copied.
 */
export async function differingBlobs(
  destination: Destination,
  needed: readonly ClosureBlob[],
  deadline: () => boolean,
): Promise<ClosureBlob[] | undefined> {
  const { store, sizes, ledger } = destination;
  const absent = new Set(needed.filter((blob) => sizes.get(blob.key) !== blob.sizeBytes).map(({ key }) => key));
  const stale = new Set(absent);
  const markAll = ({ parts }: RecordedFile) => {
    for (const { key } of parts) stale.add(key);
  };
  const look = async (file: RecordedFile): Promise<void> => {
    if (isSplitCounter(file)) {
      // A part that is absent or has another size has no ETag that the ledger knows.
      if (
        !(await isVerified(
          ledger,
          splitFile(file, prefixOf(file), (key) => sizes.etags.get(key)),
        ))
      )
        markAll(file);
    } else if (!file.parts.some(({ key }) => absent.has(key))) {
      const { damaged, missing } = await checkFooter(store, file);
      if (damaged.length > 0 || missing.length > 0) markAll(file);
    }
  };
  const finished = await forEachBounded(recordedFiles(needed, "counter-named", new Set()), READS_AT_ONCE, look, deadline);
  return finished ? needed.filter(({ key }) => stale.has(key)) : undefined;
}

function prefixOf({ parts }: RecordedFile): string {
  const key = parts[0]?.key ?? "";
  return key.slice(0, key.lastIndexOf("/") + 1);
}
