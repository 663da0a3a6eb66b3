import { type JsonSlice, jsonSlices } from "./encoding/jsonSlices.ts";
import { asFields, asList, type Fields } from "./fields.ts";
import { invalidBytes } from "./invalid.ts";

/** Elasticsearch keeps 500 snapshots by default, and the largest root known lists 10,000. */
const SNAPSHOTS_MAX = 200_000;
const INDICES_MAX = 200_000;
const ROOT_FIELDS = new Set(["snapshots", "indices", "min_version", "uuid", "index_metadata_identifiers"]);
const SNAPSHOT_FIELDS = new Set(["name", "uuid", "state", "version", "index_version", "start_time_millis", "index_metadata_lookup"]);
const INDEX_FIELDS = new Set(["id", "snapshots", "shard_generations", "shard_path_type"]);

/** The root's members. Only known ones are built, entry by entry: a root may list snapshots millions of times, or hold anything else. */
export interface RootMembers {
  /** `min_version`, `uuid` and `index_metadata_identifiers`. */
  fields: Fields;
  /** In an object only the known fields. */
  snapshots: Iterable<unknown>;
  /** In file order, read once. In an object only the known fields. */
  indices: Iterable<[name: string, entry: unknown]>;
}

/** @throws AppError `invalid` for anything but a JSON object, and for more entries than a root may have. */
export function rootMembers(key: string, bytes: Uint8Array): RootMembers {
  const json = jsonSlices(bytes, key);
  if (!json.isObject(json.whole)) asFields(json.parse(json.whole), key);
  const slices = new Map<string, JsonSlice>();
  for (const [name, value] of json.members(json.whole)) if (ROOT_FIELDS.has(name)) slices.set(name, value);
  const { snapshots, indices, ...others } = Object.fromEntries(slices);
  const fields: Fields = Object.create(null);
  for (const [name, slice] of Object.entries(others)) fields[name] = json.parse(slice);
  return { fields, snapshots: readSnapshots(), indices: readIndices() };

  function readSnapshots(): Iterable<unknown> {
    if (snapshots === undefined || !json.isList(snapshots)) return asList(snapshots && json.parse(snapshots), `${key}: snapshots`);
    return pickedElements(snapshots);
  }

  function* pickedElements(list: JsonSlice): Generator<unknown, void, undefined> {
    let count = 0;
    for (const slice of json.elements(list)) {
      count += 1;
      if (count > SNAPSHOTS_MAX) throw invalidBytes(key, `more than ${SNAPSHOTS_MAX} snapshots`);
      yield json.pick(slice, SNAPSHOT_FIELDS);
    }
  }

  function readIndices(): Iterable<[string, unknown]> {
    if (indices === undefined) return [];
    if (!json.isObject(indices)) {
      const value = json.parse(indices);
      return value === null ? [] : Object.entries(asFields(value, `${key}: indices`));
    }
    return pickedMembers(indices);
  }

  /** The reader counts what each takes before the next is read: long names alone would fill the memory. */
  function* pickedMembers(object: JsonSlice): Generator<[string, unknown], void, undefined> {
    let count = 0;
    for (const [name, slice] of json.members(object)) {
      count += 1;
      if (count > INDICES_MAX) throw invalidBytes(key, `more than ${INDICES_MAX} indices`);
      yield [name, json.pick(slice, INDEX_FIELDS)];
    }
  }
}
