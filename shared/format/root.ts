import { sha256OfPieces } from "../model/hash.ts";
import type { RootCatalogue } from "../model/repository.ts";
import { asCount, asName, asText, type Fields, NAME_CHARACTERS_MAX, optional } from "./fields.ts";
import { invalidBytes } from "./invalid.ts";
import { LEGACY_GENERATION, LEGACY_ROOT_KEY, rootGenerationOf } from "./keys.ts";
import { rootBudget } from "./rootBudget.ts";
import { rootCollector } from "./rootCollector.ts";
import { compareVersions, versionName } from "./version.ts";

/** The newest layout examined (7.17 to 9.2). Like Elasticsearch, ossnap rejects a root that requires a newer version than it knows. */
const MIN_VERSION_KNOWN = "7.12.0";

/** What Elasticsearch writes for an unknown uuid. */
const NO_CLUSTER = "_na_";

/** Decodes a root that arrives in pieces; of the bytes only one piece and one entry are in memory. */
export interface RootDecoder {
  push(piece: Uint8Array): void;
  end(): RootCatalogue;
}

/**
 * The root catalogue `index-N`, or `index` of 2.x. Decoded by the fields present, entry by entry, because newer versions keep the layout of
 * the oldest snapshot. An entry that cannot be read is that entry's fault; the others are readable.
 * @throws AppError `invalid` for bytes that are not such a catalogue, use a future layout, or list more than fits into memory.
 */
export function rootDecoder(key: string): RootDecoder {
  const generation = key === LEGACY_ROOT_KEY ? LEGACY_GENERATION : rootGenerationOf(key);
  if (generation === undefined) throw invalidBytes(key, "this is not the name of a root");
  const collector = rootCollector(key, rootBudget(key));
  const hash = sha256OfPieces();
  let sizeBytes = 0;
  return {
    push(piece) {
      hash.update(piece);
      sizeBytes += piece.byteLength;
      collector.push(piece);
    },
    end() {
      const { fields, snapshots, indices, indexMetadata } = collector.end();
      const minVersion = readMinVersion(fields, key);
      const repositoryUuid = optional(fields.uuid, `${key}: uuid`, asName);
      // Nothing that is restored depends on it, so that an odd value is no fault.
      const { cluster_id: id } = fields;
      const isWriter = typeof id === "string" && id !== NO_CLUSTER && id.length <= NAME_CHARACTERS_MAX;
      const writer = isWriter ? { clusterUuid: id } : {};
      return {
        generation,
        key,
        sha256: hash.digest(),
        sizeBytes,
        snapshots,
        indices,
        indexMetadata,
        minVersion,
        repositoryUuid,
        ...writer,
      };
    },
  };
}

/** {@link rootDecoder} of bytes that are in memory. */
export function decodeRoot(key: string, bytes: Uint8Array): RootCatalogue {
  const decoder = rootDecoder(key);
  decoder.push(bytes);
  return decoder.end();
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
