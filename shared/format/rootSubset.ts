import { asFields, asList, asTexts, type Fields, optional } from "./fields.ts";
import { invalidBytes } from "./invalid.ts";
import { parseRoot } from "./root.ts";

const SUBJECT = "root subset";

/**
 * The same root catalogue with only the snapshots in `keepUuids`: filters `snapshots` and each index's `snapshots`, and drops indices and
 * metadata identifiers that none of them uses.
 * Elasticsearch 5.5 to 9.2 reads and restores from such a root. Writing under it corrupts later snapshots, so keep the repository
 * read-only.
 * @throws AppError `invalid` when no snapshot would remain (unless `empty` is allowed), a uuid is not listed, or the bytes are the `index` of 2.x.
 */
export function subsetRoot(rootBytes: Uint8Array, keepUuids: readonly string[], { empty = false } = {}): Uint8Array {
  const root = parseRoot(SUBJECT, rootBytes);
  const keep = new Set(keepUuids);
  const snapshots = asList(root.snapshots, `${SUBJECT}: snapshots`).map((entry, index) =>
    asFields(entry, `${SUBJECT}: snapshots[${index}]`),
  );
  const kept = snapshots.filter(({ uuid }) => keep.has(uuid as string));
  const listed = new Set(kept.map(({ uuid }) => uuid));
  const unknown = keepUuids.filter((uuid) => !listed.has(uuid));
  if (unknown.length > 0) throw invalidBytes(SUBJECT, `the root does not list ${unknown.join(", ")}`);
  if (kept.length === 0 && !empty) throw invalidBytes(SUBJECT, "no snapshot would be left: name at least one uuid");
  const subset: Fields = { ...root, snapshots: kept, indices: filterIndices(asFields(root.indices, `${SUBJECT}: indices`), keep) };
  const identifiers = optional(root.index_metadata_identifiers, `${SUBJECT}: index_metadata_identifiers`, asFields);
  if (identifiers !== undefined) subset.index_metadata_identifiers = filterIdentifiers(identifiers, kept);
  return Buffer.from(JSON.stringify(subset));
}

function filterIndices(indices: Fields, keep: ReadonlySet<string>): Fields {
  const entries = Object.entries(indices).map(([name, entry]): [string, Fields] => {
    const where = `${SUBJECT}: indices.${name}`;
    const fields = asFields(entry, where);
    return [name, { ...fields, snapshots: asTexts(fields.snapshots, where).filter((uuid) => keep.has(uuid)) }];
  });
  return Object.fromEntries(entries.filter(([, { snapshots }]) => (snapshots as string[]).length > 0));
}

function filterIdentifiers(identifiers: Fields, kept: readonly Fields[]): Fields {
  const named = new Set<unknown>();
  for (const snapshot of kept) {
    const lookup = optional(snapshot.index_metadata_lookup, `${SUBJECT}: index_metadata_lookup`, asFields) ?? {};
    for (const identifier of Object.values(lookup)) named.add(identifier);
  }
  return Object.fromEntries(Object.entries(identifiers).filter(([identifier]) => named.has(identifier)));
}
