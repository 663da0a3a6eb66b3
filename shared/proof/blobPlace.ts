import { classifyKey } from "../format/keys.ts";
import type { RootCatalogue } from "../model/repository.ts";

/** The index and shard that a blob belongs to; both absent for the blobs of the snapshot itself. */
export interface BlobPlace {
  index?: string;
  shard?: number;
}

type Named = readonly Pick<RootCatalogue["indices"][number], "name" | "id">[];

/** Where a blob belongs, by its key; keys have the index's id only, so its name comes from the root (2.x has the name in the key). */
export function blobPlace(key: string, indices: Named): BlobPlace {
  return blobPlaces(indices)(key);
}

/** {@link blobPlace} of many blobs of one root. */
export function blobPlaces(indices: Named): (key: string) => BlobPlace {
  const names = new Map(indices.map(({ id, name }) => [id, name]));
  return (key) => {
    const { indexId, shard } = classifyKey(key);
    const index = indexId === undefined ? undefined : (names.get(indexId) ?? indexId);
    return { ...(index !== undefined && { index }), ...(shard !== undefined && { shard }) };
  };
}

/** `movies[0]` as Elasticsearch writes a shard, `movies` for a blob of the index, "" for a blob of the snapshot. */
export function placeText({ index, shard }: BlobPlace): string {
  return `${index ?? ""}${shard === undefined ? "" : `[${shard}]`}`;
}
