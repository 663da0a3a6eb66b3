import { isMounted } from "../../format/indexMetadata.ts";
import type { RootCatalogue } from "../../model/repository.ts";
import { metadataKeyOf } from "../../proof/closure.ts";
import type { MetadataReader } from "../metadataReader.ts";
import { rootFacts } from "../rootFacts.ts";

/** Whether an index was mounted when a snapshot took it, so that its file lists are empty; undefined if its metadata cannot be read. */
export type MountedIndices = (ordinal: number, indexId: string) => Promise<boolean | undefined>;

/** Reads the metadata of an index only where it is asked for it, once. */
export function mountedIndices(reader: MetadataReader, root: RootCatalogue): MountedIndices {
  const known = new Map<string, Promise<boolean | undefined>>();
  const read = async (key: string) => {
    const metadata = await reader.read(key, rootFacts(root).decodeMetadata);
    return metadata && isMounted(metadata);
  };
  return (ordinal, indexId) => {
    const key = metadataKeyOf(root, root.snapshots[ordinal]?.uuid ?? "", indexId);
    const found = known.get(key) ?? read(key);
    known.set(key, found);
    return found;
  };
}
