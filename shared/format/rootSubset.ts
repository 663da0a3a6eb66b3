import { type JsonSlice, type JsonSlices, jsonSlices } from "./encoding/jsonSlices.ts";
import { asFields, type Fields, optional } from "./fields.ts";
import { invalidBytes } from "./invalid.ts";

const SUBJECT = "root subset";
const [UUID, LOOKUP] = [new Set(["uuid"]), new Set(["index_metadata_lookup"])];

/** A part of the result: bytes of the root as they are, or a text. */
type Piece = Uint8Array | string;

/**
 * The same root catalogue with only the snapshots in `keepUuids`: filters `snapshots` and each index's `snapshots`, and drops indices and
 * metadata identifiers that none of them uses. All else is the root's own bytes; of a large root only one entry at a time is built.
 * Elasticsearch 5.5 to 9.2 reads and restores from such a root. Writing under it corrupts later snapshots, so keep the repository
 * read-only.
 * @throws AppError `invalid` when no snapshot would remain (unless `empty` is allowed), a uuid is not listed, or the bytes are the `index` of 2.x.
 */
export function subsetRoot(rootBytes: Uint8Array, keepUuids: readonly string[], { empty = false } = {}): Uint8Array {
  const json = jsonSlices(rootBytes, SUBJECT);
  const keep = new Set(keepUuids);
  const raw = ({ start, end }: JsonSlice): Uint8Array => rootBytes.subarray(start, end);
  const members = new Map(membersOf(json, json.whole, SUBJECT));
  const kept = keptSnapshots(json, members.get("snapshots"), keep);
  const unknown = keepUuids.filter((uuid) => !kept.has(uuid));
  if (unknown.length > 0) throw invalidBytes(SUBJECT, `the root does not list ${unknown.join(", ")}`);
  if (kept.size === 0 && !empty) throw invalidBytes(SUBJECT, "no snapshot would be left: name at least one uuid");
  const filtered: Record<string, (slice: JsonSlice) => Piece[]> = {
    snapshots: () => ["[", ...joined([...kept.values()].map((slice) => [raw(slice)])), "]"],
    indices: (slice) => objectOf(keptIndices(json, slice, { keep, raw })),
    index_metadata_identifiers: (slice) => (isNull(json, slice) ? [raw(slice)] : objectOf(keptIdentifiers(json, slice, { kept, raw }))),
  };
  if (!members.has("indices")) asFields(undefined, `${SUBJECT}: indices`);
  const pieces = objectOf([...members].map(([name, slice]) => [name, filtered[name]?.(slice) ?? [raw(slice)]]));
  return Buffer.concat(pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece)));
}

/** Read one by one: there may be many long names. */
function membersOf(json: JsonSlices, slice: JsonSlice, where: string): Iterable<[name: string, value: JsonSlice]> {
  if (!json.isObject(slice)) asFields(json.parse(slice), where);
  return json.members(slice);
}

/** By uuid, in the root's order; whatever else is listed may be unreadable. */
function keptSnapshots(json: JsonSlices, list: JsonSlice | undefined, keep: ReadonlySet<string>): Map<string, JsonSlice> {
  const kept = new Map<string, JsonSlice>();
  if (list === undefined || !json.isList(list)) throw invalidBytes(`${SUBJECT}: snapshots`, "a list expected");
  for (const slice of json.elements(list)) {
    const entry = json.pick(slice, UUID);
    if (typeof entry === "string") throw invalidBytes(`${SUBJECT}: snapshots`, "a root of 2.x");
    const { uuid } = (entry ?? {}) as Fields;
    if (typeof uuid === "string" && keep.has(uuid)) kept.set(uuid, slice);
  }
  return kept;
}

function* keptIndices(
  json: JsonSlices,
  indices: JsonSlice,
  { keep, raw }: { keep: ReadonlySet<string>; raw: (slice: JsonSlice) => Uint8Array },
): Generator<[string, Piece[]], void, undefined> {
  for (const [name, slice] of membersOf(json, indices, `${SUBJECT}: indices`)) {
    // An entry that cannot be read is no kept snapshot's.
    const fields = json.isObject(slice) ? new Map(json.members(slice)) : new Map<string, JsonSlice>();
    const listed = fields.get("snapshots");
    const list = listed === undefined ? undefined : json.parse(listed);
    const snapshots = Array.isArray(list) ? list.filter((uuid) => keep.has(uuid)) : [];
    if (snapshots.length === 0) continue;
    yield [
      name,
      objectOf([...fields].map(([field, value]) => [field, field === "snapshots" ? [JSON.stringify(snapshots)] : [raw(value)]])),
    ];
  }
}

function* keptIdentifiers(
  json: JsonSlices,
  identifiers: JsonSlice,
  { kept, raw }: { kept: ReadonlyMap<string, JsonSlice>; raw: (slice: JsonSlice) => Uint8Array },
): Generator<[string, Piece[]], void, undefined> {
  const named = new Set<unknown>();
  for (const slice of kept.values()) {
    const { index_metadata_lookup: lookup } = asFields(json.pick(slice, LOOKUP), SUBJECT);
    const where = `${SUBJECT}: index_metadata_lookup`;
    for (const identifier of Object.values(optional(lookup, where, asFields) ?? {})) named.add(identifier);
  }
  for (const [identifier, slice] of membersOf(json, identifiers, `${SUBJECT}: index_metadata_identifiers`))
    if (named.has(identifier)) yield [identifier, [raw(slice)]];
}

function isNull(json: JsonSlices, slice: JsonSlice): boolean {
  return !json.isObject(slice) && json.parse(slice) === null;
}

function objectOf(members: Iterable<[name: string, value: Piece[]]>): Piece[] {
  return ["{", ...joined(Array.from(members, ([name, value]) => [`${JSON.stringify(name)}:`, ...value])), "}"];
}

function joined(groups: readonly Piece[][]): Piece[] {
  return groups.flatMap((group, at) => (at === 0 ? group : [",", ...group]));
}
