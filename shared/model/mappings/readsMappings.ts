import type { Mapping } from "./mappingHash.ts";

/** The part of {@link Cluster} that tells the mapping of an index. */
export interface ReadsMappings {
  /** Of one index, by type; from 7.0 on the type is called `_doc`. `absent` if there is no such index. */
  mapping(index: string): Promise<Mapping>;
}
