import { textBytes } from "../model/memory/texts.ts";
import { WEIGHT } from "../model/memory/weights.ts";
import type { RootCatalogue, RootSnapshot } from "../model/repository.ts";
import { asFields, asKeySegment, asText, type Fields, optional } from "./fields.ts";
import { invalidBytes } from "./invalid.ts";
import type { RootBudget } from "./rootBudget.ts";
import { blameBoth, faultySnapshot, readSnapshot, unlessInvalid } from "./rootEntries.ts";

/** Index id → identifier, and in the end index id → blob id. */
type Lookup = Record<string, string>;

/** The root's snapshots in its order, and where their indices' metadata are. An entry that cannot be read has a `fault`. */
export interface SnapshotList {
  count(): number;
  add(entry: unknown): void;
  /** Elasticsearch writes the identifiers after all snapshots. */
  identify(identifier: string, blobId: unknown): void;
  end(): Pick<RootCatalogue, "snapshots" | "indexMetadata">;
}

export function snapshotList(key: string, budget: RootBudget): SnapshotList {
  const snapshots: RootSnapshot[] = [];
  const byUuid = new Map<string, RootSnapshot>();
  const lookups = new Map<RootSnapshot, Lookup>();
  const blobIds = new Map<string, string | null>();
  const shared = sharedTexts(budget);
  let last: Lookup | undefined;

  function readLookup(entry: unknown, snapshot: RootSnapshot): void {
    const where = whereOf(key, snapshot);
    const lookup = unlessInvalid(
      () => optional((entry as Fields).index_metadata_lookup, where, (value) => identifiersOf(asFields(value, where), where, shared)),
      (fault) => blame(snapshot, fault),
    );
    if (lookup === undefined) return;
    // Snapshots of the same indices, one after the other, have the same metadata as long as no mapping changes.
    if (last === undefined || !isEqual(last, lookup)) {
      budget.spend(Object.keys(lookup).length * WEIGHT.field);
      last = lookup;
    }
    lookups.set(snapshot, last);
  }

  return {
    count: () => snapshots.length,
    add(entry) {
      const where = `${key}: snapshots[${snapshots.length}]`;
      const snapshot = unlessInvalid(
        () => readSnapshot(entry, where),
        (fault) => faultySnapshot(entry, where, fault),
      );
      const same = byUuid.get(snapshot.uuid);
      if (same !== undefined) blameBoth(same, snapshot, where);
      byUuid.set(snapshot.uuid, snapshot);
      if (snapshot.fault === undefined) readLookup(entry, snapshot);
      budget.spend(2 * WEIGHT.object + textBytes(snapshot.name) + textBytes(snapshot.uuid) + textBytes(snapshot.fault ?? ""));
      snapshots.push(snapshot);
    },
    identify(identifier, blobId) {
      const id = typeof blobId === "string" ? blobId : null;
      budget.spend(WEIGHT.field + 2 * WEIGHT.text + textBytes(identifier) + textBytes(id ?? ""));
      blobIds.set(identifier, id);
    },
    end() {
      const indexMetadata: RootCatalogue["indexMetadata"] = Object.create(null);
      const resolved = new Set<Lookup>();
      for (const [snapshot, lookup] of lookups) {
        const isResolved = unlessInvalid(
          () => resolved.has(lookup) || resolve(lookup, blobIds, whereOf(key, snapshot)),
          (fault) => blame(snapshot, fault),
        );
        if (isResolved !== true) continue;
        resolved.add(lookup);
        indexMetadata[snapshot.uuid] = lookup;
      }
      return { snapshots, indexMetadata };
    },
  };
}

const whereOf = (key: string, { name }: RootSnapshot) => `${key}: index_metadata_lookup of ${name}`;

function blame(snapshot: RootSnapshot, fault: string): undefined {
  snapshot.fault ??= fault;
  snapshot.state = undefined;
  snapshot.startTime = undefined;
}

/** One copy of each text: the lookups of a root name the same identifiers millions of times. */
function sharedTexts(budget: RootBudget): (text: string) => string {
  const texts = new Map<string, string>();
  return (text) => {
    const known = texts.get(text);
    if (known !== undefined) return known;
    budget.spend(WEIGHT.text + WEIGHT.field + textBytes(text));
    texts.set(text, text);
    return text;
  };
}

/** The object belongs to this parse; its values are replaced in place because a root may hold millions of them. */
function identifiersOf(found: Fields, where: string, shared: (text: string) => string): Lookup {
  for (const indexId of Object.keys(found)) found[indexId] = shared(asText(found[indexId], where));
  return found as Lookup;
}

function isEqual(one: Lookup, other: Lookup): boolean {
  const ids = Object.keys(one);
  return ids.length === Object.keys(other).length && ids.every((id) => one[id] === other[id]);
}

/** All or nothing: snapshots share what is replaced here. @throws AppError `invalid` for an identifier that is not listed. */
function resolve(lookup: Lookup, blobIds: ReadonlyMap<string, string | null>, where: string): true {
  for (const identifier of Object.values(lookup)) {
    const blobId = blobIds.get(identifier);
    if (blobId === undefined) throw invalidBytes(where, `"${identifier}" is not among index_metadata_identifiers`);
    asKeySegment(blobId, where);
  }
  for (const indexId of Object.keys(lookup)) lookup[indexId] = blobIds.get(lookup[indexId] as string) as string;
  return true;
}
