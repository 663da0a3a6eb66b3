import { decodeContainer } from "../../shared/format/encoding/container.ts";
import { encodeContainer } from "./encoding/encodeContainer.ts";

type Blobs = ReadonlyMap<string, Uint8Array>;

interface Root {
  snapshots: { name: string; uuid: string; version?: string }[];
  indices: Record<string, { id: string; snapshots: string[]; shard_path_type?: number }>;
}

/** The repository with another newest root. */
export function withRoot(blobs: Blobs, change: (root: Root) => void): Map<string, Uint8Array> {
  const roots = [...blobs.keys()].filter((key) => /^index-\d+$/.test(key));
  const key = roots.sort((a, b) => Number(a.slice(6)) - Number(b.slice(6))).at(-1) ?? "";
  const root = JSON.parse(Buffer.from(blobs.get(key) ?? []).toString()) as Root;
  change(root);
  return new Map([...blobs, [key, Buffer.from(JSON.stringify(root))]]);
}

/** The repository with other contents in a snapshot's own blob. */
export function withRecord(blobs: Blobs, uuid: string, change: (record: Record<string, unknown>) => void): Map<string, Uint8Array> {
  const key = `snap-${uuid}.dat`;
  const value = decodeContainer(blobs.get(key) ?? Buffer.alloc(0), "snapshot", key) as { snapshot: Record<string, unknown> };
  change(value.snapshot);
  return new Map([...blobs, [key, encodeContainer("snapshot", value)]]);
}

/** The snapshot `from` has the name of another one, in the root, in its own blob and in its file lists. */
export function renamed(blobs: Blobs, from: string, to: string): Map<string, Uint8Array> {
  let uuid = "";
  const changed = withRoot(blobs, ({ snapshots }) => {
    const found = snapshots.find(({ name }) => name === from);
    if (found === undefined) throw new Error(`the root lists no ${from}`);
    uuid = found.uuid;
    found.name = to;
  });
  const recorded = withRecord(changed, uuid, (record) => {
    record.name = to;
  });
  const lists = [...recorded].filter(([key]) => key.startsWith("indices/") && key.endsWith(`/snap-${uuid}.dat`));
  const named = lists.map(([key, bytes]): [string, Uint8Array] => {
    const list = decodeContainer(bytes, "snapshot", key) as Record<string, unknown>;
    return [key, encodeContainer("snapshot", { ...list, name: to })];
  });
  return new Map([...recorded, ...named]);
}

/** An index of the root names a snapshot that the root does not list. */
export const UNLISTED = "Unlisted-0123456789_aB";
export function withUnlisted(blobs: Blobs): Map<string, Uint8Array> {
  return withRoot(blobs, ({ indices }) => Object.values(indices)[0]?.snapshots.push(UNLISTED));
}

/** Written by OpenSearch 2.11.0: releases as texts in the root, ids with OpenSearch's bit in the blobs. */
export const OPENSEARCH_ID = 136_327_827;
export function fromOpenSearch(blobs: Blobs): Map<string, Uint8Array> {
  const uuids: string[] = [];
  let changed = withRoot(blobs, ({ snapshots }) => {
    for (const snapshot of snapshots) {
      snapshot.version = "2.11.0";
      uuids.push(snapshot.uuid);
    }
  });
  for (const uuid of uuids)
    changed = withRecord(changed, uuid, (record) => {
      record.version_id = OPENSEARCH_ID;
    });
  return changed;
}
