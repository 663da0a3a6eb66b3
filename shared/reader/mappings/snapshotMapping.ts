import { decodeIndexMapping } from "../../format/indexMapping.ts";
import { LEGACY_ROOT_KEY } from "../../format/keys.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import type { Mapping } from "../../model/mappings/mappingHash.ts";
import { metadataKeyOf } from "../../proof/closure.ts";
import { metadataReader } from "../metadataReader.ts";
import { openRepository } from "../readRepository.ts";

/** Where the metadata of each of these indices lies in a snapshot; an index that the root does not list is missing. Only this is kept of the root. */
export async function metadataKeys(
  store: BlobStore,
  { snapshot, indices }: { snapshot: string; indices: readonly string[] },
): Promise<ReadonlyMap<string, string>> {
  const { root } = await openRepository(store);
  if (root === undefined) return new Map();
  // A root of 2.x lists no indices, and the folder of an index has its name.
  const ids = new Map(root.key === LEGACY_ROOT_KEY ? indices.map((name) => [name, name]) : root.indices.map(({ name, id }) => [name, id]));
  return new Map(
    indices.flatMap((name) => {
      const id = ids.get(name);
      return id === undefined ? [] : [[name, metadataKeyOf(root, snapshot, id)] as const];
    }),
  );
}

/** The mapping in the metadata of an index; `undefined` if it is missing or cannot be read. */
export function mappingAt(store: BlobStore, key: string): Promise<Mapping | undefined> {
  return metadataReader(store).read(key, decodeIndexMapping);
}
