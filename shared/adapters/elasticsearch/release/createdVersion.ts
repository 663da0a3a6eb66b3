import { openSearchVersion } from "../../../model/repository.ts";

/** From 8.11 on `version.created` is an index version shared by several releases; smaller numbers have two digits per version part. */
const INDEX_VERSION_MIN = 8_500_000;

/** `5050399` → `5.5.3`; an index version keeps its number: `8.x-8521000`. */
export function createdVersion(id: number): string {
  const other = openSearchVersion(id);
  if (other !== undefined) return other;
  const major = Math.floor(id / 1_000_000);
  return id >= INDEX_VERSION_MIN ? `${major}.x-${id}` : `${major}.${Math.floor(id / 10_000) % 100}.${Math.floor(id / 100) % 100}`;
}
