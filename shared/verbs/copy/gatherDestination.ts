import { LATEST_KEY, rootKey } from "../../format/keys.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import type { BlobInfo, BlobStore } from "../../model/blobStore.ts";
import { AppError, hasCode } from "../../model/errors.ts";
import { forEachBounded, READS_AT_ONCE } from "../../model/forEachBounded.ts";
import { reason } from "../../model/reason.ts";
import type { ClosureBlob, RootCatalogue, RootSnapshot } from "../../model/repository.ts";
import { isMarked } from "../../proof/marks.ts";
import { type PartLedger, partLedger } from "../../reader/partLedger.ts";
import { checkContents, checkFooter, isSplitCounter, type RecordedFile, recordedFiles } from "../../reader/prove/checkFiles.ts";
import { isVerified, splitFile } from "../../reader/prove/checkParts.ts";
import { proveSnapshot } from "../../reader/prove/proveSnapshot.ts";
import { type ListedSizes, listRoots, listSizes, type OpenedRepository, openRepository } from "../../reader/readRepository.ts";
import { gatherListedBefore, gatherOwnership } from "./gatherOwner.ts";
import type { DestinationSeen } from "./plan.ts";
import type { CopyJob } from "./types.ts";

const LATEST_BYTES = 8;

/** A destination with its root, and what is there. */
export interface Destination extends DestinationSeen {
  store: BlobStore;
  sizes: ListedSizes;
  root: RootCatalogue | undefined;
  rootBytes: Uint8Array | undefined;
  rootInfo: BlobInfo | undefined;
  ledger: PartLedger;
  snapshots: readonly RootSnapshot[];
  /** Uuids of what it lists, or listed before a copy took it off the list and ended. */
  everListed: ReadonlySet<string>;
  /** Whether `index.latest`, which some readers rely on, names the root. */
  isPointedTo: boolean;
}

/** Lists the destination and reads its root; `undefined` when time ran out. */
export async function readDestination(
  world: World,
  work: OpenWork,
  job: CopyJob,
  deadline: () => boolean,
): Promise<Destination | undefined> {
  const { copyName, rule } = job.intent.input;
  const owned = { copyName, to: rule.to };
  const { claimed, published } = await gatherOwnership(world, work, owned);
  const store = world.blobs(rule.to);
  const sizes = await listSizes(store, deadline);
  if (sizes === undefined) return undefined;
  const opened = await openOwn(store, published);
  const latest = opened.root && (await store.get(LATEST_KEY));
  const snapshots = opened.root?.snapshots ?? [];
  const before = await gatherListedBefore(world, work, owned);
  return {
    store,
    isPointedTo: latest?.byteLength === LATEST_BYTES && Buffer.from(latest).readBigInt64BE() === BigInt(opened.root?.generation ?? -1),
    sizes,
    root: opened.root,
    rootBytes: opened.rootBytes,
    rootInfo: opened.rootInfo,
    ledger: partLedger(world.state, rule.to),
    snapshots,
    everListed: new Set([...before, ...snapshots.map(({ uuid }) => uuid)]),
    generation: opened.root?.generation,
    sha256: opened.root?.sha256,
    empty: sizes.size === 0,
    published,
    claimed,
    hiding: opened.hiding,
  };
}

/**
 * The destination's root. @throws AppError `invalid` with the way out if this copy published it and it cannot be decoded any more, and whatever
 * `openRepository` throws.
 */
async function openOwn(store: BlobStore, published: readonly string[]): Promise<OpenedRepository> {
  try {
    return await openRepository(store);
  } catch (error) {
    if (!hasCode(error, "invalid") || error.reason?.code !== "format.invalid") throw error;
    const generation = Math.max(...(await listRoots(store)).keys());
    if (!published.some((mark) => mark.startsWith(`${generation}-`))) throw error;
    throw new AppError("invalid", error.message, {
      cause: error,
      reason: reason("copy.rootDamaged", { destination: store.url, root: rootKey(generation), because: error.message }),
    });
  }
}

/**
 * Blobs that are absent, differ in size, or have a counter name and are not known to hold the same bytes: 2.x to 6.x reuse `__7` for other bytes.
 * A file in several parts is equal only if the ledger knows all of them; otherwise every part is copied. What an earlier proof found damaged is read.
 */
export async function differingBlobs(
  destination: Destination,
  needed: readonly ClosureBlob[],
  deadline: () => boolean,
  damaged: ReadonlySet<string> = new Set(),
): Promise<ClosureBlob[] | undefined> {
  const { store, sizes, ledger } = destination;
  const absent = new Set(needed.filter(({ key, sizeBytes }) => sizes.get(key) !== sizeBytes || damaged.has(key)).map(({ key }) => key));
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
  const { suspects } = await ledger.marks();
  const doubtful =
    suspects.size === 0
      ? []
      : recordedFiles(needed, "all", absent).filter(({ parts, checksum }) => parts.some(({ key }) => isMarked(suspects, key, checksum)));
  const read = async (file: RecordedFile): Promise<void> => {
    const faults = await checkContents(store, file, deadline);
    if (!faults || faults.damaged.length + faults.missing.length > 0) markAll(file);
  };
  const finished =
    (await forEachBounded(doubtful, READS_AT_ONCE, read, deadline)) &&
    (await forEachBounded(recordedFiles(needed, "counter-named", new Set()), READS_AT_ONCE, look, deadline));
  return finished ? needed.filter(({ key }) => stale.has(key)) : undefined;
}

function prefixOf({ parts }: RecordedFile): string {
  const key = parts[0]?.key ?? "";
  return key.slice(0, key.lastIndexOf("/") + 1);
}

/**
 * Keys that are damaged at the destination in equal size: of the wanted snapshots that are listed there, or are to be listed again, the metadata is
 * read, and the data blobs that an earlier proof found damaged. `undefined` when time ran out.
 */
export async function damagedThere(
  { store, everListed, snapshots, ledger }: Destination,
  { wanted, source, deadline }: { wanted: readonly RootSnapshot[]; source: OpenedRepository; deadline: () => boolean },
): Promise<ReadonlySet<string> | undefined> {
  const found = new Set<string>();
  for (const { uuid } of wanted.filter((one) => everListed.has(one.uuid))) {
    const root = snapshots.some((there) => there.uuid === uuid) ? undefined : source;
    const proof = await proveSnapshot(store, { uuid, level: "metadata", ledger, deadline, ...(root && { root }) });
    if (proof.verdict === "unproven" && deadline()) return undefined;
    for (const { key } of proof.damaged) found.add(key);
  }
  return found;
}
