import { sha256 } from "../model/hash.ts";
import type { RootCatalogue } from "../model/repository.ts";
import { asCount, asText, type Fields, optional } from "./fields.ts";
import { invalidBytes } from "./invalid.ts";
import { LEGACY_GENERATION, LEGACY_ROOT_KEY, rootGenerationOf } from "./keys.ts";
import { rootBudget } from "./rootBudget.ts";
import { readIndex, readSnapshots } from "./rootEntries.ts";
import { rootMembers } from "./rootMembers.ts";
import { compareVersions, versionName } from "./version.ts";

/** Above what any store returns. */
const ROOT_BYTES_MAX = 500 * 1024 * 1024;
/** The newest layout examined (7.17 to 9.2). Like Elasticsearch, ossnap rejects a root that requires a newer version than it knows. */
const MIN_VERSION_KNOWN = "7.12.0";

/**
 * The root catalogue `index-N`, or `index` of 2.x. Decoded by the fields present, entry by entry, because newer versions keep the layout of
 * the oldest snapshot. An entry that cannot be read is that entry's fault; the others are readable.
 * @throws AppError `invalid` for bytes that are not such a catalogue, use a future layout, or list more than fits into memory.
 */
export function decodeRoot(key: string, bytes: Uint8Array): RootCatalogue {
  const generation = key === LEGACY_ROOT_KEY ? LEGACY_GENERATION : rootGenerationOf(key);
  if (generation === undefined) throw invalidBytes(key, "this is not the name of a root");
  refuseTooLarge(key, bytes);
  const members = rootMembers(key, bytes);
  const { fields } = members;
  const minVersion = readMinVersion(fields, key);
  const budget = rootBudget(key);
  const { snapshots, indexMetadata } = readSnapshots(members, key, budget);
  return {
    generation,
    key,
    sha256: sha256(bytes),
    sizeBytes: bytes.byteLength,
    snapshots,
    indices: Array.from(members.indices, ([name, entry]) => readIndex(name, entry, `${key}: indices.${name}`, budget)),
    indexMetadata,
    minVersion,
    repositoryUuid: optional(fields.uuid, `${key}: uuid`, asText),
  };
}

function refuseTooLarge(key: string, bytes: Uint8Array): void {
  if (bytes.byteLength > ROOT_BYTES_MAX)
    throw invalidBytes(key, `${bytes.byteLength} bytes are more than the ${ROOT_BYTES_MAX} a root may have`);
}

function readMinVersion(fields: Fields, key: string): string | undefined {
  const where = `${key}: min_version`;
  const written = fields.min_version;
  const minVersion = typeof written === "number" ? versionName(asCount(written, where)) : optional(written, where, asText);
  if (minVersion !== undefined && compareVersions(minVersion, MIN_VERSION_KNOWN) > 0) {
    throw invalidBytes(
      where,
      `the repository asks for Elasticsearch ${minVersion} or newer, whose layout is unknown here (known up to ${MIN_VERSION_KNOWN})`,
    );
  }
  return minVersion;
}
