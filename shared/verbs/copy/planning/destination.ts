import { rootKey } from "../../../format/keys.ts";
import type { OpenWork } from "../../../jobs/openWork.ts";
import type { World } from "../../../jobs/world.ts";
import type { BlobInfo, BlobStore } from "../../../model/blobStore.ts";
import { AppError, hasCode } from "../../../model/errors.ts";
import { reason } from "../../../model/reason.ts";
import type { RootCatalogue, RootSnapshot } from "../../../model/repository.ts";
import { type PartLedger, partLedger } from "../../../reader/partLedger.ts";
import { listRoots, type OpenedRepository, openRepository } from "../../../reader/readRepository.ts";
import { latestOf } from "../../../reader/rootBlob.ts";
import { gatherListedBefore, gatherOwnership } from "../gatherOwner.ts";
import type { DestinationSeen } from "../plan.ts";
import type { CopyJob } from "../types.ts";

/** A destination with its root, and what is there. */
export interface Destination extends DestinationSeen {
  store: BlobStore;
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

/** Reads the destination's root, and what the state says of it. */
export async function readDestination(world: World, work: OpenWork, job: CopyJob): Promise<Destination> {
  const { copyName, rule } = job.intent.input;
  const owned = { copyName, to: rule.to };
  const { claimed, published } = await gatherOwnership(world, work, owned);
  const store = world.blobs(rule.to);
  const opened = await openOwn(store, published);
  const snapshots = opened.root?.snapshots ?? [];
  const before = await gatherListedBefore(world, work, owned);
  return {
    store,
    isPointedTo: opened.root !== undefined && (await latestOf(store)) === opened.root.generation,
    root: opened.root,
    rootBytes: opened.rootBytes,
    rootInfo: opened.rootInfo,
    ledger: partLedger(world.state, rule.to),
    snapshots,
    everListed: new Set([...before, ...snapshots.map(({ uuid }) => uuid)]),
    generation: opened.root?.generation,
    sha256: opened.root?.sha256,
    empty: opened.root === undefined && (await isEmpty(store)),
    published,
    claimed,
    hiding: opened.hiding,
  };
}

async function isEmpty(store: BlobStore): Promise<boolean> {
  for await (const _blob of store.list("")) return false;
  return true;
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
