import type { RootCatalogue } from "../model/repository.ts";
import { type JsonPart, jsonParts, textOfPart } from "./encoding/jsonParts.ts";
import { type JsonSlices, jsonSlices } from "./encoding/jsonSlices.ts";
import { asFields, asList, type Fields, optional } from "./fields.ts";
import { invalidBytes } from "./invalid.ts";
import type { RootBudget } from "./rootBudget.ts";
import { readIndex, shownName } from "./rootEntries.ts";
import { snapshotList } from "./rootSnapshotList.ts";

/** Elasticsearch keeps 500 snapshots by default, and the largest root known lists 10,000. */
const SNAPSHOTS_MAX = 100_000;
const INDICES_MAX = 200_000;
const IDENTIFIERS = "index_metadata_identifiers";
const SPLIT: ReadonlySet<string> = new Set(["snapshots", "indices", IDENTIFIERS]);
const QUOTE = 0x22;
const ROOT_FIELDS: ReadonlySet<string> = new Set(["min_version", "uuid", "cluster_id"]);
const SNAPSHOT_FIELDS = new Set(["name", "uuid", "state", "version", "index_version", "start_time_millis", "index_metadata_lookup"]);
const INDEX_FIELDS = new Set(["id", "snapshots", "shard_generations", "shard_path_type"]);

/** What the root holds; `fields` has `min_version`, `uuid` and `cluster_id`. */
export interface Collected extends Pick<RootCatalogue, "snapshots" | "indices" | "indexMetadata"> {
  fields: Fields;
}

/** Collects a root's entries as its pieces arrive: a root may list snapshots millions of times, or hold anything else. */
export interface RootCollector {
  push(piece: Uint8Array): void;
  /** @throws AppError `invalid` as {@link rootCollector}. */
  end(): Collected;
}

/** @throws AppError `invalid` for anything but a JSON object, and for more entries than a root may have. */
export function rootCollector(key: string, budget: RootBudget): RootCollector {
  const fields: Fields = Object.create(null);
  const indices: RootCatalogue["indices"] = [];
  const snapshots = snapshotList(key, budget);
  let hasSnapshots = false;

  const read: Record<string, (json: JsonSlices, name: string) => void> = {
    snapshots(json) {
      if (snapshots.count() === SNAPSHOTS_MAX) throw invalidBytes(key, `more than ${SNAPSHOTS_MAX} snapshots`);
      snapshots.add(json.pick(json.whole, SNAPSHOT_FIELDS));
    },
    indices(json, name) {
      if (indices.length === INDICES_MAX) throw invalidBytes(key, `more than ${INDICES_MAX} indices`);
      // What each takes is counted before the next is read: long names alone would fill the memory.
      indices.push(readIndex(name, json.pick(json.whole, INDEX_FIELDS), `${key}: indices.${shownName(name)}`, budget));
    },
    [IDENTIFIERS]: (_json, name) => snapshots.identify(name, undefined),
  };
  const opened: Record<string, (kind: "list" | "object") => void> = {
    snapshots(kind) {
      if (kind !== "list") asList({}, `${key}: snapshots`);
      hasSnapshots = true;
    },
    indices: (kind) => void (kind === "list" && asFields([], `${key}: indices`)),
    [IDENTIFIERS]: (kind) => void (kind === "list" && asFields([], `${key}: ${IDENTIFIERS}`)),
  };
  /** Where a member is neither list nor object. */
  const plain: Record<string, (value: unknown) => unknown> = {
    snapshots: (value) => asList(value, `${key}: snapshots`),
    indices: (value) => optional(value, `${key}: indices`, asFields),
    [IDENTIFIERS]: (value) => optional(value, `${key}: ${IDENTIFIERS}`, asFields),
  };
  const jsonOf = ({ bytes, start }: JsonPart) => jsonSlices(bytes, key, start);
  const parts = jsonParts(key, {
    isSplit: (member) => SPLIT.has(member),
    opened: (member, kind) => opened[member]?.(kind),
    member(member, part) {
      const json = jsonOf(part);
      if (ROOT_FIELDS.has(member)) fields[member] = json.parse(json.whole);
      else if (SPLIT.has(member)) plain[member]?.(json.parse(json.whole));
    },
    entry(member, name, part) {
      if (member === IDENTIFIERS && part.bytes[0] === QUOTE) snapshots.identify(name ?? "", textOfPart(part, key));
      else read[member]?.(jsonOf(part), name ?? "");
    },
    other(part) {
      const json = jsonOf(part);
      asFields(json.parse(json.whole), key);
    },
  });
  return {
    push: parts.push,
    end() {
      parts.end();
      if (!hasSnapshots) asList(undefined, `${key}: snapshots`);
      return { fields, indices, ...snapshots.end() };
    },
  };
}
