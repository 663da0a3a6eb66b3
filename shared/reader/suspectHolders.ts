import { LEGACY_ROOT_KEY, shardPrefix } from "../format/keys.ts";
import { decodeShardCatalogue } from "../format/shardCatalogue.ts";
import type { ShardFile } from "../format/shardSnapshot.ts";
import type { BlobStore } from "../model/blobStore.ts";
import { forEachBounded, READS_AT_ONCE } from "../model/forEachBounded.ts";
import { type Reason, reason } from "../model/reason.ts";
import { isBroken, type RootCatalogue } from "../model/repository.ts";
import { dataUse, isUsed, listsOf } from "../proof/shardUse.ts";
import type { Evidence } from "./evidence.ts";
import { catalogueKeys, indicesOf, type RootIndex, uuidsByName } from "./indexStates.ts";
import { metadataReader } from "./metadataReader.ts";

/** What is known of the snapshots of a place while data blobs of it are recorded as damaged. By uuid, on 2.x by name. */
export interface Suspected {
  /** Snapshot → one of these blobs that it refers to. */
  held: ReadonlyMap<string, string>;
  /** Snapshot → the folder of a shard of which nobody can say whether it refers to one. */
  unclear: ReadonlyMap<string, string>;
}

export const NO_SUSPECTS: Suspected = { held: new Map(), unclear: new Map() };

/**
 * Which snapshots refer to blobs that a proof found damaged, from the catalogues of the blobs' shards: one GET per shard with such a blob, and
 * before 7.6 one LIST per index. `holds` tells whether a snapshot contains an index, by uuid and name.
 * @throws whatever the store throws; a catalogue that is missing or damaged is no error.
 */
export async function suspectHolders(
  store: BlobStore,
  root: RootCatalogue,
  { suspects, holds }: { suspects: ReadonlySet<string>; holds: (uuid: string, index: string) => boolean },
): Promise<Suspected> {
  const found = { held: new Map<string, string>(), unclear: new Map<string, string>() };
  const byName = uuidsByName(root);
  await forEachBounded(suspectIndices(root, suspects), READS_AT_ONCE, async ({ index, shards }) => {
    const keys = await catalogueKeys(store, index);
    for (const shard of shards) {
      const prefix = shardPrefix(index.id, shard);
      const lists = await listsByUuid(store, keys[shard], byName);
      for (const [uuid, files] of lists) {
        const blob = suspectOf(files, prefix, suspects);
        if (blob !== undefined) found.held.set(uuid, blob);
      }
      const unknown = index.snapshots.filter((uuid) => holds(uuid, index.name) && !lists.has(uuid));
      for (const uuid of unknown) found.unclear.set(uuid, prefix);
    }
  });
  return found;
}

/** The snapshot, other than this one, whose own proof found the damaged blob that both refer to, as far as its verdict is stored. */
export function finderOf(
  { held }: Pick<Suspected, "held">,
  uuid: string,
  evidence: ReadonlyMap<string, Pick<Evidence, "name" | "verdict">>,
): string | undefined {
  const blob = held.get(uuid);
  const finders = [...held].flatMap(([other, shared]) => {
    const found = other !== uuid && shared === blob ? evidence.get(other) : undefined;
    return found && isBroken(found) ? [found.name] : [];
  });
  return finders.sort()[0];
}

/** Why a snapshot is not whole that refers to a blob which was found damaged. */
export function sharedDamage({ snapshot, blob, finder }: { snapshot: string; blob: string; finder: string | undefined }): Reason {
  return finder === undefined
    ? reason("snapshot.holdsDamage", { snapshot, blob })
    : reason("snapshot.sharesDamage", { snapshot, blob, finder });
}

/** The file lists of a shard's catalogue by the uuid of the snapshot; empty if it is missing or damaged. */
async function listsByUuid(
  store: BlobStore,
  key: string | undefined,
  byName: ReadonlyMap<string, string>,
): Promise<Map<string, readonly ShardFile[]>> {
  const catalogue = key === undefined ? undefined : await metadataReader(store).read(key, decodeShardCatalogue);
  const lists = catalogue ? [...listsOf(catalogue)] : [];
  return new Map(
    lists.flatMap(([name, files]): [string, ShardFile[]][] => {
      const uuid = byName.get(name);
      return uuid === undefined ? [] : [[uuid, files]];
    }),
  );
}

function suspectOf(files: readonly ShardFile[], prefix: string, suspects: ReadonlySet<string>): string | undefined {
  // Not the other way round: a hostile list names millions of parts, and suspects are few.
  const uses = dataUse(prefix, new Map([[0, files]]));
  return [...suspects].find((key) => isUsed(uses, key));
}

/** The indices whose folders hold these blobs, with the shards; a folder that the root does not name belongs to no snapshot. */
function suspectIndices(root: RootCatalogue, suspects: ReadonlySet<string>): { index: RootIndex; shards: Set<number> }[] {
  const shardsOf = new Map<string, Set<number>>();
  for (const key of suspects) {
    const [, id = "", shard = ""] = key.split("/");
    shardsOf.set(id, (shardsOf.get(id) ?? new Set()).add(Number(shard)));
  }
  // On 2.x the folder of an index has its name.
  const indices = root.key === LEGACY_ROOT_KEY ? indicesOf(root, new Set(shardsOf.keys())) : root.indices;
  return indices.flatMap((index) => {
    const shards = shardsOf.get(index.id);
    return shards ? [{ index, shards }] : [];
  });
}
