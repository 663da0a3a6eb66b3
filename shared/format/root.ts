import type { SnapshotState } from "../model/cluster.ts";
import { jsonFaultOf } from "../model/errors.ts";
import { sha256 } from "../model/hash.ts";
import { openSearchNamed, type RootCatalogue, type RootSnapshot } from "../model/repository.ts";
import { decodeUtf8 } from "./encoding/byteReader.ts";
import { asCount, asFields, asKeySegment, asList, asName, asText, asTexts, type Fields, optional } from "./fields.ts";
import { invalidBytes } from "./invalid.ts";
import { LEGACY_GENERATION, LEGACY_ROOT_KEY, rootGenerationOf } from "./keys.ts";
import { rootMembers } from "./rootMembers.ts";
import { compareVersions, versionName } from "./version.ts";

/** A Node string holds fewer than 2^29 characters; larger roots need a streaming decoder. */
const ROOT_BYTES_MAX = 500 * 1024 * 1024;
/** The newest layout examined (7.17 to 9.2). Like Elasticsearch, ossnap rejects a root that requires a newer version than it knows. */
const MIN_VERSION_KNOWN = "7.12.0";
const STATES: readonly SnapshotState[] = ["IN_PROGRESS", "SUCCESS", "FAILED", "PARTIAL", "INCOMPATIBLE"];

/**
 * The root catalogue `index-N`, or `index` of 2.x. Decoded by the fields present, entry by entry, because newer versions keep the layout of
 * the oldest snapshot.
 * @throws AppError `invalid` for bytes that are not such a catalogue or use a future layout.
 */
export function decodeRoot(key: string, bytes: Uint8Array): RootCatalogue {
  const generation = key === LEGACY_ROOT_KEY ? LEGACY_GENERATION : rootGenerationOf(key);
  if (generation === undefined) throw invalidBytes(key, "this is not the name of a root");
  refuseTooLarge(key, bytes);
  const { fields, indices, shared } = rootMembers(key, bytes);
  const minVersion = readMinVersion(fields, key);
  const snapshots = asList(fields.snapshots, `${key}: snapshots`).map((entry, index) => readSnapshot(entry, `${key}: snapshots[${index}]`));
  refuseDuplicates(snapshots, key);
  return {
    generation,
    key,
    sha256: sha256(bytes),
    sizeBytes: bytes.byteLength,
    snapshots,
    indices: Array.from(indices, ([name, entry]) => readIndex(name, entry, `${key}: indices.${name}`, shared)),
    indexMetadata: readIndexMetadata(fields, key),
    minVersion,
    repositoryUuid: optional(fields.uuid, `${key}: uuid`, asText),
  };
}

function refuseTooLarge(key: string, bytes: Uint8Array): void {
  if (bytes.byteLength > ROOT_BYTES_MAX)
    throw invalidBytes(key, `${bytes.byteLength} bytes are more than the ${ROOT_BYTES_MAX} a root may have`);
}

/** Parses the whole root as JSON without validating its fields. */
export function parseRoot(key: string, bytes: Uint8Array): Fields {
  refuseTooLarge(key, bytes);
  const text = decodeUtf8(bytes, key, 0);
  try {
    return asFields(JSON.parse(text), key);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw invalidBytes(key, `no JSON, it may be cut: ${jsonFaultOf(cause)}`, undefined, cause);
  }
}

/** Entries of 2.x are bare names, which also serve as their uuids. */
function readSnapshot(entry: unknown, where: string): RootSnapshot {
  if (typeof entry === "string") {
    const name = asKeySegment(entry, where);
    return { name, uuid: name, state: undefined, version: undefined, startTime: undefined };
  }
  const fields = asFields(entry, where);
  const startMs = optional(fields.start_time_millis, `${where}.start_time_millis`, asCount);
  const state = optional(fields.state, `${where}.state`, asCount);
  if (state !== undefined && STATES[state] === undefined) throw invalidBytes(`${where}.state`, `state ${state} is unknown`);
  return {
    name: asName(fields.name, `${where}.name`),
    uuid: asKeySegment(fields.uuid, `${where}.uuid`),
    state: state === undefined ? undefined : STATES[state],
    version: readVersion(fields, where),
    startTime: startMs === undefined ? undefined : new Date(startMs),
  };
}

/**
 * From 8.11 on `version` is frozen and `index_version` has the actual version. OpenSearch writes its own release there, as in `2.11.0`: only
 * from 5.0 on do snapshots of Elasticsearch have a uuid that is not their name.
 */
function readVersion(fields: Fields, where: string): string | undefined {
  const indexVersion = optional(fields.index_version, `${where}.index_version`, asCount);
  if (indexVersion !== undefined) return versionName(indexVersion);
  const version = optional(fields.version, `${where}.version`, asText);
  return version !== undefined && /^[1-4]\./.test(version) && fields.uuid !== fields.name ? openSearchNamed(version) : version;
}

/** The uuid strings are shared, because each uuid appears in the root once per index. */
function readIndex(name: string, entry: unknown, where: string, shared: (text: string) => string): RootCatalogue["indices"][number] {
  const fields = asFields(entry, where);
  requireFixedPaths(fields, where);
  return {
    name: asName(name, `${where}: name`),
    id: asKeySegment(fields.id, `${where}.id`),
    snapshots: asTexts(fields.snapshots, `${where}.snapshots`).map(shared),
    shardGenerations: optional(fields.shard_generations, `${where}.shard_generations`, asList)?.map(
      (generation) => optional(generation, `${where}.shard_generations`, asText) ?? null,
    ),
  };
}

/** OpenSearch 2.17 and later may put shards below hashed prefixes outside `indices/`, which no Elasticsearch finds either. */
function requireFixedPaths({ shard_path_type: type = 0 }: Fields, where: string): void {
  if (type === 0) return;
  throw invalidBytes(where, `shard_path_type ${String(type)}: OpenSearch wrote its shards below hashed paths, which is not readable here`);
}

/** The look-up objects belong to this parse; their values are replaced in place because a root may hold millions of them. */
function readIndexMetadata(fields: Fields, key: string): RootCatalogue["indexMetadata"] {
  const identifiers = optional(fields.index_metadata_identifiers, `${key}: index_metadata_identifiers`, asFields) ?? {};
  const byUuid: RootCatalogue["indexMetadata"] = Object.create(null);
  for (const entry of asList(fields.snapshots, key)) {
    if (typeof entry === "string") continue;
    const snapshot = asFields(entry, key);
    const where = `${key}: index_metadata_lookup of ${String(snapshot.name)}`;
    const lookup = optional(snapshot.index_metadata_lookup, where, asFields);
    if (lookup === undefined) continue;
    for (const indexId of Object.keys(lookup)) {
      const identifier = asText(lookup[indexId], where);
      if (!Object.hasOwn(identifiers, identifier)) throw invalidBytes(where, `"${identifier}" is not among index_metadata_identifiers`);
      lookup[indexId] = asKeySegment(identifiers[identifier], where);
    }
    byUuid[asText(snapshot.uuid, where)] = lookup as Record<string, string>;
  }
  return byUuid;
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

function refuseDuplicates(snapshots: readonly RootSnapshot[], key: string): void {
  const seen = new Set<string>();
  for (const { uuid } of snapshots) {
    if (seen.has(uuid)) throw invalidBytes(key, `snapshot ${uuid} is listed twice`);
    seen.add(uuid);
  }
}
