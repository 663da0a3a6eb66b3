import { shardPrefix } from "../format/keys.ts";
import { decodeShardCatalogue } from "../format/shardCatalogue.ts";
import type { ShardFile } from "../format/shardSnapshot.ts";
import type { BlobStore } from "../model/blobStore.ts";
import { AppError, hasCode, messageOf } from "../model/errors.ts";
import { forEachBounded, READS_AT_ONCE } from "../model/forEachBounded.ts";
import { reason } from "../model/reason.ts";
import type { RootCatalogue } from "../model/repository.ts";
import { dataUse, listsOf } from "../proof/shardUse.ts";
import { bytesFreed, bytesOfEach, type Freed, type UsageTally, usageTally } from "../proof/usage.ts";
import { catalogueKeys, indicesOf, type RootIndex, uuidsByName } from "./indexStates.ts";
import { metadataReader } from "./metadataReader.ts";

/** A plan must not read gigabytes: more catalogues, bytes or listed keys than these leave the answer unknown. */
export interface ReadBudget {
  catalogues: number;
  bytes: number;
  keys: number;
}

export const FREED_BUDGET: ReadBudget = { catalogues: 2_000, bytes: 64 * 1024 * 1024, keys: 200_000 };

/**
 * Reads the current catalogue of each shard of the indices that these snapshots hold: one GET each, and before 7.6 one LIST per index.
 * `names` are those indices. Errors of the store are returned as the reason.
 */
export async function readBytesFreed(
  store: BlobStore,
  { root, names, uuids }: { root: RootCatalogue; names: ReadonlySet<string>; uuids: ReadonlySet<string> },
  budget: ReadBudget = FREED_BUDGET,
): Promise<Freed> {
  const tally = usageTally(root.snapshots.map(({ uuid }) => uuid));
  const limited = withinBudget(store, { ...budget });
  const byName = uuidsByName(root);
  const ordinals = new Map(root.snapshots.map(({ uuid }, ordinal) => [uuid, ordinal]));
  const ordinalOf = (name: string) => ordinals.get(byName.get(name) ?? "");
  try {
    await forEachBounded(indicesOf(root, names), READS_AT_ONCE, (index) => tallyIndex(limited, index, { tally, ordinalOf }));
  } catch (error) {
    if (!hasCode(error, "absent", "denied", "invalid", "permanent", "refused", "transient")) throw error;
    return { together: null, each: new Map(), why: error.reason ?? reason("freed.unreadable", { message: messageOf(error) }) };
  }
  const usage = tally.usage();
  if (usage.isPartial) return { together: null, each: new Map(), why: reason("freed.tooMuch", { what: "files" }) };
  const own = bytesOfEach(usage);
  const each = new Map(usage.uuids.flatMap((uuid, at) => (uuids.has(uuid) ? [[uuid, own[at]?.ownBytes ?? 0] as const] : [])));
  return { together: bytesFreed(usage, uuids), each };
}

interface Tallied {
  tally: UsageTally;
  /** `undefined` for a name that the root lacks or has twice. */
  ordinalOf(name: string): number | undefined;
}

async function tallyIndex(store: BlobStore, index: RootIndex, { tally, ordinalOf }: Tallied): Promise<void> {
  const reader = metadataReader(store);
  for (const [shard, key] of (await catalogueKeys(store, index)).entries()) {
    if (key === undefined) continue;
    const catalogue = await reader.read(key, decodeShardCatalogue);
    const lists = [...(catalogue ? listsOf(catalogue) : [])].flatMap(([name, files]): [number, ShardFile[]][] => {
      const ordinal = ordinalOf(name);
      return ordinal === undefined ? [] : [[ordinal, files]];
    });
    // A list that is unknown may refer to any blob of the shard.
    if (catalogue === undefined || lists.length < catalogue.snapshots.length) throw unreadable(key);
    const inOrder = new Map(lists.sort(([one], [other]) => one - other));
    for (const { file, parts, users } of dataUse(shardPrefix(index.id, shard), inOrder).values()) tally.add(file.lengthBytes, users, parts);
  }
}

function unreadable(key: string): AppError {
  return new AppError("invalid", `${key}: does not list the files of every snapshot`, { reason: reason("freed.catalogue", { key }) });
}

function withinBudget(store: BlobStore, left: ReadBudget): BlobStore {
  const spend = (what: keyof ReadBudget, amount: number) => {
    left[what] -= amount;
    if (left[what] < 0) throw new AppError("refused", "too much to read for a plan", { reason: reason("freed.tooMuch", { what }) });
  };
  return {
    ...store,
    async *list(prefix, options) {
      for await (const blob of store.list(prefix, options)) {
        spend("keys", 1);
        yield blob;
      }
    },
    async get(key, range) {
      spend("catalogues", 1);
      const bytes = await store.get(key, range);
      spend("bytes", bytes?.byteLength ?? 0);
      return bytes;
    },
  };
}
